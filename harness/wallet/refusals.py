"""What a refusal says of its reason: an Authorization Server in the body, a protected resource in a challenge."""

from __future__ import annotations

from harness.formats import challenges
from harness.transport import Reply


def error_codes(reply: Reply) -> frozenset[str]:
    """Give the error codes of a refusal, wherever they stand.

    They stand in the member ``error`` of the body (RFC 6749 section 5.2) or in the parameter ``error`` of the
    challenges in ``WWW-Authenticate`` (RFC 6750 section 3, RFC 9449 section 7.1). Whether a code stands in the
    right one of these places is for a check to judge; the wallet only wants to know what to do next. A
    successful answer has no codes, and challenges that cannot be read have none either.
    """
    if reply.successful:
        return frozenset()
    try:
        challenged = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except challenges.ChallengeError:
        challenged = ()
    codes = {code for challenge in challenged for code in challenge.values("error")}
    return frozenset(codes if reply.error is None else {*codes, reply.error})
