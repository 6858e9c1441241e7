from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import base64url, claims_path, strict_json
from harness.formats.base64url import Base64UrlError
from harness.formats.claims_path import ClaimsPathError
from harness.formats.strict_json import JsonError, pointer

quick = settings(max_examples=100, derandomize=True, deadline=None)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(json_values, st.booleans())
@quick
def test_what_json_can_say_is_read_as_it_is(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert strict_json.parse(text.encode()) == strict_json.JsonDocument(value)
    assert strict_json.parse(text) == strict_json.JsonDocument(value)


@given(st.binary() | st.text() | st.text('[]{}":,\\ud8-1e.0 truefalsn'))
@quick
def test_nothing_but_json_error_comes_out_of_any_input(data: bytes | str) -> None:
    with suppress(JsonError):
        strict_json.parse(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'"\xff"', "not-utf-8"),
        ("{}".encode("utf-16-le"), "not-json"),
        ("[1]".encode("utf-16"), "not-utf-8"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        ("\ufeff{}", "byte-order-mark"),
        ("", "not-json"),
        ("{'a': 1}", "not-json"),
        ("[1,]", "not-json"),
        ("[1] x", "not-json"),
        ("NaN", "not-json"),
        ("[-Infinity]", "not-json"),
        ("01", "not-json"),
        ('"a\nb"', "not-json"),
        ("[\u00a01]", "not-json"),
        ('["\\ud800"]', "lone-surrogate"),
        ('{"\\udc00": 1}', "lone-surrogate"),
        ('"\ud800"', "lone-surrogate"),
        ("1e999", "number-out-of-range"),
        ("9" * 5_000, "number-out-of-range"),
        ("0." + "9" * 5_000, "number-out-of-range"),
        ("[" * 65 + "]" * 65, "too-deep"),
        ("[" * 1_000_000, "too-deep"),
        ('{"a":' * 1_000_000, "too-deep"),
        ('{"' + "n" * 1_001 + '": 1}', "name-too-long"),
    ],
)
def test_what_is_not_json_is_refused_with_its_kind(data: bytes | str, kind: str) -> None:
    with pytest.raises(JsonError) as caught:
        strict_json.parse(data)
    assert caught.value.kind == kind


def test_limits_are_inclusive_and_the_callers() -> None:
    assert strict_json.parse("[[1]]", max_depth=2).value == [[1]]
    with pytest.raises(JsonError, match="too-deep"):
        strict_json.parse("[[1]]", max_depth=1)
    assert strict_json.parse('"ü"', max_bytes=4).value == "ü"
    with pytest.raises(JsonError, match="too-large"):
        strict_json.parse('"ü"', max_bytes=3)
    with pytest.raises(JsonError, match="too-deep"):
        strict_json.parse("[" * 100_000 + "]" * 100_000, max_depth=1_000_000)


def test_brackets_in_strings_are_not_depth() -> None:
    text = json.dumps("[" * 100 + '"\\' + "{" * 100)
    assert strict_json.parse(text).value == "[" * 100 + '"\\' + "{" * 100


def test_surrogate_pairs_are_one_character() -> None:
    assert strict_json.parse('"\\ud83d\\ude00"').value == "😀"


def test_repeated_names_are_found_where_they_stand_and_the_last_counts() -> None:
    document = strict_json.parse('{"a": 1, "a": 2, "b/c": [{"x": 1}, {"d~": 1, "e": 2, "d~": 3, "d~": 4}]}')
    assert document.value == {"a": 2, "b/c": [{"x": 1}, {"d~": 4, "e": 2}]}
    assert [(p.kind, p.pointer) for p in document.problems] == [
        ("duplicate-name", "/a"),
        ("duplicate-name", "/b~1c/1/d~0"),
    ]


def test_names_that_differ_only_by_escape_are_the_same() -> None:
    assert len(strict_json.parse('{"a": 1, "\\u0061": 2}').problems) == 1


def test_a_flood_of_repeated_names_gives_a_bounded_list() -> None:
    text = "{" + ",".join(f'"{n}":1,"{n}":2' for n in range(5_000)) + "}"
    assert len(strict_json.parse(text).problems) == 100


def test_pointers_escape_as_rfc_6901_does() -> None:
    # RFC 6901 section 5 prints these
    assert pointer() == ""
    assert [pointer(part) for part in ("", "a/b", "m~n", " ", 0)] == ["/", "/a~1b", "/m~0n", "/ ", "/0"]
    assert pointer("foo", 0) == "/foo/0"


@given(st.binary())
@quick
def test_base64url_round_trip(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text() | st.text("AQgw-_=+/ \n"))
@quick
def test_every_text_that_decodes_is_the_one_encoding(text: str) -> None:
    try:
        data = base64url.decode(text)
    except Base64UrlError:
        return
    assert base64url.encode(data) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TQ==", "base64url-padding"),
        ("TWE=", "base64url-padding"),
        ("+/A", "base64url-alphabet"),
        ("TW E", "base64url-alphabet"),
        ("TWE\n", "base64url-alphabet"),
        ("=TWE", "base64url-alphabet"),
        ("TW\u0130", "base64url-alphabet"),
        ("A", "base64url-length"),
        ("TR", "base64url-trailing-bits"),
        ("TWF", "base64url-trailing-bits"),
    ],
)
def test_what_is_not_base64url_is_refused_with_its_kind(text: str, kind: str) -> None:
    with pytest.raises(Base64UrlError) as caught:
        base64url.decode(text)
    assert caught.value.kind == kind


def test_the_examples_of_rfc_7515_appendix_c() -> None:
    assert base64url.encode(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
    assert base64url.decode("A-z_4ME") == bytes([3, 236, 255, 224, 193])


CLAIMS = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways"},
    "degrees": [{"type": "Bachelor", "year": 1}, {"type": "Master"}],
    "nationalities": ["British", "Betelgeusian"],
    "matrix": [[1, 2], [3]],
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        # the first five are the examples of OpenID4VCI 1.0 appendix C.3
        (["name"], ["Arthur Dent"]),
        (["address"], [CLAIMS["address"]]),
        (["address", "street_address"], ["42 Market Street"]),
        (["degrees", None, "type"], ["Bachelor", "Master"]),
        (["nationalities", 1], ["Betelgeusian"]),
        (["degrees", None, "year"], [1]),
        (["matrix", None, None], [1, 2, 3]),
        (["matrix", None, 1], [2]),
    ],
)
def test_paths_select_claims(path: list[object], selected: list[object]) -> None:
    assert claims_path.select(CLAIMS, path) == selected


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ([], "path-malformed"),
        ("name", "path-malformed"),
        (None, "path-malformed"),
        (["nationalities", -1], "path-malformed"),
        (["nationalities", True], "path-malformed"),
        (["nationalities", 1.0], "path-malformed"),
        (["name", ["x"]], "path-malformed"),
        (["name", "first"], "path-not-object"),
        (["degrees", "type"], "path-not-object"),
        (["address", None], "path-not-array"),
        (["address", 0], "path-not-array"),
        ([0], "path-not-array"),
        (["email"], "path-selects-nothing"),
        (["nationalities", 2], "path-selects-nothing"),
        (["empty", None], "path-selects-nothing"),
    ],
)
def test_paths_that_select_nothing_say_why(path: object, kind: str) -> None:
    with pytest.raises(ClaimsPathError) as caught:
        claims_path.select(CLAIMS, path)
    assert caught.value.kind == kind
    assert claims_path.well_formed(path) is (kind != "path-malformed")


@given(json_values, json_values | st.lists(st.none() | st.text(max_size=2) | st.integers(-1, 3)))
@quick
def test_any_path_on_any_claims_selects_something_or_raises_its_error(claims: object, path: object) -> None:
    with suppress(ClaimsPathError):
        assert claims_path.select(claims, path) != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2),
        ("2.0", 2),
        ("20e-1", 2),
        ("2.5", None),
        ("true", None),
        ('"2"', None),
        ("null", None),
        ("[]", None),
    ],
)
def test_an_integer_is_one_however_it_is_spelled(text: str, expected: int | None) -> None:
    assert strict_json.integer(strict_json.parse(text).value) == expected
