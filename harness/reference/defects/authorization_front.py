"""Faults of the Authorization Endpoint: its pages, its redirects, and what it takes a request for.

RFC 6749 sections 4.1.2 and 10.14, RFC 9700 sections 2.6 and 4, OpenID4VCI 5.1.
"""

from __future__ import annotations

import html
import re

from harness.reference.authorization_documents import AuthorizationResponse
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.pages import Page
from harness.reference.state import Authorization

_POLICY = "Content-Security-Policy"


# Authorization response


@fault("authorization-response:code-twice")
def code_twice(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response has the code twice."""
    joint = "&" if "?" in response.redirect_uri else "?"
    response.redirect_uri += f"{joint}code={response.parameters['code']}"


@fault("authorization-response:state-cut")
def state_cut(response: AuthorizationResponse, _: Context) -> None:
    """Of the state, the first 200 characters come back."""
    if "state" in response.parameters:
        response.parameters["state"] = response.parameters["state"][:200]


@fault("authorization-response:state-unescaped")
def state_unescaped(response: AuthorizationResponse, _: Context) -> None:
    """The plus signs of the state come back as blanks."""
    if "state" in response.parameters:
        response.parameters["state"] = response.parameters["state"].replace("+", " ")


@fault("authorization-response:query-lost")
def query_lost(response: AuthorizationResponse, _: Context) -> None:
    """The query of the redirect URI is lost."""
    response.redirect_uri = response.redirect_uri.partition("?")[0]


@fault("authorization-response:iss-http")
def iss_http(response: AuthorizationResponse, _: Context) -> None:
    """The iss has the scheme http."""
    if "iss" in response.parameters:
        response.parameters["iss"] = response.parameters["iss"].replace("https:", "http:", 1)


@fault("authorization-response:cross-origin")
def cross_origin(response: AuthorizationResponse, _: Context) -> None:
    """Scripts of any site may read what the Authorization Endpoint answers."""
    response.headers["Access-Control-Allow-Origin"] = "*"


@fault("authorization-response:status-405")
def method_refused(response: AuthorizationResponse, _: Context) -> None:
    """The Authorization Endpoint answers GET requests with the status 405."""
    response.status = 405


@fault("authorization-error-response:error-charset")
def error_charset(response: AuthorizationResponse, _: Context) -> None:
    """The error for an unsupported response_type has characters that are not allowed."""
    if response.refuses_type:
        response.parameters["error"] = 'no "such" response_type'


@fault("authorization-error-response:uri-charset")
def uri_charset(response: AuthorizationResponse, _: Context) -> None:
    """The error_uri is no URI reference."""
    response.parameters["error_uri"] = "https://issuer.assay.test/errors/wrong type"


@fault("authorization-error-response:page-instead")
def page_instead(response: AuthorizationResponse, _: Context) -> None:
    """The user learns of an error in the request, the wallet does not."""
    response.redirect_uri = ""


@fault("authorization-error-response:denial-stateless")
def denial_stateless(response: AuthorizationResponse, _: Context) -> None:
    """The response to a wallet whose user said no has no state."""
    if response.parameters.get("error") == "access_denied":
        response.parameters.pop("state", None)


# Sign-in


@fault("sign-in-response:status-307")
def sign_in_temporary(reply: Reply, _: Context) -> None:
    """The browser is sent on with the password after the sign-in."""
    reply.status = 307


@fault("sign-in-response:status-302")
def sign_in_found(reply: Reply, _: Context) -> None:
    """The redirect after the sign-in has the status 302."""
    reply.status = 302


# Pages


@fault("authorization-page:unescaped")
def page_unescaped(page: Page, _: Context) -> None:
    """What a request brings is written into pages as it is."""
    page.text = html.unescape(page.text)


@fault("authorization-page:empty")
def page_empty(page: Page, _: Context) -> None:
    """Pages that tell of an error are empty."""
    if page.status >= 400:
        page.text = ""


@fault("authorization-page:framable")
def page_framable(page: Page, _: Context) -> None:
    """Any site can show the pages in a frame."""
    page.headers[_POLICY] = re.sub(r"; frame-ancestors [^;]*", "", page.headers[_POLICY])


@fault("authorization-page:framable-by-all")
def page_framable_by_all(page: Page, _: Context) -> None:
    """The pages let any site frame them; the older header, which browsers then ignore, denies it."""
    page.headers[_POLICY] = re.sub(r"frame-ancestors [^;]*", "frame-ancestors *", page.headers[_POLICY])
    page.headers["X-Frame-Options"] = "DENY"


@fault("authorization-page:policy-missing")
def page_without_policy(page: Page, _: Context) -> None:
    """The pages have no Content-Security-Policy, X-Frame-Options in its place."""
    del page.headers[_POLICY]
    page.headers["X-Frame-Options"] = "DENY"


@fault("authorization-page:third-party")
def page_of_third_party(page: Page, _: Context) -> None:
    """The pages load a picture from another site."""
    page.text = page.text.replace("</html>", '<img src="https://pictures.example/pixel.png" alt="">\n</html>')


# What a request is taken for


@fault("authorization:first-only")
def first_only(authorization: Authorization, _: Context) -> None:
    """Of several credentials asked for, the first is granted."""
    authorization.configurations = authorization.configurations[:1]


@fault("authorization:scope-wins")
def scope_wins(authorization: Authorization, _: Context) -> None:
    """Where scope asks for something, authorization_details count for nothing."""
    if authorization.scope:
        authorization.by_details = False
