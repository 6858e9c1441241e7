"""On which variants of the sample portal a fault is tried, and which faults no check looks for."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Any

DEFAULT = "staff-passport"
_VARIANTS: dict[str, tuple[str, ...]] = {}
"""Pattern of fault ids to the variants that have what the fault spoils; the first that fits counts."""
UNPROVEN: dict[str, str] = {
    # How a portal signs in and verifies
    "dsp-authorization:challenge-missing": "nothing demands PKCE",
    "dsp-authorization:nonce-*": "nothing demands a nonce in the authorization code flow",
    "accepts:dsp-id-token.wellformed": "nothing can be compared with an ID Token that cannot be read",
    "misreports:dsp-visit.signed-in": "how a portal asks to sign in is its own business, and nobody could sign in",
    "misreports:dsp-download.verified": "what a portal shows to whom skips a page is its own business",
    "misreports:dsp-callback.state": "what a portal shows to whom was lured back to it is its own business",
    "misreports:dsp-id-token.*": "what a portal shows when the gateway errs is its own business",
    "misreports:dsp-identity.unique-identifier": "no source tells what a portal shows then",
    "rejects:dsp-identity.*": "how names are compared is the portal's own business",
    # What a portal issues and revokes
    "dsp-par:nonce-missing": "a nonce is optional in the authorization code flow",
    "dsp-hint:early": "no source tells that the gateway reads nbf",
    "dsp-revocation:template-scope": "one of the public clients names the scope, too",
    "misreports:dsp-download.confirmed": "what a portal shows instead is its own business",
    "misreports:dsp-issued.serial-number": "no source tells what a portal shows then",
    # The gateway
    "misreports:dsp-gateway-par.[!c]*": "how a gateway refuses is not documented, but for 4xx and an error",
    "misreports:dsp-gateway-revocation.*": "how a gateway refuses a revocation is not documented",
    "*:dsp-gateway-*.once": "what becomes of repeated parameters differs between servers",
    "*:dsp-gateway-*.response-mode": "no source tells of another response mode",
    "accepts:dsp-gateway-par.hint-attributes": "the attributes of a template are not public",
    "*:dsp-gateway-authorize.response-type": "nothing else can come of the request",
    "*:dsp-gateway-authorize.scope": "which templates can be asked for is not public",
    "*:dsp-gateway-authorize.pushed": "one version of the gateway has to be pushed to, the other one not",
    "*:dsp-gateway-revocation.serial-known": "what a gateway does with an unknown serial number is not documented",
    "*:dsp-gateway-revocation.template": "public clients name the template in two ways",
    "*:dsp-gateway-token.code-fresh": "a code may live for ten minutes (RFC 6749 section 4.1.2)",
    "*:dsp-gateway-token.grant-type": "there is no other grant to be mistaken for",
    "*:dsp-gateway-token.verifier": "whether a gateway knows PKCE is not documented",
}
"""Fault id, or a pattern of them, to the reason why no check looks for it."""

SCHEMA = Path(__file__).parent / "staff_passport_schema.toml"
"""A data schema such as a team would give; the one of the Staff Passport is not public."""
OPTIONS: dict[str, dict[str, Any]] = {"": {}, "schema": {"schema": SCHEMA}}
"""Further settings of a run, by name."""
_SETTINGS: dict[str, str] = {
    "dsp-hint:attribute*": "schema",
    "dsp-hint:unique-identifier-missing": "schema",
}
"""Pattern of fault ids to the name of the settings with which such a fault is tried."""


def settings_for(fault: str) -> str:
    """The name of the settings with which a fault is tried."""
    return next((name for pattern, name in _SETTINGS.items() if fnmatch.fnmatchcase(fault, pattern)), "")


def variants_for(fault: str) -> tuple[str, ...]:
    """The variants on which a fault is tried."""
    for pattern, variants in _VARIANTS.items():
        if fnmatch.fnmatchcase(fault, pattern):
            return variants
    return (DEFAULT,)


def unproven(fault: str) -> bool:
    """Whether it is known that no check looks for a fault."""
    return any(fnmatch.fnmatchcase(fault, pattern) for pattern in UNPROVEN)
