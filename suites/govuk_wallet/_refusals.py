"""How both endpoints refuse requests (docs.wallet.service.gov.uk, Credential endpoint, Error responses)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from harness.expect import Expect
from harness.formats import challenges
from harness.formats.challenges import ChallengeError
from harness.govuk.minting import Attempt, Minted
from harness.transport import Reply

INVALID_TOKEN = ("GOVUK-ERROR-03", "GOVUK-ERROR-04")
"""What ``expect_invalid_token`` judges at the Credential Endpoint besides the refusal itself."""
_CHALLENGE_FAULTS = {
    "no-header": "MISREPORTED",
    "scheme": "MISREPORTED",
    "forbidden": "MISREPORTED",
    "never-error": "ERROR",
    "with-credential": "ACCEPTED",
}
"""What is wrong with the answer to every wrong Access Token, to the finding of ``expect_invalid_token``."""
_ERROR_FAULTS = ("govuk-error:upper-case", "govuk-error:nested", "govuk-error-response:unprocessable")
"""What is wrong with the answer to every wrong body."""


def token_faults(code: str, endpoint: str, *rules: str) -> dict[str, str]:
    """Give what proves a check that uses ``expect_invalid_token``.

    Args:
        code: how the check's finding codes begin.
        endpoint: ``credential`` or ``notification``.
        rules: what the endpoint asks of the token, as the ids of its rules go on after ``token-``.

    """
    answers = {f"govuk-challenge-response:{fault}": f"{code}-{kind}" for fault, kind in _CHALLENGE_FAULTS.items()}
    return rule_faults(code, *(f"govuk-{endpoint}.token-{rule}" for rule in rules)) | answers


def no_token_faults(code: str, endpoint: str) -> dict[str, str]:
    """Give what proves a check that uses ``expect_no_token``; the arguments are those of ``token_faults``."""
    found = token_faults(code, endpoint, "present")
    # What is missing in other challenges is right in this one.
    del found["govuk-challenge-response:never-error"]
    return found | {"govuk-challenge-response:always-error": f"{code}-ERROR"}


def body_faults(code: str, *rules: str) -> dict[str, str]:
    """Give what proves a check that uses ``expect_bad_request``: the rules broken, and how all are reported."""
    return rule_faults(code, *rules) | dict.fromkeys(_ERROR_FAULTS, f"{code}-MISREPORTED")


def rule_faults(code: str, *rules: str) -> dict[str, str]:
    """Give the faults that follow from rules of the reference issuer, with the findings of ``Expect.refused``."""
    accepted = {f"accepts:{rule}": f"{code}-ACCEPTED" for rule in rules}
    return accepted | {f"misreports:{rule}": f"{code}-MISREPORTED" for rule in rules}


def expect_invalid_token(
    expect: Expect,
    reply: Reply,
    code: str,
    *,
    what: str,
    requirement: str | None = None,
    challenge: tuple[str, str] = INVALID_TOKEN,
) -> None:
    """Expect a request to be refused for its Access Token: without a credential, with 401 and a challenge.

    Three findings are possible: ``CODE-ACCEPTED``, ``CODE-MISREPORTED`` for another status or no challenge of the
    scheme Bearer, and ``CODE-ERROR`` for a challenge without ``error="invalid_token"``.

    Args:
        code: how the finding codes begin.
        what: what was wrong with the token, in words.
        requirement: what an acceptance violates; by default the check's first.
        challenge: what a missing challenge and a missing error code violate.

    """
    told = ["invalid_token"], 'error="invalid_token" in the challenge'
    _expect_challenge(expect, reply, code, told, what=what, requirement=requirement, challenge=challenge)


def expect_no_token(expect: Expect, reply: Reply, code: str, *, what: str, challenge: tuple[str, str]) -> None:
    """Expect a request without an Access Token to be refused, with 401 and a challenge that names no error.

    The arguments and the findings are those of ``expect_invalid_token``.
    """
    told: tuple[Sequence[str], str] = [], "a challenge without error"
    _expect_challenge(expect, reply, code, told, what=what, requirement=None, challenge=challenge)


async def expect_tokens_refused(
    expect: Expect,
    minted: Minted,
    code: str,
    attempts: Mapping[str, Attempt],
    *,
    requirements: Mapping[str, str] | None = None,
) -> None:
    """Make Credential Requests with wrong Access Tokens and expect each to be refused for it.

    Args:
        code: how the finding codes begin.
        attempts: what is wrong with a token, in words, to the request with it.
        requirements: the same words to what an acceptance violates; by default the check's first.

    """
    for what, reply in (await minted.replies(attempts)).items():
        expect_invalid_token(expect, reply, code, what=what, requirement=(requirements or {}).get(what))


def expect_bad_request(
    expect: Expect,
    reply: Reply,
    code: str,
    *,
    what: str,
    errors: Collection[str],
    answer: str,
    error: str,
    requirement: str | None = None,
) -> None:
    """Expect a request to be refused for its body: without a credential, with 400 and one of some errors.

    Args:
        code: how the finding codes begin: ``CODE-ACCEPTED``, ``CODE-MISREPORTED``.
        what: what was wrong with the request, in words.
        errors: values of ``error`` that are right.
        answer: what a wrong status violates.
        error: what a wrong ``error`` violates.
        requirement: what an acceptance violates; by default the check's first.

    """
    expect.refused(
        reply,
        code,
        what=what,
        status={400},
        errors=errors,
        requirement=requirement,
        status_requirement=answer,
        error_requirement=error,
    )


def _expect_challenge(
    expect: Expect,
    reply: Reply,
    code: str,
    told: tuple[Sequence[str], str],
    *,
    what: str,
    requirement: str | None,
    challenge: tuple[str, str],
) -> None:
    answer, error = challenge
    expect.refused(reply, code, what=what, status={401}, requirement=requirement, status_requirement=answer)
    if reply.status != 401:
        return
    found = _errors(reply)
    if not expect.that(
        found is not None,
        f"{code}-MISREPORTED",
        "a challenge with the scheme Bearer",
        reply.headers.get("www-authenticate", "no WWW-Authenticate"),
        at=reply,
        pointer="header WWW-Authenticate",
        requirement=answer,
    ):
        return
    wanted, words = told
    expect.that(
        found == wanted,
        f"{code}-ERROR",
        words,
        found,
        at=reply,
        pointer="header WWW-Authenticate",
        requirement=error,
    )


def _errors(reply: Reply) -> list[str] | None:
    """Give the values of ``error`` in the Bearer challenges; ``None`` without such a challenge."""
    try:
        found = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except ChallengeError:
        return None
    bearer = [challenge for challenge in found if challenge.scheme.lower() == "bearer"]
    return [value for challenge in bearer for value in challenge.values("error")] if bearer else None
