"""What a Token Response has to be before its members can be judged."""

from __future__ import annotations

from typing import Any

from harness.evidence import Blocked
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError
from harness.transport import Reply


def granted_members(token: Reply) -> dict[str, Any]:
    """Give the members of a Token Response.

    Raises:
        Blocked: the request was refused, or the answer is no JSON object; other checks say so.

    """
    if not token.successful:
        raise Blocked(refusal(token))
    try:
        members = token.document.value
    except JsonError as error:
        raise Blocked(f"the Token Response is no JSON: {error.detail}") from error
    if not isinstance(members, dict):
        raise Blocked(f"the Token Response is {json_type(members)} and no JSON object")
    return members


def refusal(token: Reply) -> str:
    """Name a Token Request that was refused, for a reason."""
    return f"no Access Token was issued: exchange {token.exchange} ended with {token.gist}"
