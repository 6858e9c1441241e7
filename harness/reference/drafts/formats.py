"""What drafts call credential formats, and the members that belong to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.reference import credential_formats

if TYPE_CHECKING:
    from harness.reference.context import Context

MEMBERS = frozenset({"format", "vct", "doctype", "credential_definition", "types"})
"""Members by which a request names a credential."""
W3C = ("jwt_vc_json", "jwt_vc_json-ld", "ldp_vc")


def name(format_: Any, context: Context) -> Any:
    """Give what the version calls a format of 1.0."""
    return context.wording.sd_jwt_vc if format_ == "dc+sd-jwt" else format_


def known(format_: Any, context: Context, data: Mapping[str, Any]) -> bool:
    """Whether a configuration has the format that a request names."""
    return bool(format_ == name(data["format"], context))


def asks_for(request: Mapping[str, Any], context: Context, data: Mapping[str, Any]) -> bool:
    """Whether a request names a configuration by its format and what goes with that.

    Args:
        data: the configuration.

    """
    if not known(request.get("format"), context, data):
        return False
    if data["format"] not in W3C:
        described = credential_formats.described(context, data)
        member = "doctype" if data["format"] == "mso_mdoc" else "vct"
        return bool(request.get(member) == described[member])
    return bool(_types(request) == credential_formats.described(context, data)["credential_definition"]["type"])


def _types(request: Mapping[str, Any]) -> Any:
    """Give the types that a request names: those of draft 11 are ``types``, and may stand by themselves."""
    definition = request.get("credential_definition")
    given = definition if isinstance(definition, dict) else {}
    return given.get("type", given.get("types", request.get("types")))
