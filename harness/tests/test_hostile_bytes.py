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
    bitstring_status_list,
    cbor,
    cose,
    credential,
    did_document,
    identifier_list,
    jose,
    jwk_set,
    sd_jwt_vc_drafts,
    status_aggregation,
    status_list_token,
    strict_json,
    type_metadata,
    x509,
)
from harness.formats.problems import FormatError
from harness.formats.status_reference import Mechanism, Reference
from harness.reference import bitstring_status_list as reference_bitstring
from harness.reference import credential_formats, did_web, documents, keys, token_status_list
from harness.reference import identifier_list as issuing_lists
from harness.reference.app import ReferenceIssuer
from harness.reference.holder_keys import Key
from harness.reference.variants import VARIANTS
from harness.tests import tls_servers
from harness.tls import certificate, hello
from harness.tls.answer import Reading, TlsError

ENOUGH = 1_000_000
EXAMPLES = 1_000
Reader = Callable[[bytes], Any]


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def parsed(data: bytes) -> Any:
    return strict_json.parse(data).value


def tls_answer() -> bytes:
    exchange = tls_servers.ecdhe(hello.P_256)
    return tls_servers.flight(hello.TLS_1_2, 0xC02F, b"\0\x17\0\0", certificate=bytes(500), exchange=exchange)


def read_tls(data: bytes) -> None:
    """Read the answer to a hello and ask it everything that a scan asks."""
    reading = Reading(hello.Hello((hello.TLS_1_3, hello.TLS_1_2), (0x1301, 0xC02F)))
    with contextlib.suppress(TlsError):
        reading.feed(data)
    _ = (
        reading.answer.group,
        reading.answer.protocol,
        [certificate.read(der) for der in reading.answer.certificates],
    )


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
def status_list(form: str) -> bytes:
    """Give a Status List Token of the reference issuer."""
    context = ReferenceIssuer(VARIANTS["status"]).context
    return token_status_list.published(context, "1", token_status_list.MEDIA_TYPES[form], lambda *_: None).body


def read_status_list(data: bytes) -> None:
    """Read a Status List Token and ask it everything that checks ask."""
    read = status_list_token.read(data)
    _ = read.problems, read.subject, read.issued_at, read.expires, read.ttl, read.algorithm, read.signer
    _ = read.has_mac, read.status_list.aggregation_uri, read.changed(read)
    read.validity(1_800_000_000.0)
    if read.size:
        read.value_of(Reference(Mechanism.STATUS_LIST, "https://issuer.example/status/1", "", read.size - 1))


@cache
def revoked_identifiers() -> bytes:
    """Give an identifier list of the reference issuer with some identifiers."""

    def revoke(_: str, draft: Any) -> None:
        if isinstance(draft, issuing_lists.IdentifierList):
            draft.identifiers.update({issuing_lists.identifier(number): {} for number in range(9)})

    context = ReferenceIssuer(VARIANTS["mdoc-identifier-list"]).context
    return issuing_lists.published(context, "identifiers", None, revoke).body


def read_identifier_list(data: bytes) -> None:
    """Read an identifier list and ask it everything that checks ask."""
    read = identifier_list.read(data)
    _ = read.problems, read.subject, read.issued_at, read.expires, read.ttl, read.algorithm, read.signer
    read.validity(1_800_000_000.0)
    if read.identifiers is not None:
        place = Reference(Mechanism.IDENTIFIER_LIST, "https://issuer.example/status/1", "", identifier=b"1")
        read.value_of(place)


@cache
def status_credential(variant: str) -> bytes:
    """Give a credential with a W3C status list of the reference issuer."""
    context = ReferenceIssuer(VARIANTS[variant]).context
    name = next(iter(context.statuses.formats))
    return reference_bitstring.published(context, name, None, lambda *_: None).body


def read_status_credential(data: bytes) -> None:
    """Read a credential with a W3C status list and ask it everything that checks ask."""
    read = bitstring_status_list.read(data)
    _ = read.problems, read.securing_problems, read.subject, read.issued_at, read.expires, read.ttl, read.algorithm
    _ = read.signer, read.changed(read)
    read.validity(1_800_000_000.0)
    if read.size and read.purposes:
        place = Reference(
            Mechanism.BITSTRING, "https://issuer.example/1", "", read.size - 1, purpose=read.purposes[0]
        )
        read.value_of(place)


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
    "status list jwt": Target(read_status_list, lambda: status_list("jwt")),
    "status list cwt": Target(read_status_list, lambda: status_list("cwt")),
    "identifier list": Target(read_identifier_list, revoked_identifiers),
    "status credential jwt": Target(read_status_credential, lambda: status_credential("jwt-vc-status")),
    "status credential ldp": Target(read_status_credential, lambda: status_credential("ldp-vc-status")),
    "status aggregation": Target(
        status_aggregation.read, lambda: json.dumps({"status_lists": ["https://a.example/1"] * 99}).encode()
    ),
    "tls": Target(read_tls, tls_answer),
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
