"""How the wallet spells its messages in each dialect."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness import dialects
from harness.evidence import Scenario, Tools
from harness.flow import Flow
from harness.offer_sources import MintedOffer, OfferSource
from harness.patience import Patience
from harness.transport import Client, Recorder
from harness.wallet import authorization, credential, metadata, offer, token

ISSUER = "https://issuer.example/tenant"
MDOC = {"format": "mso_mdoc", "doctype": "org.iso.18013.5.1.mDL"}
JWT_VC = {"format": "jwt_vc_json", "credential_definition": {"type": ["VerifiableCredential"], "x": 1}}


def test_each_file_is_a_dialect_of_its_name() -> None:
    assert dialects.load("1.0") == dialects.LATEST
    assert [dialects.load(name).name for name in dialects.names()] == list(dialects.names())


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(dialects.DialectError, match=r'no dialect "draft-99"; known are 1\.0'):
        dialects.load("draft-99")


@pytest.mark.parametrize(
    ("name", "identifier", "configuration", "body"),
    [
        ("1.0", None, MDOC, {"credential_configuration_id": "c", "proofs": {"jwt": ["p"]}}),
        ("1.0", "i", MDOC, {"credential_identifier": "i", "proofs": {"jwt": ["p"]}}),
        ("draft-14", None, MDOC, {**MDOC, "proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("draft-14", "i", MDOC, {"credential_identifier": "i", "proof": {"proof_type": "jwt", "jwt": "p"}}),
        (
            "draft-14",
            None,
            JWT_VC,
            {
                "format": "jwt_vc_json",
                "credential_definition": {"type": ["VerifiableCredential"]},
                "proof": {"proof_type": "jwt", "jwt": "p"},
            },
        ),
        ("draft-15", None, MDOC, {"credential_configuration_id": "c", "proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("draft-15", "i", MDOC, {"credential_identifier": "i", "proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("draft-16", None, MDOC, {"credential_configuration_id": "c", "proofs": {"jwt": ["p"]}}),
        ("draft-13", None, MDOC, {**MDOC, "proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("draft-13", "i", MDOC, {"credential_identifier": "i", "proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("draft-11", "i", MDOC, {**MDOC, "proof": {"proof_type": "jwt", "jwt": "p"}}),
        (
            "draft-11",
            None,
            {"format": "jwt_vc_json", "id": "c", "types": ["T"]},
            {"format": "jwt_vc_json", "types": ["T"], "proof": {"proof_type": "jwt", "jwt": "p"}},
        ),
        (
            "draft-11",
            None,
            {"format": "ldp_vc", "id": "c", "types": ["T"], "@context": ["C"]},
            {
                "format": "ldp_vc",
                "credential_definition": {"types": ["T"], "@context": ["C"]},
                "proof": {"proof_type": "jwt", "jwt": "p"},
            },
        ),
        ("govuk-wallet", None, MDOC, {"proof": {"proof_type": "jwt", "jwt": "p"}}),
        ("govuk-wallet", "i", JWT_VC, {"proof": {"proof_type": "jwt", "jwt": "p"}}),
    ],
)
def test_the_body_of_a_credential_request(
    name: str, identifier: str | None, configuration: dict[str, Any], body: dict[str, Any]
) -> None:
    made = credential.body(
        configuration_id="c",
        identifier=identifier,
        proofs=("p",),
        configuration=configuration,
        dialect=dialects.load(name),
    )
    assert made == body


@pytest.mark.parametrize(
    ("name", "named"), [("draft-14", MDOC), ("draft-15", {"credential_configuration_id": "c"})]
)
def test_several_keys_need_proofs(name: str, named: dict[str, Any]) -> None:
    made = credential.body(
        configuration_id="c", proofs=("p", "q"), configuration=MDOC, dialect=dialects.load(name)
    )
    assert made == {**named, "proofs": {"jwt": ["p", "q"]}}


def test_a_key_attestation_by_itself_is_a_proof_of_draft_15() -> None:
    made = credential.body(
        configuration_id="c", proofs=("a",), proof_type="attestation", dialect=dialects.load("draft-15")
    )
    assert made["proof"] == {"proof_type": "attestation", "attestation": "a"}


@pytest.mark.parametrize(
    ("name", "beside"),
    [("1.0", {}), ("draft-16", {}), ("draft-15", {"alg": "ECDH-ES"}), ("draft-14", {"alg": "ECDH-ES"})],
)
def test_where_the_algorithm_of_an_encrypted_response_is_named(name: str, beside: dict[str, str]) -> None:
    asked = {"jwk": {"kty": "EC", "alg": "ECDH-ES"}, "enc": "A256GCM"}
    assert dialects.load(name).response_encryption(asked) == {**asked, **beside}


@pytest.mark.parametrize(
    ("name", "status", "answer", "pending"),
    [
        ("draft-14", 400, {"error": "issuance_pending"}, True),
        ("draft-15", 400, {"error": "issuance_pending", "interval": 5}, True),
        ("draft-15", 400, {"error": "invalid_transaction_id"}, False),
        ("draft-15", 200, {"error": "issuance_pending"}, False),
        ("draft-16", 400, {"error": "issuance_pending"}, False),
        ("1.0", 400, {"error": "issuance_pending"}, False),
    ],
)
def test_whether_an_error_says_that_the_credential_is_not_ready(
    name: str, status: int, answer: dict[str, Any], pending: bool
) -> None:
    assert dialects.load(name).still_pending(status, answer) is pending


@pytest.mark.parametrize(
    ("name", "typ"), [("draft-15", "keyattestation+jwt"), ("draft-16", "key-attestation+jwt")]
)
def test_the_type_of_a_key_attestation(name: str, typ: str) -> None:
    assert dialects.load(name).key_attestation_type == typ


@pytest.mark.parametrize(
    ("name", "response", "issued"),
    [
        ("1.0", {"credentials": [{"credential": "a"}, {"other": 1}]}, [("/credentials/0/credential", "a")]),
        ("1.0", {"credential": "a"}, []),
        ("draft-14", {"credential": "a"}, [("/credential", "a")]),
        ("draft-14", {"credentials": ["a", {"b": 1}]}, [("/credentials/0", "a"), ("/credentials/1", {"b": 1})]),
        ("draft-13", {"credential": {"b": 1}}, [("/credential", {"b": 1})]),
        ("draft-13", {"credentials": ["a"]}, []),
        ("draft-11", {"format": "mso_mdoc", "credential": "a"}, [("/credential", "a")]),
        ("draft-15", {"credentials": [{"credential": "a"}]}, [("/credentials/0/credential", "a")]),
        ("draft-15", {"credential": "a"}, []),
        ("govuk-wallet", {"credentials": [{"credential": "a"}]}, [("/credentials/0/credential", "a")]),
        ("govuk-wallet", {"credential": "a"}, []),
    ],
)
def test_the_credentials_of_a_response(name: str, response: dict[str, Any], issued: list[tuple[str, Any]]) -> None:
    assert dialects.load(name).issued(response) == issued


def test_where_metadata_is() -> None:
    inserted, *_ = metadata.issuer_metadata_urls(ISSUER)
    assert inserted == "https://issuer.example/.well-known/openid-credential-issuer/tenant"
    appended = metadata.issuer_metadata_urls(f"{ISSUER}/", dialects.load("draft-14"))
    assert appended == ("https://issuer.example/tenant/.well-known/openid-credential-issuer",)
    assert metadata.issuer_metadata_urls(ISSUER, dialects.load("draft-15")) == appended
    assert metadata.issuer_metadata_urls(ISSUER, dialects.load("draft-16"))[0] == inserted


def test_the_wallet_of_gov_uk_knows_its_token_service() -> None:
    found = dialects.load("govuk-wallet").server_metadata("https://token.example/")
    assert found["token_endpoint"] == "https://token.example/token"
    assert not dialects.load("draft-14").fixed_servers


class _Offers(OfferSource):
    def __init__(self) -> None:
        self.name = "offer"

    @property
    def mints_for_configuration(self) -> bool:
        return True

    @property
    def single(self) -> bool:
        return False

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        grant = {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "code"}}
        offer = {"credential_issuer": ISSUER, "credential_configuration_ids": ["c"], "grants": grant}
        return MintedOffer(json.dumps(offer))


class _Draft14Issuer:
    """Gives a ``c_nonce`` where draft 14 may: in the Token Response, in the Credential Response, in a refusal."""

    def __init__(self, first: str | None) -> None:
        self.first = first
        self.wants: str | None = first
        self.seen: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("openid-credential-issuer"):
            binding = {"cryptographic_binding_methods_supported": ["jwk"]}
            proofs = {"proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}}
            document: dict[str, Any] = {
                "credential_issuer": ISSUER,
                "credential_endpoint": f"{ISSUER}/credential",
                "credential_configurations_supported": {"c": {**MDOC, **binding, **proofs}},
            }
        elif "oauth-authorization-server" in path:
            document = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
        elif path.endswith("/token"):
            document = {"access_token": "token", "token_type": "Bearer"}
            document |= {"c_nonce": self.first} if self.first else {}
        else:
            return self._issue(json.loads(request.content))
        return httpx.Response(200, json=document)

    def _issue(self, body: dict[str, Any]) -> httpx.Response:
        payload = body["proof"]["jwt"].split(".")[1]
        nonce = json.loads(_decoded(payload)).get("nonce")
        self.seen.append(nonce)
        right, self.wants = self.wants is not None and nonce == self.wants, f"nonce-{len(self.seen)}"
        if not right:
            return httpx.Response(400, json={"error": "invalid_proof", "c_nonce": self.wants})
        return httpx.Response(200, json={"credential": "issued", "c_nonce": self.wants})


class _Clock:
    def __init__(self) -> None:
        self.waited: list[float] = []

    def now(self) -> float:
        return 1_790_000_000.0 + sum(self.waited)

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def _decoded(part: str) -> str:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


async def _flow(
    issuer: Callable[[httpx.Request], httpx.Response], name: str = "draft-14", clock: _Clock | None = None
) -> Flow:
    client = Client(Recorder(), transport=httpx.MockTransport(issuer))
    clock = clock or _Clock()
    tools = Tools(client, clock.now, dialect=dialects.load(name), patience=Patience(sleep=clock.sleep))
    found = await metadata.discover(client, ISSUER, dialect=tools.dialect)
    return Flow(found, Scenario("c", "offer", "c"), _Offers(), tools)


@pytest.mark.asyncio
async def test_the_nonce_of_draft_14_comes_with_the_token_and_is_renewed_with_each_answer() -> None:
    issuer = _Draft14Issuer("first")
    flow = await _flow(issuer)
    assert (await flow.issuance()).object["credential"] == "issued"
    assert (await flow.credentials())[0].pointer == "/credential"
    assert (await flow.repeated().issuance()).successful
    assert issuer.seen == ["first", "nonce-1"]


@pytest.mark.asyncio
async def test_the_nonce_of_draft_14_may_come_with_a_refusal() -> None:
    issuer = _Draft14Issuer(None)
    flow = await _flow(issuer)
    assert (await flow.issuance()).successful
    assert issuer.seen == [None, "nonce-1"]


class _Draft15Issuer:
    """Requires encrypted responses, defers, and is not ready when the wallet comes for the first time."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("openid-credential-issuer"):
            encryption = {"alg_values_supported": ["ECDH-ES"], "enc_values_supported": ["A256GCM"]}
            document: dict[str, Any] = {
                "credential_issuer": ISSUER,
                "credential_endpoint": f"{ISSUER}/credential",
                "deferred_credential_endpoint": f"{ISSUER}/deferred",
                "credential_configurations_supported": {"c": MDOC},
                "credential_response_encryption": {**encryption, "encryption_required": True},
            }
        elif "oauth-authorization-server" in path:
            document = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
        elif path.endswith("/token"):
            document = {"access_token": "token", "token_type": "Bearer"}
        else:
            self.bodies.append(json.loads(request.content))
            if path.endswith("/credential"):
                return httpx.Response(202, json={"transaction_id": "t"})
            if len(self.bodies) == 2:
                return httpx.Response(400, json={"error": "issuance_pending", "interval": 7})
            document = {"credentials": [{"credential": "issued"}]}
        return httpx.Response(200, json=document)


@pytest.mark.asyncio
async def test_a_wallet_of_draft_15_comes_again_after_the_error_that_says_so() -> None:
    issuer, clock = _Draft15Issuer(), _Clock()
    flow = await _flow(issuer, "draft-15", clock)
    last = await flow.collected()
    assert last.object == {"credentials": [{"credential": "issued"}]}
    assert issuer.bodies[0]["credential_response_encryption"]["alg"] == "ECDH-ES"
    assert issuer.bodies[1:] == [{"transaction_id": "t"}] * 2
    assert clock.waited == [5.0, 7.0]


# Drafts 11 and 13

REAL = Path(__file__).parents[3] / "shared" / "metadata"
"""Documents that deployed issuers served; the folder's SOURCES.md says whose they are."""

EARLY = {
    "credentials_supported": [
        {"format": "mso_mdoc", "id": "c", "doctype": "org.iso.18013.5.1.mDL"},
        {"format": "ldp_vc", "types": ["T"], "@context": ["C"]},
        "none",
        {"format": "jwt_vc_json", "id": "c", "types": ["T"]},
    ]
}


def _draft_11() -> dialects.Dialect:
    return dialects.load("draft-11")


def test_the_array_of_draft_11_is_read_by_id_and_what_has_none_by_its_place() -> None:
    found = _draft_11().configurations_in(EARLY)
    assert {name: members["format"] for name, members in found.items()} == {
        "c": "mso_mdoc",
        "/credentials_supported/1": "ldp_vc",
    }
    assert dialects.LATEST.configurations_in(EARLY) == {}
    assert dialects.LATEST.configurations_in({"credential_configurations_supported": [{"id": "c"}]}) == {}


@pytest.mark.parametrize(
    ("offered", "names"),
    [
        (["c"], ["c"]),
        ([MDOC], ["c"]),
        (
            [{"format": "ldp_vc", "credential_definition": {"@context": ["C"], "types": ["T"]}}, "c"],
            ["/credentials_supported/1", "c"],
        ),
        ([{"format": "ldp_vc", "credential_definition": {"@context": ["C"], "types": ["Other"]}}], []),
        ([{"format": "mso_mdoc"}, 7], []),
        ("c", []),
    ],
)
def test_an_offer_of_draft_11_names_or_describes(offered: Any, names: list[str]) -> None:
    dialect = _draft_11()
    assert dialect.offered_in({"credentials": offered}, dialect.configurations_in(EARLY)) == names
    assert dialects.load("draft-13").offered_in({"credentials": offered}, {}) == []


@pytest.mark.parametrize(
    ("name", "grant", "wanted"),
    [
        ("draft-11", {"user_pin_required": True}, True),
        ("draft-11", {"user_pin_required": False}, False),
        ("draft-11", {"tx_code": {}}, False),
        ("draft-13", {"tx_code": {}}, True),
        ("draft-13", {"user_pin_required": True}, False),
    ],
)
def test_what_tells_of_a_transaction_code(name: str, grant: dict[str, Any], wanted: bool) -> None:
    assert dialects.load(name).wants_tx_code(grant) is wanted


def test_the_transaction_code_is_a_pin_in_draft_11() -> None:
    assert token.form("code", tx_code="1234", dialect=_draft_11())["user_pin"] == "1234"
    assert token.form("code", tx_code="1234", dialect=dialects.load("draft-13"))["tx_code"] == "1234"


def test_authorization_details_name_a_format_in_draft_11() -> None:
    def naming(name: str) -> dict[str, Any]:
        return _draft_11().named_in_details(name, {**MDOC, "id": name})

    asked = authorization.details(["c"], locations=[ISSUER], naming=naming)
    assert asked == [{"type": "openid_credential", **MDOC, "locations": [ISSUER]}]


@pytest.mark.parametrize(
    ("name", "code", "codes"),
    [
        ("1.0", "invalid_nonce", ("invalid_nonce",)),
        ("draft-16", "unknown_credential_configuration", ("unknown_credential_configuration",)),
        ("draft-15", "invalid_nonce", ("invalid_nonce",)),
        ("draft-14", "invalid_nonce", ("invalid_proof",)),
        ("draft-14", "credential_request_denied", ("credential_request_denied",)),
        ("draft-13", "credential_request_denied", ()),
        ("draft-13", "invalid_proof", ("invalid_proof",)),
        ("draft-11", "invalid_proof", ("invalid_or_missing_proof",)),
        ("draft-11", "invalid_credential_request", ("invalid_request",)),
    ],
)
def test_what_an_error_is_called(name: str, code: str, codes: tuple[str, ...]) -> None:
    assert dialects.load(name).error_codes(code) == codes


@pytest.mark.parametrize(
    ("name", "document"),
    [("draft-11", "paradymDraft11"), ("draft-13", "paradymDraft13"), ("draft-13", "bdrDraft13")],
)
def test_what_issuers_served_is_read_by_its_draft(name: str, document: str) -> None:
    file = REAL / f"{document}.json"
    if not file.exists():
        pytest.skip(f"there is no {file}")
    served, dialect = json.loads(file.read_text("utf-8")), dialects.load(name)
    known = dialect.configurations_in(served["credentialIssuerMetadata"])
    link = offer.parse_link(json.dumps(served["credentialOfferObject"]))
    offered = dialect.offered_in(json.loads(link.by_value or ""), known)
    assert offered
    assert set(offered) <= set(known)
    assert credential.body(
        configuration_id=offered[0], configuration=known[offered[0]], dialect=dialect
    ).keys() == {"format", "vct"}
    assert [pointer for pointer, _ in dialect.issued(served["credentialResponse"])] == ["/credential"]


class _Draft11Issuer:
    """Has the endpoints of its server in its own metadata, wants a PIN and a proof, and issues later.

    Args:
        members: of its one Credential, beside what names it.

    """

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members
        self.seen: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, authorized = request.url.path, request.headers.get("authorization", "")
        if path == "/tenant/.well-known/openid-credential-issuer":
            return httpx.Response(
                200,
                json={
                    "credential_issuer": ISSUER,
                    "token_endpoint": f"{ISSUER}/token",
                    "credential_endpoint": f"{ISSUER}/credential",
                    "deferred_credential_endpoint": f"{ISSUER}/deferred",
                    "credentials_supported": [{**MDOC, **self.members}],
                },
            )
        if path.endswith("/token"):
            self.seen.append(("token", "", dict(httpx.QueryParams(request.content.decode()))))
            return httpx.Response(200, json={"access_token": "token", "token_type": "bearer"})
        if path.endswith("/deferred"):
            self.seen.append(("deferred", authorized, request.content))
            return httpx.Response(200, json={"format": "mso_mdoc", "credential": "issued"})
        if not path.endswith("/credential"):
            return httpx.Response(404)
        body = json.loads(request.content)
        proof = body.pop("proof", {"jwt": ".e30."})
        header, payload = (json.loads(_decoded(part) or "{}") for part in proof["jwt"].split(".")[:2])
        self.seen.append(("credential", payload.get("nonce", ""), {**body, **header}))
        if payload.get("nonce") != "n":
            return httpx.Response(400, json={"error": "invalid_or_missing_proof", "c_nonce": "n"})
        return httpx.Response(200, json={"format": "mso_mdoc", "acceptance_token": "later"})


class _EarlyOffers(_Offers):
    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        grant = {"pre-authorized_code": "code", "user_pin_required": True}
        grants = {"urn:ietf:params:oauth:grant-type:pre-authorized_code": grant}
        return MintedOffer(json.dumps({"credential_issuer": ISSUER, "credentials": [MDOC], "grants": grants}))

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        return "1234"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("members", "nonces", "key"),
    [
        ({}, ["", "n"], "jwk"),
        ({"cryptographic_binding_methods_supported": ["did"]}, ["", "n"], "kid"),
        (
            {
                "cryptographic_binding_methods_supported": ["jwk"],
                "cryptographic_suites_supported": ["Ed25519Signature2020", "EdDSA"],
            },
            ["", "n"],
            "jwk",
        ),
    ],
)
async def test_a_credential_by_draft_11(members: dict[str, Any], nonces: list[str], key: str) -> None:
    issuer = _Draft11Issuer(members)
    client = Client(Recorder(), transport=httpx.MockTransport(issuer))
    clock = _Clock()
    tools = Tools(client, clock.now, dialect=_draft_11(), patience=Patience(sleep=clock.sleep))
    found = await metadata.discover(client, ISSUER, dialect=tools.dialect)
    (name,) = found.configurations
    flow = Flow(found, Scenario(name, "offer", name), _EarlyOffers(), tools)
    assert (await flow.offer()).configuration_ids == [name]
    assert (await flow.collected()).object["credential"] == "issued"
    asked, *requests, came_back = issuer.seen
    assert asked[2]["user_pin"] == "1234"
    assert [nonce for _, nonce, _ in requests] == nonces
    assert all(body["format"] == "mso_mdoc" and body["doctype"] == MDOC["doctype"] for _, _, body in requests)
    assert key in requests[-1][2]
    assert requests[-1][2]["alg"] == ("EdDSA" if "cryptographic_suites_supported" in members else "ES256")
    assert came_back == ("deferred", "Bearer later", b"")


def test_a_dialect_may_have_several_ways_to_prove_keys() -> None:
    spoken = dialects.load("partisia")
    assert [spoken.in_way(way).proofs("jwt", ["p"]) for way in spoken.ways[:2]] == [
        {"proof": {"proof_type": "jwt", "jwt": "p"}},
        {"proofs": {"jwt": ["p"]}},
    ]
    assert [spoken.in_way(way).key_form for way in spoken.ways[1:3]] == ["did:jwk", "jwk"]
    assert dialects.LATEST.ways == ()
