"""The reference issuer, seen by a small wallet of its own that shares no code with it or with the harness."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.holder import SDJWTHolder
from sd_jwt.verifier import SDJWTVerifier

from harness.reference import faults, rules
from harness.reference.app import MintedOffer, ReferenceIssuer
from harness.reference.degenerate import DEGENERATE
from harness.reference.serve import serving
from harness.reference.state import Shelf
from harness.reference.variants import VARIANTS
from harness.reference.wire import MAX_BODY_BYTES
from harness.tests.fault_variants import variants_for
from harness.tests.stricter_profiles import FAULTS_ONLY_THERE, RULES_ONLY_THERE

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
NOW = 1_800_000_000.0
KEYS = {
    "ES256": JWK.generate(kty="EC", crv="P-256"),
    "ES384": JWK.generate(kty="EC", crv="P-384"),
    "ES512": JWK.generate(kty="EC", crv="P-521"),
    "EdDSA": JWK.generate(kty="OKP", crv="Ed25519"),
    "RS256": JWK.generate(kty="RSA", size=2048),
}
KEYS["PS256"] = KEYS["RS256"]
OTHER_KEY = JWK.generate(kty="EC", crv="P-256")
# The faults of these modules and the rules with these beginnings have test modules of their own.
ELSEWHERE = {
    fault
    for module in (
        "authorization",
        "grants",
        "dpop",
        "deferred",
        "notification",
        "encryption",
        "signed_metadata",
        "languages",
        "key_attestation",
    )
    for fault in faults.defined_in(module)
}
RULES_ELSEWHERE = (
    *("authorize.", "par.", "client.", "dpop.", "code.", "refresh.", "tls."),
    *("deferred.", "notification.", "encryption.", "attestation.", "di-vp."),
    *("credential.granted", "proof.attestation-present", "proof.key-attested", "proof.other-type"),
    "token.narrower-details",
    *("proof.further-nonce", "credential.full-batch", "metadata.other-language"),
    "govuk-",
    "dsp-",
    "partisia-",
    "mattr-",
    "draft-",
)
TOURED = {
    *("metadata", "as-metadata", "as-jwks", "jwt-vc-issuer", "credential-keys", "offer-link", "offer", "tx-code"),
    *("token", "token-error", "nonce", "credential", "credential-error", "credential-challenge", "sd-jwt"),
}
"""The documents that the tour through a plain flow sees."""
RULES = [
    rule for rule in rules.catalogue() if not rule.startswith(RULES_ELSEWHERE) and rule not in RULES_ONLY_THERE
]
TOLERANCES = [
    what for what in rules.TOLERANCES if not what.startswith(RULES_ELSEWHERE) and what not in RULES_ONLY_THERE
]
PLAIN_VARIANTS = [
    name
    for name, variant in VARIANTS.items()
    if "pre-authorized_code" in variant.grants
    and variant.client_authentication == "none"
    and variant.dpop != "required"
    and variant.deferred == "never"
    and "required" not in (variant.request_encryption, variant.response_encryption)
    and "jwt" in variant.proof_types
    and variant.key_attestation is None
    and variant.configurations[:2] == ("identity_credential", "loyalty_card")
]
"""What a wallet can use that knows nothing but SD-JWT VCs, Pre-Authorized Codes, Bearer tokens and immediate
issuance."""
DOCUMENT_FAULTS = [
    fault
    for fault in faults.catalogue()
    if fault.partition(":")[0].removesuffix("-response") in TOURED
    and fault not in ELSEWHERE
    and fault not in FAULTS_ONLY_THERE
    and variants_for(fault)[0] in PLAIN_VARIANTS
]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt(header: Any, claims: Any, key: JWK | None = None) -> str:
    """Sign by hand where the library would refuse the header."""
    parts = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    if key is None:
        return f"{parts}."
    jws = JWS(json.dumps(claims).encode())
    jws.allowed_algs = [header["alg"]]
    clean = {name: value for name, value in header.items() if name != "crit"}
    if clean == header:
        jws.add_signature(key, None, json.dumps(header), None)
        return str(jws.serialize(compact=True))
    raw = key.get_op_key("sign").sign(parts.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = _rs(raw)
    return f"{parts}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _rs(signature: bytes) -> tuple[int, int]:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return decode_dss_signature(signature)


def public(key: JWK) -> dict[str, Any]:
    members: dict[str, Any] = key.export_public(as_dict=True)
    return members


def did_jwk(key: JWK) -> str:
    return f"did:jwk:{b64(json.dumps(public(key)).encode())}#0"


def did_key(key: JWK) -> str:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    numbers = key.get_op_key("verify").public_numbers()
    point = bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big")
    number, text = int.from_bytes(b"\x80\x24" + point, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return f"did:key:z{text}#z{text}"


def certificate(key: JWK) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wallet")])
    builder = x509.CertificateBuilder(name, name, key.get_op_key("verify"), 1).not_valid_before(
        datetime(2020, 1, 1, tzinfo=UTC)
    )
    made = builder.not_valid_after(datetime(2049, 1, 1, tzinfo=UTC)).sign(
        ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


class Wallet:
    """Goes through the flow step by step; each step can be bent."""

    def __init__(self, http: httpx.AsyncClient, issuer: ReferenceIssuer) -> None:
        self.http = http
        self.issuer = issuer
        self.variant = issuer.variant
        self.url = issuer.issuer_url

    def well_known(self, name: str, identifier: str) -> str:
        parts = urlsplit(identifier)
        return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path}"

    async def metadata(self) -> dict[str, Any]:
        answer = await self.http.get(self.well_known("openid-credential-issuer", self.url))
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    async def offer(self, minted: MintedOffer) -> dict[str, Any]:
        query = parse_qs(urlsplit(minted.offer).query)
        if "credential_offer" in query:
            document: dict[str, Any] = json.loads(query["credential_offer"][0])
        else:
            document = (await self.http.get(query["credential_offer_uri"][0])).json()
        return document

    def form(self, minted: MintedOffer, offer: dict[str, Any]) -> dict[str, str]:
        form = {"grant_type": GRANT, "pre-authorized_code": offer["grants"][GRANT]["pre-authorized_code"]}
        if minted.tx_code is not None:
            form["tx_code"] = minted.tx_code
        if self.variant.client_id is not None:
            form["client_id"] = self.variant.client_id
        return form

    async def fresh_form(self, **wishes: Any) -> dict[str, str]:
        minted = self.issuer.mint_offer(**wishes)
        return self.form(minted, await self.offer(minted))

    async def post_token(self, form: Any) -> httpx.Response:
        """Send a token request; a list of pairs can repeat a name."""
        url = self.issuer.context.authorization_server_url + "/token"
        if isinstance(form, list):
            content = str(httpx.QueryParams(form))
            return await self.http.post(
                url, content=content, headers={"Content-Type": "application/x-www-form-urlencoded"}
            )
        return await self.http.post(url, data=form)

    async def token(self, **wishes: Any) -> dict[str, Any]:
        answer = await self.post_token(await self.fresh_form(**wishes))
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def nonce(self) -> str | None:
        if not self.variant.nonce:
            return None
        answer = await self.http.post(f"{self.url}/nonce")
        assert answer.status_code == self.variant.nonce_status
        return str(answer.json()["c_nonce"])

    async def proof_parts(self, algorithm: str = "ES256") -> tuple[dict[str, Any], dict[str, Any]]:
        header: dict[str, Any] = {"alg": algorithm, "typ": "openid4vci-proof+jwt"}
        if "jwk" in self.variant.binding_methods:
            header["jwk"] = public(KEYS[algorithm])
        else:
            header["kid"] = did_jwk(KEYS[algorithm])
        claims: dict[str, Any] = {"aud": self.url, "iat": int(self.issuer.context.clock())}
        nonce = await self.nonce()
        if nonce is not None:
            claims["nonce"] = nonce
        return header, claims

    async def proof(self, algorithm: str = "ES256") -> str:
        header, claims = await self.proof_parts(algorithm)
        return jwt(header, claims, KEYS[algorithm])

    def body(self, token: dict[str, Any], *proofs: Any) -> dict[str, Any]:
        details = token.get("authorization_details")
        body: dict[str, Any] = {"credential_configuration_id": "identity_credential"}
        if details:
            body = {"credential_identifier": details[0]["credential_identifiers"][0]}
        if proofs:
            body["proofs"] = {"jwt": list(proofs)}
        return body

    async def fresh_body(self, token: dict[str, Any]) -> dict[str, Any]:
        return self.body(token, await self.proof()) if self.variant.binding_methods else self.body(token)

    async def post_credential(
        self, token: dict[str, Any] | None, body: Any, scheme: str = "Bearer"
    ) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"{scheme} {token['access_token']}"}
        url = f"{self.url}/credential"
        if isinstance(body, (str, bytes)):
            return await self.http.post(url, content=body, headers={**headers, "Content-Type": "application/json"})
        return await self.http.post(url, json=body, headers=headers)

    async def issue(self) -> str:
        token = await self.token()
        answer = await self.post_credential(token, await self.fresh_body(token))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["credentials"][0]["credential"])


@asynccontextmanager
async def wallet_for(
    variant: str = "default", *active: str, clock: Callable[[], float] | None = None
) -> AsyncIterator[Wallet]:
    issuer = ReferenceIssuer(VARIANTS[variant], active, clock=clock or Clock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        yield Wallet(http, issuer)


def decoded(sd_jwt: str) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Give header, payload and the contents of the Disclosures."""
    first, *rest = sd_jwt.split("~")
    header, payload, _ = first.split(".")
    contents = []
    for text in rest:
        try:
            contents.append(json.loads(unb64(text)))
        except ValueError:
            contents.append(text)
    return json.loads(unb64(header)), json.loads(unb64(payload)), contents


# Clean variants


@pytest.mark.parametrize("variant", PLAIN_VARIANTS)
async def test_every_variant_issues_a_credential(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        metadata = await wallet.metadata()
        assert metadata["credential_issuer"] == wallet.url
        configuration = metadata["credential_configurations_supported"]["identity_credential"]
        header, payload, _ = decoded(await wallet.issue())
        assert header["typ"] == "dc+sd-jwt"
        assert payload["vct"] == configuration["vct"]
        bound = "cryptographic_binding_methods_supported" in configuration
        assert payload.get("cnf") == ({"jwk": public(KEYS["ES256"])} if bound else None)
        assert wallet.issuer.fired == set()


@pytest.mark.parametrize("variant", PLAIN_VARIANTS)
async def test_server_metadata_are_where_the_issuer_metadata_say(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        metadata = await wallet.metadata()
        for server in metadata.get("authorization_servers", [wallet.url]):
            answer = await wallet.http.get(wallet.well_known("oauth-authorization-server", server))
            assert answer.json()["issuer"] == server
        first = metadata.get("authorization_servers", [wallet.url])[0]
        answer = await wallet.http.get(wallet.well_known("oauth-authorization-server", first))
        assert GRANT in answer.json()["grant_types_supported"]
        absent = await wallet.http.get(wallet.well_known("openid-configuration", first))
        assert absent.status_code == 404


async def test_responses_of_the_token_and_nonce_endpoints_are_not_stored() -> None:
    async with wallet_for() as wallet:
        token = await wallet.post_token(await wallet.fresh_form())
        nonce = await wallet.http.post(f"{wallet.url}/nonce")
        assert token.headers["cache-control"] == nonce.headers["cache-control"] == "no-store"
        assert token.headers["pragma"] == "no-cache"
        assert token.headers["content-type"] == "application/json"
        assert token.json()["token_type"] == "Bearer"
        assert token.json()["expires_in"] == 300


@pytest.mark.parametrize("algorithm", VARIANTS["algorithms"].proof_algorithms)
async def test_every_listed_proof_algorithm_works(algorithm: str) -> None:
    async with wallet_for("algorithms") as wallet:
        token = await wallet.token()
        answer = await wallet.post_credential(token, wallet.body(token, await wallet.proof(algorithm)))
        _, payload, _ = decoded(answer.json()["credentials"][0]["credential"])
        assert payload["cnf"] == {"jwk": public(KEYS[algorithm])}


@pytest.mark.parametrize("spell", [did_jwk, did_key])
async def test_both_did_methods_bind(spell: Callable[[JWK], str]) -> None:
    async with wallet_for("did-binding") as wallet:
        token = await wallet.token()
        header, claims = await wallet.proof_parts()
        header["kid"] = spell(KEYS["ES256"])
        answer = await wallet.post_credential(token, wallet.body(token, jwt(header, claims, KEYS["ES256"])))
        _, payload, _ = decoded(answer.json()["credentials"][0]["credential"])
        assert payload["cnf"] == {"jwk": public(KEYS["ES256"])}


async def test_a_certificate_binds_its_key() -> None:
    async with wallet_for("x5c-proof") as wallet:
        token = await wallet.token()
        header, claims = await wallet.proof_parts()
        del header["jwk"]
        header["x5c"] = [certificate(KEYS["ES256"])]
        answer = await wallet.post_credential(token, wallet.body(token, jwt(header, claims, KEYS["ES256"])))
        _, payload, _ = decoded(answer.json()["credentials"][0]["credential"])
        assert payload["cnf"] == {"jwk": public(KEYS["ES256"])}


async def test_a_batch_gives_one_credential_for_each_key() -> None:
    async with wallet_for("batch") as wallet:
        token = await wallet.token()
        header, claims = await wallet.proof_parts()
        proofs = [
            jwt({**header, "jwk": public(key)}, claims, key) for key in (KEYS["ES256"], OTHER_KEY, OTHER_KEY)
        ]
        answer = await wallet.post_credential(token, wallet.body(token, *proofs))
        bound = [decoded(item["credential"])[1]["cnf"]["jwk"] for item in answer.json()["credentials"]]
        assert bound == [public(KEYS["ES256"]), public(OTHER_KEY)]


async def test_authorization_details_are_answered_with_identifiers() -> None:
    async with wallet_for() as wallet:
        asked = [{"type": "openid_credential", "credential_configuration_id": "identity_credential"}]
        form = {**await wallet.fresh_form(), "authorization_details": json.dumps(asked)}
        token = (await wallet.post_token(form)).json()
        assert token["authorization_details"][0]["credential_configuration_id"] == "identity_credential"
        assert (await wallet.post_credential(token, await wallet.fresh_body(token))).status_code == 200


async def test_a_nonce_that_works_once_is_refused_the_second_time() -> None:
    async with wallet_for("nonce-once") as wallet:
        token = await wallet.token()
        body = await wallet.fresh_body(token)
        assert (await wallet.post_credential(token, body)).status_code == 200
        again = await wallet.post_credential(token, body)
        assert again.json()["error"] == "invalid_nonce"


async def test_offers_are_minted_over_http() -> None:
    async with wallet_for("with-path") as wallet:
        wishes = {"configuration": "loyalty_card", "by": "value", "tx_code": True}
        answer = await wallet.http.post(f"{wallet.url}/assay/offers", json=wishes)
        minted = MintedOffer(answer.json()["offer"], answer.json()["tx_code"])
        offer = await wallet.offer(minted)
        assert offer["credential_configuration_ids"] == ["loyalty_card"]
        assert answer.json()["credential_issuer"] == offer["credential_issuer"] == wallet.url
        token = await wallet.post_token(wallet.form(minted, offer))
        assert token.status_code == 200
        wishes_in_vain: list[Any] = [{"configuration": "unknown"}, {"by": "pigeon"}, [], 42]
        for vain in wishes_in_vain:
            assert (await wallet.http.post(f"{wallet.url}/assay/offers", json=vain)).status_code == 400


async def test_the_page_says_how_to_make_an_offer() -> None:
    async with wallet_for() as wallet:
        assert f"{wallet.url}/assay/offers" in (await wallet.http.get(wallet.url)).text


async def test_the_link_has_the_start_of_the_variant() -> None:
    for variant in ("default", "https-offer"):
        async with wallet_for(variant) as wallet:
            assert wallet.issuer.mint_offer().offer.startswith(VARIANTS[variant].offer_link)


# The credential, with the sd-jwt library and X.509 as witnesses


class Sha384Verifier(SDJWTVerifier):  # type: ignore[misc] # the library has no types
    """The library knows sha-256 only; the hash is the one thing changed here."""

    HASH_ALG = {"name": "sha-384", "fn": hashlib.sha384}  # noqa: RUF012 - named by the library


@pytest.mark.parametrize("variant", ["default", "rich-sd-jwt", "plain-sd-jwt", "algorithms", "minimal"])
async def test_an_independent_verifier_accepts_the_credential(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        sd_jwt = await wallet.issue()
    header, _, _ = decoded(sd_jwt)
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    key = JWK.from_pyca(leaf.public_key())
    verifier = Sha384Verifier if variant == "rich-sd-jwt" else SDJWTVerifier
    claims = verifier(sd_jwt, lambda *_: key).get_verified_payload()
    assert claims["given_name"] == "Erika"
    assert claims["address"]["locality"] == "Köln"
    assert claims["nationalities"] == ["DE", "FR"]
    assert claims["place_of_birth"] == {"locality": "Berlin", "country": "DE"}


async def test_an_independent_holder_presents_a_part() -> None:
    async with wallet_for() as wallet:
        holder = SDJWTHolder(await wallet.issue())
    holder.create_presentation({"given_name": True})
    _, _, disclosures = decoded(holder.sd_jwt_presentation)
    assert [item[1] for item in disclosures if item] == ["given_name"]


async def test_rich_disclosures_are_nested_recursive_and_in_arrays() -> None:
    async with wallet_for("rich-sd-jwt") as wallet:
        _, payload, disclosures = decoded(await wallet.issue())
    by_name = {item[1]: item for item in disclosures if len(item) == 3}
    assert set(by_name["address"][2]) == {"_sd"}
    assert set(payload["place_of_birth"]) == {"_sd"}
    assert [set(item) for item in payload["nationalities"]] == [{"..."}] * 4
    assert payload["_sd_alg"] == "sha-384"
    assert payload["_sd"] == sorted(payload["_sd"])


async def test_nothing_is_hidden_in_a_plain_credential() -> None:
    async with wallet_for("plain-sd-jwt") as wallet:
        sd_jwt = await wallet.issue()
    assert sd_jwt.count("~") == 1
    assert sd_jwt.endswith("~")
    assert not decoded(sd_jwt)[1].keys() & {"_sd", "_sd_alg"}


async def test_the_certificate_leads_to_the_trust_anchor() -> None:
    async with wallet_for() as wallet:
        header, _, _ = decoded(await wallet.issue())
        root = x509.load_pem_x509_certificate(wallet.issuer.trust_anchor_pem.encode())
    (text,) = header["x5c"]
    leaf = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    leaf.verify_directly_issued_by(root)
    assert leaf.subject != leaf.issuer
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_before_utc < datetime.now(UTC) < leaf.not_valid_after_utc


async def test_the_key_of_the_issuer_metadata_verifies_the_credential() -> None:
    async with wallet_for("issuer-metadata-key") as wallet:
        sd_jwt = await wallet.issue()
        published = (await wallet.http.get(wallet.well_known("jwt-vc-issuer", wallet.url))).json()
    header, payload, _ = decoded(sd_jwt)
    assert published["issuer"] == payload["iss"]
    (key,) = [JWK(**jwk) for jwk in published["jwks"]["keys"] if jwk["kid"] == header["kid"]]
    assert not any(JWK(**jwk).has_private for jwk in published["jwks"]["keys"])
    assert SDJWTVerifier(sd_jwt, lambda *_: key).get_verified_payload()["family_name"] == "Möbius"


# Rules: one defect each


Breaker = Callable[[Wallet, Clock], Awaitable[httpx.Response]]
BREAKERS: dict[str, list[tuple[str, Breaker]]] = {}


def breaks(rule: str, *variants: str) -> Callable[[Breaker], Breaker]:
    """Register a request that breaks one rule and no other, on these variants."""

    def register(breaker: Breaker) -> Breaker:
        BREAKERS.setdefault(rule, []).extend((variant, breaker) for variant in variants or ("default",))
        return breaker

    return register


def breaks_form(rule: str, change: Callable[[dict[str, str]], Any], *variants: str) -> None:
    async def breaker(wallet: Wallet, _: Clock) -> httpx.Response:
        return await wallet.post_token(change(await wallet.fresh_form()))

    breaks(rule, *variants)(breaker)


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda parts: {name: value for name, value in parts.items() if name not in names}


def with_(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda parts: {**parts, **changes}


breaks_form("token.repeated-parameter", lambda form: [*form.items(), ("grant_type", GRANT)])
breaks_form("token.grant-type-present", without("grant_type"))
breaks_form("token.grant-type-present", with_(grant_type=""))
breaks_form("token.grant-type-supported", with_(grant_type="client_credentials"))
breaks_form("token.client-identified", without("client_id"), "client-id")
breaks_form("token.client-identified", with_(client_id="stranger"), "client-id")
breaks_form("token.code-present", without("pre-authorized_code"))
breaks_form("token.code-known", lambda form: {**form, "pre-authorized_code": "unknown"})
breaks_form("token.tx-code-expected", with_(tx_code="123456"))
breaks_form("token.tx-code-present", without("tx_code"), "tx-code")
breaks_form("token.tx-code-correct", with_(tx_code="wrong"), "tx-code")
breaks_form("token.resource", with_(resource="https://other.assay.test"))
for wrong in ("no json", "[]", "{}", '[{"type":"other"}]', '[{"type":"openid_credential"}]'):
    breaks_form("token.authorization-details", with_(authorization_details=wrong))
breaks_form(
    "token.authorization-details",
    with_(
        authorization_details='[{"type":"openid_credential","credential_configuration_id":"identity_credential"}]'
    ),
    "with-path",
)


@breaks("token.form")
async def _form(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.http.post(f"{wallet.url}/token", json=await wallet.fresh_form())


@breaks("token.code-single-use")
async def _single_use(wallet: Wallet, _: Clock) -> httpx.Response:
    form = await wallet.fresh_form()
    assert (await wallet.post_token(form)).status_code == 200
    return await wallet.post_token(form)


@breaks("token.code-expired")
async def _code_expired(wallet: Wallet, clock: Clock) -> httpx.Response:
    form = await wallet.fresh_form()
    clock.time += wallet.variant.code_lifetime
    return await wallet.post_token(form)


@breaks("token.tx-code-attempts", "tx-code")
async def _attempts(wallet: Wallet, _: Clock) -> httpx.Response:
    form = await wallet.fresh_form()
    for _number in range(5):
        await wallet.post_token({**form, "tx_code": "wrong"})
    return await wallet.post_token(form)


@breaks("credential.token-present")
async def _no_token(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.post_credential(None, await wallet.fresh_body({}))


@breaks("credential.token-present")
async def _other_scheme(wallet: Wallet, _: Clock) -> httpx.Response:
    token = await wallet.token()
    return await wallet.post_credential(token, await wallet.fresh_body(token), scheme="Basic")


@breaks("credential.token-in-header")
async def _token_in_url(wallet: Wallet, _: Clock) -> httpx.Response:
    token = await wallet.token()
    url = f"{wallet.url}/credential?access_token={token['access_token']}"
    return await wallet.http.post(url, json=await wallet.fresh_body(token))


@breaks("credential.token-known")
async def _unknown_token(wallet: Wallet, _: Clock) -> httpx.Response:
    return await wallet.post_credential({"access_token": "unknown"}, await wallet.fresh_body({}))


@breaks("credential.token-expired")
async def _token_expired(wallet: Wallet, clock: Clock) -> httpx.Response:
    token = await wallet.token()
    clock.time += wallet.variant.token_lifetime
    return await wallet.post_credential(token, await wallet.fresh_body(token))


@breaks("credential.token-spent", "single-access")
async def _token_spent(wallet: Wallet, _: Clock) -> httpx.Response:
    token = await wallet.token()
    assert (await wallet.post_credential(token, await wallet.fresh_body(token))).status_code == 200
    return await wallet.post_credential(token, await wallet.fresh_body(token))


@breaks("credential.configuration-authorized")
async def _unauthorized(wallet: Wallet, _: Clock) -> httpx.Response:
    token = await wallet.token(configuration="loyalty_card")
    return await wallet.post_credential(token, await wallet.fresh_body(token))


@breaks("credential.json")
async def _other_media_type(wallet: Wallet, _: Clock) -> httpx.Response:
    token = await wallet.token()
    headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "text/plain"}
    body = json.dumps(await wallet.fresh_body(token))
    return await wallet.http.post(f"{wallet.url}/credential", content=body, headers=headers)


def _with_unsigned_second_proof(body: dict[str, Any]) -> dict[str, Any]:
    (first,) = body["proofs"]["jwt"]
    return {**body, "proofs": {"jwt": [first, f"{first.rpartition('.')[0]}.{'A' * 86}"]}}


def breaks_body(rule: str, change: Callable[[dict[str, Any]], Any], *variants: str) -> None:
    async def breaker(wallet: Wallet, _: Clock) -> httpx.Response:
        token = await wallet.token()
        return await wallet.post_credential(token, change(await wallet.fresh_body(token)))

    breaks(rule, *variants)(breaker)


breaks_body("credential.json", lambda _: "{not json")
breaks_body("credential.json", lambda _: b"\xff\xfe")
breaks_body("credential.json", lambda _: "[" * 100_000)
breaks_body("credential.json", lambda body: [body])
breaks_body("credential.one-identifier", with_(credential_identifier="identity_credential-of-erika"))
breaks_body("credential.one-identifier", with_(credential_configuration_id="identity_credential"), "identifiers")
breaks_body("credential.identifier-present", without("credential_configuration_id"))
breaks_body("credential.identifier-present", with_(credential_configuration_id=42))
breaks_body(
    "credential.identifier-form",
    lambda body: {"credential_configuration_id": "identity_credential", "proofs": body["proofs"]},
    "identifiers",
)
breaks_body("credential.configuration-known", with_(credential_configuration_id="unknown"))
breaks_body("credential.identifier-known", with_(credential_identifier="unknown"), "identifiers")
breaks_body(
    "credential.identifier-known", lambda body: {"credential_identifier": "unknown", "proofs": body["proofs"]}
)
breaks_body("credential.encryption", with_(credential_response_encryption={}))
breaks_body("proof.present", without("proofs"))
breaks_body("proof.object", lambda body: {**body, "proofs": body["proofs"]["jwt"]})
breaks_body("proof.object", with_(proofs=None))
breaks_body("proof.one-type", lambda body: {**body, "proofs": {**body["proofs"], "attestation": ["a.b.c"]}})
breaks_body("proof.one-type", with_(proofs={}))
breaks_body("proof.type-supported", lambda body: {**body, "proofs": {"unknown": body["proofs"]["jwt"]}})
breaks_body("proof.not-empty", with_(proofs={"jwt": []}))
breaks_body("proof.not-empty", lambda body: {**body, "proofs": {"jwt": body["proofs"]["jwt"][0]}})
breaks_body("proof.batch-size", lambda body: {**body, "proofs": {"jwt": body["proofs"]["jwt"] * 2}})
breaks_body("proof.batch-size", lambda body: {**body, "proofs": {"jwt": body["proofs"]["jwt"] * 4}}, "batch")
breaks_body("proof.further-signature", _with_unsigned_second_proof, "batch")
ODD: tuple[Any, ...] = ("no jwt", "a.b.c", 42, {}, "é.é.é", f"{b64(b'[]')}.{b64(b'{}')}.")
for odd in ODD:
    breaks_body("proof.wellformed", with_(proofs={"jwt": [odd]}))


def _same(parts: dict[str, Any]) -> dict[str, Any]:
    return parts


def breaks_proof(
    rule: str,
    header: Callable[[dict[str, Any]], dict[str, Any]] = _same,
    claims: Callable[[dict[str, Any]], dict[str, Any]] = _same,
    *variants: str,
    key: JWK | None = KEYS["ES256"],
) -> None:
    async def breaker(wallet: Wallet, _: Clock) -> httpx.Response:
        token = await wallet.token()
        usual, said = await wallet.proof_parts()
        return await wallet.post_credential(token, wallet.body(token, jwt(header(usual), claims(said), key)))

    breaks(rule, *variants)(breaker)


SECRET = JWK.generate(kty="oct", size=256)
breaks_proof("proof.typ", with_(typ="JWT"))
breaks_proof("proof.typ", without("typ"))
breaks_proof("proof.algorithm-asymmetric", with_(alg="none"), key=None)
breaks_proof("proof.algorithm-asymmetric", with_(alg="HS256"), key=SECRET)
breaks_proof(
    "proof.algorithm-asymmetric",
    with_(alg="HS256", jwk=SECRET.export_symmetric(as_dict=True)),
    key=SECRET,
)
breaks_proof("proof.algorithm-asymmetric", without("alg"), key=None)
breaks_proof("proof.algorithm-supported", with_(alg="ES384", jwk=public(KEYS["ES384"])), key=KEYS["ES384"])
breaks_proof("proof.algorithm-supported", with_(alg="X-256"), key=None)
breaks_proof("proof.key-present", without("jwk"))
breaks_proof("proof.one-key", with_(kid="holder-key"))
breaks_proof("proof.one-key", with_(x5c=[certificate(KEYS["ES256"])]))
breaks_proof("proof.one-key", with_(jwk=public(KEYS["ES256"])), _same, "did-binding")
breaks_proof("proof.no-private-key", with_(jwk=KEYS["ES256"].export_private(as_dict=True)))
breaks_proof("proof.key-usable", lambda header: {**without("jwk")(header), "kid": did_jwk(KEYS["ES256"])})
breaks_proof("proof.key-usable", with_(jwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}))
breaks_proof("proof.key-usable", with_(jwk=42))
breaks_proof("proof.key-usable", lambda header: {**without("jwk")(header), "x5c": []})
breaks_proof("proof.key-usable", with_(kid=42), _same, "did-binding")
breaks_proof("proof.key-usable", with_(kid="did:web:wallet.test#0"), _same, "did-binding")
breaks_proof("proof.key-usable", with_(kid=did_key(KEYS["ES256"]).partition("#")[0]), _same, "did-binding")
breaks_proof("proof.critical", with_(crit=["assay"], assay=True))
breaks_proof("proof.signature", key=OTHER_KEY)
breaks_proof("proof.signature", with_(kid=did_key(OTHER_KEY)), _same, "did-binding")
breaks_proof("proof.signature", with_(jwk=public(KEYS["ES384"])))
breaks_proof("proof.signature", with_(jwk=public(KEYS["EdDSA"])))
breaks_proof("proof.issuer", _same, with_(iss="wallet-dev"))
breaks_proof("proof.issuer", _same, with_(iss="stranger"), "client-id")
breaks_proof("proof.audience-present", _same, without("aud"))
breaks_proof("proof.audience", _same, with_(aud="https://other.test"))
breaks_proof("proof.audience", _same, lambda claims: {**claims, "aud": [claims["aud"]]})
breaks_proof("proof.issued-at-present", _same, without("iat"))
breaks_proof("proof.issued-at-present", _same, with_(iat="1800000000"))
breaks_proof("proof.issued-at-present", _same, with_(iat=True))
breaks_proof("proof.issued-at-present", _same, with_(iat=10**400))
breaks_proof("proof.issued-at", _same, with_(iat=int(NOW) - 301), "no-nonce")
breaks_proof("proof.issued-at", _same, with_(iat=int(NOW) + 301), "no-nonce")
breaks_proof("proof.nonce-present", _same, without("nonce"))
breaks_proof("proof.nonce-present", _same, with_(nonce=42))
breaks_proof("proof.nonce", _same, with_(nonce="unknown"))


@breaks("proof.nonce")
async def _old_nonce(wallet: Wallet, clock: Clock) -> httpx.Response:
    header, claims = await wallet.proof_parts()
    clock.time += wallet.variant.nonce_lifetime
    token = await wallet.token()
    return await wallet.post_credential(
        token, wallet.body(token, jwt(header, {**claims, "iat": int(clock.time)}, KEYS["ES256"]))
    )


CASES = [
    pytest.param(rule, variant, breaker, id=f"{rule}-{number}")
    for rule, cases in BREAKERS.items()
    for number, (variant, breaker) in enumerate(cases)
]


def test_every_rule_is_broken_by_a_test() -> None:
    assert set(BREAKERS) == set(RULES)


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_a_broken_rule_is_refused_as_declared(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    async with wallet_for(variant, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert wallet.issuer.fired == set()
    declared = rules.RULES[rule]
    assert answer.status_code == declared.status
    assert '"access_token"' not in answer.text
    assert '"credentials"' not in answer.text
    if declared.challenges:
        expected = f', error="{declared.error}"' if declared.error else ""
        assert answer.headers["www-authenticate"].startswith(f'Bearer realm="assay"{expected}')
        assert ("error" in answer.headers["www-authenticate"]) is bool(declared.error)
    else:
        assert answer.json()["error"] == declared.error
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.json()["error_description"])


@pytest.mark.parametrize(("rule", "variant", "breaker"), CASES)
async def test_an_accepting_fault_lets_exactly_its_rule_off(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    fault = f"accepts:{rule}"
    async with wallet_for(variant, fault, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() & {"access_token", "credentials"}
        assert wallet.issuer.fired == {fault}


@pytest.mark.parametrize(("rule", "variant", "breaker"), [pytest.param(*c.values, id=c.id) for c in CASES])
async def test_a_misreporting_fault_refuses_wrongly(rule: str, variant: str, breaker: Breaker) -> None:
    clock = Clock()
    fault = f"misreports:{rule}"
    async with wallet_for(variant, fault, clock=clock) as wallet:
        answer = await breaker(wallet, clock)
        assert answer.status_code == (500 if rules.RULES[rule].challenges else 403)
        assert answer.json()["error"] == "assay_misreported"
        assert "www-authenticate" not in answer.headers
        assert wallet.issuer.fired == {fault}


@pytest.mark.parametrize("rule", RULES)
async def test_faults_of_rules_do_nothing_to_a_correct_flow(rule: str) -> None:
    for variant in {variant for variant, _ in BREAKERS[rule]}:
        async with wallet_for(variant, f"accepts:{rule}", f"misreports:{rule}") as wallet:
            await wallet.issue()
            assert wallet.issuer.fired == set()


# Tolerances


async def _tolerant_flow(wallet: Wallet, what: str) -> httpx.Response:
    """Do the harmless thing; give the answer to it."""
    form = await wallet.fresh_form()
    if what == "token.unknown-parameter":
        return await wallet.post_token({**form, "assay": "1"})
    if what == "token.empty-parameter":
        return await wallet.post_token({**form, "scope": ""})
    if what == "token.authorization-details":
        asked = [{"type": "openid_credential", "credential_configuration_id": "identity_credential"}]
        return await wallet.post_token({**form, "authorization_details": json.dumps(asked)})
    if what == "token.locations":
        located = {
            "type": "openid_credential",
            "credential_configuration_id": "identity_credential",
            "locations": [wallet.issuer.issuer_url],
        }
        return await wallet.post_token({**form, "authorization_details": json.dumps([located])})
    if what == "token.issuer-as-resource":
        return await wallet.post_token({**form, "resource": wallet.issuer.issuer_url})
    if what == "token.right-request":
        return await wallet.post_token(form)
    if what == "credential.unknown-field":
        wallet.http.headers["X-Assay"] = "1"
    if what == "nonce.anonymous":
        return await wallet.http.post(f"{wallet.url}/nonce")
    token = (await wallet.post_token(form)).json()
    algorithm = "ES384" if what == "proof.other-algorithm" else "ES256"
    header, claims = await wallet.proof_parts(algorithm)
    header |= {"assay": 1} if what == "proof.unknown-header" else {}
    claims |= {"assay": 1} if what == "proof.unknown-claim" else {}
    proofs = [jwt(header, claims, KEYS[algorithm])] * (2 if what == "credential.batch" else 1)
    body = wallet.body(token, *proofs)
    body |= {"assay": 1} if what == "credential.unknown-parameter" else {}
    return await wallet.post_credential(
        token, body, scheme="bEARER" if what == "credential.scheme-case" else "Bearer"
    )


@pytest.mark.parametrize("what", TOLERANCES)
async def test_a_harmless_thing_is_refused_by_its_fault_only(what: str) -> None:
    variant = {
        "credential.batch": "batch",
        "proof.other-algorithm": "algorithms",
        "proof.other-binding-method": "did-binding",
    }.get(what, "default")
    async with wallet_for(variant) as wallet:
        assert (await _tolerant_flow(wallet, what)).status_code == 200
    async with wallet_for(variant, f"rejects:{what}") as wallet:
        answer = await _tolerant_flow(wallet, what)
        assert answer.status_code == rules.TOLERANCES[what].status
        assert answer.json()["error"] == "invalid_request"
        assert wallet.issuer.fired == {f"rejects:{what}"}


# Document faults


VARIANT_OF = {
    "offer:authorization-server-unknown": "several-as",
    "as-metadata:anonymous-announced": "client-id",
    "as-metadata:jwks-uri-http": "several-as",
    "as-jwks:keys-missing": "several-as",
    "as-jwks:use-missing": "several-as",
    "offer-link:value-array": "offer-by-value",
    "sd-jwt:key-unknown": "issuer-metadata-key",
    "sd-jwt:kid-missing": "issuer-metadata-key",
    "sd-jwt:iss-query": "issuer-metadata-key",
    "sd-jwt:kid-other-did": "did-issuer",
    "sd-jwt:digests-without-disclosures": "plain-sd-jwt",
    "sd-jwt:disclosures-without-digests": "plain-sd-jwt",
    "jwt-vc-issuer:keys-uri-dead": "issuer-metadata-key-set",
    "jwt-vc-issuer-response:appended": "issuer-metadata-key-set",
    "credential-keys:array": "issuer-metadata-key-set",
    "credential:batch-of-copies": "batch",
    "tx-code:letters": "tx-code",
} | dict.fromkeys((fault for fault in DOCUMENT_FAULTS if fault.startswith("offer:tx-code-")), "tx-code")


def variant_of(fault: str) -> str:
    if fault.startswith(("token:authorization-details", "token:identifiers")):
        return "identifiers"
    if fault.startswith("jwt-vc-issuer"):
        return VARIANT_OF.get(fault, "issuer-metadata-key")
    return VARIANT_OF.get(fault, variants_for(fault)[0])


def masked(value: Any) -> Any:
    """Hide what differs from run to run: random strings and credentials, and places in status lists."""
    if isinstance(value, dict):
        return {name: "*" if name == "idx" else masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"[\w-]{20,}|.*~.*", value):
        return "*"
    return value


async def tour(variant: str, *active: str) -> tuple[dict[str, Any], set[str]]:
    """Give everything that a whole flow and two errors show, by document, until something is missing."""
    seen: dict[str, Any] = {}
    async with wallet_for(variant, *active) as wallet:

        async def keep(name: str, answer: httpx.Response) -> Any:
            body = json.loads(answer.text, object_pairs_hook=list) if answer.text else None
            # As pairs, so that repeated members show.
            seen[name] = masked(json.loads(json.dumps(body)))
            headers = ("content-type", "cache-control", "pragma", "content-language", "www-authenticate")
            seen[f"{name}-response"] = answer.status_code, {key: answer.headers.get(key) for key in headers}
            try:
                return answer.json()
            except ValueError:
                return None

        issuer = wallet.issuer
        server = issuer.context.authorization_server_url
        await keep("metadata", await wallet.http.get(wallet.well_known("openid-credential-issuer", wallet.url)))
        for name in ("oauth-authorization-server", "openid-configuration"):
            answer = await wallet.http.get(wallet.well_known(name, server))
            seen[f"as-metadata-response {name}"] = answer.status_code
            if answer.is_success:
                await keep("as-metadata", answer)
        if issuer.variant.authorization_servers:
            await keep("as-jwks", await wallet.http.get(f"{server}/jwks"))
        if issuer.variant.key_mechanism in ("jwt-vc-issuer", "jwks-uri"):
            right, wrong = (
                wallet.well_known("jwt-vc-issuer", wallet.url),
                f"{wallet.url}/.well-known/jwt-vc-issuer",
            )
            for place, url in (("right", right), ("wrong", wrong)):
                answer = await wallet.http.get(url)
                seen[f"jwt-vc-issuer-response {place}"] = answer.status_code
                if answer.is_success:
                    await keep("jwt-vc-issuer", answer)
            await keep("credential-keys", await wallet.http.get(f"{wallet.url}/credential-keys"))
        minted = issuer.mint_offer()
        link = urlsplit(minted.offer)
        query = parse_qs(link.query)
        seen["offer-link"] = link.scheme, sorted(query), [urlsplit(v[0]).scheme for v in query.values()]
        if "credential_offer_uri" in query:
            offer = await keep("offer", await wallet.http.get(query["credential_offer_uri"][0]))
        else:
            offer = json.loads(query["credential_offer"][0])
            seen["offer-link offer"] = masked(offer)
        stray = {
            "grant_type": GRANT,
            "pre-authorized_code": "unknown",
            "client_id": issuer.variant.client_id or "",
        }
        await keep("token-error", await wallet.post_token(stray))
        await keep("credential-challenge", await wallet.post_credential(None, {}))
        await keep("credential-challenge unknown", await wallet.post_credential({"access_token": "unknown"}, {}))
        try:
            form = wallet.form(minted, offer)
            token = await keep("token", await wallet.post_token(form))
            for name, configuration in (("error", "unknown"), ("challenge scope", "loyalty_card")):
                beyond = {"credential_configuration_id": configuration}
                await keep(f"credential-{name}", await wallet.post_credential(token, beyond))
            nonce = (await keep("nonce", await wallet.http.post(f"{wallet.url}/nonce")))["c_nonce"]
            header, claims = await wallet.proof_parts() if isinstance(nonce, str) and nonce else ({}, {})
            proofs = [jwt(header, {**claims, "nonce": nonce}, KEYS["ES256"])]
            if issuer.variant.batch_size:
                other = {**header, "jwk": public(OTHER_KEY)}
                proofs.append(jwt(other, {**claims, "nonce": nonce}, OTHER_KEY))
            issued = await keep("credential", await wallet.post_credential(token, wallet.body(token, *proofs)))
            text = issued["credentials"][0]["credential"]
            seen["sd-jwt"] = masked(list(decoded(text)[:2]))
        except (LookupError, TypeError, ValueError, AttributeError):
            pass
        return seen, set(issuer.fired)


@pytest.mark.parametrize("fault", DOCUMENT_FAULTS)
async def test_a_document_fault_fires_and_spoils_its_document_only(fault: str) -> None:
    variant, document = variant_of(fault), fault.partition(":")[0]
    clean, nothing = await tour(variant)
    spoiled, fired = await tour(variant, fault)
    assert nothing == set()
    assert fired == {fault}
    different = {name for name in clean.keys() & spoiled.keys() if clean[name] != spoiled[name]}
    assert {name.partition(" ")[0] for name in different} <= {document, document.removesuffix("-response")}


@pytest.mark.parametrize(
    "fault",
    [fault for fault in DOCUMENT_FAULTS if not fault.startswith(("offer", "token", "nonce", "credential"))],
)
async def test_a_fault_of_metadata_or_credential_leaves_the_flow_working(fault: str) -> None:
    clean, _ = await tour(variant_of(fault))
    spoiled, _ = await tour(variant_of(fault), fault)
    published = {"sd-jwt", "jwt-vc-issuer", "jwt-vc-issuer-response"}
    assert clean.keys() - spoiled.keys() <= published
    assert spoiled["credential-response"] == clean["credential-response"]


@pytest.mark.parametrize("variant", PLAIN_VARIANTS)
async def test_no_fault_of_metadata_or_credential_breaks_a_variant(variant: str) -> None:
    for fault in DOCUMENT_FAULTS:
        if fault.startswith(("metadata:", "sd-jwt:", "as-metadata:")):
            async with wallet_for(variant, fault) as wallet:
                await wallet.http.get(wallet.well_known("openid-credential-issuer", wallet.url))
                assert await wallet.issue()


async def test_all_faults_at_once_break_no_endpoint() -> None:
    seen, fired = await tour("default", *DOCUMENT_FAULTS)
    assert {"offer", "token-error", "metadata", "as-metadata"} <= seen.keys()
    assert len(fired) > 50


async def test_a_repeated_member_is_really_repeated() -> None:
    async with wallet_for("default", "metadata:duplicate-key") as wallet:
        answer = await wallet.http.get(wallet.well_known("openid-credential-issuer", wallet.url))
        assert answer.text.count('"credential_endpoint"') == 2


@pytest.mark.parametrize("variant", ["default", "rich-sd-jwt"])
async def test_rewritten_disclosures_stay_referenced(variant: str) -> None:
    for fault in ("sd-jwt:salt-short", "sd-jwt:salt-reused"):
        async with wallet_for(variant, fault) as wallet:
            sd_jwt = await wallet.issue()
        clear = sd_jwt.split("~")[1:-1]
        hash_name = hashlib.sha384 if variant == "rich-sd-jwt" else hashlib.sha256
        everything = json.dumps(decoded(sd_jwt)[1:])
        assert all(b64(hash_name(text.encode()).digest()) in everything for text in clear)


async def test_faults_that_need_something_do_not_fire_without_it() -> None:
    for fault, variant in (
        ("sd-jwt:cnf-missing", "unbound"),
        ("sd-jwt:x5c-expired", "issuer-metadata-key"),
        ("sd-jwt:salt-reused", "plain-sd-jwt"),
        ("metadata:display-locale-twice", "minimal"),
        ("offer:tx-code-length", "default"),
    ):
        async with wallet_for(variant, fault) as wallet:
            await wallet.metadata()
            await wallet.issue()
            assert wallet.issuer.fired == set()


async def test_a_reused_uri_leads_to_the_newest_offer() -> None:
    async with wallet_for("default", "offer-link:uri-reused") as wallet:
        first, second = wallet.issuer.mint_offer(), wallet.issuer.mint_offer()
        assert first.offer == second.offer
        assert (await wallet.post_token(wallet.form(second, await wallet.offer(second)))).status_code == 200


async def test_a_spoiled_code_token_or_nonce_still_works() -> None:
    spoiled = ("offer:code-short", "tx-code:letters", "token:access-token-guessable", "nonce:counter")
    async with wallet_for("tx-code", *spoiled) as wallet:
        await wallet.issue()
        assert wallet.issuer.fired == set(spoiled)


def test_an_unknown_fault_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match=r'"accepts:proof\.nounce"; did you mean "accepts:proof\.nonce"'):
        ReferenceIssuer(VARIANTS["default"], ["accepts:proof.nounce"])


def test_every_fault_is_described_by_a_sentence() -> None:
    for identifier, text in faults.catalogue().items():
        assert re.fullmatch(r"[a-z0-9-]+:[a-z0-9.-]+", identifier)
        assert text.endswith((".", ")."))
        assert "\n" not in text


# Bounds and hostile input


def test_memory_is_bounded_in_number_and_age() -> None:
    clock = Clock()
    shelf: Shelf[int] = Shelf(clock, 10, limit=3)
    for number in range(5):
        shelf.put(str(number), number)
    assert [shelf.get(str(number)) for number in range(5)] == [None, None, 2, 3, 4]
    clock.time += 10
    assert shelf.get("4") is None
    assert shelf.get(["4"]) is None


async def test_a_body_that_is_too_long_is_not_read() -> None:
    async with wallet_for() as wallet:
        long = b" " * (MAX_BODY_BYTES + 1)
        for path in ("token", "nonce", "credential", "assay/offers"):
            assert (await wallet.http.post(f"{wallet.url}/{path}", content=long)).status_code == 413


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
headers = st.dictionaries(
    st.sampled_from(["alg", "typ", "jwk", "kid", "x5c", "crit"]),
    json_values | st.sampled_from(["ES256", "none", "did:key:z", "did:jwk:e30#0", {"kty": "EC"}, {"kty": "RSA"}]),
)
claims_ = st.dictionaries(st.sampled_from(["aud", "iat", "nonce", "iss"]), json_values)
proofs_ = json_values | st.builds(lambda h, c: {"jwt": [jwt(h, c)]}, headers, claims_)
bodies = json_values | st.fixed_dictionaries(
    {},
    optional={
        "credential_configuration_id": json_values | st.just("identity_credential"),
        "credential_identifier": json_values,
        "proofs": proofs_,
    },
)


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies, form=st.dictionaries(st.text(), st.text()), raw=st.binary())
def test_hostile_requests_crash_neither_a_strict_nor_a_lax_issuer(
    body: Any, form: dict[str, str], raw: bytes
) -> None:
    async def send(active: list[str]) -> None:
        async with wallet_for("default", *active) as wallet:
            token = await wallet.token()
            for content in (json.dumps(body), raw):
                answer = await wallet.post_credential(token, content)
                assert answer.status_code < 500
            assert (await wallet.http.post(f"{wallet.url}/token", data=form)).status_code < 500
            assert (await wallet.http.post(f"{wallet.url}/token", content=raw)).status_code < 500

    asyncio.run(send([]))
    asyncio.run(send([fault for fault in faults.catalogue() if fault.startswith("accepts:")]))


# Degenerate issuers


@pytest.mark.parametrize("name", DEGENERATE)
async def test_degenerate_issuers_misbehave_but_mint_offers(name: str) -> None:
    app = DEGENERATE[name]()
    discovery_works = name.startswith(("accept-all", "refuse-all")) or name.endswith("-after-discovery")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as http:
        minted = await http.post(f"{app.issuer_url}/assay/offers", json={})
        assert minted.status_code == 201
        if discovery_works:
            metadata = await http.get(f"{app.issuer_url}/.well-known/openid-credential-issuer")
            assert metadata.json()["credential_issuer"] == app.issuer_url
        if name.startswith("hang"):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(http.post(f"{app.issuer_url}/token"), 0.05)
            return
        if name.startswith("huge"):
            return
        answer = await http.post(f"{app.issuer_url}/token", data={"grant_type": "anything"})
        with_token = answer.status_code == 200 and b"access_token" in answer.content
        granting = ("accept-all", "duplicate-keys", "invalid-utf8", "wrong-content-type")
        assert with_token is name.startswith(granting)


async def test_the_huge_answer_is_huge_and_comes_in_pieces() -> None:
    sent = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        nonlocal sent
        assert len(message.get("body", b"")) <= 65_536
        sent += len(message.get("body", b""))

    await DEGENERATE["huge"]()({"type": "http", "path": "/token", "method": "POST"}, receive, send)
    assert sent > 49_000_000


async def test_accept_all_issues_for_nothing_at_all() -> None:
    app = DEGENERATE["accept-all"]()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        assert "access_token" in (await http.post(f"{app.issuer_url}/token")).json()
        for content in (b"", b"{}", b'{"proofs": {"jwt": [42]}}'):
            answer = await http.post(f"{app.issuer_url}/credential", content=content)
            header, _, _ = decoded(answer.json()["credentials"][0]["credential"])
            assert header["typ"] == "dc+sd-jwt"


async def test_refuse_all_refuses_a_correct_request() -> None:
    app = DEGENERATE["refuse-all"]()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        wallet = Wallet(http, app.issuer)
        answer = await wallet.post_token(await wallet.fresh_form())
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


# On a socket


def _trusting(pem: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pem)


async def test_an_issuer_is_served_over_tls() -> None:
    with serving("with-path") as served:
        assert served.url == f"{served.base_url}/tenants/assay"
        async with httpx.AsyncClient(verify=_trusting(served.ca_pem), trust_env=False) as http:
            assert await Wallet(http, served.issuer).issue()
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as http:
                await http.get(served.url)
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(served.url)


async def test_a_hanging_issuer_is_served_and_stopped() -> None:
    with serving(lambda base_url: DEGENERATE["hang"](base_url=base_url), tls=False) as served:
        async with httpx.AsyncClient(trust_env=False, timeout=0.1) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get(served.url)


def test_serving_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown variant"), serving("unknown"):
        pass
