"""What the headers of signatures and encryptions have in common (RFC 7515 section 4, RFC 7516 section 4).

Problems:

- ``header-type``: a registered header parameter has another JSON type than its definition gives it.
- ``crit-malformed``: ``crit`` is no non-empty array of unique names that stand in the header and that RFC 7515,
  RFC 7516 and RFC 7518 do not define (RFC 7515 section 4.1.11, RFC 7516 section 4.1.13).
- ``crit-not-understood``: ``crit`` names an extension; none is understood here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.formats.problems import Problem, json_type, shown
from harness.formats.strict_json import pointer
from harness.model import Json

_SHARED_TYPES: dict[str, type] = {
    "alg": str,
    "jku": str,
    "jwk": dict,
    "kid": str,
    "x5u": str,
    "x5c": list,
    "x5t": str,
    "x5t#S256": str,
    "typ": str,
    "cty": str,
}
"""Header parameters that RFC 7515 section 4.1 and RFC 7516 section 4.1 define alike, with their JSON types."""

ENCRYPTION_TYPES: dict[str, type] = {
    "enc": str,
    "zip": str,
    "epk": dict,
    "apu": str,
    "apv": str,
    "iv": str,
    "tag": str,
    "p2s": str,
    "p2c": int,
}
"""Header parameters of a JWE alone, with their JSON types (RFC 7516 section 4.1, RFC 7518 sections 4.6 to 4.8)."""

_NEVER_CRITICAL = frozenset({*_SHARED_TYPES, *ENCRYPTION_TYPES, "crit"})


def type_problems(header: Mapping[str, Json], own: Mapping[str, type] | None = None) -> Iterator[Problem]:
    """Give a ``header-type`` problem for each parameter that has another JSON type than its definition gives it.

    Args:
        header: the header.
        own: parameters with their JSON types besides those that every JOSE header may have.

    """
    for name, expected in {**_SHARED_TYPES, **(own or {})}.items():
        if name in header and not isinstance(header[name], expected):
            yield Problem("header-type", f"{name} is {json_type(header[name])}", f"header{pointer(name)}")


def critical_problems(header: Mapping[str, Json]) -> Iterator[Problem]:
    """Give the problem of a ``crit`` parameter: ``crit-malformed``, or else ``crit-not-understood``."""
    if "crit" not in header:
        return
    crit = header["crit"]
    well_formed = (
        isinstance(crit, list)
        and bool(crit)
        and all(isinstance(name, str) and name in header and name not in _NEVER_CRITICAL for name in crit)
        and len(set(crit)) == len(crit)
    )
    if well_formed:
        yield Problem("crit-not-understood", f"crit names {shown(crit)}", "header/crit")
    else:
        detail = "crit is no non-empty array of unique names of extensions in the header"
        yield Problem("crit-malformed", detail, "header/crit")
