"""The formats of the credentials that the reference issuer makes: one module each.

A module gives what the metadata say of its format, and drafts of credentials, which pass the seam that its
``DOCUMENT`` names before they are signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from harness.reference import sd_jwt_vc
from harness.reference.context import Context


class Draft(Protocol):
    """A credential before it is signed."""

    def signed(self) -> Any:
        """Sign and serialize: give the value of ``credential`` in a Credential Response."""


class Format(Protocol):
    """What a module for one format has."""

    DOCUMENT: str
    """Name of the seam its drafts pass."""

    def described(self, context: Context, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give the members of the configuration that belong to the format (OpenID4VCI appendix A)."""

    def draft(self, context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> Draft:
        """Build a credential, bound to ``holder_key`` where there is one."""


FORMATS: Mapping[str, Format] = {"dc+sd-jwt": sd_jwt_vc}


def described(context: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the members of a configuration that belong to its format."""
    return FORMATS[data["format"]].described(context, data)
