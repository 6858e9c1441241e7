"""Faults of the web service of the department: its journeys, and how it uses GOV.UK One Login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.offers import Reissue
from harness.reference.govuk.one_login import SIGNED_OUT, AuthorizationRequest, TokenRequest
from harness.reference.govuk.outgoing import OutgoingRequest
from harness.reference.govuk.pages import Page
from harness.reference.govuk.records import Account, Details
from harness.reference.govuk.sign_in_rules import Visit
from harness.reference.govuk.web_service import Closing

_DAY = 24 * 3600


# Pages


@fault("govuk-page:refresh-forbidden")
def refresh_forbidden(page: Page, _: Context) -> None:
    """The refresh journey turns away those who are not signed in."""
    if page.name == "refresh":
        page.status = 401


@fault("govuk-page:refresh-broken")
def refresh_broken(page: Page, _: Context) -> None:
    """The refresh journey begins with an error of the server."""
    if page.name == "refresh":
        page.status, page.text = 500, "Internal Server Error"


@fault("govuk-page:refresh-missing")
def refresh_missing(page: Page, _: Context) -> None:
    """There is no page at the start of the refresh journey."""
    if page.name == "refresh":
        page.status = 404


@fault("govuk-page:refusal-broken")
def refusal_broken(page: Page, _: Context) -> None:
    """That a document cannot be issued again is told by an error of the server."""
    if page.name == "no_reissue":
        page.status, page.text = 500, "Internal Server Error"


@fault("govuk-page:refusal-empty")
def refusal_empty(page: Page, _: Context) -> None:
    """That a document cannot be issued again is told by an empty page."""
    if page.name == "no_reissue":
        page.text = ""


@fault("govuk-page:errors-broken")
def errors_broken(page: Page, _: Context) -> None:
    """An error of GOV.UK One Login becomes an error of the server."""
    if page.said:
        page.status, page.text = 500, "Internal Server Error"


@fault("govuk-page:errors-repeated")
def errors_repeated(page: Page, _: Context) -> None:
    """The page for an error of GOV.UK One Login repeats what the URL says, as HTML."""
    if page.said:
        page.text = page.text.replace("</main>", f"<p>{page.said}</p></main>")


@fault("govuk-page:english-only")
def english_only(page: Page, _: Context) -> None:
    """Pages in Welsh say that they are English."""
    page.text = page.text.replace('<html lang="cy"', '<html lang="en"')


@fault("govuk-visit:offers-open")
def offers_open(visit: Visit, _: Context) -> None:
    """The page with an offer opens for whoever knows its address."""
    if visit.path.startswith("/offers/"):
        visit.signed_in = True


# Offers anew


@fault("govuk-reissue:refused")
def refused(decision: Reissue, _: Context) -> None:
    """Nobody is offered a document again."""
    decision.allowed = False


@fault("govuk-reissue:withdrawn-too")
def withdrawn_too(decision: Reissue, _: Context) -> None:
    """A document is offered again to one who may have no further one."""
    decision.allowed = decision.previous is not None


@fault("govuk-reissue:data-of-another")
def data_of_another(decision: Reissue, _: Context) -> None:
    """Who never had the document is offered it with the data of who was given it last."""
    if decision.previous is None and decision.latest is not None:
        decision.account.details = decision.latest.offered.account.details
        decision.allowed = True


@fault("govuk-reissue:offer-of-another")
def offer_of_another(decision: Reissue, _: Context) -> None:
    """Who never had the document is shown an offer for the wallet of who was given it last."""
    if decision.previous is None and decision.latest is not None:
        decision.account.wallet_subject_id = decision.latest.offered.account.wallet_subject_id
        decision.allowed = True


@fault("govuk-reissue:other-document")
def other_document(decision: Reissue, context: Context) -> None:
    """The refresh journey ends with an offer of another document."""
    if isinstance(context, GovukContext):
        others = [name for name in context.variant.configurations if name != decision.configuration]
        decision.configuration = next(iter(others), decision.configuration)


@fault("govuk-reissue:spent")
def spent(decision: Reissue, _: Context) -> None:
    """The offer at the end of the refresh journey counts as redeemed."""
    decision.spent = True


@fault("govuk-reissue:same-offer")
def same_offer(decision: Reissue, _: Context) -> None:
    """The refresh journey ends with the offer from before."""
    if decision.previous is not None:
        decision.offered = decision.previous.offered


@fault("govuk-reissue:stranger")
def stranger(decision: Reissue, _: Context) -> None:
    """The refresh journey offers the document to another user than the one who is signed in."""
    details = Details("Charlotte", "Unknown", "1970-01-01")
    decision.account = Account(f"{decision.account.wallet_subject_id[:-4]}0000", details)
    decision.allowed = True


# What is sent to GOV.UK One Login


@fault("govuk-request:no-user-agent")
def no_user_agent(request: OutgoingRequest, _: Context) -> None:
    """Requests to other services have an empty User-Agent."""
    request.headers["User-Agent"] = ""


def _away(identifier: str, description: str, change: Callable[[dict[str, str], Context], Any]) -> None:
    def spoil(draft: AuthorizationRequest, context: Context) -> None:
        change(draft.parameters, context)

    fault(f"govuk-authorization-request:{identifier}", description)(spoil)


_away("state-missing", "There is no state.", lambda sent, _: sent.pop("state"))
_away(
    "state-same",
    "The state is always the same.",
    lambda sent, _: sent.update(state="assay-state-of-the-department"),
)
_away(
    "state-counted",
    "The state is counted up.",
    lambda sent, context: sent.update(state=f"{next(context.numbers):08}"),
)
_away("nonce-missing", "There is no nonce.", lambda sent, _: sent.pop("nonce"))
_away(
    "nonce-same",
    "The nonce is always the same.",
    lambda sent, _: sent.update(nonce="assay-nonce-of-the-department"),
)
_away(
    "nonce-counted",
    "The nonce is counted up.",
    lambda sent, context: sent.update(nonce=f"{next(context.numbers):08}"),
)
_away(
    "scope-without-wallet",
    "The scope lacks wallet-subject-id.",
    lambda sent, _: sent.update(scope="openid email"),
)
_away(
    "scope-without-openid",
    "The scope lacks openid.",
    lambda sent, _: sent.update(scope="email wallet-subject-id"),
)
_away("response-type", "The response_type is token.", lambda sent, _: sent.update(response_type="token"))
_away("client-other", "The client_id is of another service.", lambda sent, _: sent.update(client_id="another"))
_away(
    "redirect-other",
    "The redirect_uri is not registered.",
    lambda sent, _: sent.update(redirect_uri=f"{sent['redirect_uri']}/here"),
)
_away(
    "challenge-plain",
    "The code challenge is plain.",
    lambda sent, _: sent.update(code_challenge_method="plain"),
)
_away(
    "too-long", "The query is longer than GOV.UK One Login takes.", lambda sent, _: sent.update(cookie="x" * 5000)
)
_away("locale-other", "GOV.UK One Login is to speak French.", lambda sent, _: sent.update(ui_locales="fr"))
_away("identity-forgotten", "No proof of identity is asked for.", lambda sent, _: sent.update(vtr='["Cl.Cm"]'))


def _token(identifier: str, description: str, change: Callable[[Any, Context], Any]) -> None:
    def spoil(draft: TokenRequest, context: Context) -> None:
        change(draft, context)

    fault(f"govuk-token-request:{identifier}", description)(spoil)


_token(
    "aud-other", "The assertion is for another server.", lambda one, _: one.assertion.claims.update(aud=_ELSEWHERE)
)
_token(
    "iss-other",
    "The iss of the assertion is not the client.",
    lambda one, _: one.assertion.claims.update(iss="it"),
)
_token("sub-missing", "The assertion has no sub.", lambda one, _: one.assertion.claims.pop("sub"))
_token("jti-missing", "The assertion has no jti.", lambda one, _: one.assertion.claims.pop("jti"))
_token("jti-same", "Each assertion has the same jti.", lambda one, _: one.assertion.claims.update(jti="assay"))
_token("exp-missing", "The assertion has no exp.", lambda one, _: one.assertion.claims.pop("exp"))
_token(
    "exp-late",
    "The assertion lives for a day.",
    lambda one, context: one.assertion.claims.update(exp=context.now() + _DAY),
)
_token("signature", "The assertion is signed with another key.", lambda one, _: _resign(one))
_token("verifier-missing", "There is no code_verifier.", lambda one, _: one.parameters.pop("code_verifier"))
_token(
    "redirect-other",
    "The redirect_uri is not that of the authorization request.",
    lambda one, _: one.parameters.update(redirect_uri=_ELSEWHERE),
)
_token("twice", "The code is sent twice.", lambda one, _: setattr(one, "times", 2))
_ELSEWHERE = "https://other.service.gov.uk/"


def _resign(request: Any) -> None:
    request.assertion.key = keys.SigningKey(request.assertion.header["alg"], keys.rsa_key())


# Signing out


@fault("govuk-sign-out-request:not-sent")
def not_sent(draft: AuthorizationRequest, context: Context) -> None:
    """Who signs out stays signed in at GOV.UK One Login."""
    draft.endpoint = f"{context.base_url}{SIGNED_OUT}"
    draft.parameters.clear()


@fault("govuk-sign-out-request:hint-missing")
def hint_missing(draft: AuthorizationRequest, _: Context) -> None:
    """Who signs out is sent to GOV.UK One Login without the ID token."""
    del draft.parameters["id_token_hint"]


@fault("govuk-sign-out-request:place-other")
def place_other(draft: AuthorizationRequest, _: Context) -> None:
    """Who signs out is to come back to a place that is not registered."""
    draft.parameters["post_logout_redirect_uri"] += "/here"


@fault("govuk-logout:kept")
def sessions_kept(closing: Closing, _: Context) -> None:
    """Sessions stay open after GOV.UK One Login tells that their user was logged out."""
    closing.sessions.clear()
