"""Hears requests of drafts: puts them into the words of OpenID4VCI 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.reference import documents
from harness.reference.drafts import formats

if TYPE_CHECKING:
    from harness.reference.context import Context

_WISH = "credential_response_encryption"


def named(request: Mapping[str, Any], context: Context) -> str | None:
    """Give the configuration that a request or authorization details name by ``format`` and what goes with it."""
    return next(
        (
            name
            for name, data in documents.configurations(context.variant).items()
            if formats.asks_for(request, context, data)
        ),
        None,
    )


def by_format(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear a request that names the credential by ``format``, or by an identifier of the Token Response.

    One that names nothing the issuer has is for the first configuration there is, for when that is let off.

    """
    kept = {name: value for name, value in request.items() if name not in formats.MEMBERS}
    # A configuration id means nothing in these drafts.
    kept.pop("credential_configuration_id", None)
    if "credential_identifier" not in kept:
        kept["credential_configuration_id"] = named(request, context) or context.variant.configurations[0]
    return kept


def one_proof(request: dict[str, Any], _: Context) -> dict[str, Any]:
    """Hear a request with ``proof`` for one key."""
    if "proof" not in request:
        return request
    kept = {name: value for name, value in request.items() if name not in ("proof", "proofs")}
    proof = request["proof"]
    if not isinstance(proof, dict):
        return {**kept, "proofs": proof}
    # One without a type, where that is let off, is of the type whose member it has.
    types = [proof.get("proof_type"), *(name for name in proof if name != "proof_type")]
    of = next((name for name in types if isinstance(name, str)), "jwt")
    return {**kept, "proofs": {of: [proof[of]] if of in proof else []}}


def encryption(request: dict[str, Any], _: Context) -> dict[str, Any]:
    """Hear a wish for an encrypted response whose ``alg`` stands beside the key."""
    wish = request.get(_WISH)
    if not isinstance(wish, dict) or not isinstance(wish.get("jwk"), dict):
        return request
    rest = {name: value for name, value in wish.items() if name != "alg"}
    jwk = {name: value for name, value in wish["jwk"].items() if name != "alg"}
    if "alg" in wish:
        jwk["alg"] = wish["alg"]
    return {**request, _WISH: {**rest, "jwk": jwk}}


def detail_by_format(item: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear authorization details that name the credential by ``format``."""
    if "format" not in item:
        return item
    kept = {name: value for name, value in item.items() if name not in formats.MEMBERS}
    name = named(item, context)
    return {**kept, "credential_configuration_id": name} if name is not None else kept


def detail_with_objects(item: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear authorization details whose claims are nested objects, all of which are issued anyway."""
    heard = detail_by_format(item, context)
    return {name: value for name, value in heard.items() if name not in ("claims", "credential_definition")}
