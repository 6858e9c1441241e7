"""The issuer as the wallet saw it, for the report: redacted JSON types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.certificates_as_seen import signers
from harness.credential_as_seen import readable
from harness.evidence import Scenario
from harness.flow import Flow
from harness.formats import credential as formats
from harness.formats.credential import Credential
from harness.formats.problems import FormatError
from harness.lifecycle.status import CredentialStatus, Entry
from harness.model import Json
from harness.redaction import Redactor
from harness.transport import Reply
from harness.wallet import credential
from harness.wallet.metadata import Issuer


def issuer_as_seen(
    issuer: Issuer,
    flows: Mapping[Scenario, Flow],
    statuses: Mapping[tuple[int, str], CredentialStatus],
    redactor: Redactor,
) -> dict[str, Json]:
    """Give metadata, offers, decoded credentials, who signed them and their status, as a run saw them.

    Args:
        flows: the shared flows by scenario.
        statuses: what is published about credentials, by the number of the exchange and the place in its answer
            that brought the credential.

    """
    issued = {scenario: raw for scenario, flow in flows.items() if (raw := _issued(flow))}
    formats_of = {scenario: _format(issuer, scenario) for scenario in issued}
    read = (
        (scenario.label, document)
        for scenario, raw in issued.items()
        for document in _documents(formats_of[scenario], raw)
    )
    return {
        "metadata": redactor.value(issuer.metadata),
        "authorization_servers": {server.identifier: redactor.value(server.metadata) for server in issuer.servers},
        "offers": {
            scenario.label: redactor.value(received.object)
            for scenario, flow in flows.items()
            if (received := flow.taken("offer")) is not None
        },
        "signers": redactor.value(signers(read)),
        "credentials": {
            scenario.label: [readable(formats_of[scenario], value, redactor) for value in raw]
            for scenario, raw in issued.items()
        },
        "statuses": {
            scenario.label: redactor.value(shown)
            for scenario, flow in flows.items()
            if (reply := _delivery(flow)) is not None and (shown := list(_statuses(reply, statuses)))
        },
    }


def _delivery(flow: Flow) -> Reply | None:
    """Give the answer that brought the credentials, or the last one that might have."""
    replies: list[Reply | None] = list(flow.taken("deferral") or [flow.taken("issuance")])
    return replies[-1]


def _issued(flow: Flow) -> list[Json]:
    """Give the credentials that a flow brought, as they came."""
    reply = _delivery(flow)
    return [] if reply is None else credential.credentials(reply, flow.tools.dialect)


def _format(issuer: Issuer, scenario: Scenario) -> Json:
    return issuer.configurations.get(scenario.configuration, {}).get("format")


def _documents(name: Json, issued: list[Json]) -> Iterator[Credential]:
    """Read the credentials that can be read."""
    for raw in issued:
        try:
            yield formats.read(name, raw)
        except (FormatError, TypeError, AttributeError):
            continue


def _statuses(reply: Reply, statuses: Mapping[tuple[int, str], CredentialStatus]) -> Iterator[dict[str, Any]]:
    """Give each entry in a status list of the credentials that came with an answer."""
    for (exchange, pointer), status in statuses.items():
        if exchange == reply.exchange:
            for entry in status.entries:
                yield {"pointer": pointer, **_shown(entry)}


def _shown(entry: Entry) -> dict[str, Any]:
    """Give one entry as far as something is known of it: where it is, what it says, and what its list is like."""
    reference, document = entry.reference, entry.document
    members = {
        "mechanism": reference.mechanism,
        "list": reference.uri,
        "index": reference.index,
        "identifier": None if reference.identifier is None else reference.identifier.hex(),
        "purpose": reference.purpose,
        "state": entry.state,
        "value": entry.value,
        "problem": entry.missing or None,
        "entries": document.size if document else None,
        "ttl": document.ttl if document else None,
    }
    return {name: value for name, value in members.items() if value is not None}
