"""The status lists of the reference issuer that are tokens, read with libraries that know nothing of it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import cbor2
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cwt import COSE, COSEKey, VerifyError
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.statuses import Place, Statuses
from harness.reference.token_status_list import packed
from harness.reference.variants import VARIANTS
from harness.tests.test_reference import KEYS, Clock, decoded, unb64, wallet_for

LISTS = {
    "status": ("application/statuslist+jwt", 1),
    "status-2-bits": ("application/statuslist+jwt", 2),
    "status-4-bits": ("application/statuslist+jwt", 4),
    "status-8-bits": ("application/statuslist+jwt", 8),
    "status-cwt": ("application/statuslist+cwt", 1),
    "mdoc-status": ("application/statuslist+cwt", 1),
    "mdoc-identifier-list": ("application/identifierlist+cwt", None),
}
"""Variant to the media type and the bits of its list."""
HOLDER = JWK.generate(kty="EC", crv="P-256")


class Desk:
    """Issues credentials without a flow, and fetches their lists."""

    def __init__(self, variant: str, http: httpx.AsyncClient, issuer: ReferenceIssuer, clock: Clock) -> None:
        self.variant = VARIANTS[variant]
        self.http = http
        self.issuer = issuer
        self.clock = clock

    def issue(self) -> str:
        """Make a credential as the Credential Endpoint does."""
        context = self.issuer.context
        data = documents.configurations(self.variant)[self.variant.configurations[0]]
        emit = self.issuer._defects.emit
        with context.statuses.issuing(emit) as places:
            made: str = credential_formats.issued(context, data, HOLDER.export_public(as_dict=True), emit)
        context.statuses.keep(made, places)
        return made

    async def fetch(self, credential: str, **headers: str) -> httpx.Response:
        return await self.http.get(place(credential)["uri"], headers=headers)

    async def value(self, credential: str) -> int:
        """Look a credential up in its list."""
        told, answer = place(credential), await self.fetch(credential)
        claims = claims_of(answer)
        if "id" in told:
            return int(told["id"] in claims["identifier_list"]["identifiers"])
        listed = claims["status_list"]
        lst = listed["lst"] if isinstance(listed["lst"], bytes) else unb64(listed["lst"])
        array, bits = zlib.decompress(lst), listed["bits"]
        position = told["idx"] * bits
        value: int = (array[position // 8] >> position % 8) & ((1 << bits) - 1)
        return value


@asynccontextmanager
async def desk_for(variant: str, *active: str) -> AsyncIterator[Desk]:
    clock = Clock()
    issuer = ReferenceIssuer(VARIANTS[variant], active, clock=clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        yield Desk(variant, http, issuer, clock)


def place(credential: str) -> dict[str, Any]:
    """Give the one member of the claim ``status``."""
    if "~" in credential:
        status = decoded(credential)[1]["status"]
    else:
        signed = cbor2.loads(base64.urlsafe_b64decode(credential + "=" * (-len(credential) % 4)))
        status = cbor2.loads(cbor2.loads(signed["issuerAuth"][2]).value)["status"]
    (told,) = status.values()
    found: dict[str, Any] = told
    return found


_LABELS = {2: "sub", 4: "exp", 6: "iat", 65530: "identifier_list", 65533: "status_list", 65534: "ttl"}


def claims_of(answer: httpx.Response) -> dict[str, Any]:
    """Verify a list with the certificate in it, and give its claims by the names they have in a JWT."""
    assert answer.status_code == 200
    if answer.headers["content-type"].endswith("+jwt"):
        jws = JWS()
        jws.deserialize(answer.text)
        header = json.loads(jws.objects["protected"])
        assert header["typ"] == "statuslist+jwt"
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        jws.verify(JWK.from_pyca(certificate.public_key()))
        claims: dict[str, Any] = json.loads(jws.payload)
        return claims
    tagged = cbor2.loads(answer.content)
    assert tagged.tag == 18
    protected, _, payload, signature = tagged.value
    header = cbor2.loads(protected)
    assert header[16] == answer.headers["content-type"]
    key = x509.load_der_x509_certificate(header[33]).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    return {_LABELS[label]: value for label, value in cbor2.loads(payload).items()}


@pytest.mark.parametrize("variant", LISTS)
async def test_a_list_says_what_the_draft_wants(variant: str) -> None:
    async with desk_for(variant) as desk:
        credential = desk.issue()
        answer = await desk.fetch(credential)
        claims = claims_of(answer)
        media_type, bits = LISTS[variant]
        assert answer.headers["content-type"] == media_type
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == f"max-age={claims['ttl']}"
        assert claims["sub"] == place(credential)["uri"]
        assert claims["iat"] == int(desk.clock.time) < claims["exp"]
        if bits is not None:
            lst = claims["status_list"]["lst"]
            compressed = lst if isinstance(lst, bytes) else unb64(lst)
            assert claims["status_list"]["bits"] == bits
            assert compressed == zlib.compress(zlib.decompress(compressed), 9)
            assert len(zlib.decompress(compressed)) * 8 // bits >= 1 << 17
            named = (await desk.http.get(claims["status_list"]["aggregation_uri"])).json()
            assert named == {"status_lists": [claims["sub"]]}
        assert desk.issuer.fired == set()


@pytest.mark.parametrize("variant", ["status-cwt", "mdoc-status", "mdoc-identifier-list"])
async def test_an_independent_library_verifies_a_cwt(variant: str) -> None:
    async with desk_for(variant) as desk:
        answer = await desk.fetch(desk.issue())
        header = cbor2.loads(cbor2.loads(answer.content).value[0])
        certified = x509.load_der_x509_certificate(header[33]).public_key()
        pem = certified.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        key = COSEKey.from_pem(pem.decode(), alg="ES256")
        payload = COSE.new(verify_kid=False).decode(answer.content, key)
        assert cbor2.loads(payload)[2] == str(answer.url)
        stranger = COSEKey.from_pem(KEYS["ES256"].export_to_pem().decode(), alg="ES256")
        with pytest.raises(VerifyError):
            COSE.new(verify_kid=False).decode(answer.content, stranger)


async def test_credentials_of_several_formats_have_lists_of_their_own() -> None:
    issuer = ReferenceIssuer(VARIANTS["complete"], clock=Clock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        named = (await http.get(f"{issuer.issuer_url}/status")).json()["status_lists"]
        found = {(await http.get(uri)).headers["content-type"] for uri in named}
        assert found == {"application/statuslist+jwt", "application/statuslist+cwt"}
        credentials = [name for name in issuer.context.statuses.formats if f"/{name}" not in " ".join(named)]
        for name in credentials:
            answer = await http.get(issuer.context.status_list_url(name))
            assert answer.headers["content-type"].startswith("application/vc")
        assert credentials


@pytest.mark.parametrize("variant", LISTS)
async def test_a_revocation_shows_for_the_credential_and_for_no_other(variant: str) -> None:
    async with desk_for(variant) as desk:
        credentials = [desk.issue() for _ in range(3)]
        assert [await desk.value(each) for each in credentials] == [0, 0, 0]
        desk.issuer.operate("revoke", credentials[1])
        assert [await desk.value(each) for each in credentials] == [0, 1, 0]


@pytest.mark.parametrize("variant", ["status-2-bits", "status-4-bits", "status-8-bits"])
async def test_a_suspension_can_be_ended_and_a_revocation_cannot(variant: str) -> None:
    async with desk_for(variant) as desk:
        credential = desk.issue()
        desk.issuer.operate("suspend", credential)
        assert await desk.value(credential) == 2
        desk.issuer.operate("reinstate", credential)
        assert await desk.value(credential) == 0
        desk.issuer.operate("suspend", credential)
        desk.issuer.operate("revoke", credential)
        for operation in ("suspend", "reinstate"):
            with pytest.raises(ValueError, match="final"):
                desk.issuer.operate(operation, credential)
        assert await desk.value(credential) == 1


async def test_one_bit_cannot_say_that_a_credential_is_suspended() -> None:
    async with desk_for("status") as desk:
        assert desk.issuer.operations >= {"revoke"}
        with pytest.raises(ValueError, match="does not suspend"):
            desk.issuer.operate("suspend", desk.issue())


async def test_what_was_not_issued_cannot_be_revoked() -> None:
    async with desk_for("status") as desk:
        with pytest.raises(ValueError, match="not known"):
            desk.issuer.operate("revoke", "unknown")


def test_entries_are_packed_like_the_examples_of_the_draft() -> None:
    one = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert packed(1, frozenset(enumerate(one)), 16) == bytes([0xB9, 0xA3])
    two = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    assert packed(2, frozenset(enumerate(two)), 12) == bytes([0xC9, 0x44, 0xF9])


async def test_no_place_is_given_twice_though_chance_wants_it() -> None:
    issuer = ReferenceIssuer(VARIANTS["status"], clock=Clock(), random_bytes=bytes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        desk = Desk("status", http, issuer, Clock())
        first, *others = [place(desk.issue())["idx"] for _ in range(3)]
        assert others == [first + 1, first + 2]


def test_no_place_is_near_an_end_of_the_list() -> None:
    size, near = 1 << 17, 100
    for number in (0, size // 2, size - 1, size, (1 << 64) - 1):
        assert near <= Statuses().free("1", number, size) < size - near


def test_a_full_list_takes_no_credential() -> None:
    statuses, size = Statuses(), 1 << 9
    for _ in range(size):
        try:
            position = statuses.free("1", 7, size)
        except ValueError:
            break
        statuses.take(Place("1", position))
    else:
        pytest.fail("the list is never full")
    assert len(statuses.taken["1"]) < size


async def test_places_come_by_chance() -> None:
    async with desk_for("status") as desk:
        indices = [place(desk.issue())["idx"] for _ in range(20)]
        assert len(set(indices)) == 20
        assert sorted(indices) != indices
        assert max(indices) < 1 << 17


@pytest.mark.parametrize("media_type", ["application/statuslist+jwt", "application/statuslist+cwt"])
@pytest.mark.parametrize("variant", ["status", "status-cwt", "mdoc-status"])
async def test_the_accept_header_chooses_the_form(variant: str, media_type: str) -> None:
    async with desk_for(variant) as desk:
        credential = desk.issue()
        answer = await desk.fetch(credential, Accept=media_type)
        assert answer.headers["content-type"] == media_type
        both = await desk.fetch(credential, Accept="application/statuslist+cwt, application/statuslist+jwt")
        assert both.headers["content-type"] == LISTS[variant][0]


async def test_gzip_is_used_where_it_is_asked_for() -> None:
    async with desk_for("status") as desk:
        credential = desk.issue()
        zipped = await desk.fetch(credential, **{"Accept-Encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        plain = await desk.fetch(credential, **{"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert claims_of(zipped) == claims_of(plain)


async def test_there_are_no_lists_of_the_past_and_none_of_other_names() -> None:
    async with desk_for("status") as desk:
        uri = place(desk.issue())["uri"]
        assert (await desk.http.get(uri, params={"time": "1686925000"})).status_code == 501
        assert (await desk.http.get(f"{uri}0")).status_code == 404


async def test_an_issuer_without_status_publishes_nothing() -> None:
    async with desk_for("default") as desk:
        assert (await desk.http.get(f"{desk.issuer.issuer_url}/status/1")).status_code == 404
        assert "revoke" not in desk.issuer.operations
        assert "status" not in decoded(desk.issue())[1]


async def test_lists_are_signed_by_who_signs_the_credentials() -> None:
    async with desk_for("status") as desk:
        credential = desk.issue()
        answer = await desk.fetch(credential)
        jws = JWS()
        jws.deserialize(answer.text)
        assert json.loads(jws.objects["protected"])["x5c"] == decoded(credential)[0]["x5c"]
    async with desk_for("mdoc-status") as desk:
        header = cbor2.loads(cbor2.loads((await desk.fetch(desk.issue())).content).value[0])
        signer = x509.load_der_x509_certificate(header[33])
        root = x509.load_pem_x509_certificate(desk.issuer.iaca_pem.encode())
        signer.verify_directly_issued_by(root)
        assert signer.public_key() == keys.issuer_key("ES256").public_key


# The admin endpoint


async def revoke(desk: Desk, credential: Any, status: Any = "revoked") -> httpx.Response:
    body = {"credential": credential, "status": status}
    return await desk.http.post(f"{desk.issuer.issuer_url}/assay/status", json=body)


async def test_the_team_revokes_through_the_admin_endpoint() -> None:
    async with desk_for("status-2-bits") as desk:
        credential = desk.issue()
        assert (await revoke(desk, credential, "suspended")).status_code == 204
        assert await desk.value(credential) == 2
        assert (await revoke(desk, credential, "valid")).status_code == 204
        assert await desk.value(credential) == 0
        assert (await revoke(desk, credential)).status_code == 204
        assert await desk.value(credential) == 1
        refused = await revoke(desk, credential, "valid")
        assert (refused.status_code, "final" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"credential": {}, "status": "revoked"}', b'"x"'])
async def test_the_admin_endpoint_refuses_what_it_does_not_understand(body: bytes) -> None:
    async with desk_for("status") as desk:
        answer = await desk.http.post(f"{desk.issuer.issuer_url}/assay/status", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("cannot do this")
        unknown = await revoke(desk, "{broken")
        assert unknown.status_code == 400
        other = await revoke(desk, desk.issue(), "forgotten")
        assert other.status_code == 400


async def test_the_page_tells_of_the_admin_endpoint_where_it_is_of_use() -> None:
    async with desk_for("status") as desk:
        assert "/assay/status" in (await desk.http.get(f"{desk.issuer.issuer_url}/")).text
    async with desk_for("default") as desk:
        assert "/assay/status" not in (await desk.http.get(f"{desk.issuer.issuer_url}/")).text


async def test_a_credential_of_a_flow_can_be_revoked() -> None:
    async with wallet_for("status") as wallet:
        credential = await wallet.issue()
        wallet.issuer.operate("revoke", credential)
        answer = await wallet.http.get(place(credential)["uri"])
        (changed,) = _nonzero(claims_of(answer))
        assert changed == place(credential)["idx"]


def _nonzero(claims: dict[str, Any]) -> list[int]:
    array = zlib.decompress(unb64(claims["status_list"]["lst"]))
    return [8 * i + bit for i, byte in enumerate(array) for bit in range(8) if byte >> bit & 1]


async def test_lists_with_a_path_are_below_it() -> None:
    variant = replace(VARIANTS["status"], path="/tenants/assay")
    issuer = ReferenceIssuer(variant, clock=Clock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        desk = Desk("status", http, issuer, Clock())
        desk.variant = variant
        uri = place(desk.issue())["uri"]
        assert urlsplit(uri).path == "/tenants/assay/status/1"
        assert claims_of(await http.get(uri))["sub"] == uri
