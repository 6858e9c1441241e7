"""How a wallet is known at the Token and PAR Endpoints.

RFC 6749 sections 2.3 and 3.2.1, RFC 7523, RFC 8705 section 2, attestation-based client authentication -07.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from harness.reference import attesters, jwt
from harness.reference.clients import ATTESTATION_ALGORITHMS, Client, assertion_algorithms, attester, registered
from harness.reference.context import Context
from harness.reference.jwt import Jwt
from harness.reference.keys import ATTESTER
from harness.reference.rules import rule, tolerance
from harness.reference.state import Ledger

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW_SECONDS = 60
_SAME_TIME_SECONDS = 4
FRESH_ATTESTATION_SECONDS = 7 * 24 * 3600
"""For how long after its making a Client Attestation is taken."""
POP_WINDOW_SECONDS = 300
USE_CHALLENGE = "use_attestation_challenge"
_REFUSED = 401
_BY_CERTIFICATE = ("tls_client_auth", "self_signed_tls_client_auth")


@dataclass
class ClientRequest:
    """What a request says about the client it comes from, as read from the wire."""

    context: Context
    ledger: Ledger
    parameters: Mapping[str, str]
    """The form."""
    authorization: str | None
    """The Authorization header."""
    attestations: Sequence[str]
    """The OAuth-Client-Attestation headers."""
    pops: Sequence[str]
    """The OAuth-Client-Attestation-PoP headers."""
    certificate: x509.Certificate | None
    """What the client showed for mutual TLS."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The query of the request URL."""
    place: str = "token"
    """The endpoint: ``token`` or ``par``."""

    @property
    def method(self) -> str:
        """How this server's clients authenticate."""
        return self.context.variant.client_authentication

    @cached_property
    def basic(self) -> tuple[str, str] | None:
        """Identifier and secret of the Authorization header (RFC 6749 section 2.3.1)."""
        name, separator, secret = _basic_text(self.authorization).partition(":")
        return (unquote_plus(name), unquote_plus(secret)) if separator else None

    @cached_property
    def assertion(self) -> Jwt | None:
        """The ``client_assertion``; ``None`` when it is no JWT."""
        return jwt.read(self.parameters.get("client_assertion"))

    @cached_property
    def attestation(self) -> Jwt | None:
        """The first Client Attestation; ``None`` when it is no JWT."""
        return jwt.read(next(iter(self.attestations), None))

    @cached_property
    def pop(self) -> Jwt | None:
        """The first proof of possession; ``None`` when it is no JWT."""
        return jwt.read(next(iter(self.pops), None))

    @property
    def methods_used(self) -> list[str]:
        """The ways in which this request authenticates; a certificate alone says nothing."""
        used = {
            "client_secret_basic": self.authorization is not None,
            "client_secret_post": "client_secret" in self.parameters,
            "private_key_jwt": "client_assertion" in self.parameters,
            "attest_jwt_client_auth": bool(self.attestations or self.pops),
        }
        return [name for name, present in used.items() if present]

    @property
    def authenticates(self) -> bool:
        """Whether the request carries what the server's method needs."""
        if self.method in _BY_CERTIFICATE:
            return self.certificate is not None
        return self.method == "none" or self.method in self.methods_used

    @property
    def proven_id(self) -> str | None:
        """Who the authentication itself says the request is from, where it says so."""
        if self.method == "client_secret_basic":
            return self.basic[0] if self.basic else None
        token = {"private_key_jwt": self.assertion, "attest_jwt_client_auth": self.attestation}.get(self.method)
        return token.text("sub") if token else None

    @property
    def client_id(self) -> str | None:
        """Who the request is from: what is proven goes before what the form says."""
        return self.proven_id or self.parameters.get("client_id")

    @property
    def client(self) -> Client | None:
        """The registered client of that name."""
        return registered(self.context.variant).get(self.client_id or "")

    @property
    def instance_jwk(self) -> dict[str, Any] | None:
        """The public key of the wallet instance as the Client Attestation names it."""
        return jwt.public_jwk(self.instance_member) if self.attestation else None

    @property
    def instance_member(self) -> Any:
        """What the Client Attestation has as the key, whatever it is."""
        confirmation = self.attestation.claims.get("cnf") if self.attestation else None
        return confirmation.get("jwk") if isinstance(confirmation, dict) else None

    @property
    def instance_key(self) -> str | None:
        """Thumbprint of the key of the wallet instance, where clients are attested."""
        if self.method != "attest_jwt_client_auth" or self.instance_jwk is None:
            return None
        return jwt.thumbprint(self.instance_jwk)

    @property
    def first_instance(self) -> str | None:
        """Thumbprint of the key of the first instance of this wallet that was let in."""
        return self.ledger.instances.get(self.client_id)

    def remember(self) -> None:
        """Use up what works once: identifiers of assertions and proofs, and challenges."""
        for attestation in self.attestations:
            self.ledger.seen.put(f"attestation {attestation}", True)
        for token, kind in ((self.assertion, "assertion"), (self.pop, "pop")):
            if token and token.text("jti"):
                self.ledger.seen.put(f"{kind} {self.client_id} {token.text('jti')}", True)
        if self.pop and self.context.variant.attestation_challenge:
            self.ledger.challenges.drop(self.pop.claims.get("challenge"))
        if self.instance_key is not None and self.first_instance is None:
            self.ledger.instances.keep(self.client_id, self.instance_key)

    def seen(self, token: Jwt, kind: str) -> bool:
        """Whether a JWT of this kind came before."""
        return self.ledger.seen.get(f"{kind} {self.client_id} {token.text('jti')}") is not None


def _basic_text(authorization: str | None) -> str:
    """Give what HTTP Basic carries, without decoding its parts; empty for anything else."""
    scheme, _, value = (authorization or "").partition(" ")
    try:
        return base64.b64decode(value, validate=True).decode("utf-8") if scheme.lower() == "basic" else ""
    except ValueError:
        return ""


# Who it is


@rule("client.one-method", "invalid_request")
def one_method(request: ClientRequest) -> str | None:
    """A request authenticates in one way only (RFC 6749 section 2.3)."""
    return "The request authenticates in several ways." if len(request.methods_used) > 1 else None


@rule("client.secret-in-body", "invalid_request")
def secret_in_body(request: ClientRequest) -> str | None:
    """A client_secret does not stand in the query of the URL (RFC 6749 section 2.3.1)."""
    return "The client_secret stands in the query." if "client_secret" in request.query else None


@rule("client.authenticated", "invalid_client", status=_REFUSED, presumes=["client.secret-in-body"])
def authenticated(request: ClientRequest) -> str | None:
    """Where clients authenticate, a request does so in the registered way."""
    return None if request.authenticates else f"The client does not authenticate with {request.method}."


@rule("client.identified", "invalid_client", status=_REFUSED, presumes=["client.authenticated"])
def identified(request: ClientRequest) -> str | None:
    """A request says which client it is from (RFC 6749 section 3.2.1)."""
    # What is signed says it too, and other rules look there.
    if request.client_id or request.method in ("private_key_jwt", "attest_jwt_client_auth"):
        return None
    return "The client_id is missing."


@rule("client.same-identifier", "invalid_client", status=_REFUSED, presumes=["client.authenticated"])
def same_identifier(request: ClientRequest) -> str | None:
    """The client_id of the form is that of the client that authenticates (RFC 6749 sections 3.2.1 and 5.2)."""
    if request.parameters.get("client_id", request.proven_id) == (request.proven_id or request.client_id):
        return None
    return "The client_id is not that of the client that authenticates."


@rule(
    "client.known",
    "invalid_client",
    status=_REFUSED,
    presumes=["client.authenticated", "client.identified", "client.same-identifier"],
)
def known(request: ClientRequest) -> str | None:
    """The client is a registered one."""
    return None if request.client or request.client_id is None else "The client is not registered."


@rule(
    "client.secret",
    "invalid_client",
    status=_REFUSED,
    presumes=["client.authenticated", "client.known", "client.same-identifier"],
)
def secret(request: ClientRequest) -> str | None:
    """The client_secret is that of the client."""
    if request.method not in ("client_secret_basic", "client_secret_post"):
        return None
    given = request.parameters.get("client_secret") if request.method == "client_secret_post" else None
    if request.method == "client_secret_basic" and request.basic:
        given = request.basic[1]
    expected = request.client.secret if request.client else None
    if given is not None and expected is not None and hmac.compare_digest(given.encode(), expected.encode()):
        return None
    return "The client_secret is wrong."


# Signed assertions


def _asserts(request: ClientRequest) -> bool:
    return request.method == "private_key_jwt" and "client_assertion" in request.parameters


@rule("client.assertion-type", "invalid_client", status=_REFUSED, presumes=["client.authenticated"])
def assertion_type(request: ClientRequest) -> str | None:
    """The client_assertion_type is that of a JWT (RFC 7523 section 2.2)."""
    if not _asserts(request) or request.parameters.get("client_assertion_type") == ASSERTION_TYPE:
        return None
    return "The client_assertion_type is missing or wrong."


@rule("client.assertion-wellformed", "invalid_client", status=_REFUSED, presumes=["client.authenticated"])
def assertion_wellformed(request: ClientRequest) -> str | None:
    """The client_assertion is a JWT."""
    return "The client_assertion is no JWT." if _asserts(request) and request.assertion is None else None


_ASSERTION = ["client.authenticated", "client.assertion-wellformed"]


def _assertion(request: ClientRequest) -> Jwt | None:
    return request.assertion if _asserts(request) else None


@rule("client.assertion-algorithm", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_algorithm(request: ClientRequest) -> str | None:
    """The client_assertion is signed with an algorithm the metadata list."""
    token = _assertion(request)
    if token is None or token.header.get("alg") in assertion_algorithms(request.context.variant):
        return None
    return "The alg of the client_assertion is not supported."


@rule(
    "client.assertion-signature",
    "invalid_client",
    status=_REFUSED,
    presumes=[*_ASSERTION, "client.assertion-algorithm", "client.known", "client.same-identifier"],
)
def assertion_signature(request: ClientRequest) -> str | None:
    """The signature of the client_assertion verifies with a key of the client."""
    token, client = _assertion(request), request.client
    if token is None or client is None or client.key is None:
        return None
    if token.verified_by(client.key.export_public(as_dict=True)):
        return None
    return "The signature of the client_assertion does not verify."


@rule("client.assertion-subject", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_subject(request: ClientRequest) -> str | None:
    """The client_assertion has a sub, the client_id (RFC 7523 section 3)."""
    token = _assertion(request)
    return None if token is None or token.text("sub") else "The client_assertion has no sub."


@rule("client.assertion-issuer", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_issuer(request: ClientRequest) -> str | None:
    """The client_assertion has an iss, the client_id (RFC 7523 section 3)."""
    token = _assertion(request)
    if token is None or (token.text("iss") and token.text("iss") in _client_ids(request)):
        return None
    return "The iss of the client_assertion is not the client."


@rule("client.assertion-audience", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_audience(request: ClientRequest) -> str | None:
    """The client_assertion has this server as its audience (RFC 7523 section 3, RFC 9126 section 2)."""
    token = _assertion(request)
    if token is None:
        return None
    if not _audience(token).isdisjoint(_own_names(request)):
        return None
    return "The aud of the client_assertion is not this server."


@rule(
    "client.assertion-audience-string",
    "invalid_client",
    status=_REFUSED,
    presumes=[*_ASSERTION, "client.assertion-audience"],
)
def assertion_audience_string(request: ClientRequest) -> str | None:
    """The aud of a client_assertion is a string (FAPI 2.0 section 5.3.2.1)."""
    token = _assertion(request)
    if token is None or request.context.variant.security_profile != "fapi2" or token.text("aud"):
        return None
    return "The aud of the client_assertion is no string."


@rule(
    "client.assertion-audience-endpoint",
    "invalid_client",
    status=_REFUSED,
    presumes=[*_ASSERTION, "client.assertion-audience", "client.assertion-audience-string"],
)
def assertion_audience_endpoint(request: ClientRequest) -> str | None:
    """The aud of a client_assertion is the issuer identifier and no endpoint (FAPI 2.0 section 5.3.2.1)."""
    token = _assertion(request)
    if token is None or request.context.variant.security_profile != "fapi2":
        return None
    if request.context.authorization_server_url in _audience(token):
        return None
    return "The aud of the client_assertion is not the issuer identifier."


@rule("client.assertion-critical", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_critical(request: ClientRequest) -> str | None:
    """The client_assertion has no critical extension, as this server knows none (RFC 7515 section 4.1.11)."""
    token = _assertion(request)
    return "The client_assertion has a critical extension." if token and "crit" in token.header else None


@rule("client.assertion-expiry-present", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_expiry_present(request: ClientRequest) -> str | None:
    """The client_assertion has an exp (RFC 7523 section 3)."""
    token = _assertion(request)
    return None if token is None or token.date("exp") is not None else "The client_assertion has no exp."


@rule(
    "client.assertion-expired",
    "invalid_client",
    status=_REFUSED,
    presumes=[*_ASSERTION, "client.assertion-expiry-present"],
)
def assertion_expired(request: ClientRequest) -> str | None:
    """The client_assertion has not expired."""
    token = _assertion(request)
    return "The client_assertion has expired." if token and _expired(request, token) else None


@rule("client.assertion-not-before", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_not_before(request: ClientRequest) -> str | None:
    """The nbf of the client_assertion, if there is one, has come (RFC 7523 section 3)."""
    token = _assertion(request)
    return "The client_assertion is not valid yet." if token and _early(request, token) else None


@rule("client.assertion-single-use", "invalid_client", status=_REFUSED, presumes=_ASSERTION)
def assertion_single_use(request: ClientRequest) -> str | None:
    """A client_assertion with a jti works once (RFC 7523 section 3)."""
    token = _assertion(request)
    return "The client_assertion was used before." if token and request.seen(token, "assertion") else None


# Client Attestations


def _attested(request: ClientRequest) -> bool:
    return request.method == "attest_jwt_client_auth" and bool(request.attestations or request.pops)


@rule(
    "client.attestation-present",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=["client.authenticated"],
)
def attestation_present(request: ClientRequest) -> str | None:
    """There is one OAuth-Client-Attestation header (-07 section 6.2)."""
    return None if not _attested(request) or len(request.attestations) == 1 else _count(request.attestations)


@rule("client.pop-present", "invalid_client_attestation", status=_REFUSED, presumes=["client.authenticated"])
def pop_present(request: ClientRequest) -> str | None:
    """There is one OAuth-Client-Attestation-PoP header (-07 section 6.2)."""
    return None if not _attested(request) or len(request.pops) == 1 else _count(request.pops)


def _count(headers: Sequence[str]) -> str:
    return "A client attestation header is missing." if not headers else "A client attestation header is repeated."


@rule(
    "client.attestation-wellformed",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=["client.authenticated", "client.attestation-present"],
)
def attestation_wellformed(request: ClientRequest) -> str | None:
    """The Client Attestation is a JWT."""
    return "The Client Attestation is no JWT." if _attested(request) and request.attestation is None else None


_ATTESTATION = ["client.authenticated", "client.attestation-wellformed"]


def _attestation(request: ClientRequest) -> Jwt | None:
    return request.attestation if _attested(request) else None


@rule("client.attestation-typ", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_typ(request: ClientRequest) -> str | None:
    """The Client Attestation has the typ oauth-client-attestation+jwt (-07 section 5.1)."""
    token = _attestation(request)
    if token is None or token.header.get("typ") == "oauth-client-attestation+jwt":
        return None
    return "The typ of the Client Attestation is wrong."


@rule("client.attestation-algorithm", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_algorithm(request: ClientRequest) -> str | None:
    """The Client Attestation is signed with an algorithm the metadata list (-07 section 9)."""
    token = _attestation(request)
    if token is None or token.header.get("alg") in ATTESTATION_ALGORITHMS:
        return None
    return "The alg of the Client Attestation is not supported."


@rule("client.attestation-critical", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_critical(request: ClientRequest) -> str | None:
    """The Client Attestation has no critical extension, as this server knows none (RFC 7515 section 4.1.11)."""
    token = _attestation(request)
    return "The Client Attestation has a critical extension." if token and "crit" in token.header else None


@rule("client.attestation-issuer", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_issuer(request: ClientRequest) -> str | None:
    """The Client Attestation has the iss of an attester this server trusts (-07 section 5.1)."""
    token = _attestation(request)
    if token is None or token.text("iss") == ATTESTER:
        return None
    return "The issuer of the Client Attestation is missing or not trusted."


@rule(
    "client.attestation-signature",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=[*_ATTESTATION, "client.attestation-algorithm", "client.attestation-issuer"],
)
def attestation_signature(request: ClientRequest) -> str | None:
    """The signature of the Client Attestation verifies with the attester's key (-07 section 9)."""
    token = _attestation(request)
    if token is None or token.verified_by(_attester_key(request, token)):
        return None
    return "The signature of the Client Attestation does not verify."


def _attester_key(request: ClientRequest, token: Jwt) -> Mapping[str, Any] | None:
    """Give the public JWK of who signed: the one in trusted certificates, or the one that is known."""
    variant = request.context.variant
    if not (variant.intermediates and "x5c" in token.header):
        members: dict[str, Any] = attester(certified=variant.intermediates).key.export_public(as_dict=True)
        return members
    if not attesters.trusted(token.header, variant, request.context.clock()):
        return None
    return attesters.public_jwk(token.header)


@rule("client.attestation-certified", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_certified(request: ClientRequest) -> str | None:
    """In HAIP, the certificate of who signed the Client Attestation is in x5c (HAIP 1.0 section 4.4.1)."""
    token = _attestation(request)
    if token is None or request.context.variant.security_profile != "haip" or "x5c" in token.header:
        return None
    return "The Client Attestation has no x5c."


@rule("client.attestation-subject", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_subject(request: ClientRequest) -> str | None:
    """The Client Attestation has a sub, the client_id (-07 section 5.1)."""
    token = _attestation(request)
    return None if token is None or token.text("sub") else "The Client Attestation has no sub."


@rule("client.attestation-expiry-present", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_expiry_present(request: ClientRequest) -> str | None:
    """The Client Attestation has an exp (-07 section 5.1)."""
    token = _attestation(request)
    return None if token is None or token.date("exp") is not None else "The Client Attestation has no exp."


@rule(
    "client.attestation-expired",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=[*_ATTESTATION, "client.attestation-expiry-present"],
)
def attestation_expired(request: ClientRequest) -> str | None:
    """The Client Attestation has not expired (-07 section 5.1)."""
    token = _attestation(request)
    return "The Client Attestation has expired." if token and _expired(request, token) else None


@rule("client.attestation-fresh", "use_fresh_attestation", presumes=_ATTESTATION)
def attestation_fresh(request: ClientRequest) -> str | None:
    """The Client Attestation, where it has an iat, is not older than a week (-07 section 9)."""
    token = _attestation(request)
    issued = token.date("iat") if token else None
    if issued is None or request.context.clock() - issued <= FRESH_ATTESTATION_SECONDS:
        return None
    return "The Client Attestation is too old."


@rule("client.attestation-not-before", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_not_before(request: ClientRequest) -> str | None:
    """The nbf of the Client Attestation, if there is one, has come (-07 section 5.1)."""
    token = _attestation(request)
    return "The Client Attestation is not valid yet." if token and _early(request, token) else None


@rule("client.attestation-public-key", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_public_key(request: ClientRequest) -> str | None:
    """The key of the wallet instance is not a private key (-07 section 9)."""
    member = request.instance_member if _attestation(request) else None
    if isinstance(member, dict) and not jwt.PRIVATE_MEMBERS.isdisjoint(member):
        return "The cnf of the Client Attestation has a private key."
    return None


@rule("client.attestation-key", "invalid_client_attestation", status=_REFUSED, presumes=_ATTESTATION)
def attestation_key(request: ClientRequest) -> str | None:
    """The Client Attestation names the key of the wallet instance as a jwk in cnf (-07 section 5.1)."""
    if _attestation(request) is None or request.instance_jwk:
        return None
    return "The Client Attestation names no usable key."


@rule(
    "client.pop-wellformed",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=["client.authenticated", "client.pop-present"],
)
def pop_wellformed(request: ClientRequest) -> str | None:
    """The proof of possession is a JWT."""
    return "The proof of possession is no JWT." if _attested(request) and request.pop is None else None


_POP = ["client.authenticated", "client.pop-wellformed"]


def _pop(request: ClientRequest) -> Jwt | None:
    return request.pop if _attested(request) else None


@rule("client.pop-typ", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_typ(request: ClientRequest) -> str | None:
    """The proof of possession has the typ oauth-client-attestation-pop+jwt (-07 section 5.2)."""
    token = _pop(request)
    if token is None or token.header.get("typ") == "oauth-client-attestation-pop+jwt":
        return None
    return "The typ of the proof of possession is wrong."


@rule("client.pop-algorithm", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_algorithm(request: ClientRequest) -> str | None:
    """The proof of possession is signed with an algorithm the metadata list (-07 section 9)."""
    token = _pop(request)
    if token is None or token.header.get("alg") in ATTESTATION_ALGORITHMS:
        return None
    return "The alg of the proof of possession is not supported."


@rule("client.pop-critical", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_critical(request: ClientRequest) -> str | None:
    """The proof of possession has no critical extension, as this server knows none (RFC 7515 section 4.1.11)."""
    token = _pop(request)
    return "The proof of possession has a critical extension." if token and "crit" in token.header else None


@rule(
    "client.pop-signature",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=[
        *_POP,
        *_ATTESTATION,
        "client.pop-algorithm",
        "client.attestation-key",
        "client.attestation-present",
    ],
)
def pop_signature(request: ClientRequest) -> str | None:
    """The proof of possession verifies with the key in the Client Attestation (-07 section 6.2)."""
    token = _pop(request)
    if token is None or request.instance_jwk is None or token.verified_by(request.instance_jwk):
        return None
    return "The signature of the proof of possession does not verify."


@rule(
    "client.pop-issuer",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=[*_POP, *_ATTESTATION, "client.same-identifier"],
)
def pop_issuer(request: ClientRequest) -> str | None:
    """The iss of the proof of possession is the sub of the Client Attestation, the client_id (-07 section 5.2)."""
    token = _pop(request)
    if token is None or (token.text("iss") and request.client_id in (None, token.text("iss"))):
        return None
    return "The iss of the proof of possession is not the client."


@rule("client.pop-audience", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_audience(request: ClientRequest) -> str | None:
    """The proof of possession has this server's issuer identifier as its audience (-07 section 5.2)."""
    token = _pop(request)
    if token is None or request.context.authorization_server_url in _audience(token):
        return None
    return "The aud of the proof of possession is not this server."


@rule("client.pop-identifier", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_identifier(request: ClientRequest) -> str | None:
    """The proof of possession has a jti (-07 section 5.2)."""
    token = _pop(request)
    return None if token is None or token.text("jti") else "The proof of possession has no jti."


@rule("client.pop-issued-at-present", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_issued_at_present(request: ClientRequest) -> str | None:
    """The proof of possession has an iat (-07 section 5.2)."""
    token = _pop(request)
    return None if token is None or token.date("iat") is not None else "The proof of possession has no iat."


@rule(
    "client.pop-issued-at",
    "invalid_client_attestation",
    status=_REFUSED,
    presumes=[*_POP, "client.pop-issued-at-present"],
)
def pop_issued_at(request: ClientRequest) -> str | None:
    """The proof of possession is fresh: its iat lies in a window around now (-07 section 9)."""
    token = _pop(request)
    issued = token.date("iat") if token else None
    if issued is None or abs(request.context.clock() - issued) <= POP_WINDOW_SECONDS:
        return None
    return "The iat of the proof of possession is too far from now."


@rule("client.pop-not-before", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_not_before(request: ClientRequest) -> str | None:
    """The nbf of the proof of possession, if there is one, has come (-07 section 5.2)."""
    token = _pop(request)
    return "The proof of possession is not valid yet." if token and _early(request, token) else None


@rule("client.pop-single-use", "invalid_client_attestation", status=_REFUSED, presumes=_POP)
def pop_single_use(request: ClientRequest) -> str | None:
    """A proof of possession works once (-07 section 12.1)."""
    token = _pop(request)
    return "The proof of possession was used before." if token and request.seen(token, "pop") else None


@rule("client.pop-challenge", USE_CHALLENGE, presumes=[*_POP, "client.pop-single-use"])
def pop_challenge(request: ClientRequest) -> str | None:
    """Where the server gives challenges, the proof of possession has one of them (-07 sections 6.2 and 8)."""
    token = _pop(request)
    if token is None or not request.context.variant.attestation_challenge:
        return None
    if request.ledger.challenges.get(token.claims.get("challenge")):
        return None
    return "The proof of possession has no challenge of this server."


# What is made in the future


@rule(
    "client.issued-at-ahead",
    "invalid_client",
    status=_REFUSED,
    presumes=[*_ASSERTION, *_POP, "client.pop-issued-at-present", "client.pop-issued-at"],
)
def issued_at_ahead(request: ClientRequest) -> str | None:
    """What a client signs was made at most a minute in the future (FAPI 2.0 section 5.3.2.1)."""
    if not request.context.variant.of_fapi:
        return None
    dates = [token.date("iat") for token in (_assertion(request), _pop(request)) if token is not None]
    latest = max((issued for issued in dates if issued is not None), default=0.0)
    if latest - request.context.clock() <= CLOCK_SKEW_SECONDS:
        return None
    return "What the client signed was made in the future."


# Certificates


@rule(
    "client.certificate",
    "invalid_client",
    status=_REFUSED,
    presumes=["client.authenticated", "client.known"],
)
def certificate(request: ClientRequest) -> str | None:
    """The certificate is the registered one, or has the registered subject and issuer (RFC 8705 section 2)."""
    identity = request.client.tls if request.client else None
    shown = request.certificate
    if identity is None or shown is None or request.method not in _BY_CERTIFICATE:
        return None
    if request.method == "self_signed_tls_client_auth":
        return None if shown == identity.certificate else "The certificate is not registered."
    try:
        shown.verify_directly_issued_by(identity.issuer)
    except (InvalidSignature, ValueError, TypeError):
        return "The certificate is not from a trusted issuer."
    return None if shown.subject == identity.certificate.subject else "The certificate is of another client."


def _client_ids(request: ClientRequest) -> set[str | None]:
    return {request.proven_id, request.parameters.get("client_id")}


def _own_names(request: ClientRequest) -> set[str]:
    server = request.context.authorization_server_url
    return {server, f"{server}/token", f"{server}/par"}


def _audience(token: Jwt) -> set[str]:
    value = token.claims.get("aud")
    values = value if isinstance(value, list) else [value]
    return {item for item in values if isinstance(item, str)}


def _expired(request: ClientRequest, token: Jwt) -> bool:
    expires = token.date("exp")
    return expires is not None and request.context.clock() >= expires + CLOCK_SKEW_SECONDS


def _early(request: ClientRequest, token: Jwt) -> bool:
    begins = token.date("nbf")
    return begins is not None and request.context.clock() < begins - CLOCK_SKEW_SECONDS


@tolerance("client.identifier-beside")
def identifier_beside(request: ClientRequest) -> bool:
    """A client that authenticates otherwise may say its client_id in the form too."""
    named_elsewhere = request.method in ("client_secret_basic", "private_key_jwt", "attest_jwt_client_auth")
    return named_elsewhere and "client_id" in request.parameters


@tolerance("client.identifier-left-out")
def identifier_left_out(request: ClientRequest) -> bool:
    """A token request with a client_assertion needs no client_id (RFC 7521 section 4.2)."""
    return request.place == "token" and _asserts(request) and "client_id" not in request.parameters


@tolerance("client.encoded-letter")
def encoded_letter(request: ClientRequest) -> bool:
    """In HTTP Basic a letter may stand percent-encoded, as in any form-encoded value (RFC 6749 section 2.3.1)."""
    if request.method != "client_secret_basic" or request.basic is None:
        return False
    name, _, secret = _basic_text(request.authorization).partition(":")
    return (name, secret) != tuple(map(quote_plus, request.basic))


@tolerance("client.issuer-audience")
def issuer_audience(request: ClientRequest) -> bool:
    """A client_assertion may name the server by its issuer identifier alone (RFC 9126 section 2)."""
    token = _assertion(request)
    return token is not None and _audience(token) == {request.context.authorization_server_url}


@tolerance("client.issuer-audience-at-token", error="invalid_client")
def issuer_audience_at_token(request: ClientRequest) -> bool:
    """At the Token Endpoint too, a client_assertion names the issuer identifier (FAPI 2.0 section 5.3.2.1)."""
    return request.place == "token" and issuer_audience.present(request)


@tolerance("client.pop-issuer-audience")
def pop_issuer_audience(request: ClientRequest) -> bool:
    """A proof of possession may name the server by its issuer identifier alone (-07 section 5.2)."""
    token = _pop(request)
    return token is not None and _audience(token) == {request.context.authorization_server_url}


@tolerance("client.other-audience")
def other_audience(request: ClientRequest) -> bool:
    """A client_assertion may name the server by its token or PAR endpoint (RFC 7523 3, RFC 9126 2)."""
    token = _assertion(request)
    return token is not None and request.context.authorization_server_url not in _audience(token)


@tolerance("client.unknown-claim")
def unknown_claim(request: ClientRequest) -> bool:
    """What a client signs may have claims the server does not know (RFC 7519 section 4, -07 section 5)."""
    known_claims = {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "cnf", "challenge"} | {
        "wallet_name",
        "wallet_link",
        "status",
    }
    tokens = (_assertion(request), _attestation(request), _pop(request))
    return any(token is not None and not token.claims.keys() <= known_claims for token in tokens)


@tolerance("client.clock-skew", error="invalid_client")
def clock_skew(request: ClientRequest) -> bool:
    """What a client signs may be of some seconds in the future (FAPI 2.0 section 5.3.2.1)."""
    signed = [token for token in (_assertion(request), _pop(request)) if token is not None]
    dates = [token.date(claim) for token in signed for claim in ("iat", "nbf")]
    now = request.context.clock()
    return any(date is not None and date - now > _SAME_TIME_SECONDS for date in dates)


@tolerance("client.attestation-reused")
def attestation_reused(request: ClientRequest) -> bool:
    """A Client Attestation may come with several requests (-07 section 10.2)."""
    token = next(iter(request.attestations), None) if _attested(request) else None
    return token is not None and request.ledger.seen.get(f"attestation {token}") is not None


@tolerance("client.attestation-chain", status=_REFUSED, error="invalid_client_attestation")
def attestation_chain(request: ClientRequest) -> bool:
    """In x5c of a Client Attestation, the certificate above that of its signer may stand (HAIP 1.0 4.4.1)."""
    token = _attestation(request)
    return token is not None and len(attesters.certificates(token.header)) > 1


@tolerance("client.attestation-es256", status=_REFUSED, error="invalid_client_attestation")
def attestation_es256(request: ClientRequest) -> bool:
    """A Client Attestation may be signed with ES256 (HAIP 1.0 section 7)."""
    token = _attestation(request)
    return token is not None and token.header.get("alg") == "ES256"


@tolerance("client.pop-es256", status=_REFUSED, error="invalid_client_attestation")
def pop_es256(request: ClientRequest) -> bool:
    """The proof of possession of a Client Attestation may be signed with ES256 (HAIP 1.0 section 7)."""
    token = _pop(request)
    return token is not None and token.header.get("alg") == "ES256"


@tolerance("client.second-instance", status=_REFUSED, error="invalid_client_attestation")
def second_instance(request: ClientRequest) -> bool:
    """All instances of a wallet have the same sub, each with a key of its own (HAIP 1.0 section 4.4.1)."""
    return request.first_instance is not None and request.instance_key not in (None, request.first_instance)


@tolerance("client.right-authentication", error="invalid_client")
def right_authentication(_: ClientRequest) -> bool:
    """A client that authenticates rightly is let in."""
    return True


RULES = (
    one_method,
    secret_in_body,
    authenticated,
    identified,
    attestation_present,
    pop_present,
    assertion_type,
    assertion_wellformed,
    attestation_wellformed,
    pop_wellformed,
    assertion_subject,
    attestation_subject,
    same_identifier,
    known,
    secret,
    assertion_algorithm,
    assertion_critical,
    assertion_signature,
    assertion_issuer,
    assertion_audience,
    assertion_audience_string,
    assertion_audience_endpoint,
    assertion_expiry_present,
    assertion_expired,
    assertion_not_before,
    assertion_single_use,
    attestation_typ,
    attestation_algorithm,
    attestation_critical,
    attestation_issuer,
    attestation_certified,
    attestation_signature,
    attestation_expiry_present,
    attestation_expired,
    attestation_fresh,
    attestation_not_before,
    attestation_public_key,
    attestation_key,
    pop_typ,
    pop_algorithm,
    pop_critical,
    pop_signature,
    pop_issuer,
    pop_audience,
    pop_identifier,
    pop_issued_at_present,
    pop_issued_at,
    pop_not_before,
    pop_single_use,
    pop_challenge,
    issued_at_ahead,
    certificate,
)
TOLERANCES = (
    identifier_beside,
    identifier_left_out,
    encoded_letter,
    issuer_audience,
    issuer_audience_at_token,
    pop_issuer_audience,
    other_audience,
    unknown_claim,
    clock_skew,
    attestation_reused,
    attestation_chain,
    attestation_es256,
    pop_es256,
    second_instance,
    right_authentication,
)
