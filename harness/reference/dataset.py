"""What the reference issuer knows of its one user, and how that changes on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECTIONS = ("plain", "disclosed", "subject", "namespaces")
"""Members of a configuration's data that hold claims, by format."""
_AFTERWARDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("family_name", "family_name_unicode", "family_name_latin1"), ("Gabler", "Sommer", "Winter")),
    "member_number": ("4711-0816", "4711-0817", "4711-0818"),
}
"""Claim to the values that it has one after the other once something has changed; the last one comes before the
first one again."""


@dataclass
class Dataset:
    """What is known of the user; ``changes`` counts how often that has changed."""

    changes: int = 0

    def change(self) -> None:
        """Let the user have another name, for credentials that are issued from now on."""
        self.changes += 1

    def current(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give the data of a configuration with the claims as they are now."""
        if self.changes == 0:
            return dict(data)
        return {name: self._of(value) if name in _SECTIONS else value for name, value in data.items()}

    def _of(self, claims: Any) -> Any:
        if not isinstance(claims, dict):
            return claims
        return {name: self._value(name) or self._of(value) for name, value in claims.items()}

    def _value(self, claim: str) -> str | None:
        values = _AFTERWARDS.get(claim)
        return None if values is None else values[(self.changes - 1) % len(values)]
