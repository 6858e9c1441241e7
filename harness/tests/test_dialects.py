"""How the wallet spells its messages in each dialect."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from harness import dialects
from harness.evidence import Scenario, Tools
from harness.flow import Flow
from harness.offer_sources import MintedOffer, OfferSource
from harness.transport import Client, Recorder
from harness.wallet import credential, metadata

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


def test_several_keys_need_proofs_in_draft_14() -> None:
    made = credential.body(
        configuration_id="c", proofs=("p", "q"), configuration=MDOC, dialect=dialects.load("draft-14")
    )
    assert made == {**MDOC, "proofs": {"jwt": ["p", "q"]}}


@pytest.mark.parametrize(
    ("name", "response", "issued"),
    [
        ("1.0", {"credentials": [{"credential": "a"}, {"other": 1}]}, [("/credentials/0/credential", "a")]),
        ("1.0", {"credential": "a"}, []),
        ("draft-14", {"credential": "a"}, [("/credential", "a")]),
        ("draft-14", {"credentials": ["a", {"b": 1}]}, [("/credentials/0", "a"), ("/credentials/1", {"b": 1})]),
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


def _decoded(part: str) -> str:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


async def _flow(issuer: _Draft14Issuer) -> Flow:
    client = Client(Recorder(), transport=httpx.MockTransport(issuer))
    tools = Tools(client, lambda: 1_790_000_000.0, dialect=dialects.load("draft-14"))
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
