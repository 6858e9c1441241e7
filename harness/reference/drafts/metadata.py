"""Words the Credential Issuer Metadata of drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.reference import signed_metadata
from harness.reference.drafts import formats
from harness.reference.signed_metadata import SignedMetadata

if TYPE_CHECKING:
    from harness.reference.context import Context

_VALUE_TYPES = {"given_name": "string", "family_name": "string", "portrait": "image/jpeg"}
"""Name of a claim to the type of its value, of some."""
_NAMESPACE_AND_ELEMENT = 2
_ALGORITHMS = {-7: "ES256", -9: "ES256", -35: "ES384", -51: "ES384", -8: "EdDSA", -19: "EdDSA"}
"""COSE algorithms and their names."""


def configurations(document: Any) -> Iterator[dict[str, Any]]:
    """Give the Credential Configurations that are well-formed."""
    found = document.get("credential_configurations_supported") if isinstance(document, dict) else None
    for item in found.values() if isinstance(found, dict) else ():
        if isinstance(item, dict):
            yield item


def no_nonce_endpoint(document: Any, _: Context) -> None:
    """Leave out the Nonce Endpoint."""
    document.pop("nonce_endpoint", None)


def no_batches(document: Any, _: Context) -> None:
    """Leave out how many keys a request can be for."""
    document.pop("batch_credential_issuance", None)


def format_names(document: Any, context: Context) -> None:
    """Call formats as the version does."""
    for item in configurations(document):
        if "format" in item:
            item["format"] = formats.name(item["format"], context)


def algorithm_names(document: Any, _: Context) -> None:
    """Name the algorithms of mobile documents by JOSE."""
    member = "credential_signing_alg_values_supported"
    for item in configurations(document):
        values = item.get(member)
        if item.get("format") == "mso_mdoc" and isinstance(values, list):
            named = [_ALGORITHMS.get(value, value) if isinstance(value, int) else value for value in values]
            item[member] = list(dict.fromkeys(named)) if all(isinstance(v, str) for v in named) else named


def described_beside(document: Any, _: Context) -> None:
    """Put ``display`` and ``claims`` beside the format instead of into ``credential_metadata``."""
    for item in configurations(document):
        described = item.pop("credential_metadata", None)
        if isinstance(described, Mapping):
            item.update({name: value for name, value in described.items() if name in ("display", "claims")})
        elif described is not None:
            item["display"] = described


def element_paths(document: Any, _: Context) -> None:
    """Leave out the claims of mobile documents whose path leads into a data element."""
    for item in configurations(document):
        claims = item.get("claims")
        if item.get("format") == "mso_mdoc" and isinstance(claims, list):
            item["claims"] = [claim for claim in claims if len(_path(claim)) <= _NAMESPACE_AND_ELEMENT]


def _path(description: Any) -> list[Any]:
    path = description.get("path") if isinstance(description, dict) else None
    return path if isinstance(path, list) else []


def nested_claims(document: Any, _: Context) -> None:
    """Describe claims by objects that are nested like the credential, instead of by paths."""
    for item in configurations(document):
        claims = item.pop("claims", None)
        if not isinstance(claims, list):
            if claims is not None:
                item["claims"] = claims
            continue
        w3c = item.get("format") in formats.W3C
        nested = _nested(claims, "credentialSubject" if w3c else None)
        _typed(nested)
        if order := _order(nested, mdoc=item.get("format") == "mso_mdoc"):
            item["order"] = order
        if w3c and isinstance(item.get("credential_definition"), dict):
            item["credential_definition"]["credentialSubject"] = nested
        else:
            item["claims"] = nested


def _nested(claims: list[Any], below: str | None) -> dict[str, Any]:
    """Build the objects: what describes a claim stands where the claim does; elements of arrays have no place."""
    nested: dict[str, Any] = {}
    for description in claims:
        path = description.get("path") if isinstance(description, dict) else None
        if not isinstance(path, list) or not path:
            continue
        names = [name for name in path if isinstance(name, str)]
        if below is not None:
            names = names[1:] if names[:1] == [below] else []
        place = nested
        for name in names:
            place = place.setdefault(name, {})
        if names and len(names) == len(path) - (below is not None):
            place.update({name: value for name, value in description.items() if name != "path"})
        elif names and "display" in description:
            # Of the elements of an array, the array itself is what can be shown.
            place["display"] = description["display"]
    return nested


def _typed(nested: dict[str, Any]) -> None:
    """Tell of some claims what type their values have."""
    for name, description in nested.items():
        if isinstance(description, dict):
            if name in _VALUE_TYPES:
                description["value_type"] = _VALUE_TYPES[name]
            _typed(description)


def _order(nested: Mapping[str, Any], *, mdoc: bool) -> list[str]:
    """Give the names of the claims in their order; those of mobile documents have their namespace before them."""
    if not mdoc:
        return list(nested)
    return [f"{namespace}~{name}" for namespace, elements in nested.items() for name in elements]


def identifiers_supported(document: Any, _: Context) -> None:
    """Announce that Token Responses name Credential Identifiers, which they do where a wallet asks by details."""
    document["credential_identifiers_supported"] = True


def signed_within(document: Any, context: Context) -> None:
    """Add what is signed as a member of the unsigned document."""
    if context.variant.signed_metadata and isinstance(document, dict):
        document["signed_metadata"] = signed(document, context).text()


def signed(document: Mapping[str, Any], context: Context) -> SignedMetadata:
    """Build the signed form of a document, of which its own signed form is no part."""
    made = signed_metadata.draft(
        context, {name: value for name, value in document.items() if name != "signed_metadata"}
    )
    # Section 11.2.3 of draft 13 has no type for it.
    made.header.pop("typ", None)
    return made
