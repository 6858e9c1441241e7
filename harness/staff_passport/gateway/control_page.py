"""The page on which a developer is the wallet, and steers the gateway."""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from harness.staff_passport.gateway import pages
from harness.staff_passport.gateway.misbehaviours import MISBEHAVIOURS

if TYPE_CHECKING:
    from harness.staff_passport.gateway.provider import Gateway
    from harness.staff_passport.gateway.request_log import GatewayRequest
    from harness.staff_passport.gateway.wallet import Transaction

_SHOWN = 50
"""The latest requests that the page lists."""
_ACTIONS = {
    "share": "Share",
    "add": "Add",
    "decline": "Decline",
    "time-out": "Let it time out",
}


def write(gateway: Gateway, told: str = "") -> str:
    """Write the page.

    Args:
        told: what became of the last form.

    """
    return pages.page(
        "Wallet and gateway",
        f"""<p class="note">This is a test service. It is not the credential gateway of the NHS, and no wallet is
behind it: here you are the wallet.</p>
{f'<p role="status">{html.escape(told)}</p>' if told else ""}
{_transactions(gateway)}
{_identity(gateway)}
{_credentials(gateway)}
{_misbehaviours(gateway)}
{_requests(gateway)}""",
    )


def tried(gateway: Gateway, serial: str) -> str:
    """Try to share a credential, and say what became of it."""
    outcome = "was shared" if gateway.share(serial) else "could not be shared"
    return f"Credential {serial} {outcome}."


def _transactions(gateway: Gateway) -> str:
    waiting = "\n".join(map(_transaction, gateway.wallet.open))
    return f"""<h2>QR codes that wait for the wallet</h2>
{waiting or "<p>None. Send a browser to the gateway, and load this page again.</p>"}"""


def _transaction(one: Transaction) -> str:
    what = "asks for the identity credential" if one.mode == "verifying" else f"issues {one.template}"
    buttons = "\n".join(_button(action, _ACTIONS[action], action in {"share", "add"}) for action in one.actions)
    return f"""<section><h3>{html.escape(one.client.client_id)} {html.escape(what)}</h3>
<p><img src="{pages.picture(one.link)}" alt="QR code of the link" class="small">
<code>{html.escape(one.link)}</code></p>
{_values(one.attributes)}
<form method="post" action="./">
<input type="hidden" name="transaction" value="{html.escape(one.id)}">
{buttons}
</form></section>"""


def _values(values: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in values.items())
    return f"<dl>{rows}</dl>" if rows else ""


def _identity(gateway: Gateway) -> str:
    shared = gateway.wallet.identity
    chosen = next((name for name, one in gateway.employees.items() if one.identity == shared), "")
    choices = "\n".join(
        _choice("radio", "employee", name, f"{one.first_name} {one.surname}, {one.birth_date}", name == chosen)
        for name, one in gateway.employees.items()
    )
    typed = "\n".join(
        f"""<div class="typed"><label for="{name}">{label}</label><br>
<input id="{name}" name="{name}" value="{html.escape(getattr(shared, name) or "")}"></div>"""
        for name, label in (
            ("first_name", "First name"),
            ("surname", "Surname"),
            ("birth_date", "Date of birth, such as 1990-01-31"),
            ("unique_identifier", "Unique identifier"),
        )
    )
    return f"""<h2>Identity</h2>
<form method="post" action="./">
<fieldset><legend>Whose identity credential is in the wallet?</legend>
{choices}
{_choice("radio", "employee", "", "Somebody else:", not chosen)}
{typed}
</fieldset>
{_button("identity", "Use this identity")}
</form>"""


def _credentials(gateway: Gateway) -> str:
    rows = "\n".join(
        f"""<tr><th scope="row"><code>{html.escape(serial)}</code></th><td>{html.escape(issued.template)}</td>
<td>{"revoked" if serial in gateway.revoked else "valid"}</td>
<td><form method="post" action="./"><input type="hidden" name="serial_number" value="{html.escape(serial)}">
{_button("try-share", "Try to share", False)}</form></td></tr>"""
        for serial, issued in gateway.issued.items()
    )
    if not rows:
        return "<h2>Credentials</h2><p>None was issued so far.</p>"
    return f"""<h2>Credentials</h2>
<table><caption>Issued so far. To share one is what the employee does at the DSP employee portal.</caption>
<thead><tr><th scope="col">Serial number</th><th scope="col">Template</th><th scope="col">Status</th>
<th scope="col">Share</th></tr></thead>
<tbody>{rows}</tbody></table>"""


def _misbehaviours(gateway: Gateway) -> str:
    choices = "\n".join(
        _choice("checkbox", "misbehaviour", one.name, f"{one.name}: {one.effect}", one.name in gateway.misbehaving)
        for one in MISBEHAVIOURS.values()
    )
    opened = " open" if gateway.misbehaving else ""
    return f"""<h2>Misbehaviour</h2>
<form method="post" action="./">
<details{opened}><summary>What the gateway does wrong from now on</summary>
<fieldset><legend class="hidden">What the gateway does wrong from now on</legend>
{choices}</fieldset></details>
{_button("misbehave", "Apply")}
</form>"""


def _requests(gateway: Gateway) -> str:
    told = (request for request in reversed(list(gateway.log)) if not request.waiting)
    rows = "\n".join(map(_row, islice(told, _SHOWN)))
    return f"""<h2>Requests</h2>
<p><a href="log">All of them as JSON</a></p>
<form method="post" action="./">{_button("clear", "Forget all requests", False)}</form>
<table><caption>The latest requests, newest first</caption>
<thead><tr><th scope="col">Number</th><th scope="col">Endpoint</th><th scope="col">Mode</th>
<th scope="col">Status</th><th scope="col">What was wrong</th></tr></thead>
<tbody>{rows}</tbody></table>"""


def _row(request: GatewayRequest) -> str:
    cells = (request.endpoint, request.mode or "", str(request.status), request.because or "")
    shown = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{request.number}</th>{shown}</tr>'


def _choice(kind: str, name: str, value: str, label: str, on: bool) -> str:
    place = html.escape(f"{name}-{value or 'none'}")
    return f"""<div class="choice"><input type="{kind}" name="{name}" id="{place}" value="{html.escape(value)}"
{" checked" if on else ""}><label for="{place}">{html.escape(label)}</label></div>"""


def _button(value: str, label: str, first: bool = True) -> str:
    return f'<button name="do" value="{value}"{"" if first else " class=secondary"}>{html.escape(label)}</button>'
