"""The pages of the web service: the page structure of GOV.UK, no scripts, English and Welsh."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from harness import qr_code

LANGUAGES = ("en", "cy")
_PIXELS = 3
"""Pixels of a page for each module of a QR code; the picture itself has one, which is quicker to make."""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))


@dataclass
class Page:
    """A page before it is written; ``said`` is what another service told, which no page repeats."""

    name: str
    text: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(_HEADERS))
    said: str = ""


@dataclass
class OfferShown:
    """How an offer is put on a page. Each is a link; ``None`` leaves that way out."""

    link: str | None
    code: str | None


class Pages:
    """The pages in one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._texts = _texts()[self.language]

    def plain(self, name: str, status: int = 200, *, signed_in: bool = False, said: str = "") -> Page:
        """A page with a title and a sentence or two."""
        return self._page(name, f'<p class="govuk-body">{self._said(f"{name}_text")}</p>', status, signed_in, said)

    def start(self) -> Page:
        """The first page of the service."""
        content = f"""<p class="govuk-body">{self._said("start_text")}</p>
<a class="govuk-button govuk-button--start" role="button" href="/documents">{self._said("start_button")}</a>"""
        return self._page("start", content)

    def documents(self, titles: Mapping[str, Mapping[str, str]], *, problem: bool = False) -> Page:
        """The page on which a document is chosen, by configuration."""
        choices = {name: title[self.language] for name, title in titles.items()}
        return self._question("documents", "/documents", "document", choices, problem=problem)

    def refresh(self, configuration: str, title: Mapping[str, str], *, problem: bool = False) -> Page:
        """The page that asks whether a document shall be updated."""
        choices = {"yes": self._texts["refresh_yes"], "no": self._texts["refresh_no"]}
        inset = f'<p class="govuk-body">{html.escape(title[self.language])}</p>'
        return self._question(
            "refresh", f"/refresh/{configuration}", "refresh", choices, problem=problem, before=inset
        )

    def offer(self, shown: OfferShown) -> Page:
        """The page with an offer, as a link and as a QR code."""
        content = f'<p class="govuk-body">{self._said("offer_text")}</p>\n'
        if shown.link is not None:
            content += (
                f'<p class="govuk-body"><a class="govuk-link" href="{html.escape(shown.link)}">'
                f"{self._said('offer_link')}</a></p>\n"
            )
        if shown.code is not None:
            code = qr_code.draw(shown.code)
            content += (
                f'<p><img id="qr-code" src="{code.url}" alt="{self._said("offer_qr")}"'
                f' width="{_PIXELS * code.size}" style="image-rendering: pixelated"></p>'
            )
        return self._page("offer", content, signed_in=True)

    def posted(self, action: str, fields: Mapping[str, str]) -> Page:
        """The page that sends the browser away with a form."""
        hidden = "\n".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        content = f"""<form method="post" action="{html.escape(action)}">
{hidden}
<button type="submit" class="govuk-button">{self._said("continue")}</button>
</form>"""
        return self._page("start", content)

    def _question(
        self,
        name: str,
        action: str,
        field_name: str,
        choices: Mapping[str, str],
        *,
        problem: bool,
        before: str = "",
    ) -> Page:
        summary = (
            f"""<div class="govuk-error-summary" role="alert"><ul class="govuk-error-summary__list">
<li><a href="#{field_name}-1">{self._said(f"{name}_problem")}</a></li></ul></div>\n"""
            if problem
            else ""
        )
        radios = "\n".join(
            f"""<div class="govuk-radios__item">
<input class="govuk-radios__input" id="{field_name}-{number}" name="{field_name}" type="radio" \
value="{html.escape(value)}">
<label class="govuk-label govuk-radios__label" for="{field_name}-{number}">{html.escape(said)}</label>
</div>"""
            for number, (value, said) in enumerate(choices.items(), 1)
        )
        content = f"""{summary}{before}
<form method="post" action="{html.escape(action)}" novalidate>
<fieldset class="govuk-fieldset">
<legend class="govuk-visually-hidden">{self._said(f"{name}_title")}</legend>
<div class="govuk-radios">
{radios}
</div>
</fieldset>
<button type="submit" class="govuk-button">{self._said("continue")}</button>
</form>"""
        return self._page(name, content, 400 if problem else 200, name == "documents")

    def _page(self, name: str, content: str, status: int = 200, signed_in: bool = False, said: str = "") -> Page:
        title = self._said(f"{name}_title")
        leave = f'<a class="govuk-header__link" href="/sign-out">{self._said("sign_out")}</a>' if signed_in else ""
        other, name_of_other = ("cy", "Cymraeg") if self.language == "en" else ("en", "English")
        text = f"""<!doctype html>
<html lang="{self.language}" class="govuk-template">
<head>
<meta charset="utf-8">
<title>{title} - {self._said("service")} - GOV.UK</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
</head>
<body class="govuk-template__body">
<a href="#main-content" class="govuk-skip-link">{self._said("skip")}</a>
<header class="govuk-header">
<a class="govuk-header__link" href="/">{self._said("service")}</a> {leave}
</header>
<div class="govuk-width-container">
<nav aria-label="Language / Iaith">
<a class="govuk-link" href="?lng={other}" hreflang="{other}" lang="{other}">{name_of_other}</a>
</nav>
<main class="govuk-main-wrapper" id="main-content">
<h1 class="govuk-heading-l">{title}</h1>
{content}
</main>
</div>
</body>
</html>
"""
        return Page(name, text, status, said=said)

    def _said(self, key: str) -> str:
        return html.escape(self._texts[key])


def accepted(value: Any) -> str | None:
    """Give a language that a browser asks for; ``None`` where it is not among the ones there are."""
    return value if value in LANGUAGES else None
