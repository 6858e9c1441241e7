"""What a DPoP proof must be like, at every endpoint that takes one (RFC 9449 sections 4.3, 5, 7, 8, 9 and 10)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from harness.reference import jwt
from harness.reference.authorization_documents import dpop_algorithms
from harness.reference.context import Context
from harness.reference.encoding import base64url, from_base64url
from harness.reference.jwt import Jwt
from harness.reference.rules import rule, tolerance
from harness.reference.state import Access, Ledger

WINDOW_SECONDS = 300
AHEAD_SECONDS = 60
"""How far in the future a JWT may have been made (FAPI 2.0 section 5.3.2.1)."""
_SHORTEST_RSA_BITS = 2048
INVALID = "invalid_dpop_proof"
USE_NONCE = "use_dpop_nonce"
NONCE_HEADER = "DPoP-Nonce"
_KNOWN_CLAIMS = {"jti", "htm", "htu", "iat", "ath", "nonce"}
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass
class DpopRequest:
    """What a request says about the key its token is bound to, as read from the wire."""

    context: Context
    ledger: Ledger
    method: str
    url: str
    """URL of the endpoint."""
    proofs: Sequence[str]
    """The DPoP headers."""
    required: bool
    """Whether there must be a proof."""
    dpop_jkt: str | None = None
    """Thumbprint in a pushed request."""
    spelled: str = ""
    """The scheme of the Authorization header; empty where no token is presented."""
    access_token: str | None = None
    access: Access | None = None
    """What the access token stands for, if it is known."""
    field_names: Sequence[str] = ()
    """The names of the header fields as they were sent, where the server that runs this issuer tells them."""

    @property
    def scheme(self) -> str:
        """The scheme of the Authorization header in lower case."""
        return self.spelled.lower()

    @cached_property
    def proof(self) -> Jwt | None:
        """The first proof; ``None`` when there is none or it is no JWT."""
        return jwt.read(next(iter(self.proofs), None))

    @property
    def header(self) -> Mapping[str, Any]:
        """The JOSE header; empty without a proof."""
        return self.proof.header if self.proof else {}

    @property
    def claims(self) -> Mapping[str, Any]:
        """The payload; empty without a proof."""
        return self.proof.claims if self.proof else {}

    @property
    def jwk(self) -> dict[str, Any] | None:
        """The public key of the proof; ``None`` when there is none that can be read."""
        return jwt.public_jwk(self.header.get("jwk"))

    @property
    def key(self) -> str | None:
        """Thumbprint of the key of the proof."""
        return jwt.thumbprint(self.jwk) if self.jwk else None

    def remember(self) -> None:
        """Note that the proof was seen."""
        if self.proof and self.proof.text("jti"):
            self.ledger.seen.put(self.mark, True)

    @property
    def mark(self) -> str:
        """What makes the proof unique (RFC 9449 section 11.1)."""
        return f"dpop {self.key} {self.url} {self.claims.get('jti')}"


@rule("dpop.scheme", "invalid_token", status=401)
def scheme(request: DpopRequest) -> str | None:
    """An access token that is bound to a key comes with the scheme DPoP (RFC 9449 section 7.2)."""
    if request.access and request.access.dpop_key and request.scheme != "dpop":
        return "The access token is bound to a key and needs the scheme DPoP."
    return None


@rule("dpop.bound", "invalid_token", status=401)
def bound(request: DpopRequest) -> str | None:
    """An access token that comes with the scheme DPoP is bound to a key (RFC 9449 section 7.1)."""
    if request.access and request.access.dpop_key is None and request.scheme == "dpop":
        return "The access token is not bound to a key."
    return None


_TOKEN = ["dpop.scheme", "dpop.bound"]


@rule("dpop.proof-present", INVALID, presumes=_TOKEN)
def proof_present(request: DpopRequest) -> str | None:
    """Where tokens are bound, a request has a DPoP proof."""
    return "The DPoP proof is missing." if request.required and not request.proofs else None


@rule("dpop.one-proof", INVALID, presumes=_TOKEN)
def one_proof(request: DpopRequest) -> str | None:
    """There is not more than one DPoP header."""
    return "There are several DPoP headers." if len(request.proofs) > 1 else None


@rule("dpop.wellformed", INVALID, presumes=_TOKEN)
def wellformed(request: DpopRequest) -> str | None:
    """The DPoP proof is a JWT."""
    return "The DPoP proof is no JWT." if request.proofs and request.proof is None else None


_PROOF = ["dpop.proof-present", "dpop.wellformed"]


@rule("dpop.typ", INVALID, presumes=_PROOF)
def typ(request: DpopRequest) -> str | None:
    """The DPoP proof has the typ dpop+jwt."""
    if request.proof is None or request.header.get("typ") == "dpop+jwt":
        return None
    return "The typ of the DPoP proof is not dpop+jwt."


@rule("dpop.algorithm-asymmetric", INVALID, presumes=_PROOF)
def algorithm_asymmetric(request: DpopRequest) -> str | None:
    """The alg of a DPoP proof is an asymmetric signature algorithm."""
    if request.proof is None or request.proof.asymmetric:
        return None
    return "The alg of the DPoP proof is missing, none or symmetric."


@rule("dpop.algorithm-supported", INVALID, presumes=[*_PROOF, "dpop.algorithm-asymmetric"])
def algorithm_supported(request: DpopRequest) -> str | None:
    """The alg of a DPoP proof is one the metadata list."""
    if request.proof is None or request.header.get("alg") in dpop_algorithms(request.context):
        return None
    return "The alg of the DPoP proof is not supported."


@rule("dpop.key-present", INVALID, presumes=_PROOF)
def key_present(request: DpopRequest) -> str | None:
    """The header of a DPoP proof has a jwk."""
    return None if request.proof is None or "jwk" in request.header else "The DPoP proof has no jwk."


@rule("dpop.no-private-key", INVALID, presumes=[*_PROOF, "dpop.algorithm-asymmetric"])
def no_private_key(request: DpopRequest) -> str | None:
    """The jwk of a DPoP proof is not a private key."""
    member = request.header.get("jwk")
    if isinstance(member, dict) and not jwt.PRIVATE_MEMBERS.isdisjoint(member):
        return "The jwk of the DPoP proof has a private key."
    return None


@rule("dpop.key-usable", INVALID, presumes=[*_PROOF, "dpop.algorithm-asymmetric", "dpop.key-present"])
def key_usable(request: DpopRequest) -> str | None:
    """The jwk of a DPoP proof can be read."""
    return None if request.proof is None or request.jwk else "The jwk of the DPoP proof cannot be read."


@rule("dpop.key-long", INVALID, presumes=[*_PROOF, "dpop.algorithm-supported", "dpop.key-usable"])
def key_long(request: DpopRequest) -> str | None:
    """The key of a DPoP proof, where it is one of RSA, has 2048 bits or more (FAPI 2.0 section 5.4.1)."""
    modulus = (request.jwk or {}).get("n")
    if modulus is None or 8 * len(from_base64url(modulus)) >= _SHORTEST_RSA_BITS:
        return None
    return "The key of the DPoP proof is too short."


@rule("dpop.critical", INVALID, presumes=_PROOF)
def critical(request: DpopRequest) -> str | None:
    """A DPoP proof has no critical extension this server does not understand (RFC 7515 section 4.1.11)."""
    return "The DPoP proof has a crit that is not understood." if "crit" in request.header else None


@rule(
    "dpop.signature",
    INVALID,
    presumes=["dpop.algorithm-asymmetric", "dpop.algorithm-supported", "dpop.key-usable"],
)
def signature(request: DpopRequest) -> str | None:
    """The signature of a DPoP proof verifies with the key in its header."""
    if request.proof is None or request.proof.verified_by(request.jwk):
        return None
    return "The signature of the DPoP proof does not verify."


@rule("dpop.identifier-present", INVALID, presumes=_PROOF)
def identifier_present(request: DpopRequest) -> str | None:
    """A DPoP proof has a jti."""
    return None if request.proof is None or request.proof.text("jti") else "The DPoP proof has no jti."


@rule("dpop.single-use", INVALID, presumes=[*_PROOF, "dpop.identifier-present"])
def single_use(request: DpopRequest) -> str | None:
    """A DPoP proof works once (RFC 9449 section 11.1)."""
    if request.proof and request.ledger.seen.get(request.mark):
        return "The DPoP proof was used before."
    return None


@rule("dpop.method-present", INVALID, presumes=_PROOF)
def method_present(request: DpopRequest) -> str | None:
    """A DPoP proof has a htm."""
    return None if request.proof is None or request.proof.text("htm") else "The DPoP proof has no htm."


@rule("dpop.method", INVALID, presumes=[*_PROOF, "dpop.method-present"])
def method(request: DpopRequest) -> str | None:
    """The htm of a DPoP proof is the method of the request."""
    if request.proof is None or request.claims.get("htm") == request.method:
        return None
    return "The htm of the DPoP proof is not the method of the request."


@rule("dpop.url-present", INVALID, presumes=_PROOF)
def url_present(request: DpopRequest) -> str | None:
    """A DPoP proof has a htu."""
    return None if request.proof is None or request.proof.text("htu") else "The DPoP proof has no htu."


@rule("dpop.url", INVALID, presumes=[*_PROOF, "dpop.url-present"])
def url(request: DpopRequest) -> str | None:
    """The htu of a DPoP proof is the URL of the request without query and fragment."""
    given = request.proof.text("htu") if request.proof else None
    if given is None or normalized(given) == normalized(request.url):
        return None
    return "The htu of the DPoP proof is not the URL of the request."


@rule("dpop.issued-at-present", INVALID, presumes=_PROOF)
def issued_at_present(request: DpopRequest) -> str | None:
    """A DPoP proof has an iat."""
    return None if request.proof is None or request.proof.date("iat") is not None else "The DPoP proof has no iat."


@rule("dpop.issued-at", INVALID, presumes=[*_PROOF, "dpop.issued-at-present"])
def issued_at(request: DpopRequest) -> str | None:
    """The iat of a DPoP proof lies in a window around now, unless a nonce says when it was made."""
    issued = request.proof.date("iat") if request.proof else None
    if issued is None or request.context.variant.dpop_nonce:
        return None
    if abs(request.context.clock() - issued) <= WINDOW_SECONDS:
        return None
    return "The iat of the DPoP proof is too far from now."


@rule(
    "dpop.issued-at-ahead",
    INVALID,
    presumes=[*_PROOF, "dpop.issued-at-present", "dpop.issued-at"],
)
def issued_at_ahead(request: DpopRequest) -> str | None:
    """The iat of a DPoP proof lies at most a minute ahead, whatever its nonce (FAPI 2.0 section 5.3.2.1)."""
    issued = request.proof.date("iat") if request.proof else None
    if issued is None or not request.context.variant.of_fapi:
        return None
    if issued - request.context.clock() <= AHEAD_SECONDS:
        return None
    return "The DPoP proof was made in the future."


@rule("dpop.access-token-hash-present", INVALID, presumes=_PROOF)
def access_token_hash_present(request: DpopRequest) -> str | None:
    """Beside an access token, a DPoP proof has an ath."""
    if request.access_token is None or request.proof is None or request.proof.text("ath"):
        return None
    return "The DPoP proof has no ath."


@rule("dpop.access-token-hash", INVALID, presumes=[*_PROOF, "dpop.access-token-hash-present"])
def access_token_hash(request: DpopRequest) -> str | None:
    """The ath of a DPoP proof is the hash of the access token."""
    if request.access_token is None or request.proof is None:
        return None
    expected = base64url(hashlib.sha256(request.access_token.encode()).digest())
    return None if request.claims.get("ath") == expected else "The ath of the DPoP proof is not that of the token."


@rule("dpop.key-bound", "invalid_token", status=401, presumes=[*_PROOF, "dpop.key-usable"])
def key_bound(request: DpopRequest) -> str | None:
    """The key of the DPoP proof is the one the access token is bound to."""
    if request.access is None or request.proof is None or request.access.dpop_key in (None, request.key):
        return None
    return "The access token is bound to another key."


@rule("dpop.request-key", INVALID, presumes=[*_PROOF, "dpop.key-usable"])
def request_key(request: DpopRequest) -> str | None:
    """The dpop_jkt of a pushed request is the key of its DPoP proof (RFC 9449 section 10.1)."""
    if request.dpop_jkt is None or request.proof is None or request.dpop_jkt == request.key:
        return None
    return "The dpop_jkt is not the key of the DPoP proof."


@rule("dpop.nonce", USE_NONCE, presumes=_PROOF)
def nonce(request: DpopRequest) -> str | None:
    """Where the server gives nonces, a DPoP proof has one of them (RFC 9449 sections 8 and 9)."""
    if request.proof is None or not request.context.variant.dpop_nonce:
        return None
    place = "issuer" if request.access_token is not None else "server"
    if request.ledger.dpop_nonces.get(f"{place} {request.claims.get('nonce')}"):
        return None
    return "The DPoP proof has no nonce of this server."


def fresh_nonce(context: Context, ledger: Ledger, place: str) -> str:
    """Give a nonce that is good at one place: ``server`` or ``issuer`` (RFC 9449 sections 8 and 9)."""
    value = context.secret()
    ledger.dpop_nonces.put(f"{place} {value}", True)
    return value


def normalized(text: str) -> tuple[str, str, int | None, str] | None:
    """Give what counts of a URL when a htu is compared (RFC 3986 6.2.2 and 6.2.3); ``None`` when it is none."""
    try:
        parts = urlsplit(text)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, (parts.hostname or "").lower(), port, parts.path or "/"


@tolerance("dpop.thumbprint")
def thumbprint(request: DpopRequest) -> bool:
    """A pushed request may have a dpop_jkt (RFC 9449 section 10.1)."""
    return request.dpop_jkt is not None


@tolerance("dpop.unknown-claim")
def unknown_claim(request: DpopRequest) -> bool:
    """A DPoP proof may have other claims, exp and nbf among them (RFC 9449 section 4.2)."""
    return not request.claims.keys() <= _KNOWN_CLAIMS


@tolerance("dpop.unknown-header")
def unknown_header(request: DpopRequest) -> bool:
    """The header of a DPoP proof may have parameters the server does not know (RFC 7515 section 4)."""
    return not request.header.keys() <= {"typ", "alg", "jwk", "crit"}


@tolerance("dpop.url-with-query")
def url_with_query(request: DpopRequest) -> bool:
    """Query and fragment of the htu do not count (RFC 9449 section 4.3)."""
    given = request.proof.text("htu") if request.proof else None
    return given is not None and ("?" in given or "#" in given)


@tolerance("dpop.url-spelling")
def url_spelling(request: DpopRequest) -> bool:
    """The htu may spell the host in capitals or name the default port (RFC 9449 section 4.3)."""
    given = (request.proof.text("htu") if request.proof else None) or request.url
    return given.partition("?")[0].partition("#")[0] != request.url


@tolerance("dpop.clock-skew")
def clock_skew(request: DpopRequest) -> bool:
    """The iat may lie some seconds in the past or in the future (RFC 9449 section 11.1)."""
    issued = request.proof.date("iat") if request.proof else None
    return issued is not None and 4 < abs(request.context.clock() - issued) <= WINDOW_SECONDS


@tolerance("dpop.field-case")
def field_case(request: DpopRequest) -> bool:
    """The name of the header field may be spelled in any case (RFC 9110 section 5.1)."""
    return any(name.lower() == "dpop" and name != "DPoP" for name in request.field_names)


@tolerance("dpop.scheme-case")
def scheme_case(request: DpopRequest) -> bool:
    """The scheme DPoP may be spelled in any case (RFC 9110 section 11.1)."""
    return request.scheme == "dpop" and request.spelled != "DPoP"


@tolerance("dpop.other-algorithm")
def other_algorithm(request: DpopRequest) -> bool:
    """A DPoP proof may be signed with any algorithm the metadata list."""
    return request.proof is not None and request.header.get("alg") != dpop_algorithms(request.context)[0]


@tolerance("dpop.right-proof")
def right_proof(request: DpopRequest) -> bool:
    """A request with a DPoP proof in which everything is right is accepted."""
    return request.proof is not None


RULES = (
    scheme,
    bound,
    proof_present,
    one_proof,
    wellformed,
    typ,
    algorithm_asymmetric,
    algorithm_supported,
    key_present,
    no_private_key,
    key_usable,
    key_long,
    critical,
    signature,
    identifier_present,
    single_use,
    method_present,
    method,
    url_present,
    url,
    issued_at_present,
    issued_at,
    issued_at_ahead,
    access_token_hash_present,
    access_token_hash,
    key_bound,
    request_key,
    nonce,
)
TOLERANCES = (
    thumbprint,
    unknown_claim,
    unknown_header,
    url_with_query,
    url_spelling,
    clock_skew,
    field_case,
    scheme_case,
    other_algorithm,
    right_proof,
)
