"""Faults of the Credential Issuer Metadata that only earlier drafts have, in the words of the draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.drafts import formats
from harness.reference.drafts.metadata import configurations, signed
from harness.reference.faults import Spoiler, fault
from harness.reference.signed_metadata import ALGORITHM, SignedMetadata

Document = dict[str, Any]


def _set(member: str, value: Any) -> Spoiler:
    """Set a member of the metadata, whether or not it is there."""

    def spoil(document: Document, _: Context) -> None:
        document[member] = value

    return spoil


def _within(*path: str, value: Any) -> Spoiler:
    """Set a member that is nested in the metadata, where there is what it is in."""

    def spoil(document: Document, _: Context) -> None:
        inner: Any = document
        for name in path[:-1]:
            inner = inner.get(name)
            if not isinstance(inner, dict):
                return
        inner[path[-1]] = value

    return spoil


for _defect, _told, _spoil in (
    ("issuer-other", "The metadata are of another issuer.", _set("credential_issuer", "https://other.assay.test")),
    (
        "authorization-servers-string",
        "The Authorization Server is named by a string.",
        lambda document, context: document.update(authorization_servers=context.authorization_server_url),
    ),
    (
        "batch-endpoint-http",
        "The Batch Credential Endpoint is reached without TLS.",
        _set("batch_credential_endpoint", "http://issuer.assay.test/batch"),
    ),
    (
        "batch-size-string",
        "The size of batches is a string.",
        _within("batch_credential_issuance", "batch_size", value="3"),
    ),
    ("display-strings", "The issuer is shown by strings.", _set("display", ["Assay"])),
    (
        "identifiers-string",
        "Whether there are Credential Identifiers is told by a string.",
        _set("credential_identifiers_supported", "true"),
    ),
    (
        "identifiers-unsupported",
        "The metadata say that there are no Credential Identifiers.",
        _set("credential_identifiers_supported", False),
    ),
    *(
        (
            f"{message}-encryption-{name}-string",
            f"The {name} values of encrypted {message}s are a string.",
            _within(f"credential_{message}_encryption", f"{name}_values_supported", value=value),
        )
        for message, name, value in (
            ("request", "enc", "A256GCM"),
            ("request", "zip", "DEF"),
            ("response", "alg", "ECDH-ES"),
            ("response", "enc", "A256GCM"),
            ("response", "zip", "DEF"),
        )
    ),
):
    fault(f"draft-metadata:{_defect}", _told)(_spoil)


# Credential Configurations


def _each(change: Callable[[Document], None], *of: str) -> Spoiler:
    """Change every configuration, or those of some formats."""

    def spoil(document: Document, _: Context) -> None:
        for item in configurations(document):
            if not of or item.get("format") in of:
                change(item)

    return spoil


def _of_proof_types(member: str, value: Any) -> Spoiler:
    def change(item: Document) -> None:
        for proof_type in item.get("proof_types_supported", {}).values():
            proof_type[member] = value

    return _each(change)


def _proof_type(name: str, algorithms: list[Any]) -> Spoiler:
    def change(item: Document) -> None:
        item.setdefault("proof_types_supported", {})[name] = {"proof_signing_alg_values_supported": algorithms}

    return _each(change)


def _key_attestations(member: str) -> Spoiler:
    def change(item: Document) -> None:
        for proof_type in item.get("proof_types_supported", {}).values():
            if "key_attestations_required" in proof_type:
                proof_type["key_attestations_required"][member] = "iso_18045_high"

    return _each(change)


def _member(name: str, value: Any) -> Callable[[Document], None]:
    def change(item: Document) -> None:
        item[name] = value

    return change


for _defect, _told, _spoil in (
    (
        "binding-methods-numbers",
        "The binding methods are numbers.",
        _each(_member("cryptographic_binding_methods_supported", [1])),
    ),
    (
        "credential-algorithms-numbers",
        "The algorithms of credentials are numbers.",
        _each(_member("credential_signing_alg_values_supported", [-7])),
    ),
    (
        "mdoc-algorithms-unknown",
        "The algorithm of mobile documents is one that ISO/IEC 18013-5 does not have.",
        _each(_member("credential_signing_alg_values_supported", ["RS256"]), "mso_mdoc"),
    ),
    ("credential-display-strings", "Credentials are shown by strings.", _each(_member("display", ["Identity"]))),
    (
        "format-later",
        "The format of SD-JWT VCs has the name of later drafts.",
        _each(_member("format", "dc+sd-jwt"), "vc+sd-jwt"),
    ),
    (
        "proof-algorithms-numbers",
        "The algorithms of key proofs are numbers.",
        _of_proof_types("proof_signing_alg_values_supported", [-7]),
    ),
    ("ldp-vp-algorithms-numbers", "The algorithms of ldp_vp proofs are numbers.", _proof_type("ldp_vp", [1])),
    (
        "ldp-vp-algorithms-unknown",
        "The algorithm of ldp_vp proofs is in no registry of suites.",
        _proof_type("ldp_vp", ["assay-signature"]),
    ),
    (
        "cwt-algorithms-unknown",
        "The algorithm of cwt proofs is no registered one of COSE.",
        _proof_type("cwt", ["assay-signature"]),
    ),
    ("key-storage-string", "The key storage of key attestations is a string.", _key_attestations("key_storage")),
    (
        "user-authentication-string",
        "The user authentication of key attestations is a string.",
        _key_attestations("user_authentication"),
    ),
):
    fault(f"draft-metadata:{_defect}", _told)(_spoil)


@fault("draft-token:details-without-identifiers")
def details_without_identifiers(document: Document, _: Context) -> None:
    """The authorization details of the Token Response name no Credential Identifiers."""
    for item in document.get("authorization_details", []):
        item.pop("credential_identifiers", None)


# Claims

_OBJECTS = ("vc+sd-jwt", *formats.W3C, "mso_mdoc")


def _holder(item: Document) -> tuple[Document, str]:
    """Give what has the claims of a configuration, and the name of the member."""
    if item.get("format") in formats.W3C and "claims" not in item:
        return item["credential_definition"], "credentialSubject"
    return item, "claims"


def _claims_as(value: Any, *of: str) -> Spoiler:
    def change(item: Document) -> None:
        holder, name = _holder(item)
        if name in holder:
            holder[name] = value

    return _each(change, *of)


def _described(item: Document) -> Iterator[Document]:
    """Give what describes the claims of a configuration."""
    holder, name = _holder(item)
    claims = holder.get(name)
    if isinstance(claims, list):
        yield from claims
    elif isinstance(claims, dict):
        inner = list(claims.values())
        if item.get("format") == "mso_mdoc":
            inner = [element for namespace in inner for element in namespace.values()]
        yield from inner


def _claims_with(member: str, value: Any, *of: str) -> Spoiler:
    """Say something of the first claim of each configuration."""

    def change(item: Document) -> None:
        for description in _described(item):
            description[member] = value
            return

    return _each(change, *of)


def _first_display(change: Callable[[list[Document]], None]) -> Spoiler:
    def spoil(item: Document) -> None:
        for description in _described(item):
            if "display" in description:
                change(description["display"])
                return

    return _each(spoil)


_NESTED = {"given_name": {"mandatory": True}}
for _defect, _told, _spoil in (
    (
        "claims-array",
        "The claims are an array, as in later drafts.",
        _claims_as([{"path": ["given_name"]}], *_OBJECTS),
    ),
    (
        "mdoc-claims-flat",
        "The claims of mobile documents have no namespace.",
        _claims_as({"org.iso.18013.5.1": ["given_name"]}, "mso_mdoc"),
    ),
    ("claim-mandatory-string", "A claim is mandatory by a string.", _claims_with("mandatory", "true", *_OBJECTS)),
    ("claim-value-type-number", "The type of a claim is a number.", _claims_with("value_type", 1, *_OBJECTS)),
    ("claim-display-text", "A claim is shown by a string.", _claims_with("display", "Given name", *_OBJECTS)),
    (
        "mdoc-claim-display-object",
        "A claim of a mobile document is shown by an object.",
        _claims_with("display", {"name": "Given name"}, "mso_mdoc"),
    ),
    ("claim-display-strings", "A claim is shown by an array of strings.", _claims_with("display", ["Given name"])),
    (
        "claim-name-number",
        "The name of a claim is a number.",
        _first_display(lambda found: found[0].update(name=1)),
    ),
    (
        "claim-locale-malformed",
        "The language of a claim's name is no language tag.",
        _first_display(lambda found: found[0].update(locale="english_")),
    ),
    (
        "claim-locale-twice",
        "A claim has two names in one language.",
        _first_display(lambda found: found.append(dict(found[0]))),
    ),
    ("order-string", "The order of claims is a string.", _each(_member("order", "given_name"), *_OBJECTS)),
    (
        "mdoc-order-bare",
        "The order of a mobile document's claims has no namespaces.",
        _each(_member("order", ["given_name", "family_name"]), "mso_mdoc"),
    ),
    ("claims-objects", "The claims of SD-JWT VCs are nested objects.", _claims_as(_NESTED, "dc+sd-jwt")),
    ("jwt-vc-claims-objects", "The claims of JWT VCs are nested objects.", _claims_as(_NESTED, "jwt_vc_json")),
    (
        "ldp-vc-claims-objects",
        "The claims of JSON-LD credentials are nested objects.",
        _claims_as(_NESTED, "ldp_vc", "jwt_vc_json-ld"),
    ),
    (
        "mdoc-claims-objects",
        "The claims of mobile documents are nested objects.",
        _claims_as({"org.iso.18013.5.1": _NESTED}, "mso_mdoc"),
    ),
    (
        "mdoc-path-longer",
        "The path of a claim of a mobile document leads into its value.",
        _claims_with("path", ["org.iso.18013.5.1", "driving_privileges", None], "mso_mdoc"),
    ),
):
    fault(f"draft-metadata:{_defect}", _told)(_spoil)


# Signed metadata


def _signed(change: Callable[[SignedMetadata, Context], None]) -> Spoiler:
    """Sign other metadata than those that are right."""

    def spoil(document: Document, context: Context) -> None:
        if "signed_metadata" in document:
            made = signed(document, context)
            change(made, context)
            document["signed_metadata"] = made.text()

    return spoil


def _claim(name: str, value: Any) -> Spoiler:
    return _signed(lambda made, _: made.claims.update({name: value}))


def _no_claim(name: str) -> Spoiler:
    return _signed(lambda made, _: made.claims.pop(name))


def _no_parameters(made: SignedMetadata, _: Context) -> None:
    made.claims = {name: value for name, value in made.claims.items() if name in ("iss", "sub", "iat", "exp")}


def _other_key(made: SignedMetadata, _: Context) -> None:
    made.key = keys.stranger_key(ALGORITHM)


for _defect, _told, _spoil in (
    ("object", "are an object", _set("signed_metadata", {"iss": "https://issuer.assay.test"})),
    ("no-jws", "are no JWS", _set("signed_metadata", "signed")),
    ("with-another-key", "have a signature that is made with another key", _signed(_other_key)),
    ("iat-missing", "have no iat", _no_claim("iat")),
    ("iat-string", "have an iat that is a string", _claim("iat", "now")),
    ("iss-missing", "have no iss", _no_claim("iss")),
    ("iss-number", "have an iss that is a number", _claim("iss", 42)),
    ("sub-missing", "have no sub", _no_claim("sub")),
    ("sub-other", "have a sub that is not the issuer", _claim("sub", "https://other.assay.test")),
    ("parameters-missing", "say nothing of the issuer", _signed(_no_parameters)),
    ("within-itself", "have signed metadata in them", _claim("signed_metadata", "signed")),
):
    fault(f"draft-metadata:signed-{_defect}", f"The signed metadata {_told}.")(_spoil)


@fault("draft-signed-metadata:configurations-missing")
def signed_configurations_missing(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata have no configurations."""
    del draft.claims["credential_configurations_supported"]
