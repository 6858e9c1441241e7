from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import date_time, vcdm
from harness.formats.vcdm import Version

NOW = 1_780_000_000.0
DID_KEY = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
# VC Data Model 1.1 section 4.4 and VC Data Model 2.0 section 4.8, the first example of each.
OLD: dict[str, Any] = {
    "@context": ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/2018/credentials/examples/v1"],
    "id": "http://example.edu/credentials/3732",
    "type": ["VerifiableCredential", "UniversityDegreeCredential"],
    "issuer": "https://example.edu/issuers/565049",
    "issuanceDate": "2010-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "degree": {"type": "BachelorDegree", "name": "Bachelor of Science and Arts"},
    },
}
NEW: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "http://university.example/credentials/3732",
    "type": ["VerifiableCredential", "ExampleDegreeCredential"],
    "issuer": "https://university.example/issuers/565049",
    "validFrom": "2010-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "degree": {"type": "ExampleBachelorDegree", "name": "Bachelor of Science and Arts"},
    },
}
MODELS = {"old": OLD, "new": NEW}
GONE = object()


def changed(model: str, **members: Any) -> dict[str, Any]:
    """Give a right credential with other members; ``context`` stands for ``@context``."""
    document = copy.deepcopy(MODELS[model])
    for name, value in members.items():
        key = {"context": "@context"}.get(name, name)
        document[key] = value
        if value is GONE:
            del document[key]
    return document


def found(document: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in vcdm.problems(document)]


@pytest.mark.parametrize(("model", "version"), [("old", Version.V1_1), ("new", Version.V2_0)])
def test_the_examples_of_the_specifications_are_right(model: str, version: Version) -> None:
    assert vcdm.version(MODELS[model]) is version
    assert found(MODELS[model]) == []


# What issuers make lawfully


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "members",
    [
        {"id": GONE},
        {"type": "VerifiableCredential"},
        {"type": ["https://www.w3.org/2018/credentials#VerifiableCredential"]},
        {"issuer": {"id": "did:example:76e12ec712ebc6f1c221ebfeb1f", "name": "Example University"}},
        {"credentialSubject": {"degree": "BSc"}},
        {"credentialSubject": [{"id": "did:example:a", "name": "Jayden"}, {"name": "Morgan"}]},
        {"context": [MODELS["old"]["@context"][0], {"degree": "https://a.example/degree"}]},
        {"credentialStatus": {"id": "https://example.edu/status/24", "type": "CredentialStatusList2017"}},
        {"credentialStatus": [{"id": "https://a.example/1", "type": ["A"]}, {"id": "urn:a:2", "type": "B"}]},
        {"credentialSchema": [{"id": "https://example.org/degree.json", "type": "JsonSchema"}]},
        {"refreshService": {"id": "https://example.edu/refresh/3732", "type": "ManualRefreshService2018"}},
        {"termsOfUse": [{"type": "IssuerPolicy"}]},
        {"evidence": [{"type": ["DocumentVerification"], "verifier": "https://example.edu/issuers/14"}]},
        {"proof": [{"type": "DataIntegrityProof"}]},
        {"further": {"anything": [1, None]}},
    ],
)
def test_lawful_shapes_have_no_problem(model: str, members: dict[str, Any]) -> None:
    if "context" in members:
        members = {"context": [MODELS[model]["@context"][0], *members["context"][1:]]}
    assert found(changed(model, **members)) == []


@pytest.mark.parametrize(
    "members",
    [
        {"issuanceDate": "2010-01-01T00:00:00"},
        {"issuanceDate": "2010-01-01T00:00:00.123456789+14:00"},
        {"expirationDate": "2009-01-01T24:00:00Z"},
        {"validFrom": "reserved in this version"},
        {"name": 1},
        {"credentialSubject": {"id": "did:example:a"}},
    ],
)
def test_lawful_shapes_of_1_1(members: dict[str, Any]) -> None:
    assert found(changed("old", **members)) == []


@pytest.mark.parametrize(
    "members",
    [
        {"validFrom": GONE},
        {"validFrom": "2010-01-01T00:00:00-08:00", "validUntil": "2010-01-01T08:00:00Z"},
        {"validUntil": "12010-02-28T23:59:59.5+05:30"},
        {"name": "Degree", "description": [{"@value": "Diplôme", "@language": "fr"}]},
        {"name": {"@value": "الدرجة", "@language": "ar", "@direction": "rtl"}},
        {"credentialStatus": {"type": "BitstringStatusListEntry"}},
        {"refreshService": {"type": "VerifiableCredentialRefreshService2021", "url": "https://a.example"}},
        {"id": "urn:uuid:0c07c1ce-57cb-41af-bef2-1b932b986873"},
        {"issuer": "https://université.example/issuers/1"},
        {"relatedResource": {"id": "https://a.example/1", "digestSRI": "sha384-" + "A" * 64}},
        {"relatedResource": [{"id": "https://a.example/1", "digestMultibase": "uIDA" + "A" * 64}]},
        {"renderMethod": [{"type": "SvgRenderingTemplate2023", "id": "https://a.example/1"}]},
    ],
)
def test_lawful_shapes_of_2_0(members: dict[str, Any]) -> None:
    assert found(changed("new", **members)) == []


# What breaks the data model


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"context": GONE}, ("context-missing", "")),
        ({"context": []}, ("context-base", "/@context")),
        ({"context": ["https://a.example/c"]}, ("context-base", "/@context")),
        ({"type": GONE}, ("type-missing", "")),
        ({"type": []}, ("type-form", "/type")),
        ({"type": ["VerifiableCredential", 1]}, ("type-form", "/type")),
        ({"type": ["UniversityDegreeCredential"]}, ("type-other", "/type")),
        ({"id": "3732"}, ("id-form", "/id")),
        ({"id": None}, ("id-form", "/id")),
        ({"id": ["urn:a:1", "urn:a:2"]}, ("id-several", "/id")),
        ({"issuer": GONE}, ("issuer-missing", "")),
        ({"issuer": "Example University"}, ("issuer-form", "/issuer")),
        ({"issuer": {"name": "Example University"}}, ("issuer-form", "/issuer")),
        ({"issuer": ["https://a.example"]}, ("issuer-form", "/issuer")),
        ({"credentialSubject": GONE}, ("subject-missing", "")),
        ({"credentialSubject": []}, ("subject-form", "/credentialSubject")),
        ({"credentialSubject": {}}, ("subject-form", "/credentialSubject")),
        ({"credentialSubject": "did:example:a"}, ("subject-form", "/credentialSubject")),
        ({"credentialSubject": [{"a": 1}, 5]}, ("subject-form", "/credentialSubject/1")),
        ({"credentialSubject": {"id": "me", "a": 1}}, ("id-form", "/credentialSubject/id")),
        ({"credentialStatus": "https://a.example"}, ("status-form", "/credentialStatus")),
        ({"credentialStatus": []}, ("status-form", "/credentialStatus")),
        ({"credentialStatus": {"id": "https://a.example"}}, ("status-type", "/credentialStatus")),
        ({"credentialStatus": {"id": "a", "type": "S"}}, ("status-id", "/credentialStatus/id")),
        ({"credentialSchema": [{"type": "JsonSchema"}]}, ("schema-id", "/credentialSchema/0/id")),
        ({"credentialSchema": {"id": "https://a.example"}}, ("schema-type", "/credentialSchema")),
        ({"refreshService": {"id": "https://a.example"}}, ("refresh-type", "/refreshService")),
        ({"termsOfUse": {"id": "https://a.example"}}, ("terms-type", "/termsOfUse")),
        ({"evidence": [1]}, ("evidence-form", "/evidence/0")),
        ({"evidence": {"id": "here", "type": "E"}}, ("evidence-id", "/evidence/id")),
    ],
)
def test_problems_of_both_versions(model: str, members: dict[str, Any], problem: tuple[str, str]) -> None:
    version = vcdm.version(MODELS[model])
    kinds = [(p.kind, p.pointer) for p in vcdm.problems(changed(model, **members), version)]
    assert kinds == [problem]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"context": OLD["@context"][0]}, ("context-form", "/@context")),
        ({"context": [*OLD["@context"], 5]}, ("context-item", "/@context/2")),
        ({"context": [*OLD["@context"], NEW["@context"][0]]}, ("context-bases", "/@context")),
        ({"issuanceDate": GONE}, ("issuance-date-missing", "")),
        ({"issuanceDate": "2010-01-01"}, ("issuance-date-form", "/issuanceDate")),
        ({"issuanceDate": "2010-02-29T00:00:00Z"}, ("issuance-date-form", "/issuanceDate")),
        ({"issuanceDate": 1262304000}, ("issuance-date-form", "/issuanceDate")),
        ({"issuanceDate": "2010-01-01T00:00:00+0100"}, ("issuance-date-form", "/issuanceDate")),
        ({"expirationDate": "tomorrow"}, ("expiration-date-form", "/expirationDate")),
        ({"credentialStatus": {"type": "S"}}, ("status-id", "/credentialStatus/id")),
        ({"refreshService": {"type": "S"}}, ("refresh-id", "/refreshService/id")),
        ({"proof": {"proofValue": "z"}}, ("proof-type", "/proof")),
    ],
)
def test_problems_of_1_1(members: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(changed("old", **members)) == [problem]


SRI = {"id": "https://a.example/1", "digestSRI": "sha384-" + "A" * 64}


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"context": [NEW["@context"][0], {"@vocab": "https://a.example/"}]}, ("context-vocab", "/@context")),
        ({"@id": "urn:a:1"}, ("not-compacted", "/@id")),
        ({"validFrom": "2010-01-01T00:00:00"}, ("valid-from-form", "/validFrom")),
        ({"validFrom": 1}, ("valid-from-form", "/validFrom")),
        ({"validUntil": "2050-13-01T00:00:00Z"}, ("valid-until-form", "/validUntil")),
        ({"validUntil": "2009-12-31T23:59:59Z"}, ("validity-reversed", "/validFrom")),
        ({"credentialSubject": {"id": "did:example:a"}}, ("subject-form", "/credentialSubject")),
        ({"name": 5}, ("name-form", "/name")),
        ({"description": ["a", "b"]}, ("description-form", "/description")),
        ({"name": {"@language": "en"}}, ("language-value", "/name")),
        ({"name": [{"@value": "a", "@language": "en"}, {"@value": "b"}]}, ("language-tag", "/name/1")),
        ({"name": {"@value": "a", "@language": "en", "@direction": "up"}}, ("language-direction", "/name")),
        ({"name": {"@value": "a", "@language": "en", "x": 1}}, ("language-members", "/name")),
        ({"renderMethod": {"id": "https://a.example"}}, ("reserved-type", "/renderMethod")),
        ({"relatedResource": []}, ("resource-form", "/relatedResource")),
        ({"relatedResource": [{**SRI, "id": "x"}]}, ("resource-form", "/relatedResource/0")),
        ({"relatedResource": [SRI, SRI]}, ("resource-repeated", "/relatedResource/1/id")),
        ({"relatedResource": {**SRI, "mediaType": "json"}}, ("resource-media-type", "/relatedResource/mediaType")),
        ({"relatedResource": {"id": "urn:a:1"}}, ("resource-digest-missing", "/relatedResource")),
        (
            {"relatedResource": {**SRI, "digestSRI": "sha384-AAAA"}},
            ("resource-digest-sri", "/relatedResource/digestSRI"),
        ),
        (
            {"relatedResource": {"id": "urn:a:1", "digestMultibase": "z1"}},
            ("resource-digest-multibase", "/relatedResource/digestMultibase"),
        ),
        (
            # Data Integrity 1.0 section 2.6, the example.
            {
                "relatedResource": {
                    "id": "urn:a:1",
                    "digestMultibase": "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
                }
            },
            ("resource-digest-weak", "/relatedResource"),
        ),
    ],
)
def test_problems_of_2_0(members: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(changed("new", **members)) == [problem]


# The version


def test_without_a_base_context_the_properties_tell_the_version() -> None:
    assert vcdm.version({"@context": ["https://a.example"]}) is None
    assert vcdm.likely_version({"validUntil": "x"}) is Version.V2_0
    assert vcdm.likely_version({"issuanceDate": "x"}) is Version.V1_1
    assert vcdm.likely_version({"validFrom": "x", "@context": OLD["@context"]}) is Version.V1_1


# What others read from a document


def test_members_are_given_in_one_shape() -> None:
    document = changed("new", type="VerifiableCredential", issuer={"id": "did:example:a"})
    assert vcdm.types(document) == ["VerifiableCredential"]
    assert vcdm.issuer_id(document) == "did:example:a"
    assert vcdm.subject_ids(document) == ["did:example:ebfeb1f712ebc6f1c276e12ec21"]
    assert vcdm.contexts({"@context": "https://a.example"}) == ["https://a.example"]


def test_the_key_of_a_subject_is_that_of_its_did() -> None:
    document = changed("new", credentialSubject=[{"id": "did:example:a"}, {"id": DID_KEY}])
    assert [key["crv"] for key in vcdm.subject_keys(document)] == ["Ed25519"]
    assert vcdm.subject_keys(NEW) == []


# Validity


@pytest.mark.parametrize(
    ("members", "problems"),
    [
        ({"validFrom": date_time.written(NOW - 1), "validUntil": date_time.written(NOW + 1_000)}, []),
        ({"validFrom": date_time.written(NOW + 50), "validUntil": date_time.written(NOW - 50)}, []),
        ({"validFrom": date_time.written(NOW + 70)}, [("not-yet-valid", "/validFrom")]),
        ({"validUntil": date_time.written(NOW - 70)}, [("expired", "/validUntil")]),
        ({"expirationDate": date_time.written(NOW - 70)}, [("expired", "/expirationDate")]),
        ({"issuanceDate": date_time.written(NOW + 70)}, [("not-yet-valid", "/issuanceDate")]),
        ({"expirationDate": (date_time.written(NOW - 3_600) or "")[:-1]}, []),  # in which zone?
        ({"expirationDate": (date_time.written(NOW - 60_000) or "")[:-1]}, [("expired", "/expirationDate")]),
        ({"validUntil": "soon", "validFrom": 5}, []),
        ({"validUntil": "-0001-01-01T00:00:00Z"}, [("expired", "/validUntil")]),
        ({"validUntil": "123456789-01-01T00:00:00Z"}, []),
    ],
)
def test_dates_of_both_spellings_are_judged(members: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert [(p.kind, p.pointer) for p in vcdm.validity(members, NOW)] == problems


def test_the_end_of_validity_is_the_earliest_that_is_named() -> None:
    assert vcdm.expires({"validUntil": "1970-01-02T00:00:00+01:00"}) == 82_800
    assert vcdm.expires({"validUntil": "1970-01-02T00:00:00Z", "expirationDate": "1970-01-01T00:00:01Z"}) == 1
    assert vcdm.expires({"validUntil": "never"}) is None


# Bad input

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted({*NEW, *OLD, "id"})), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = sorted(
    {
        *NEW,
        *OLD,
        "expirationDate",
        "validUntil",
        "credentialStatus",
        "evidence",
        "name",
        "relatedResource",
        "proof",
    }
)


@given(st.sampled_from(["old", "new"]), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4))
@settings(max_examples=500, derandomize=True, deadline=None)
def test_no_value_of_a_member_is_too_much(model: str, members: dict[str, Any]) -> None:
    document = {**MODELS[model], **members}
    for problem in (*vcdm.problems(document), *vcdm.validity(document, NOW)):
        assert problem.kind
        assert len(json.dumps(problem.detail)) < 2_000
    vcdm.expires(document)
    vcdm.subject_keys(document)
