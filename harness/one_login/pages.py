"""The pages of the provider. They work without scripts, with a keyboard and with a screen reader."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from harness.govuk.people import Person
from harness.one_login.authorization_request import AuthorizationRequest

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers apply it to the redirect that follows a form, which leads to the service.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    # Not "no-referrer": with it, browsers send no Origin that could be compared.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = """
body { font: 1.1875rem/1.4 system-ui, sans-serif; color: #0b0c0c; background: #fff; max-width: 50rem;
  margin: 0 auto; padding: 1rem; }
fieldset { border: 0; margin: 0 0 2rem; padding: 0; }
legend { font-size: 1.5rem; font-weight: 700; padding: 0; margin-bottom: .75rem; }
label { padding: .5rem 0; }
.choice { display: flex; align-items: center; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
summary { font-size: 1.5rem; margin-bottom: .75rem; cursor: pointer; }
input[type=radio], input[type=checkbox] { width: 1.5rem; height: 1.5rem; flex: none; margin: 0 .6rem 0 0; }
input { font: inherit; }
button { font: inherit; padding: .5rem 1rem; background: #00703c; color: #fff; border: 2px solid #0b0c0c;
  cursor: pointer; margin: 0 .75rem .75rem 0; }
button.secondary { background: #f3f2f1; color: #0b0c0c; }
a { color: #1d70b8; }
a:focus, button:focus, input:focus, summary:focus { outline: 3px solid #fd0; outline-offset: 2px;
  box-shadow: 0 0 0 5px #0b0c0c; }
.note { border-left: .5rem solid #1d70b8; padding-left: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 1rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #505a5f;
  vertical-align: top; }
code { overflow-wrap: anywhere; }
"""

_WORDS = {
    "en": {
        "title": "Sign in",
        "note": "This is a test service. It is not GOV.UK One Login.",
        "service": "You are signing in to",
        "who": "Who signs in?",
        "go": "Sign in",
        "cancel": "Cancel",
        "identity": "Your identity is proven at level",
    },
    "cy": {
        "title": "Mewngofnodi",
        "note": "Gwasanaeth prawf yw hwn. Nid GOV.UK One Login ydyw.",
        "service": "Rydych yn mewngofnodi i",
        "who": "Pwy sy’n mewngofnodi?",
        "go": "Mewngofnodi",
        "cancel": "Canslo",
        "identity": "Profir eich hunaniaeth ar lefel",
    },
}


def sign_in(journey: str, request: AuthorizationRequest, people: Mapping[str, Person], chosen: Person) -> str:
    """Write the page on which somebody signs in, in the language that was asked for."""
    words = _WORDS[request.language]
    identity = ""
    if request.vector.identity:
        identity = f"<p>{words['identity']} {html.escape(request.vector.confidence)}.</p>"
    return page(
        words["title"],
        f"""<p class="note">{words["note"]}</p>
<p>{words["service"]} <strong>{html.escape(request.client.client_id)}</strong>.</p>{identity}
<form method="post" action="sign-in">
<input type="hidden" name="journey" value="{html.escape(journey)}">
{who(words["who"], people.values(), chosen)}
<button name="decision" value="sign-in">{words["go"]}</button>
<button name="decision" value="cancel" class="secondary" formnovalidate>{words["cancel"]}</button>
</form>""",
        request.language,
    )


def who(legend: str, people: Iterable[Person], chosen: Person) -> str:
    """Write the choice of a user."""
    choices = "\n".join(
        f"""<div class="choice"><input type="radio" name="person" id="person-{html.escape(person.name)}" required
 value="{html.escape(person.name)}"{" checked" if person == chosen else ""}>
<label for="person-{html.escape(person.name)}">{html.escape(person.given_name)}
 {html.escape(person.family_name)} ({html.escape(person.email)})</label></div>"""
        for person in people
    )
    return f"<fieldset><legend>{html.escape(legend)}</legend>\n{choices}</fieldset>"


def nothing_under_way() -> str:
    """Write the page for a sign-in that is unknown or over."""
    return page("There is no sign-in under way", "<p>Go back to the service and start again.</p>")


def signed_out(problem: str | None) -> str:
    """Write the page of those who signed out."""
    told = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    return page("You have signed out", f"{told}<p>You are signed out of the bundled One Login.</p>")


def page(title: str, content: str, language: str = "en") -> str:
    """Write a page around its content."""
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)} - Assay One Login</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
{content}
</main>
</body>
</html>
"""
