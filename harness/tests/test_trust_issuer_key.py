"""The key of a credential's signer is found by each mechanism, and a wallet that cannot find it says why."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness.formats import base64url, jose, sd_jwt_vc
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.formats.signer import Signer
from harness.reference import keys
from harness.settings import TrustSettings
from harness.transport import Client, Recorder
from harness.trust import issuer_key
from harness.trust.fetching import Fetcher
from harness.trust.files import TrustError
from harness.trust.found import IssuerKey, Search

NOW = 1_780_000_000.0
ISS = "https://issuer.example/tenant"
WELL_KNOWN = "https://issuer.example/.well-known/jwt-vc-issuer/tenant"
KEY = keys.issuer_key("ES256")
STRANGER = keys.stranger_key("ES256")

Pages = dict[str, Any]
"""URL to what a GET answers: a JSON value, or an ``httpx.Response``."""


def credential(header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> SdJwtVc:
    """Make a credential that is signed with ``KEY``."""
    parts = {"alg": "ES256", "typ": "dc+sd-jwt", **(header or {})}, {"vct": "urn:test", **(claims or {})}
    text = ".".join(base64url.encode(json.dumps(part).encode()) for part in parts)
    return sd_jwt_vc.read(f"{text}.{base64url.encode(KEY.sign(text.encode()))}~")


def metadata(**changes: Any) -> dict[str, Any]:
    document = {"issuer": ISS, "jwks": {"keys": [KEY.public_jwk]}, **changes}
    return {name: value for name, value in document.items() if value is not None}


Resolve = Callable[..., Any]


@pytest.fixture
async def resolve() -> AsyncIterator[Resolve]:
    pages: Pages = {}

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(str(request.url), httpx.Response(404))
        return page if isinstance(page, httpx.Response) else httpx.Response(200, json=page)

    client = Client(Recorder(), transport=httpx.MockTransport(answer))

    async def of(vc: SdJwtVc, answers: Pages | None = None, **trust: Any) -> IssuerKey:
        pages.update(answers or {})
        return await issuer_key.resolve(vc, Fetcher(client, ISS), TrustSettings(**trust), NOW)

    yield of
    await client.aclose()


def kinds(found: IssuerKey) -> list[str]:
    return [problem.kind for problem in found.problems]


def verifies(vc: SdJwtVc, found: IssuerKey) -> bool:
    assert found.jwk is not None
    try:
        jose.verify(vc.sd_jwt.jws, found.jwk)
    except jose.SignatureError:
        return False
    return True


# x5c


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.pem"
    file.write_text(keys.trust_anchor_pem())
    return file


LEAF = keys.leaf(KEY, ISS)


async def test_the_first_certificate_gives_the_key_and_leads_to_the_anchor(resolve: Resolve, root: Path) -> None:
    vc = credential({"x5c": [LEAF]}, {"iss": ISS})
    for path in (root, root.parent):
        found = await resolve(vc, x5c=(path,))
        assert (found.mechanism, found.problems, found.replies) == ("x5c", (), ())
        assert found.chain is not None
        assert found.chain.trusted is True
        assert verifies(vc, found)


async def test_without_anchors_the_chain_is_judged_and_trust_is_left_open(resolve: Resolve) -> None:
    expired = keys.leaf(KEY, ISS, end=keys.EXPIRED_END)
    found = await resolve(credential({"x5c": [expired]}))
    assert kinds(found) == ["certificate-expired"]
    assert found.problems[0].pointer == "header/x5c/0"
    assert found.chain is not None
    assert found.chain.trusted is None


async def test_an_unknown_authority_is_not_trusted(resolve: Resolve, root: Path) -> None:
    foreign = keys.leaf(KEY, ISS, authority=keys.foreign_root())
    found = await resolve(credential({"x5c": [foreign]}), x5c=(root,))
    assert found.problems == ()
    assert found.chain is not None
    assert found.chain.trusted is False


async def test_an_unreadable_x5c_gives_no_key_and_nothing_else_is_tried(resolve: Resolve) -> None:
    der = base64url.encode(base64.b64decode(LEAF))
    found = await resolve(credential({"x5c": [der]}, {"iss": ISS}), {WELL_KNOWN: metadata()})
    assert found.mechanism == "x5c"
    assert found.jwk is None
    assert kinds(found) == ["x5c-base64"]
    assert found.missing


async def test_later_certificates_give_their_keys_too(resolve: Resolve) -> None:
    other = keys.leaf(STRANGER, ISS)
    vc = credential({"x5c": [other, LEAF]})
    found = await resolve(vc)
    assert not verifies(vc, found)
    assert jose.same_key(found.further[0], KEY.public_jwk)


@pytest.mark.parametrize("content", [None, b"no PEM", b""])
async def test_an_unusable_anchor_is_named(resolve: Resolve, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "anchor.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TrustError, match=r"^trust\.x5c: .*anchor\.pem"):
        await resolve(credential({"x5c": [LEAF]}), x5c=(file,))


async def test_a_folder_without_certificates_is_named(resolve: Resolve, tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(TrustError, match=r"has no \.pem"):
        await resolve(credential({"x5c": [LEAF]}), x5c=(tmp_path,))


# x5chain


async def from_x5chain(value: object, anchors: tuple[Path, ...] = ()) -> IssuerKey:
    signer = Signer(("x5chain",), certificates=value)
    client = Client(Recorder(), transport=httpx.MockTransport(lambda _: httpx.Response(404)))

    def verify(_: Any) -> None:
        raise AssertionError("a certificate needs no trying")

    search = Search(signer, verify, Fetcher(client, ISS), TrustSettings(iaca=anchors), NOW)
    found = await issuer_key.find(search)
    await client.aclose()
    return found


async def test_an_x5chain_gives_the_key_and_leads_to_an_iaca(root: Path) -> None:
    der = base64.b64decode(LEAF)
    found = await from_x5chain(der, (root,))
    assert (found.mechanism, found.problems, len(found.certificates)) == ("x5chain", (), 1)
    assert found.jwk is not None
    assert jose.same_key(found.jwk, KEY.public_jwk)
    assert found.chain is not None
    assert found.chain.trusted is True
    assert found.chain.anchor is not None
    alone = await from_x5chain([der])
    assert [(problem.kind, problem.pointer) for problem in alone.problems] == [
        ("x5chain-single", "header/x5chain")
    ]
    assert alone.chain is not None
    assert alone.chain.trusted is None


async def test_an_unreadable_or_missing_x5chain_gives_no_key() -> None:
    broken = await from_x5chain(b"no certificate")
    assert (broken.mechanism, broken.jwk, kinds(broken)) == ("x5chain", None, ["x5chain-certificate"])
    missing = await from_x5chain(None)
    assert missing.mechanism is None
    assert "no x5chain" in missing.missing


async def test_an_unusable_iaca_is_named(tmp_path: Path) -> None:
    file = tmp_path / "iaca.pem"
    file.write_text("no PEM")
    with pytest.raises(TrustError, match=r"^trust\.iaca: .*iaca\.pem holds no PEM"):
        await from_x5chain(base64.b64decode(LEAF), (file,))


# JWT VC Issuer Metadata


async def test_metadata_gives_the_key_that_kid_names(resolve: Resolve) -> None:
    vc = credential({"kid": KEY.kid}, {"iss": ISS})
    both = {"keys": [STRANGER.public_jwk, KEY.public_jwk]}
    found = await resolve(vc, {WELL_KNOWN: metadata(jwks=both)})
    assert (found.mechanism, found.problems) == ("jwt-vc-issuer", ())
    assert [reply.url for reply in found.replies] == [WELL_KNOWN]
    assert verifies(vc, found)


async def test_metadata_may_refer_to_its_keys(resolve: Resolve) -> None:
    vc = credential({"kid": KEY.kid}, {"iss": ISS})
    url = "https://keys.example/set"
    pages = {WELL_KNOWN: metadata(jwks=None, jwks_uri=url), url: {"keys": [KEY.public_jwk]}}
    found = await resolve(vc, pages)
    assert found.problems == ()
    assert [reply.url for reply in found.replies] == [WELL_KNOWN, url]
    assert verifies(vc, found)


@pytest.mark.parametrize("kid", [None, "unknown"])
async def test_without_a_kid_that_fits_each_key_is_tried(resolve: Resolve, kid: str | None) -> None:
    vc = credential({"kid": kid} if kid else {}, {"iss": ISS})
    both = {"keys": [STRANGER.public_jwk, KEY.public_jwk]}
    found = await resolve(vc, {WELL_KNOWN: metadata(jwks=both)})
    assert kinds(found) == ["kid-unknown" if kid else "kid-missing"]
    assert verifies(vc, found)


async def test_a_named_key_that_does_not_verify_is_the_key_all_the_same(resolve: Resolve) -> None:
    named = {**STRANGER.public_jwk, "kid": KEY.kid}
    vc = credential({"kid": KEY.kid}, {"iss": ISS})
    found = await resolve(vc, {WELL_KNOWN: metadata(jwks={"keys": [named]})})
    assert found.problems == ()
    assert not verifies(vc, found)


async def test_a_set_without_the_key_is_told(resolve: Resolve) -> None:
    found = await resolve(
        credential({"kid": KEY.kid}, {"iss": ISS}), {WELL_KNOWN: metadata(jwks={"keys": [STRANGER.public_jwk]})}
    )
    assert found.jwk is None
    assert kinds(found) == ["kid-unknown", "key-not-found"]


PRIVATE = {**KEY.public_jwk, "d": base64url.encode(b"x" * 32)}


@pytest.mark.parametrize(
    ("answer", "expected", "usable"),
    [
        (httpx.Response(302, headers={"Location": "http://issuer.example/x"}), ["metadata-redirect"], False),
        (metadata(jwks_uri="https://keys.example/set"), ["keys-twice"], True),
        (metadata(jwks=None), ["keys-missing"], False),
        (metadata(jwks=[KEY.public_jwk]), ["jwks"], False),
        (metadata(jwks={"keys": [KEY.public_jwk, {"kid": "no kty"}]}), ["jwks"], True),
        (metadata(jwks={"keys": [PRIVATE]}), ["jwks"], True),
        (metadata(jwks=None, jwks_uri=7), ["jwks-uri"], False),
        (metadata(jwks=None, jwks_uri="https://keys.example/nowhere"), ["jwks-uri"], False),
        (metadata(jwks=None, jwks_uri="not a URL"), ["jwks-uri"], False),
        (metadata(issuer=None), ["issuer-missing"], False),
        (metadata(issuer=f"{ISS}/"), ["issuer-other"], False),
        ([metadata()], ["metadata-json"], False),
        (httpx.Response(200, text="{", headers={"Content-Type": "application/json"}), ["metadata-json"], False),
        (httpx.Response(200, text=json.dumps(metadata())), ["metadata-media-type"], True),
        (httpx.Response(201, json=metadata()), ["metadata-status"], True),
    ],
)
async def test_wrong_metadata_is_told(resolve: Resolve, answer: Any, expected: list[str], usable: bool) -> None:
    found = await resolve(credential({"kid": KEY.kid}, {"iss": ISS}), {WELL_KNOWN: answer})
    assert found.mechanism == "jwt-vc-issuer"
    assert kinds(found) == expected
    assert (found.jwk is not None) is usable
    assert bool(found.missing) is not usable


async def test_a_web_page_for_every_path_is_no_metadata(resolve: Resolve, tmp_path: Path) -> None:
    page = httpx.Response(200, html="<!doctype html><title>Wallet</title>")
    pages = {WELL_KNOWN: page, f"{ISS}/.well-known/jwt-vc-issuer": page}
    vc, file = credential({"kid": KEY.kid}, {"iss": ISS}), tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [KEY.public_jwk]}))
    found = await resolve(vc, pages)
    assert (found.mechanism, found.problems) == (None, ())
    assert f"{WELL_KNOWN} answered with a web page" in found.missing
    assert (await resolve(vc, pages, jwks=(str(file),))).mechanism == "jwks"


@pytest.mark.parametrize(
    ("iss", "url", "expected"),
    [
        (f"{ISS}/", f"{WELL_KNOWN}/", "metadata-slash"),
        (ISS, f"{ISS}/.well-known/jwt-vc-issuer", "metadata-misplaced"),
    ],
)
async def test_metadata_in_the_wrong_place_is_read_and_told(
    resolve: Resolve, iss: str, url: str, expected: str
) -> None:
    vc = credential({"kid": KEY.kid}, {"iss": iss})
    found = await resolve(vc, {url: metadata(issuer=iss)})
    assert kinds(found) == [expected]
    assert verifies(vc, found)


async def test_an_iss_with_a_query_is_told(resolve: Resolve) -> None:
    iss = f"{ISS}?a=b"
    found = await resolve(credential({"kid": KEY.kid}, {"iss": iss}), {WELL_KNOWN: metadata(issuer=iss)})
    assert kinds(found) == ["iss-form"]


# DIDs


@pytest.mark.parametrize(
    ("kid", "iss"),
    [
        (f"{KEY.did}#0", KEY.did),
        ("#0", KEY.did),
        (None, KEY.did),
        (f"{KEY.did}#0", None),
        (f"{KEY.did}#0", ISS),
    ],
)
async def test_a_did_is_its_own_key(resolve: Resolve, kid: str | None, iss: str | None) -> None:
    vc = credential({"kid": kid} if kid else {}, {"iss": iss} if iss else {})
    found = await resolve(vc)
    assert (found.mechanism, found.problems) == ("did", ())
    assert verifies(vc, found)


async def test_a_kid_of_another_did_is_told(resolve: Resolve) -> None:
    found = await resolve(credential({"kid": f"{KEY.did}#0"}, {"iss": STRANGER.did}))
    assert kinds(found) == ["did-other"]


async def test_a_broken_did_gives_no_key(resolve: Resolve) -> None:
    found = await resolve(credential({}, {"iss": "did:jwk:!"}))
    assert (found.mechanism, found.jwk, kinds(found)) == ("did", None, ["did"])


@pytest.mark.parametrize("iss", ["did:key:z1", f"did:key:z4MX{'a' * 370}"], ids=["unknown", "RSA"])
async def test_a_did_key_of_an_unknown_type_is_no_violation(resolve: Resolve, tmp_path: Path, iss: str) -> None:
    vc, file = credential({}, {"iss": iss}), tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [KEY.public_jwk]}))
    found = await resolve(vc)
    assert (found.mechanism, found.problems) == (None, ())
    assert "key type" in found.missing
    assert (await resolve(vc, jwks=(str(file),))).mechanism == "jwks"


# The team's JWK Sets


async def test_a_configured_set_gives_the_key(resolve: Resolve, tmp_path: Path) -> None:
    vc = credential({"kid": KEY.kid}, {"iss": "issuer-7"})
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [STRANGER.public_jwk, KEY.public_jwk]}))
    url = "https://keys.example/set"
    for source in (str(file), url):
        found = await resolve(vc, {url: {"keys": [KEY.public_jwk]}}, jwks=(source,))
        assert (found.mechanism, found.problems) == ("jwks", ())
        assert verifies(vc, found)


async def test_no_mechanism_says_what_was_tried_and_what_to_configure(resolve: Resolve, tmp_path: Path) -> None:
    vc = credential({"kid": KEY.kid}, {"iss": ISS})
    found = await resolve(vc)
    assert (found.mechanism, found.jwk) == (None, None)
    assert "no x5c" in found.missing
    assert f"{WELL_KNOWN} answered HTTP 404" in found.missing
    assert "[trust] jwks" in found.missing
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [STRANGER.public_jwk]}))
    assert "none of the 1 keys" in (await resolve(vc, jwks=(str(file),))).missing


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"keys": {}}', "[" * 100_000])
async def test_an_unusable_set_is_named(resolve: Resolve, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(TrustError, match=r"^trust\.jwks: .*keys\.json"):
        await resolve(credential(), jwks=(str(file),))


async def test_an_unreachable_set_is_named(resolve: Resolve) -> None:
    with pytest.raises(TrustError, match=r"^trust\.jwks: https://keys\.example/gone answered HTTP 404"):
        await resolve(credential(), jwks=("https://keys.example/gone",))


async def test_a_symmetric_key_verifies_nothing(resolve: Resolve, tmp_path: Path) -> None:
    secret = JWK.generate(kty="oct", size=256).export(as_dict=True)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [{**secret, "kid": "other"}]}))
    assert (await resolve(credential({"kid": KEY.kid}), jwks=(str(file),))).mechanism is None
