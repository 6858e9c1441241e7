"""The issuer as the wallet saw it, for the report: redacted JSON types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.evidence import Scenario
from harness.flow import Flow
from harness.formats import sd_jwt_vc
from harness.formats.problems import FormatError
from harness.model import Json
from harness.redaction import REDACTED, Redactor
from harness.wallet import credential
from harness.wallet.metadata import Issuer

_SHOWN_CLAIMS = frozenset(
    {"iss", "vct", "vct#integrity", "iat", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg", "..."}
)
"""Claims that steer processing; all others are personal and shown by name only."""


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
            and (shown := [readable(raw, redactor) for raw in credential.credentials(replies[-1])])
        },
    }


def readable(raw: Any, redactor: Redactor) -> Any:
    """Give an issued credential for a report: header and claims, personal values replaced by marks."""
    try:
        vc = sd_jwt_vc.read(raw)
    except (FormatError, TypeError, AttributeError):
        return {"unreadable": redactor.text(str(raw)[:200])}
    return {
        "header": vc.sd_jwt.jws.header,
        "claims": {
            name: value if name in _SHOWN_CLAIMS else _masked(value) for name, value in vc.sd_jwt.claims.items()
        },
        "disclosures": len(vc.sd_jwt.disclosures),
    }


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return REDACTED
