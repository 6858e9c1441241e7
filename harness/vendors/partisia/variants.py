"""The forms of the simulated services, and the knobs by which they differ.

Each knob says whether what it is about is documented or assumed. What the page leaves out is as the specifications
ask, so that the documented form deviates in nothing but what is documented: the page says itself that its examples
show only what is needed to follow the flow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from harness import toml_file
from harness.reference.variants import Variant

Basis = Literal["documented", "assumed"]
DAY = 24 * 3600


class PartisiaError(Exception):
    """The simulated services cannot be made or asked for this; the message is one line."""


@dataclass(frozen=True)
class Knob:
    """One thing that the services can do in more than one way."""

    name: str
    basis: Basis
    sentence: str
    """What it is about, and what the page says or what we assume."""


def _documented(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"basis": "documented", "sentence": sentence})


def _assumed(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"basis": "assumed", "sentence": sentence})


@dataclass(frozen=True)
class PartisiaVariant(Variant):
    """One way to be the services. Durations are seconds; :func:`knobs` tells what each knob is about."""

    slash_in_offer: bool = _documented(
        True, "The issuer in the offer ends with a slash, which that in the metadata does not have."
    )
    slash_well_known: bool = _assumed(
        False, "Whether the metadata are also found where the slash of the offer leads to by the letter of 1.0."
    )
    offer_form: Literal["wrapped", "plain"] = _assumed(
        "wrapped",
        "The application hands out the URL of the offer in a link of openid-credential-offer, or as it is.",
    )
    offer_once: bool = _assumed(False, "Whether an offer can be fetched only once.")
    code_lifetime: float = _assumed(600, "How long a pre-authorized code can be redeemed.")
    listed: Literal["all", "first"] = _documented(
        "all", "The metadata list every offered configuration, as the text says; the example has only the first."
    )
    claims_style: Literal["credential-subject", "credential-metadata"] = _documented(
        "credential-subject", "The metadata describe claims in credentialSubject of credential_definition."
    )
    data_model: Literal["1.1", "2.0"] = _documented(
        "2.0",
        "The configuration has the context of version 2.0 of the data model; that the JWT is the credential then,"
        " without a claim vc, is assumed, and the example shows a credential of version 1.1.",
    )
    proof_types_listed: bool = _assumed(
        True, "The metadata list proof types and binding methods, which the example leaves out."
    )
    scoped: bool = _documented(False, "The configuration of the example has no scope.")
    server_metadata: Literal["complete", "example"] = _assumed(
        "complete",
        "The metadata of the authorization server are those of RFC 8414; the example has token_endpoint only.",
    )
    anonymous_flag: bool = _assumed(
        True, "The authorization server announces that token requests need no client, as the example sends one."
    )
    token_at_well_known: bool = _documented(
        False,
        "The text has the token requested at token_endpoint, the example posts to the server's metadata; that"
        " nothing is given there is assumed.",
    )
    token_lifetime: float = _documented(300, "expires_in of the example.")
    lifetime_unit: Literal["s", "ms"] = _documented(
        "s", "The text calls expires_in milliseconds; OAuth, and the number, say seconds."
    )
    token_no_store: bool = _assumed(
        True, "The token response is not to be cached; the page shows no header but the content type."
    )
    nonce_padding: bool = _documented(True, "Nonces are 16 bytes in base64url with padding.")
    nonce_no_store: bool = _assumed(
        True, "The nonce response is not to be cached; the page shows no header but the content type."
    )
    nonce_lifetime: float = _assumed(300, "How long a nonce can be used.")
    nonce_once: bool = _assumed(True, "Whether a nonce is used up by the request that brings a credential.")
    proof_mode: Literal["singular", "plural", "both"] = _documented(
        "singular", "The proof is the member proof; that proofs is not read is assumed."
    )
    key_forms: Sequence[Literal["did", "did-url", "jwk"]] = _documented(
        ("did", "did-url", "jwk"),
        "The text has a did:jwk in kid, where it may be cut short, and the example a jwk; that all are accepted is"
        " assumed.",
    )
    audience: Literal["metadata", "offer", "either"] = _assumed(
        "either",
        "The text names a member of the offer that does not exist as the audience; the issuer as offer or metadata"
        " spell it is assumed.",
    )
    proof_window: float = _assumed(
        300, "How far the time of a proof may lie from now: it has to be newly created."
    )
    errors: Literal["draft-15", "1.0"] = _assumed(
        "draft-15", "The page shows no errors; those of draft 15 are assumed, whose messages the examples are."
    )
    plain_http: Literal["refused", "redirected", "answered"] = _documented(
        "refused",
        "The metadata name https endpoints, the examples of two requests go to http; that these get nothing is"
        " assumed.",
    )
    key_mechanism: Literal["x5c", "jwt-vc-issuer", "jwks-uri", "did", "did:key", "did:web"] = _assumed(
        "did", "How the key of the issuer is found; a did:jwk, though other pages speak of DIDs of its own."
    )
    credential_lifetime: float = _assumed(365 * DAY, "How long a credential is valid.")
    binding_methods: Sequence[str] = ("did:jwk", "jwk")
    configurations: Sequence[str] = (
        "02336c44048962e0986523039dc4a2b1276c9a9ce0",
        "0228b80c917ed64925d936a6af4d514b92dbb9974f",
    )


@cache
def knobs() -> tuple[Knob, ...]:
    """Give the knobs of a variant in their order."""
    return tuple(
        Knob(one.name, one.metadata["basis"], one.metadata["sentence"])
        for one in dataclasses.fields(PartisiaVariant)
        if one.metadata
    )


@cache
def variants() -> dict[str, PartisiaVariant]:
    """Give the variants by name.

    Raises:
        PartisiaError: the file is broken.

    """
    table = toml_file.read(resources.files(__package__).joinpath("variants.toml"), PartisiaError)
    return {name: _variant(name, members) for name, members in table.items()}


def _variant(name: str, members: dict[str, Any]) -> PartisiaVariant:
    allowed = {knob.name for knob in knobs()} | {"description"}
    if unknown := members.keys() - allowed:
        raise PartisiaError(f"variants.toml: {name}: there is no knob {min(unknown)!r}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in members.items()
    }
    return PartisiaVariant(name, **values)
