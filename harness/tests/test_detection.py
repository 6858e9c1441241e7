"""Which version the documents of an issuer fit: real ones, those of the bundled issuers, and single traits."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from harness import cli, dialects, issuer_under_test, profiles, versions
from harness.detection import detection, documents, gathering, rendering, traits
from harness.detection.detection import Certainty, Detection
from harness.detection.documents import Document, DocumentError, Kind
from harness.detection.notice import judged_version, misfit
from harness.evidence import Tools, WalletOptions
from harness.inspection.rendering import Style
from harness.preflight import PreflightError
from harness.reference.app import ReferenceIssuer
from harness.reference.drafts.variants import DRAFT_VARIANTS
from harness.reference.govuk.variants import GOVUK_VARIANTS
from harness.reference.serve import serving
from harness.reference.variants import VARIANTS, variant
from harness.settings import Settings
from harness.tests.govuk_bench import Town
from harness.tests.mattr_bench import CORRECTED, DOCUMENTED, World
from harness.tests.partisia_judging import way
from harness.transport import Client, Recorder
from harness.vendors.partisia.app import Issuance
from harness.vendors.partisia.variants import variants as partisia_variants

REAL = Path(__file__).parents[3] / "shared" / "metadata"
ISSUER = "https://issuer.example"


def detected(*found: Document) -> Detection:
    made = detection.detect(found)
    assert made is not None
    return made


def metadata(**members: Any) -> Document:
    return Document(Kind.ISSUER_METADATA, {"credential_issuer": ISSUER, **members}, "metadata")


def configured(**members: Any) -> Document:
    return metadata(credential_configurations_supported={"id": members})


MIXED = configured(format="mso_mdoc", credential_metadata={}, credential_signing_alg_values_supported=["ES256"])


async def gathered(transport: httpx.AsyncBaseTransport, *arguments: str) -> gathering.Gathered:
    client = Client(Recorder(), transport=transport)
    try:
        return await gathering.gather(arguments, client)
    finally:
        await client.aclose()


def served(pages: Mapping[str, Any]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(str(request.url))
        return httpx.Response(404) if page is None else httpx.Response(200, json=page)

    return httpx.MockTransport(answer)


# The data


@pytest.mark.parametrize("trait", traits.table().traits, ids=lambda trait: trait.id)
def test_a_trait_says_something_of_versions_that_there_are(trait: traits.Trait) -> None:
    known = {*versions.names(), versions.FINAL}
    assert trait.speaks_for or trait.contradicts
    assert {*trait.speaks_for, *trait.contradicts} <= known
    assert not trait.speaks_for.keys() & trait.contradicts.keys()
    for section in (*trait.speaks_for.values(), *trait.contradicts.values()):
        assert re.fullmatch(r"([0-9]+|[A-Z])(\.[0-9]+)*", section)
    assert trait.weight > 0


def test_traits_are_distinct_and_every_version_has_its_place() -> None:
    data = traits.table()
    assert len({trait.id for trait in data.traits}) == len(data.traits)
    assert set(data.preferred) == {*versions.names(), versions.FINAL}


def test_every_version_leads_to_a_profile() -> None:
    for fit in detected(metadata(nonce_endpoint=ISSUER)).fits:
        assert fit.profile in profiles.names()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"id": "a"}, "traits.toml: a: 'where'"),
        ({"id": "a", "where": "moon"}, "traits.toml: a: 'moon' is not a valid Kind"),
        ({"id": "a", "where": "offer", "says": "s", "path": "", "kind": "tree"}, 'traits.toml: a: no kind "tree"'),
        ({"id": "a", "where": "offer", "says": "s", "path": "", "colour": 1}, "traits.toml: a: "),
    ],
)
def test_a_broken_trait_is_named(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(traits.TraitError) as caught:
        traits.parse({"trait": [entry]})
    assert str(caught.value).startswith(told)


# Real issuers


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("bdrDraft13.json", "draft-13"),
        ("eidas2sandkasseCredentialIssuerMetadataJson.json", "1.0"),
        ("findyProvicisCredentialIssuerMetadataJson.json", "1.0"),
        ("paradymDraft11.json", "draft-11"),
        ("paradymDraft13.json", "draft-13"),
        ("presentationDuringIssuance.json", "draft-13"),
    ],
)
def test_a_real_issuer_is_told_by_its_documents(name: str, version: str) -> None:
    if not REAL.is_dir():
        pytest.skip("the documents of real issuers are not on this machine")
    found, links = documents.read((REAL / name).read_bytes(), name)
    made = detected(*found)
    assert made.best.version == version
    assert links == []
    mixed = name.startswith("eidas")
    assert (made.certainty is Certainty.MIXED) == mixed
    if mixed:
        assert [one.trait.id for one in made.best.contradicting] == ["mdoc-algorithm-names"]


# The bundled issuers


@pytest.mark.parametrize("name", [*VARIANTS, *DRAFT_VARIANTS])
def test_every_variant_of_the_reference_issuer_is_told_by_its_offer_and_metadata(name: str) -> None:
    spoken = variant(name)
    issuer = ReferenceIssuer(spoken)
    found = asyncio.run(gathered(httpx.ASGITransport(issuer.app), issuer.mint_offer().offer))
    assert found.has(Kind.OFFER)
    assert found.has(Kind.ISSUER_METADATA)
    assert found.notes == []
    made = detected(*found.documents)
    assert made.certainty is not Certainty.MIXED
    assert spoken.version in {made.best.version, *(fit.version for fit in made.alike)}
    # Offer and metadata of draft 16 have no member that 1.0 has not, and most of draft 14 none that 13 has not.
    if spoken.version not in ("draft-14", "draft-16"):
        assert made.best.version == spoken.version


@pytest.mark.parametrize(
    ("name", "version"), [("partisia-as-documented", "draft-15"), ("partisia-fixed-1.0", "1.0")]
)
def test_partisia_is_told_by_its_offer_and_metadata(name: str, version: str) -> None:
    async def look() -> Detection:
        made: list[Issuance] = []
        issuance = Issuance(partisia_variants()[name], http=lambda: httpx.AsyncClient(transport=way(made[0])))
        made.append(issuance)
        return detected(*(await gathered(way(issuance), await issuance.mint_offer())).documents)

    assert asyncio.run(look()).best.version == version


@pytest.mark.parametrize(("name", "version"), [(DOCUMENTED, "draft-13"), (CORRECTED, "1.0")])
def test_mattr_is_told_by_its_offer_and_metadata(name: str, version: str) -> None:
    async def look() -> Detection:
        world = World(name)
        offer = (await world.offer()).offer
        transport = httpx.ASGITransport(world.tenant.app)
        return detected(*(await gathered(transport, json.dumps(offer), world.tenant.issuer_url)).documents)

    assert asyncio.run(look()).best.version == version


@pytest.mark.parametrize("name", GOVUK_VARIANTS)
def test_a_service_for_govuk_wallet_is_told_by_its_server(name: str) -> None:
    town = Town(name)
    found = asyncio.run(gathered(httpx.ASGITransport(town.issuer.app), town.offer()))
    elsewhere = [
        Document(
            each.kind, {**each.members, "authorization_servers": ["https://token.account.gov.uk.example"]}, ""
        )
        for each in found.documents
    ]
    assert detected(*found.documents).profile == "govuk-wallet"
    assert detected(*elsewhere).profile != "govuk-wallet"


# Single traits


@pytest.mark.parametrize(
    ("document", "best", "contradicted"),
    [
        (configured(format="vc+sd-jwt"), "draft-13", {"draft-15", "draft-16", "1.0", "1.1", "draft-11"}),
        (configured(format="dc+sd-jwt"), "1.0", {"draft-11", "draft-13", "draft-14"}),
        (
            configured(format="dc+sd-jwt", claims=[{"path": ["a"]}]),
            "draft-15",
            {"draft-11", "draft-13", "draft-14"},
        ),
        (configured(credential_metadata={}), "1.0", {"draft-11"}),
        (
            metadata(credentials_supported=[{"types": ["A"]}]),
            "draft-11",
            set(versions.names()) - {"draft-11"} | {"1.0"},
        ),
        (configured(format="vc+sd-jwt", proof_types_supported={"cwt": {}}), "draft-13", None),
        (
            metadata(
                credential_configurations_supported={"a": {"format": "vc+sd-jwt"}}, batch_credential_issuance={}
            ),
            "draft-14",
            None,
        ),
    ],
)
def test_a_trait_decides(document: Document, best: str, contradicted: set[str] | None) -> None:
    made = detected(document)
    assert made.best.version == best
    if contradicted is not None:
        assert {fit.version for fit in made.fits if fit.contradicting} == contradicted


def test_algorithms_of_an_mdoc_are_told_apart_from_those_of_others() -> None:
    numbers = configured(format="mso_mdoc", credential_signing_alg_values_supported=[-7])
    others = configured(format="jwt_vc_json", credential_signing_alg_values_supported=["ES256"])
    assert "mdoc-algorithm-numbers" in {one.trait.id for one in detected(numbers).seen}
    assert not {"mdoc-algorithm-names", "mdoc-algorithm-numbers"} & {one.trait.id for one in detected(others).seen}


def test_a_trait_of_many_documents_counts_once() -> None:
    one, many = detected(configured(scope="a")), detected(configured(scope="a"), configured(scope="b"))
    assert one.best.score == many.best.score
    assert len(many.seen) == 2 * len(one.seen)


def test_how_sure_it_is() -> None:
    sure = metadata(credentials_supported=[])
    assert detected(sure).certainty is Certainty.SURE
    only_fourteen = metadata(
        credential_configurations_supported={"a": {"format": "vc+sd-jwt"}}, batch_credential_issuance={}
    )
    assert detected(only_fourteen).certainty is Certainty.LIKELY
    assert detected(configured(format="dc+sd-jwt")).certainty is Certainty.OPEN
    assert detected(MIXED).certainty is Certainty.MIXED


def test_nothing_that_tells_is_no_version() -> None:
    assert detection.detect([]) is None
    assert detection.detect([Document(Kind.SERVER_METADATA, {"issuer": ISSUER}, "server")]) is None


def test_another_version_is_plainly_meant_or_a_mistake_was_made() -> None:
    early = metadata(
        credentials_supported=[{"id": "a", "types": ["A"], "cryptographic_suites_supported": ["ES256"]}]
    )
    assert detected(early).plainly_not("1.0")
    assert not detected(early).plainly_not("draft-11")
    assert not detected(configured(format="vc+sd-jwt", credential_metadata={})).plainly_not("1.0")
    assert not detected(MIXED).plainly_not("1.0")


# What is read


OFFER = {"credential_issuer": f"{ISSUER}/a", "credential_configuration_ids": ["id"], "grants": {}}
METADATA = {
    "credential_issuer": f"{ISSUER}/a",
    "credential_endpoint": f"{ISSUER}/c",
    "credential_configurations_supported": {"id": {"format": "mso_mdoc"}},
}
SERVER = {"issuer": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t"}
INSERTED = f"{ISSUER}/.well-known/openid-credential-issuer/a"
APPENDED = f"{ISSUER}/a/.well-known/openid-credential-issuer"
SERVER_AT = f"{ISSUER}/.well-known/oauth-authorization-server/a"


@pytest.mark.parametrize(
    ("place", "trait"), [(INSERTED, "metadata-inserted"), (APPENDED, "metadata-appended"), (None, None)]
)
def test_where_the_metadata_are_tells(place: str | None, trait: str | None) -> None:
    pages = dict.fromkeys((INSERTED, APPENDED) if place is None else (place,), METADATA)
    found = asyncio.run(gathered(served({**pages, SERVER_AT: SERVER}), f"{ISSUER}/a"))
    assert [each.kind for each in found.documents] == [
        Kind.ISSUER_METADATA,
        Kind.RETRIEVAL,
        Kind.SERVER_METADATA,
    ]
    seen = {one.trait.id for one in detected(*found.documents).seen}
    assert seen & {"metadata-inserted", "metadata-appended"} == ({trait} if trait else set())


def test_an_offer_leads_to_the_metadata_and_a_file_does_not(tmp_path: Path) -> None:
    link = f"openid-credential-offer://?credential_offer={json.dumps(OFFER)}".replace(" ", "%20")
    file = tmp_path / "offer.txt"
    file.write_text(link)
    pages = served({INSERTED: METADATA, SERVER_AT: SERVER})
    followed = asyncio.run(gathered(pages, link))
    assert {each.kind for each in followed.documents} == {
        Kind.OFFER,
        Kind.ISSUER_METADATA,
        Kind.RETRIEVAL,
        Kind.SERVER_METADATA,
    }
    assert [each.kind for each in asyncio.run(gathered(pages, str(file))).documents] == [Kind.OFFER]


def test_an_offer_whose_issuer_is_away_is_read_all_the_same() -> None:
    link = f"openid-credential-offer://?credential_offer={json.dumps(OFFER)}".replace(" ", "%20")
    found = asyncio.run(gathered(served({}), link))
    assert [each.kind for each in found.documents] == [Kind.OFFER]
    assert found.notes == [f"no issuer metadata at the {ISSUER}/a of the offer"]


def test_an_offer_of_draft_11_has_no_question_mark() -> None:
    offer = {"credential_issuer": ISSUER, "credentials": ["a"], "grants": {}}
    link = f"openid-credential-offer://credential_offer={json.dumps(offer)}".replace(" ", "%20")
    found, _ = documents.read(link, "link")
    assert detected(*found).best.version == "draft-11"


@pytest.mark.parametrize("url", [f"{ISSUER}/offers/1", INSERTED])
def test_a_url_may_be_that_of_a_document(url: str) -> None:
    page = OFFER if "offers" in url else METADATA
    found = asyncio.run(gathered(served({url: page}), url))
    assert [each.members for each in found.documents] == [page]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("nowhere.json", "cannot read nowhere.json: No such file or directory"),
        ("ftp://issuer.example/", "the link ftp:... is neither an http URL nor one to a Credential Offer"),
        ('{"a": 1}', "the argument: neither an offer nor metadata, and none of its members is one"),
        ('{"a"', "the argument: not JSON: "),
        (f"{ISSUER}/x", f"{ISSUER}/x: no issuer metadata, and HTTP 404"),
        ("openid-credential-offer://?credential_offer=5", "the Credential Offer is no JSON object"),
        ("openid-credential-offer://?credential_offer=%7B", "the offer in credential_offer is not JSON"),
        ("http://issuer.example/", "http://issuer.example"),
        ("a\0b", "the name of the file cannot be used"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(argument: str, told: str) -> None:
    with pytest.raises(DocumentError) as caught:
        asyncio.run(gathered(served({}), argument))
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "neither JSON nor a link to a Credential Offer"),
        (b"hello", "neither JSON nor a link to a Credential Offer"),
        (b"[1]", "JSON, but no object"),
        (b"", "neither JSON nor a link to a Credential Offer"),
    ],
)
def test_a_file_of_something_else_is_told_in_one_line(content: bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=f"^file: {told}"):
        documents.read(content, "file")


# The command


def test_the_command_tells_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(configured(format="vc+sd-jwt").members))
    assert cli.main(["detect", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OpenID4VCI draft 13\nOpen: draft 14 would fit as well")
    assert "--vci-profile oid4vci-draft-13" in said
    assert "+ issuer metadata: the format of SD-JWT VCs is `vc+sd-jwt`" in said
    assert "at /credential_configurations_supported/id/format" in said


def test_the_command_tells_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(MIXED.members))
    assert cli.main(["detect", "--json", str(file)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["certainty"], said["profile"]) == ("mixed", f"oid4vci-{said['version']}")
    by_id = {each["id"]: each for each in said["traits"]}
    assert by_id["mdoc-algorithm-names"]["against"]["1.0"].endswith("-1_0.html#appendix-A.2.2")
    assert by_id["configurations-map"]["for"]["draft-13"].endswith("-13.html#section-11.2.3")
    jsonschema.validate(said["versions"], {"type": "array", "minItems": len(versions.names()) + 1})


@pytest.mark.parametrize("arguments", [["nowhere.json"], ['{"token_endpoint": "https://a.example"}'], []])
def test_the_command_refuses_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = cli.main(["detect", *arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == cli.USAGE_ERROR
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("assay detect: ")
    assert said.err.count("\n") == 1


def test_what_an_issuer_wrote_does_not_act_on_a_terminal() -> None:
    evil = metadata(credential_configurations_supported={"\x1b[2J": {"format": "vc+sd-jwt"}})
    assert "\x1b" not in rendering.terminal(detected(evil), ["\x1b"], Style())


# Before a run


EARLY = {
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/c",
    "credentials_supported": [
        {"id": "a", "format": "jwt_vc_json", "types": ["A"], "cryptographic_suites_supported": ["ES256"]}
    ],
}
EARLY_AT = f"{ISSUER}/.well-known/openid-credential-issuer"


async def looked(pages: Mapping[str, Any], profile: str, issuer: str = ISSUER) -> list[str]:
    settings = Settings(issuer_url=issuer, profile=profile)
    spoken = dialects.load(str(profiles.load(profile).settings.get("dialect", {}).get("oid4vci", "1.0")))
    client = Client(Recorder(), transport=served(pages))
    try:
        tools = Tools(client, lambda: 1.8e9, WalletOptions(), dialect=spoken)
        return (await issuer_under_test.look(settings, tools, holder={})).notices([])
    finally:
        await client.aclose()


def test_a_run_by_a_profile_that_plainly_does_not_fit_says_so_and_goes_on() -> None:
    (notice,) = asyncio.run(looked({EARLY_AT: EARLY}, "oid4vci-1.0"))
    assert notice.startswith(
        "The issuer does not fit OpenID4VCI 1.0, by which this run judges all the same: there are"
    )
    assert notice.endswith("What it shows fits OpenID4VCI draft 11: --vci-profile oid4vci-draft-11.")


def test_the_notice_stands_above_the_checks_and_in_the_report(pytester: pytest.Pytester) -> None:
    with serving(VARIANTS["default"], tls=False) as server:
        arguments = (
            "--issuer-url",
            server.url,
            "--vci-profile",
            "oid4vci-draft-11",
            "--vci-select",
            "*metadata-json",
        )
        said = pytester.runpytest("-p", "no:xdist", *arguments, "--vci-report-dir", "report").stdout.str()
    above, _, below = said.partition("1/2 ")
    assert "The issuer does not fit OpenID4VCI draft 11" in above
    assert "The issuer does not fit OpenID4VCI draft 11" in below
    report = json.loads((pytester.path / "report" / "report.json").read_text())
    assert [one for one in report["notices"] if "does not fit OpenID4VCI draft 11" in one]
    judged = {each["id"]: each for each in report["requirements"]}
    (by_draft,) = (each for name, each in judged.items() if name == "VCI-12.2.4-01")
    assert (by_draft["spec"], by_draft["clause"]) == ("OpenID4VCI draft 11", "10.2.3")


@pytest.mark.parametrize(
    ("page", "profile"),
    [(EARLY, "oid4vci-draft-11"), (METADATA, "oid4vci-1.0"), (EARLY, "mattr-vii"), (EARLY, "govuk-wallet")],
)
def test_no_word_of_it_where_the_profile_fits_or_is_of_another_kind(page: Any, profile: str) -> None:
    assert judged_version(profiles.load("oid4vci-draft-13")) == "draft-13"
    version = judged_version(profiles.load(profile))
    assert version is None or misfit(detected(Document(Kind.ISSUER_METADATA, page, "")), version) is None
    if profile.startswith("oid4vci"):
        assert asyncio.run(looked({EARLY_AT: page}, profile)) == []


@pytest.mark.parametrize(
    ("profile", "place", "other"),
    [("oid4vci-1.0", APPENDED, INSERTED), ("oid4vci-draft-13", INSERTED, APPENDED)],
)
def test_metadata_where_another_version_has_them_are_pointed_at(profile: str, place: str, other: str) -> None:
    with pytest.raises(PreflightError) as caught:
        asyncio.run(looked({place: METADATA}, profile, f"{ISSUER}/a"))
    assert str(caught.value).startswith(f"no issuer metadata at {other}: HTTP 404")
    assert str(caught.value).endswith(
        f"; some are at {place}, where other versions have them: `assay detect {ISSUER}/a` tells which"
    )
