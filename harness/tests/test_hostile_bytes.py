"""A million mutated bytes for each reader: each is read or refused with one clear error, in bounded time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.formats import (
    base64url,
    cbor,
    cose,
    credential,
    did_document,
    jose,
    jwk_set,
    sd_jwt_vc_drafts,
    strict_json,
    type_metadata,
    x509,
)
from harness.formats.problems import FormatError
from harness.reference import credential_formats, did_web, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.holder_keys import Key
from harness.reference.variants import VARIANTS

ENOUGH = 1_000_000
EXAMPLES = 1_000
Reader = Callable[[bytes], Any]


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def parsed(data: bytes) -> Any:
    return strict_json.parse(data).value


@cache
def issued(variant: str) -> bytes:
    """Give a right credential of a variant as it stands in a Credential Response."""
    issuer = ReferenceIssuer(VARIANTS[variant])
    name = VARIANTS[variant].configurations[0]
    data = documents.configurations(VARIANTS[variant])[name]
    holder = Key(JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True))
    made = credential_formats.issued(issuer.context, data, holder, lambda *_: None)
    return made.encode() if isinstance(made, str) else json.dumps(made).encode()


def used(name: str, raw: Any) -> None:
    """Read a credential and ask it everything that checks ask."""
    read = credential.read(name, raw)
    _ = read.problems, read.claims, read.algorithm, read.holder_key, read.expires, read.signer
    read.validity(1_800_000_000.0)


@dataclass(frozen=True)
class Target:
    """A reader and right inputs for it."""

    read: Reader
    right: Callable[[], bytes]


def web_document() -> bytes:
    return json.dumps(did_web.document(ReferenceIssuer(VARIANTS["did-web"]).context)).encode()


def signed_mdoc() -> bytes:
    return base64url.decode(issued("mdoc").decode())


def issuer_auth(data: bytes) -> None:
    value = cbor.parse(data).value
    cose.parse_sign1(value.get("issuerAuth") if isinstance(value, dict) else value)


def type_document() -> bytes:
    shown = {"name": "Identity", "locale": "en", "rendering": {"simple": {"background_color": "#12107c"}}}
    claim = {"path": ["address", None], "display": [{"locale": "en", "label": "Address"}], "sd": "always"}
    return json.dumps({"vct": "https://a.example/t", "display": [shown] * 9, "claims": [claim] * 9}).encode()


@cache
def many_keys() -> Any:
    return {"keys": [keys.issuer_key(name).public_jwk for name in ("ES256", "ES384", "EdDSA")] * 3}


TARGETS: dict[str, Target] = {
    "dc+sd-jwt": Target(lambda data: used("dc+sd-jwt", text(data)), lambda: issued("rich-sd-jwt")),
    "mso_mdoc": Target(lambda data: used("mso_mdoc", base64url.encode(data)), signed_mdoc),
    "mso_mdoc text": Target(lambda data: used("mso_mdoc", text(data)), lambda: issued("mdoc-pid")),
    "jwt_vc_json 1.1": Target(lambda data: used("jwt_vc_json", text(data)), lambda: issued("jwt-vc")),
    "jwt_vc_json 2.0": Target(lambda data: used("jwt_vc_json", text(data)), lambda: issued("jwt-vc-every-member")),
    "jwt_vc_json-ld": Target(lambda data: used("jwt_vc_json-ld", text(data)), lambda: issued("jwt-vc-json-ld")),
    "ldp_vc": Target(lambda data: used("ldp_vc", parsed(data)), lambda: issued("ldp-vc-every-member")),
    "cbor": Target(cbor.parse, signed_mdoc),
    "cose": Target(issuer_auth, signed_mdoc),
    "jose": Target(lambda data: jose.parse_compact(text(data)), lambda: issued("jwt-vc")),
    "strict_json": Target(strict_json.parse, lambda: issued("ldp-vc-every-member")),
    "x5c": Target(
        lambda data: x509.parse_x5c([text(data)]),
        lambda: keys.leaf(keys.issuer_key("ES256"), "https://issuer.example").encode(),
    ),
    "did document": Target(lambda data: did_document.read(parsed(data), "did:web:issuer.example"), web_document),
    "type metadata": Target(lambda data: type_metadata.read(data, sd_jwt_vc_drafts.DRAFT_11), type_document),
    "jwk set": Target(lambda data: jwk_set.problems(parsed(data)), lambda: json.dumps(many_keys()).encode()),
}


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Changes somewhere in the input: bytes put in, taken out, replaced or repeated."""
    steps = draw(
        st.lists(
            st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12), st.booleans()),
            min_size=1,
            max_size=4,
        )
    )

    def change(data: bytes) -> bytes:
        for place, length, inserted, again in steps:
            at = int(place * len(data))
            kept = data[at : at + length] if again else b""
            data = data[:at] + kept + inserted + kept + data[at + length :]
        return data

    return change


@pytest.mark.parametrize("name", TARGETS)
def test_a_million_mutated_bytes_do_no_harm(name: str) -> None:
    target, fed = TARGETS[name], [0]
    right = target.right()
    target.read(right)
    # Small inputs are fed more often, so that each reader gets its million.
    examples = max(EXAMPLES, ENOUGH * 5 // 4 // len(right))

    @settings(max_examples=examples, derandomize=True, deadline=5_000, database=None)
    @given(mutations())
    def feed(change: Callable[[bytes], bytes]) -> None:
        data = change(right)
        fed[0] += len(data)
        with contextlib.suppress(FormatError):
            target.read(data)

    feed()
    assert fed[0] >= ENOUGH
