"""The pages of the portal: plain forms, no scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNAUTHORIZED = 401


@dataclass
class Page:
    """A page before it is written: what it says, and what can be done on it."""

    name: str
    heading: str
    said: str = ""
    """Paragraphs, in HTML."""
    actions: str = ""
    """Lists, forms and links, in HTML."""
    status: int = 200
    signed_in: bool = True

    def text(self) -> str:
        """Write the page."""
        leave = (
            '<form method="post" action="/sign-out"><button class="link">Sign out</button></form>'
            if self.signed_in
            else ""
        )
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{html.escape(self.heading)} - Staff portal</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
</head>
<body>
<main>
<h1>{html.escape(self.heading)}</h1>
{self.said}
{self.actions}
</main>
<footer>{leave}</footer>
</body>
</html>
"""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every page."""
        return dict(_HEADERS)


@dataclass
class Row:
    """A credential in the list."""

    template: str
    status: str
    offered: bool = True
    """Whether it can be downloaded."""


@dataclass
class Listed:
    """The list before it is written, with the names of all templates there are."""

    rows: list[Row]
    applicable: bool
    templates: Sequence[str] = field(default_factory=tuple)


@dataclass
class Preview:
    """What is to be downloaded, before it is shown."""

    values: dict[str, str]


def title(template: str) -> str:
    """Give the name of a template as people read it."""
    return _HUMP.sub(" ", template).capitalize()


def status(downloaded_at: float | None) -> str:
    """Say whether a credential has been downloaded; the time is in seconds since the epoch."""
    if downloaded_at is None:
        return "Not downloaded"
    day = datetime.fromtimestamp(downloaded_at, UTC)
    return f"Downloaded on {day.day} {day:%B %Y}"


def sign_in(complaint: str | None = None) -> Page:
    """The page on which an employee signs in."""
    said = f'<p role="alert">{html.escape(complaint)}</p>' if complaint else ""
    form = """<form method="post" action="/sign-in">
<p><label>User name <input name="username" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<p><button>Sign in</button></p>
</form>"""
    return Page("sign-in", "Sign in", said, form, _UNAUTHORIZED if complaint else 200, signed_in=False)


def credentials(listed: Listed) -> Page:
    """The list of what can be downloaded."""
    if not listed.rows:
        said = "<p>The Digital Staff Passport does not apply to you. There is nothing to download.</p>"
        return Page("credentials", "Your credentials", said)
    rows = "\n".join(
        f"""<tr>
<th scope="row">{html.escape(title(row.template))}</th>
<td>{html.escape(row.status)}</td>
<td>{_download(row.template) if row.offered else ""}</td>
</tr>"""
        for row in listed.rows
    )
    table = f"""<table>
<thead><tr><th scope="col">Credential</th><th scope="col">Status</th><th scope="col">Action</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""
    said = "<p>You can download these credentials to your digital wallet.</p>"
    return Page("credentials", "Your credentials", said, table)


def _download(template: str) -> str:
    return f"""<form method="post" action="/credentials">
<input type="hidden" name="credential" value="{html.escape(template)}">
<button aria-label="Download {html.escape(title(template))}">Download</button>
</form>"""


def delete_first(template: str) -> Page:
    """The prompt to delete what is in the wallet already."""
    said = (
        f"<p>You have already downloaded your {html.escape(title(template))} credential. Before you download it "
        "again, delete the old one from your digital wallet.</p>"
    )
    return Page("delete-first", "Delete the old credential first", said, _button("/delete-first", "Continue"))


def preview(template: str, shown: Preview) -> Page:
    """The exact information, to be confirmed."""
    items = "\n".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in shown.values.items()
    )
    said = f"""<p>This goes into your wallet as your {html.escape(title(template))} credential:</p>
<dl>
{items}
</dl>"""
    return Page("preview", "Check your information", said, _button("/check", "Confirm"))


def verify() -> Page:
    """The page before the identity is verified."""
    said = "<p>Before you download a credential, share your identity credential from your digital wallet.</p>"
    return Page("verify", "Verify your identity", said, _button("/verify", "Verify your identity"))


def verified() -> Page:
    """The page after it was, with the download."""
    said = "<p>We have compared your identity credential with our records. They match.</p>"
    return Page("verified", "Your identity has been verified", said, _button("/download", "Download credential"))


def not_verified(why: str) -> Page:
    """The page after an identity was not shared or not the employee's."""
    said = f'<p role="alert">{html.escape(why)} Nothing has been downloaded.</p>'
    return Page("not-verified", "Your identity could not be verified", said, _TRY_AGAIN + _BACK)


def downloaded(template: str) -> Page:
    """The page after a credential was added to the wallet."""
    said = f"<p>Your {html.escape(title(template))} credential is now in your digital wallet.</p>"
    return Page("downloaded", "Credential downloaded", said, _BACK)


def cancelled() -> Page:
    """The page after it was not."""
    return Page("cancelled", "Download cancelled", "<p>Nothing was added to your digital wallet.</p>", _BACK)


def not_added() -> Page:
    """The page after the gateway could not bring it there."""
    said = "<p>The credential gateway could not add the credential to your digital wallet.</p>"
    return Page("cancelled", "Download cancelled", said, _BACK)


def error(why: str, http_status: int) -> Page:
    """The page for everything else."""
    return Page("error", "Something went wrong", f'<p role="alert">{html.escape(why)}</p>', _BACK, http_status)


_BACK = '<p><a href="/credentials">Your credentials</a></p>'
_TRY_AGAIN = '<p><a href="/verify">Try again</a></p>\n'


def _button(action: str, label: str) -> str:
    return f'<form method="post" action="{action}"><button>{html.escape(label)}</button></form>'
