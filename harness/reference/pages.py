"""The HTML pages of the Authorization Server: sign-in, consent, and errors that cannot go to the wallet."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, field

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What keeps other sites from using the pages (RFC 9700 sections 4.2 and 4.16)."""


@dataclass
class Page:
    """A page before it is written."""

    text: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(_HEADERS))


def login(token: str, *, complaint: str | None = None) -> Page:
    """The page on which the user signs in; ``token`` comes back with the form."""
    said = f'<p role="alert">{html.escape(complaint)}</p>' if complaint else ""
    return _page(
        "Sign in",
        f"""{said}
<form method="post" action="login">
{_hidden(token)}
<p><label>User name <input name="username" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<p><button name="decision" value="sign-in">Sign in</button>
<button name="decision" value="cancel">Cancel</button></p>
</form>
<p>The one user of this test issuer is <code>erika</code> with the password <code>test</code>.</p>""",
        401 if complaint else 200,
    )


def consent(token: str, configurations: Iterable[str]) -> Page:
    """The page on which the user lets the wallet have credentials; ``token`` comes back with the form."""
    names = "".join(f"<li>{html.escape(name)}</li>" for name in configurations)
    return _page(
        "Consent",
        f"""<p>Your wallet asks for:</p>
<ul>{names}</ul>
<form method="post" action="consent">
{_hidden(token)}
<p><button name="decision" value="allow">Allow</button>
<button name="decision" value="cancel">Cancel</button></p>
</form>""",
    )


def error(complaint: str, redirect_uri: str | None = None, *, status: int = 400) -> Page:
    """The page for a request that cannot be answered to the wallet at ``redirect_uri``."""
    place = f"<p>Your wallet waits at <code>{html.escape(redirect_uri)}</code>.</p>" if redirect_uri else ""
    return _page("This does not work", f'<p role="alert">{html.escape(complaint)}</p>{place}', status)


def _hidden(token: str) -> str:
    return f'<input type="hidden" name="token" value="{html.escape(token)}">'


def _page(title: str, content: str, status: int = 200) -> Page:
    text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)} - Assay reference issuer</title>
<h1>{html.escape(title)}</h1>
{content}
</html>
"""
    return Page(text, status)
