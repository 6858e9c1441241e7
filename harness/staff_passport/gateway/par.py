"""The endpoint for pushed requests (RFC 9126)."""

from __future__ import annotations

from harness.reference import staff_passport_gateway as rules
from harness.reference.rules import Refusal
from harness.staff_passport.gateway import answers, requesting
from harness.staff_passport.gateway.core import Answer, Core, Exchange, Pushed
from harness.staff_passport.gateway.wallet import ISSUING

PREFIX = "urn:ietf:params:oauth:request_uri:"
_CREATED = 201


async def par(core: Core, exchange: Exchange) -> Answer:
    """Take a pushed request."""
    mode, name = requesting.look(core, exchange)
    if "par-unavailable" in core.misbehaving:
        return answers.problem(exchange, "temporarily_unavailable", "The gateway is made unavailable.", 503)
    if "par-refused" in core.misbehaving:
        return answers.problem(exchange, "invalid_client", "The gateway is made to refuse.", 401)
    client_id = exchange.parameters.get("client_id")
    try:
        unsound = core.judge.uphold(rules.PAR_CLIENT, rules.Call(exchange.parameters, core.client(client_id)))
        client = core.client_or_any(client_id)
        exchange.client_id = client.client_id
        unsound |= core.judge.uphold(
            rules.PAR, requesting.wish(core, exchange, client, mode, name), unsound=unsound
        )
        if mode == ISSUING:
            core.judge.uphold(rules.HINT, requesting.hinted(core, exchange, client, name), unsound=unsound)
    except Refusal as refusal:
        return answers.refused(exchange, refusal)
    seconds = core.ways.request_seconds
    pushed = Pushed(requesting.asked(core, exchange, client, mode, name), core.clock() + seconds)
    request_uri = f"{PREFIX}{core.secret()}"
    core.pushed.put(request_uri, pushed)
    core.latest_pushed = pushed
    return answers.json({"request_uri": request_uri, "expires_in": seconds}, _CREATED)
