"""The endpoint at which external systems revoke credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.reference import staff_passport_gateway as rules
from harness.reference.rules import Refusal
from harness.staff_passport.gateway import answers
from harness.staff_passport.gateway.core import Answer, Core, Exchange


@dataclass
class Revocation:
    """A revocation before it happens."""

    serial: str
    status: int
    again: bool
    """Whether it was revoked before."""
    happens: bool = True


async def revocation(core: Core, exchange: Exchange) -> Answer:
    """Revoke a credential, for good: a second time changes nothing."""
    given = exchange.json
    if not isinstance(given, Mapping):
        return answers.problem(exchange, "invalid_request", "The body is no JSON object.")
    client_id, serial = given.get("client_id"), given.get("SerialNumber")
    issued = core.issued.get(serial) if isinstance(serial, str) else None
    try:
        unsound = core.judge.uphold(rules.REVOCATION_CLIENT, rules.Call(given, core.client(client_id)))
        client = core.client_or_any(client_id)
        exchange.client_id = client.client_id
        if "revocation-unavailable" in core.misbehaving:
            return answers.problem(exchange, "temporarily_unavailable", "The gateway is made unavailable.", 503)
        revoking = rules.Revoking(
            json=given,
            client=client,
            owner=issued.client if issued else None,
            template=issued.template if issued else None,
        )
        core.judge.uphold(rules.REVOCATION, revoking, unsound=unsound)
    except Refusal as refusal:
        return answers.refused(exchange, refusal)
    named = issued.serial if issued else ""
    draft = Revocation(named, core.ways.revocation_status, named in core.revoked)
    core.defects.emit("dsp-gateway-revoking", draft)
    if draft.happens and draft.serial:
        core.revoked.add(draft.serial)
    return Answer(draft.status, None, {"Cache-Control": "no-store"})
