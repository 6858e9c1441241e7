"""What drafts 13 to 15 ask of authorization details (section 5.1.1, and appendices A and B.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.reference.drafts import formats, requests
from harness.reference.rules import Rule, rule, tolerance

if TYPE_CHECKING:
    from harness.reference.authorization_rules import AuthorizationRequest

_INVALID = "invalid_authorization_details"
_REQUIRED = {"vc+sd-jwt": "vct", "dc+sd-jwt": "vct", "mso_mdoc": "doctype"}
"""Format to the member that it asks for; those of the W3C ask for ``type`` in ``credential_definition``."""


def _details(request: AuthorizationRequest) -> list[dict[str, Any]]:
    return [item for item in request.sent_details or [] if isinstance(item, dict)]


def _definition(item: dict[str, Any]) -> dict[str, Any]:
    found = item.get("credential_definition")
    return found if isinstance(found, dict) else {}


@rule("draft-authorization.named-once", _INVALID)
def named_once(request: AuthorizationRequest) -> str | None:
    """An authorization detail has only one of credential_configuration_id and format."""
    if any({"credential_configuration_id", "format"} <= item.keys() for item in _details(request)):
        return "An authorization detail has credential_configuration_id and format."
    return None


@rule("draft-authorization.type-present", _INVALID)
def type_present(request: AuthorizationRequest) -> str | None:
    """An authorization detail by format has what its format asks for."""
    for item in _details(request):
        if "format" not in item:
            continue
        asked = _REQUIRED.get(item["format"]) if isinstance(item["format"], str) else None
        if (item["format"] in formats.W3C and "type" not in _definition(item)) or (asked and asked not in item):
            return "What goes with the format of an authorization detail is missing."
    return None


@rule("draft-authorization.claims-object", _INVALID)
def claims_object(request: AuthorizationRequest) -> str | None:
    """The claims of an authorization detail are a JSON object (drafts 13 and 14)."""
    for item in _details(request):
        wishes = (item.get("claims", {}), _definition(item).get("credentialSubject", {}))
        if not all(isinstance(wish, dict) for wish in wishes):
            return "The claims of an authorization detail are no JSON object."
    return None


@rule("draft-authorization.claims-array", _INVALID)
def claims_array(request: AuthorizationRequest) -> str | None:
    """The claims of an authorization detail are an array of claims descriptions (draft 15)."""
    for item in _details(request):
        wish = item.get("claims", [])
        if not isinstance(wish, list) or not all(isinstance(claim, dict) for claim in wish):
            return "The claims of an authorization detail are no array of claims descriptions."
    return None


@tolerance("draft-authorization.by-format")
def by_format(request: AuthorizationRequest) -> bool:
    """An authorization detail may name the credential by format and what goes with it."""
    named = (item for item in _details(request) if "format" in item)
    return any(requests.named(item, request.context) is not None for item in named)


OBJECTS: tuple[Rule[Any], ...] = (named_once, type_present, claims_object)
"""Of drafts 13 and 14."""
ARRAYS: tuple[Rule[Any], ...] = (named_once, type_present, claims_array)
"""Of draft 15."""
