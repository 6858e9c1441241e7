"""Faults of the sample portal: what it tells the gateway, what it keeps, and what it shows to employees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.staff_passport.gateway_client import (
    AuthorizationRequest,
    Hint,
    PushedRequest,
    RevocationRequest,
    TokenRequest,
)
from harness.reference.staff_passport.pages import Listed, Page, Preview, Row
from harness.reference.staff_passport.revocations import Failed, Invalidation, Mail
from harness.reference.staff_passport.service import (
    Choice,
    Declined,
    Freshness,
    Kept,
    Redirect,
    SentAway,
    Standing,
    Unanswered,
)

_HOUR = 3600
_OTHER_GUID = "00000000-0000-4000-8000-000000000000"
_OTHER_KEY = b"no key that anybody was given...."
_OTHER_CLIENT = "another-client"
_OTHER_SECRET = "another secret"  # of nobody
_OTHER_REDIRECT = "https://elsewhere.example/callback"


# Browsers sent to the gateway, in verifying mode


def _away(identifier: str, description: str, change: Callable[[AuthorizationRequest], Any]) -> None:
    def spoil(draft: AuthorizationRequest, _: Context) -> None:
        change(draft)

    fault(f"dsp-authorization:{identifier}", description)(spoil)


_away(
    "client-other",
    "The identity is asked for as another client.",
    lambda draft: draft.parameters.update(client_id=_OTHER_CLIENT),
)
_away(
    "response-type-other",
    "The identity is asked for without a code.",
    lambda draft: draft.parameters.update(response_type="id_token"),
)
_away(
    "redirect-uri-other",
    "The browser shall come back to a URL that is not registered.",
    lambda draft: draft.parameters.update(redirect_uri=_OTHER_REDIRECT),
)
_away(
    "scope-other",
    "The scope names another credential than the identity.",
    lambda draft: draft.parameters.update(scope="openid TrainingPlacement"),
)
_away(
    "scope-without-openid",
    "The scope does not say that this is OpenID Connect.",
    lambda draft: draft.parameters.update(scope="Identity"),
)
_away("state-missing", "The identity is asked for without a state.", lambda draft: draft.parameters.pop("state"))
_away(
    "state-fixed",
    "The state is the same each time the identity is asked for.",
    lambda draft: draft.parameters.update(state="verifyCreation"),
)
_away(
    "state-short",
    "The state of the request for the identity can be guessed.",
    lambda draft: draft.parameters.update(state=draft.parameters["state"][:8]),
)
_away("nonce-missing", "The identity is asked for without a nonce.", lambda draft: draft.parameters.pop("nonce"))
_away(
    "nonce-fixed",
    "The nonce is the same each time the identity is asked for.",
    lambda draft: draft.parameters.update(nonce=_OTHER_GUID),
)
_away(
    "challenge-missing",
    "The identity is asked for without a code challenge.",
    lambda draft: [draft.parameters.pop(name) for name in ("code_challenge", "code_challenge_method")],
)
_away(
    "elsewhere",
    "The browser is sent to a path where the gateway has no authorize endpoint.",
    lambda draft: setattr(draft, "endpoint", f"{draft.endpoint.rpartition('/')[0]}/authorise"),
)
_away(
    "personal",
    "The URL that asks for the identity tells who the employee is.",
    lambda draft: draft.parameters.update(login_hint=" ".join(draft.person.values())),
)
_away(
    "secret",
    "The URL that asks for the identity has the client_secret.",
    lambda draft: draft.parameters.update(draft.secrets),
)


# Browsers sent to the gateway, in issuing mode


def _away_to_issue(identifier: str, description: str, change: Callable[[AuthorizationRequest], Any]) -> None:
    def spoil(draft: AuthorizationRequest, _: Context) -> None:
        change(draft)

    fault(f"dsp-issuing-authorization:{identifier}", description)(spoil)


_away_to_issue(
    "personal",
    "The URL that leads to the download tells who the employee is.",
    lambda draft: draft.parameters.update(login_hint=" ".join(draft.person.values())),
)
_away_to_issue(
    "secret",
    "The URL that leads to the download has the client_secret.",
    lambda draft: draft.parameters.update(draft.secrets),
)
_away_to_issue(
    "parameters-again",
    "The URL that leads to the download has parameters of the request that was pushed.",
    lambda draft: draft.parameters.update(scope="issue.TrainingPlacement", response_type="code"),
)
_away_to_issue(
    "client-other",
    "The URL that leads to the download names another client.",
    lambda draft: draft.parameters.update(client_id=_OTHER_CLIENT),
)
_away_to_issue(
    "request-uri-other",
    "The URL that leads to the download names another request than was pushed.",
    lambda draft: draft.parameters.update(request_uri="urn:ietf:params:oauth:request_uri:another"),
)


# Pushed requests


def _push(identifier: str, description: str, change: Callable[[PushedRequest], Any]) -> None:
    def spoil(draft: PushedRequest, _: Context) -> None:
        change(draft)

    fault(f"dsp-par:{identifier}", description)(spoil)


_push(
    "not-pushed",
    "What is to be issued goes through the browser and is not pushed.",
    lambda draft: setattr(draft, "pushed", False),
)
_push(
    "client-other",
    "The request is pushed as another client.",
    lambda draft: draft.parameters.update(client_id=_OTHER_CLIENT),
)
_push(
    "secret-missing",
    "The request is pushed without the client_secret.",
    lambda draft: draft.parameters.pop("client_secret"),
)
_push(
    "secret-other",
    "The request is pushed with another client_secret.",
    lambda draft: draft.parameters.update(client_secret=_OTHER_SECRET),
)
_push(
    "redirect-uri-other",
    "The pushed request names a redirect_uri that is not registered.",
    lambda draft: draft.parameters.update(redirect_uri=_OTHER_REDIRECT),
)
_push(
    "response-type-missing",
    "The pushed request has no response_type.",
    lambda draft: draft.parameters.pop("response_type"),
)
_push(
    "scope-other",
    "The pushed request names a credential that the gateway does not know.",
    lambda draft: draft.parameters.update(scope="issue.SomethingElse"),
)
_push(
    "scope-bare",
    "The scope of the pushed request does not say that something is to be issued.",
    lambda draft: draft.parameters.update(scope=draft.parameters["scope"].replace("issue.", "")),
)
_push("state-missing", "The pushed request has no state.", lambda draft: draft.parameters.pop("state"))
_push(
    "state-fixed",
    "The state is the same for each download.",
    lambda draft: draft.parameters.update(state="credentialCreation"),
)
_push("nonce-missing", "The pushed request has no nonce.", lambda draft: draft.parameters.pop("nonce"))
_push("hint-missing", "The pushed request has no hint.", lambda draft: draft.parameters.pop("id_token_hint"))


# Hints


def _hint(identifier: str, description: str, change: Callable[[Hint], Any]) -> None:
    def spoil(draft: Hint, _: Context) -> None:
        change(draft)

    fault(f"dsp-hint:{identifier}", description)(spoil)


_hint(
    "unique-identifier-missing",
    "The unique identifier is left out.",
    lambda hint: hint.claims.pop("UniqueIdentifier", None),
)
_hint(
    "unique-identifier-other",
    "The unique identifier is not the one of the identity credential.",
    lambda hint: hint.claims.update(UniqueIdentifier=_OTHER_GUID),
)
_hint("unsigned", "The hint is not signed.", lambda hint: hint.header.update(alg="none"))
_hint("key-other", "The hint is signed with another key.", lambda hint: setattr(hint, "key", _OTHER_KEY))
_hint("issuer-other", "The hint was made by another client.", lambda hint: hint.claims.update(iss=_OTHER_CLIENT))
_hint(
    "audience-other",
    "The hint is for somebody else than the gateway.",
    lambda hint: hint.claims.update(aud="https://elsewhere.example"),
)
_hint("expired", "The hint has expired.", lambda hint: hint.claims.update(exp=hint.claims["iat"] - _HOUR))
_hint("expiry-missing", "The hint does not say when it expires.", lambda hint: hint.claims.pop("exp"))
_hint(
    "early",
    "The hint is not valid yet.",
    lambda hint: hint.claims.update(nbf=hint.claims["iat"] + _HOUR, exp=hint.claims["exp"] + _HOUR),
)
_hint(
    "value-differs",
    "What is issued is not what the employee confirmed.",
    lambda hint: hint.claims.update({_first_attribute(hint): "Something that nobody confirmed"}),
)
_hint(
    "attribute-missing",
    "An attribute of the credential is left out.",
    lambda hint: hint.claims.pop(_first_attribute(hint)),
)
_hint(
    "attribute-extra",
    "The credential has an attribute that its schema does not have.",
    lambda hint: hint.claims.update({"PortalNote": "Something more"}),
)
_hint(
    "attribute-number",
    "An attribute of the credential is a number.",
    lambda hint: hint.claims.update({_first_attribute(hint): 7}),
)
_hint(
    "attributes-nested",
    "The attributes stand in an object of their own.",
    lambda hint: hint.claims.update(credential=_taken_out(hint)),
)


def _attributes(hint: Hint) -> list[str]:
    return [name for name in hint.claims if "-" in name]


def _first_attribute(hint: Hint) -> str:
    return _attributes(hint)[0]


def _taken_out(hint: Hint) -> dict[str, Any]:
    return {name: hint.claims.pop(name) for name in _attributes(hint)}


# Token requests


def _token(identifier: str, description: str, change: Callable[[TokenRequest], Any]) -> None:
    def spoil(draft: TokenRequest, _: Context) -> None:
        change(draft)

    fault(f"dsp-token:{identifier}", description)(spoil)


_token("never", "The code is not exchanged.", lambda draft: setattr(draft, "times", 0))
_token("twice", "The code is exchanged twice.", lambda draft: setattr(draft, "times", 2))
_token(
    "redirect-uri-other",
    "The code is exchanged with another redirect_uri.",
    lambda draft: draft.parameters.update(redirect_uri=f"{draft.parameters['redirect_uri']}/again"),
)
_token(
    "redirect-uri-missing",
    "The code is exchanged without the redirect_uri.",
    lambda draft: draft.parameters.pop("redirect_uri"),
)
_token(
    "client-other",
    "The code is exchanged as another client.",
    lambda draft: draft.parameters.update(client_id=_OTHER_CLIENT),
)
_token(
    "secret-missing",
    "The code is exchanged without the client_secret.",
    lambda draft: draft.parameters.pop("client_secret"),
)
_token(
    "secret-other",
    "The code is exchanged with another client_secret.",
    lambda draft: draft.parameters.update(client_secret=_OTHER_SECRET),
)
_token(
    "grant-type-other",
    "The grant_type is not that of codes.",
    lambda draft: draft.parameters.update(grant_type="code"),
)
_token("code-other", "Another code is exchanged.", lambda draft: draft.parameters.update(code="another"))


@fault("dsp-token:verifier-other")
def verifier_other(draft: TokenRequest, _: Context) -> None:
    """The code_verifier is not that of the challenge."""
    if "code_verifier" in draft.parameters:
        draft.parameters["code_verifier"] = "A" * 43


@fault("dsp-token:verifier-missing")
def verifier_missing(draft: TokenRequest, _: Context) -> None:
    """The code_verifier is left out although there was a challenge."""
    draft.parameters.pop("code_verifier", None)


# When the gateway brings nothing


@fault("dsp-declined:exchanged")
def exchanged_anyway(declined: Declined, _: Context) -> None:
    """The token endpoint is asked although the gateway sent an error."""
    declined.exchanges = True


@fault("dsp-token-failure:verified")
def verified_anyway(failed: Unanswered, _: Context) -> None:
    """The identity counts as verified although the code could not be exchanged."""
    failed.counts = failed.mode == "verifying"


@fault("dsp-token-failure:downloaded")
def downloaded_anyway(failed: Unanswered, _: Context) -> None:
    """The credential counts as downloaded although the code could not be exchanged."""
    failed.counts = failed.mode == "issuing"


# The list


@fault("dsp-list:inapplicable")
def offers_inapplicable(listed: Listed, _: Context) -> None:
    """Credentials are offered to an employee for whom there are none."""
    if not listed.applicable:
        listed.rows = [Row(template, "Not downloaded") for template in listed.templates]


@fault("dsp-list:downloaded-unsaid")
def downloaded_unsaid(listed: Listed, _: Context) -> None:
    """The list does not tell what was downloaded."""
    for row in listed.rows:
        row.status = "Not downloaded"


@fault("dsp-list:status-missing")
def status_missing(listed: Listed, _: Context) -> None:
    """The list says of no credential whether it was downloaded."""
    for row in listed.rows:
        row.status = ""


@fault("dsp-list:always-downloaded")
def always_downloaded(listed: Listed, context: Context) -> None:
    """The list says of each credential that it was downloaded."""
    day = datetime.fromtimestamp(context.clock(), UTC)
    for row in listed.rows:
        row.status = f"Downloaded on {day.day} {day:%B %Y}"


@fault("dsp-list:not-offered")
def not_offered(listed: Listed, _: Context) -> None:
    """Nothing can be chosen."""
    for row in listed.rows:
        row.offered = False


@fault("dsp-list:once-only")
def once_only(listed: Listed, _: Context) -> None:
    """What was downloaded cannot be chosen again."""
    for row in listed.rows:
        row.offered = row.status == "Not downloaded"


# What comes before a download


@fault("dsp-choice:refused-again")
def refused_again(choice: Choice, _: Context) -> None:
    """What was downloaded is refused."""
    choice.allowed = not choice.again


@fault("dsp-choice:no-prompt")
def no_prompt(choice: Choice, _: Context) -> None:
    """Nobody is asked to delete the old credential first."""
    if choice.again:
        choice.prompts = False


@fault("dsp-choice:no-confirmation")
def no_confirmation(choice: Choice, _: Context) -> None:
    """Nobody is shown what will be downloaded, or asked to confirm it."""
    choice.previews = False


@fault("dsp-choice:pushed-at-once")
def pushed_at_once(choice: Choice, _: Context) -> None:
    """The request is pushed before the information was confirmed."""
    if choice.verified:
        choice.pushed = True


@fault("dsp-preview:value-differs")
def preview_value_differs(preview: Preview, _: Context) -> None:
    """What is shown to be confirmed is not what is issued."""
    preview.values[next(iter(preview.values))] = "Something that is not issued"


@fault("dsp-preview:attribute-missing")
def preview_attribute_missing(preview: Preview, _: Context) -> None:
    """An attribute is not shown before it is issued."""
    preview.values.popitem()


@fault("dsp-preview:attribute-extra")
def preview_attribute_extra(preview: Preview, _: Context) -> None:
    """An attribute is shown that is not issued."""
    preview.values["PortalNote"] = "Something more"


# Whose identity counts as verified


@fault("dsp-standing:unchecked")
def unchecked(standing: Standing, _: Context) -> None:
    """No identity is asked for."""
    standing.now = standing.now or standing.unknown


@fault("dsp-standing:remembered")
def remembered(standing: Standing, _: Context) -> None:
    """An identity that was verified in an earlier session counts."""
    standing.now = standing.now or standing.earlier


@fault("dsp-standing:forgotten")
def forgotten(standing: Standing, _: Context) -> None:
    """The identity has to be verified for each download."""
    if standing.moment == "confirmed" and standing.downloads:
        standing.now = None


@fault("dsp-standing:crossed")
def standing_crossed(standing: Standing, _: Context) -> None:
    """The unique identifier of whoever verified an identity last is used."""
    if standing.now is not None and standing.latest is not None:
        standing.now = standing.latest


@fault("dsp-standing:others")
def of_others(standing: Standing, _: Context) -> None:
    """The unique identifier that is used is not the one that was shared in this session."""
    if standing.moment == "download" and standing.now is not None:
        standing.now = standing.unknown


# What is kept of a download


@fault("dsp-issued:serial-forgotten")
def serial_forgotten(kept: Kept, _: Context) -> None:
    """The Serial Number is not kept."""
    kept.serial = None


@fault("dsp-issued:serial-other")
def serial_other(kept: Kept, _: Context) -> None:
    """Another Serial Number is kept than that of the credential."""
    kept.serial = kept.other


@fault("dsp-issued:earlier-lost")
def earlier_lost(kept: Kept, _: Context) -> None:
    """The Serial Number of an earlier download is lost."""
    kept.drops_earlier = True


@fault("dsp-issued:unnoted")
def unnoted(kept: Kept, _: Context) -> None:
    """It is not noted that the credential was downloaded."""
    kept.kept = False


@fault("dsp-pending:crossed")
def pending_crossed(sent: SentAway, _: Context) -> None:
    """What is remembered of a browser at the gateway is that of the latest one."""
    sent.pending = sent.latest


@fault("dsp-issued:crossed")
def issued_crossed(kept: Kept, _: Context) -> None:
    """The credential counts as that of whoever signed in last."""
    kept.username = kept.latest


@fault("dsp-freshness:stale-kept")
def stale_kept(freshness: Freshness, _: Context) -> None:
    """A credential stays valid whose information changed while it was downloaded."""
    freshness.stale = False


# Taking credentials back


@fault("dsp-invalidation:not-revoked")
def not_revoked(plan: Invalidation, _: Context) -> None:
    """Credentials that are valid no longer are not revoked."""
    plan.serials.clear()


@fault("dsp-invalidation:latest-only")
def latest_only(plan: Invalidation, _: Context) -> None:
    """Only the last of several credentials is revoked."""
    del plan.serials[:-1]


@fault("dsp-invalidation:no-mail")
def no_mail(plan: Invalidation, _: Context) -> None:
    """Nobody is told that a credential is valid no longer."""
    plan.mails = False


@fault("dsp-revocation-failure:given-up")
def given_up(failed: Failed, _: Context) -> None:
    """A revocation that the gateway cannot take is not tried again."""
    failed.tried_again = False


def _revocation(identifier: str, description: str, change: Callable[[RevocationRequest], Any]) -> None:
    def spoil(draft: RevocationRequest, _: Context) -> None:
        change(draft)

    fault(f"dsp-revocation:{identifier}", description)(spoil)


_revocation(
    "elsewhere",
    "A revocation goes to a path where the gateway has no such endpoint.",
    lambda draft: setattr(draft, "endpoint", draft.endpoint.replace("revokecredential", "credential")),
)
_revocation(
    "client-other",
    "A revocation is asked for as another client.",
    lambda draft: draft.members.update(client_id=_OTHER_CLIENT),
)
_revocation(
    "secret-missing",
    "A revocation is asked for without the client_secret.",
    lambda draft: draft.members.pop("client_secret"),
)
_revocation(
    "secret-other",
    "A revocation is asked for with another client_secret.",
    lambda draft: draft.members.update(client_secret=_OTHER_SECRET),
)
_revocation(
    "organisation-missing",
    "A revocation does not name the organisation.",
    lambda draft: draft.members.pop("OrganisationId"),
)
_revocation(
    "template-missing",
    "A revocation does not name the template.",
    lambda draft: draft.members.pop("CredentialTemplateName"),
)
_revocation(
    "template-scope",
    "A revocation names the scope instead of the template.",
    lambda draft: draft.members.update(CredentialTemplateName=f"issue.{draft.members['CredentialTemplateName']}"),
)
_revocation(
    "serial-other",
    "A revocation names another Serial Number.",
    lambda draft: draft.members.update(SerialNumber=_OTHER_GUID),
)
_revocation(
    "reason-missing",
    "A revocation gives no reason.",
    lambda draft: draft.members.pop("RevocationReason"),
)


def _mail(identifier: str, description: str, change: Callable[[Mail], Any]) -> None:
    def spoil(draft: Mail, _: Context) -> None:
        change(draft)

    fault(f"dsp-mail:{identifier}", description)(spoil)


def _say_little(mail: Mail) -> None:
    mail.subject, mail.text = "Your digital staff passport", "A credential of yours is no longer valid.\n"


_mail(
    "no-deletion",
    "The e-mail does not say that the credential is to be deleted.",
    _say_little,
)
_mail("to-other", "The e-mail goes to somebody else.", lambda mail: setattr(mail, "to", "office@example.com"))


# Pages and URLs


def _untold(name: str, description: str) -> None:
    def spoil(page: Page, _: Context) -> None:
        if page.name == name:
            page.heading, page.said = "Staff portal", ""

    fault(f"dsp-page:{name}-untold", description)(spoil)


_untold("delete-first", "Nobody is told that the old credential is to be deleted first.")
_untold("verified", "Nobody is told that their identity was verified.")
_untold("not-verified", "Nobody is told that their identity was not verified.")
_untold("downloaded", "Nobody is told that the credential was downloaded.")
_untold("cancelled", "Nobody is told that the download was cancelled.")
_untold("error", "Nobody is told that something went wrong.")


@fault("dsp-page:not-verified-claims-success")
def claims_verified(page: Page, _: Context) -> None:
    """Who could not be verified is told that they were."""
    if page.name == "not-verified":
        page.heading = "Your identity has been verified"


@fault("dsp-page:cancelled-claims-success")
def claims_downloaded(page: Page, _: Context) -> None:
    """Who cancelled a download is told that it is in the wallet."""
    if page.name == "cancelled":
        page.heading = "Credential downloaded"


@fault("dsp-redirect:personal")
def personal_in_url(redirect: Redirect, _: Context) -> None:
    """URLs of the portal tell who the employee is."""
    redirect.query |= redirect.person


@fault("dsp-redirect:secret")
def secret_in_url(redirect: Redirect, _: Context) -> None:
    """URLs of the portal have the client_secret."""
    redirect.query |= redirect.secrets
