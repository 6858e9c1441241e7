"""JWT-secured authorization requests (RFC 9101; docs: secure your authorisation request parameters with JWT)."""

from __future__ import annotations

from harness.one_login.client_jwt import ClientJwt, read
from harness.one_login.client_keys import ClientKeys, KeysUnavailable
from harness.one_login.refusals import PlainRefusal
from harness.one_login.relying_party import RelyingParty

_UNTRUSTED = "Trust chain validation failed"


async def verified(text: str, client: RelyingParty, keys: ClientKeys, now: float) -> ClientJwt:
    """Give a request object that the client signed and that has not ended.

    Raises:
        PlainRefusal: it is none of this client; nothing in it can be trusted, the redirect URI included.

    """
    jwt = read(text)
    if jwt is None:
        raise PlainRefusal("Invalid request", "request is no JWT")
    try:
        signed = await keys.signed(client, jwt.jws)
    except KeysUnavailable as problem:
        raise PlainRefusal("Unexpected server error", str(problem), status=500) from None
    if not signed:
        raise PlainRefusal(_UNTRUSTED, "the signature of the request object is not the client's, by RSA")
    ends = jwt.date("exp")
    if jwt.claims.get("exp") is not None and (ends is None or ends <= now):
        raise PlainRefusal(_UNTRUSTED, "exp of the request object has passed, or is no number")
    if jwt.claims.get("sub") == client.client_id:
        # So that no client assertion can be taken for a request object (RFC 9101 section 10.8).
        raise PlainRefusal("Invalid request", "sub of the request object is the client_id")
    return jwt
