"""The simulated services of Partisia: the documented flow, its corrected form, their rules and their faults."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness.reference import faults, jwt, rules
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.vendors.partisia import samples
from harness.vendors.partisia.app import Issuance
from harness.vendors.partisia.context import Addresses, dataset
from harness.vendors.partisia.variants import PartisiaError, PartisiaVariant, knobs, variants

NOW = 1_760_000_000.0
DOCUMENTED, FIXED = "partisia-as-documented", "partisia-fixed-1.0"
ISSUER = "https://issuer.example.org"
METADATA = f"{ISSUER}/.well-known/openid-credential-issuer"
SERVER = "https://authorization-server.example.org/.well-known/oauth-authorization-server"
TOKEN = "https://university-server.test1.partisia.dev/auth/token-endpoint"
NONCE = f"{ISSUER}/issuance/oid4vci/nonce"
CREDENTIAL = f"{ISSUER}/issuance/oid4vci/credential-request"
OURS = ("partisia-",)


class Place:
    """The services on a network of their own, with a wallet that does what it is told."""

    def __init__(self, variant: PartisiaVariant | str = DOCUMENTED, *faulty: str, **knobs: Any) -> None:
        self.now = NOW
        self.codes: list[str] = []
        """The codes for which the application has begun sessions."""
        numbers = itertools.count(1)
        chosen = variants()[variant] if isinstance(variant, str) else variant
        self.issuance = Issuance(
            replace(chosen, **knobs),
            faulty,
            clock=lambda: self.now,
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            http=self.client,
        )
        self.key = JWK.generate(kty="EC", crv="P-256")

    def client(self) -> httpx.AsyncClient:
        async def handle(request: httpx.Request) -> httpx.Response:
            hosts = [urlsplit(url).netloc for url in self.issuance.addresses.all]
            if request.url.path.endswith("/new-session") and b"pre-authorized_code" in request.content:
                self.codes.append(json.loads(request.content)["pre-authorized_code"])
            app = self.issuance.apps[hosts.index(request.url.netloc.decode())]
            return await httpx.ASGITransport(app).handle_async_request(request)

        return httpx.AsyncClient(transport=httpx.MockTransport(handle))

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, url, **more)

        return asyncio.run(go())

    def offer(self) -> dict[str, Any]:
        link = asyncio.run(self.issuance.mint_offer())
        url = parse_qs(urlsplit(link).query)["credential_offer_uri"][0]
        answer: dict[str, Any] = self.send("GET", url).json()
        return answer

    def code(self) -> str:
        return str(self.offer()["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"])

    def redeem(self, code: str | None = None, **changes: str | None) -> httpx.Response:
        form = {
            "grant_type": PRE_AUTHORIZED_CODE,
            "pre-authorized_code": self.code() if code is None else code,
            **changes,
        }
        return self.send("POST", TOKEN, data={name: value for name, value in form.items() if value is not None})

    def access(self) -> str:
        return str(self.redeem().json()["access_token"])

    def nonce(self) -> str:
        return str(self.send("POST", NONCE).json()["c_nonce"])

    @property
    def public(self) -> dict[str, Any]:
        members: dict[str, Any] = self.key.export_public(as_dict=True)
        return members

    @property
    def did(self) -> str:
        return "did:jwk:" + base64.urlsafe_b64encode(json.dumps(self.public).encode()).rstrip(b"=").decode()

    def proof(self, header: dict[str, Any] | None = None, *, signer: JWK | None = None, **claims: Any) -> str:
        made = {"nonce": self.nonce(), "aud": ISSUER, "iat": int(self.now), **claims}
        named = {"typ": "openid4vci-proof+jwt", "alg": "ES256", **(header or {"jwk": self.public})}
        kept = {name: value for name, value in made.items() if value is not None}
        return jwt.sign(signer or self.key, named, kept)

    def carried(self, proof: str | None) -> dict[str, Any]:
        if proof is None:
            return {}
        if self.issuance.variant.proof_mode == "plural":
            return {"proofs": {"jwt": [proof]}}
        return {"proof": {"proof_type": "jwt", "jwt": proof}}

    def body(self, proof: str | None, /, **changes: Any) -> dict[str, Any]:
        name = self.issuance.variant.configurations[0]
        return {"credential_configuration_id": name, **self.carried(proof), **changes}

    def ask(self, body: Any, access: str | None = "") -> httpx.Response:
        token = self.access() if access == "" else access
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.send("POST", CREDENTIAL, json=body, headers=headers)

    def issue(self) -> dict[str, Any]:
        answer = self.ask(self.body(self.proof()))
        assert answer.status_code == 200, answer.text
        found = jwt.read(answer.json()["credentials"][0]["credential"])
        assert found is not None
        return {**found.header, **found.claims}


# The flow


@pytest.mark.parametrize("name", [DOCUMENTED, FIXED])
def test_the_flow_brings_the_dataset_of_the_application(name: str) -> None:
    place = Place(name)
    credential = place.issue()
    document = credential.get("vc", credential)
    assert document["type"] == ["VerifiableCredential", "StudyID"]
    assert document["credentialSubject"] == dataset()
    assert credential["cnf"] == {"jwk": place.public}


def test_a_key_that_was_named_by_a_did_is_the_subject() -> None:
    place = Place()
    answer = place.ask(place.body(place.proof({"kid": place.did})))
    credential = jwt.read(answer.json()["credentials"][0]["credential"])
    assert credential is not None
    assert credential.claims["credentialSubject"]["id"] == place.did


def test_one_token_brings_every_offered_credential() -> None:
    place = Place()
    token = place.access()
    for name in place.issuance.variant.configurations:
        assert place.ask(place.body(place.proof(), credential_configuration_id=name), token).status_code == 200


def test_the_documented_form_says_what_the_page_shows() -> None:
    place = Place()
    offer = place.offer()
    metadata = place.send("GET", METADATA).json()
    assert offer["credential_issuer"] == f"{ISSUER}/"
    assert metadata["credential_issuer"] == ISSUER
    assert set(offer["credential_configuration_ids"]) == set(metadata["credential_configurations_supported"])
    first = metadata["credential_configurations_supported"]["02336c44048962e0986523039dc4a2b1276c9a9ce0"]
    assert first["format"] == "jwt_vc_json-ld"
    assert first["credential_definition"] == {
        "type": ["VerifiableCredential", "StudyID"],
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "credentialSubject": {
            name: {} for name in ("first_name", "last_name", "student_id", "portrait", "university")
        },
    }
    assert place.send("GET", SERVER).json()["token_endpoint"] == TOKEN
    token = place.redeem().json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    nonce = place.nonce()
    assert nonce.endswith("==")
    assert len(base64.urlsafe_b64decode(nonce)) == 16


def test_the_slash_of_the_offer_leads_nowhere_by_the_letter() -> None:
    assert Place().send("GET", f"{METADATA}/").status_code == 404
    assert Place(slash_well_known=True).send("GET", f"{METADATA}/").status_code == 200


def test_the_corrected_form_has_none_of_it() -> None:
    place = Place(FIXED)
    offer, metadata = place.offer(), place.send("GET", METADATA).json()
    assert offer["credential_issuer"] == metadata["credential_issuer"] == ISSUER
    for configuration in metadata["credential_configurations_supported"].values():
        assert "credentialSubject" not in configuration["credential_definition"]
        assert configuration["credential_metadata"]["claims"]
        assert configuration["scope"]
    both = {**place.carried(place.proof()), "proof": {"proof_type": "jwt", "jwt": "x.y.z"}}
    assert place.ask(place.body(None, **both)).status_code == 200
    singular = {"proof": {"proof_type": "jwt", "jwt": place.proof()}}
    assert place.ask(place.body(None, **singular)).json()["error"] == "invalid_proof"


def test_errors_are_those_of_the_version() -> None:
    for name, error in ((DOCUMENTED, "unsupported_credential_type"), (FIXED, "unknown_credential_configuration")):
        place = Place(name)
        body = place.body(place.proof(), credential_configuration_id="other")
        assert place.ask(body).json()["error"] == error


# Knobs


def _first(place: Place) -> Any:
    return next(iter(place.send("GET", METADATA).json()["credential_configurations_supported"].values()))


def _form(place: Place) -> dict[str, str]:
    return {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": place.code()}


def _twice(place: Place) -> int:
    url = parse_qs(urlsplit(asyncio.run(place.issuance.mint_offer())).query)["credential_offer_uri"][0]
    place.send("GET", url)
    return place.send("GET", url).status_code


def _late_code(place: Place) -> int:
    code = place.code()
    place.now += 2
    return place.redeem(code).status_code


def _late_token(place: Place) -> int:
    token = place.access()
    place.now += 2
    return place.ask(place.body(place.proof()), token).status_code


def _late_nonce(place: Place) -> int:
    proof = place.proof()
    place.now += 2
    return place.ask(place.body(proof)).status_code


def _nonce_again(place: Place) -> int:
    nonce = place.nonce()
    place.ask(place.body(place.proof(nonce=nonce)))
    return place.ask(place.body(place.proof(nonce=nonce))).status_code


KNOBS: dict[str, tuple[dict[str, Any], Callable[[Place], object]]] = {
    "slash_in_offer": ({"slash_in_offer": False}, lambda place: place.offer()["credential_issuer"]),
    "slash_well_known": ({"slash_well_known": True}, lambda place: place.send("GET", f"{METADATA}/").status_code),
    "offer_form": ({"offer_form": "plain"}, lambda place: asyncio.run(place.issuance.mint_offer())[:8]),
    "offer_once": ({"offer_once": True}, _twice),
    "code_lifetime": ({"code_lifetime": 1}, _late_code),
    "listed": (
        {"listed": "first"},
        lambda place: len(place.send("GET", METADATA).json()["credential_configurations_supported"]),
    ),
    "claims_style": (
        {"claims_style": "credential-metadata"},
        lambda place: "credential_metadata" in _first(place),
    ),
    "data_model": ({"data_model": "1.1"}, lambda place: place.issue()["typ"]),
    "proof_types_listed": (
        {"proof_types_listed": False},
        lambda place: "proof_types_supported" in _first(place),
    ),
    "scoped": ({"scoped": True}, lambda place: "scope" in _first(place)),
    "server_metadata": (
        {"server_metadata": "example"},
        lambda place: "issuer" in place.send("GET", SERVER).json(),
    ),
    "anonymous_flag": ({"anonymous_flag": False}, lambda place: len(place.send("GET", SERVER).json())),
    "token_at_well_known": (
        {"token_at_well_known": True},
        lambda place: place.send("POST", SERVER, data=_form(place)).status_code,
    ),
    "token_lifetime": ({"token_lifetime": 60}, lambda place: place.redeem().json()["expires_in"]),
    "lifetime_unit": ({"lifetime_unit": "ms"}, _late_token),
    "token_no_store": ({"token_no_store": False}, lambda place: "cache-control" in place.redeem().headers),
    "nonce_padding": ({"nonce_padding": False}, lambda place: place.nonce()[-1]),
    "nonce_no_store": (
        {"nonce_no_store": False},
        lambda place: "cache-control" in place.send("POST", NONCE).headers,
    ),
    "nonce_lifetime": ({"nonce_lifetime": 1}, _late_nonce),
    "nonce_once": ({"nonce_once": False}, _nonce_again),
    "proof_mode": (
        {"proof_mode": "both"},
        lambda place: place.ask(place.body(None, proofs={"jwt": [place.proof()]})).status_code,
    ),
    "key_forms": ({"key_forms": ("did-url",)}, lambda place: place.ask(place.body(place.proof())).status_code),
    "audience": (
        {"audience": "metadata"},
        lambda place: place.ask(place.body(place.proof(aud=f"{ISSUER}/"))).status_code,
    ),
    "proof_window": (
        {"proof_window": 10_000},
        lambda place: place.ask(place.body(place.proof(iat=int(NOW) - 3600))).status_code,
    ),
    "errors": (
        {"errors": "1.0"},
        lambda place: place.ask(place.body(place.proof(), credential_configuration_id="x")).json()["error"],
    ),
    "plain_http": (
        {"plain_http": "answered"},
        lambda place: place.send("POST", NONCE.replace("https", "http")).status_code,
    ),
    "key_mechanism": ({"key_mechanism": "x5c"}, lambda place: "x5c" in place.issue()),
    "credential_lifetime": ({"credential_lifetime": 24 * 3600}, lambda place: place.issue()["validUntil"]),
}


def test_each_knob_tells_what_it_is_about() -> None:
    assert {knob.name for knob in knobs()} == set(KNOBS)
    assert {knob.basis for knob in knobs()} == {"documented", "assumed"}
    assert all(knob.sentence.endswith(".") for knob in knobs())


@pytest.mark.parametrize("knob", sorted(KNOBS))
def test_each_knob_makes_a_difference(knob: str) -> None:
    changed, look = KNOBS[knob]
    assert look(Place()) != look(Place(**changed))


def test_plain_http_can_be_redirected() -> None:
    answer = Place(plain_http="redirected").send("POST", NONCE.replace("https", "http"))
    assert (answer.status_code, answer.headers["Location"]) == (308, NONCE)


def test_without_tls_of_its_own_nothing_is_held_against_plain_http() -> None:
    addresses = Addresses("http://localhost:1", "http://localhost:2", "http://localhost:3")
    issuance = Issuance(variants()[DOCUMENTED], addresses=addresses)

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(issuance.apps[0])) as client:
            return await client.post("http://localhost:1/issuance/oid4vci/nonce")

    assert asyncio.run(go()).status_code == 200


@pytest.mark.parametrize("url", ["issuer.example.org", "ftp://issuer.example.org", "https://issuer.example.org/a"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(PartisiaError, match="no http"):
        Issuance(variants()[DOCUMENTED], addresses=Addresses(url))


# What it refuses

Breaker = Callable[[Place], httpx.Response]


def _token(code: str | None = None, **changes: str | None) -> Breaker:
    return lambda place: place.redeem(code, **changes)


def _proof(header: dict[str, Any] | None = None, **claims: Any) -> Breaker:
    return lambda place: place.ask(place.body(place.proof(header, **claims)))


def _foreign_code(place: Place) -> httpx.Response:
    place.offer()
    return place.redeem(samples.CODE)


def _used_code(place: Place) -> httpx.Response:
    code = place.code()
    place.redeem(code)
    return place.redeem(code)


def _expired_code(place: Place) -> httpx.Response:
    code = place.code()
    place.now += place.issuance.variant.code_lifetime
    return place.redeem(code)


def _expired_token(place: Place) -> httpx.Response:
    token = place.access()
    place.now += place.issuance.variant.token_lifetime
    return place.ask(place.body(place.proof()), token)


def _both_keys(place: Place) -> httpx.Response:
    return place.ask(place.body(place.proof({"jwk": place.public, "kid": f"{place.did}#0"})))


def _used_nonce(place: Place) -> httpx.Response:
    nonce = place.nonce()
    assert place.ask(place.body(place.proof(nonce=nonce))).status_code == 200
    return place.ask(place.body(place.proof(nonce=nonce)))


def _unsigned(place: Place) -> httpx.Response:
    claims = place.proof().split(".")[1]
    header = base64.urlsafe_b64encode(
        json.dumps({"typ": "openid4vci-proof+jwt", "alg": "none", "jwk": place.public}).encode()
    )
    return place.ask(place.body(f"{header.rstrip(b'=').decode()}.{claims}."))


def _foreign_signature(place: Place) -> httpx.Response:
    return place.ask(place.body(place.proof(signer=JWK.generate(kty="EC", crv="P-256"))))


def _private(place: Place) -> httpx.Response:
    return place.ask(place.body(place.proof({"jwk": place.key.export_private(as_dict=True)})))


def _critical(place: Place) -> httpx.Response:
    return place.ask(place.body(place.proof({"jwk": place.public, "crit": ["urn:x"], "urn:x": 1})))


def _not_json(place: Place) -> httpx.Response:
    headers = {"Authorization": f"Bearer {place.access()}", "Content-Type": "application/json"}
    return place.send("POST", CREDENTIAL, content=b"{", headers=headers)


def _not_form(place: Place) -> httpx.Response:
    return place.send("POST", TOKEN, json={"pre-authorized_code": place.code()})


def _repeated(place: Place) -> httpx.Response:
    body = f"grant_type={PRE_AUTHORIZED_CODE}&grant_type={PRE_AUTHORIZED_CODE}&pre-authorized_code={place.code()}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return place.send("POST", TOKEN, content=body.encode(), headers=headers)


def _both_members(place: Place) -> httpx.Response:
    return place.ask(place.body(place.proof(), proofs={"jwt": [place.proof()]}))


BREAKERS: dict[str, tuple[Breaker, int, str | None]] = {
    "partisia-token.form": (_not_form, 400, "invalid_request"),
    "partisia-token.once": (_repeated, 400, "invalid_request"),
    "partisia-token.grant-type-present": (_token(grant_type=None), 400, "invalid_request"),
    "partisia-token.grant-type": (_token(grant_type="client_credentials"), 400, "unsupported_grant_type"),
    "partisia-token.code-present": (_token(**{"pre-authorized_code": None}), 400, "invalid_request"),
    "partisia-token.code-known": (_foreign_code, 400, "invalid_grant"),
    "partisia-token.code-unused": (_used_code, 400, "invalid_grant"),
    "partisia-token.code-unexpired": (_expired_code, 400, "invalid_grant"),
    "partisia-token.no-tx-code": (_token(tx_code="123456"), 400, "invalid_request"),
    "partisia-credential.token-present": (lambda p: p.ask(p.body(p.proof()), None), 401, None),
    "partisia-credential.token-known": (lambda p: p.ask(p.body(p.proof()), samples.ACCESS_TOKEN), 401, None),
    "partisia-credential.token-unexpired": (_expired_token, 401, None),
    "partisia-credential.json": (_not_json, 400, "invalid_credential_request"),
    "partisia-credential.configuration-present": (
        lambda p: p.ask(p.carried(p.proof())),
        400,
        "invalid_credential_request",
    ),
    "partisia-credential.one-name": (
        lambda p: p.ask(p.body(p.proof(), credential_identifier="x")),
        400,
        "invalid_credential_request",
    ),
    "partisia-credential.configuration-known": (
        lambda p: p.ask(p.body(p.proof(), credential_configuration_id="x")),
        400,
        "unsupported_credential_type",
    ),
    "partisia-proof.present": (lambda p: p.ask(p.body(None)), 400, "invalid_proof"),
    "partisia-proof.one-member": (_both_members, 400, "invalid_proof"),
    "partisia-proof.proof-type": (
        lambda p: p.ask(p.body(None, proof={"proof_type": "cwt", "jwt": p.proof()})),
        400,
        "invalid_proof",
    ),
    "partisia-proof.wellformed": (lambda p: p.ask(p.body("proof")), 400, "invalid_proof"),
    "partisia-proof.typ": (
        lambda p: p.ask(p.body(p.proof({"jwk": p.public, "typ": "JWT"}))),
        400,
        "invalid_proof",
    ),
    "partisia-proof.algorithm": (_unsigned, 400, "invalid_proof"),
    "partisia-proof.one-key": (_both_keys, 400, "invalid_proof"),
    "partisia-proof.public": (_private, 400, "invalid_proof"),
    "partisia-proof.critical": (_critical, 400, "invalid_proof"),
    "partisia-proof.anonymous": (_proof(iss="wallet"), 400, "invalid_proof"),
    "partisia-proof.key": (_proof({"kid": "did:jwk:none"}), 400, "invalid_proof"),
    "partisia-proof.signature": (_foreign_signature, 400, "invalid_proof"),
    "partisia-proof.own": (lambda p: p.ask(p.body(samples.PROOF)), 400, "invalid_nonce"),
    "partisia-proof.audience": (_proof(aud="https://elsewhere.assay.test"), 400, "invalid_proof"),
    "partisia-proof.dated": (_proof(iat=None), 400, "invalid_proof"),
    "partisia-proof.new": (_proof(iat=int(NOW) - 3600), 400, "invalid_proof"),
    "partisia-proof.made-already": (_proof(iat=int(NOW) + 3600), 400, "invalid_proof"),
    "partisia-proof.nonce-present": (_proof(nonce=None), 400, "invalid_proof"),
    "partisia-proof.nonce-known": (_proof(nonce="foreign"), 400, "invalid_nonce"),
    "partisia-proof.nonce-unused": (_used_nonce, 400, "invalid_nonce"),
}
"""Rule to a request that breaks it and nothing else, the status and the error."""


def test_every_rule_has_a_request_that_breaks_it() -> None:
    assert set(BREAKERS) == {rule for rule in rules.catalogue() if rule.startswith(OURS)}


@pytest.mark.parametrize("rule", sorted(BREAKERS))
def test_a_rule_is_kept(rule: str) -> None:
    breaks, status, error = BREAKERS[rule]
    place = Place()
    answer = breaks(place)
    assert answer.status_code == status
    assert rule in place.issuance.met
    if error is not None:
        assert answer.json()["error"] == error
    else:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("rule", sorted(BREAKERS))
def test_a_rule_that_is_let_off_lets_the_request_through(rule: str) -> None:
    place = Place(DOCUMENTED, f"accepts:{rule}")
    assert BREAKERS[rule][0](place).status_code == 200
    assert place.issuance.fired == {f"accepts:{rule}"}


@pytest.mark.parametrize("rule", sorted(BREAKERS))
def test_a_rule_can_be_misreported(rule: str) -> None:
    place = Place(DOCUMENTED, f"misreports:{rule}")
    assert BREAKERS[rule][0](place).json()["error"] == rules.MISREPORTED


def test_the_published_proof_is_signed_with_its_own_key() -> None:
    sample = jwt.read(samples.PROOF)
    assert sample is not None
    assert sample.verified_by(sample.header["jwk"])


# What it has to put up with


def _second(place: Place) -> httpx.Response:
    token = place.access()
    first, second = place.issuance.variant.configurations
    assert place.ask(place.body(place.proof(), credential_configuration_id=first), token).status_code == 200
    return place.ask(place.body(place.proof(), credential_configuration_id=second), token)


NEEDERS: dict[str, tuple[Breaker, dict[str, Any]]] = {
    "partisia-token.anonymous": (_token(), {}),
    "partisia-nonce.open": (lambda place: place.send("POST", NONCE), {}),
    "partisia-credential.second": (
        _second,
        {},
    ),
    "partisia-proof.singular": (_proof(), {}),
    "partisia-proof.plural": (_proof(), {"proof_mode": "plural"}),
    "partisia-proof.did": (lambda place: place.ask(place.body(place.proof({"kid": place.did}))), {}),
    "partisia-proof.did-url": (lambda place: place.ask(place.body(place.proof({"kid": f"{place.did}#0"}))), {}),
    "partisia-proof.jwk": (_proof(), {}),
}


def test_every_tolerance_has_a_request_that_needs_it() -> None:
    rules.load()
    assert set(NEEDERS) == {name for name in rules.TOLERANCES if name.startswith(OURS)}


@pytest.mark.parametrize("tolerance", sorted(NEEDERS))
def test_a_tolerance_is_kept_and_can_be_denied(tolerance: str) -> None:
    needs, changed = NEEDERS[tolerance]
    place = Place(**changed)
    assert needs(place).status_code == 200
    assert tolerance in place.issuance.met
    faulty = Place(DOCUMENTED, f"rejects:{tolerance}", **changed)
    assert needs(faulty).status_code in (400, 401)
    assert faulty.issuance.fired == {f"rejects:{tolerance}"}


# Faults of documents

DOCUMENT_FAULTS = sorted(faults.defined_in("partisia"))


def _walk(place: Place) -> None:
    """Ask for everything once and, where an answer is spoiled, go on as far as that is possible."""
    link = asyncio.run(place.issuance.mint_offer())
    place.send("GET", parse_qs(urlsplit(link).query)["credential_offer_uri"][0])
    for method, url in (("GET", METADATA), ("GET", SERVER), ("POST", SERVER)):
        place.send(method, url)
    place.send("POST", NONCE.replace("https", "http"))
    nonce, token = (_json(place.send("POST", NONCE)), _json(place.redeem(place.codes[-1])))
    if "access_token" in token and "c_nonce" in nonce:
        proof = place.proof(nonce=nonce["c_nonce"])
        place.ask(place.body(proof), token["access_token"])
        place.ask(place.body(proof, credential_configuration_id="x"), token["access_token"])


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def test_a_walk_without_a_fault_meets_every_document() -> None:
    place = Place()
    _walk(place)
    named = {fault.partition(":")[0] for fault in DOCUMENT_FAULTS}
    assert named <= place.issuance.met


SHOWN_ANYWAY = {
    "partisia-error:earlier-name",
    "partisia-metadata:claims-in-definition",
    "partisia-metadata:context-2-0",
    "partisia-offer:issuer-slash",
}
"""Faults that are peculiarities of the services as documented, and can only spoil the corrected ones."""


@pytest.mark.parametrize("name", [DOCUMENTED, FIXED])
@pytest.mark.parametrize("fault", DOCUMENT_FAULTS)
def test_a_fault_of_a_document_makes_a_difference(name: str, fault: str) -> None:
    place = Place(name, fault)
    _walk(place)
    shown = name == DOCUMENTED and fault in SHOWN_ANYWAY
    assert place.issuance.fired == (set() if shown else {fault})


def test_a_token_that_lives_for_milliseconds_is_dead_after_two_seconds() -> None:
    assert _late_token(Place()) == 200
    assert _late_token(Place(DOCUMENTED, "partisia-access:milliseconds")) == 401


def test_a_token_request_to_the_metadata_brings_nothing_unless_a_fault_gives_it() -> None:
    for faulty, status in (((), 405), (("partisia-well-known-post:token",), 200)):
        place = Place(DOCUMENTED, *faulty)
        assert place.send("POST", SERVER, data=_form(place)).status_code == status


def test_each_fault_is_described() -> None:
    described = {fault: text for fault, text in faults.catalogue().items() if "partisia-" in fault}
    assert all(text.endswith(".") for text in described.values())


# The application


def test_an_application_that_sends_nonsense_is_refused() -> None:
    place = Place()
    for content in (b"{", b"[]", b"{}", b'{"pre-authorized_code": 1, "credential_dataset": {}}'):
        url = f"{ISSUER}/issuance/oid4vci/new-session"
        assert place.send("POST", url, content=content).status_code == 400


def test_offers_can_be_minted_over_http_with_claims() -> None:
    place = Place()
    url = "https://university-server.test1.partisia.dev/assay/offers"
    answer = place.send("POST", url, json={"claims": {"first_name": "Ada"}})
    assert answer.json()["offer"].startswith("openid-credential-offer://?credential_offer_uri=")
    assert place.send("POST", url, content=b"[").status_code == 400
    issued = place.ask(place.body(place.proof()), place.redeem(place.codes[-1]).json()["access_token"])
    credential = jwt.read(issued.json()["credentials"][0]["credential"])
    assert credential is not None
    assert credential.claims["credentialSubject"] == {"first_name": "Ada"}


def test_an_issuance_service_that_is_not_there_is_named() -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    lost = Issuance(variants()[DOCUMENTED], http=lambda: httpx.AsyncClient(transport=httpx.MockTransport(fail)))
    with pytest.raises(PartisiaError, match="gave no credential_offer_uri"):
        asyncio.run(lost.mint_offer())


def test_an_unknown_session_has_no_offer() -> None:
    assert Place().send("GET", f"{ISSUER}/issuance/oid4vci/credential-offer/none").status_code == 404
