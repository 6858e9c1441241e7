"""What the metadata checks say of documents that the reference issuer does not emit, right ones above all."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from harness import checks
from harness.checks import Check
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.formats import base64url
from harness.formats.well_known import well_known_url
from harness.model import Finding
from harness.settings import TrustSettings
from harness.tests.bench import requirements
from harness.transport import Client, Recorder, Reply
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey
from harness.wallet.keys import make_key
from harness.wallet.metadata import ISSUER_SUFFIX, AuthorizationServer, Issuer
from harness.wallet.offer import PRE_AUTHORIZED_CODE, ReceivedOffer, parse_link, receive
from harness.wallet.signed_metadata import SignedMetadata
from harness.wallet.signed_metadata import request as request_signed
from suites.oid4vci import (
    authorization_server_capabilities,
    authorization_server_keys,
    authorization_server_metadata,
    credential_offer,
    issuer_metadata,
    metadata_claims,
    metadata_configurations,
    metadata_display,
    metadata_encryption,
    metadata_formats,
    metadata_languages,
    signed_metadata,
)

EXAMPLES = Path(__file__).parents[3] / "shared" / "vectors" / "openid4vci-1.0"
ISSUER = "https://issuer.example.com"
OF_THE_ISSUER = (
    issuer_metadata,
    metadata_configurations,
    metadata_display,
    metadata_claims,
    metadata_formats,
    metadata_encryption,
)
OF_THE_SERVER = (authorization_server_metadata, authorization_server_capabilities)
MODULES = (
    credential_offer,
    metadata_languages,
    signed_metadata,
    authorization_server_keys,
    *OF_THE_ISSUER,
    *OF_THE_SERVER,
)
REQUIREMENTS = requirements()
CHECKS = checks.in_effect(
    {check.id: check for module in MODULES for check in checks.of_module(module)}, REQUIREMENTS
)

SERVER: dict[str, Any] = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "grant_types_supported": [PRE_AUTHORIZED_CODE],
}
METADATA: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/credential",
    "nonce_endpoint": f"{ISSUER}/nonce",
}
SD_JWT_VC: dict[str, Any] = {
    "format": "dc+sd-jwt",
    "vct": "https://types.example.com/id",
    "cryptographic_binding_methods_supported": ["jwk"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
}


def reply(url: str, body: Any) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(1, "GET", url, 200, httpx.Headers({"Content-Type": "application/json"}), content)


def issuer_of(metadata: Mapping[str, Any], *, server: Any = SERVER) -> Issuer:
    identifier = metadata["credential_issuer"]
    answer = reply(f"{identifier}/.well-known/oauth-authorization-server", server)
    found = AuthorizationServer(identifier, answer, None, answer.object)
    return Issuer(identifier, reply(well_known_url(identifier, ISSUER_SUFFIX), metadata), metadata, (found,))


def with_configurations(**configurations: Any) -> Issuer:
    return issuer_of({**METADATA, "credential_configurations_supported": configurations})


def findings(name: str, issuer: Issuer, **evidence: Any) -> list[Finding]:
    """Run one check; it must apply and evaluate something."""
    check = CHECKS[name]
    facts = Facts(issuer)
    if "offer" in evidence:
        facts.offer = evidence["offer"]
    if "signed_metadata" in evidence:
        facts.signed_metadata = evidence["signed_metadata"]
    if "link" in evidence:
        facts.link = evidence["link"]
    for step in check.applies.steps:
        assert step.rule(facts).applies, step.rule(facts).reason
    expect = Expect({requirement: REQUIREMENTS[requirement] for requirement in check.requires}, check.dormant)
    given = {"issuer": issuer, "expect": expect, **evidence}

    async def judge() -> None:
        await check.function(**{key: given[key] for key in check.evidence})

    asyncio.run(judge())
    assert expect.evaluated
    return list(expect.findings)


def codes(name: str, issuer: Issuer, **evidence: Any) -> list[str]:
    return [finding.code for finding in findings(name, issuer, **evidence)]


def offer_of(document: Mapping[str, Any]) -> ReceivedOffer:
    return asyncio.run(receive(Client(Recorder()), parse_link(json.dumps(document))))


def test_the_published_metadata_passes_every_check() -> None:
    path = EXAMPLES / "credential_issuer_metadata_sd_jwt_long.json"
    if not path.exists():
        pytest.skip(f"the published examples are not at {EXAMPLES}")
    issuer = issuer_of(json.loads(path.read_text()))
    applied = []
    for check in reading_checks(OF_THE_ISSUER, issuer):
        applied.append(check.id)
        assert codes(check.id, issuer) == [], check.id
    assert {"metadata-claims", "metadata-credential-display", "metadata-proof-types"} <= set(applied)


def test_a_format_of_an_earlier_draft_may_stand_beside_the_current_one() -> None:
    earlier = {**SD_JWT_VC, "format": "vc+sd-jwt"}
    assert codes("metadata-sd-jwt-vc-format", with_configurations(now=SD_JWT_VC, before=earlier)) == []
    assert codes("metadata-sd-jwt-vc-format", with_configurations(before=earlier)) == ["METADATA-FORMAT-SD-JWT-VC"]


def test_a_format_of_another_specification_may_have_a_vct() -> None:
    other = {"format": "mso_mdoc_zk", "vct": "https://types.example.com/id"}
    assert codes("metadata-sd-jwt-vc-format", with_configurations(other=other)) == []


@pytest.mark.parametrize("name", ["dc_sd_jwt", "VC+SD-JWT", "sd-jwt-vc"])
def test_a_format_misspelled_is_seen(name: str) -> None:
    issuer = with_configurations(id={**SD_JWT_VC, "format": name})
    assert codes("metadata-sd-jwt-vc-format", issuer) == ["METADATA-FORMAT-SD-JWT-VC"]


def test_mobile_documents_have_their_own_algorithms_and_paths() -> None:
    name = "org.iso.18013.5.1"
    mdl = {
        "format": "mso_mdoc",
        "doctype": f"{name}.mDL",
        "credential_signing_alg_values_supported": [-7, -9],
        "credential_metadata": {
            "claims": [
                {"path": [name, "given_name"]},
                {"path": [name, "driving_privileges", -1]},
                {"path": [name, "address", 1]},
                {"path": [name, "address", "country"]},
            ]
        },
    }
    issuer = with_configurations(mdl=mdl)
    for check in ("metadata-credential-algorithms", "metadata-claims", "metadata-claims-consistent"):
        assert codes(check, issuer) == []


def test_a_path_without_a_namespace_is_none_of_a_mobile_document() -> None:
    mdl = {"format": "mso_mdoc", "credential_metadata": {"claims": [{"path": ["given_name"]}]}}
    assert codes("metadata-claims", with_configurations(mdl=mdl)) == ["METADATA-CLAIM-PATH"]


@pytest.mark.parametrize("path", ["given_name", None, {"a": 1}])
def test_claims_of_any_json_type_are_judged(path: Any) -> None:
    configuration = {**SD_JWT_VC, "credential_metadata": {"claims": [{"path": path}, 7]}}
    found = codes("metadata-claims", with_configurations(id=configuration))
    assert found == ["METADATA-CLAIMS", "METADATA-CLAIM-PATH"]
    assert codes("metadata-claims-consistent", with_configurations(id=configuration)) == []


@pytest.mark.parametrize("locales", [["en", "EN"], ["de-DE", "de-de"]])
def test_languages_are_the_same_whatever_their_case(locales: list[str]) -> None:
    issuer = issuer_of({**METADATA, "display": [{"locale": locale} for locale in locales]})
    assert codes("metadata-display-locales", issuer) == ["METADATA-DISPLAY-LANGUAGE-REPEATED"]


def test_several_displays_without_a_locale_are_none_of_one_language() -> None:
    issuer = issuer_of({**METADATA, "display": [{"name": "Issuer"}, {"name": "Aussteller", "locale": "de"}]})
    assert codes("metadata-display-locales", issuer) == []


def test_http_on_this_machine_is_no_finding_and_tls_is_not_judged() -> None:
    here = "http://127.0.0.1:8080"
    issuer = issuer_of({"credential_issuer": here, "credential_endpoint": f"{here}/credential"})
    assert codes("metadata-issuer", issuer) == []
    assert codes("metadata-endpoints", issuer) == []
    ruling = CHECKS["metadata-tls"].applies.rule(Facts(issuer))
    assert not ruling.applies
    assert "plain http" in ruling.reason


@pytest.mark.parametrize(
    ("message", "requirement"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch (_ssl.c:1)",
            "VCI-13.9-02",
        ),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1)", "VCI-13.9-01"),
    ],
)
def test_an_endpoint_on_a_host_with_bad_tls_is_found(message: str, requirement: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "credentials.example.com":
            raise httpx.ConnectError(message)
        return httpx.Response(404)

    issuer = issuer_of({**METADATA, "credential_endpoint": "https://credentials.example.com/credential"})
    client = Client(Recorder(), transport=httpx.MockTransport(answer))
    found = findings("metadata-tls", issuer, client=client)
    assert [(finding.code, finding.requirement) for finding in found] == [("METADATA-TLS", requirement)]


def test_what_goes_wrong_after_the_handshake_is_no_defect_of_tls() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "issuer.example.com":
            raise httpx.RemoteProtocolError("server disconnected")
        return httpx.Response(200, content=b"x" * 101)

    issuer = issuer_of({**METADATA, "credential_endpoint": "https://credentials.example.com/credential"})
    client = Client(Recorder(), transport=httpx.MockTransport(answer), max_body=100)
    assert findings("metadata-tls", issuer, client=client) == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"keys": [{"kty": "own", "use": ["sig"]}, {"kty": "own", "use": "enc"}]}, []),
        (302, None, []),
        (404, None, ["AS-KEYS-MISSING", "AS-KEYS-FORM"]),
        (200, [], ["AS-KEYS-MISSING", "AS-KEYS-FORM"]),
    ],
)
def test_the_keys_of_a_server_are_a_key_set(status: int, body: Any, expected: list[str]) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    issuer = issuer_of(METADATA, server={**SERVER, "jwks_uri": f"{ISSUER}/jwks"})
    client = Client(Recorder(), transport=transport)
    found = [code for name in ("as-keys", "as-keys-form") for code in codes(name, issuer, client=client)]
    assert found == expected


def test_numbers_without_a_fraction_are_integers() -> None:
    metadata = {**METADATA, "batch_credential_issuance": {"batch_size": 3.0}}
    assert codes("metadata-batch", issuer_of(metadata)) == []
    assert issuer_of(metadata).batch_size == 3
    offer = offer_of({"grants": {PRE_AUTHORIZED_CODE: {"tx_code": {"length": 6.0}}}})
    assert codes("offer-tx-code", issuer_of(METADATA), offer=offer) == []


@pytest.mark.parametrize("method", ["did", "did:", "DID:jwk", "did:jwk:abc"])
def test_a_did_method_has_one_form(method: str) -> None:
    issuer = with_configurations(id={**SD_JWT_VC, "cryptographic_binding_methods_supported": [method]})
    assert codes("metadata-binding-methods", issuer) == ["METADATA-BINDING-METHOD-DID"]


def test_claims_of_any_length_are_compared_at_once() -> None:
    claims = [{"path": ["list", *[0] * 100_000, name]} for name in ("a", "b")]
    claims += [{"path": [f"c{number}"]} for number in range(50_000)]
    configuration = {**SD_JWT_VC, "credential_metadata": {"claims": claims}}
    started = time.perf_counter()
    assert codes("metadata-claims-consistent", with_configurations(id=configuration)) == []
    assert time.perf_counter() - started < 10


def test_a_parameter_stands_once_in_the_link() -> None:
    link = parse_link("openid-credential-offer://?credential_offer=%7B%7D&credential_offer=%7B%7D")
    assert codes("offer-link-parameter", issuer_of(METADATA), link=link) == ["OFFER-LINK-PARAMETER-REPEATED"]


def test_a_server_for_pre_authorized_codes_alone_needs_no_authorization_endpoint() -> None:
    issuer = issuer_of(METADATA)
    assert codes("as-authorization-endpoint", issuer) == []
    metadata = {**METADATA, "credential_configurations_supported": {"id": {**SD_JWT_VC, "scope": "id"}}}
    silent = issuer_of(metadata, server={"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"})
    assert len(codes("as-authorization-endpoint", silent)) == 3


@pytest.mark.parametrize(
    ("body", "requirement"),
    [
        (b"\xef\xbb\xbf{}", "RFC8259-8.1-02"),
        (b'{"issuer": "\xff"}', "RFC8259-8.1-01"),
        (b"<html>", "RFC8414-3.2-03"),
    ],
)
def test_server_metadata_that_is_no_json_is_told_by_its_clause(body: bytes, requirement: str) -> None:
    found = findings("as-metadata-json", issuer_of(METADATA, server=body))
    assert [(finding.code, finding.requirement) for finding in found] == [("AS-METADATA-NOT-JSON", requirement)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("3f2b8c1e-0f5d-4b6a-9c7d-1a2b3c4d5e6f", ["OFFER-CODE-SHORT"]),
        ("oaKazRN8I0IbtZ0C7JuMn5", ["OFFER-CODE-SHORT"]),
        ("kq2mB6rXyT0vSd1cW9eZpQnLhG4uJaYf", []),
        ("eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJhYmMifQ.c2lnbmF0dXJl", []),
        ("12345678", ["OFFER-CODE-GUESSABLE"]),
    ],
)
def test_only_codes_of_evident_weakness_are_called_guessable(code: str, expected: list[str]) -> None:
    offer = offer_of({"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": code}}})
    assert codes("offer-code-guessing", issuer_of(METADATA), offer=offer) == expected


def test_a_wrong_server_in_the_offer_is_told_once() -> None:
    grant = {"pre-authorized_code": "x", "authorization_server": "https://other.example.com"}
    offer = offer_of({"grants": {PRE_AUTHORIZED_CODE: grant}})
    name = "offer-authorization-server"
    alone = issuer_of(METADATA)
    several = issuer_of({**METADATA, "authorization_servers": [ISSUER, "https://as.example.com"]})
    broken = issuer_of({**METADATA, "authorization_servers": []})
    assert codes(name, alone, offer=offer) == ["OFFER-AUTHORIZATION-SERVER-NEEDLESS"]
    assert codes(name, several, offer=offer) == ["OFFER-AUTHORIZATION-SERVER-UNKNOWN"]
    assert codes(name, broken, offer=offer) == []


VALUES: list[Any] = [None, 7, "text", [], {}, [[]], [None], [{}], {"x": None}, {"x": []}, True]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize(
    "member",
    ["authorization_servers", "batch_credential_issuance", "display", "credential_configurations_supported"],
)
def test_no_check_stumbles_over_a_member_of_another_type(member: str, value: Any) -> None:
    judge_all(OF_THE_ISSUER, issuer_of({**METADATA, member: value}))


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize(
    "member",
    [
        *SD_JWT_VC,
        "credential_metadata",
        "scope",
        "credential_signing_alg_values_supported",
        "credential_definition",
        "doctype",
    ],
)
def test_no_check_stumbles_over_a_configuration_of_another_form(member: str, value: Any) -> None:
    for kind in ("dc+sd-jwt", "jwt_vc_json", "ldp_vc", "mso_mdoc"):
        judge_all(OF_THE_ISSUER, with_configurations(id={**SD_JWT_VC, "format": kind, member: value}))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_no_check_stumbles_over_displays_and_claims_of_another_form(value: Any) -> None:
    display = {"name": value, "locale": value, "logo": value, "text_color": value}
    for usage in (
        {"display": value, "claims": value},
        {"display": [display], "claims": [{"path": ["a"], "mandatory": value, "display": value}]},
        {"claims": [{"path": ["a"], "display": [display]}, {"path": value}]},
    ):
        judge_all(OF_THE_ISSUER, with_configurations(id={**SD_JWT_VC, "credential_metadata": usage}))


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize(
    "member",
    [
        *SERVER,
        "pre-authorized_grant_anonymous_access_supported",
        "scopes_supported",
        "authorization_endpoint",
        "response_types_supported",
        "response_modes_supported",
        "code_challenge_methods_supported",
        "pushed_authorization_request_endpoint",
        "authorization_details_types_supported",
        "token_endpoint_auth_methods_supported",
        "dpop_signing_alg_values_supported",
        "challenge_endpoint",
        "mtls_endpoint_aliases",
    ],
)
def test_no_check_stumbles_over_server_metadata_of_another_form(member: str, value: Any) -> None:
    judge_all(OF_THE_SERVER, issuer_of(METADATA, server={**SERVER, member: value}))


def reading_checks(modules: Iterable[ModuleType], issuer: Issuer) -> Iterator[Check]:
    """Give the checks that apply to an issuer and need nothing but its metadata."""
    for check in (check for module in modules for check in checks.of_module(module)):
        steps = check.applies.steps
        reads = {*check.evidence, *(need for step in steps for need in step.needs)}
        if reads <= {"issuer", "expect"} and all(step.rule(Facts(issuer)).applies for step in steps):
            yield check


def judge_all(modules: Iterable[ModuleType], issuer: Issuer) -> None:
    """Run every check that applies and needs nothing but the metadata."""
    for check in reading_checks(modules, issuer):
        codes(check.id, issuer)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("member", ["jwks", "alg_values_supported", "enc_values_supported", "encryption_required"])
def test_no_check_stumbles_over_encryption_of_another_form(member: str, value: Any) -> None:
    for name in ("credential_request_encryption", "credential_response_encryption"):
        judge_all(OF_THE_ISSUER, issuer_of({**METADATA, name: {member: value}}))
        judge_all(OF_THE_ISSUER, issuer_of({**METADATA, name: value}))
        judge_all(OF_THE_ISSUER, issuer_of({**METADATA, name: {"jwks": {"keys": [{member: value}, value]}}}))


def answering(language: str | None, *locales: str | None) -> Client:
    """Give a network whose only answer is metadata with some display texts."""
    displays = [{"name": "Issuer"} | ({"locale": locale} if locale else {}) for locale in locales]
    headers = {"Content-Language": language} if language else {}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, json={**METADATA, "display": displays})

    return Client(Recorder(), transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("language", "locales", "expected"),
    [
        ("en", ["en-GB"], []),
        ("en-GB, de", ["en", "de-DE"], []),
        ("en", ["EN-us", None], []),
        ("de", ["en", None], ["METADATA-LANGUAGE-UNNAMED"]),
        ("en, de", ["en"], ["METADATA-LANGUAGE-WITHOUT-TEXTS"]),
        ("en", ["en", "de"], ["METADATA-LANGUAGE-UNNAMED"]),
        ("e", ["en"], ["METADATA-LANGUAGE-UNNAMED", "METADATA-LANGUAGE-WITHOUT-TEXTS"]),
    ],
)
def test_content_language_is_compared_with_the_texts(
    language: str, locales: list[str | None], expected: list[str]
) -> None:
    client = answering(language, *locales)
    issuer = asyncio.run(_discovered(client))
    assert sorted(set(codes("metadata-languages-as-shown", issuer, client=client))) == expected


async def _discovered(client: Client) -> Issuer:
    found = await client.send("metadata", "GET", well_known_url(ISSUER, ISSUER_SUFFIX))
    return Issuer(ISSUER, found, found.object, ())


def test_an_issuer_that_ignores_languages_is_right() -> None:
    client = answering(None, "en")
    assert codes("metadata-language-unknown", asyncio.run(_discovered(client)), client=client) == []


def test_algorithms_of_tomorrow_are_no_fault() -> None:
    response = {
        "alg_values_supported": ["ECDH-ES", "HPKE-0", "https://example.com/own"],
        "enc_values_supported": ["A128GCM", "int"],
        "encryption_required": False,
    }
    issuer = issuer_of({**METADATA, "credential_response_encryption": response})
    assert codes("metadata-response-encryption", issuer) == []


def test_a_details_only_server_need_not_name_scopes() -> None:
    server = {**SERVER, "grant_types_supported": ["authorization_code"], "response_types_supported": ["code"]}
    server["authorization_endpoint"] = f"{ISSUER}/authorize"
    without = issuer_of({**METADATA, "credential_configurations_supported": {"id": SD_JWT_VC}}, server=server)
    scoped = {"id": {**SD_JWT_VC, "scope": "id"}}
    with_scope = issuer_of({**METADATA, "credential_configurations_supported": scoped}, server=server)
    assert codes("as-authorization-endpoint", without) == []
    assert codes("as-authorization-endpoint", with_scope) == ["AS-SCOPES-MISSING"]


_IN_2026 = 1_770_000_000


def signed(body: str, media_type: str, *, now: float) -> SignedMetadata:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": media_type}, content=body.encode())

    client = Client(Recorder(), transport=httpx.MockTransport(answer))
    return asyncio.run(request_signed(Fetcher(client, ISSUER), ISSUER, TrustSettings(), lambda: now))


def test_the_published_signed_metadata_passes_every_check() -> None:
    path = EXAMPLES / "credential_issuer_metadata_sd_jwt_jwt.txt"
    if not path.exists():
        pytest.skip(f"the published examples are not at {EXAMPLES}")
    text = "".join(path.read_text().split())
    # Its iat is years older than its certificate.
    found = signed(text, "application/jwt", now=_IN_2026)
    claims = found.claims
    own = {name: value for name, value in claims.items() if name not in ("iss", "sub", "iat", "exp")}
    issuer = issuer_of({**own, "credential_issuer": claims["sub"]})
    for check in checks.of_module(signed_metadata):
        assert codes(check.id, issuer, signed_metadata=found) == [], check.id


def test_only_a_signed_answer_counts_as_signed_metadata() -> None:
    assert not signed("{}", "application/json", now=0).offered
    assert signed("{}", "application/jwt", now=0).offered
    assert signed("e30.e30.", "application/json", now=0).offered
    assert codes(
        "signed-metadata-response", issuer_of(METADATA), signed_metadata=signed("{}", "application/jwt", now=0)
    ) == ["SIGNED-METADATA-FORM"]


def test_display_texts_of_other_languages_are_no_difference() -> None:
    one = {**METADATA, "display": [{"name": "Issuer", "locale": "en"}]}
    other = {**METADATA, "display": [{"name": "Aussteller", "locale": "de"}], "sub": ISSUER}
    text = f"e30.{base64url.encode(json.dumps(other).encode())}."
    found = signed(text, "application/jwt", now=0)
    assert codes("signed-metadata-same", issuer_of(one), signed_metadata=found) == []
    changed = issuer_of({**one, "nonce_endpoint": f"{ISSUER}/other"})
    assert codes("signed-metadata-same", changed, signed_metadata=found) == ["SIGNED-METADATA-DIFFERS"]


def test_the_signed_form_of_earlier_drafts_is_not_in_itself() -> None:
    found = signed(f"e30.{base64url.encode(json.dumps(METADATA).encode())}.", "application/jwt", now=0)
    issuer = issuer_of({**METADATA, "signed_metadata": "e30.e30."})
    assert codes("signed-metadata-same", issuer, signed_metadata=found) == []


def test_an_algorithm_of_an_ecosystem_is_neither_a_finding_nor_verified() -> None:
    header = base64url.encode(json.dumps({"alg": "CRYDI3", "typ": "openidvci-issuer-metadata+jwt"}).encode())
    found = signed(f"{header}.{base64url.encode(json.dumps(METADATA).encode())}.AA", "application/jwt", now=0)
    assert found.jws is not None
    known = replace(found, signer=IssuerKey("jwks", make_key("ES256").public))
    assert codes("signed-metadata-header", issuer_of(METADATA), signed_metadata=known) == []
    with pytest.raises(Blocked, match="CRYDI3"):
        codes("signed-metadata-signature", issuer_of(METADATA), signed_metadata=known)
