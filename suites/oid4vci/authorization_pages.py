"""Pages of the Authorization Endpoint and how it goes on from them: RFC 6749 section 10.14, RFC 9700 section 4."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import html_links
from harness.transport import Reply
from suites.oid4vci._authorizations import DIRECT, ask_directly

check = area("Authorization Endpoint", per=Per.GRANT)

_MARK = "<assay-mark>"
_POLICY = "Content-Security-Policy"
_OPTIONS = "X-Frame-Options"
_ANYBODY = frozenset({"*", "http:", "https:"})
"""Sources of a policy that leave nobody out (Content Security Policy level 3 section 6.7.2)."""
_FRAME_BUSTER = re.compile(rb"\b(?:window\.)?(?:top|self|parent)\s*[!=]==?\s*(?:window\.)?(?:top|self|parent)\b")
"""What a script asks that takes its page out of a frame (RFC 6749 section 10.13)."""
_BODY_KEPT = frozenset({307, 308})
"""Redirects that make a browser send the form once more (RFC 9110 sections 15.4.8 and 15.4.9)."""


@check(
    "authorization-page-markup-escaped",
    requires=["RFC6749-10.14-01"],
    proven_by={"authorization-page:unescaped": "AUTHORIZATION-PAGE-MARKUP"},
    applies=DIRECT,
    flows=2,
)
async def markup_of_a_request_is_escaped(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """Markup in state or redirect_uri does not become part of a page."""
    registered = authorization.parameters.get("redirect_uri", "")
    for name, value in (("state", f'">{_MARK}'), ("redirect_uri", f'{registered}/">{_MARK}')):
        attempt = await ask_directly(flow.again(), {name: value})
        pages = [page for page in attempt.pages if _MARK.encode() in page.body]
        expect.that(
            not pages,
            "AUTHORIZATION-PAGE-MARKUP",
            f"markup in {name} is escaped in pages, or left out",
            f"a page has {_MARK} as the request has it",
            at=pages[0] if pages else attempt.last,
        )


@check(
    "authorization-password-not-passed-on",
    requires=["RFC9700-4.12-01", "RFC9700-2.1-03", "RFC9700-4.12-02", "FAPI2-5.3.2.2-12", "FAPI2-5.3.2.2-13"],
    proven_by={
        "sign-in-response:status-307": "AUTHORIZATION-PASSWORD-PASSED-ON",
        "sign-in-response:status-302": "AUTHORIZATION-PASSWORD-REDIRECT",
    },
    applies=when.code_flow & when.password_sent,
)
async def a_password_is_not_passed_on(authorization: Authorized, expect: Expect) -> None:
    """A form with a password is answered by a redirect that does not make the browser send it once more."""
    for reply in authorization.redirects_with_password:
        if expect.that(
            reply.status not in _BODY_KEPT,
            "AUTHORIZATION-PASSWORD-PASSED-ON",
            "a redirect with the status code 303",
            f"HTTP {reply.status}",
            at=reply,
        ):
            expect.that(
                reply.status == 303,
                "AUTHORIZATION-PASSWORD-REDIRECT",
                "a redirect with the status code 303",
                f"HTTP {reply.status}",
                at=reply,
                requirement="RFC9700-4.12-02",
            )


@check(
    "authorization-page-framing",
    requires=["RFC9700-4.16-01", "RFC9700-4.16-02"],
    proven_by={
        "authorization-page:framable": "AUTHORIZATION-PAGE-FRAMABLE",
        "authorization-page:framable-by-all": "AUTHORIZATION-PAGE-FRAMABLE",
        "authorization-page:policy-missing": "AUTHORIZATION-PAGE-POLICY",
    },
    applies=when.code_flow & when.authorization_pages,
)
async def pages_cannot_be_framed(authorization: Authorized, expect: Expect) -> None:
    """Other sites cannot show the pages of the Authorization Endpoint in a frame."""
    for page in authorization.pages:
        headers = {name: ", ".join(page.headers.get_list(name)) for name in (_POLICY, _OPTIONS)}
        expect.that(
            _keeps_out(page, headers[_POLICY], headers[_OPTIONS]),
            "AUTHORIZATION-PAGE-FRAMABLE",
            f"{_OPTIONS} with DENY or SAMEORIGIN, or frame-ancestors in {_POLICY} that names sites",
            "; ".join(f"{name}: {value}" for name, value in headers.items() if value) or "neither header",
            at=page,
            pointer=f"header {_POLICY}",
        )
        expect.that(
            bool(headers[_POLICY]),
            "AUTHORIZATION-PAGE-POLICY",
            f"a {_POLICY}",
            "no such header",
            at=page,
            pointer=f"header {_POLICY}",
            requirement="RFC9700-4.16-02",
        )


def _keeps_out(page: Reply, policy: str, options: str) -> bool:
    """Whether something keeps a page out of the frames of other sites (RFC 9700 section 4.16)."""
    if _FRAME_BUSTER.search(page.body):
        return True
    directives = [directive.split() for directive in policy.lower().replace(",", ";").split(";")]
    ancestors = [words[1:] for words in directives if words[:1] == ["frame-ancestors"]]
    if ancestors:
        # Browsers take no notice of the other header then.
        return any(_ANYBODY.isdisjoint(sources) for sources in ancestors)
    return {value.strip().lower() for value in options.split(",")} <= {"deny", "sameorigin"}


@check(
    "authorization-page-own-content",
    requires=["RFC9700-4.2.4-01"],
    proven_by={"authorization-page:third-party": "AUTHORIZATION-PAGE-THIRD-PARTY"},
    applies=when.code_flow & when.authorization_pages,
)
async def pages_have_nothing_from_third_parties(authorization: Authorized, expect: Expect) -> None:
    """The pages of the Authorization Endpoint load nothing from other sites and do not lead to them."""
    for page in authorization.pages:
        foreign = _foreign(page)
        expect.that(
            not foreign,
            "AUTHORIZATION-PAGE-THIRD-PARTY",
            "resources and links of the same site only",
            f"{len(foreign)} of other sites, such as {foreign[0] if foreign else ''}",
            at=page,
        )


def _foreign(page: Reply) -> list[str]:
    own = _site(urlsplit(page.url).hostname)
    found = html_links.read(page.body.decode("utf-8", "replace"), page.url)
    return [url for url in found if (host := urlsplit(url).hostname) and _site(host) != own]


def _site(host: str | None) -> str:
    """Give the last two labels of a host name: other hosts of one operator are no third parties."""
    return ".".join((host or "").split(".")[-2:])
