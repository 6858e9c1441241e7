"""The authorization endpoint, the page with the QR code, and the way back to the external system."""

from __future__ import annotations

from dataclasses import dataclass

from harness.reference import staff_passport_gateway as rules
from harness.reference.rules import Refusal
from harness.staff_passport.gateway import answers, pages, requesting
from harness.staff_passport.gateway.core import V1, Answer, Code, Core, Exchange
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.wallet import (
    ACCEPTS,
    ISSUING,
    VERIFYING,
    Asked,
    Issued,
    Transaction,
    guid,
)
from harness.staff_passport.templates import IDENTITY

QR_PATH = "/qr"
WITHOUT_PUSHING = "/oidc/authorizev1"
"""Where V1 takes requests that were not pushed; in verifying mode only."""


@dataclass
class Shown:
    """The page with a QR code, before it is written."""

    link: str
    """What the QR code says."""
    html: str | None = None
    """The page, where it is another one than that with the QR code."""
    picture: bool = True


@dataclass
class Return:
    """How a browser is sent back, before the URL is made."""

    uri: str
    parameters: dict[str, str | None]


async def authorize(core: Core, exchange: Exchange) -> Answer:
    """Begin with a browser (RFC 6749 section 4.1.1)."""
    client_id = exchange.parameters.get("client_id")
    try:
        unsound = core.judge.uphold(
            rules.AUTHORIZE_CLIENT, rules.Call(exchange.parameters, core.client(client_id))
        )
        client = core.client_or_any(client_id)
        exchange.client_id = client.client_id
        if "request_uri" in exchange.parameters:
            asked = _referenced(core, exchange, client, unsound)
            return _begun(core, exchange, asked)
        return _direct(core, exchange, client, unsound)
    except Refusal as refusal:
        return answers.page_of(exchange, refusal)


async def page(core: Core, exchange: Exchange) -> Answer:
    """Show the QR code until the wallet has acted, and send the browser back then."""
    transaction = core.wallet.find(exchange.path.rpartition("/")[2])
    if transaction is None:
        exchange.because = "there is no such QR code"
        return answers.page(pages.problem("There is no QR code here. Go back and start again."), 404)
    exchange.mode, exchange.client_id = transaction.mode, transaction.client.client_id
    if transaction.location is None and transaction.ends_at <= core.clock():
        core.wallet.act(transaction.id, "time-out")
    elif transaction.location is None and transaction.was_shown and transaction.planned:
        core.wallet.act(transaction.id, transaction.planned)
    if transaction.location is not None:
        return answers.redirect(transaction.location)
    transaction.was_shown = True
    title = "Share your identity" if transaction.mode == VERIFYING else "Add your credential"
    shown = Shown(transaction.link)
    core.defects.emit("dsp-gateway-qr", shown)
    text = pages.qr_code(shown.link, title, picture_shown=shown.picture) if shown.html is None else shown.html
    return answers.page(text)


def settled(core: Core, transaction: Transaction, action: str) -> str:
    """End a transaction after an action of the wallet; give where the browser is sent to."""
    asked = transaction.asked
    if action == "decline":
        return _returned(core, asked, error="access_denied", error_description="user cancelled")
    if action != ACCEPTS[asked.mode]:
        return _returned(core, asked, error="access_denied", error_description="the QR code has expired")
    if "redirect-error" in core.misbehaving:
        return _returned(core, asked, error="server_error", error_description="the gateway is made to fail")
    claims = _issued(core, asked) if asked.mode == ISSUING else _shared(core, asked)
    if claims is None:
        return _returned(core, asked, error="access_denied", error_description="the credential cannot be shared")
    code = Code(asked, core.clock() + core.ways.code_seconds, claims)
    secret = core.secret()
    core.codes.put(secret, code)
    core.latest_code = code
    return _returned(core, asked, code=None if "code-missing" in core.misbehaving else secret)


def _referenced(core: Core, exchange: Exchange, client: ExternalSystem, unsound: frozenset[str]) -> Asked:
    pushed = core.pushed.get(exchange.parameters["request_uri"])
    reference = rules.Reference(
        client=client,
        owner=pushed.asked.client if pushed else None,
        ends_at=pushed.ends_at if pushed else 0,
        used=pushed.used if pushed else False,
        now=core.clock(),
    )
    core.judge.uphold(rules.REFERENCE, reference, unsound=unsound)
    pushed = pushed or core.latest_pushed
    if pushed is None:
        raise Refusal(400, "invalid_request_uri", "Nothing was pushed so far.")
    pushed.used = True
    return pushed.asked


def _direct(core: Core, exchange: Exchange, client: ExternalSystem, unsound: frozenset[str]) -> Answer:
    """Judge a request that stands in the URL.

    Raises:
        Refusal: it is not known where the browser can be sent.

    """
    mode, name = requesting.look(core, exchange)
    elsewhere = exchange.path != WITHOUT_PUSHING
    demanded = exchange.version is V1 and (elsewhere or mode == ISSUING)
    wish = requesting.wish(core, exchange, client, mode, name, demanded=demanded)
    unsound |= core.judge.uphold(rules.DIRECT_TO_PAGE, wish, unsound=unsound)
    asked = requesting.asked(core, exchange, client, mode, name)
    try:
        unsound |= core.judge.uphold(rules.DIRECT, wish, unsound=unsound)
        if mode == ISSUING:
            core.judge.uphold(rules.HINT, requesting.hinted(core, exchange, client, name), unsound=unsound)
    except Refusal as refusal:
        exchange.error, exchange.because = refusal.error, refusal.description
        location = _returned(core, asked, error=refusal.error, error_description=refusal.description)
        return answers.redirect(location)
    return _begun(core, exchange, asked)


def _begun(core: Core, exchange: Exchange, asked: Asked) -> Answer:
    exchange.mode = asked.mode
    identifier = core.secret()
    link = f"openid-vc://?request_uri={core.base_url}/sim/wallet/{identifier}"
    core.wallet.shown(identifier, asked, link, core.clock() + core.ways.page_seconds)
    return answers.redirect(f"{core.base_url}{QR_PATH}/{identifier}")


def _shared(core: Core, asked: Asked) -> dict[str, str] | None:
    """Give what the wallet shares, by the names of the ID token; ``None`` where that fails."""
    if asked.template == IDENTITY:
        values = core.identity_claims(core.wallet.identity)
    else:
        held = [one for one in core.wallet.holds if one.template == asked.template]
        if not held or not core.share(held[-1].serial):
            return None
        values = dict(held[-1].attributes)
    return {f"{asked.template}.{name}": value for name, value in values.items()}


def _issued(core: Core, asked: Asked) -> dict[str, str]:
    """Issue a credential into the wallet, and give what the ID token says of it."""
    # A chosen serial number that is taken already would hide the other credential.
    taken = asked.serial is None or asked.serial in core.issued
    serial = guid(core.random_bytes(16)) if taken else str(asked.serial)
    core.keep(Issued(serial, asked.template, asked.attributes, asked.client, core.clock()))
    return {} if "no-serial-number" in core.misbehaving else {"SerialNumber": serial}


def _returned(core: Core, asked: Asked, **answer: str | None) -> str:
    """Give where the browser is sent back to (RFC 6749 sections 4.1.2 and 4.1.2.1)."""
    state = asked.state
    if "state-altered" in core.misbehaving:
        state = "the-state-of-another-browser"
    if "state-missing" in core.misbehaving:
        state = None
    draft = Return(asked.redirect_uri, {**answer, "state": state})
    core.defects.emit("dsp-gateway-return", draft)
    return answers.with_query(draft.uri, draft.parameters)
