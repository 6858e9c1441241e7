"""Encrypted requests and responses: what the wallet makes others read, what others make the wallet reads."""

from __future__ import annotations

import contextlib
import json
import zlib
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwa import JWA
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from harness.formats import base64url, jwe
from harness.formats.jwe import JweError
from harness.formats.jwk import thumbprint
from harness.transport import Reply
from harness.wallet import encryption
from harness.wallet.encryption import (
    ALGORITHMS,
    CURVES,
    ENCRYPTIONS,
    EncryptionError,
    EncryptionKey,
    RequestEncryption,
    ResponseEncryption,
    Terms,
    make_key,
    open_reply,
    request_terms,
    required_terms,
    response_terms,
    seal,
)

quick = settings(max_examples=100, derandomize=True, deadline=None)
MESSAGE = {"credentials": [{"credential": "ä"}]}
RSA = JWK.generate(kty="RSA", size=2048)
KEYS = {alg: EncryptionKey(RSA, alg) if alg.startswith("RSA") else make_key(alg) for alg in ALGORITHMS}
KEY = KEYS["ECDH-ES"]

# RFC 7520: private key, alg, compact serialization. Both have the same plaintext.
COOKBOOK = {
    "5.4": (
        {
            "kty": "EC",
            "crv": "P-384",
            "x": "YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2",
            "y": "A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP",
            "d": "iTx2pk7wW-GqJkHcEkFQb2EFyYcO7RugmaW3mRrQVAOUiPommT0IdnYK2xDlZh-j",
        },
        "ECDH-ES+A128KW",
        (
            "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImtpZCI6InBlcmVncmluLnRvb2tAdHVja2Jvcm91Z2guZXhhbXBsZSIsImVwayI6eyJr"
            "dHkiOiJFQyIsImNydiI6IlAtMzg0IiwieCI6InVCbzRrSFB3Nmtiang1bDB4b3dyZF9vWXpCbWF6LUdLRlp1NHhBRkZrYllpV2d1"
            "dEVLNml1RURzUTZ3TmROZzMiLCJ5Ijoic3AzcDVTR2haVkMyZmFYdW1JLWU5SlUyTW84S3BvWXJGRHI1eVBOVnRXNFBnRXdaT3lR"
            "VEEtSmRhWTh0YjdFMCJ9LCJlbmMiOiJBMTI4R0NNIn0.0DJjBXri_kBcC46IkU5_Jk9BqaQeHdv2.mH-"
            "G2zVqgztUtnW_.tkZuOO9h95OgHJmkkrfLBisku8rGf6nzVxhRM3sVOhXgz5NJ76oID7lpnAi_cPWJRCjSpAaUZ5dOR3Spy7QuEk"
            "mKx8-3RCMhSYMzsXaEwDdXta9Mn5B7cCBoJKB0IgEnj_qfo1hIi-uEkUpOZ8aLTZGHfpl05jMwbKkTe2yK3mjF6SBAsgicQDVCkc"
            "Y9BLluzx1RmC3ORXaM0JaHPB93YcdSDGgpgBWMVrNU1ErkjcMqMoT_wtCex3w03XdLkjXIuEr2hWgeP-nkUZTPU9EoGSPj6fAS-b"
            "Sz87RCPrxZdj_iVyC6QWcqAu07WNhjzJEPc4jVntRJ6K53NgPQ5p99l3Z408OUqj4ioYezbS6vTPlQ.WuGzxmcreYjpHGJoa17EB"
            "g"
        ),
    ),
    "5.5": (
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",
            "y": "HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",
            "d": "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
        },
        "ECDH-ES",
        (
            "eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6"
            "IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4"
            "QlFBc0ltR2VBUzQ2ZnlXdzVNaFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ..yc9N8v5s"
            "Yyv3iGQT926IUg.BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-"
            "1ZXvHteLDtw4R1XRGMEsDIqAYtskTTmzmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjz"
            "Rli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeR"
            "b2Ni5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5LmyX_yJ-3AROq8p1WZBfG-"
            "ZyJ6195_JGG2m9Csg.WCCkNa-x4BeB9hIDIfFuhg"
        ),
    ),
}
COOKBOOK_PLAINTEXT = (
    "You can trust us to stick with you through thick and thin–to the bitter end. And you can trust us to "
    "keep any secret of yours–closer than you keep it yourself. But you cannot trust us to let you face "
    "trouble alone, and go off without a word. We are your friends, Frodo."
)


def reply(body: bytes, media_type: str = "application/jwt", status: int = 200) -> Reply:
    headers = httpx.Headers(
        {"Content-Type": media_type, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    )
    return Reply(1, "POST", "https://issuer.test/credential", status, headers, body)


def by_jwcrypto(payload: bytes, key: EncryptionKey, enc: str = "A128GCM", **header: object) -> bytes:
    """Encrypt with an implementation that is not the wallet's."""
    protected = {"alg": key.algorithm, "enc": enc, "kid": key.public["kid"], **header}
    made = JWE(payload, protected=json.dumps(protected), recipient=JWK(**key.public))
    text: str = made.serialize(compact=True)
    return text.encode()


def with_header(message: bytes, change: dict[str, Any]) -> bytes:
    """Change the header without encrypting again, as an attacker would."""
    head, rest = message.decode().split(".", 1)
    header = {**json.loads(base64url.decode(head)), **change}
    return f"{base64url.encode(json.dumps(header).encode())}.{rest}".encode()


def refusal(body: bytes, key: EncryptionKey = KEY) -> str:
    with pytest.raises(EncryptionError) as caught:
        open_reply(reply(body), key)
    return caught.value.kind


# Opening


@pytest.mark.parametrize("enc", ENCRYPTIONS)
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_an_encrypted_answer_is_opened(alg: str, enc: str) -> None:
    came = reply(by_jwcrypto(json.dumps(MESSAGE).encode(), KEYS[alg], enc))
    opened = open_reply(came, KEYS[alg])
    assert opened.object == MESSAGE
    assert (opened.media_type, opened.status, opened.exchange) == ("application/json", 200, 1)
    assert opened.headers["cache-control"] == "no-store"
    assert "content-length" not in opened.headers
    assert opened.sealed is came
    assert came.media_type == "application/jwt"
    assert opened.jwe is not None
    assert (opened.jwe["alg"], opened.jwe["enc"], opened.jwe["kid"]) == (alg, enc, KEYS[alg].public["kid"])


@pytest.mark.parametrize("curve", CURVES)
def test_keys_are_agreed_on_over_every_curve(curve: str) -> None:
    key = make_key("ECDH-ES+A256KW", curve)
    assert open_reply(reply(by_jwcrypto(b"{}", key)), key).body == b"{}"
    assert by_wallet(key) == MESSAGE


@pytest.mark.parametrize("section", COOKBOOK)
def test_the_published_examples_open(section: str) -> None:
    private, alg, compact = COOKBOOK[section]
    message = jwe.parse_compact(compact)
    assert message.problems == ()
    assert encryption.decrypt(message, EncryptionKey(JWK(**private), alg)).decode() == COOKBOOK_PLAINTEXT


def test_an_answer_is_opened_with_another_algorithm_than_was_asked_for() -> None:
    """That is for a check to judge, which sees the header."""
    opened = open_reply(reply(by_jwcrypto(b"{}", replace(KEY, algorithm="ECDH-ES+A256KW"))), KEY)
    assert opened.jwe is not None
    assert opened.jwe["alg"] == "ECDH-ES+A256KW"


def test_party_information_goes_into_the_key_agreement() -> None:
    made = by_jwcrypto(b"{}", KEY, apu=base64url.encode(b"wallet"), apv=base64url.encode(b"issuer"))
    assert open_reply(reply(made), KEY).body == b"{}"


def test_an_answer_for_another_key_is_not_opened() -> None:
    assert refusal(by_jwcrypto(b"{}", make_key("ECDH-ES"))) == "undecryptable"
    assert refusal(by_jwcrypto(b"{}", KEYS["RSA-OAEP"])) == "undecryptable"
    assert refusal(by_jwcrypto(b"{}", make_key("ECDH-ES", "P-384"))) == "undecryptable"


@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256"])
@pytest.mark.parametrize("part", range(5))
def test_a_change_on_the_way_is_noticed(enc: str, part: int) -> None:
    key = KEYS["ECDH-ES+A128KW"]
    parts = by_jwcrypto(b'{"a":1}', key, enc).decode().split(".")
    if part == 0:
        changed = with_header(".".join(parts).encode(), {"kid": "other"})
    else:
        data = bytearray(base64url.decode(parts[part]))
        data[0] ^= 1
        parts[part] = base64url.encode(bytes(data))
        changed = ".".join(parts).encode()
    assert refusal(changed, key) == "undecryptable"


def test_a_shortened_tag_is_not_accepted() -> None:
    parts = by_jwcrypto(b"{}", KEY).decode().split(".")
    parts[4] = base64url.encode(base64url.decode(parts[4])[:4])
    assert refusal(".".join(parts).encode()) == "undecryptable"


@pytest.mark.parametrize(
    "change", [{"alg": "dir"}, {"alg": "RSA1_5"}, {"alg": None}, {"enc": "X"}, {"enc": ["A128GCM"]}]
)
def test_algorithms_the_wallet_does_not_have_are_named(change: dict[str, Any]) -> None:
    assert refusal(with_header(by_jwcrypto(b"{}", KEY), change)) == "algorithm-unsupported"


@pytest.mark.parametrize("epk", [None, {}, "x", {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}])
def test_an_unusable_ephemeral_key_is_one_clear_error(epk: object) -> None:
    assert refusal(with_header(by_jwcrypto(b"{}", KEY), {"epk": epk})) == "undecryptable"


@pytest.mark.parametrize("apu", [5, None, ["x"], {}, "A", "ä"])
def test_unusable_party_information_is_one_clear_error(apu: object) -> None:
    assert refusal(with_header(by_jwcrypto(b"{}", KEY), {"apu": apu})) == "undecryptable"


def test_critical_extensions_are_not_understood() -> None:
    assert refusal(with_header(by_jwcrypto(b"{}", KEY), {"crit": ["x"], "x": 1})) == "critical-header"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"credentials": []}', "jwe-segments"),
        (b"", "jwe-segments"),
        (b"a.b.c", "jwe-segments"),
        ("ä....".encode(), "jwe-base64url"),
        (b"e30=....", "jwe-base64url"),
        (b"e30....", "algorithm-unsupported"),
        (b"W10....", "jwe-header"),
    ],
)
def test_what_is_no_encrypted_message_is_one_clear_error(body: bytes, kind: str) -> None:
    assert refusal(body) == kind


# Compression


def test_a_compressed_answer_is_opened() -> None:
    opened = open_reply(reply(by_jwcrypto(json.dumps(MESSAGE).encode(), KEY, zip="DEF")), KEY)
    assert opened.object == MESSAGE
    assert opened.jwe is not None
    assert opened.jwe["zip"] == "DEF"


def compressed_as(content: bytes, **header: Any) -> jwe.Jwe:
    """Encrypt bytes that the header calls compressed."""
    return jwe.parse_compact(seal(content, KEY.public, enc="A128GCM", header={"zip": "DEF", **header}).decode())


def bare(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def test_a_compressed_answer_has_a_bound() -> None:
    message = compressed_as(bare(b"x" * 1000))
    assert encryption.decrypt(message, KEY, max_plaintext=1000) == b"x" * 1000
    with pytest.raises(EncryptionError, match="more than 999 bytes"):
        encryption.decrypt(message, KEY, max_plaintext=999)


def test_a_compression_bomb_costs_little() -> None:
    bomb = bare(bytes(5 * encryption.MAX_PLAINTEXT))
    assert len(bomb) < 100_000
    with pytest.raises(EncryptionError, match="decompression"):
        encryption.decrypt(compressed_as(bomb), KEY)


@pytest.mark.parametrize("content", [zlib.compress(b"{}"), bare(b"{}" * 50)[:-1], bare(b"{}") + b"x", b"{}", b""])
def test_what_is_no_bare_deflate_is_refused(content: bytes) -> None:
    with pytest.raises(EncryptionError, match="decompression"):
        encryption.decrypt(compressed_as(content), KEY)


def test_another_compression_is_named() -> None:
    with pytest.raises(EncryptionError, match="algorithm-unsupported"):
        encryption.decrypt(compressed_as(b"{}", zip="GZIP"), KEY)


# Sealing


def by_wallet(key: EncryptionKey, **how: Any) -> Any:
    """Encrypt with the wallet, decrypt with another implementation."""
    text = seal(MESSAGE, key.public, **{"enc": "A256GCM", **how}).decode()
    assert jwe.parse_compact(text).problems == ()
    token = JWE()
    token.deserialize(text, key.private)
    return json.loads(token.payload)


@pytest.mark.parametrize("enc", ENCRYPTIONS)
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_the_wallet_encrypts_others_can_read(alg: str, enc: str) -> None:
    assert by_wallet(KEYS[alg], enc=enc) == MESSAGE
    assert by_wallet(KEYS[alg], enc=enc, zip="DEF") == MESSAGE


def test_the_header_says_what_was_done() -> None:
    def header(**how: Any) -> Any:
        return jwe.parse_compact(seal(b"{}", KEY.public, enc="A128GCM", **how).decode()).header

    made = header()
    assert made.keys() == {"alg", "enc", "kid", "epk"}
    assert (made["alg"], made["enc"], made["kid"]) == ("ECDH-ES", "A128GCM", KEY.public["kid"])
    assert made["epk"].keys() == {"kty", "crv", "x", "y"}
    assert made["epk"] != header()["epk"]
    assert header(zip="DEF")["zip"] == "DEF"
    assert header(header={"kid": None, "typ": "JWT"}).keys() == {"alg", "enc", "epk", "typ"}
    anonymous = {name: value for name, value in KEY.public.items() if name != "kid"}
    assert "kid" not in jwe.parse_compact(seal(b"{}", anonymous, enc="A128GCM").decode()).header


@pytest.mark.parametrize("operations", [["deriveKey"], ["deriveBits"], ["wrapKey"]])
def test_a_key_may_say_what_it_is_for(operations: list[str]) -> None:
    message = seal(MESSAGE, {**KEY.public, "key_ops": operations, "x5c": ["..."]}, enc="A128GCM")
    assert open_reply(reply(message), KEY).object == MESSAGE


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ({**KEY.public, "alg": None}, "algorithm-unsupported"),
        ({**KEY.public, "alg": "ES256"}, "algorithm-unsupported"),
        ({**KEY.public, "alg": "RSA-OAEP"}, "key-unfit"),
        ({**KEY.public, "x": "AAAA"}, "key-unfit"),
        ({"kty": "oct", "k": "AAAA", "alg": "ECDH-ES"}, "key-unfit"),
        ({"alg": "ECDH-ES"}, "key-unfit"),
    ],
)
def test_a_key_that_cannot_be_encrypted_to_is_one_clear_error(key: dict[str, Any], kind: str) -> None:
    with pytest.raises(EncryptionError) as caught:
        seal(MESSAGE, key, enc="A128GCM")
    assert caught.value.kind == kind


@pytest.mark.parametrize("how", [{"enc": "A1"}, {"enc": "A128GCM", "zip": "GZIP"}])
def test_the_wallet_only_does_what_it_can(how: dict[str, Any]) -> None:
    with pytest.raises(EncryptionError, match="algorithm-unsupported"):
        seal(MESSAGE, KEY.public, **how)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_key_of_the_wallet_can_be_published(alg: str) -> None:
    public = KEYS[alg].public
    assert (public["alg"], public["use"], public["kid"]) == (alg, "enc", thumbprint(public))
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & public.keys()


def test_there_is_no_key_for_unknown_algorithms() -> None:
    with pytest.raises(EncryptionError):
        make_key("dir")
    with pytest.raises(EncryptionError):
        make_key("ECDH-ES", "secp256k1")
    assert make_key("ECDH-ES").public["kid"] != make_key("ECDH-ES").public["kid"]


# Terms


def metadata(*, request: bool | None = None, response: bool | None = None) -> dict[str, Any]:
    """Offer encryption: not at all, as an option, or as required."""
    offered: dict[str, Any] = {}
    if request is not None:
        offered["credential_request_encryption"] = {
            "jwks": {"keys": [KEY.public]},
            "enc_values_supported": ["A128CBC-HS256", "A128GCM"],
            "encryption_required": request,
        }
    if response is not None:
        offered["credential_response_encryption"] = {
            "alg_values_supported": ["X", "RSA-OAEP", "ECDH-ES+A256KW"],
            "enc_values_supported": ["A128CBC-HS256"],
            "zip_values_supported": ["DEF"],
            "encryption_required": response,
        }
    return offered


@pytest.mark.parametrize("request_", [None, False, True])
@pytest.mark.parametrize("response", [None, False, True])
def test_the_wallet_encrypts_what_the_metadata_requires(request_: bool | None, response: bool | None) -> None:
    terms = required_terms(metadata(request=request_, response=response)) or Terms()
    # Who asks for an encrypted response encrypts the request as well, where the issuer can take that.
    assert (terms.request is not None) == bool(request_ or (request_ is False and response))
    assert (terms.response is not None) == bool(response)


def test_a_message_can_be_changed_before_it_is_sent() -> None:
    offered = metadata(request=True, response=True)
    terms = Terms(replace(request_terms(offered), change=lambda message: message[::-1]))
    assert json.loads(base64url.decode(terms.seal({}).content[::-1].split(b".")[0].decode()))["enc"] == "A128GCM"


def test_algorithms_beyond_the_metadata_are_known() -> None:
    offered = RequestEncryption.of(metadata(request=True))
    assert offered is not None
    assert offered.unlisted_enc == next(name for name in ENCRYPTIONS if name not in offered.enc_values)
    assert replace(offered, enc_values=ENCRYPTIONS).unlisted_enc is None
    elliptic, rsa = KEYS["ECDH-ES"].public, KEYS["RSA-OAEP"].public
    assert replace(offered, keys=(elliptic, KEYS["ECDH-ES+A256KW"].public)).unlisted_alg == "ECDH-ES+A128KW"
    assert replace(offered, keys=(rsa,)).unlisted_alg == "RSA-OAEP-256"
    assert replace(offered, keys=(rsa, KEYS["RSA-OAEP-256"].public)).unlisted_alg is None
    assert replace(offered, keys=()).unlisted_alg is None


def test_terms_are_what_both_sides_have() -> None:
    offered = metadata(request=True, response=True)
    assert request_terms(offered).enc == "A128GCM"
    asked = response_terms(offered)
    assert asked.key.algorithm == "ECDH-ES+A256KW"
    assert asked.body == {"jwk": asked.key.public, "enc": "A128CBC-HS256"}
    made = response_terms(offered, lambda alg: KEYS[alg], alg="RSA-OAEP", enc="A256GCM", zip="DEF")
    assert made.body == {"jwk": KEYS["RSA-OAEP"].public, "enc": "A256GCM", "zip": "DEF"}


@pytest.mark.parametrize(
    "key",
    [
        {name: value for name, value in KEY.public.items() if name != "alg"},
        {**KEY.public, "alg": "HPKE-0"},
        {**KEY.public, "alg": ["ECDH-ES"]},
        {**KEY.public, "use": "sig"},
        {**KEY.public, "crv": "secp256k1"},
        {**KEY.public, "alg": "RSA-OAEP"},
        {**JWK.generate(kty="RSA", size=1024).export_public(as_dict=True), "alg": "RSA-OAEP"},
        {"kty": "oct", "k": "AAAA", "alg": "ECDH-ES"},
        "no key",
    ],
)
def test_the_wallet_takes_the_first_key_it_can_use(key: Any) -> None:
    offered = metadata(request=True)
    offered["credential_request_encryption"]["jwks"]["keys"] = [key, KEY.public]
    assert request_terms(offered).key == KEY.public
    offered["credential_request_encryption"]["jwks"]["keys"] = [key]
    with pytest.raises(EncryptionError, match="nothing-in-common"):
        request_terms(offered)


@pytest.mark.parametrize(
    "broken", [None, [], {}, {"jwks": 1, "enc_values_supported": "A128GCM", "alg_values_supported": [1]}]
)
def test_malformed_metadata_offers_nothing(broken: Any) -> None:
    offered = {"credential_request_encryption": broken, "credential_response_encryption": broken}
    request, response = RequestEncryption.of(offered), ResponseEncryption.of(offered)
    if isinstance(broken, dict):
        assert request is not None
        assert response is not None
        assert (request.usable_keys, request.usable_encs, request.required) == ((), (), False)
        assert (response.usable_algs, response.usable_encs, response.required) == ((), (), False)
    else:
        assert request is None
        assert response is None
    for choose in (request_terms, response_terms):
        with pytest.raises(EncryptionError):
            choose(offered)


def test_an_exchange_under_terms() -> None:
    issuer = KEY
    terms = required_terms(metadata(request=True, response=True), lambda alg: KEYS[alg])
    assert terms is not None
    assert terms.response is not None
    sent = terms.seal({"credential_configuration_id": "a"})
    assert sent.media_type == "application/jwt"
    body = open_reply(reply(sent.content), issuer).object
    assert body == {"credential_configuration_id": "a", "credential_response_encryption": terms.response.body}
    answer = reply(by_jwcrypto(json.dumps(MESSAGE).encode(), terms.response.key))
    assert terms.open(answer).object == MESSAGE


def test_terms_leave_alone_what_is_not_theirs() -> None:
    plain = Terms()
    assert plain.seal({"a": "ä"}).content == '{"a":"ä"}'.encode()
    assert plain.seal(b"as it is").content == b"as it is"
    assert plain.seal({}).media_type == "application/json"
    terms = Terms(response=response_terms(metadata(response=False)))
    own: dict[str, Any] = {"credential_response_encryption": {"jwk": {}}}
    assert json.loads(terms.seal(own).content) == own
    for answer in (
        reply(b'{"error":"invalid_proof"}', "application/json", 400),
        reply(by_jwcrypto(b"{}", make_key("ECDH-ES"))),
    ):
        assert terms.open(answer) is answer
    assert plain.open(answer) is answer


# Reading


def text_of(header: object, *parts: bytes) -> str:
    return ".".join(base64url.encode(part) for part in (json.dumps(header).encode(), *parts))


EPK = {name: KEY.public[name] for name in ("kty", "crv", "x", "y")}
RIGHT = {"alg": "ECDH-ES", "enc": "A128GCM", "epk": EPK}


def problems(
    header: object, key: bytes = b"", iv: bytes = bytes(12), tag: bytes = bytes(16)
) -> list[tuple[str, str | None]]:
    return [(each.kind, each.pointer) for each in jwe.parse_compact(text_of(header, key, iv, b"c", tag)).problems]


def test_a_right_message_has_no_problems() -> None:
    assert problems(RIGHT) == []
    assert problems({"alg": "RSA-OAEP", "enc": "A256CBC-HS512", "kid": "1"}, b"k", bytes(16), bytes(32)) == []
    assert problems({"alg": "new", "enc": "newer"}, b"k", b"", b"") == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"alg": ...}, ("alg-missing", "header")),
        ({"enc": ...}, ("enc-missing", "header")),
        ({"epk": ...}, ("epk-missing", "header")),
        ({"kid": 1}, ("header-type", "header/kid")),
        ({"zip": True}, ("header-type", "header/zip")),
        ({"epk": "x"}, ("header-type", "header/epk")),
        ({"apu": "="}, ("header-base64url", "header/apu")),
        ({"crit": []}, ("crit-malformed", "header/crit")),
        ({"crit": ["zip"], "zip": "DEF"}, ("crit-malformed", "header/crit")),
        ({"crit": ["x"], "x": 1}, ("crit-not-understood", "header/crit")),
        ({"epk": {"kty": "EC"}}, ("epk-malformed", "header/epk")),
        ({"epk": {**EPK, "d": "AA"}}, ("epk-private", "header/epk")),
        ({"epk": {**EPK, "kid": "1"}}, ("epk-surplus", "header/epk")),
    ],
)
def test_a_defect_of_the_header_is_a_problem(change: dict[str, Any], expected: tuple[str, str]) -> None:
    header = {name: value for name, value in {**RIGHT, **change}.items() if value is not ...}
    assert problems(header) == [expected]


def test_a_repeated_header_parameter_is_a_problem() -> None:
    head = base64url.encode(b'{"alg":"RSA-OAEP","enc":"X","enc":"Y"}')
    assert [each.kind for each in jwe.parse_compact(f"{head}....").problems] == ["duplicate-name"]


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("ECDH-ES", "encrypted-key-present"), ("dir", "encrypted-key-present")]
)
def test_a_key_that_is_given_directly_is_not_encrypted(algorithm: str, kind: str) -> None:
    assert problems({**RIGHT, "alg": algorithm}, b"k") == [(kind, "encrypted key")]


@pytest.mark.parametrize("enc", ENCRYPTIONS)
def test_vector_and_tag_have_the_length_of_the_algorithm(enc: str) -> None:
    vector, _, tag = JWA.encryption_alg(enc).encrypt(bytes(JWA.encryption_alg(enc).wrap_key_size // 8), b"", b"x")
    header = {**RIGHT, "enc": enc}
    assert problems(header, iv=vector, tag=tag) == []
    assert problems(header, iv=vector[1:], tag=tag) == [("iv-length", "initialization vector")]
    assert problems(header, iv=vector, tag=tag[1:]) == [("tag-length", "authentication tag")]


@given(st.one_of(st.text(), st.lists(st.text("eyJ0-_=A. \n"), min_size=5, max_size=5).map(".".join)))
@quick
def test_reading_text_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(JweError):
        assert jwe.parse_compact(text).header is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
HEADERS = st.dictionaries(
    st.sampled_from(["alg", "enc", "epk", "zip", "crit", "apu", "kid"]),
    JSON | st.sampled_from([*ALGORITHMS, *ENCRYPTIONS, "DEF", KEY.public]),
)


@given(HEADERS, st.lists(st.binary(max_size=40), min_size=4, max_size=4))
@quick
def test_opening_what_others_made_up_raises_nothing_else(header: dict[str, Any], parts: list[bytes]) -> None:
    text = text_of(header, *parts)
    jwe.parse_compact(text)
    with pytest.raises(EncryptionError):
        open_reply(reply(text.encode()), KEY)


@given(HEADERS)
@quick
def test_a_changed_header_never_opens(header: dict[str, Any]) -> None:
    made = seal(b"{}", KEY.public, enc="A128GCM")
    with pytest.raises(EncryptionError):
        open_reply(reply(with_header(made, {**header, "changed": True})), KEY)
