"""The ``cwt`` key proof of the wallet, read by others than who made it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.formats import base64url, cbor, cose
from harness.wallet import cwt
from harness.wallet.cwt import CwtDraft
from harness.wallet.keys import make_key

ISSUER = "https://issuer.assay.test"


def draft(algorithm: str = "ES256", **changes: Any) -> CwtDraft:
    rest: dict[str, Any] = {"audience": ISSUER, "issued_at": 1700000000.5, "nonce": "n-1", "client_id": None}
    return cwt.draft(make_key(algorithm), **{**rest, **changes})


@pytest.mark.parametrize("algorithm", sorted(cwt.ALGORITHMS))
def test_a_right_proof_verifies_with_the_key_in_it(algorithm: str) -> None:
    made = draft(algorithm)
    read = cose.parse_sign1(cbor.parse(base64url.decode(made.signed())).value)
    key = cose.jwk_of(cbor.parse(read.protected[cwt.COSE_KEY]).value)
    assert key == {name: made.key.public[name] for name in key}
    cose.verify(read, key)


def test_a_proof_says_what_draft_13_asks_for() -> None:
    read = cose.parse_sign1(cbor.parse(base64url.decode(draft(client_id="wallet").signed())).value)
    assert read.protected[cwt.CONTENT] == "openid4vci-proof+cwt"
    assert read.payload is not None
    assert cbor.parse(read.payload).value == {1: "wallet", 3: ISSUER, 6: 1700000000, 10: b"n-1"}


def test_without_a_nonce_or_a_client_there_is_none_in_the_proof() -> None:
    assert draft(nonce=None).claims.keys() == {cwt.AUD, cwt.IAT}


def test_a_change_of_none_removes_a_member() -> None:
    changed = draft().with_header({cwt.CONTENT: None}).with_claims({cwt.IAT: None, cwt.AUD: "x"})
    assert cwt.CONTENT not in changed.header
    assert changed.claims == {cwt.AUD: "x", cwt.NONCE: b"n-1"}
