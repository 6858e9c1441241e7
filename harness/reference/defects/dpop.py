"""Faults of what an issuer says about DPoP: nonces, challenges and tokens that are JWTs (RFC 9449)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.dpop_rules import NONCE_HEADER
from harness.reference.encoding import base64url
from harness.reference.faults import fault
from harness.reference.rules import CHALLENGE

_CHALLENGE_HEADER = "WWW-Authenticate"


# Nonces


def _nonce_401(reply: Reply, _: Context) -> None:
    if NONCE_HEADER in reply.headers:
        reply.status = 401


def _nonce_twice(reply: Reply, _: Context) -> None:
    if NONCE_HEADER in reply.headers:
        # Names of header fields are the same in any case, those of a dict are not.
        reply.headers[NONCE_HEADER.lower()] = reply.headers[NONCE_HEADER]


def _nonce_cacheable(reply: Reply, _: Context) -> None:
    if NONCE_HEADER in reply.headers:
        reply.headers["Cache-Control"] = "public, max-age=600"


for _document, _what in (("token", "Token"), ("par", "PAR")):
    for _name, _description, _spoil in (
        ("status-401", "asks for a DPoP nonce with status 401.", _nonce_401),
        ("repeated", "gives two header fields with DPoP nonces.", _nonce_twice),
        ("cacheable", "lets caches keep an answer with a DPoP nonce.", _nonce_cacheable),
    ):
        fault(f"{_document}-error-response:dpop-nonce-{_name}", f"The {_what} Endpoint {_description}")(_spoil)


@fault("nonce-response:dpop-nonce-unknown")
def nonce_unknown(reply: Reply, context: Context) -> None:
    """The DPoP nonce of a nonce response is not one that the issuer takes."""
    if NONCE_HEADER in reply.headers:
        reply.headers[NONCE_HEADER] = context.secret()


# Challenges


def _rewriting(change: Callable[[str], str]) -> Callable[[Reply, Context], None]:
    def spoil(reply: Reply, _: Context) -> None:
        if "DPoP" in reply.headers.get(_CHALLENGE_HEADER, ""):
            reply.headers[_CHALLENGE_HEADER] = change(reply.headers[_CHALLENGE_HEADER])

    return spoil


def _with_error_of_bearer(text: str) -> str:
    error = re.search(r', error="invalid_dpop_proof", error_description="[^"]*"', text)
    return text.replace(error[0], "").replace(CHALLENGE, CHALLENGE + error[0]) if error else text


for _name, _description, _change in (
    (
        "nonce-error-other",
        "The DPoP challenge for a missing nonce has the error invalid_dpop_proof.",
        lambda text: text.replace("use_dpop_nonce", "invalid_dpop_proof"),
    ),
    (
        "algs-commas",
        "The algs of a DPoP challenge have commas between them.",
        lambda text: re.sub(r'algs="([^"]*)"', lambda found: found[0].replace(" ", ","), text),
    ),
    (
        "error-of-bearer",
        "The error of a wrong DPoP proof stands in the Bearer challenge beside the DPoP challenge.",
        _with_error_of_bearer,
    ),
    (
        "error-needless",
        "The DPoP challenge for a request without any authentication has an error.",
        lambda text: text if "error=" in text else f'{text}, error="invalid_token"',
    ),
):
    fault(f"credential-challenge-response:dpop-{_name}", _description)(_rewriting(_change))


@fault("credential-challenge-response:dpop-missing")
def challenge_missing(reply: Reply, _: Context) -> None:
    """A wrong DPoP proof is refused with status 401 and no challenge, but an error in the body."""
    if "invalid_dpop_proof" in reply.headers.get(_CHALLENGE_HEADER, ""):
        del reply.headers[_CHALLENGE_HEADER]
        reply.body = {"error": "invalid_dpop_proof"}


@fault("credential-challenge-response:dpop-nonce-in-body")
def nonce_in_body(reply: Reply, _: Context) -> None:
    """The issuer asks for a DPoP nonce by an error in the body, without a challenge."""
    if "use_dpop_nonce" in reply.headers.get(_CHALLENGE_HEADER, ""):
        del reply.headers[_CHALLENGE_HEADER]
        reply.body = {"error": "use_dpop_nonce"}


@fault("credential-challenge-response:dpop-status-400")
def challenge_400(reply: Reply, _: Context) -> None:
    """The challenge for a wrong DPoP proof comes with status 400."""
    if "invalid_dpop_proof" in reply.headers.get(_CHALLENGE_HEADER, ""):
        reply.status = 400


# Tokens


@fault("access-token:thumbprint-other")
def thumbprint_other(claims: dict[str, Any], context: Context) -> None:
    """The jkt of an access token is not the thumbprint of its key."""
    if "jkt" in claims.get("cnf", {}):
        claims["cnf"]["jkt"] = base64url(context.random_bytes(32))
