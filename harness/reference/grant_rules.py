"""What the Token Endpoint asks of an authorization code or a refresh token.

RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6, RFC 9449 section 10, RFC 9700 section 4.14.
"""

from __future__ import annotations

import hashlib

from harness.reference.encoding import base64url
from harness.reference.rules import rule, tolerance
from harness.reference.token_rules import TokenRequest

_CODE = ["token.form", "token.grant-type-supported"]


@rule("code.present", "invalid_request", presumes=_CODE)
def code_present(request: TokenRequest) -> str | None:
    """A token request with the grant type authorization_code has a code."""
    if request.grant_type == "authorization_code" and "code" not in request.parameters:
        return "The code is missing."
    return None


@rule("code.known", "invalid_grant", presumes=["code.present"])
def code_known(request: TokenRequest) -> str | None:
    """The authorization code is one this server gave out."""
    return "The code is unknown." if request.grant_type == "authorization_code" and not request.code else None


@rule("code.client", "invalid_grant", presumes=["client.known", "client.same-identifier", "client.authenticated"])
def code_client(request: TokenRequest) -> str | None:
    """The authorization code was given to the client that redeems it."""
    if request.code and request.code.authorization.client_id != request.client_id:
        return "The code was given to another client."
    return None


@rule("code.single-use", "invalid_grant")
def code_single_use(request: TokenRequest) -> str | None:
    """An authorization code works once."""
    return "The code was used before." if request.code and request.code.used else None


@rule("code.expired", "invalid_grant")
def code_expired(request: TokenRequest) -> str | None:
    """The authorization code has not expired."""
    if request.code and request.context.clock() >= request.code.expires_at:
        return "The code has expired."
    return None


@rule("code.redirect-uri-present", "invalid_grant")
def redirect_uri_present(request: TokenRequest) -> str | None:
    """The redirect_uri is there again if the authorization request had one (RFC 6749 section 4.1.3)."""
    if request.code and request.code.redirect_uri and "redirect_uri" not in request.parameters:
        return "The redirect_uri is missing."
    return None


@rule("code.redirect-uri", "invalid_grant")
def redirect_uri(request: TokenRequest) -> str | None:
    """The redirect_uri is that of the authorization request."""
    if request.code is None or "redirect_uri" not in request.parameters:
        return None
    if request.parameters["redirect_uri"] == (request.code.redirect_uri or request.registered_redirect_uri):
        return None
    return "The redirect_uri is not that of the authorization request."


@rule("code.verifier-present", "invalid_grant")
def verifier_present(request: TokenRequest) -> str | None:
    """There is a code_verifier if the authorization request had a code_challenge."""
    if request.code and request.code.challenge and "code_verifier" not in request.parameters:
        return "The code_verifier is missing."
    return None


@rule("code.verifier-expected", "invalid_grant")
def verifier_expected(request: TokenRequest) -> str | None:
    """There is no code_verifier if the authorization request had no code_challenge (RFC 9700 section 2.1.1)."""
    if request.code and request.code.challenge is None and "code_verifier" in request.parameters:
        return "There was no code_challenge for the code_verifier."
    return None


@rule("code.verifier-hashed", "invalid_grant", presumes=["code.verifier-present"])
def verifier_hashed(request: TokenRequest) -> str | None:
    """The code_verifier of method S256 is not the code_challenge itself."""
    hashed = request.code is not None and request.code.challenge_method == "S256"
    if request.code and hashed and request.parameters.get("code_verifier") == request.code.challenge:
        return "The code_verifier is the code_challenge."
    return None


@rule("code.verifier", "invalid_grant", presumes=["code.verifier-present", "code.verifier-hashed"])
def verifier(request: TokenRequest) -> str | None:
    """The code_verifier leads to the code_challenge."""
    if request.code is None or request.code.challenge is None:
        return None
    proof = request.parameters.get("code_verifier", "")
    if request.code.challenge_method == "S256":
        proof = base64url(hashlib.sha256(proof.encode()).digest())
    return None if proof == request.code.challenge else "The code_verifier is wrong."


@rule("code.dpop-key", "invalid_grant", presumes=["dpop.proof-present", "dpop.key-usable"])
def code_dpop_key(request: TokenRequest) -> str | None:
    """An authorization code bound to a key is redeemed with a DPoP proof of that key."""
    if request.code and request.code.dpop_key not in (None, request.dpop_key):
        return "The code is bound to another key."
    return None


@rule("refresh.present", "invalid_request", presumes=_CODE)
def refresh_present(request: TokenRequest) -> str | None:
    """A token request with the grant type refresh_token has a refresh_token."""
    if request.grant_type == "refresh_token" and "refresh_token" not in request.parameters:
        return "The refresh_token is missing."
    return None


@rule("refresh.known", "invalid_grant", presumes=["refresh.present"])
def refresh_known(request: TokenRequest) -> str | None:
    """The refresh token is one this server gave out."""
    if request.grant_type == "refresh_token" and not request.refresh:
        return "The refresh_token is unknown."
    return None


@rule(
    "refresh.client", "invalid_grant", presumes=["client.known", "client.same-identifier", "client.authenticated"]
)
def refresh_client(request: TokenRequest) -> str | None:
    """The refresh token was given to the client that uses it."""
    if request.refresh and request.refresh.authorization.client_id != request.client_id:
        return "The refresh_token was given to another client."
    return None


@rule("refresh.rotated", "invalid_grant")
def refresh_rotated(request: TokenRequest) -> str | None:
    """A refresh token whose place another took is dead (RFC 9700 section 4.14.2), at once or after a while."""
    refresh = request.refresh
    if refresh is None or not refresh.used or request.context.clock() < refresh.retry_until:
        return None
    return "The refresh_token was used before."


@rule("refresh.revoked", "invalid_grant", presumes=["refresh.rotated"])
def refresh_revoked(request: TokenRequest) -> str | None:
    """The refresh token was not revoked when its code or a refresh token before it was replayed."""
    if request.refresh and request.refresh.authorization.revoked:
        return "The refresh_token was revoked."
    return None


@rule("refresh.expired", "invalid_grant", presumes=["refresh.rotated", "refresh.revoked"])
def refresh_expired(request: TokenRequest) -> str | None:
    """The refresh token has not expired."""
    if request.refresh and request.context.clock() >= request.refresh.expires_at:
        return "The refresh_token has expired."
    return None


@rule("refresh.dpop-key", "invalid_grant", presumes=["dpop.proof-present", "dpop.key-usable"])
def refresh_dpop_key(request: TokenRequest) -> str | None:
    """A public client uses a refresh token with the DPoP key it was given for (RFC 9449 section 5)."""
    if request.refresh and request.refresh.dpop_key not in (None, request.dpop_key):
        return "The refresh_token is bound to another key."
    return None


@rule("refresh.instance-key", "invalid_grant", presumes=["client.authenticated", "client.attestation-key"])
def refresh_instance_key(request: TokenRequest) -> str | None:
    """An attested client uses a refresh token with the instance key it was given for (-07 section 10.3)."""
    if request.refresh and request.refresh.instance_key not in (None, request.instance_key):
        return "The refresh_token is bound to another instance of the wallet."
    return None


@rule("refresh.certificate", "invalid_grant")
def refresh_certificate(request: TokenRequest) -> str | None:
    """A public client uses a refresh token over TLS with the certificate it was given for (RFC 8705 section 4)."""
    if request.refresh and request.refresh.certificate not in (None, request.certificate):
        return "The refresh_token is bound to another certificate."
    return None


@rule("refresh.scope", "invalid_scope")
def refresh_scope(request: TokenRequest) -> str | None:
    """The scope asked for is not more than was granted (RFC 6749 section 6)."""
    if request.refresh is None:
        return None
    granted = (request.refresh.authorization.scope or "").split()
    if set(request.parameters.get("scope", "").split()) <= set(granted):
        return None
    return "The scope is more than was granted."


@tolerance("code.verifier")
def right_verifier(request: TokenRequest) -> bool:
    """A code_verifier that leads to the code_challenge by S256 is accepted."""
    return _challenged(request, "S256")


@tolerance("code.plain-verifier")
def plain_verifier(request: TokenRequest) -> bool:
    """Where plain is supported, a code_verifier that is the code_challenge is accepted (RFC 7636 section 4.3)."""
    return _challenged(request, "plain")


@tolerance("code.verifier-long")
def long_verifier(request: TokenRequest) -> bool:
    """A code_verifier may have up to 128 characters (RFC 7636 section 4.1)."""
    return _challenged(request, "S256") and len(request.parameters.get("code_verifier", "")) > 100


@tolerance("code.verifier-characters")
def verifier_characters(request: TokenRequest) -> bool:
    """A code_verifier may have periods and tildes (RFC 7636 section 4.1)."""
    return _challenged(request, "S256") and not set(".~").isdisjoint(request.parameters.get("code_verifier", ""))


def _challenged(request: TokenRequest, method: str) -> bool:
    code = request.code
    return code is not None and code.challenge is not None and code.challenge_method == method


@tolerance("refresh.narrower-scope")
def narrower_refresh(request: TokenRequest) -> bool:
    """A refresh request may ask for less scope than was granted (RFC 6749 section 6)."""
    asked = set(request.parameters.get("scope", "").split())
    granted = set((request.authorization.scope or "").split()) if request.authorization else set()
    return request.refresh is not None and bool(asked) and asked < granted


@tolerance("refresh.right-request")
def right_refresh(request: TokenRequest) -> bool:
    """A refresh request in which everything is right is granted."""
    return request.refresh is not None


RULES = (
    code_present,
    code_known,
    code_client,
    code_single_use,
    code_expired,
    redirect_uri_present,
    redirect_uri,
    verifier_present,
    verifier_expected,
    verifier_hashed,
    verifier,
    code_dpop_key,
    refresh_present,
    refresh_known,
    refresh_client,
    refresh_rotated,
    refresh_revoked,
    refresh_expired,
    refresh_dpop_key,
    refresh_instance_key,
    refresh_certificate,
    refresh_scope,
)
TOLERANCES = (right_verifier, plain_verifier, long_verifier, verifier_characters, narrower_refresh, right_refresh)
