"""A code is used for many Token Requests only as long as no refusal can be about the code itself."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from harness.transport import Reply
from harness.unredeemed import Unredeemed

if TYPE_CHECKING:
    from harness.flow import Flow

REASONS = frozenset({"invalid_dpop_proof"})


class Server:
    """Answers Token Requests in turn and notes whose code each one had."""

    def __init__(self, *errors: str | None) -> None:
        self.answers = iter(errors)
        self.codes: list[str] = []
        self.begun = 0

    def begin(self) -> Flow:
        self.begun += 1
        return cast("Flow", SimpleNamespace(code=f"code-{self.begun}"))

    async def ask(self, flow: Flow) -> Reply:
        self.codes.append(cast("SimpleNamespace", flow).code)
        error = next(self.answers)
        status, body = (200, {"access_token": "t"}) if error is None else (400, {"error": error})
        return Reply(1, "POST", "https://as.test/token", status, httpx.Headers(), json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        # The refusals are about something else, so that one code does.
        (["invalid_dpop_proof", "invalid_dpop_proof"], ["code-1", "code-1"]),
        # Whether the second one is about the code shows with a fresh one.
        (["invalid_dpop_proof", "invalid_grant", "invalid_dpop_proof"], ["code-1", "code-1", "code-2"]),
        # What brought a token is good for nothing more.
        ([None, "invalid_dpop_proof"], ["code-1", "code-2"]),
    ],
)
async def test_a_code_is_used_again_where_it_can_still_be_good(
    answers: list[str | None], codes: list[str]
) -> None:
    server = Server(*answers)
    unredeemed = Unredeemed(server.begin)
    for _ in range(2):
        reply = await unredeemed.request(server.ask, REASONS)
    assert server.codes == codes
    assert reply.error == answers[-1]


async def test_a_token_for_a_code_that_was_used_before_is_an_answer() -> None:
    server = Server("invalid_dpop_proof", None, "invalid_dpop_proof")
    unredeemed = Unredeemed(server.begin)
    replies = [await unredeemed.request(server.ask, REASONS) for _ in range(3)]
    assert [reply.successful for reply in replies] == [False, True, False]
    assert server.codes == ["code-1", "code-1", "code-2"]


async def test_a_refusal_of_a_fresh_code_is_an_answer_whatever_it_says() -> None:
    server = Server("invalid_grant", "invalid_grant", "invalid_grant")
    unredeemed = Unredeemed(server.begin)
    for _ in range(2):
        assert (await unredeemed.request(server.ask, REASONS)).error == "invalid_grant"
    assert server.codes == ["code-1", "code-1", "code-2"]
