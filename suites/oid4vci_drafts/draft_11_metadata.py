"""Credential Issuer Metadata of draft 11: sections 10.2.3 and 10.2.3.1, and what appendix E has of each format.

The checks look at every object of ``credentials_supported``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.formats import text
from harness.formats.problems import json_type
from harness.transport import Reply
from harness.wallet.keys import ALGORITHMS
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of, metadata_of
from suites.oid4vci._proofs import accepted, one_of_several

check = area("Credential Issuer Metadata")

_SUITES = "cryptographic_suites_supported"
_JWT_FORMATS = ("jwt_vc_json", "jwt_vc_json-ld")
_JOSE = frozenset(
    {
        *("ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    }
)
"""Digital signatures of the IANA registry of JOSE algorithms."""
_LINKED_DATA = frozenset(
    {
        *("Ed25519Signature2018", "RsaSignature2018", "EcdsaSecp256k1Signature2019", "JsonWebSignature2020"),
        *("EcdsaSecp256k1RecoverySignature2020", "GpgSignature2020", "JcsEd25519Signature2020"),
        *(
            "BbsBlsSignature2020",
            "BbsBlsSignatureProof2020",
            "Ed25519Signature2020",
            "EcdsaSecp256r1Signature2019",
        ),
    }
)
"""Signature suites of the Linked Data Cryptographic Suite Registry, and those its group has specified since."""


@check(
    "draft-11-metadata-authorization-server",
    requires=["VCI11-10.2.3-02"],
    proven_by={"draft-metadata:11-server-array": "DRAFT-11-AUTHORIZATION-SERVER"},
    applies=when.metadata_has("authorization_server"),
)
async def the_authorization_server_is_named(issuer: Issuer, expect: Expect) -> None:
    """The Authorization Server, when the metadata name one, is a string, an identifier with the scheme https."""
    Judge(expect, issuer.reply.exchange).that(
        isinstance(issuer.metadata["authorization_server"], str),
        "DRAFT-11-AUTHORIZATION-SERVER",
        "a string",
        metadata_of(issuer)["authorization_server"],
    )


@check(
    "draft-11-metadata-credentials-supported",
    requires=["VCI11-10.2.3-04", "VCI11-10.2.3.1-01"],
    proven_by={
        "draft-metadata:11-credentials-missing": "DRAFT-11-CREDENTIALS-SUPPORTED",
        "draft-metadata:11-credentials-object": "DRAFT-11-CREDENTIALS-SUPPORTED",
        "draft-metadata:11-credentials-string": "DRAFT-11-CREDENTIALS-SUPPORTED",
        "draft-metadata:11-format-missing": "DRAFT-11-CREDENTIAL-FORMAT",
        "draft-metadata:11-format-number": "DRAFT-11-CREDENTIAL-FORMAT",
    },
)
async def credentials_are_listed(issuer: Issuer, expect: Expect) -> None:
    """The metadata list the Credentials in an array of objects, each with its format."""
    judge = Judge(expect, issuer.reply.exchange)
    supported = metadata_of(issuer).get("credentials_supported")
    judge.that(
        isinstance(supported.value, list) and all(isinstance(item, dict) for item in supported.value),
        "DRAFT-11-CREDENTIALS-SUPPORTED",
        "credentials_supported, an array of JSON objects",
        supported,
    )
    for item in configurations_of(issuer):
        judge.that(
            isinstance(item.members.get("format"), str),
            "DRAFT-11-CREDENTIAL-FORMAT",
            "format, a string",
            item.get("format"),
            "VCI11-10.2.3.1-01",
        )


@check(
    "draft-11-metadata-credential-ids",
    requires=["VCI11-10.2.3.1-02", "VCI11-10.2.3.1-03"],
    proven_by={
        "draft-metadata:11-id-number": "DRAFT-11-CREDENTIAL-ID",
        "draft-metadata:11-id-twice": "DRAFT-11-CREDENTIAL-ID-REPEATED",
    },
    applies=when.some_configuration_has("id"),
)
async def ids_are_distinct(issuer: Issuer, expect: Expect) -> None:
    """The id of a Credential, when it has one, is a string that no other one has."""
    judge = Judge(expect, issuer.reply.exchange)
    ids = [item["id"] for item in configurations_of(issuer) if "id" in item]
    for part in ids:
        judge.that(isinstance(part.value, str), "DRAFT-11-CREDENTIAL-ID", "a string", part)
    repeated = [name for name, times in Counter(str(part.value) for part in ids).items() if times > 1]
    judge.that(
        not repeated,
        "DRAFT-11-CREDENTIAL-ID-REPEATED",
        "another id for each Credential",
        Part(repeated, "/credentials_supported"),
        "VCI11-10.2.3.1-03",
    )


@check(
    "draft-11-metadata-did-methods",
    requires=["VCI11-10.2.3.1-05"],
    proven_by={"draft-metadata:11-did-with-identifier": "DRAFT-11-DID-METHOD"},
    applies=when.some_configuration_has("cryptographic_binding_methods_supported"),
)
async def did_methods_are_named(issuer: Issuer, expect: Expect) -> None:
    """A DID method among the binding methods is ``did:`` and its name, or ``did`` alone for every method."""
    judge = Judge(expect, issuer.reply.exchange)
    for item in configurations_of(issuer):
        for method in item.get("cryptographic_binding_methods_supported").parts():
            of_did = isinstance(method.value, str) and method.value.lower().partition(":")[0] == "did"
            judge.that(
                not of_did or method.value == "did" or text.is_did_method(method.value),
                "DRAFT-11-DID-METHOD",
                "did, or did: and a method name",
                method,
            )


@check(
    "draft-11-metadata-suites",
    requires=["VCI11-10.2.3.1-06", "VCI11-10.2.3.1-08"],
    proven_by={
        "draft-metadata:11-suites-string": "DRAFT-11-SUITES",
        "draft-metadata:11-suites-number": "DRAFT-11-SUITES",
        "draft-metadata:11-suites-unregistered": "DRAFT-11-SUITE-UNKNOWN",
    },
    applies=when.some_configuration_has(_SUITES),
)
async def suites_are_registered(issuer: Issuer, expect: Expect) -> None:
    """The cryptographic suites are strings: JOSE algorithms, or registered signature suites for Linked Data."""
    judge = Judge(expect, issuer.reply.exchange)
    for item in configurations_of(issuer):
        if _SUITES not in item:
            continue
        suites, found = item[_SUITES], item.members.get("format")
        listed = suites.value if isinstance(suites.value, list) else [None]
        judge.that(all(isinstance(name, str) for name in listed), "DRAFT-11-SUITES", "an array of strings", suites)
        known = _JOSE if found in _JWT_FORMATS else _LINKED_DATA if found == "ldp_vc" else None
        for suite in suites.parts():
            if known is not None and isinstance(suite.value, str):
                judge.that(
                    suite.value in known,
                    "DRAFT-11-SUITE-UNKNOWN",
                    "a signature suite of the Linked Data Cryptographic Suite Registry"
                    if known is _LINKED_DATA
                    else "a signature algorithm of the IANA registry for JOSE",
                    suite,
                    "VCI11-10.2.3.1-08",
                )


@check(
    "draft-11-metadata-credential-display",
    requires=["VCI11-10.2.3.1-09", "VCI11-10.2.3.1-10"],
    proven_by={
        "draft-metadata:11-display-object": "DRAFT-11-CREDENTIAL-DISPLAY",
        "draft-metadata:11-logo-string": "DRAFT-11-LOGO",
        "draft-metadata:11-logo-url-malformed": "DRAFT-11-LOGO",
    },
    applies=when.some_configuration_has("display"),
)
async def credentials_are_shown(issuer: Issuer, expect: Expect) -> None:
    """The display of a Credential is an array of objects, in which the logo is an object with a URL."""
    judge = Judge(expect, issuer.reply.exchange)
    for item in configurations_of(issuer):
        if "display" not in item:
            continue
        shown = item["display"]
        judge.that(
            isinstance(shown.value, list) and all(isinstance(each, dict) for each in shown.value),
            "DRAFT-11-CREDENTIAL-DISPLAY",
            "an array of JSON objects",
            shown,
        )
        for display in shown.parts() if isinstance(shown.value, list) else ():
            if "logo" in display:
                logo = display["logo"]
                judge.that(
                    isinstance(logo.value, dict) and ("url" not in logo or text.is_url(logo["url"].value)),
                    "DRAFT-11-LOGO",
                    "a JSON object whose url, when present, is a URL",
                    logo,
                    "VCI11-10.2.3.1-10",
                )


_TYPES: Mapping[str, Mapping[str, str]] = {
    "jwt_vc_json": {"types": "VCI11-E.1.1.2-01"},
    "jwt_vc_json-ld": {"@context": "VCI11-E.1.2.2-01", "types": "VCI11-E.1.2.2-02"},
    "ldp_vc": {"@context": "VCI11-E.1.3.2-01", "types": "VCI11-E.1.3.2-02"},
}
"""W3C format to its members of the metadata, each with the requirement."""


@check(
    "draft-11-metadata-types",
    requires=[requirement for members in _TYPES.values() for requirement in members.values()],
    proven_by={
        "draft-metadata:11-types-missing": "DRAFT-11-TYPES",
        "draft-metadata:11-types-string": "DRAFT-11-TYPES",
        "draft-metadata:11-types-number": "DRAFT-11-TYPES",
        "draft-metadata:11-context-missing": "DRAFT-11-CONTEXT",
        "draft-metadata:11-context-string": "DRAFT-11-CONTEXT",
    },
    applies=when.format_configuration(*_TYPES),
)
async def types_are_listed(issuer: Issuer, expect: Expect) -> None:
    """A W3C Credential has its types, and its context where it is of JSON-LD, as arrays."""
    judge = Judge(expect, issuer.reply.exchange)
    for item in configurations_of(issuer):
        for name, requirement in _TYPES.get(str(item.members.get("format")), {}).items():
            value = item.members.get(name)
            listed = value if isinstance(value, list) else [None]
            judge.that(
                isinstance(value, list) and (name != "types" or all(isinstance(each, str) for each in listed)),
                "DRAFT-11-TYPES" if name == "types" else "DRAFT-11-CONTEXT",
                f"{name}, an array{' of strings' if name == 'types' else ''}",
                item.get(name),
                requirement,
            )


@check(
    "draft-11-proof-suites-accepted",
    requires=["VCI11-10.2.3.1-07"],
    proven_by={"draft-metadata:11-suites-too-many": "DRAFT-11-SUITE-REFUSED"},
    applies=when.key_binding & when.configuration_has(_SUITES),
    per=Per.SHAPE,
)
async def listed_suites_are_accepted(access: Access, expect: Expect) -> None:
    """A key proof that is signed with any listed algorithm is accepted."""
    listed = access.flow.configuration[_SUITES]
    names = [name for name in listed if name in ALGORITHMS] if isinstance(listed, list) else []
    for name in names:

        async def signed_with(access: Access, name: str = name) -> Reply:
            proof = await access.proof(key=access.flow.proof_key(name))
            return await access.request(access.body(proof.sign()))

        reply, access = await one_of_several(access, signed_with)
        accepted(expect, reply, "DRAFT-11-SUITE-REFUSED", what=f"a key proof signed with {name}")
    if not names:
        expect.that(True, "DRAFT-11-SUITE-REFUSED", "suites of JOSE", json_type(listed))
