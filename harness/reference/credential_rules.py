"""What the Nonce and Credential Endpoints ask of a request (OpenID4VCI 7.1, 8.2 and 8.3.1, RFC 6750)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import configuration_ids, credential_identifier
from harness.reference.proof_rules import Proof
from harness.reference.rules import rule, tolerance
from harness.reference.state import Access, Shelf

PROOF_TYPE = "jwt"
_KNOWN_PARAMETERS = {
    "credential_identifier",
    "credential_configuration_id",
    "proofs",
    "credential_response_encryption",
}


@dataclass
class CredentialRequest:
    """A Credential Request as read from the wire."""

    context: Context
    authorization: str | None
    """The Authorization header."""
    media_type: str
    body: bytes
    tokens: Shelf[Access]
    nonces: Shelf[bool]

    @property
    def scheme(self) -> str:
        """The authentication scheme as spelled by the wallet; empty without one."""
        return (self.authorization or "").partition(" ")[0]

    @property
    def token(self) -> str | None:
        """The access token as a Bearer token (RFC 6750 section 2.1)."""
        value = (self.authorization or "").partition(" ")[2].strip()
        return value if value and self.scheme.lower() == "bearer" else None

    @cached_property
    def access(self) -> Access | None:
        """What the access token stands for, if it is known."""
        return self.tokens.get(self.token)

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The body's JSON object; ``None`` when it is none."""
        if self.media_type != "application/json":
            return None
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the request; empty when the body is no JSON object."""
        return self.document or {}

    @property
    def identified(self) -> str | None:
        """The configuration that ``credential_identifier`` leads to, if the token response named it."""
        identifier = self.parameters.get("credential_identifier")
        if self.access is None:
            names = {credential_identifier(name): name for name in configuration_ids()}
        else:
            names = dict(self.access.identifiers)
        return names.get(identifier) if isinstance(identifier, str) else None

    @property
    def configured(self) -> str | None:
        """The configuration that ``credential_configuration_id`` names, if the issuer has it."""
        name = self.parameters.get("credential_configuration_id")
        return name if isinstance(name, str) and name in configuration_ids() else None

    @property
    def configuration(self) -> str:
        """The configuration to issue; a broken request that is let off gets the first it could mean."""
        granted = self.access.configurations if self.access else configuration_ids()
        return self.identified or self.configured or granted[0]

    @property
    def proof_values(self) -> list[Any]:
        """The elements of ``proofs.jwt``; empty when there is no such array."""
        proofs = self.parameters.get("proofs")
        values = proofs.get(PROOF_TYPE) if isinstance(proofs, dict) else None
        return values if isinstance(values, list) else []

    @cached_property
    def proofs(self) -> list[Proof]:
        """The proofs this issuer can read; none when it asks for none."""
        if not self.context.variant.binding_methods:
            return []
        client_id = self.access.client_id if self.access else None
        return [
            Proof(self.context, value, client_id, self.nonces, further=index > 0)
            for index, value in enumerate(self.proof_values)
        ]


@rule("credential.token-present", None, status=401)
def token_present(request: CredentialRequest) -> str | None:
    """A Credential Request carries a Bearer token."""
    return None if request.token else "The access token is missing."


@rule("credential.token-known", "invalid_token", status=401, presumes=["credential.token-present"])
def token_known(request: CredentialRequest) -> str | None:
    """The access token is one this issuer's Authorization Server gave out."""
    return None if request.access else "The access token is unknown."


@rule("credential.token-expired", "invalid_token", status=401)
def token_expired(request: CredentialRequest) -> str | None:
    """The access token has not expired."""
    if request.access and request.context.clock() >= request.access.expires_at:
        return "The access token has expired."
    return None


@rule("credential.token-spent", "invalid_token", status=401)
def token_spent(request: CredentialRequest) -> str | None:
    """Where access is for one request, the access token was not used before (OpenID4VCI 14.3)."""
    if request.context.variant.single_access and request.access and request.access.uses:
        return "The access token was used before."
    return None


@rule("credential.json", "invalid_credential_request")
def json_object(request: CredentialRequest) -> str | None:
    """A Credential Request is a JSON object of media type application/json."""
    return "The request is not a JSON object of type application/json." if request.document is None else None


@rule("credential.one-identifier", "invalid_credential_request", presumes=["credential.json"])
def one_identifier(request: CredentialRequest) -> str | None:
    """A Credential Request has only one of credential_identifier and credential_configuration_id."""
    if {"credential_identifier", "credential_configuration_id"} <= request.parameters.keys():
        return "Both credential_identifier and credential_configuration_id are given."
    return None


@rule("credential.identifier-present", "invalid_credential_request", presumes=["credential.json"])
def identifier_present(request: CredentialRequest) -> str | None:
    """A Credential Request says as a string what it is for."""
    names = ("credential_identifier", "credential_configuration_id")
    if any(isinstance(request.parameters.get(name), str) for name in names):
        return None
    return "Neither credential_identifier nor credential_configuration_id is given as a string."


@rule(
    "credential.configuration-known",
    "unknown_credential_configuration",
    presumes=["credential.one-identifier", "credential.identifier-present"],
)
def configuration_known(request: CredentialRequest) -> str | None:
    """The credential_configuration_id is one from the metadata."""
    if "credential_configuration_id" in request.parameters and request.configured is None:
        return "The credential_configuration_id is unknown."
    return None


@rule(
    "credential.identifier-known",
    "unknown_credential_identifier",
    presumes=["credential.one-identifier", "credential.identifier-present"],
)
def identifier_known(request: CredentialRequest) -> str | None:
    """The credential_identifier is one from the token response."""
    if "credential_identifier" in request.parameters and request.identified is None:
        return "The credential_identifier is unknown."
    return None


@rule("credential.configuration-authorized", "insufficient_scope", status=403)
def configuration_authorized(request: CredentialRequest) -> str | None:
    """The access token is good for the configuration asked for."""
    if request.access and request.configured and request.configured not in request.access.configurations:
        return "The access token is for another credential."
    return None


@rule(
    "credential.identifier-form",
    "invalid_credential_request",
    presumes=["credential.one-identifier", "credential.identifier-present"],
)
def identifier_form(request: CredentialRequest) -> str | None:
    """Where the token response named Credential Identifiers, a Credential Request uses one."""
    named = request.access and request.access.identifiers
    if named and "credential_configuration_id" in request.parameters:
        return "A credential_identifier from the token response must be used."
    return None


@rule("credential.encryption", "invalid_encryption_parameters", presumes=["credential.json"])
def encryption(request: CredentialRequest) -> str | None:
    """A Credential Request asks for no encryption, which this issuer does not offer."""
    if "credential_response_encryption" in request.parameters:
        return "Encrypted responses are not supported."
    return None


@rule("proof.present", "invalid_proof", presumes=["credential.json"])
def proof_present(request: CredentialRequest) -> str | None:
    """Where credentials are bound to a key, a Credential Request has proofs."""
    if request.context.variant.binding_methods and "proofs" not in request.parameters:
        return "The proofs are missing."
    return None


def _proofs(request: CredentialRequest) -> Any:
    """Give ``proofs`` where it matters: unbound credentials need none, and those given do no harm."""
    return request.parameters.get("proofs") if request.context.variant.binding_methods else None


@rule("proof.object", "invalid_proof", presumes=["proof.present"])
def proof_object(request: CredentialRequest) -> str | None:
    """The proofs are a JSON object."""
    if "proofs" not in request.parameters or not request.context.variant.binding_methods:
        return None
    return None if isinstance(request.parameters["proofs"], dict) else "The proofs are not an object."


@rule("proof.one-type", "invalid_proof", presumes=["proof.object"])
def proof_one_type(request: CredentialRequest) -> str | None:
    """The proofs are of exactly one type."""
    proofs = _proofs(request)
    return None if proofs is None or len(proofs) == 1 else "The proofs are not of exactly one type."


@rule("proof.type-supported", "invalid_proof", presumes=["proof.one-type"])
def proof_type_supported(request: CredentialRequest) -> str | None:
    """The proofs are of a type the metadata lists."""
    proofs = _proofs(request)
    return None if proofs is None or PROOF_TYPE in proofs else "The proof type is not supported."


@rule("proof.not-empty", "invalid_proof", presumes=["proof.type-supported"])
def proof_not_empty(request: CredentialRequest) -> str | None:
    """The proofs of a type are a non-empty array."""
    if _proofs(request) is None or request.proof_values:
        return None
    return "The proofs are not a non-empty array."


@rule("proof.batch-size", "invalid_proof", presumes=["proof.one-type"])
def proof_batch_size(request: CredentialRequest) -> str | None:
    """There are no more proofs than the issuer takes at once."""
    if len(request.proofs) > (request.context.variant.batch_size or 1):
        return "There are more proofs than this issuer takes at once."
    return None


@tolerance("credential.unknown-parameter")
def unknown_parameter(request: CredentialRequest) -> bool:
    """A Credential Request may have parameters the issuer does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("credential.batch")
def batch(request: CredentialRequest) -> bool:
    """A Credential Request may have as many proofs as the metadata announce."""
    return 1 < len(request.proofs) <= (request.context.variant.batch_size or 1)


@tolerance("credential.scheme-case")
def scheme_case(request: CredentialRequest) -> bool:
    """The scheme Bearer may be spelled in any case (RFC 9110 section 11.1)."""
    return request.token is not None and request.scheme != "Bearer"


@tolerance("nonce.anonymous", status=401)
def nonce_anonymous(authorization: str | None) -> bool:
    """A nonce request needs no access token."""
    return authorization is None


RULES = (
    token_present,
    token_known,
    token_expired,
    token_spent,
    json_object,
    one_identifier,
    identifier_present,
    configuration_known,
    identifier_known,
    configuration_authorized,
    identifier_form,
    encryption,
    proof_present,
    proof_object,
    proof_one_type,
    proof_type_supported,
    proof_not_empty,
    proof_batch_size,
)
TOLERANCES = (unknown_parameter, batch, scheme_case)
NONCE_TOLERANCES = (nonce_anonymous,)
