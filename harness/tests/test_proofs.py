"""Right proofs verify with another library, and each wrong one is wrong in exactly the thing it is for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature

from harness import mutate
from harness.formats import did, jose, x509
from harness.wallet import proof
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import ALGORITHMS, WalletKey, make_key
from harness.wallet.proof import KEY_FORMS

NOW = 1_780_000_000
AUDIENCE = "https://issuer.example"


def right(algorithm: str = "ES256", form: str = "jwk", key: WalletKey | None = None) -> JwtDraft:
    return proof.draft(
        key or make_key(algorithm), form=form, audience=AUDIENCE, issued_at=NOW, nonce="n-1", client_id=None
    )


def read(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = text.split(".")
    return json.loads(base64url_decode(header)), json.loads(base64url_decode(claims))


def verified(text: str, key: WalletKey) -> bool:
    token = JWS()
    token.allowed_algs = list(ALGORITHMS)
    token.deserialize(text)
    try:
        token.verify(JWK(**key.public))
    except InvalidJWSSignature:
        return False
    return True


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_right_proof_verifies_in_every_algorithm(algorithm: str) -> None:
    draft = right(algorithm)
    header, claims = read(draft.sign())
    assert header == {"typ": "openid4vci-proof+jwt", "alg": algorithm, "jwk": draft.key.public}
    assert claims == {"aud": AUDIENCE, "iat": NOW, "nonce": "n-1"}
    assert verified(draft.sign(), draft.key)


@pytest.mark.parametrize("form", KEY_FORMS)
def test_a_proof_carries_its_key_in_one_way(form: str) -> None:
    draft = right(form=form)
    header, _ = read(draft.sign())
    assert len({"jwk", "kid", "x5c"} & header.keys()) == 1
    if form.startswith("did:"):
        assert header["kid"].startswith(form)
        carried: Any = did.resolve(header["kid"])
    elif form == "x5c":
        carried = x509.public_jwk(x509.parse_x5c(header["x5c"]).certificates[0])
    else:
        carried = header["jwk"]
    assert jose.same_key(carried, draft.key.public)
    assert "d" not in carried


def test_anonymous_proofs_have_no_iss_and_others_name_the_client() -> None:
    draft = proof.draft(
        make_key("ES256"), form="jwk", audience=AUDIENCE, issued_at=NOW, nonce=None, client_id="wallet"
    )
    assert draft.claims == {"aud": AUDIENCE, "iat": NOW, "iss": "wallet"}


@pytest.mark.parametrize(
    ("methods", "algorithm", "wanted", "chosen"),
    [
        (["did:key", "jwk"], "ES256", None, "jwk"),
        (["did:key", "jwk"], "ES256", "did:key", "did:key"),
        (["did:key", "did:jwk"], "RS256", None, "did:jwk"),
        (["did:key"], "PS256", "did:key", None),
        (["cose_key"], "ES256", None, "jwk"),
        (["jwk"], "ES256", "x5c", "x5c"),
        (["did:web"], "ES256", "x5c", None),
        (["did:web"], "ES256", "did:web", None),
    ],
)
def test_the_form_is_chosen_by_metadata_algorithm_and_team(
    methods: list[str], algorithm: str, wanted: str | None, chosen: str | None
) -> None:
    assert proof.choose_form(methods, algorithm, wanted) == chosen


# Wrong proofs


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256", "PS256", "ML-DSA-44"])
@pytest.mark.parametrize("spoil", [mutate.broken_signature, mutate.foreign_signature])
def test_only_the_signature_is_wrong(spoil: Any, algorithm: str) -> None:
    draft = right(algorithm)
    assert read(spoil(draft)) == (draft.header, draft.claims)
    assert not verified(spoil(draft), draft.key)


def test_only_the_algorithm_is_none() -> None:
    draft = right()
    text = mutate.unsigned(draft)
    assert text.endswith(".")
    assert read(text) == ({**draft.header, "alg": "none"}, draft.claims)


def test_the_public_key_is_the_secret_of_a_mac() -> None:
    draft = right()
    text = mutate.symmetric(draft)
    header, claims = read(text)
    assert (header["alg"], claims) == ("HS256", draft.claims)
    secret = json.dumps(header["jwk"]).encode()
    token = JWS()
    token.allowed_algs = ["HS256"]
    token.deserialize(text, JWK(kty="oct", k=base64url_encode(secret)))
    assert token.is_valid


def test_the_header_holds_the_private_key_of_the_signature() -> None:
    draft = right()
    text = mutate.private_key_in_header(draft)
    header, _ = read(text)
    assert "d" in header["jwk"]
    assert jose.same_key(header["jwk"], draft.key.public)
    assert verified(text, draft.key)


@pytest.mark.parametrize("form", KEY_FORMS)
def test_two_names_lead_to_one_key(form: str) -> None:
    draft = right(form=form)
    text = mutate.two_keys(draft)
    header, _ = read(text)
    assert {"jwk", "kid", "x5c"} & header.keys() == {"jwk", "kid"}
    assert jose.same_key(header["jwk"], did.resolve(header["kid"]))
    assert verified(text, draft.key)


def test_a_key_can_be_missing_or_unknown() -> None:
    draft = right()
    assert not {"jwk", "kid", "x5c"} & read(mutate.no_key(draft))[0].keys()
    header, _ = read(mutate.unknown_key(draft))
    assert {"jwk", "kid", "x5c"} & header.keys() == {"kid"}
    with pytest.raises(did.DidError):
        did.resolve(header["kid"])


def test_what_nobody_knows_is_added_and_signed() -> None:
    draft = right()
    critical, _ = read(mutate.unknown_critical_header(draft))
    (name,) = critical["crit"]
    assert critical == {**draft.header, name: True, "crit": [name]}
    assert read(mutate.unknown_header(draft)) == ({**draft.header, name: True}, draft.claims)
    assert read(mutate.unknown_claim(draft)) == (draft.header, {**draft.claims, name: True})
    assert verified(mutate.unknown_header(draft), draft.key)
    assert verified(mutate.unknown_claim(draft), draft.key)


@pytest.mark.parametrize(
    ("listed", "form", "expected"),
    [
        (["ES256"], "jwk", "ES384"),
        (["ES256", "ES384", "ES512", "ES256K", "Ed25519"], "jwk", "ML-DSA-44"),
        (["ES256", "ES384", "ES512", "ES256K", "Ed448"], "did:jwk", "ML-DSA-44"),
        (["ES256", "ES384", "ES512", "ES256K", "EdDSA"], "did:key", None),
        (list(ALGORITHMS), "jwk", None),
    ],
)
def test_an_unlisted_algorithm_is_found(listed: list[str], form: str, expected: str | None) -> None:
    assert mutate.unlisted_algorithm(listed, form) == expected


def test_an_invented_algorithm_is_in_no_registry() -> None:
    header, _ = read(mutate.invented_algorithm(right()))
    assert header["alg"] not in jose.JWS_ALGORITHMS


def test_unknown_nonces_differ() -> None:
    assert mutate.unknown_nonce() != mutate.unknown_nonce()
