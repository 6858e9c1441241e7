"""Faults of authorization errors: status and ``WWW-Authenticate`` of a refused access token (RFC 6750)."""

from __future__ import annotations

from collections.abc import Callable

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.rules import CHALLENGE

_HEADER = "WWW-Authenticate"
_DOCUMENT = "credential-challenge-response"
_ENDPOINTS = {"credential": "Credential", "deferred": "Deferred Credential", "notification": "Notification"}
_COMMON = frozenset({"scheme-other", "error-needless", "error-missing", "error-other"})
"""Faults of all endpoints that take an access token; the others are tried at the Credential Endpoint only."""


def _rewriting(change: Callable[[str], str]) -> Callable[[Reply, Context], None]:
    """Spoil a challenge by a change of its text."""

    def spoil(reply: Reply, _: Context) -> None:
        reply.headers[_HEADER] = change(reply.headers[_HEADER])

    return spoil


for _name, _description, _change in (
    (
        "malformed",
        "A challenge has a quote that is not closed.",
        lambda text: text.replace(CHALLENGE, CHALLENGE[:-1], 1) if text == CHALLENGE else text,
    ),
    ("scheme-other", "The challenge has the scheme Basic.", lambda text: text.replace("Bearer", "Basic", 1)),
    (
        "realm-missing",
        "A challenge without an error has no parameter at all.",
        lambda text: text.replace(CHALLENGE, "Bearer", 1) if text == CHALLENGE else text,
    ),
    ("realm-twice", "The challenge has two realms.", lambda text: f'{text}, realm="other"'),
    ("scope-charset", "The scope of a challenge has a quote.", lambda text: rf'{text}, scope="the \"card\""'),
    (
        "error-needless",
        "The challenge for a missing access token has an error.",
        lambda text: f'{text}, error="invalid_token"' if text == CHALLENGE else text,
    ),
    (
        "error-missing",
        "The challenge for an unknown access token has no error.",
        lambda text: CHALLENGE if "invalid_token" in text else text,
    ),
    (
        "error-other",
        "The challenge for an unknown access token has the error invalid_request.",
        lambda text: text.replace("invalid_token", "invalid_request"),
    ),
    (
        "scope-error-other",
        "The challenge for an access token of too small a scope has the error invalid_request.",
        lambda text: text.replace("insufficient_scope", "invalid_request"),
    ),
    (
        "error-twice",
        "The challenge has two errors.",
        lambda text: f'{text}, error="invalid_token"' if "invalid_token" in text else text,
    ),
    (
        "description-charset",
        "The error_description of a challenge has a quote.",
        lambda text: text.replace('error_description="', r'error_description="\"no\" '),
    ),
    (
        "uri-charset",
        "The error_uri of a challenge has a space.",
        lambda text: f'{text}, error_uri="https://errors.assay.test/access token"' if "error" in text else text,
    ),
):
    for _endpoint, _title in _ENDPOINTS.items():
        if _endpoint == "credential" or _name in _COMMON:
            _where = f"{_title} Endpoint: {_description}"
            fault(f"{_endpoint}-challenge-response:{_name}", _where)(_rewriting(_change))


def _missing(reply: Reply, _: Context) -> None:
    del reply.headers[_HEADER]


def _invalid_token_403(reply: Reply, _: Context) -> None:
    if "invalid_token" in reply.headers[_HEADER]:
        reply.status = 403


for _endpoint, _title in _ENDPOINTS.items():
    for _name, _description, _spoil in (
        ("missing", "A refused access token brings no WWW-Authenticate.", _missing),
        ("invalid-token-403", "An unknown access token is refused with status 403.", _invalid_token_403),
    ):
        fault(f"{_endpoint}-challenge-response:{_name}", f"{_title} Endpoint: {_description}")(_spoil)


@fault(f"{_DOCUMENT}:insufficient-scope-401")
def insufficient_scope_401(reply: Reply, _: Context) -> None:
    """An access token of too small a scope is refused with status 401."""
    if "insufficient_scope" in reply.headers[_HEADER]:
        reply.status = 401
