"""A hook of the team's that is told a page and answers what is done there.

It is told ``url``, ``title``, ``heading`` (the first one) and ``page``: a JSON object with ``url``, ``title``,
``headings``, ``forms`` (each with ``fields`` and ``buttons``) and ``links``. It answers with a word or with a JSON
object:

- ``default``: do what would be done without the rule, or by the next one
- ``stop``: the way ends here
- ``{"action": "submit", "fields": {...}, "submit": "Continue"}``: send the form with these fields and this button
- ``{"action": "follow", "follow": "Add document"}``: follow the link with this text
- ``{"action": "open", "url": "https://..."}``: open this URL
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness import hooks
from harness.formats.html_forms import Form
from harness.formats.html_page import WebPage
from harness.hooks import HookError, HookFailed
from harness.settings import FormRule, HookSettings

_MOST = 20
"""Forms, fields of a form, and links that a hook is told of; a program's environment has little room."""
_LONGEST = 300


@dataclass(frozen=True)
class Told:
    """What a hook says: a rule for this page only, or a URL to open."""

    rule: FormRule
    open: str | None = None


async def ask(hook: HookSettings, page: WebPage) -> Told | None:
    """Ask a hook what is done on a page; ``None``: what would be done without it.

    Raises:
        HookError: the hook gave no usable answer.

    """
    parameters = {
        "url": page.url,
        "title": page.title,
        "heading": page.headings[0] if page.headings else None,
        "page": json.dumps(described(page), ensure_ascii=False),
    }
    answer = await hooks.call(hook, parameters, wants=("action", "fields", "submit", "follow", "url"))
    if answer["action"].startswith("{"):
        answer = _typed(hook, answer["action"])
    action = answer.get("action")
    if action == "default":
        return None
    match action:
        case "stop":
            return Told(FormRule("*", stop=True))
        case "submit":
            return Told(FormRule("*", _fields(hook, answer.get("fields")), answer.get("submit")))
        case "follow" if "follow" in answer:
            return Told(FormRule("*", follow=answer["follow"]))
        case "open" if "url" in answer:
            return Told(FormRule("*"), answer["url"])
    raise HookFailed(
        f'hook "{hook.name}" ({hook.kind}): the action has to be default, stop, submit, follow (with "follow") or '
        'open (with "url")'
    )


def described(page: WebPage) -> dict[str, Any]:
    """Give what a hook is told of a page; values that a page filled in are left out."""
    return {
        "url": page.url,
        "title": page.title,
        "headings": list(page.headings[:_MOST]),
        "forms": [_form(form) for form in page.forms[:_MOST]],
        "links": [{"text": link.text, "url": link.url[:_LONGEST]} for link in page.links[:_MOST]],
    }


def _form(form: Form) -> dict[str, Any]:
    return {
        "action": form.action[:_LONGEST],
        "method": form.method,
        "fields": [
            {
                "name": item.name,
                "kind": item.kind,
                "required": item.required,
                **({"value": item.value[:_LONGEST]} if item.checkable else {}),
                **({"options": [value[:_LONGEST] for value, _ in item.options[:_MOST]]} if item.options else {}),
            }
            for item in form.fields[:_MOST]
        ],
        "buttons": [{"name": b.name, "value": b.value[:_LONGEST], "text": b.text} for b in form.buttons[:_MOST]],
    }


def _typed(hook: HookSettings, text: str) -> Mapping[str, str]:
    """Read the JSON that a person typed."""
    try:
        answer = json.loads(text)
    except ValueError:
        raise HookFailed(f'hook "{hook.name}" ({hook.kind}): what was entered is no JSON') from None
    return {name: item if isinstance(item, str) else json.dumps(item) for name, item in answer.items()}


def _fields(hook: HookSettings, text: str | None) -> Mapping[str, str]:
    try:
        fields = json.loads(text or "{}")
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise HookFailed(f'hook "{hook.name}" ({hook.kind}): "fields" has to be an object of strings')
    return fields


__all__ = ["HookError", "Told", "ask", "described"]
