"""The issuer as the wallet saw it, for the report: redacted JSON types."""

from __future__ import annotations

from collections.abc import Mapping

from harness.credential_as_seen import readable
from harness.evidence import Scenario
from harness.flow import Flow
from harness.model import Json
from harness.redaction import Redactor
from harness.transport import Reply
from harness.wallet import credential
from harness.wallet.metadata import Issuer


def issuer_as_seen(issuer: Issuer, flows: Mapping[Scenario, Flow], redactor: Redactor) -> dict[str, Json]:
    """Give metadata, offers and decoded credentials of a run.

    Args:
        flows: the shared flows by scenario.

    """
    return {
        "metadata": redactor.value(issuer.metadata),
        "authorization_servers": {server.identifier: redactor.value(server.metadata) for server in issuer.servers},
        "offers": {
            scenario.label: redactor.value(received.object)
            for scenario, flow in flows.items()
            if (received := flow.taken("offer")) is not None
        },
        "credentials": {
            scenario.label: shown
            for scenario, flow in flows.items()
            if (replies := flow.taken("deferral") or [flow.taken("issuance")])[-1] is not None
            and (shown := _credentials(issuer, scenario, replies[-1], redactor))
        },
    }


def _credentials(issuer: Issuer, scenario: Scenario, reply: Reply, redactor: Redactor) -> list[Json]:
    name = issuer.configurations.get(scenario.configuration, {}).get("format")
    return [readable(name, raw, redactor) for raw in credential.credentials(reply)]
