"""Faults of authorization requests and responses that FAPI 2.0 section 5.3.2.2 speaks of."""

from __future__ import annotations

from typing import Any

from harness.reference.authorization_documents import AuthorizationResponse
from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.state import RequestUse

Document = dict[str, Any]


@fault("pushed-request:front-redirect-uri")
def front_redirect_uri(counts: Document, _: Context) -> None:
    """The redirect_uri that the browser brings beside a request_uri takes the place of the pushed one."""
    brought = [pair for pair in counts["beside"] if pair[0] == "redirect_uri"]
    if brought:
        counts["pushed"] = [pair for pair in counts["pushed"] if pair[0] != "redirect_uri"] + brought


@fault("request-uri-use:page-load")
def used_by_page_load(use: RequestUse, _: Context) -> None:
    """A request_uri is used up when its page is loaded."""
    use.spent = True


@fault("par:lifetime-brief")
def lifetime_brief(document: Document, _: Context) -> None:
    """A pushed request can be used for 20 seconds."""
    document["expires_in"] = 20


@fault("authorization-response:status-302")
def response_found(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response is a redirect with the status 302."""
    response.status = 302


@fault("authorization-response:state-invented")
def state_invented(response: AuthorizationResponse, context: Context) -> None:
    """The authorization response to a request without state has one."""
    response.parameters.setdefault("state", context.secret())


@fault("authorization-response:state-cut-late")
def state_cut_late(response: AuthorizationResponse, _: Context) -> None:
    """Of the state, the first 512 characters come back."""
    if "state" in response.parameters:
        response.parameters["state"] = response.parameters["state"][:512]
