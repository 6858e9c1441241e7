"""The simulated MATTR VII tenant does what is documented, and in its corrected form what OpenID4VCI 1.0 wants."""

from __future__ import annotations

import ast
import base64
import dataclasses
import datetime
import inspect
import itertools
from typing import Any

import pytest
from cryptography import x509
from jwcrypto.jwk import JWK

from harness.formats import mdoc, status_list_token
from harness.reference import jwt, keys
from harness.tests.mattr_bench import CORRECTED, DOCUMENTED, HOLDER, NOW, URL, World
from harness.vendors.mattr import variants
from harness.vendors.mattr.context import sample_claims
from harness.vendors.mattr.credentials import STATUS_LIST
from harness.vendors.mattr.variants import MATTR_VARIANTS, TenantVariant, mattr_variant

BOTH = [DOCUMENTED, CORRECTED]
DAY = 24 * 3600
MDL = "org.iso.18013.5.1"


def coordinates(key: Any) -> tuple[bytes, ...]:
    public = key.export_public(as_dict=True)
    return tuple(base64.urlsafe_b64decode(public[name] + "==") for name in ("x", "y"))


# Offers


async def test_the_documented_offer_has_the_names_of_two_versions() -> None:
    offered = await World().offer("driving_licence", tx_code=True)
    assert offered.answer["uri"].startswith("openid-credential-offer://?credential_offer=%7B")
    assert offered.offer["credentials"] == offered.offer["credential_configuration_ids"]
    assert offered.offer["grants"] == {
        "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
            "pre-authorized_code": offered.code,
            "tx_code": {"length": 6, "input_mode": "numeric", "description": "In the letter"},
        }
    }
    assert isinstance(offered.answer["transactionCode"], int)
    assert len(offered.tx_code) == 6


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("legacy", {"credentials"}),
        ("both", {"credentials", "credential_configuration_ids"}),
        ("final", {"credential_configuration_ids"}),
    ],
)
async def test_a_knob_says_by_which_name_the_offer_has_configurations(style: str, names: set[str]) -> None:
    offer = (await World(offer_ids=style).offer()).offer
    assert offer.keys() - {"credential_issuer", "grants"} == names


@pytest.mark.parametrize(
    ("members", "accepted"),
    [
        ({"expiresIn": {"minutes": 10}}, True),
        ({"expiresIn": {"minutes": 10, "seconds": 1}}, False),
        ({"expiresIn": {"seconds": 0}}, False),
        ({"expiresIn": {"hours": 1}}, False),
        ({"expiresIn": {"minutes": "5"}}, False),
        ({"expiresIn": 300}, False),
        ({"claims": ["family_name"]}, False),
        ({"claimsToPersist": ["family_name"]}, True),
        ({"claimsToPersist": ["shoe_size"]}, False),
        ({"transactionCodeConfiguration": {"inputMode": "text"}}, False),
        ({"transactionCodeConfiguration": True}, False),
        ({"credentials": []}, False),
        ({"credentials": ["no such id"]}, False),
        ({"credentials": [{}]}, False),
    ],
)
async def test_the_offers_api_takes_what_its_reference_describes(members: dict[str, Any], accepted: bool) -> None:
    answer = await World().ask_offer("driving_licence", **members)
    assert answer.status_code == (200 if accepted else 400)
    if not accepted:
        assert answer.json().keys() == {"code", "message", "details"}


async def test_an_offer_is_for_mobile_documents_only_as_documented() -> None:
    assert (await World().ask_offer("course_certificate")).status_code == 400
    assert (await World(CORRECTED).ask_offer("course_certificate")).status_code == 200


async def test_only_an_administrator_has_offers_made() -> None:
    world = World()
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        answer = await world.http.post("/v1/openid/offers/pre-authorized", json={}, headers=headers)
        assert answer.status_code == 401
    right = await world.administrator()
    world.clock.now += DAY
    late = await world.http.post("/v1/openid/offers/pre-authorized", json={}, headers=right)
    assert late.status_code == 401


@pytest.mark.parametrize("member", ["client_id", "client_secret", "audience", "grant_type"])
async def test_an_administrator_logs_in_with_what_is_registered(member: str) -> None:
    world = World()
    wrong = {**world.tenant.administrator, member: "other"}
    answer = await world.http.post("/oauth/token", json=wrong)
    assert (answer.status_code, answer.json()["error"]) == (401, "access_denied")


# Metadata


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("array", {"credentials_supported"}),
        ("both", {"credentials_supported", "credential_configurations_supported"}),
        ("map", {"credential_configurations_supported"}),
    ],
)
async def test_a_knob_says_in_which_shape_configurations_are_described(style: str, names: set[str]) -> None:
    world = World(metadata_style=style)
    metadata = (await world.http.get("/.well-known/openid-credential-issuer")).json()
    assert {name for name in metadata if name.startswith("credential") and "supported" in name} == names
    known = list(world.tenant.context.configurations)
    assert [each["id"] for each in metadata.get("credentials_supported", [])] in ([], known)


async def test_documented_metadata_have_those_of_the_server_in_them() -> None:
    metadata = (await World().http.get("/.well-known/openid-credential-issuer")).json()
    assert metadata["token_endpoint"] == f"{URL}/v1/oauth/token"
    corrected = (await World(CORRECTED).http.get("/.well-known/openid-credential-issuer")).json()
    assert corrected.keys() == {
        "credential_issuer",
        "credential_endpoint",
        "credential_configurations_supported",
        "mdoc_iacas_uri",
    }


@pytest.mark.parametrize(("there", "status"), [(True, 200), (False, 404)])
async def test_a_knob_says_whether_the_server_has_metadata(there: bool, status: int) -> None:
    world = World(server_metadata=there)
    assert (await world.http.get("/.well-known/oauth-authorization-server")).status_code == status


# Tokens


@pytest.mark.parametrize("variant", BOTH)
async def test_a_code_brings_an_access_token(variant: str) -> None:
    world = World(variant)
    offered = await world.offer()
    answer = await world.ask_token(offered.code)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}


async def test_token_errors_are_the_vendors_or_those_of_oauth() -> None:
    documented = await World().ask_token("unknown")
    assert (documented.status_code, documented.json()["code"]) == (400, "BadRequest")
    assert documented.json()["details"][0]["param"] == "pre-authorized_code"
    corrected = await World(CORRECTED).ask_token("unknown")
    assert (corrected.status_code, corrected.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("given", "error"), [(None, "invalid_request"), ("999999", "invalid_grant")], ids=["missing", "wrong"]
)
async def test_a_transaction_code_is_demanded(given: str | None, error: str) -> None:
    world = World(CORRECTED)
    offered = await world.offer(tx_code=True)
    assert (await world.ask_token(offered.code, given)).json()["error"] == error


async def test_a_transaction_code_that_nobody_asked_for_is_refused() -> None:
    world = World(CORRECTED)
    offered = await world.offer()
    assert (await world.ask_token(offered.code, "123456")).json()["error"] == "invalid_request"


@pytest.mark.parametrize(("wrong", "status"), [(2, 200), (3, 400), (4, 400)])
async def test_three_wrong_transaction_codes_end_an_offer(wrong: int, status: int) -> None:
    world = World()
    offered = await world.offer(tx_code=True)
    for _ in range(wrong):
        assert (await world.ask_token(offered.code, "000000")).status_code == 400
    assert (await world.ask_token(offered.code, offered.tx_code)).status_code == status


async def test_a_missing_transaction_code_is_not_a_wrong_one() -> None:
    world = World()
    offered = await world.offer(tx_code=True)
    for _ in range(4):
        await world.ask_token(offered.code)
    assert (await world.ask_token(offered.code, offered.tx_code)).status_code == 200


@pytest.mark.parametrize(("after", "status"), [(299, 200), (300, 400)])
async def test_an_offer_expires_after_five_minutes(after: float, status: int) -> None:
    world = World()
    offered = await world.offer()
    world.clock.now += after
    assert (await world.ask_token(offered.code)).status_code == status


async def test_an_offer_expires_when_it_was_asked_to() -> None:
    world = World()
    offered = await world.offer(expiresIn={"minutes": 1, "seconds": 5})
    expires = datetime.datetime.fromisoformat(offered.answer["expiresAt"])
    assert expires.timestamp() == NOW + 65
    world.clock.now += 65
    assert (await world.ask_token(offered.code)).status_code == 400


async def test_a_deleted_offer_is_no_good_any_more() -> None:
    world = World()
    offered = await world.offer()
    path = f"/v1/openid/offers/pre-authorized/{offered.answer['id']}"
    assert (await world.http.delete(path)).status_code == 401
    right = await world.administrator()
    assert (await world.http.delete(path, headers=right)).status_code == 204
    assert (await world.http.delete(path, headers=right)).status_code == 404
    assert (await world.ask_token(offered.code)).status_code == 400


async def test_as_documented_an_offer_is_used_up_by_issuance() -> None:
    world = World()
    offered = await world.offer()
    first, second = await world.token(offered), await world.token(offered)
    assert first != second
    await world.ask_credential(second, world.body("driving_licence"))
    assert (await world.ask_token(offered.code)).status_code == 400


async def test_as_corrected_a_code_is_used_up_by_the_token() -> None:
    world = World(CORRECTED)
    offered = await world.offer()
    await world.token(offered)
    assert (await world.ask_token(offered.code)).json()["error"] == "invalid_grant"


# Credentials


@pytest.mark.parametrize("variant", BOTH)
async def test_a_mobile_document_is_signed_below_the_iaca_of_the_tenant(variant: str) -> None:
    world = World(variant)
    made = await world.credential()
    listed = (await world.http.get("/v1/openid/iacas")).json()
    root = x509.load_der_x509_certificate(base64.b64decode(listed["iacas"][0]["certificate"]))
    signer = x509.load_der_x509_certificate(made.signature[1][33])
    signer.verify_directly_issued_by(root)
    read = mdoc.read(made.text)
    assert read.problems == ()
    read.verify(JWK.from_pyca(signer.public_key()).export_public(as_dict=True))
    assert made.mso["docType"] == "org.iso.18013.5.1.mDL"


@pytest.mark.parametrize("variant", BOTH)
async def test_a_mobile_document_says_what_was_offered_to_whom(variant: str) -> None:
    made = await World(variant).credential()
    claims = sample_claims()
    assert made.claims[MDL]["family_name"] == claims["family_name"]
    assert made.claims[MDL]["birth_date"].isoformat() == claims["birth_date"]
    assert made.claims[MDL]["portrait"] == base64.b64decode(claims["portrait"])
    assert "membership_number" not in made.claims[MDL]
    device_key = made.mso["deviceKeyInfo"]["deviceKey"]
    assert (device_key[-2], device_key[-3]) == coordinates(HOLDER)


async def test_a_claim_cannot_name_a_file_of_the_simulator() -> None:
    world = World()
    claims = {**sample_claims(), "driving_privileges": [{"file": "portrait.jpg"}]}
    made = await world.credential(offered=await world.offer(claims=claims))
    assert made.claims[MDL]["driving_privileges"] == [{}]


@pytest.mark.parametrize(
    "body",
    [
        {"format": ["mso_mdoc"], "proof": 1},
        {"format": "mso_mdoc", "doctype": {}, "proof": {"proof_type": "jwt", "jwt": {}}},
        {
            "format": "ldp_vc",
            "credential_definition": {"type": [{}]},
            "proof": {"proof_type": "jwt", "jwt": "a.b.c"},
        },
        {"proofs": {"jwt": [None]}, "credential_configuration_id": {}},
    ],
)
@pytest.mark.parametrize("variant", BOTH)
async def test_requests_of_any_shape_are_refused(variant: str, body: dict[str, Any]) -> None:
    world = World(variant)
    token = await world.token(await world.offer())
    assert (await world.ask_credential(token, body)).status_code == 400


@pytest.mark.parametrize(("name", "days"), [("driving_licence", 365), ("membership_card", 90)])
async def test_a_mobile_document_lives_as_long_as_configured(name: str, days: int) -> None:
    validity = (await World().credential(name)).mso["validityInfo"]
    assert validity["validUntil"] - validity["validFrom"] == datetime.timedelta(days=days)


async def test_a_json_credential_can_be_had_from_the_corrected_tenant() -> None:
    world = World(CORRECTED)
    token = await world.token(await world.offer("course_certificate"))
    holder = keys.stranger_key("ES256")
    body = world.body("course_certificate", did_proof(world, holder))
    [issued] = (await world.ask_credential(token, body)).json()["credentials"]
    credential = issued["credential"]
    assert credential["credentialSubject"]["course"] == "First aid"
    assert credential["issuer"].startswith("did:key:")
    assert credential["proof"]["verificationMethod"].startswith(f"{credential['issuer']}#")


def did_proof(world: World, key: keys.SigningKey) -> str:
    header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "kid": f"{key.did}#0"}
    return jwt.sign(key.jwk, header, {"aud": URL, "iat": int(world.clock.now)})


async def test_responses_are_singular_as_documented_and_an_array_in_1_0() -> None:
    documented, corrected = World(), World(CORRECTED)
    one = await documented.ask_credential(
        await documented.token(await documented.offer()), documented.body("driving_licence")
    )
    assert one.json().keys() == {"credential", "format"}
    many = await corrected.ask_credential(
        await corrected.token(await corrected.offer()), corrected.body("driving_licence")
    )
    assert many.json().keys() == {"credentials"}


@pytest.mark.parametrize(("variant", "later"), [(DOCUMENTED, True), (CORRECTED, False)])
async def test_a_tenant_does_not_take_requests_of_the_other_version(variant: str, later: bool) -> None:
    world = World(variant)
    token = await world.token(await world.offer())
    answer = await world.ask_credential(token, world.body("driving_licence", later=later))
    assert answer.status_code == 400


async def test_knobs_let_a_tenant_take_both() -> None:
    names = ("format", "credential_configuration_id")
    world = World(request_names=names, proof_members=("proof", "proofs"))
    token = await world.token(await world.offer())
    for later in (False, True):
        answer = await world.ask_credential(token, world.body("driving_licence", later=later))
        assert answer.status_code == 200


@pytest.mark.parametrize("variant", BOTH)
async def test_the_credential_endpoint_wants_an_access_token_of_a_wallet(variant: str) -> None:
    world = World(variant)
    body = world.body("driving_licence")
    none = await world.ask_credential(None, body)
    assert (none.status_code, none.headers["www-authenticate"]) == (401, 'Bearer realm="assay"')
    wrong = await world.ask_credential("guessed", body)
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (
        401,
        'Bearer realm="assay", error="invalid_token"',
    )
    right = await world.token(await world.offer())
    world.clock.now += world.variant.token_lifetime
    assert (await world.ask_credential(right, world.body("driving_licence"))).status_code == 401


async def test_an_access_token_is_for_its_offer() -> None:
    world = World()
    token = await world.token(await world.offer("membership_card"))
    assert (await world.ask_credential(token, world.body("driving_licence"))).status_code == 403


async def test_one_access_token_is_for_all_that_was_offered() -> None:
    world = World()
    offered = await world.offer("driving_licence", "membership_card")
    token = await world.token(offered)
    for name in ("driving_licence", "membership_card"):
        assert (await world.ask_credential(token, world.body(name))).status_code == 200
    assert (await world.ask_token(offered.code)).status_code == 400


@pytest.mark.parametrize("claims", [{"aud": "https://other.assay.test"}, {"iat": NOW - DAY}, {"iss": "somebody"}])
async def test_a_wrong_proof_is_refused(claims: dict[str, Any]) -> None:
    world = World(CORRECTED)
    token = await world.token(await world.offer())
    answer = await world.ask_credential(token, world.body("driving_licence", world.proof(**claims)))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_proof")


# Status


async def listed(world: World) -> bytes:
    answer = await world.http.get(f"/v2/credentials/mobile/status-lists/{STATUS_LIST}/token")
    assert answer.headers["content-type"] == "application/statuslist+cwt"
    return answer.content


async def test_a_credential_says_where_its_status_is_if_it_is_to_have_one() -> None:
    assert "status" not in (await World().credential("membership_card")).mso
    place = (await World().credential()).mso["status"]["status_list"]
    assert place["uri"] == f"{URL}/v2/credentials/mobile/status-lists/{STATUS_LIST}/token"


async def test_what_was_made_invalid_stays_so() -> None:
    world = World()
    offered = await world.offer()
    await world.credential(offered=offered)
    assert (await world.set_status(offered, "suspended")).json() == {"status": "suspended"}
    assert (await world.set_status(offered, "valid")).status_code == 201
    assert (await world.set_status(offered, "invalid")).status_code == 201
    assert (await world.set_status(offered, "valid")).status_code == 400


async def test_nothing_is_suspended_in_a_list_of_one_bit() -> None:
    world = World(CORRECTED)
    offered = await world.offer()
    await world.credential(offered=offered)
    assert (await world.set_status(offered, "suspended")).status_code == 400


@pytest.mark.parametrize(("state", "value"), [("valid", 0), ("invalid", 1), ("suspended", 2)])
async def test_the_status_list_tells_the_status(state: str, value: int) -> None:
    world = World()
    offered = await world.offer()
    made = await world.credential(offered=offered)
    await world.set_status(offered, state)
    [reference] = mdoc.read(made.text).status_references
    token = status_list_token.read(await listed(world), "application/statuslist+cwt")
    assert token.value_of(reference) == value


# The claims source


async def test_claims_of_the_claims_source_are_in_the_credential() -> None:
    world = World()
    made = await world.credential("employee_pass")
    assert made.claims["nz.assay.employee-pass.work.1"] == {"employee_number": "E-1007", "floor": 3}
    assert world.source.asked == [{"account_id": "A-1007"}]


@pytest.mark.parametrize("answers", ["slow", "unauthorized", "array", "page"])
async def test_a_failing_claims_source_ends_an_issuance_that_needs_it(answers: Any) -> None:
    world = World(claims_source_patience=0.01)
    world.source.answers = answers
    token = await world.token(await world.offer("employee_pass"))
    assert (await world.ask_credential(token, world.body("employee_pass"))).status_code == 400


@pytest.mark.parametrize(("failure", "status"), [("empty", 200), ("refuse", 400)])
async def test_a_knob_says_what_a_failing_claims_source_does_where_nothing_of_it_is_required(
    failure: str, status: int
) -> None:
    world = World(claims_source_failure=failure)
    world.source.answers = "unauthorized"
    token = await world.token(await world.offer("membership_card"))
    assert (await world.ask_credential(token, world.body("membership_card"))).status_code == status


# Variants


def test_variants_are_found_by_name() -> None:
    assert set(MATTR_VARIANTS) == {DOCUMENTED, CORRECTED}
    with pytest.raises(ValueError, match='unknown variant "mattr"'):
        mattr_variant("mattr")


def test_every_knob_says_what_it_rests_on() -> None:
    own = {each.name for each in dataclasses.fields(TenantVariant)} & set(TenantVariant.__annotations__)
    [found] = [
        each
        for each in ast.parse(inspect.getsource(variants)).body
        if isinstance(each, ast.ClassDef) and each.name == "TenantVariant"
    ]
    said = {
        ast.unparse(member.target): ast.literal_eval(after.value)
        for member, after in itertools.pairwise(found.body)
        if isinstance(member, ast.AnnAssign) and isinstance(after, ast.Expr)
    }
    assert own == set(said)
    assert [name for name, text in said.items() if not text.startswith(("Documented", "Assumed"))] == []
