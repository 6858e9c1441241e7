"""Texts with language and direction in W3C credentials: Verifiable Credentials Data Model 2.0 section 11.1.

Problems:

- ``language-value``: an object has no ``@value`` that is a string.
- ``language-tag``: an object has no ``@language`` that is a tag of BCP 47.
- ``language-direction``: ``@direction`` is neither ``ltr`` nor ``rtl``.
- ``language-members``: an object has other members than these three.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.formats.problems import Problem, shown
from harness.formats.strict_json import pointer
from harness.formats.text import is_language_tag
from harness.model import Json

_MEMBERS = {"@value", "@language", "@direction"}


def is_text(value: Json) -> bool:
    """Say whether this is a string, a language value object, or an array of such objects, well-formed or not."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, (str, dict))


def problems(value: Json, place: str) -> Iterator[Problem]:
    """Judge the language value objects of a text.

    Args:
        value: the text, of which :func:`is_text` holds.
        place: JSON Pointer to it.

    """
    items = value if isinstance(value, list) else [value]
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        here = place + (pointer(index) if isinstance(value, list) else "")
        if not isinstance(item.get("@value"), str):
            yield Problem("language-value", "no @value that is a string", here)
        if not is_language_tag(item.get("@language")):
            yield Problem("language-tag", f"@language is {shown(item.get('@language'))}", here)
        if item.get("@direction", "ltr") not in ("ltr", "rtl"):
            yield Problem("language-direction", f"@direction is {shown(item['@direction'])}", here)
        others = [name for name in item if name not in _MEMBERS]
        if others:
            yield Problem("language-members", f"the object has {shown(others)}", here)
