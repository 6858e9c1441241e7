"""Whether two names are the same, however they are written."""

from __future__ import annotations

import unicodedata

_UNDIVIDED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
"""Letters that Unicode does not take apart into a letter and a mark."""


def same_name(one: str, other: str) -> bool:
    """Whether two names differ at most in case, accents, hyphens, apostrophes and spaces; an empty one is none."""
    return bool(plain(one)) and plain(one) == plain(other)


def plain(name: str) -> str:
    """Give the letters of a name, in lower case and without accents."""
    return "".join(character for character in without_accents(name.casefold()) if character.isalnum())


def without_accents(name: str) -> str:
    """Give a name without the marks of its letters."""
    apart = unicodedata.normalize("NFKD", name.translate(_UNDIVIDED))
    return unicodedata.normalize("NFC", "".join(each for each in apart if not unicodedata.combining(each)))
