"""What the browser is led through on a download: the authorization endpoint in issuing mode, and every URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.downloads import Download
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.wallet import token
from suites.staff_passport._details import information, leaves

check = area("Staff Passport: redirects of a download")

_PARAMETERS = frozenset({"client_id", "request_uri"})
_LEAST = 6
"""Characters of a value; what is shorter may stand in a random text by chance."""


@check(
    "dsp-issuing-redirect",
    requires=["DSP-STEP7-11", "DSP-STEP7-10", "DSP-STEP7-12"],
    proven_by={
        "dsp-issuing-authorization:client-other": "DSP-ISSUING-CLIENT",
        "dsp-issuing-authorization:request-uri-other": "DSP-ISSUING-REQUEST-URI",
        "dsp-issuing-authorization:parameters-again": "DSP-ISSUING-PARAMETERS",
        "dsp-issuing-authorization:personal": "DSP-ISSUING-PARAMETERS",
        "dsp-issuing-authorization:secret": "DSP-ISSUING-PARAMETERS",
    },
)
async def the_browser_brings_the_pushed_request(
    journey: Download, portal: PortalUnderTest, expect: Expect
) -> None:
    """To download, the browser is redirected to the gateway with the reference of the pushed request."""
    pushed = journey.pushed
    if not isinstance(pushed.answer, Mapping) or "request_uri" not in pushed.answer:
        raise Blocked(f"the gateway does not take the pushed request: {pushed.because or pushed.status}")
    led = [each for each in journey.requests if each.endpoint == "authorize" and each.number > pushed.number]
    if not expect.that(
        bool(led),
        "DSP-ISSUING-ELSEWHERE",
        "the browser at the authorization endpoint of the gateway after the request was pushed",
        f"it came to {journey.downloaded.gist}",
        at=journey.downloaded.reply,
        requirement="DSP-STEP7-10",
    ):
        return
    given = led[0].parameters
    expect.that(
        given.get("client_id") == portal.system.client_id,
        "DSP-ISSUING-CLIENT",
        f"client_id {portal.system.client_id} in the URL that leads to the download",
        given.get("client_id", "no client_id"),
    )
    expect.that(
        given.get("request_uri") == pushed.answer["request_uri"],
        "DSP-ISSUING-REQUEST-URI",
        "the request_uri that the gateway gave, in the URL that leads to the download",
        "another one" if "request_uri" in given else "no request_uri",
    )
    further = sorted(given.keys() - _PARAMETERS)
    expect.that(
        not further,
        "DSP-ISSUING-PARAMETERS",
        f"{' and '.join(sorted(_PARAMETERS))} and nothing else in the URL that leads to the download",
        f"also {', '.join(further)}",
        requirement="DSP-STEP7-12",
    )


@check(
    "dsp-url-secret",
    requires=["DSP-STEP6-13"],
    proven_by={
        "dsp-authorization:secret": "DSP-URL-SECRET",
        "dsp-issuing-authorization:secret": "DSP-URL-SECRET",
        "dsp-redirect:secret": "DSP-URL-SECRET",
    },
)
async def no_url_has_the_client_secret(journey: Download, portal: PortalUnderTest, expect: Expect) -> None:
    """The client secret stands in no URL, neither of the browser nor of the portal's own requests."""
    urls = (*journey.urls, *(each.url for each in journey.requests))
    secret = portal.system.client_secret
    found = [_place(url) for url in urls if secret in unquote(url) or secret in dict(_query(url)).values()]
    expect.that(not found, "DSP-URL-SECRET", "no URL with the client secret", f"the one of {_named(found)}")


@check(
    "dsp-url-data",
    requires=["DSP-STEP7-13"],
    proven_by={
        "dsp-par:not-pushed": "DSP-URL-DATA",
        "dsp-authorization:personal": "DSP-URL-DATA",
        "dsp-issuing-authorization:personal": "DSP-URL-DATA",
        "dsp-redirect:personal": "DSP-URL-DATA",
    },
)
async def no_url_tells_about_the_employee(journey: Download, expect: Expect) -> None:
    """No URL that the browser sees has a value of the credential or of the identity credential."""
    values = {value.casefold(): name for name, value in _values(journey) if len(value) >= _LEAST}
    found: dict[str, str] = {}
    for url in journey.urls:
        for text in _texts(url):
            for value, name in values.items():
                if value in text:
                    found.setdefault(name, _place(url))
    expect.that(
        not found,
        "DSP-URL-DATA",
        "no value of the credential, or of who the employee is, in a URL of the browser",
        f"{', '.join(found)} in the one of {_named(list(found.values()))}",
    )


def _values(journey: Download) -> Iterator[tuple[str, str]]:
    who = journey.visit.employee
    yield "the first name", who.first_name
    yield "the surname", who.surname
    yield "the date of birth", who.birth_date
    yield "the unique identifier", who.unique_identifier
    known = dict(who.records.get(journey.template, {}))
    for each in journey.at("par"):
        known |= information(each.hint.claims if each.hint else {})
    for name, value in known.items():
        if isinstance(value, str):
            yield name, value


def _texts(url: str) -> Iterator[str]:
    """Give what a URL says, in lower case: values of its query, what JWTs in it say, and its fragment."""
    for _, value in _query(url):
        yield value.casefold()
        if value.count(".") == 2:
            yield from (str(claim).casefold() for _, claim in leaves(token.claims(value)))
    yield unquote(urlsplit(url).fragment).casefold()


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _named(places: list[str]) -> str:
    return ", ".join(dict.fromkeys(places))
