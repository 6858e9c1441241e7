"""A near miss has the form of the secret it comes from and is another one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import mutate
from harness.formats import jose, jwe
from harness.wallet import dpop, encryption
from harness.wallet.keys import make_key


@pytest.mark.parametrize(
    ("secret", "wrong"),
    [
        ("493536", "493636"),
        ("0009", "0019"),
        ("deadbeef", "deadceef"),
        ("ffff", "ffaf"),
        ("zz", "zg"),
        ("7f8a-ZZZZ", "7f8a-GZZZ"),
        ("----a", "----b"),
        ("a----", "b----"),
        ("", "0"),
        ("--", "--0"),
    ],
)
def test_one_character_near_the_middle_is_another(secret: str, wrong: str) -> None:
    assert mutate.near_miss(secret) == wrong


@given(st.from_regex(re.compile(r"[A-Za-z0-9._~+/=-]{1,80}", re.ASCII), fullmatch=True))
def test_a_near_miss_is_never_the_secret_and_looks_the_same(secret: str) -> None:
    wrong = mutate.near_miss(secret)
    assert wrong != secret
    for form in (r"[0-9]+", r"[0-9a-f-]+", r"[0-9A-F-]+", r"[A-Za-z0-9_-]+"):
        assert bool(re.fullmatch(form, wrong)) >= bool(re.fullmatch(form, secret))


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://a.example/Token?x=y", "HTTPS://A.EXAMPLE/Token?x=y"),
        ("https://a.example:8443/a%2fb", "HTTPS://A.EXAMPLE:8443/a%2fb"),
        ("https://a.example", "HTTPS://A.EXAMPLE"),
    ],
)
def test_a_respelled_url_differs_where_case_does_not_matter(url: str, other: str) -> None:
    assert mutate.respelled(url) == other


def test_a_jwt_can_lack_its_signature_or_its_type() -> None:
    draft = dpop.draft(make_key("ES256"), method="POST", url="https://a.example/token", issued_at=1_780_000_000)
    assert mutate.without_signature(draft) == draft.sign().rpartition(".")[0]
    assert mutate.wrong_type(draft).split(".")[:2] == draft.with_header(typ="JWT").signing_input().split(".")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://a.example/token", "https://a.example:443/token"),
        ("http://[::1]/token?x=y", "http://[::1]:80/token?x=y"),
    ],
)
def test_a_url_can_name_its_default_port(url: str, other: str) -> None:
    assert mutate.with_default_port(url) == other


def test_a_jwt_by_another_key_is_right_in_all_but_whose_it_is() -> None:
    draft = dpop.draft(make_key("ES256"), method="POST", url="https://a.example/token", issued_at=1_780_000_000)
    other = mutate.with_another_key(draft, "ES384")
    assert other.claims == draft.claims
    assert other.header == {**draft.header, "alg": "ES384", "jwk": other.key.public}
    jose.verify(jose.parse_compact(other.sign()), other.header["jwk"])
    assert mutate.with_another_key(draft).header["jwk"] != draft.header["jwk"]


def test_an_encrypted_message_is_spoiled_in_one_place() -> None:
    key = encryption.make_key("ECDH-ES")
    message = encryption.seal({"a": 1}, key.public, enc="A128GCM")
    for change in (mutate.changed_tag, mutate.changed_header):
        with pytest.raises(encryption.EncryptionError) as caught:
            encryption.decrypt(jwe.parse_compact(change(message).decode()), key)
        assert caught.value.kind == "undecryptable"
    for malform, kind in (
        (mutate.cut_off, "jwe-segments"),
        (mutate.no_base64url, "jwe-base64url"),
        (mutate.no_header_object, "jwe-header"),
    ):
        with pytest.raises(jwe.JweError) as malformed:
            jwe.parse_compact(malform(message).decode())
        assert malformed.value.kind == kind


def test_a_critical_header_is_well_formed_and_unknown() -> None:
    key = encryption.make_key("ECDH-ES")
    message = encryption.seal({"a": 1}, key.public, enc="A128GCM", header=mutate.critical_header())
    assert [problem.kind for problem in jwe.parse_compact(message.decode()).problems] == ["crit-not-understood"]
