"""The ``WWW-Authenticate`` header field: challenges as RFC 9110 section 11.6.1 spells them.

Errors, all :class:`ChallengeError`:

- ``challenge-malformed``: a field value does not follow the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.formats.problems import FormatError, shown

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED = r'"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\t -\x7e\x80-\xff])*+"'
"""Octets beyond ASCII, which HTTP allows here, come as whatever characters they were decoded to."""
_END = r"(?=[ \t]*(?:,|$))"
_SEPARATOR = re.compile(r"[ \t,]*+")
_SCHEME = re.compile(rf"(?P<scheme>{_TOKEN})(?: ++|{_END})")
_TOKEN68 = re.compile(rf"(?P<token68>[A-Za-z0-9._~+/-]++=*+){_END}")
_PARAMETER = re.compile(rf"(?P<name>{_TOKEN})[ \t]*=[ \t]*(?:(?P<token>{_TOKEN})|(?P<quoted>{_QUOTED})){_END}")
_QUOTED_PAIR = re.compile(r"\\(.)")


class ChallengeError(FormatError):
    """A field value is no list of challenges."""


@dataclass(frozen=True)
class Challenge:
    """One way to authenticate that a server names."""

    scheme: str
    """As spelled; case does not matter (RFC 9110 section 11.1)."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Names in lower case and values without quotes, in their order, repetitions included."""

    def values(self, name: str) -> list[str]:
        """Give every value of a parameter."""
        return [value for known, value in self.parameters if known == name]


def read(fields: Iterable[str]) -> tuple[Challenge, ...]:
    """Read the challenges of all ``WWW-Authenticate`` fields of a response.

    A ``token68`` in place of parameters is passed over, since no scheme of OAuth has one.

    Raises:
        ChallengeError: a field value does not follow the grammar.

    """
    return tuple(challenge for field in fields for challenge in _challenges(field))


def _challenges(field: str) -> list[Challenge]:
    found: list[Challenge] = []
    position = _after(_SEPARATOR.match(field))
    while position < len(field):
        parameter = _PARAMETER.match(field, position) if found else None
        if parameter:
            found[-1] = Challenge(found[-1].scheme, (*found[-1].parameters, _parameter(parameter)))
            end = parameter.end()
        else:
            scheme = _SCHEME.match(field, position)
            if scheme is None:
                raise ChallengeError("challenge-malformed", f"{shown(field)} is no list of challenges")
            found.append(Challenge(scheme["scheme"]))
            end = scheme.end()
            if not _PARAMETER.match(field, end):
                token68 = _TOKEN68.match(field, end)
                end = token68.end() if token68 else end
        position = _after(_SEPARATOR.match(field, end))
    return found


def _parameter(match: re.Match[str]) -> tuple[str, str]:
    value = match["token"] if match["quoted"] is None else _QUOTED_PAIR.sub(r"\1", match["quoted"][1:-1])
    return match["name"].lower(), value


def _after(match: re.Match[str] | None) -> int:
    assert match is not None  # the separator matches nothing, too
    return match.end()
