"""What the Nonce and Credential Endpoints ask of a request (OpenID4VCI 7.1, 8.2 and 8.3.1, RFC 6750)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.reference import encryption_rules
from harness.reference.access_rules import access_rules
from harness.reference.di_vp_rules import DataIntegrityProof
from harness.reference.documents import binding_methods, configurations, credential_identifier, proof_types
from harness.reference.drafts.key_proofs import CwtProof
from harness.reference.encryption_rules import EncryptableRequest
from harness.reference.key_attestation_rules import KeyAttestation
from harness.reference.proof_rules import Proof
from harness.reference.rules import Rule, Tolerance, rule, tolerance
from harness.reference.state import Shelf

_KNOWN_PARAMETERS = {
    "credential_identifier",
    "credential_configuration_id",
    "proofs",
    "credential_response_encryption",
}


@dataclass
class CredentialRequest(EncryptableRequest):
    """A Credential Request as read from the wire."""

    nonces: Shelf[bool]
    headers: Mapping[str, str] = field(default_factory=dict)
    """The header fields, their names in lower case."""

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The request's JSON object in the words of OpenID4VCI 1.0."""
        if self.sent is None:
            return None
        return self.context.wording.credential_request(self.sent, self.context)

    @property
    def identified(self) -> str | None:
        """The configuration that ``credential_identifier`` leads to, if the token response named it."""
        identifier = self.parameters.get("credential_identifier")
        if self.access is None:
            names = {credential_identifier(name): name for name in self.context.variant.configurations}
        else:
            names = dict(self.access.identifiers)
        return names.get(identifier) if isinstance(identifier, str) else None

    @property
    def configured(self) -> str | None:
        """The configuration that ``credential_configuration_id`` names, if the issuer has it."""
        name = self.parameters.get("credential_configuration_id")
        return name if isinstance(name, str) and name in self.context.variant.configurations else None

    @property
    def configuration(self) -> str:
        """The configuration to issue; a broken request that is let off gets the first it could mean."""
        granted = self.access.configurations if self.access else self.context.variant.configurations
        return self.identified or self.configured or granted[0]

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        """The data behind the configuration to issue."""
        return configurations(self.context.variant)[self.configuration]

    @property
    def proof_type(self) -> str | None:
        """The first supported type in ``proofs``; ``None`` when there is none."""
        proofs = self.parameters.get("proofs")
        given = proofs if isinstance(proofs, dict) else {}
        return next((name for name in proof_types(self.context.variant, self._data) if name in given), None)

    @property
    def proof_values(self) -> list[Any]:
        """The proofs as they stand in ``proofs``; empty when there is no such array."""
        values = self.parameters["proofs"][self.proof_type] if self.proof_type else None
        return values if isinstance(values, list) else []

    @property
    def _expects(self) -> str | None:
        """The type of proofs to read; ``None`` when the credentials are bound to no key."""
        return self.proof_type if self.context.variant.binding_methods else None

    @cached_property
    def jwt_proofs(self) -> list[Proof]:
        """The proofs of type ``jwt``."""
        if self._expects != "jwt":
            return []
        client_id = self.access.client_id if self.access else None
        methods = binding_methods(self.context.variant, self._data)
        return [
            Proof(self.context, value, client_id, self.nonces, methods, further=index > 0)
            for index, value in enumerate(self.proof_values)
        ]

    @cached_property
    def attestations(self) -> list[KeyAttestation]:
        """The proofs of type ``attestation``, and the key attestations that proofs of type ``jwt`` carry."""
        if self._expects != "attestation":
            return [proof.attestation for proof in self.jwt_proofs if proof.attestation]
        return [KeyAttestation(self.context, value, self.nonces) for value in self.proof_values]

    @cached_property
    def di_vp_proofs(self) -> list[DataIntegrityProof]:
        """The proofs of type ``di_vp``."""
        if self._expects != "di_vp":
            return []
        return [DataIntegrityProof(self.context, value, self.nonces) for value in self.proof_values]

    @cached_property
    def ldp_vp_proofs(self) -> list[DataIntegrityProof]:
        """The proofs of type ``ldp_vp``, which only drafts have."""
        if self._expects != "ldp_vp":
            return []
        return [DataIntegrityProof(self.context, value, self.nonces) for value in self.proof_values]

    @cached_property
    def cwt_proofs(self) -> list[CwtProof]:
        """The proofs of type ``cwt``, which only drafts have."""
        if self._expects != "cwt":
            return []
        return [CwtProof(self.context, value, self.nonces) for value in self.proof_values]

    @property
    def _proofs(self) -> list[Proof | DataIntegrityProof | CwtProof]:
        return [*self.jwt_proofs, *self.di_vp_proofs, *self.ldp_vp_proofs, *self.cwt_proofs]

    @property
    def holder_keys(self) -> list[Mapping[str, Any] | None]:
        """The keys the credentials are to be bound to; ``None`` stands for a key that could not be read."""
        attested = self.attestations if self._expects == "attestation" else []
        return [key for proof in (*self._proofs, *attested) for key in proof.holder_keys]

    @property
    def used_nonces(self) -> list[object]:
        """The nonces in the proofs."""
        return [*(proof.nonce for proof in self._proofs), *(item.jwt.text("nonce") for item in self.attestations)]


@rule("credential.token-spent", "invalid_token", status=401)
def token_spent(request: CredentialRequest) -> str | None:
    """Where access is for one request, the access token was not used before (OpenID4VCI 14.3)."""
    if request.context.variant.single_access and request.access and request.access.uses:
        return "The access token was used before."
    return None


@rule(
    "credential.json",
    "invalid_credential_request",
    presumes=["encryption.request-readable", "encryption.request-required"],
)
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
    presumes=[
        "credential.one-identifier",
        "credential.identifier-present",
        "draft-credential.identifier-returned",
        "draft-credential.named-once",
    ],
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
    presumes=["credential.one-identifier", "credential.identifier-present", "draft-credential.by-identifier"],
)
def identifier_form(request: CredentialRequest) -> str | None:
    """Where the token response named Credential Identifiers, a Credential Request uses one."""
    named = request.access and request.access.identifiers
    if named and "credential_configuration_id" in request.parameters:
        return "A credential_identifier from the token response must be used."
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
    return None if proofs is None or request.proof_type else "The proof type is not supported."


@rule("proof.not-empty", "invalid_proof", presumes=["proof.type-supported"])
def proof_not_empty(request: CredentialRequest) -> str | None:
    """The proofs of a type are a non-empty array."""
    if _proofs(request) is None or request.proof_values:
        return None
    return "The proofs are not a non-empty array."


def _values(request: CredentialRequest) -> list[Any]:
    return request.proof_values if request.context.variant.binding_methods else []


@rule("proof.batch-size", "invalid_proof", presumes=["proof.one-type"])
def proof_batch_size(request: CredentialRequest) -> str | None:
    """There are no more proofs than the issuer takes at once."""
    alone = request.proof_type == "attestation"
    if len(_values(request)) > (1 if alone else request.context.variant.batch_size or 1):
        return "There are more proofs than this issuer takes at once."
    return None


@rule("credential.granted", "credential_request_denied")
def granted(request: CredentialRequest) -> str | None:
    """The credential is one the issuer decides to issue."""
    if request.context.variant.deferred == "never" and request.access and request.access.outcome == "denied":
        return "The credential will not be issued."
    return None


@tolerance("credential.unknown-parameter")
def unknown_parameter(request: CredentialRequest) -> bool:
    """A Credential Request may have parameters the issuer does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("credential.accept")
def accept(request: CredentialRequest) -> bool:
    """A Credential Request may accept any media type, or one with a parameter (RFC 9110 section 12.5.1)."""
    return not {"*", ";"}.isdisjoint(request.headers.get("accept", ""))


@tolerance("credential.unknown-field")
def unknown_field(request: CredentialRequest) -> bool:
    """A Credential Request may have header fields that the issuer does not know (RFC 9110 section 5.1)."""
    return any(name.startswith("x-") for name in request.headers)


@tolerance("credential.batch")
def batch(request: CredentialRequest) -> bool:
    """A Credential Request may have as many proofs as the metadata announce."""
    return 1 < len(_values(request)) <= (request.context.variant.batch_size or 1)


@tolerance("credential.full-batch")
def full_batch(request: CredentialRequest) -> bool:
    """A Credential Request may have as many proofs as batch_size says, not only fewer."""
    return 1 < len(_values(request)) == request.context.variant.batch_size


@tolerance("proof.other-type")
def other_type(request: CredentialRequest) -> bool:
    """Proofs may be of any type the metadata list, not only the first."""
    return request.proof_type in request.context.variant.proof_types[1:] and bool(_values(request))


@tolerance("credential.scheme-case")
def scheme_case(request: CredentialRequest) -> bool:
    """The scheme Bearer may be spelled in any case (RFC 9110 section 11.1)."""
    return request.scheme.lower() == "bearer" and request.scheme != "Bearer"


@tolerance("nonce.anonymous", status=401)
def nonce_anonymous(authorization: str | None) -> bool:
    """A nonce request needs no access token."""
    return authorization is None


RULES: tuple[Rule[Any], ...] = (
    *access_rules("credential", "Credential Request"),
    token_spent,
    *encryption_rules.REQUEST_RULES,
    json_object,
    one_identifier,
    identifier_present,
    configuration_known,
    identifier_known,
    configuration_authorized,
    identifier_form,
    *encryption_rules.RESPONSE_RULES,
    proof_present,
    proof_object,
    proof_one_type,
    proof_type_supported,
    proof_not_empty,
    proof_batch_size,
    granted,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (
    unknown_parameter,
    batch,
    full_batch,
    accept,
    unknown_field,
    other_type,
    scheme_case,
    *encryption_rules.TOLERANCES,
)
NONCE_TOLERANCES = (nonce_anonymous,)
