"""What checks of Pushed Authorization Requests share."""

from __future__ import annotations

from harness.applicability import when
from harness.authorized import Authorized
from harness.evidence import Blocked
from harness.transport import Reply

PUSHED = when.code_flow & when.par
"""Requests can be pushed."""


def answer_to_push(authorization: Authorized) -> Reply:
    """Give the answer to the pushed request.

    Raises:
        Blocked: the endpoint is no usable URL.

    """
    if authorization.pushed is None:
        raise Blocked("the metadata has no usable pushed_authorization_request_endpoint")
    return authorization.pushed


def accepted_push(authorization: Authorized) -> Reply:
    """Give the answer to a pushed request that was accepted.

    Raises:
        Blocked: it was not; another check says so.

    """
    reply = answer_to_push(authorization)
    if not reply.successful:
        raise Blocked(f"the pushed request was refused: {reply.gist}")
    return reply
