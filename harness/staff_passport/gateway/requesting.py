"""What an authorization request asks for, pushed or not."""

from __future__ import annotations

from harness.reference import jwt
from harness.reference import staff_passport_gateway as rules
from harness.reference.encoding import json_text
from harness.staff_passport.gateway.core import Core, Exchange
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.request_log import Hint
from harness.staff_passport.gateway.wallet import ISSUING, VERIFYING, Asked

_ISSUE = "issue."


def look(core: Core, exchange: Exchange) -> tuple[str | None, str]:
    """Note mode and hint of a request, and give the mode with the name of the template.

    The scope chooses: ``issue.X`` issues X, and X alone asks for it.
    """
    words = exchange.parameters.get("scope", "").split()
    issued = [word.removeprefix(_ISSUE) for word in words if word.startswith(_ISSUE)]
    asked = [word for word in words if word in core.templates and not word.startswith(_ISSUE)]
    mode, names = (ISSUING, issued) if issued else (VERIFYING, asked) if asked else (None, [])
    exchange.mode = mode
    given = exchange.parameters.get("id_token_hint")
    client = core.client(exchange.parameters.get("client_id"))
    if (read := _jwt(given)) is not None:
        signed = client is not None and client.signed(read)
        exchange.hint = Hint(read.header, read.claims, signed, str(given))
    return mode, names[0] if len(names) == 1 else ""


def wish(
    core: Core, exchange: Exchange, client: ExternalSystem, mode: str | None, name: str, *, demanded: bool = False
) -> rules.Wish:
    """Put a request before the rules."""
    template = core.templates.get(name)
    known = bool(name) and (template is not None or core.ways.any_template)
    if mode == ISSUING and template is not None and template.verified:
        known = False
    return rules.Wish(exchange.parameters, client, exchange.repeated, mode, known, demanded)


def hinted(core: Core, exchange: Exchange, client: ExternalSystem, name: str) -> rules.Hinted:
    """Put the hint of a request before the rules."""
    template = core.templates.get(name)
    text = exchange.parameters.get("id_token_hint")
    return rules.Hinted(
        given=bool(text),
        jwt=_jwt(text),
        client=client,
        audiences=core.audiences(exchange.version),
        now=core.clock(),
        attributes=(*template.attributes, "UniqueIdentifier") if template and template.complete else None,
        identifier_required=core.ways.unique_identifier_required,
    )


def asked(core: Core, exchange: Exchange, client: ExternalSystem, mode: str | None, name: str) -> Asked:
    """Give what a request that was let through asks for."""
    given = exchange.parameters
    read = _jwt(given.get("id_token_hint")) if mode == ISSUING else None
    serial = read.text("SerialNumber") if read else None
    return Asked(
        client=client,
        mode=mode or VERIFYING,
        template=name,
        redirect_uri=given.get("redirect_uri", ""),
        scope=given.get("scope", ""),
        issuer=core.issuer(exchange.version),
        state=given.get("state"),
        nonce=given.get("nonce"),
        code_challenge=given.get("code_challenge"),
        challenge_method=given.get("code_challenge_method"),
        attributes={key: value for key, value in rules.attributes(read).items() if isinstance(value, str)},
        serial=serial or None,
    )


def _jwt(text: str | None) -> jwt.Jwt | None:
    """Read a JWT; ``None`` when it is not one, or has texts that no encoding has."""
    read = jwt.read(text)
    try:
        json_text([read.header, read.claims] if read else []).encode()
    except ValueError:
        return None
    return read
