"""Reading the parameters of OAuth requests (RFC 6749 appendix B)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

Pairs = list[tuple[str, str]]

FORM = "application/x-www-form-urlencoded"
_MAX_PARAMETERS = 100


def parse(text: bytes) -> Pairs | None:
    """Give the parameters in their order; ``None`` when they cannot be read."""
    try:
        return parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:
        return None


def parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give the parameters by name; one without a value counts as left out (RFC 6749 section 3.1)."""
    return {name: value for name, value in pairs if value}


def repeated(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a parameter stands twice. RFC 8707 lets a client name several resources."""
    names = Counter(name for name, _ in pairs if name != "resource")
    return any(count > 1 for count in names.values())


def some_empty(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a parameter stands there without a value."""
    return any(value == "" for _, value in pairs)


def single(given: Mapping[str, str], pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """Give a parameter that must be unambiguous; ``None`` when it is missing or repeated."""
    return given.get(name) if sum(name == other for other, _ in pairs) == 1 else None
