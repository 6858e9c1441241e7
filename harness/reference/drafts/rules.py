"""What only drafts ask of requests. Each rule says in which drafts, with the section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.reference import deferred_rules, documents
from harness.reference.drafts import formats, requests
from harness.reference.rules import Rule, rule, tolerance

if TYPE_CHECKING:
    from harness.reference.authorization_rules import AuthorizationRequest
    from harness.reference.credential_rules import CredentialRequest
    from harness.reference.deferred_rules import DeferredRequest

_NAMING = ("credential_identifier", "format")


@rule("draft-credential.named", "invalid_credential_request")
def named(request: CredentialRequest) -> str | None:
    """A Credential Request has credential_identifier or format (drafts 13 and 14, section 7.2)."""
    if request.sent is None or any(isinstance(request.sent.get(name), str) for name in _NAMING):
        return None
    return "Neither credential_identifier nor format is given as a string."


@rule("draft-credential.named-once", "invalid_credential_request")
def named_once(request: CredentialRequest) -> str | None:
    """A Credential Request has only one of credential_identifier and format (drafts 13 and 14, section 7.2)."""
    if set(_NAMING) <= (request.sent or {}).keys():
        return "Both credential_identifier and format are given."
    return None


@rule("draft-credential.format-known", "unsupported_credential_format", presumes=["draft-credential.named"])
def format_known(request: CredentialRequest) -> str | None:
    """The format is one from the metadata (drafts 11, 13 and 14, section 7.3.1)."""
    asked = (request.sent or {}).get("format")
    known = documents.configurations(request.context.variant).values()
    if asked is None or any(formats.known(asked, request.context, data) for data in known):
        return None
    return "The format is unknown."


_TYPE_MEMBERS = {
    "vc+sd-jwt": ("vct",),
    "mso_mdoc": ("doctype",),
    "jwt_vc_json": ("credential_definition", "type"),
    "jwt_vc_json-ld": ("credential_definition", "type"),
    "ldp_vc": ("credential_definition", "type"),
}


@rule("draft-credential.type-present", "invalid_credential_request", presumes=["draft-credential.format-known"])
def type_present(request: CredentialRequest) -> str | None:
    """A Credential Request by format has what its format asks for (drafts 13 and 14, appendix A)."""
    sent = request.sent or {}
    if not isinstance(sent.get("format"), str):
        return None
    value: Any = sent
    for member in _TYPE_MEMBERS.get(sent["format"], ()):
        value = value.get(member) if isinstance(value, dict) else None
    if value is None:
        return "What goes with the format is missing."
    if sent["format"] in ("jwt_vc_json-ld", "ldp_vc") and "@context" not in sent["credential_definition"]:
        return "The @context is missing."
    return None


@rule(
    "draft-credential.type-known",
    "unsupported_credential_type",
    presumes=["draft-credential.format-known", "draft-credential.type-present", "draft-credential.types-present"],
)
def type_known(request: CredentialRequest) -> str | None:
    """The type beside the format is one from the metadata (drafts 11, 13 and 14, section 7.3.1)."""
    if "format" in (request.sent or {}) and requests.named(request.sent or {}, request.context) is None:
        return "There is no credential of this type."
    return None


@rule("draft-credential.format-present", "invalid_credential_request")
def format_present(request: CredentialRequest) -> str | None:
    """A Credential Request has a format (draft 11, section 7.2)."""
    if request.sent is None or isinstance(request.sent.get("format"), str):
        return None
    return "The format is not given as a string."


_TYPES_MEMBERS = {
    "vc+sd-jwt": (("vct",),),
    "mso_mdoc": (("doctype",),),
    "jwt_vc_json": (("types",),),
    "jwt_vc_json-ld": (("credential_definition", "types"), ("credential_definition", "@context")),
    "ldp_vc": (("credential_definition", "types"), ("credential_definition", "@context")),
}


def _lacks(named: Mapping[str, Any], members: Mapping[str, Sequence[tuple[str, ...]]]) -> bool:
    """Whether what names a credential by its format lacks a member that the format asks for."""
    for path in members.get(str(named.get("format")), ()):
        value: Any = named
        for member in path:
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is None:
            return True
    return False


@rule("draft-credential.types-present", "invalid_credential_request", presumes=["draft-credential.format-known"])
def types_present(request: CredentialRequest) -> str | None:
    """A Credential Request has what its format asks for (draft 11, appendix E)."""
    return "What goes with the format is missing." if _lacks(request.sent or {}, _TYPES_MEMBERS) else None


@rule("draft-proof.typed", "invalid_proof")
def proof_typed(request: CredentialRequest) -> str | None:
    """A proof has a proof_type (drafts 11 to 14, section 7.2; draft 15, section 8.2)."""
    proof = (request.sent or {}).get("proof")
    if not isinstance(proof, dict) or isinstance(proof.get("proof_type"), str):
        return None
    return "The proof has no proof_type."


@rule("draft-proof.one-member", "invalid_proof")
def proof_one_member(request: CredentialRequest) -> str | None:
    """A Credential Request has only one of proof and proofs (draft 14, section 7.2; draft 15, section 8.2)."""
    if {"proof", "proofs"} <= (request.sent or {}).keys():
        return "Both proof and proofs are given."
    return None


_INVALID_DETAILS = "invalid_authorization_details"


def _details(request: AuthorizationRequest) -> list[dict[str, Any]]:
    return [item for item in request.sent_details or [] if isinstance(item, dict)]


@rule("draft-authorization.format-present", _INVALID_DETAILS)
def details_format_present(request: AuthorizationRequest) -> str | None:
    """An authorization detail has a format (draft 11, section 5.1.1)."""
    if all(isinstance(item.get("format"), str) for item in _details(request)):
        return None
    return "An authorization detail has no format."


@rule("draft-authorization.types-present", _INVALID_DETAILS, presumes=["draft-authorization.format-present"])
def details_types_present(request: AuthorizationRequest) -> str | None:
    """An authorization detail has what its format asks for (draft 11, appendix E)."""
    if any(_lacks(item, _TYPES_MEMBERS) for item in _details(request)):
        return "What goes with the format of an authorization detail is missing."
    return None


@rule(
    "draft-authorization.known",
    _INVALID_DETAILS,
    presumes=["draft-authorization.format-present", "draft-authorization.types-present"],
)
def details_known(request: AuthorizationRequest) -> str | None:
    """An authorization detail names a credential of the metadata (draft 11, section 5.1.1)."""
    if all(requests.named(item, request.context) is not None for item in _details(request)):
        return None
    return "An authorization detail names no credential of the metadata."


@rule("draft-deferred.token-present", None, status=401)
def deferred_token_present(request: DeferredRequest) -> str | None:
    """A Deferred Credential Request has an Access Token in its header (draft 11, section 9.1)."""
    return None if request.header_token else "The acceptance token is missing."


@rule("draft-deferred.token-known", "invalid_token", status=401, presumes=["draft-deferred.token-present"])
def deferred_token_known(request: DeferredRequest) -> str | None:
    """The Access Token of a Deferred Credential Request is an acceptance token (draft 11, section 9.1)."""
    return None if request.transaction else "The acceptance token is unknown."


@tolerance("draft-deferred.acceptance-token")
def acceptance_token(request: DeferredRequest) -> bool:
    """An acceptance token is all that a Deferred Credential Request needs (draft 11, section 9.1)."""
    return request.transaction is not None


@rule("draft-proof.nonce-given", "invalid_proof")
def nonce_given(request: CredentialRequest) -> str | None:
    """A key proof has a nonce (draft 11, section 7.2.1)."""
    if request.context.variant.nonce and any(proof.claims and proof.nonce is None for proof in request.jwt_proofs):
        return "The nonce is missing."
    return None


@rule("draft-credential.by-identifier", "invalid_credential_request", presumes=["draft-credential.named-once"])
def by_identifier(request: CredentialRequest) -> str | None:
    """Where the token response named Credential Identifiers, a request has no format (drafts 13, 14, 7.2)."""
    if request.access and request.access.identifiers and "format" in (request.sent or {}):
        return "A credential_identifier from the token response must be used."
    return None


@rule(
    "draft-credential.identifier-returned", "invalid_credential_request", presumes=["draft-credential.named-once"]
)
def identifier_returned(request: CredentialRequest) -> str | None:
    """Where the token response named no Credential Identifiers, a request has none (draft 13, section 7.2)."""
    if request.access and not request.access.identifiers and "credential_identifier" in (request.sent or {}):
        return "The token response named no Credential Identifiers."
    return None


BY_FORMAT: tuple[Rule[Any], ...] = (named, named_once, by_identifier, format_known, type_present, type_known)
ONE_PROOF: tuple[Rule[Any], ...] = (proof_typed,)
ONE_OR_SEVERAL_PROOFS: tuple[Rule[Any], ...] = (proof_one_member, proof_typed)
BY_FORMAT_ALONE: tuple[Rule[Any], ...] = (format_present, format_known, types_present, type_known)
DETAILS_BY_FORMAT: tuple[Rule[Any], ...] = (details_format_present, details_types_present, details_known)
BY_ACCEPTANCE_TOKEN: tuple[Rule[Any], ...] = (
    deferred_token_present,
    deferred_token_known,
    deferred_rules.transaction_unused,
    deferred_rules.granted,
)
