"""The wallet keeps a credential only when its user has approved of it, and asks nobody else."""

from __future__ import annotations

import pytest

from harness.wallet.holdings import Holdings, NothingReceived


def test_nothing_is_kept_before_the_user_has_approved() -> None:
    held: Holdings[str] = Holdings()
    held.received("one", "two")
    assert not held.stored
    assert held.waiting == ("one", "two")
    assert held.confirm() == ("one", "two")
    assert held.stored + held.waiting == ("one", "two")


def test_what_the_user_declines_is_forgotten() -> None:
    held: Holdings[str] = Holdings()
    held.received("kept")
    held.confirm()
    held.received("unwanted")
    assert held.decline() == ("unwanted",)
    assert held.stored + held.waiting == ("kept",)


@pytest.mark.parametrize("answer", ["confirm", "decline"])
def test_the_user_is_asked_of_something_only(answer: str) -> None:
    held: Holdings[str] = Holdings()
    with pytest.raises(NothingReceived, match="no credential waits"):
        getattr(held, answer)()
    held.received("one")
    getattr(held, answer)()
    with pytest.raises(NothingReceived):
        getattr(held, answer)()
