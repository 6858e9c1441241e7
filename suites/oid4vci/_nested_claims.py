"""What drafts 11, 13 and 14 ask of the claims that they describe by nested objects, format by format."""

from __future__ import annotations

from typing import Any

RULES = ("object", "mandatory", "issued", "value_type", "display", "display_members", "languages", "order")
"""The rules, in the order in which each format has them: what has the claims is an object; ``mandatory`` is a
boolean; mandatory claims are issued; ``value_type`` is a string; ``display`` is an array of objects; these have a
``name`` and a ``locale``, and each another language; ``order`` is an array of names."""

_FIRST = {
    "VCID14": {
        "jwt_vc_json": ("A.1.1.2", 1),
        "jwt_vc_json-ld": ("A.1.2.2", 1),
        "ldp_vc": ("A.1.2.2", 1),
        "mso_mdoc": ("A.2.2", 2),
        "vc+sd-jwt": ("A.3.2", 1),
    },
    "VCI13": {
        "jwt_vc_json": ("A.1.1.2", 1),
        "jwt_vc_json-ld": ("A.1.2.2", 1),
        "ldp_vc": ("A.1.2.2", 1),
        "mso_mdoc": ("A.2.2", 1),
        "vc+sd-jwt": ("A.3.2", 1),
    },
    "VCI11": {
        "jwt_vc_json": ("E.1.1.2", 2),
        "jwt_vc_json-ld": ("E.1.3.2", 4),
        "ldp_vc": ("E.1.3.2", 4),
        "mso_mdoc": ("E.2.2", 1),
    },
}
"""Draft and format to the section and the number of the requirement with the first rule."""


def of_format(credential_format: Any, rule: str) -> tuple[str, ...]:
    """Give the requirements with a rule for a credential format; none for formats that the drafts do not define.

    Args:
        credential_format: value of ``format`` in a Credential Configuration.
        rule: one of ``RULES``.

    """
    found = [(prefix, firsts.get(str(credential_format))) for prefix, firsts in _FIRST.items()]
    return tuple(
        f"{prefix}-{first[0]}-{first[1] + RULES.index(rule):02}" for prefix, first in found if first is not None
    )


def of_all(*rules: str) -> list[str]:
    """Give the requirements with some rules for all formats, those of the later draft first."""
    found = {name for rule in rules for kind in _FIRST["VCI13"] for name in of_format(kind, rule)}
    drafts = list(_FIRST)
    return sorted(found, key=lambda name: (drafts.index(name.partition("-")[0]), name))
