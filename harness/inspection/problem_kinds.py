"""What the readers of ``harness.formats`` say of their kinds of problems, and the clause behind each.

The docstring of a reader lists its kinds, ``- ``kind``: what it means (clause).``; this is where they are read.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType

from harness.formats.problems import Problem
from harness.inspection.inspection import Complaint
from harness.inspection.values import scrubbed

_SPECIFICATIONS = {
    "harness.formats.mdoc": "ISO/IEC 18013-5:2021",
    "harness.formats.document_signer": "ISO/IEC 18013-5:2021",
    "harness.formats.mobile_security_object": "ISO/IEC 18013-5:2021",
    "harness.formats.cbor": "RFC 8949",
    "harness.formats.vcdm": "VC Data Model",
    "harness.formats.jwt_vc": "VC JOSE COSE",
    "harness.formats.data_integrity": "Data Integrity 1.0",
    "harness.formats.sd_jwt_vc": "SD-JWT VC draft 11",
    "harness.formats.type_metadata": "SD-JWT VC draft 11",
    "harness.formats.did_document": "Decentralized Identifiers 1.0",
    "harness.formats.status_list": "Token Status List draft 12",
    "harness.formats.status_list_token": "Token Status List draft 12",
    "harness.formats.cwt": "RFC 8392",
}
"""Reader to the specification that it means by a bare number."""
_ENTRY = re.compile(
    r"^- (?P<kinds>``[a-z0-9-]+``(?:,\s+``[a-z0-9-]+``)*): (?P<text>.*?)(?=^- |\n\n|\Z)", re.M | re.S
)
_CLAUSE = re.compile(r"\(([^()]*[0-9][^()]*)\)[.;]?\s*")


def complaint(problem: Problem, *readers: str) -> Complaint:
    """Make a complaint of a problem.

    Args:
        problem: what a reader found.
        readers: names of modules below ``harness``, whose words count first.

    """
    return Complaint(
        problem.kind, scrubbed(problem.detail), pointer=problem.pointer, clause=_clause(problem.kind, readers)
    )


def _clause(kind: str, readers: tuple[str, ...]) -> str:
    for module in (*(f"harness.{name}" for name in readers), *_modules()):
        found = _entries(module).get(kind)
        if found is not None:
            return found
    return ""


@cache
def _modules() -> tuple[str, ...]:
    package = importlib.import_module("harness.formats")
    return tuple(sorted(f"harness.formats.{info.name}" for info in pkgutil.iter_modules(package.__path__)))


@cache
def _entries(module: str) -> dict[str, str]:
    """Give the kinds a module lists, each with the clause in brackets behind it."""
    loaded: ModuleType = importlib.import_module(module)
    found: dict[str, str] = {}
    for entry in _ENTRY.finditer(loaded.__doc__ or ""):
        clauses = _CLAUSE.findall(" ".join(entry["text"].split()))
        clause = clauses[-1] if clauses else ""
        bare = re.sub(r"^sections? ", "", clause)
        if bare[:1].isdigit() and module in _SPECIFICATIONS:
            clause = f"{_SPECIFICATIONS[module]}, {bare}"
        for kind in re.findall(r"``([a-z0-9-]+)``", entry["kinds"]):
            found.setdefault(kind, clause)
    return found
