"""What an answer has to be like, and what must not be handed out."""

from __future__ import annotations

from typing import Any

from harness.expect import Expect
from harness.formats import strict_json
from harness.transport import Reply
from harness.wallet.credential import carries_credential


def is_url(value: Any, *schemes: str) -> bool:
    """Whether a value is a URL of one of some schemes with a host."""
    return isinstance(value, str) and any(
        value.startswith(f"{scheme}://") and len(value) > len(scheme) + 3 for scheme in schemes
    )


def json_object(expect: Expect, reply: Reply, code: str, what: str) -> bool:
    """Expect an answer as all of the page's are: a JSON object of media type application/json.

    Args:
        what: it is, in words.

    """
    right = reply.successful and reply.media_type == "application/json" and _has_object(reply)
    return expect.that(right, code, f"{what}: a JSON object of media type application/json", reply.gist, at=reply)


def _has_object(reply: Reply) -> bool:
    try:
        return isinstance(reply.document.value, dict)
    except strict_json.JsonError:
        return False


def no_token(expect: Expect, reply: Reply, code: str, what: str, *, requirement: str | None = None) -> bool:
    """Expect a token request to bring no access token.

    Args:
        what: what was wrong with the request, in words.
        requirement: which of the check's requirements; the first by default.

    """
    return expect.that(
        not reply.object.get("access_token"),
        code,
        f"no access token for {what}",
        reply.gist,
        at=reply,
        requirement=requirement,
    )


def no_credential(expect: Expect, reply: Reply, code: str, what: str, *, requirement: str | None = None) -> bool:
    """Expect a credential request to bring no credential; the arguments are those of :func:`no_token`."""
    return expect.that(
        not carries_credential(reply),
        code,
        f"no credential for {what}",
        reply.gist,
        at=reply,
        requirement=requirement,
    )
