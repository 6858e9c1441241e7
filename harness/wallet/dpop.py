"""Demonstrating Proof of Possession: RFC 9449.

Nothing here decides whether a proof is right: the wallet makes right ones, ``harness.mutate`` makes wrong ones.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from harness.formats import base64url, jwk
from harness.transport import Reply
from harness.wallet import keys
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey
from harness.wallet.refusals import error_codes

PROOF_TYPE = "dpop+jwt"
"""Value of the ``typ`` header parameter."""

_EDWARDS = frozenset({"EdDSA", "Ed25519", "Ed448"})
_NONCE_FIELD = "DPoP-Nonce"
# Neither fails, whatever the URL: what is no URL is for the sending to refuse.
_QUERY_OR_FRAGMENT = re.compile(r"[?#].*", re.DOTALL)
_ORIGIN = re.compile(r"(?:[^:/?#]+:)?(?://[^/?#]*)?")
_DEFAULT_PORT = re.compile(r"^(https://.*):443$|^(http://.*):80$")


def draft(
    key: WalletKey,
    *,
    method: str,
    url: str,
    issued_at: float,
    access_token: str | None = None,
    nonce: str | None = None,
) -> JwtDraft:
    """Make the draft of a right DPoP proof (section 4.2), with a ``jti`` of its own.

    Args:
        method: HTTP method of the request.
        url: where the request goes; query and fragment are left out of ``htu``.
        issued_at: seconds since 1970.
        access_token: the token that goes with the proof; ``None`` at the Authorization Server, where none does.
        nonce: the server's latest ``DPoP-Nonce``, if it gave one.

    """
    header = {"typ": PROOF_TYPE, "alg": key.algorithm, "jwk": key.public}
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": _QUERY_OR_FRAGMENT.sub("", url),
        "iat": int(issued_at),
    }
    if access_token is not None:
        claims["ath"] = token_hash(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return JwtDraft(key, header, claims)


def token_hash(access_token: str) -> str:
    """Give the value of ``ath``: the base64url-encoded SHA-256 hash of an Access Token (section 4.2)."""
    # Tokens are ASCII by RFC 6749; what an issuer gives instead is for a check to judge and must not break this.
    return base64url.encode(hashlib.sha256(access_token.encode(errors="surrogatepass")).digest())


def thumbprint(key: WalletKey) -> str:
    """Give the RFC 7638 thumbprint of a key, as ``dpop_jkt`` and ``jkt`` hold it (sections 6.1 and 10)."""
    return jwk.thumbprint(key.public)


def choose_algorithm(metadata: Mapping[str, Any]) -> str | None:
    """Choose the algorithm of the proofs from ``dpop_signing_alg_values_supported`` (section 5.1).

    Returns:
        ``None`` when the Authorization Server's metadata announces no DPoP, or no algorithm of this wallet.

    """
    return keys.choose_algorithm(_announced(metadata))


def listed_algorithms(metadata: Mapping[str, Any]) -> list[str]:
    """Give the algorithms of this wallet that the metadata announce, in the order of the metadata."""
    return [name for name in _announced(metadata) if name in keys.ALGORITHMS]


def unlisted_algorithm(metadata: Mapping[str, Any]) -> str | None:
    """Give an algorithm of this wallet that the metadata do not announce; ``None`` when they announce all."""
    announced = _announced(metadata)
    # EdDSA with a key of one of its curves and the name of the curve mean the same (RFC 9864).
    taken = {*announced} if _EDWARDS.isdisjoint(announced) else {*announced, *_EDWARDS}
    return next((name for name in keys.ALGORITHMS if name not in taken), None)


def rsa_algorithm(metadata: Mapping[str, Any]) -> str | None:
    """Give an announced algorithm with which short RSA keys can sign, too; ``None`` when there is none.

    ``PS256`` goes before the others, which the FAPI 2.0 Security Profile does not allow.
    """
    found = [name for name in _announced(metadata) if name in keys.OF_SHORT_RSA_KEYS]
    return "PS256" if "PS256" in found else next(iter(found), None)


def _announced(metadata: Mapping[str, Any]) -> list[str]:
    offered = metadata.get("dpop_signing_alg_values_supported")
    return [name for name in offered if isinstance(name, str)] if isinstance(offered, list) else []


def offered_nonce(reply: Reply) -> str | None:
    """Give the nonce that any answer brings for the next proof (section 8.2); of several, the last."""
    nonces = reply.headers.get_list(_NONCE_FIELD)
    return (nonces[-1] or None) if nonces else None


def wanted_nonce(reply: Reply) -> str | None:
    """Give the nonce to repeat a request with: the answer refuses it for its nonce and brings another.

    Authorization Servers say so in the body (section 8), resource servers in a challenge (section 9).
    """
    return offered_nonce(reply) if "use_dpop_nonce" in error_codes(reply) else None


class Nonces:
    """The latest nonce of each server; servers are told apart by their origin.

    A nonce is for the server that gave it only (section 9). An Authorization Server and a resource server at one
    origin that do not know each other's nonces need an object each.
    """

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}

    def learn(self, reply: Reply) -> None:
        """Keep the nonce that an answer brings, if it brings one."""
        nonce = offered_nonce(reply)
        if nonce is not None:
            self._latest[_origin(reply.url)] = nonce

    def at(self, url: str) -> str | None:
        """Give the nonce for a request to this URL, or ``None`` when its server gave none so far."""
        return self._latest.get(_origin(url))


def _origin(url: str) -> str:
    found = _ORIGIN.match(url)
    assert found is not None  # the pattern matches nothing, too
    return _DEFAULT_PORT.sub(r"\1\2", found[0].lower())
