"""What the credential configurations of a tenant say: a template for each credential, which only its issuer knows.

They come as a JSON file in the shape in which the tenant's API shows them: an array of objects, an object with
that array in ``data``, or an object by id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.evidence import Blocked

_CLAIMS = "claims"
"""Where a mapping begins that takes the claims of the offer."""
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_DAYS = {"years": (365, 366), "months": (28, 31)}
"""Days of a unit, at least and at most."""


@dataclass(frozen=True)
class ElementMapping:
    """What one element of a mobile document is taken from."""

    namespace: str
    element: str
    source: str
    """``claims`` for those of the offer, and the name of the claims source otherwise."""
    claim: str
    required: bool

    @property
    def offered(self) -> bool:
        """Whether the value comes with the offer."""
        return self.source == _CLAIMS

    @property
    def place(self) -> str:
        """Its namespace and name, for people."""
        return f"{self.namespace}/{self.element}"


@dataclass(frozen=True)
class Configuration:
    """One configuration of a mobile document."""

    id: str
    document: Mapping[str, Any]

    @property
    def mappings(self) -> tuple[ElementMapping, ...]:
        """What each element is taken from; elements whose mapping cannot be read are left out."""
        return tuple(self._mappings())

    def _mappings(self) -> Iterator[ElementMapping]:
        for namespace, elements in _object(self.document.get("claimMappings")).items():
            for element, told in _object(elements).items():
                path = _object(told).get("mapFrom")
                if isinstance(path, str) and "." in path:
                    source, _, claim = path.partition(".")
                    yield ElementMapping(namespace, element, source, claim, told.get("required") is True)

    @property
    def elements(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each element that the credential may have."""
        mappings = _object(self.document.get("claimMappings"))
        return frozenset((namespace, name) for namespace, names in mappings.items() for name in _object(names))

    @property
    def lifetime(self) -> tuple[int, int] | None:
        """How many seconds a credential lives, at least and at most; ``None``: nothing says it."""
        told = _object(self.document.get("expiresIn"))
        if not told or "validUntil" in self.document:
            return None
        least = most = 0
        for unit, number in told.items():
            if not isinstance(number, int) or unit not in {*_SECONDS, *_DAYS}:
                return None
            low, high = (_SECONDS[unit],) * 2 if unit in _SECONDS else (days * 86_400 for days in _DAYS[unit])
            least, most = least + number * low, most + number * high
        return least, most

    @property
    def revocable(self) -> bool | None:
        """Whether the credential has a status; ``None`` where it is not said."""
        told = self.document.get("includeStatus")
        return told if isinstance(told, bool) else None

    @property
    def branding(self) -> Mapping[str, Any]:
        """How the credential is to look in wallets."""
        return _object(self.document.get("branding"))

    @property
    def needs_source(self) -> bool:
        """Whether it takes a claim that it cannot be without from a claims source."""
        return any(each.required and not each.offered for each in self.mappings)


def read(path: Path) -> dict[str, Configuration]:
    """Read the configurations of a file, by id.

    Raises:
        Blocked: it cannot be read, or has none.

    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Blocked(f"mattr.configurations cannot be read: {error}") from error
    listed = document.get("data", document) if isinstance(document, dict) else document
    if isinstance(listed, dict):
        listed = [{"id": name, **_object(told)} for name, told in listed.items()]
    found = {told["id"]: Configuration(told["id"], told) for told in map(_object, _array(listed)) if _named(told)}
    if not found:
        raise Blocked("mattr.configurations has no configuration with an id")
    return found


def _named(told: Mapping[str, Any]) -> bool:
    return isinstance(told.get("id"), str)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
