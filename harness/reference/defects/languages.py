"""Faults of the languages of the metadata (OpenID4VCI 12.2.2)."""

from __future__ import annotations

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.languages import Languages


def _others(languages: Languages) -> list[str]:
    """Give the supported languages that are not shown; none where all are."""
    return [name for name in languages.supported if name not in languages.shown]


@fault("languages:not-asked-for")
def not_asked_for(languages: Languages, _: Context) -> None:
    """The metadata come in another language than was asked for, though the issuer has that."""
    if others := _others(languages):
        languages.shown = others
        languages.announced = others


@fault("languages:content-language-other")
def content_language_other(languages: Languages, _: Context) -> None:
    """The Content-Language names another language than that of the metadata."""
    if others := _others(languages):
        languages.announced = others


@fault("languages:content-language-missing")
def content_language_missing(languages: Languages, _: Context) -> None:
    """The metadata come in some of the languages, without Content-Language."""
    if _others(languages):
        languages.announced = []


@fault("languages:content-language-all")
def content_language_all(languages: Languages, _: Context) -> None:
    """The Content-Language names all languages, though the metadata come in some of them."""
    languages.announced = list(languages.supported)


@fault("languages:none-left")
def none_left(languages: Languages, _: Context) -> None:
    """For a language the issuer does not have, the metadata come without any display data."""
    if languages.asked is not None and len(languages.shown) == len(languages.supported):
        languages.shown = []
        languages.announced = []
