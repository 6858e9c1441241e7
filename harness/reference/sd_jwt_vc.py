"""Credentials of the format ``dc+sd-jwt`` (SD-JWT VC, OpenID4VCI appendix A.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.reference import issuer_identity, keys, status, type_metadata
from harness.reference.context import Context
from harness.reference.lifetime import issued_at, lifetime
from harness.reference.sd_jwt import Concealer, Hidden, SdJwt

JsonObject = dict[str, Any]

DOCUMENT = "sd-jwt"


def described(context: Context, data: Mapping[str, Any]) -> JsonObject:
    """Give what the metadata say of the format (OpenID4VCI A.3.2)."""
    members: JsonObject = {"vct": type_metadata.identifier(context, data)}
    if context.variant.detail == "full":
        members["credential_signing_alg_values_supported"] = [context.variant.signing_algorithm]
    return members


def draft(context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> SdJwt:
    """Build a credential (SD-JWT VC section 3.2), bound to ``holder_key`` where there is one."""
    variant = context.variant
    key = keys.issuer_key(variant.signing_algorithm)
    header: JsonObject = {"alg": variant.signing_algorithm, "typ": "dc+sd-jwt"}
    vct = type_metadata.identifier(context, data)
    claims: JsonObject = {"vct": vct}
    header |= issuer_identity.header(context, key)
    if variant.key_mechanism != "x5c" or variant.detail == "full":
        claims["iss"] = issuer_identity.identifier(context, key)
    if variant.detail == "full":
        issued = issued_at(context)
        claims |= {"iat": issued, "nbf": issued, "exp": issued + lifetime(context)}
    if holder_key is not None:
        claims["cnf"] = {"jwk": dict(holder_key)}
    if (placed := status.claim(context, "dc+sd-jwt")) is not None:
        claims["status"] = placed
    if variant.type_metadata != "none" and variant.sd_jwt_vc == "draft-18":
        claims["aka_vcts"] = type_metadata.further(context)
    concealer = Concealer(variant.hash_name, context.random_bytes, decoys=2 if variant.disclosure == "rich" else 0)
    disclosed = _HIDING[variant.disclosure](data["disclosed"])
    payload = concealer.conceal({**claims, **data["plain"], **disclosed})
    if concealer.disclosures:
        payload["_sd_alg"] = variant.hash_name
    made = SdJwt(header, payload, concealer.disclosures, variant.hash_name, key)
    return made if variant.type_metadata == "none" else type_metadata.typed(context, vct, made)


def _hide_flat(claims: JsonObject) -> JsonObject:
    return {name: Hidden(value) for name, value in claims.items()}


def _hide_richly(claims: JsonObject) -> JsonObject:
    """Hide the address as a whole and in parts, other objects in parts, arrays element by element."""

    def hidden(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [Hidden(element) for element in value]
        if not isinstance(value, dict):
            return Hidden(value)
        parts = _hide_flat(value)
        return Hidden(parts) if name == "address" else parts

    return {name: hidden(name, value) for name, value in claims.items()}


_HIDING: dict[str, Callable[[JsonObject], JsonObject]] = {
    "none": lambda claims: claims,
    "flat": _hide_flat,
    "rich": _hide_richly,
}
