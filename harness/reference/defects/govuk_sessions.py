"""Faults of the department in what becomes of a sign-in: pages for errors, signing out, and being logged out."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.govuk.identity_rules import CORE_IDENTITY
from harness.reference.govuk.one_login import SIGNED_OUT, AuthorizationRequest
from harness.reference.govuk.pages import Page
from harness.reference.govuk.web_service import Closing, Failed, Leaving

_NOT_FOUND, _NO_CONTENT = 404, 204
_LONG = 2000
"""Characters that make the request to sign out longer than GOV.UK One Login takes."""
_WAYS_ON = re.compile(r"<(a|form)\b.*?</\1>", re.DOTALL)


@fault("govuk-page:errors-dead-end")
def dead_end(page: Page, _: Context) -> None:
    """The page for an error of GOV.UK One Login has no way on."""
    if page.said:
        page.text = _WAYS_ON.sub("", page.text)


@fault("govuk-page:errors-unnoticed")
def unnoticed(page: Page, _: Context) -> None:
    """An error of GOV.UK One Login brings an empty page."""
    if page.said:
        page.text = ""


@fault("govuk-authorization-request:return-code-not-asked")
def return_code_not_asked(draft: AuthorizationRequest, _: Context) -> None:
    """Return codes are not asked for."""
    if "claims" in draft.parameters:
        draft.parameters["claims"] = json.dumps({"userinfo": {CORE_IDENTITY: None}})


@fault("govuk-authorization-request:object-again-without-hint")
def again_without_hint(draft: AuthorizationRequest, _: Context) -> None:
    """Who has to sign in again is sent to GOV.UK One Login without the ID token."""
    if draft.request_object is not None:
        draft.request_object.claims.pop("id_token_hint", None)


@fault("govuk-authorization-request:object-again-outside")
def again_outside(draft: AuthorizationRequest, _: Context) -> None:
    """That somebody has to sign in again stands outside the request object."""
    claims = draft.request_object.claims if draft.request_object is not None else {}
    draft.parameters |= {name: claims.pop(name) for name in ("prompt", "id_token_hint") if name in claims}


@fault("govuk-sign-in-failure:session-kept")
def session_kept_after_failure(failed: Failed, _: Context) -> None:
    """Who fails to sign in again stays signed in."""
    failed.ends = False


@fault("govuk-registration:no-back-channel")
def no_back_channel(registration: dict[str, Any], _: Context) -> None:
    """GOV.UK One Login was given no address for notifications."""
    registration["back_channel_logout_uri"] = None


@fault("govuk-page:no-way-out")
def no_way_out(page: Page, _: Context) -> None:
    """No page has a way to sign out."""
    page.text = re.sub(r'<a class="govuk-header__link" href="/sign-out">.*?</a>', "", page.text)


@fault("govuk-sign-out:kept")
def session_kept(leaving: Leaving, context: Context) -> None:
    """Who signs out stays signed in, in the service and at GOV.UK One Login."""
    leaving.url, leaving.ends = f"{context.base_url}{SIGNED_OUT}", False


@fault("govuk-sign-out-request:bare")
def bare(draft: AuthorizationRequest, _: Context) -> None:
    """Who signs out is sent to GOV.UK One Login without any parameters."""
    draft.parameters.clear()


@fault("govuk-sign-out-request:hint-other")
def hint_other(draft: AuthorizationRequest, _: Context) -> None:
    """Who signs out is sent to GOV.UK One Login with something else than the ID token."""
    draft.parameters["id_token_hint"] = draft.parameters["id_token_hint"].rpartition(".")[0] + ".c2lnbmF0dXJl"


@fault("govuk-sign-out-request:too-long")
def too_long(draft: AuthorizationRequest, _: Context) -> None:
    """The query that signs out is longer than GOV.UK One Login takes."""
    draft.parameters["state"] += "x" * _LONG


@fault("govuk-logout:not-found")
def notification_not_found(closing: Closing, _: Context) -> None:
    """There is nothing at the address for notifications."""
    closing.sessions.clear()
    closing.status = _NOT_FOUND


@fault("govuk-logout:no-content")
def no_content(closing: Closing, _: Context) -> None:
    """A notification is answered with 204."""
    closing.status = _NO_CONTENT
