"""The formats of the credentials that the reference issuer makes: one module each.

A module gives what the metadata say of its format, and drafts of credentials, which pass the seam that its
``DOCUMENT`` names before they are signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from harness.reference import jwt_vc, ldp_vc, mdoc, sd_jwt_vc
from harness.reference.context import Context


class Draft(Protocol):
    """A credential before it is signed."""

    def signed(self) -> Any:
        """Sign and serialize: give the value of ``credential`` in a Credential Response."""


@runtime_checkable
class Layered(Draft, Protocol):
    """A draft that is signed in several steps, each of which passes a seam."""

    def layers(self) -> Iterable[tuple[str, Any]]:
        """Give the name of the seam and the document of each step, which builds on what came of earlier ones."""


class Format(Protocol):
    """What a module for one format has."""

    DOCUMENT: str
    """Name of the seam its drafts pass."""

    def described(self, context: Context, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give the members of the configuration that belong to the format (OpenID4VCI appendix A)."""

    def draft(self, context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> Draft:
        """Build a credential, bound to ``holder_key`` where there is one."""


FORMATS: Mapping[str, Format] = {
    "dc+sd-jwt": sd_jwt_vc,
    "mso_mdoc": mdoc,
    "jwt_vc_json": jwt_vc,
    "jwt_vc_json-ld": jwt_vc,
    "ldp_vc": ldp_vc,
}


def described(context: Context, data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the members of a configuration that belong to its format."""
    return FORMATS[data["format"]].described(context, data)


def issued(
    context: Context,
    data: Mapping[str, Any],
    holder_key: Mapping[str, Any] | None,
    emit: Callable[[str, Any], None],
) -> Any:
    """Make a credential: give the value of ``credential`` in a Credential Response.

    Args:
        data: the configuration.
        emit: lets a draft pass the seam of this name.

    """
    made_by = FORMATS[data["format"]]
    draft = made_by.draft(context, data, holder_key)
    emit(made_by.DOCUMENT, draft)
    if isinstance(draft, Layered):
        for name, document in draft.layers():
            emit(name, document)
    return draft.signed()
