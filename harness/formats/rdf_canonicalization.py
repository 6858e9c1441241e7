"""RDF Dataset Canonicalization (RDFC-1.0) by PyLD, with what PyLD leaves out: bounds, SHA-384, and all escapes.

PyLD implements URDNA2015, which became RDFC-1.0 with one change: the canonical form of N-Quads escapes every
control character (RDF Dataset Canonicalization, section on the canonical form of N-Quads).

Importing this module loads PyLD, which takes a third of a second; ``json_ld`` does so when it is needed.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pyld.canon import URDNA2015
from pyld.identifier_issuer import IdentifierIssuer

from harness.formats.problems import FormatError

MAX_STEPS = 200_000
"""Identifiers that are issued or copied while blank nodes are told apart; some tenths of a second."""

_CONTROLS = {code: f"\\u{code:04X}" for code in (*range(0x08), 0x0B, *range(0x0E, 0x20), 0x7F)} | {
    0x08: "\\b",
    0x0C: "\\f",
}
"""Control characters that PyLD leaves as they are, and their escapes."""


class GraphTooComplex(FormatError):
    """Telling the blank nodes apart takes too long, as in a dataset that was made to take forever."""

    def __init__(self) -> None:
        super().__init__("graph-too-complex", f"its blank nodes cannot be told apart in {MAX_STEPS} steps")


def canonical_n_quads(dataset: dict[str, Any], hash_name: str) -> str:
    """Give the canonical form of a dataset.

    Args:
        dataset: as PyLD's ``to_rdf`` gives it; it is used up.
        hash_name: ``sha256`` or ``sha384``.

    Raises:
        GraphTooComplex: the dataset is beyond the limit.

    """
    text: str = _Canonicalizer(hash_name).main(dataset, {"format": "application/n-quads"})
    if not any(chr(code) in text for code in _CONTROLS):
        return text
    quads = text.split("\n")[:-1]  # a line feed in a literal is escaped, so that this ends quads only
    return "".join(f"{quad}\n" for quad in sorted(map(_escaped, quads)))


def _escaped(quad: str) -> str:
    return quad.translate(_CONTROLS)


class _Budget:
    """What is left of the steps."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise GraphTooComplex


class _CountedIssuer(IdentifierIssuer):  # type: ignore[misc]  # PyLD is untyped
    """An identifier issuer whose every use is counted."""

    def __init__(self, origin: IdentifierIssuer, budget: _Budget) -> None:
        budget.spend(1 + len(origin.order))
        super().__init__(origin.prefix)
        self.counter, self.existing, self.order = origin.counter, dict(origin.existing), list(origin.order)
        self._budget = budget

    def get_id(self, old: Any = None) -> Any:
        self._budget.spend()
        return super().get_id(old)

    def __deepcopy__(self, memo: Any) -> _CountedIssuer:
        return _CountedIssuer(self, self._budget)


class _Canonicalizer(URDNA2015):  # type: ignore[misc]  # PyLD is untyped
    """PyLD's algorithm, bounded, and with the hash function that is asked for."""

    def __init__(self, hash_name: str) -> None:
        super().__init__()
        self._hash_name = hash_name
        self._budget = _Budget(MAX_STEPS)

    def create_hash(self) -> Any:
        return hashlib.new(self._hash_name)

    def hash_nquads(self, nquads: list[str]) -> Any:
        return super().hash_nquads(sorted(map(_escaped, nquads)))

    def hash_n_degree_quads(self, id_: str, issuer: IdentifierIssuer) -> Any:
        self._budget.spend(len(self.blank_node_info[id_]["quads"]))
        counted = issuer if isinstance(issuer, _CountedIssuer) else _CountedIssuer(issuer, self._budget)
        return super().hash_n_degree_quads(id_, counted)
