"""What the simulated services of Partisia demand of requests.

Their page tells what the wallet sends and not what becomes of anything else, so that the refusals are those of
RFC 6749, RFC 6750 and OpenID4VCI. Only that access tokens guard the credentials and that proofs have to be new is
said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import access_rules, forms, holder_keys, jwt
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.jwt import Jwt, Presented
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance

PROOF_TYPE = "openid4vci-proof+jwt"
SAMPLE_NONCE = "LarRGSbmUPYtRYO6BQ4yn8"
"""The nonce of the proof that the page shows, which is the sample of OpenID4VCI."""
UNKNOWN_CONFIGURATION = "unknown_credential_configuration"
_KEY_PARAMETERS = ("jwk", "kid", "x5c")


def _rule(
    identifier: str, error: str | None, *presumes: str, status: int = 400
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    group = identifier.partition(".")[0]
    return rule(
        f"partisia-{identifier}",
        error,
        status=status,
        presumes=[f"partisia-{group}.{name}" for name in presumes],
    )


# At the token endpoint


@dataclass(frozen=True)
class TokenRequest:
    """A token request as read from the wire."""

    media_type: str
    pairs: forms.Pairs | None
    """``None`` when it cannot be read."""
    authenticated: bool
    """Whether there is an Authorization header."""
    code_known: bool
    code_used: bool
    code_ends_at: float
    now: float

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters; empty when they cannot be read."""
        return forms.parameters(self.pairs or [])


@_rule("token.form", "invalid_request")
def token_form(request: TokenRequest) -> str | None:
    """A token request is a form (RFC 6749 section 4.1.3)."""
    good = request.media_type == forms.FORM and request.pairs is not None
    return None if good else "The request is no form."


@_rule("token.once", "invalid_request", "form")
def token_once(request: TokenRequest) -> str | None:
    """A token request has each parameter once (RFC 6749 section 3.2)."""
    return "A parameter is repeated." if forms.repeated(request.pairs or []) else None


@_rule("token.grant-type-present", "invalid_request", "form")
def grant_type_present(request: TokenRequest) -> str | None:
    """A token request has a grant type."""
    return None if "grant_type" in request.parameters else "The grant_type is missing."


@_rule("token.grant-type", "unsupported_grant_type", "grant-type-present")
def grant_type(request: TokenRequest) -> str | None:
    """The grant type of a token request is the pre-authorized code."""
    right = request.parameters.get("grant_type") == PRE_AUTHORIZED_CODE
    return None if right else "The grant_type is not supported."


@_rule("token.code-present", "invalid_request", "form")
def code_present(request: TokenRequest) -> str | None:
    """A token request has a pre-authorized code."""
    return None if "pre-authorized_code" in request.parameters else "The pre-authorized_code is missing."


@_rule("token.code-known", "invalid_grant", "code-present")
def code_known(request: TokenRequest) -> str | None:
    """The code of a token request is one of an offer."""
    return None if request.code_known else "The code is not known."


@_rule("token.code-unused", "invalid_grant", "code-known")
def code_unused(request: TokenRequest) -> str | None:
    """The code of a token request was not redeemed before."""
    return "The code was used before." if request.code_used else None


@_rule("token.code-unexpired", "invalid_grant", "code-known")
def code_unexpired(request: TokenRequest) -> str | None:
    """The code of a token request has not expired."""
    return None if request.now < request.code_ends_at else "The code has expired."


@_rule("token.no-tx-code", "invalid_request", "form")
def no_tx_code(request: TokenRequest) -> str | None:
    """A token request has no transaction code, since no offer asks for one."""
    return "There is a tx_code." if "tx_code" in request.parameters else None


@tolerance("partisia-token.anonymous", status=401, error="invalid_client")
def anonymous(request: TokenRequest) -> bool:
    """A token request needs neither a client_id nor client authentication."""
    return not request.authenticated and "client_id" not in request.parameters


TOKEN: tuple[Rule[TokenRequest], ...] = (
    *(token_form, token_once, grant_type_present, grant_type, code_present),
    *(code_known, code_unused, code_unexpired, no_tx_code),
)
TOKEN_TOLERANCES: tuple[Tolerance[TokenRequest], ...] = (anonymous,)


# At the nonce endpoint


@dataclass(frozen=True)
class NonceRequest:
    """A nonce request."""

    authenticated: bool


@tolerance("partisia-nonce.open", status=401, error="invalid_token")
def nonce_open(request: NonceRequest) -> bool:
    """A nonce request needs no access token."""
    return not request.authenticated


NONCE_TOLERANCES: tuple[Tolerance[NonceRequest], ...] = (nonce_open,)


# At the credential endpoint


@dataclass(frozen=True)
class CredentialRequest:
    """A credential request as read from the wire."""

    token: str | None
    """The bearer token; ``None`` without one."""
    token_known: bool
    token_ends_at: float
    issued_before: Collection[str]
    """The ids of the configurations of which this token has brought a credential."""
    media_type: str
    body: bytes
    configurations: Collection[str]
    """The ids there are."""
    now: float

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The JSON object in the body; ``None`` when it is none."""
        return access_rules.json_object(self.body) if self.media_type == "application/json" else None

    @property
    def configuration(self) -> Any:
        """What it asks for; ``None`` where it does not say."""
        return (self.document or {}).get("credential_configuration_id")


@_rule("credential.token-present", None, status=401)
def token_present(request: CredentialRequest) -> str | None:
    """A credential request has a bearer token in the Authorization header."""
    return None if request.token else "The access token is missing."


@_rule("credential.token-known", "invalid_token", "token-present", status=401)
def token_known(request: CredentialRequest) -> str | None:
    """The access token of a credential request is one that the authorization server gave."""
    return None if request.token_known else "The access token is not known."


@_rule("credential.token-unexpired", "invalid_token", "token-known", status=401)
def token_unexpired(request: CredentialRequest) -> str | None:
    """The access token of a credential request has not expired."""
    return None if request.now < request.token_ends_at else "The access token has expired."


@_rule("credential.json", "invalid_credential_request")
def json_object(request: CredentialRequest) -> str | None:
    """A credential request is a JSON object of media type application/json."""
    return None if request.document is not None else "The request is no JSON object of type application/json."


@_rule("credential.configuration-present", "invalid_credential_request", "json")
def configuration_present(request: CredentialRequest) -> str | None:
    """A credential request has the id of a configuration."""
    present = isinstance(request.configuration, str)
    return None if present else "The credential_configuration_id is missing or no string."


@_rule("credential.one-name", "invalid_credential_request", "json")
def one_name(request: CredentialRequest) -> str | None:
    """A credential request has no credential_identifier, since no token response names any."""
    return "There is a credential_identifier." if "credential_identifier" in (request.document or {}) else None


@_rule("credential.configuration-known", UNKNOWN_CONFIGURATION, "configuration-present")
def configuration_known(request: CredentialRequest) -> str | None:
    """A credential request asks for a configuration that there is."""
    return None if request.configuration in request.configurations else "The configuration is not known."


@tolerance("partisia-credential.second", error="invalid_credential_request")
def second(request: CredentialRequest) -> bool:
    """An access token brings a credential of each offered configuration, one after the other."""
    return any(name != request.configuration for name in request.issued_before)


CREDENTIAL: tuple[Rule[CredentialRequest], ...] = (
    *(
        token_present,
        token_known,
        token_unexpired,
        json_object,
        one_name,
        configuration_present,
        configuration_known,
    ),
)
CREDENTIAL_TOLERANCES: tuple[Tolerance[CredentialRequest], ...] = (second,)


@dataclass(frozen=True)
class Proof(Presented):
    """The proof of a credential request."""

    document: Mapping[str, Any]
    """The body."""
    members: Collection[str]
    """Where the service looks for it: ``proof``, ``proofs`` or both."""
    forms: Collection[str]
    """How its key may be named: ``did``, ``did-url``, ``jwk``."""
    audiences: Collection[str]
    window: float
    """How far its time may lie from now, in seconds."""
    nonce_state: Callable[[object], str]
    """Tells of a nonce whether it is ``fresh``, ``used`` or ``unknown``."""
    now: float

    @property
    def member(self) -> str | None:
        """The member it stands in; ``None`` where there is none that the service reads."""
        return next((name for name in ("proofs", "proof") if name in self.members and name in self.document), None)

    @property
    def given(self) -> Any:
        """The value of the proof; ``None`` where it is not to be found."""
        value = self.document.get(self.member) if self.member else None
        if not isinstance(value, dict):
            return None
        text = value.get("jwt")
        if self.member == "proof":
            return text
        return text[0] if isinstance(text, list) and len(text) == 1 else None

    @cached_property
    def jwt(self) -> Jwt | None:
        """The proof; ``None`` when it is no JWT."""
        return jwt.read(self.given)

    @property
    def form(self) -> str | None:
        """How the header names the key; ``None`` where it does in no way that is known here."""
        kid = self.header.get("kid")
        if isinstance(kid, str) and kid.startswith("did:jwk:"):
            return "did-url" if "#" in kid else "did"
        return "jwk" if "jwk" in self.header else None

    @cached_property
    def key(self) -> holder_keys.Key | None:
        """The public JWK; ``None`` when the header names none in a form that is accepted."""
        if self.form not in self.forms:
            return None
        named = {"jwk": self.header.get("jwk")}
        if self.form != "jwk":
            named = {"kid": self.header["kid"] + ("#0" if self.form == "did" else "")}
        try:
            found = holder_keys.from_header(named, ("jwk", "did:jwk"))
        except ValueError:
            return None
        return found if found.get("crv") == "P-256" else None

    @property
    def made(self) -> float | None:
        """When it was made, in seconds since 1970; ``None`` where it does not say."""
        return self.jwt.date("iat") if self.jwt else None


@rule("partisia-proof.present", "invalid_proof", presumes=["partisia-credential.json"])
def proof_present(proof: Proof) -> str | None:
    """A credential request has a proof."""
    return None if proof.member else "The proof is missing."


@_rule("proof.one-member", "invalid_proof", "present")
def one_member(proof: Proof) -> str | None:
    """A credential request has only one of proof and proofs, where proof is read: draft 15 has both members."""
    both = "proof" in proof.members and all(name in proof.document for name in ("proof", "proofs"))
    return "There are both proof and proofs." if both else None


@_rule("proof.proof-type", "invalid_proof", "present")
def proof_type(proof: Proof) -> str | None:
    """The type of a proof is jwt."""
    value = proof.document.get(proof.member or "")
    if proof.member == "proof":
        right = isinstance(value, dict) and value.get("proof_type") == "jwt"
    else:
        right = isinstance(value, dict) and set(value) == {"jwt"}
    return None if right else "The proof type is not jwt."


@_rule("proof.wellformed", "invalid_proof", "present")
def wellformed(proof: Proof) -> str | None:
    """A proof is one JWT."""
    return None if proof.jwt else "The proof is no JWT."


@_rule("proof.typ", "invalid_proof", "wellformed")
def typ(proof: Proof) -> str | None:
    """A proof has the typ openid4vci-proof+jwt."""
    return None if proof.header.get("typ") == PROOF_TYPE else f"The typ is not {PROOF_TYPE}."


@_rule("proof.algorithm", "invalid_proof", "wellformed")
def algorithm(proof: Proof) -> str | None:
    """The alg of a proof is ES256."""
    return None if proof.header.get("alg") == "ES256" else "The alg is not ES256."


@_rule("proof.one-key", "invalid_proof", "wellformed")
def one_key(proof: Proof) -> str | None:
    """The header of a proof has one of jwk, kid and x5c."""
    given = [name for name in _KEY_PARAMETERS if name in proof.header]
    return None if len(given) == 1 else "The header has not exactly one of jwk, kid and x5c."


@_rule("proof.public", "invalid_proof", "wellformed")
def public(proof: Proof) -> str | None:
    """The header of a proof has no private key."""
    carried = proof.header.get("jwk")
    private = isinstance(carried, dict) and not holder_keys.PRIVATE_MEMBERS.isdisjoint(carried)
    return "The header has a private key." if private else None


@_rule("proof.critical", "invalid_proof", "wellformed")
def critical(proof: Proof) -> str | None:
    """The header of a proof has no critical extension (RFC 7515 section 4.1.11)."""
    return "There is a critical extension that is not understood." if "crit" in proof.header else None


@_rule("proof.anonymous", "invalid_proof", "wellformed")
def proof_anonymous(proof: Proof) -> str | None:
    """A proof names no client, since the token was given to none."""
    return "There is an iss." if "iss" in proof.claims else None


@_rule("proof.key", "invalid_proof", "algorithm")
def key(proof: Proof) -> str | None:
    """The header of a proof names a key on P-256 in a form that is accepted."""
    return None if proof.key else "The key cannot be read."


@_rule("proof.signature", "invalid_proof", "algorithm", "key")
def signature(proof: Proof) -> str | None:
    """The signature of a proof verifies with the key of its header."""
    verified = proof.jwt is not None and proof.jwt.verified_by(proof.key)
    return None if verified else "The signature does not verify."


@_rule("proof.own", "invalid_nonce", "wellformed")
def own(proof: Proof) -> str | None:
    """A proof is not the one that documents show."""
    return "The proof is a published sample." if proof.claims.get("nonce") == SAMPLE_NONCE else None


@_rule("proof.audience", "invalid_proof", "own", "wellformed")
def audience(proof: Proof) -> str | None:
    """A proof is for this issuer."""
    return None if proof.claims.get("aud") in proof.audiences else "The aud is not this issuer."


@_rule("proof.dated", "invalid_proof", "own", "wellformed")
def dated(proof: Proof) -> str | None:
    """A proof says when it was made."""
    return "The iat is missing or no number." if proof.made is None else None


@_rule("proof.new", "invalid_proof", "own", "dated")
def new(proof: Proof) -> str | None:
    """A proof was made lately."""
    old = proof.made is not None and proof.made < proof.now - proof.window
    return "The iat is too long ago." if old else None


@_rule("proof.made-already", "invalid_proof", "own", "dated")
def made_already(proof: Proof) -> str | None:
    """A proof was not made in the future."""
    early = proof.made is not None and proof.made > proof.now + proof.window
    return "The iat is in the future." if early else None


@_rule("proof.nonce-present", "invalid_proof", "own", "wellformed")
def nonce_present(proof: Proof) -> str | None:
    """A proof has a nonce."""
    return None if isinstance(proof.claims.get("nonce"), str) else "The nonce is missing."


@_rule("proof.nonce-known", "invalid_nonce", "own", "nonce-present")
def nonce_known(proof: Proof) -> str | None:
    """The nonce of a proof is one that the nonce endpoint gave lately."""
    unknown = proof.nonce_state(proof.claims.get("nonce")) == "unknown"
    return "The nonce is not known." if unknown else None


@_rule("proof.nonce-unused", "invalid_nonce", "own", "nonce-known")
def nonce_unused(proof: Proof) -> str | None:
    """The nonce of a proof was not used before."""
    used = proof.nonce_state(proof.claims.get("nonce")) == "used"
    return "The nonce was used before." if used else None


@tolerance("partisia-proof.singular", error="invalid_proof")
def singular(proof: Proof) -> bool:
    """The proof may be the member proof."""
    return proof.member == "proof"


@tolerance("partisia-proof.plural", error="invalid_proof")
def plural(proof: Proof) -> bool:
    """The proof may stand in the member proofs."""
    return proof.member == "proofs"


@tolerance("partisia-proof.did", error="invalid_proof")
def by_did(proof: Proof) -> bool:
    """The kid of a proof may be a did:jwk, as it is or with the name of its key."""
    return proof.form in ("did", "did-url")


@tolerance("partisia-proof.did-url", error="invalid_proof")
def by_did_url(proof: Proof) -> bool:
    """The kid of a proof may be the DID URL of a key."""
    return proof.form == "did-url"


@tolerance("partisia-proof.jwk", error="invalid_proof")
def by_jwk(proof: Proof) -> bool:
    """A proof may carry its key in jwk."""
    return proof.form == "jwk"


PROOF: tuple[Rule[Proof], ...] = (
    *(
        proof_present,
        one_member,
        proof_type,
        wellformed,
        typ,
        algorithm,
        one_key,
        public,
        critical,
        key,
        signature,
        own,
    ),
    *(proof_anonymous, audience, dated, new, made_already, nonce_present, nonce_known, nonce_unused),
)
PROOF_TOLERANCES: tuple[Tolerance[Proof], ...] = (singular, plural, by_did, by_did_url, by_jwk)
