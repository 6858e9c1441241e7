"""What a page says, asks, shows and leads to."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.html_forms import HtmlError
from harness.formats.html_page import MAX_LINKS, Link, WebPage, read

URL = "https://issuer.example/refresh/card?step=1"

GOVUK = """<!DOCTYPE html><html class="govuk-template"><head><title>Refresh - GOV.UK</title></head>
<body class="govuk-template__body"><a href="#main-content" class="govuk-skip-link">Skip to main content</a>
<div class="govuk-cookie-banner" role="region"><form method=post action=/cookies>
 <h2 class="govuk-cookie-banner__heading">Cookies</h2><button name=cookies value=accept>Accept</button></form>
 <a class="govuk-link" href=/cookies>View cookies</a></div>
<header class="govuk-header"><a href="https://www.gov.uk">GOV.UK</a>
<form action=/search><input name=q></form></header>
<div class="govuk-width-container"><div class="govuk-phase-banner"><a href=/feedback>feedback</a></div>
<a href="/start" class="govuk-back-link">Back</a>
<main class="govuk-main-wrapper" id="main-content" role="main">
 <form method="post" action="/refresh/card"><fieldset class="govuk-fieldset"><legend>
  <h1 class="govuk-fieldset__heading">Do you want to <b>refresh</b> your card?</h1></legend>
  <div class="govuk-radios"><input class="govuk-radios__input" id=r1 name="refresh" type="radio" value="true">
  <label for=r1>Yes</label><input id=r2 name="refresh" type="radio" value="false"><label for=r2>No</label></div>
 </fieldset><button type="submit" class="govuk-button" data-module="govuk-button">Continue</button></form>
 <a href="/add?x=1&amp;y=2" role="button" class="govuk-button">Add <em>document</em></a>
 <header><a href=/within>within</a></header>
</main></div><footer class="govuk-footer"><a href=/help>Help</a></footer></body></html>"""


def page(html: str) -> WebPage:
    return read(html, URL)


def test_a_govuk_page_is_what_stands_in_its_main_part() -> None:
    found = page(GOVUK)
    assert found.title == "Refresh - GOV.UK"
    assert "Do you want to refresh your card?" in found.headings
    assert [form.action for form in found.asking] == ["https://issuer.example/refresh/card"]
    assert found.onward == (
        Link("https://issuer.example/add?x=1&y=2", "Add document", "main", button=True),
        Link("https://issuer.example/within", "within", "main"),
    )
    assert found.link("add DOCUMENT") == found.onward[0]
    assert found.link("Help") == Link("https://issuer.example/help", "Help", "aside")


def test_without_a_main_part_the_rest_counts_but_for_what_stands_beside() -> None:
    found = page(
        "<nav><a href=/n>n</a></nav><div id=cookie-consent><form></form></div><form action=a></form>"
        "<a href=/x>x</a><noscript><a href=/js>go on</a></noscript><aside><a href=/s>s</a></aside>"
    )
    assert [form.action for form in found.asking] == ["https://issuer.example/refresh/a"]
    assert [link.text for link in found.onward] == ["x"]
    assert [link.text for link in found.without_scripts] == ["go on"]


@pytest.mark.parametrize(
    "href",
    ["#top", URL, "javascript:alert(1)", "mailto:a@b.example", "tel:1", "data:text/html,x", "http://[", "ftp://x"],
)
def test_not_every_link_leads_on(href: str) -> None:
    assert page(f"<a href='{href}'>x</a>").onward == ()


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("next", "https://issuer.example/refresh/next"),
        ("?a=1", "https://issuer.example/refresh/card?a=1"),
        (" //other.example/x ", "https://other.example/x"),
        (
            "openid-credential-offer://?credential_offer=%7B%7D",
            "openid-credential-offer://?credential_offer=%7B%7D",
        ),
        ('https://w.example?o={"a b":1}', 'https://w.example?o={"a b":1}'),
    ],
)
def test_links_are_absolute_and_otherwise_as_they_are_written(href: str, url: str) -> None:
    assert [link.url for link in page(f"<a href='{href}'>x</a>").links] == [url]


def test_a_form_around_the_whole_page_is_what_the_page_is_about() -> None:
    found = page("<form><header><input name=q></header><main><button>Go</button></main></form>")
    assert [form.place for form in found.asking] == ["main"]


def test_links_are_resolved_against_the_base_wherever_it_stands() -> None:
    assert (
        page("<a href=x>x</a><img src=i><base href='https://b.example/c/'>").links[0].url
        == "https://b.example/c/x"
    )


@pytest.mark.parametrize(
    ("script", "targets"),
    [
        ('window.location.href = "/next";', ["https://issuer.example/next"]),
        ("window.location='https://as.example/a?b=c&d=e'", ["https://as.example/a?b=c&d=e"]),
        ("location.replace( '/a' )", ["https://issuer.example/a"]),
        ('document.location.assign("/a"); ', ["https://issuer.example/a"]),
        (r'location.href = "https:\/\/x.example\/\u0061\x62\'"', ["https://x.example/ab'"]),
        ("setTimeout(function () { location.href = '/a' }, 100)", ["https://issuer.example/a"]),
        (
            "location = '/a'; location = '/b'; location = '/a'",
            ["https://issuer.example/a", "https://issuer.example/b"],
        ),
        ("location.href = '/a?x=' + value", []),
        ("location.href = base + '/a'", []),
        ("if (location.href == '/a') go()", []),
        ("mylocation = '/a'; my.location.href = '/b'", []),
        ("// location.href = '/a'", []),
        ("/* location.href = '/a' */", []),
        ("location.replace('/a', x)", []),
        ("location.href = `/a`", []),
    ],
)
def test_a_script_that_sets_the_location_to_a_literal_is_understood(script: str, targets: list[str]) -> None:
    assert list(page(f"<script nonce=x>\n{script}\n</script>").targets) == targets


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/json">{"x": "location = \'/a\'"} location = "/a"</script>',
        "<!-- <script>location = '/a'</script> -->",
        "<p>location = '/a'</p>",
        "<template><script>location = '/a'</script></template>",
    ],
)
def test_what_is_no_script_sends_nobody_on(html: str) -> None:
    assert page(html).targets == ()


@pytest.mark.parametrize(
    ("content", "later"),
    [
        ("5;url=/next", (5, "https://issuer.example/next")),
        ("0.5; URL='/next'", (0, "https://issuer.example/next")),
        ("7", (7, URL)),
        ("1800;url=/timed-out", (1800, "https://issuer.example/timed-out")),
        ("soon", None),
    ],
)
def test_a_page_may_send_the_browser_on_later(content: str, later: tuple[int, str] | None) -> None:
    assert page(f'<meta http-equiv="refresh" content="{content}">').later == later


def test_drawings_are_kept_as_they_are_written_and_say_nothing_else() -> None:
    found = page(
        "<a href=/x><svg viewBox='0 0 2 2'><title>sign</title><a href=/y>no</a><svg><path d='M0 0'/></svg></svg>go"
        "</a>"
        "<svg/><img src=a.png alt='QR code' id=q>"
    )
    assert found.drawings[0].startswith("<svg viewBox='0 0 2 2'>")
    assert found.drawings[0].count("</svg>") == 2
    assert [link.text for link in found.links] == ["go"]
    assert [(picture.url, picture.words) for picture in found.pictures] == [
        ("https://issuer.example/refresh/a.png", "QR code q")
    ]


def test_of_too_much_the_beginning_is_kept() -> None:
    assert len(page("<a href=/x>x</a>" * (MAX_LINKS + 9)).links) == MAX_LINKS
    assert page("<svg>" + "<path d='M0 0'/>" * 100_000 + "</svg>").drawings == ()


@pytest.mark.parametrize(
    "html",
    [
        "<script>" + "location=" * 200_000,
        "<script>" + 'location="' * 200_000,
        "<script>" + "/*" * 400_000,
        "<script" * 200_000,
        "<a href=" * 1_000,
        "<svg>" * 100_000,
        "<main>" * 100_000,
        "<h1>" * 100_000,
        "<div class='" + "cookie " * 100_000 + "'>",
        "<noscript>" * 50_000 + "</noscript>" * 50_000,
    ],
    ids=lambda html: html[:18],
)
def test_a_hostile_page_is_read_in_bounded_time(html: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(HtmlError):
        page(html)
    assert time.perf_counter() - start < 10


PIECES = st.sampled_from(
    [
        *("<main>", "</main>", "<nav>", "</nav>", "<a href=/x>", "<a href='", "</a>", "<form>", "</form>", "<h1>"),
        *(
            "</h1>",
            "<script>",
            "</script>",
            "location='/y'",
            "<svg>",
            "</svg>",
            "<svg/>",
            "<noscript>",
            "</noscript>",
        ),
        *("<img src=data:image/png;base64,AA>", "<meta http-equiv=refresh content='1;url=z'>", "<base href=//b>"),
        *(
            "<input name=a type=radio value=1>",
            "<button>",
            "</button>",
            "text",
            "'",
            '"',
            ">",
            "<",
            "&amp;",
            "<!--",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_page_can_be_read_and_leads_to_pages_only(html: str) -> None:
    found = page(html)
    assert all(link.url.lower().startswith(("http://", "https://")) for link in found.onward)
    assert set(found.onward) <= set(found.links)
    assert set(found.asking) <= set(found.forms)
    assert read(html, URL) == found
