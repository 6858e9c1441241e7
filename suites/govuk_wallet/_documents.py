"""What an issuer publishes for everybody: a JSON document that is answered with 200."""

from __future__ import annotations

from typing import Any

from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import strict_json
from harness.transport import Reply


def is_json(reply: Reply) -> bool:
    """Say whether an answer calls itself JSON, or a kind of it (RFC 6839 section 3.1)."""
    kind = reply.media_type or ""
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def is_object(reply: Reply) -> bool:
    """Say whether the body of an answer is a JSON object."""
    try:
        return isinstance(reply.document.value, dict)
    except strict_json.JsonError:
        return False


def expect_document(expect: Expect, reply: Reply, code: str, *, found: str, form: str) -> None:
    """Expect a JSON object that is called JSON, answered with 200.

    Three findings are possible: ``CODE-MISSING``, ``CODE-CONTENT-TYPE`` and ``CODE-JSON``.

    Args:
        code: how the finding codes begin.
        found: the requirement that a document which nobody gets violates.
        form: the requirement that a document of another form violates.

    """
    if not expect.that(
        reply.status == 200, f"{code}-MISSING", "HTTP 200", reply.gist, at=reply, requirement=found
    ):
        return
    expect.that(
        is_json(reply),
        f"{code}-CONTENT-TYPE",
        "the media type application/json",
        reply.media_type or "no media type",
        at=reply,
        pointer="header Content-Type",
        requirement=form,
    )
    expect.that(is_object(reply), f"{code}-JSON", "a JSON object", reply.gist, at=reply, requirement=form)


def published(reply: Reply, what: str) -> dict[str, Any]:
    """Give a document that is published as a JSON object.

    Raises:
        Blocked: it is not; the check of its place says so.

    """
    if reply.status != 200 or not reply.object:
        raise Blocked(f"{what} cannot be read: {reply.gist}")
    return reply.object
