"""What checks of draft 11 share: the members that name a Credential, and refusals, of which it fixes no status."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from harness.expect import Expect
from harness.formats import challenges
from harness.transport import Reply
from harness.wallet.credential import carries_credential

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "jwt_vc_json": ("types",),
    "jwt_vc_json-ld": ("credential_definition",),
    "ldp_vc": ("credential_definition",),
    "mso_mdoc": ("doctype",),
}
"""Format to the members that go with it where a Credential is named (appendix E)."""
DEFINED = ("jwt_vc_json-ld", "ldp_vc")
"""Formats whose ``credential_definition`` names the Credential."""


def without(named: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Give an object without some of its members."""
    return {name: value for name, value in named.items() if name not in names}


def expect_refused(
    expect: Expect,
    reply: Reply,
    code: str,
    *,
    what: str,
    errors: Collection[str],
    requirement: str | None = None,
    error_requirement: str,
) -> bool:
    """Expect a Credential Request to be refused with one of the error codes, whatever the status of the error is.

    Args:
        errors: values of ``error`` that are right.
        requirement: what an acceptance violates; the check's first requirement by default.
        error_requirement: what another error code violates.

    Returns:
        Whether it was refused.

    """
    handed_out = carries_credential(reply)
    refused = expect.that(
        reply.status >= 400 and not handed_out,
        f"{code}-ACCEPTED",
        f"{what} is refused",
        reply.gist + (", handing out what was asked for" if handed_out else ""),
        at=reply,
        requirement=requirement,
    )
    if refused:
        expect.that(
            reply.error in errors,
            f"{code}-MISREPORTED",
            f"{what} is answered by the error {' or '.join(sorted(errors))}",
            reply.gist,
            at=reply,
            requirement=error_requirement,
        )
    return refused


def error_codes(reply: Reply) -> list[str]:
    """Give the error codes of a refusal, in its body and in its challenge."""
    found = [reply.error] if reply.error is not None else []
    try:
        read = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except challenges.ChallengeError:
        return found
    return [*found, *(value for challenge in read for value in challenge.values("error"))]
