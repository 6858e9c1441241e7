"""Type Metadata are read strictly, by the draft that judges, whatever they are made of."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import claims_path, integrity, status_claim, svg_template, type_metadata
from harness.formats.problems import FormatError
from harness.formats.sd_jwt_vc_drafts import DRAFT_11, DRAFT_18, DRAFTS, Draft
from harness.formats.type_metadata import TypeMetadata

thorough = settings(max_examples=1_000, derandomize=True, deadline=None)

EDUCATION: dict[str, Any] = {
    "vct": "https://betelgeuse.example.com/education_credential",
    "name": "Betelgeuse Education Credential - Preliminary Version",
    "description": "This is our development version of the education credential. Don't panic.",
    "extends": "https://galaxy.example.com/galactic-education-credential-0.9",
    "extends#integrity": "sha256-ilOUJsTultOwLfz7QUcFALaRa3BP/jelX1ds04kB9yU=",
    "display": [
        {
            "lang": "en-US",
            "name": "Betelgeuse Education Credential",
            "rendering": {
                "simple": {
                    "logo": {
                        "uri": "https://betelgeuse.example.com/public/education-logo.png",
                        "uri#integrity": "sha256-LmXfh+9cLlJNXN+TsMk+PmKjZ5t0WRL5ca/xGgX3c1U=",
                        "alt_text": "Betelgeuse Ministry of Education logo",
                    },
                    "background_color": "#12107c",
                    "text_color": "#FFFFFF",
                },
                "svg_templates": [
                    {
                        "uri": "https://betelgeuse.example.com/public/credential-english.svg",
                        "uri#integrity": "sha256-I4JcBGO7UfrkOBrsV7ytNJAfGuKLQh+e+Z31mc7iAb4=",
                        "properties": {"orientation": "landscape", "color_scheme": "light", "contrast": "high"},
                    }
                ],
            },
        },
        {"lang": "de-DE", "name": "Betelgeuse-Bildungsnachweis"},
    ],
    "claims": [
        {
            "path": ["name"],
            "display": [{"lang": "de-DE", "label": "Vor- und Nachname"}, {"lang": "en-US", "label": "Name"}],
            "sd": "allowed",
        },
        {
            "path": ["address", "street_address"],
            "display": [{"lang": "de-DE", "label": "Straße"}, {"lang": "en-US", "label": "Street Address"}],
            "sd": "always",
            "svg_id": "address_street_address",
        },
        {"path": ["degrees", None], "sd": "allowed"},
    ],
    "schema_uri": "https://exampleuniversity.com/public/credential-schema-0.9",
    "schema_uri#integrity": "sha256-He4fNeA4xvjLbh/e+rd9Hw3l60OS4tEliHE7NDYXRwA=",
}
"""The example of draft 11 appendix B.2, shortened."""


def read(document: Any, draft: Draft = DRAFT_11) -> TypeMetadata:
    return type_metadata.read(document if isinstance(document, bytes) else json.dumps(document), draft)


def kinds(document: Any, draft: Draft = DRAFT_11) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in read(document, draft).problems]


def respelled(text: str) -> str:
    return text.replace('"lang"', '"locale"')


def changed(*path: Any, to: Any = None) -> dict[str, Any]:
    """The example with one member changed, or removed."""
    document: dict[str, Any] = json.loads(json.dumps(EDUCATION))
    target: Any = document
    for name in path[:-1]:
        target = target[name]
    if to is None:
        del target[path[-1]]
    else:
        target[path[-1]] = to
    return document


def test_the_example_of_the_draft_is_right_and_says_what_it_refers_to() -> None:
    parsed = read(EDUCATION)
    assert parsed.problems == ()
    assert parsed.extends == EDUCATION["extends"]
    assert list(parsed.claims) == [("name",), ("address", "street_address"), ("degrees", None)]
    assert [(item.kind, item.pointer) for item in parsed.referred] == [
        ("schema", "/schema_uri"),
        ("image", "/display/0/rendering/simple/logo/uri"),
        ("template", "/display/0/rendering/svg_templates/0/uri"),
    ]
    assert all(integrity.hashes(item.integrity) for item in parsed.referred)


def test_a_document_needs_no_member_but_its_type() -> None:
    assert kinds({"vct": "https://a.example"}) == []
    assert kinds({}) == [("vct-missing", "")]  # judged by draft 18 only
    assert kinds({"vct": 5}, DRAFT_18) == [("vct-type", "/vct")]


SIMPLE = ("display", 0, "rendering", "simple")
TEMPLATES = ("display", 0, "rendering", "svg_templates")
DEFECTS: list[tuple[dict[str, Any], str, str]] = [
    (changed("name", to=5), "text-type", "/name"),
    (changed("description", to=["x"]), "text-type", "/description"),
    (changed("extends", to="education"), "extends-uri", "/extends"),
    (changed("extends#integrity", to="sha256-AAAA"), "integrity-form", "/extends#integrity"),
    (changed("extends#integrity", to=5), "integrity-form", "/extends#integrity"),
    (changed("display", to={"lang": "en"}), "display-array", "/display"),
    (changed("display", 1, to="Bildung"), "display-array", "/display"),
    (changed("display", 1, "lang", to="de_DE"), "display-language", "/display/1/lang"),
    (changed("display", 1, "name", to=5), "display-name", "/display/1"),
    (changed("display", 1, "description", to=5), "display-description", "/display/1/description"),
    (changed("display", 1, "rendering", to=[]), "rendering-object", "/display/1/rendering"),
    (changed(*SIMPLE, to=[]), "rendering-object", "/display/0/rendering/simple"),
    (changed(*TEMPLATES, to="x.svg"), "rendering-object", "/display/0/rendering/svg_templates"),
    (changed(*SIMPLE, "logo", to="x.png"), "image-uri", "/display/0/rendering/simple/logo"),
    (changed(*SIMPLE, "logo", "uri", to="a b"), "image-uri", "/display/0/rendering/simple/logo"),
    (changed(*SIMPLE, "logo", "alt_text", to=5), "image-text", "/display/0/rendering/simple/logo/alt_text"),
    (changed(*SIMPLE, "text_color", to="white"), "color", "/display/0/rendering/simple/text_color"),
    (changed(*TEMPLATES, 0, "uri"), "template-uri", "/display/0/rendering/svg_templates/0"),
    (
        changed(*TEMPLATES, 0, "properties", to={"size": 1}),
        "template-properties",
        "/display/0/rendering/svg_templates/0/properties",
    ),
    (
        changed(*TEMPLATES, 0, "properties", "contrast", to="low"),
        "template-property",
        "/display/0/rendering/svg_templates/0/properties/contrast",
    ),
    (
        changed(*TEMPLATES, to=[{"uri": "data:,x", "properties": {"contrast": "high"}}, {"uri": "data:,y"}]),
        "template-properties-missing",
        "/display/0/rendering/svg_templates/1",
    ),
    (changed("claims", to={}), "claims-array", "/claims"),
    (changed("claims", 2, "path"), "claim-path-missing", "/claims/2"),
    (changed("claims", 2, "path", to=[]), "claim-path-form", "/claims/2/path"),
    (changed("claims", 2, "path", to=["a", -1]), "claim-path-form", "/claims/2/path"),
    (changed("claims", 2, "sd", to="perhaps"), "claim-sd", "/claims/2/sd"),
    (changed("claims", 2, "sd", to=["always"]), "claim-sd", "/claims/2/sd"),
    (changed("claims", 0, "display", to="Name"), "claim-display-array", "/claims/0/display"),
    (changed("claims", 0, "display", 0, "lang"), "claim-display-language", "/claims/0/display/0"),
    (changed("claims", 0, "display", 0, "label"), "claim-display-label", "/claims/0/display/0"),
    (
        changed("claims", 0, "display", 0, "description", to=5),
        "claim-display-description",
        "/claims/0/display/0/description",
    ),
    (changed("claims", 0, "display", 0), "claim-display-incomplete", "/claims/0/display"),
    (changed("claims", 0, "svg_id", to="address_street_address"), "svg-id-repeated", "/claims/1/svg_id"),
    (changed("claims", 0, "svg_id", to="1st"), "svg-id", "/claims/0/svg_id"),
    (changed("claims", 0, "svg_id", to="é"), "svg-id", "/claims/0/svg_id"),
    (changed("schema", to={}), "schema-twice", ""),
    (changed("schema_uri", to="schema.json"), "schema-uri", "/schema_uri"),
]


@pytest.mark.parametrize(("document", "kind", "place"), DEFECTS, ids=range(len(DEFECTS)))
def test_one_defect_is_one_problem(document: dict[str, Any], kind: str, place: str) -> None:
    assert kinds(document) == [(kind, place)]


def test_a_schema_is_an_object_or_a_boolean() -> None:
    assert kinds({"vct": "x", "schema": True}) == []
    assert kinds({"vct": "x", "schema": "none"}) == [("schema-type", "/schema")]


def test_a_member_name_twice() -> None:
    assert kinds(b'{"vct":"a","name":"b","name":"c"}') == [("duplicate-name", "/name")]


def test_drafts_spell_languages_and_know_members_of_their_own() -> None:
    later = respelled(json.dumps(EDUCATION)).encode()
    assert kinds(later, DRAFT_18) == []
    assert {kind for kind, _ in kinds(later)} == {"display-language", "claim-display-language"}
    assert {kind for kind, _ in kinds(EDUCATION, DRAFT_18)} == {"display-language", "claim-display-language"}
    bare = {"vct": "x", "claims": [{"path": ["a"], "mandatory": "true"}], "schema": "none"}
    assert kinds(bare) == [("schema-type", "/schema")]
    assert kinds(bare, DRAFT_18) == [("claim-mandatory", "/claims/0/mandatory")]
    image = {"vct": "x", "display": [{"name": "n", "rendering": {"simple": {"background_image": {}}}}]}
    lang, locale = ({**image["display"][0], name: "en"} for name in ("lang", "locale"))  # type: ignore[dict-item]
    assert kinds({**image, "display": [lang]}) == []
    assert kinds({**image, "display": [locale]}, DRAFT_18) == [
        ("image-uri", "/display/0/rendering/simple/background_image")
    ]


def test_the_template_method_is_an_array_or_an_object_and_others_are_left_alone() -> None:
    renderings: list[Any] = [
        {"svg_template": {"uri": 5}},
        {"svg_template": []},
        {"lottie": []},
        {"lottie": {"x": 1}},
    ]
    for rendering in renderings:
        assert kinds({"vct": "x", "display": [{"lang": "en", "name": "n", "rendering": rendering}]}) == []


def test_another_tag_of_the_same_language_will_do() -> None:
    assert kinds(changed("claims", 0, "display", 0, "lang", to="de-AT")) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xff{}", "not-json"),
        (b"[]", "not-object"),
        (b'"x"', "not-object"),
        (b"null", "not-object"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not-json"),
        (b'{"claims":[' + b"[" * 10_000 + b"]" * 10_000 + b"]}", "not-json"),
    ],
    ids=range(8),
)
def test_what_is_no_type_metadata_is_refused(content: bytes, kind: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(content)
    assert caught.value.kind == kind


def test_the_list_of_problems_is_bounded() -> None:
    assert len(kinds({"vct": "x", "claims": [{}] * 100_000})) == 200


TEXT = json.dumps(EDUCATION).encode()


@given(
    st.integers(0, len(TEXT)), st.binary(max_size=8), st.integers(0, 40), st.sampled_from(list(DRAFTS.values()))
)
@thorough
def test_mutated_bytes_are_read_or_refused(at: int, replacement: bytes, cut: int, draft: Draft) -> None:
    with suppress(FormatError):
        read(TEXT[:at] + replacement + TEXT[at + cut :], draft)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.integers(0, 9), max_size=6), ANYTHING, st.sampled_from(list(DRAFTS.values())))
@thorough
def test_any_value_at_any_place_is_read(steps: list[int], value: Any, draft: Draft) -> None:
    document = json.loads(TEXT)
    target: Any = document
    for step in steps:
        keys: list[Any] = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if not isinstance(target[key], (dict, list)):
            target[key] = value
            break
        target = target[key]
    parsed = read(document, draft)
    assert all(claims_path.well_formed(list(path)) for path in parsed.claims)


# Merging and disclosability


def test_what_an_extending_type_says_replaces_or_completes_what_the_extended_one_says() -> None:
    extended: dict[str, Any] = {"sd": "always", "svg_id": "a"}
    extending: dict[str, Any] = {"display": []}
    assert DRAFT_11.inherited(extended, extending) == {"display": []}
    assert DRAFT_18.inherited(extended, extending) == {"sd": "always", "svg_id": "a", "display": []}


def test_a_claim_inside_a_disclosure_is_disclosable_in_draft_11_only() -> None:
    disclosed = {"/address", "/list/1"}
    for place, first, second in (
        ("/address", True, True),
        ("/address/city", True, False),
        ("/addresses", False, False),
    ):
        assert DRAFT_11.is_disclosable(place, disclosed) is first
        assert DRAFT_18.is_disclosable(place, disclosed) is second


def test_places_are_pointers_to_what_a_path_selects() -> None:
    claims = {"a/b": [{"x": 1}, {"y": 2}, {"x": 3}]}
    assert claims_path.places(claims, ["a/b", None, "x"]) == ["/a~1b/0/x", "/a~1b/2/x"]
    assert claims_path.places(claims, ["a/b", 1]) == ["/a~1b/1"]


# Integrity metadata


def sri(name: str, content: bytes, *, encode: Callable[[bytes], bytes] = base64.b64encode) -> str:
    return f"{name}-" + encode(hashlib.new(name, content).digest()).decode()


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_integrity_metadata_match_the_content_only(name: str) -> None:
    assert integrity.mismatch(sri(name, b"abc"), b"abc") is None
    assert "is" in (integrity.mismatch(sri(name, b"abc"), b"abd") or "")


def test_the_strongest_hash_counts_and_one_of_several_is_enough() -> None:
    right, wrong = sri("sha256", b"abc"), sri("sha512", b"abd")
    assert integrity.mismatch(f"{right} {wrong}", b"abc") is not None
    assert integrity.mismatch(f"{wrong}?foo {sri('sha512', b'abc')} {sri('sha256', b'x')}", b"abc") is None


def test_a_hash_in_another_alphabet_is_explained() -> None:
    content = next(bytes([n]) for n in range(256) if {"+", "/"} & set(sri("sha256", bytes([n]))))
    value = sri("sha256", content, encode=base64.urlsafe_b64encode)
    assert "right" in (integrity.mismatch(value, content) or "")
    assert "right" in (integrity.mismatch(sri("sha256", content).rstrip("="), content) or "")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha256",
        "md5-AAAA",
        "sha256-AAAA",
        "sha256-" + "0a" * 32,
        "sha256-" + "=" * 44,
        5,
        None,
        ["x"],
        "x" * 20_000,
    ],
)
def test_what_is_no_integrity_metadata_names_no_hash(value: Any) -> None:
    assert integrity.hashes(value) == ()
    assert integrity.mismatch(value, b"abc") is None


@given(st.text("sha256384512-+/_= ?AZaz\t", max_size=200))
@thorough
def test_any_text_is_read_as_integrity_metadata(value: str) -> None:
    assert all(item.algorithm in ("sha256", "sha384", "sha512") for item in integrity.hashes(value))


# SVG templates

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><text y="1">{{a}} and {{ b }}</text><!-- {{c}} --><g id="x"/></svg>'
)


def test_placeholders_are_told_apart_by_their_place() -> None:
    found = svg_template.placeholders(SVG.replace(b'"x"', b'"{{d}}"').replace(b"<text", b"<?p {{e}}?><text"))
    assert found.in_text == ["a", " b "]
    assert found.elsewhere == ["e", "c", "d"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg>",
        b"<svg>\xff</svg>",
        b'<?xml version="1.0" encoding="x-none"?><svg/>',
        b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>',
        b'<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    ],
)
def test_what_is_no_plain_xml_is_refused(content: bytes) -> None:
    with pytest.raises(svg_template.SvgError):
        svg_template.placeholders(content)


def test_deep_templates_are_read() -> None:
    deep = b"<g>" * 10_000 + b"{{a}}" + b"</g>" * 10_000
    assert svg_template.placeholders(deep).in_text == ["a"]


@given(st.integers(0, len(SVG)), st.binary(max_size=6), st.integers(0, 20))
@thorough
def test_a_mutated_template_is_read_or_refused(at: int, replacement: bytes, cut: int) -> None:
    with suppress(svg_template.SvgError):
        svg_template.placeholders(SVG[:at] + replacement + SVG[at + cut :])


# The status claim


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"status_list": {"idx": 0, "uri": "https://a.example/1"}}, []),
        ({"status_list": {"idx": 4.0, "uri": "urn:a:b", "more": 1}}, []),
        ({"identifier_list": {"id": "x"}}, []),
        ({}, ["status-empty"]),
        ({"status_list": []}, ["status-list"]),
        ({"status_list": {}}, ["status-idx", "status-uri"]),
        ({"status_list": {"idx": -1, "uri": "a.example/1"}}, ["status-idx", "status-uri"]),
        ({"status_list": {"idx": True, "uri": 5}}, ["status-idx", "status-uri"]),
        ({"status_list": {"idx": "1", "uri": "https://a.example/ 1"}}, ["status-idx", "status-uri"]),
    ],
)
def test_the_status_claim(status: dict[str, Any], expected: list[str]) -> None:
    assert [problem.kind for problem in status_claim.problems(status)] == expected
