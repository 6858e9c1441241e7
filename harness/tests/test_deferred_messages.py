"""What deferred issuance and notifications read from answers, and what they send."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from harness.transport import Reply
from harness.wallet import credential, deferred, notification


def reply(body: Any, status: int = 202) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(1, "POST", "https://issuer.test/credential", status, httpx.Headers(), content)


def test_a_deferred_answer_is_read() -> None:
    answer = reply({"transaction_id": "8xLO", "interval": 5})
    assert (deferred.transaction_id(answer), deferred.interval(answer)) == ("8xLO", 5.0)
    assert credential.carries_credential(answer)


@pytest.mark.parametrize("value", [None, "", 5, ["x"], {"id": "x"}])
def test_a_transaction_id_is_a_string(value: Any) -> None:
    assert deferred.transaction_id(reply({"transaction_id": value})) is None


@pytest.mark.parametrize(
    ("body", "status", "defers"),
    [
        ({"transaction_id": "x"}, 202, True),
        ({"transaction_id": "x"}, 200, True),
        ({}, 202, True),
        ({"credentials": []}, 200, False),
        ({"credentials": []}, 202, False),
        ({"credentials": [], "transaction_id": "x"}, 202, True),
        ({"credentials": [], "transaction_id": "x"}, 200, False),
        ({"transaction_id": "x"}, 400, False),
        ({}, 200, False),
    ],
)
def test_whether_an_answer_defers_shows_also_where_it_is_wrong(body: Any, status: int, defers: bool) -> None:
    answer = reply(body, status)
    assert deferred.defers(answer) is defers
    assert (deferred.transaction_id(answer) == "x") is (defers and "transaction_id" in body)


@pytest.mark.parametrize(("value", "seconds"), [(5, 5.0), (0.5, 0.5), (86_400, 86_400.0)])
def test_an_interval_is_a_number_of_seconds(value: Any, seconds: float) -> None:
    assert deferred.interval(reply({"interval": value})) == seconds


@pytest.mark.parametrize("value", [None, 0, -1, "5", True, [5]])
def test_an_interval_is_positive(value: Any) -> None:
    assert deferred.interval(reply({"interval": value})) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_an_answer_without_an_object_holds_nothing(body: bytes) -> None:
    answer = reply(body)
    assert deferred.transaction_id(answer) is None
    assert deferred.interval(answer) is None
    assert notification.notification_id(answer) is None


def test_a_refusal_hands_nothing_on() -> None:
    answer = reply({"transaction_id": "x", "interval": 5, "notification_id": "y"}, 400)
    assert deferred.transaction_id(answer) is None
    assert deferred.interval(answer) is None
    assert notification.notification_id(answer) is None


def test_a_notification_id_is_a_string() -> None:
    assert notification.notification_id(reply({"notification_id": "3fwe98js"}, 200)) == "3fwe98js"
    for value in (None, "", 5, ["x"]):
        assert notification.notification_id(reply({"notification_id": value}, 200)) is None


def test_a_notification_says_what_happened() -> None:
    assert notification.body("3fwe98js", "credential_accepted") == {
        "notification_id": "3fwe98js",
        "event": "credential_accepted",
    }
    assert notification.body("x", "credential_failure", description="no room")["event_description"] == "no room"


@pytest.mark.parametrize("kind", ["jwt", "attestation", "di_vp"])
def test_proofs_stand_under_the_name_of_their_type(kind: str) -> None:
    proofs: list[Any] = [{"type": ["VerifiablePresentation"]}] if kind == "di_vp" else ["a.b.c"]
    body = credential.body(configuration_id="a", proofs=proofs, proof_type=kind)
    assert body == {"credential_configuration_id": "a", "proofs": {kind: proofs}}
    assert "proofs" not in credential.body(configuration_id="a", proof_type=kind)
