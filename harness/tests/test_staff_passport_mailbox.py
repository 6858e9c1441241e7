"""The mail server of a run for the Staff Passport."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import pytest

from harness.staff_passport.mailbox import Mailbox, MailboxError, served


def written(to: str, subject: str = "Delete your credential") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "portal@example.com"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Please delete it.")
    return message


async def asleep(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_what_comes_by_smtp_is_found_by_its_recipient() -> None:
    mailbox = Mailbox()
    with served(mailbox, "127.0.0.1:0"):
        assert mailbox.address is not None
        host, _, port = mailbox.address.rpartition(":")

        def send() -> None:
            with smtplib.SMTP(host, int(port)) as server:
                server.send_message(written("Amara <amara@example.com>"))
                server.send_message(written("undisclosed@example.com"), to_addrs=["bjorn@example.com"])

        await asyncio.to_thread(send)
        found = await mailbox.message_to("AMARA@example.com", 1.0, sleep=asleep)
        hidden = await mailbox.message_to("bjorn@example.com", 1.0, sleep=asleep)
    assert found is not None
    assert found["Subject"] == "Delete your credential"
    assert found.get_content().strip() == "Please delete it."
    assert hidden is not None
    assert mailbox.address is None


async def test_only_what_came_afterwards_counts() -> None:
    mailbox = Mailbox()
    await mailbox.deliver(written("amara@example.com", "old"))
    before = len(mailbox.messages)
    assert await mailbox.message_to("amara@example.com", 1.0, after=before, sleep=asleep) is None
    await mailbox.deliver(written("amara@example.com", "new"))
    found = await mailbox.message_to("amara@example.com", 1.0, after=before, sleep=asleep)
    assert found is not None
    assert found["Subject"] == "new"


async def test_a_message_that_comes_late_is_waited_for() -> None:
    mailbox = Mailbox()
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            await mailbox.deliver(written("amara@example.com"))

    assert await mailbox.message_to("amara@example.com", 10.0, sleep=sleep) is not None
    assert len(waited) == 3


def test_a_port_that_is_taken_is_told() -> None:
    with served(first := Mailbox(), "127.0.0.1:0"):
        assert first.address is not None
        with pytest.raises(MailboxError, match="cannot be used"), served(Mailbox(), first.address):
            pass
