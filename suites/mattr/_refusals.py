"""What must not be handed out: an access token, or a credential."""

from __future__ import annotations

from harness.expect import Expect
from harness.transport import Reply
from harness.wallet.credential import carries_credential


def no_token(expect: Expect, reply: Reply, code: str, what: str, *, requirement: str | None = None) -> None:
    """Expect a token request to bring no access token; how it is refused is for the specification's checks.

    Args:
        what: what was wrong with the request, in words.
        requirement: which of the check's requirements; the first by default.

    """
    handed_out = bool(reply.object.get("access_token"))
    expect.that(not handed_out, code, f"no access token for {what}", reply.gist, at=reply, requirement=requirement)


def no_credential(expect: Expect, reply: Reply, code: str, what: str, *, requirement: str | None = None) -> None:
    """Expect a credential request to bring no credential."""
    handed_out = carries_credential(reply) or bool(reply.object.get("credential"))
    expect.that(not handed_out, code, f"no credential for {what}", reply.gist, at=reply, requirement=requirement)
