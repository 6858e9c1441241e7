"""The page on which a developer steers the provider."""

from __future__ import annotations

import html
from itertools import groupby, islice

from harness.one_login import pages
from harness.one_login.context import Context
from harness.one_login.injectable import INJECTABLE
from harness.one_login.keys import STEPS
from harness.one_login.request_log import Received, RequestLog

_SHOWN = 50
"""The latest requests that the page lists."""
_PLACES = {
    "authorize": "Errors of the sign-in",
    "id_token": "Errors of the ID token",
    "userinfo": "Errors of the user information",
    "core_identity": "Errors of the core identity",
    "logout": "Errors of logout tokens",
}
_STEPS = {
    "publish": "Publish new keys",
    "use": "Sign with the new keys",
    "retire": "Take the old keys away",
}


def write(context: Context, log: RequestLog) -> str:
    """Write the page."""
    mode = "on a page" if context.interactive else "at once, without a page"
    return pages.page(
        "Assay One Login",
        f"""<p class="note">This is a test service. It is not GOV.UK One Login. Users sign in {mode}.</p>
<form method="post" action="assay">
{pages.who("Who signs in next?", context.people.values(), context.next_person)}
{_identity(context)}
{_errors(context)}
<button name="do" value="apply">Apply</button>
<button name="do" value="log-out" class="secondary">Log this user out everywhere</button>
</form>
<h2>Keys</h2>
<form method="post" action="assay">
{" ".join(_button(step, _STEPS[step]) for step in STEPS)}
</form>
{_requests(log)}""",
    )


def _identity(context: Context) -> str:
    yes, no = (" checked", "") if context.identity.proven else ("", " checked")
    codes = html.escape(" ".join(context.identity.return_codes))
    return f"""<fieldset><legend>Where a service asks for identity</legend>
<div class="choice"><input type="radio" name="proven" id="proven-yes" value="yes"{yes}>
<label for="proven-yes">it is proven</label></div>
<div class="choice"><input type="radio" name="proven" id="proven-no" value="no"{no}>
<label for="proven-no">it is not proven</label></div>
<div><label for="return-codes">Return codes, letters with spaces between</label><br>
<input id="return-codes" name="return_codes" value="{codes}"></div></fieldset>"""


def _errors(context: Context) -> str:
    groups = groupby(INJECTABLE.values(), key=lambda one: one.place)
    return "\n".join(
        f"<details{' open' if any(one.name in context.injected for one in errors) else ''}>"
        f'<summary>{_PLACES[place]}</summary><fieldset><legend class="hidden">{_PLACES[place]}</legend>'
        + "\n".join(_error(one.name, one.effect, one.name in context.injected) for one in errors)
        + "</fieldset></details>"
        for place, errors in ((place, tuple(group)) for place, group in groups)
    )


def _error(name: str, effect: str, on: bool) -> str:
    checked = " checked" if on else ""
    return f"""<div class="choice"><input type="checkbox" name="error" id="{name}" value="{name}"{checked}>
<label for="{name}"><code>{name}</code>: {html.escape(effect.removeprefix("(+) "))}</label></div>"""


def _requests(log: RequestLog) -> str:
    rows = "\n".join(_row(received) for received in islice(reversed(list(log)), _SHOWN))
    return f"""<h2>Requests</h2>
<p><a href="assay/requests">All of them as JSON</a></p>
<form method="post" action="assay">{_button("clear", "Forget all requests")}</form>
<table><caption>The latest requests, newest first</caption>
<thead><tr><th scope="col">Number</th><th scope="col">Endpoint</th><th scope="col">Status</th>
<th scope="col">User</th><th scope="col">What was wrong</th></tr></thead>
<tbody>{rows}</tbody></table>"""


def _row(received: Received) -> str:
    cells = (
        received.endpoint,
        str(received.status),
        received.person or "",
        received.because or received.error or "",
    )
    shown = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{received.number}</th>{shown}</tr>'


def _button(value: str, label: str) -> str:
    return f'<button name="do" value="{value}" class="secondary">{label}</button>'
