"""What a page asks of somebody who does not know the answer, and what in ``assay.toml`` would answer it."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Sequence

from harness.formats.html_forms import Field, Form
from harness.formats.html_page import Link, WebPage
from harness.journey.pages import place

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_MOST_NAMES = 12
_MOST_LINKS = 8


def forms_of(forms: Sequence[Form]) -> str:
    """Describe the forms of a page: fields with their kinds, and buttons."""
    what = " and ".join(_described(form) for form in forms[:3])
    return f"{len(forms)} forms: {what}" if len(forms) != 1 else f"a form with {what}"


def links_of(links: Sequence[Link]) -> str:
    """Describe links: their texts and where they lead."""
    shown = [f"{_quoted(link.text)} to {place(link.url)}" for link in links[:_MOST_LINKS]]
    return ", ".join(shown) + (", ..." if len(links) > _MOST_LINKS else "")


def what_it_is(page: WebPage) -> str:
    """Name a page by its title and headings."""
    said = [_quoted(text) for text in (page.title, *page.headings[:3]) if text]
    return f" ({', '.join(dict.fromkeys(said))})" if said else ""


def rule_for(forms: Sequence[Form], url: str) -> str:
    """Give the inline table that would answer the form that asks most."""
    form = max(forms, key=lambda form: len(open_fields(form)))
    # A user fills in what is empty, whether or not the page says that it is required.
    wanted: dict[str, str] = {}
    for item in form.fields:
        if item.name in open_fields(form) or not (item.value or item.kind == "hidden" or item.checkable):
            wanted.setdefault(item.name, _example(item))
    fields = ", ".join(f"{_key(name)} = {example}" for name, example in list(wanted.items())[:_MOST_NAMES])
    button = form.button()
    submit = f", submit = {_quoted(button.text or button.name or button.value)}" if button else ""
    return f"{{ url = {_pattern(url)}, fields = {{ {fields} }}{submit} }}"


def rule_to_follow(links: Sequence[Link], url: str) -> str:
    """Give the inline table that would follow a link of the page."""
    return f"{{ url = {_pattern(url)}, follow = {_quoted(links[0].text if links else '...')} }}"


def open_fields(form: Form) -> tuple[str, ...]:
    """Names of what a form waits for: what is required and empty, and choices none of which is made."""
    chosen = {item.name for item in form.fields if item.kind == "radio" and item.checked}
    choices = [item.name for item in form.fields if item.kind == "radio" and item.name not in chosen]
    return tuple(dict.fromkeys((*form.unanswered, *choices)))


def _described(form: Form) -> str:
    names: dict[str, str] = {}
    for item in form.fields:
        if item.kind == "radio":
            values = [_plain(other.value) for other in form.fields if other.name == item.name]
            names[item.name] = f"{item.name} (radio: {' | '.join(values[:_MOST_NAMES])})"
        elif item.kind != "hidden":
            names.setdefault(item.name, f"{item.name} ({item.kind})")
    more = ", ..." if len(names) > _MOST_NAMES else ""
    told = list(map(_plain, list(names.values())[:_MOST_NAMES]))
    fields = "fields " + ", ".join(told) + more if told else "no fields"
    buttons = [_quoted(button.text or button.name or button.value) for button in form.buttons]
    return f"{fields} and the buttons {', '.join(buttons[:_MOST_NAMES])}" if buttons else f"{fields} and no button"


def _pattern(url: str) -> str:
    return json.dumps(glob.escape(place(url)) + "*")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(_plain(name))


def _example(item: Field) -> str:
    if item.kind == "radio":
        return json.dumps(_plain(item.value))
    return {"password": '"${USER_PASSWORD}"', "checkbox": '"on"'}.get(item.kind, '"..."')


def _quoted(text: str) -> str:
    return json.dumps(_plain(text))


def _plain(text: str) -> str:
    return repr(text[:60])[1:-1]
