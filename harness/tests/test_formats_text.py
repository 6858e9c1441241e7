"""Text forms that several messages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.formats import text

NOT_STRINGS: list[Any] = [None, True, 7, 1.5, [], ["https://issuer.example"], {}]

CASES: list[tuple[Callable[[Any], bool], list[str], list[str]]] = [
    (
        text.is_uri,
        [
            "https://issuer.example",
            "HTTPS://issuer.example:8443/a/b;c=d?e=f&g#h",
            "urn:ietf:params:oauth:grant-type:pre-authorized_code",
            "data:image/png;base64,iVBORw0KGgo=",
            "mailto:help@issuer.example",
            "https://[2001:db8::1]/",
            "https://issuer.example/caf%C3%A9",
        ],
        [
            "",
            "issuer.example",
            "//issuer.example/logo.png",
            "1https://issuer.example",
            "https://issuer.example/a b",
            "https://issuer.example/café",
            "https://issuer.example/100%",
            "https://issuer.example/#a#b",
            "https://[2001:db8::1",
            "https://issuer.example:99999/",
            "https://issuer.example\n",
        ],
    ),
    (
        text.is_uri_reference,
        ["", "errors.html", "/errors#grant", "//issuer.example/", "https://issuer.example/errors"],
        ['errors"', "errors\\", "two words"],
    ),
    (
        text.is_https_url,
        ["https://issuer.example", "HTTPS://issuer.example/", "https://issuer.example:8443/path?query=1"],
        ["http://issuer.example", "https:", "https://", "https:///path", "https://:443/", "urn:issuer"],
    ),
    (
        text.is_http_url,
        ["http://127.0.0.1:8080/path", "HTTP://localhost"],
        ["https://issuer.example", "http:///path", "ftp://issuer.example"],
    ),
    (text.has_query_or_fragment, ["https://a/?b", "https://a/#b", "https://a?", "https://a#"], ["https://a/b"]),
    (
        text.is_language_tag,
        [
            "en",
            "en-GB",
            "EN-gb",
            "zh-Hant-TW",
            "zh-cmn-Hans-CN",
            "de-CH-1996",
            "sl-rozaj-biske",
            "es-419",
            "de-DE-u-co-phonebk",
            "en-US-x-twain",
            "x-whatever",
            "i-klingon",
            "sgn-BE-FR",
            "en-GB-oed",
            "zh-min-nan",
        ],
        [
            "",
            "e",
            "en_US",
            "en-",
            "-en",
            "english_UK!",
            "en GB",
            "en-GB-",
            "de-419-DE",
            "en-a",
            "x",
            "i-unknown",
            "abcdefghi",
            "en\n",
            "ＥＮ",
            "en-x-" + "a" * 300,
        ],
    ),
    (text.is_rfc_3066_tag, ["en", "en-GB", "i-mine-too", "zh-Hant-TW"], ["", "en_US", "en--GB", "abcdefghi"]),
    (text.is_scope_value, ["identity", "openid:a/b#c", "!~"], ["", "two scopes", 'a"b', "a\\b", "é", "a\n"]),
    (
        text.is_error_text,
        ["", "The code is wrong!", "a b"],
        ['say "no"', "back\\slash", "Umläute", "a\nb", "\x7f"],
    ),
    (
        text.is_did_method,
        ["did:key", "did:3"],
        ["did:", "did:Key", "did:key:z6Mk", "key", "did:web/x", "did:key\n"],
    ),
    (
        text.is_numerical_color,
        [
            "#fff",
            "#12107C",
            "rgb(255,0,0)",
            "RGB( 255 , 0,\t0 )",
            "rgb(100%, 0%, 33.3%)",
            "rgba(0, 0, 255, .5)",
            "hsl(120, 100%, 50%)",
            "hsla(-120, 100%, 25.5%, 1)",
            "transparent",
        ],
        [
            "",
            "white",
            "12107c",
            "#12",
            "#12107cff",
            "#ggg",
            "rgb(255 0 0)",
            "rgb(255,0)",
            "rgb(255,0,0%)",
            "rgb(1.5,0,0)",
            "rgba(0,0,0)",
            "hsl(120,100,50)",
            "rgb(" + "1" * 500 + ",0,0)",
        ],
    ),
]


def told(parameter: Any) -> str:
    """Name a test by its function and value, the same in every process."""
    return getattr(parameter, "__name__", None) or repr(parameter)[:40]


@pytest.mark.parametrize(
    ("form", "value"), [(form, value) for form, right, _ in CASES for value in right], ids=told
)
def test_a_right_text_is_accepted(form: Callable[[Any], bool], value: str) -> None:
    assert form(value)


@pytest.mark.parametrize(
    ("form", "value"), [(form, value) for form, _, wrong in CASES for value in wrong], ids=told
)
def test_a_wrong_text_is_refused(form: Callable[[Any], bool], value: str) -> None:
    assert not form(value)


@pytest.mark.parametrize("value", NOT_STRINGS, ids=repr)
@pytest.mark.parametrize("form", [form for form, _, _ in CASES if form is not text.has_query_or_fragment])
def test_what_is_no_string_is_refused(form: Callable[[Any], bool], value: Any) -> None:
    assert not form(value)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("", 0, 0),
        ("482913", 19, 20),
        ("0123456789abcdef0123456789abcdef", 128, 128),
        ("3f2b8c1e-0f5d-4b6a-9c7d-1a2b3c4d5e6f", 140, 150),
        ("oaKazRN8I0IbtZ0C7JuMn5", 128, 132),
        ("Zm9vYmFyLWJhei1xdXV4LTEyMw_", 162, 162),
        ("~" * 10, 65, 66),
    ],
)
def test_capacity_follows_length_and_alphabet(value: str, least: float, most: float) -> None:
    assert least <= text.capacity_bits(value) <= most
