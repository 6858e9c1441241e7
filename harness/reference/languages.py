"""Choosing the languages of the metadata (OpenID4VCI 12.2.2, RFC 4647, RFC 9110 section 12.5.4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from harness.reference.rules import tolerance


@dataclass
class Languages:
    """In which languages one metadata response is."""

    supported: Sequence[str]
    asked: str | None
    """The ``Accept-Language`` header."""
    shown: list[str]
    """Languages of the display data."""
    announced: list[str]
    """The ``Content-Language`` header; empty for none."""

    @classmethod
    def negotiated(cls, supported: Sequence[str], asked: str | None) -> Languages:
        """Show the best supported languages; all when none was asked for or none fits."""
        shown = _accepted(supported, asked) if asked is not None else []
        chosen = shown or list(supported)
        return cls(supported, asked, chosen, list(chosen))


@tolerance("metadata.other-language", status=406)
def other_language(languages: Languages) -> bool:
    """A wallet may ask for languages this issuer does not have."""
    return languages.asked is not None and not _accepted(languages.supported, languages.asked)


TOLERANCES = (other_language,)


def _accepted(supported: Sequence[str], asked: str) -> list[str]:
    """Give the supported languages that ``asked`` accepts, the most wanted ones first."""
    weights = {language: weight(language, asked) for language in supported}
    return sorted((language for language in supported if weights[language] > 0), key=lambda name: -weights[name])


def weight(language: str, asked: str) -> float:
    """Give how much ``Accept-Language`` wants a language: the weight of the longest range that matches it."""
    best, length = 0.0, -1
    for name, quality in weighted(asked):
        matches = name == "*" or f"{language.lower()}-".startswith(f"{name}-")
        if matches and len(name.strip("*")) > length:
            best, length = quality, len(name.strip("*"))
    return best


def weighted(header: str) -> list[tuple[str, float]]:
    """Read a header of weighted values, in lower case (RFC 9110 section 12.4.2); what is malformed is left out."""
    values = []
    for element in header.split(","):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            values.append((name, float(quality)))
        except ValueError:
            continue
    return values


def only_in(document: Any, languages: Collection[str]) -> Any:
    """Give a copy of a document in which every ``display`` has these languages only."""
    if isinstance(document, list):
        return [only_in(element, languages) for element in document]
    if not isinstance(document, dict):
        return document
    kept = {}
    for name, value in document.items():
        if name == "display" and isinstance(value, list):
            kept[name] = [entry for entry in value if _spoken(entry, languages)]
        else:
            kept[name] = only_in(value, languages)
    # An empty display is not allowed, an absent one is.
    return {name: value for name, value in kept.items() if name != "display" or value}


def _spoken(entry: Any, languages: Collection[str]) -> bool:
    return not isinstance(entry, dict) or entry.get("locale") is None or entry["locale"] in languages
