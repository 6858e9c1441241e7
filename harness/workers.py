"""What the workers of a distributed run bring, put together as one process would have made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.model import CheckResult, Exchange, Finding, Json
from harness.transport import Recorder


class Workers:
    """Takes over results, exchanges and what was seen of the issuer.

    Args:
        recorder: gets the exchanges, with numbers of its own.

    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._numbers: dict[str, dict[int, int]] = {}
        self._contexts: dict[str, Mapping[str, Json]] = {}

    def take(self, worker: str, result: CheckResult, exchanges: Sequence[Exchange]) -> CheckResult:
        """Take over a result and the exchanges that were made since the last one of this worker.

        Returns:
            The result with the numbers that its exchanges have here.

        """
        numbers = self._numbers.setdefault(worker, {})
        for exchange in exchanges:
            numbers[exchange.number] = self._recorder.begin()
            self._recorder.end(replace(exchange, number=numbers[exchange.number]))

        def renumbered(finding: Finding) -> Finding:
            return replace(finding, exchange=numbers.get(finding.exchange) if finding.exchange else None)

        return replace(
            result,
            findings=tuple(renumbered(finding) for finding in result.findings),
            exchanges=tuple(numbers[number] for number in result.exchanges if number in numbers),
        )

    def take_context(self, worker: str, context: Mapping[str, Json]) -> None:
        """Take over what a worker saw of the issuer, as ``Run.context`` gave it."""
        self._contexts[worker] = context

    @property
    def context(self) -> dict[str, Json] | None:
        """What all workers saw; ``None`` when none has told so far."""
        told = [self._contexts[worker] for worker in sorted(self._contexts, key=_order)]
        if not told:
            return None
        issuers = [context["issuer"] for context in told if context["issuer"]]
        return {
            **told[0],
            "issuer": _merged(issuers, told[0]["labels"]) if issuers else {},
            "waited_s": sum(context["waited_s"] for context in told),
        }


def _merged(issuers: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    """Put together what :func:`harness.as_seen.issuer_as_seen` gave in several processes.

    Each saw the metadata; what was offered, issued and published of it was seen by those that went through
    a scenario.
    """
    merged: dict[str, Any] = dict(issuers[0])
    for part in ("offers", "credentials", "statuses"):
        seen: dict[str, Any] = {}
        for issuer in issuers:
            for label, value in issuer[part].items():
                seen.setdefault(label, value)
        merged[part] = {label: seen[label] for label in labels if label in seen}
    signers: dict[str, dict[str, Any]] = {}
    for signer in (signer for issuer in issuers for signer in issuer["signers"]):
        told = {name: value for name, value in signer.items() if name != "credentials"}
        entry = signers.setdefault(repr(told), {"credentials": [], **told})
        entry["credentials"] += [label for label in signer["credentials"] if label not in entry["credentials"]]
    for entry in signers.values():
        entry["credentials"].sort(key=labels.index)
    merged["signers"] = sorted(signers.values(), key=lambda entry: labels.index(entry["credentials"][0]))
    return merged


def _order(worker: str) -> tuple[int, str]:
    """Sort gw2 before gw10."""
    return len(worker), worker
