"""What the status list service asks of ``/issue`` and ``/revoke``, whose body is a JWT of the caller.

Errors, all :class:`StatusError`, with the status and error code of the answer:

- ``content-type``, ``body`` (400): not ``application/jwt``, or no JWT with JSON objects in it.
- ``client`` (401): ``iss`` is no registered client.
- ``header`` (401): ``alg`` is not ES256, ``typ`` not JWT, or there is no ``kid``.
- those of ``issuer_keys`` (401): the signature is not verified.
- ``iat``, ``jti``, ``statusExpiry``, ``idx``, ``uri`` (400): the claim is missing or wrong. ``jti`` is a
  UUID in lower case; ``statusExpiry`` lies in the future, a year from now at most.
- ``jti-reused`` (400): the same ``jti`` asked for something else before.
- ``jti-concurrent`` (409): a request with the same ``jti`` is under way.
- ``other-client`` (403): the entry was issued to another client.
- ``entry-unknown`` (404): there is no such entry.
- ``unavailable`` (503): the service was told to be out of order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.formats import jose, jwt_claims, strict_json
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, shown
from harness.govuk import issuer_keys
from harness.govuk.issuer_keys import HttpClients

MEDIA_TYPE = "application/jwt"
LONGEST_S = 366 * 24 * 3600
"""A year, be it a leap year."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    503: "TEMPORARILY_UNAVAILABLE",
}


class StatusError(FormatError):
    """A request is refused."""

    def __init__(self, kind: str, detail: str, status: int = 400) -> None:
        super().__init__(kind, detail)
        self.status = status
        """Of the HTTP answer."""

    @property
    def document(self) -> dict[str, str]:
        """The body of the answer."""
        return {"error": _CODES[self.status], "error_description": self.detail}


@dataclass(frozen=True)
class StatusListClient:
    """A registered client of the status list service: an issuer, with one kind of list."""

    client_id: str
    """What the service called it at registration; ``iss`` of its requests."""
    jwks_url: str
    """Where the keys are that sign its requests."""
    lists: Literal["token", "bitstring"] = "token"
    """Token Status Lists below ``/t/``, or Bitstring Status Lists below ``/b/``."""


@dataclass(frozen=True)
class StatusRequest:
    """A request of a registered client, as read; whether that signed it is for :func:`authenticate`."""

    client: StatusListClient
    jws: jose.Jws
    claims: Mapping[str, Any]

    @property
    def mark(self) -> str:
        """What makes a request the same one when it comes again: ``iss`` and ``jti``."""
        return f"{self.client.client_id} {self.claims.get('jti')}"


def read(content_type: str, body: bytes, clients: Sequence[StatusListClient]) -> StatusRequest:
    """Read a request and find whose it claims to be.

    Args:
        content_type: the media type in lower case without parameters.
        body: as it came.
        clients: the registered clients.

    Raises:
        StatusError: ``content-type``, ``body`` or ``client``.

    """
    if content_type != MEDIA_TYPE:
        raise StatusError("content-type", f"the content type is not {MEDIA_TYPE}")
    try:
        jws = jose.parse_compact(body.decode("ascii").strip())
        claims = strict_json.parse(jws.payload).value
    except UnicodeDecodeError:
        raise StatusError("body", "the body is no JWT") from None
    except (jose.JwsError, strict_json.JsonError) as error:
        raise StatusError("body", f"the body is no JWT: {error.detail}") from None
    if not isinstance(claims, dict):
        raise StatusError("body", "the payload of the JWT is no JSON object")
    client = next((client for client in clients if client.client_id == claims.get("iss")), None)
    if client is None:
        raise StatusError("client", f"iss {shown(claims.get('iss'))} is no registered client", 401)
    return StatusRequest(client, jws, claims)


async def authenticate(request: StatusRequest, http: HttpClients) -> None:
    """Check that the client signed the request with a key that it publishes now.

    Raises:
        StatusError: ``header`` or one of ``issuer_keys``.

    """
    header = request.jws.header
    for name, right in (("alg", "ES256"), ("typ", "JWT")):
        if header.get(name) != right:
            raise StatusError("header", f"{name} is {shown(header.get(name))} and not {right}", 401)
    if not isinstance(header.get("kid"), str):
        raise StatusError("header", "there is no kid", 401)
    try:
        await issuer_keys.verify(request.jws, request.client.jwks_url, http)
    except issuer_keys.IssuerKeyError as error:
        raise StatusError(error.kind, error.detail, 401) from None


def check_common(request: StatusRequest, now: float) -> None:
    """Check the claims that both requests have.

    Args:
        now: seconds since 1970.

    Raises:
        StatusError: ``iat`` or ``jti``.

    """
    issued = jwt_claims.number(request.claims.get("iat"))
    if issued is None or issued > now + SKEW_S:
        raise StatusError("iat", "iat is missing, no number of seconds, or lies in the future")
    jti = request.claims.get("jti")
    if not isinstance(jti, str) or not _UUID.fullmatch(jti):
        raise StatusError("jti", "jti is no UUID in lower case")


def status_expiry(request: StatusRequest, now: float) -> float:
    """Give when the status of a new entry ends, in seconds since 1970.

    Raises:
        StatusError: ``statusExpiry``.

    """
    expiry = jwt_claims.number(request.claims.get("statusExpiry"))
    if expiry is None or not now < expiry <= now + LONGEST_S:
        raise StatusError("statusExpiry", "statusExpiry is no number of seconds within a year from now")
    return expiry


def entry(request: StatusRequest) -> tuple[str, int]:
    """Give which entry is to be revoked: the URI of its list and its index.

    Raises:
        StatusError: ``idx`` or ``uri``.

    """
    index = strict_json.integer(request.claims.get("idx"))
    if index is None or index < 0:
        raise StatusError("idx", "idx is no integer from 0")
    uri = request.claims.get("uri")
    if not isinstance(uri, str) or not uri.startswith(("https://", "http://")):
        raise StatusError("uri", "uri is no URL")
    return uri, index
