"""Faults of selective disclosure: hash, digests, Disclosures and salts (RFC 9901 sections 4.1.1 and 4.2)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from harness.reference.context import Context
from harness.reference.encoding import base64url, encoded_json, from_base64url, json_text
from harness.reference.faults import fault
from harness.reference.sd_jwt import HASHES, SdJwt, digest


def embed(sd_jwt: SdJwt, disclosure: str) -> None:
    """Add a Disclosure and its digest at the top level."""
    sd_jwt.disclosures.append(disclosure)
    digests = [*sd_jwt.payload.get("_sd", []), digest(disclosure, sd_jwt.hash_name)]
    sd_jwt.payload["_sd"] = sorted(digests)


def contents(disclosure: str) -> list[Any]:
    """Give the elements of a Disclosure."""
    contents: list[Any] = json.loads(from_base64url(disclosure))
    return contents


def _rewrite(sd_jwt: SdJwt, index: int, elements: list[Any]) -> None:
    """Change what a Disclosure says and its digest wherever that stands."""
    old = digest(sd_jwt.disclosures[index], sd_jwt.hash_name)
    sd_jwt.disclosures[index] = encoded_json(elements)
    new = digest(sd_jwt.disclosures[index], sd_jwt.hash_name)
    sd_jwt.payload = json.loads(json_text(sd_jwt.payload).replace(old, new))
    for outer, disclosure in enumerate(sd_jwt.disclosures):
        text = json_text(contents(disclosure))
        if old in text:
            _rewrite(sd_jwt, outer, json.loads(text.replace(old, new)))


def _with_digests(sd_jwt: SdJwt, disclosures: Iterable[str], made: Callable[[str], str]) -> None:
    """Make the digests of some Disclosures in another way, where they stand in the payload."""
    text = json_text(sd_jwt.payload)
    for disclosure in disclosures:
        text = text.replace(digest(disclosure, sd_jwt.hash_name), made(disclosure))
    sd_jwt.payload = json.loads(text)


# What is in Disclosures and where


def _disclosed(claim: str) -> Any:
    def spoil(sd_jwt: SdJwt, context: Context) -> None:
        if claim in sd_jwt.payload:
            embed(sd_jwt, encoded_json([context.secret(), claim, sd_jwt.payload.pop(claim)]))

    return spoil


@fault("sd-jwt:aud-disclosed")
def aud_disclosed(sd_jwt: SdJwt, context: Context) -> None:
    """There is an aud, which is selectively disclosable."""
    embed(sd_jwt, encoded_json([context.secret(), "aud", "https://verifier.assay.test"]))


for _claim in ("iss", "nbf", "exp", "cnf", "vct"):
    fault(f"sd-jwt:{_claim}-disclosed", f"The {_claim} is selectively disclosable.")(_disclosed(_claim))


@fault("sd-jwt:disclosure-malformed")
def disclosure_malformed(sd_jwt: SdJwt, _: Context) -> None:
    """A Disclosure is no JSON in base64url."""
    embed(sd_jwt, base64url(b"this is no JSON"))


@fault("sd-jwt:disclosure-two-elements")
def disclosure_two_elements(sd_jwt: SdJwt, context: Context) -> None:
    """The Disclosure of an object property has no claim name."""
    embed(sd_jwt, encoded_json([context.secret(), "gold"]))


@fault("sd-jwt:disclosure-unreferenced")
def disclosure_unreferenced(sd_jwt: SdJwt, context: Context) -> None:
    """The digest of a Disclosure stands nowhere."""
    sd_jwt.disclosures.append(encoded_json([context.secret(), "tier", "gold"]))


@fault("sd-jwt:disclosure-reserved-name")
def disclosure_reserved_name(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure is of a claim named _sd."""
    embed(sd_jwt, encoded_json([context.secret(), "_sd", "gold"]))


@fault("sd-jwt:disclosure-name-exists")
def disclosure_name_exists(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure is of a claim that stands in the payload already."""
    embed(sd_jwt, encoded_json([context.secret(), "issuing_country", "FR"]))


@fault("sd-jwt:salt-not-string")
def salt_not_string(sd_jwt: SdJwt, context: Context) -> None:
    """The salt of a Disclosure is a number."""
    embed(sd_jwt, encoded_json([int.from_bytes(context.random_bytes(16), "big"), "tier", "gold"]))


@fault("sd-jwt:salt-reused")
def salt_reused(sd_jwt: SdJwt, _: Context) -> None:
    """Two Disclosures have the same salt."""
    if len(sd_jwt.disclosures) > 1:
        salt = contents(sd_jwt.disclosures[0])[0]
        _rewrite(sd_jwt, 1, [salt, *contents(sd_jwt.disclosures[1])[1:]])


@fault("sd-jwt:salt-short")
def salt_short(sd_jwt: SdJwt, context: Context) -> None:
    """A salt has 32 bits."""
    if sd_jwt.disclosures:
        salt = base64url(context.random_bytes(4))
        _rewrite(sd_jwt, 0, [salt, *contents(sd_jwt.disclosures[0])[1:]])


@fault("sd-jwt:digest-twice")
def digest_twice(sd_jwt: SdJwt, _: Context) -> None:
    """A digest stands twice."""
    if sd_jwt.disclosures:
        sd_jwt.payload["_sd"] = sorted([*sd_jwt.payload["_sd"], sd_jwt.payload["_sd"][0]])


@fault("sd-jwt:sd-not-array")
def sd_not_array(sd_jwt: SdJwt, context: Context) -> None:
    """An _sd is a string instead of an array."""
    sd_jwt.payload["membership"] = {"_sd": digest(context.secret(), sd_jwt.hash_name)}


@fault("sd-jwt:element-with-other-keys")
def element_with_other_keys(sd_jwt: SdJwt, context: Context) -> None:
    """An array element with a digest has another member."""
    hidden = digest(context.secret(), sd_jwt.hash_name)
    sd_jwt.payload["memberships"] = [{"...": hidden, "tier": "gold"}]


@fault("sd-jwt:sd-alg-unknown")
def sd_alg_unknown(sd_jwt: SdJwt, _: Context) -> None:
    """The _sd_alg is no registered hash algorithm."""
    sd_jwt.payload["_sd_alg"] = "x-256"


@fault("sd-jwt:sd-alg-nested")
def sd_alg_nested(sd_jwt: SdJwt, _: Context) -> None:
    """An _sd_alg stands below the top level."""
    sd_jwt.payload["membership"] = {"tier": "gold", "_sd_alg": sd_jwt.hash_name}


@fault("sd-jwt:disclosure-padded")
def disclosure_padded(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure is in base64url with padding."""
    text = json_text([context.secret(), "tier", "gold"])
    text += " " * (3 - (len(text) + 1) % 3)
    embed(sd_jwt, base64.urlsafe_b64encode(text.encode()).decode())


@fault("sd-jwt:disclosure-three-elements")
def disclosure_three_elements(sd_jwt: SdJwt, context: Context) -> None:
    """The Disclosure of an array element has a claim name."""
    sd_jwt.disclosures.append(encoded_json([context.secret(), "tier", "gold"]))
    sd_jwt.payload["memberships"] = [{"...": digest(sd_jwt.disclosures[-1], sd_jwt.hash_name)}]


@fault("sd-jwt:disclosure-four-elements")
def disclosure_four_elements(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure has an element too many."""
    embed(sd_jwt, encoded_json([context.secret(), "tier", "gold", "silver"]))


@fault("sd-jwt:disclosure-name-number")
def disclosure_name_number(sd_jwt: SdJwt, context: Context) -> None:
    """The claim name in a Disclosure is a number."""
    embed(sd_jwt, encoded_json([context.secret(), 42, "gold"]))


@fault("sd-jwt:disclosure-repeated")
def disclosure_repeated(sd_jwt: SdJwt, _: Context) -> None:
    """A Disclosure is sent twice."""
    sd_jwt.disclosures += sd_jwt.disclosures[:1]


@fault("sd-jwt:disclosures-without-digests")
def disclosures_without_digests(sd_jwt: SdJwt, context: Context) -> None:
    """A credential without digests has a Disclosure."""
    if not sd_jwt.disclosures:
        sd_jwt.disclosures.append(encoded_json([context.secret(), "tier", "gold"]))


@fault("sd-jwt:digests-without-disclosures")
def digests_without_disclosures(sd_jwt: SdJwt, context: Context) -> None:
    """A credential without Disclosures has a digest."""
    if not sd_jwt.disclosures:
        sd_jwt.payload["_sd"] = [digest(context.secret(), sd_jwt.hash_name)]


@fault("sd-jwt:salts-counted")
def salts_counted(sd_jwt: SdJwt, _: Context) -> None:
    """The salts are long, but counted."""
    for index, disclosure in enumerate(sd_jwt.disclosures):
        _rewrite(sd_jwt, index, [f"salt-of-the-reference-issuer-{index:04}", *contents(disclosure)[1:]])


# Digests


@fault("sd-jwt:sd-empty")
def sd_empty(sd_jwt: SdJwt, _: Context) -> None:
    """An _sd is an empty array."""
    sd_jwt.payload["membership"] = {"tier": "gold", "_sd": []}


@fault("sd-jwt:element-number")
def element_number(sd_jwt: SdJwt, _: Context) -> None:
    """The digest of an array element is a number."""
    sd_jwt.payload["memberships"] = [{"...": 42}]


@fault("sd-jwt:ellipsis-misplaced")
def ellipsis_misplaced(sd_jwt: SdJwt, context: Context) -> None:
    """An object that is no array element has the member of three dots."""
    sd_jwt.payload["membership"] = {"...": digest(context.secret(), sd_jwt.hash_name)}


@fault("sd-jwt:digest-in-hexadecimal")
def digest_in_hexadecimal(sd_jwt: SdJwt, _: Context) -> None:
    """A digest is in hexadecimal."""

    def hexadecimal(disclosure: str) -> str:
        return from_base64url(digest(disclosure, sd_jwt.hash_name)).hex()

    _with_digests(sd_jwt, sd_jwt.disclosures[-1:], hexadecimal)


@fault("sd-jwt:digest-of-bytes")
def digest_of_bytes(sd_jwt: SdJwt, _: Context) -> None:
    """A digest is over what its Disclosure encodes."""

    def of_bytes(disclosure: str) -> str:
        return base64url(HASHES[sd_jwt.hash_name](from_base64url(disclosure)).digest())

    _with_digests(sd_jwt, sd_jwt.disclosures[-1:], of_bytes)


@fault("sd-jwt:digest-of-other-hash")
def digest_of_other_hash(sd_jwt: SdJwt, _: Context) -> None:
    """A digest is made with SHA-512, and there is no _sd_alg, so that SHA-256 is meant."""

    def other(disclosure: str) -> str:
        return base64url(hashlib.sha512(disclosure.encode()).digest())

    if sd_jwt.disclosures and sd_jwt.hash_name == "sha-256":
        _with_digests(sd_jwt, sd_jwt.disclosures[-1:], other)
        del sd_jwt.payload["_sd_alg"]


@fault("sd-jwt:sd-alg-number")
def sd_alg_number(sd_jwt: SdJwt, _: Context) -> None:
    """The _sd_alg is a number."""
    sd_jwt.payload["_sd_alg"] = 256


@fault("sd-jwt:sd-alg-weak")
def sd_alg_weak(sd_jwt: SdJwt, context: Context) -> None:
    """The digests are truncated to 64 bits, as _sd_alg says."""

    def truncated(disclosure: str) -> str:
        return base64url(hashlib.sha256(disclosure.encode()).digest()[:8])

    if context.variant.disclosure == "flat":
        _with_digests(sd_jwt, sd_jwt.disclosures, truncated)
        sd_jwt.payload["_sd_alg"] = "sha-256-64"
