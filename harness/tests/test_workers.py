"""What the workers of a distributed run saw of the issuer is put together."""

from __future__ import annotations

from typing import Any

from harness.model import Json
from harness.redaction import Redactor
from harness.transport import Recorder
from harness.workers import Workers

LABELS = ["first", "second"]


def context(label: str) -> dict[str, Json]:
    """What a worker tells that went through one scenario alone."""
    signer = {"credentials": [label], "algorithm": "ES256"}
    seen: dict[str, Any] = {part: {label: part} for part in ("offers", "credentials", "statuses")}
    issuer = {"metadata": {}, "authorization_servers": {}, "signers": [signer], **seen}
    return {"issuer": issuer, "labels": LABELS, "waited_s": 1.5}


def test_what_each_worker_saw_is_in_the_report() -> None:
    workers = Workers(Recorder(Redactor()))
    assert workers.context is None
    workers.take_context("gw10", context("second"))
    workers.take_context("gw2", context("first"))
    merged = workers.context
    assert merged is not None
    assert merged["waited_s"] == 3.0
    for part in ("offers", "credentials", "statuses"):
        assert list(merged["issuer"][part]) == LABELS
    assert merged["issuer"]["signers"] == [{"credentials": LABELS, "algorithm": "ES256"}]
