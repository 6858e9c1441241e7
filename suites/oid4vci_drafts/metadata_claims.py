"""Claims that the metadata describe by nested objects: appendix A of drafts 13 and 14, E of draft 11.

Each object names claims by its members, and the innermost one may hold what is said of the claim: ``mandatory``,
``value_type``, ``display``. A member of these names that is an object or an array may be a claim that is called
so, except in mobile documents, whose objects have two levels, namespace and data element.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.wallet import described
from harness.wallet.metadata import Issuer
from suites.oid4vci._nested_claims import of_all, of_format
from suites.oid4vci._parts import Judge, Part, configurations_of

check = area("Credential Issuer Metadata")

_W3C = frozenset({"jwt_vc_json", "jwt_vc_json-ld", "ldp_vc"})
_MDOC = "mso_mdoc"
_TYPES: dict[str, tuple[type, str, str]] = {
    "mandatory": (bool, "a boolean", "DRAFT-METADATA-CLAIM-MANDATORY"),
    "value_type": (str, "a string", "DRAFT-METADATA-CLAIM-VALUE-TYPE"),
    "display": (list, "an array of JSON objects", "DRAFT-METADATA-CLAIM-DISPLAY"),
}
"""What is said of a claim to its type, the type in words, and the code of what is of another one."""
_TILDE = "~"


def _claims(issuer: Issuer, configuration: Part) -> Part | None:
    """Give what describes the claims of a configuration; ``None`` if nothing does, or no draft has the format."""
    found = configuration.members.get("format")
    if not of_format(found, "object"):
        return None
    *path, name = described.subject_place(issuer.dialect) if found in _W3C else ("claims",)
    holder = configuration
    for step in path:
        holder = holder.get(step)
    if name not in holder:
        return None
    return holder[name]


def _objects(part: Part) -> Iterator[Part]:
    """Give the objects that each may tell of a claim, with all that are nested in them."""
    for inner in part.parts():
        if isinstance(inner.value, dict):
            yield inner
        if isinstance(inner.value, (dict, list)):
            yield from _objects(inner)


@check(
    "draft-metadata-claims",
    requires=of_all("object", "mandatory", "value_type", "display"),
    proven_by={
        "draft-metadata:claims-array": "DRAFT-METADATA-CLAIMS",
        "draft-metadata:mdoc-claims-flat": "DRAFT-METADATA-CLAIMS",
        "draft-metadata:claim-mandatory-string": "DRAFT-METADATA-CLAIM-MANDATORY",
        "draft-metadata:claim-value-type-number": "DRAFT-METADATA-CLAIM-VALUE-TYPE",
        "draft-metadata:claim-display-text": "DRAFT-METADATA-CLAIM-DISPLAY",
        "draft-metadata:mdoc-claim-display-object": "DRAFT-METADATA-CLAIM-DISPLAY",
    },
    applies=when.claims_objects,
)
async def claims_are_described_by_objects(issuer: Issuer, expect: Expect) -> None:
    """Claims are described by nested objects; in these, mandatory, value_type and display have their types."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        claims, found = _claims(issuer, configuration), configuration.members.get("format")
        if claims is None:
            continue
        mdoc = found == _MDOC
        right = isinstance(claims.value, dict) and (not mdoc or _values_are_objects(claims))
        wanted = f"a JSON object named by {'namespace, of objects named by data element' if mdoc else 'claim'}"
        if not judge.that(right, "DRAFT-METADATA-CLAIMS", wanted, claims, of_format(found, "object")):
            continue
        told = (
            [element for namespace in claims.parts() for element in namespace.parts()]
            if mdoc
            else _objects(claims)
        )
        for description in told:
            _expect_types(judge, description, found, mdoc)


def _values_are_objects(part: Part) -> bool:
    return all(isinstance(inner.value, dict) for inner in part.parts())


def _expect_types(judge: Judge, description: Part, credential_format: Any, mdoc: bool) -> None:
    for name, (kind, wanted, code) in _TYPES.items():
        if name not in description:
            continue
        member = description[name]
        right = isinstance(member.value, kind)
        if right and name == "display":
            right = all(isinstance(item, dict) for item in member.value)
        elif not mdoc and isinstance(member.value, (dict, list)):
            right = True
        judge.that(right, code, wanted, member, of_format(credential_format, name))


@check(
    "draft-metadata-claims-order",
    requires=of_all("order"),
    proven_by={
        "draft-metadata:order-string": "DRAFT-METADATA-CLAIMS-ORDER",
        "draft-metadata:mdoc-order-bare": "DRAFT-METADATA-CLAIMS-ORDER",
    },
    applies=when.claims_order,
)
async def claims_are_in_an_order(issuer: Issuer, expect: Expect) -> None:
    """The order of claims is an array of their names, which in mobile documents follow a namespace and a tilde."""
    judge = Judge(expect, issuer.reply.exchange)
    # Draft 11 has the names that are shown to people there.
    shown = issuer.dialect.configurations == "credentials_supported"
    for configuration in configurations_of(issuer):
        found = configuration.members.get("format")
        if "order" not in configuration or not of_format(found, "order"):
            continue
        order, mdoc = configuration["order"], found == _MDOC and not shown
        names = order.value if isinstance(order.value, list) else [None]
        right = all(isinstance(name, str) and (not mdoc or _is_namespaced(name)) for name in names)
        wanted = "an array of strings" + (", each a namespace, a tilde and a claim name" if mdoc else "")
        judge.that(right, "DRAFT-METADATA-CLAIMS-ORDER", wanted, order, of_format(found, "order"))


def _is_namespaced(name: str) -> bool:
    namespace, tilde, claim = name.partition(_TILDE)
    return bool(namespace and tilde and claim)
