"""Whether a check of GOV.UK Wallet applies, by what is issued and by what the run plays behind the wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.applicability.predicate import Ruling, predicate, present
from harness.formats import jwt_claims
from harness.one_login.relying_party import RETURN_CODE
from harness.wallet import token

if TYPE_CHECKING:
    from harness.facts import Facts

JWT, MDOC = "jwt_vc_json", "mso_mdoc"
AFTER_CODE_S = 480
"""For how long after a code expires an Access Token for it may be good: its own life and the leeway of a clock."""
DRIVING_LICENCE = "org.iso.18013.5.1.mDL"
_JOURNEY = "credential_refresh_web_journey_url"


class Govuk:
    """Predicates about issuing to GOV.UK Wallet; those of life and notification serve here too."""

    @predicate()
    @staticmethod
    def govuk_jwt(facts: Facts) -> Ruling:
        """The credential is a JWT of the W3C data model."""
        return _of_format(facts, JWT)

    @predicate()
    @staticmethod
    def govuk_mdoc(facts: Facts) -> Ruling:
        """The credential is a mobile document."""
        return _of_format(facts, MDOC)

    @predicate()
    @staticmethod
    def govuk_mdl(facts: Facts) -> Ruling:
        """The credential is a mobile driving licence."""
        doctype = facts.configuration.get("doctype")
        return Ruling(doctype == DRIVING_LICENCE, f"the doctype is {doctype!r}")

    @predicate()
    @staticmethod
    def govuk_any_jwt(facts: Facts) -> Ruling:
        """The issuer has a configuration for JWTs, so that it needs a DID document."""
        return _some_configuration(facts, JWT)

    @predicate()
    @staticmethod
    def govuk_any_mdoc(facts: Facts) -> Ruling:
        """The issuer has a configuration for mobile documents, so that it needs IACA certificates."""
        return _some_configuration(facts, MDOC)

    @predicate()
    @staticmethod
    def govuk_notifications(facts: Facts) -> Ruling:
        """The issuer has a Notification Endpoint."""
        return present(facts.issuer.metadata, "notification_endpoint", "issuer metadata")

    @predicate()
    @staticmethod
    def govuk_displays(facts: Facts) -> Ruling:
        """The metadata says how the issuer or one of its credentials is displayed, in the place of draft 14."""
        named = [name for name, members in facts.issuer.configurations.items() if "display" in members]
        places = ["the issuer"] * ("display" in facts.issuer.metadata) + named
        return Ruling(bool(places), f"there is a display of {', '.join(places) or 'nothing'}")

    @predicate()
    @staticmethod
    def refresh_journey(facts: Facts) -> Ruling:
        """The configuration says where the journey begins by which a credential is refreshed."""
        usable = isinstance(facts.configuration.get(_JOURNEY), str)
        return Ruling(usable, f"{facts.configuration_name} has {'a' if usable else 'no'} {_JOURNEY}")

    @predicate()
    @staticmethod
    def one_login_under_test(facts: Facts) -> Ruling:
        """The issuer's web service signs its users in at the One Login that the run plays."""
        played = facts.govuk is not None and facts.govuk.one_login is not None
        return Ruling(
            played,
            "the issuer's web service is registered at the One Login of this run"
            if played
            else "the issuer's web service is not registered at the One Login of this run: [govuk.one_login]",
        )

    @predicate("sign_ins")
    @staticmethod
    def request_object_sent(facts: Facts) -> Ruling:
        """The issuer's web service secures its authorization requests with a JWT."""
        sent = any(each.request_object is not None for each in facts.sign_ins.authorizations)
        return Ruling(sent, f"the service sends {'request objects' if sent else 'no request object'}")

    @predicate("sign_ins")
    @staticmethod
    def identity_asked_for(facts: Facts) -> Ruling:
        """The issuer's web service has its users prove their identity."""
        asked = any(each.proves_identity for each in facts.sign_ins.authorizations)
        return Ruling(asked, f"the service asks for {'an' if asked else 'no'} identity")

    @predicate("sign_ins")
    @staticmethod
    def return_codes_asked_for(facts: Facts) -> Ruling:
        """The issuer's web service asks why an identity could not be proved."""
        asked = any(RETURN_CODE in each.claims for each in facts.sign_ins.authorizations)
        return Ruling(asked, f"the service asks for {'' if asked else 'no '}return codes")

    @predicate("return_journey")
    @staticmethod
    def session_shows(facts: Facts) -> Ruling:
        """Who has signed in comes to a further offer without another sign-in."""
        kept = facts.return_journey.by_session
        told = "comes to a further offer" if kept else "does not come to a further offer"
        return Ruling(kept, f"a user who has signed in {told} without a sign-in")

    @predicate("return_journey")
    @staticmethod
    def signs_in_again(facts: Facts) -> Ruling:
        """Who has signed in is made to sign in again for a further offer."""
        again = facts.return_journey.again is not None
        return Ruling(again, f"the service {'asks' if again else 'does not ask'} for re-authentication")

    @predicate("sign_ins")
    @staticmethod
    def max_age_asked_for(facts: Facts) -> Ruling:
        """The issuer's web service says how long ago its users may have authenticated."""
        asked = any("max_age" in each.asked for each in facts.sign_ins.authorizations)
        return Ruling(asked, f"the service asks for {'a' if asked else 'no'} max_age")

    @predicate()
    @staticmethod
    def back_channel_registered(facts: Facts) -> Ruling:
        """The issuer's web service is registered with an address for notifications of sign-outs."""
        one_login = facts.govuk.one_login if facts.govuk else None
        known = any(client.back_channel_logout_uri for client in one_login.clients) if one_login else False
        return Ruling(known, f"the service is registered with {'an' if known else 'no'} address for notifications")

    @predicate("sign_ins")
    @staticmethod
    def one_login_client_with_keys(facts: Facts) -> Ruling:
        """The issuer's web service has a key pair that One Login knows, and no secret."""
        keys = facts.sign_ins.client.client_secret is None
        return Ruling(keys, f"the service is registered with {'keys' if keys else 'a secret'}")

    @predicate("sign_ins")
    @staticmethod
    def one_login_client_jwks(facts: Facts) -> Ruling:
        """The issuer's web service publishes its keys at a URL."""
        url = facts.sign_ins.client.jwks_url
        return Ruling(url is not None, f"the service is registered with {url or 'no JWKS URL'}")

    @predicate()
    @staticmethod
    def status_service_under_test(facts: Facts) -> Ruling:
        """The issuer uses the status list service that the run plays."""
        played = facts.govuk is not None and facts.govuk.status_service is not None
        return Ruling(
            played,
            "the issuer is registered at the status list service of this run"
            if played
            else "the issuer is not registered at the status list service of this run: [govuk.status_service]",
        )

    @predicate("offer", "patience")
    @staticmethod
    def brief_offer(facts: Facts) -> Ruling:
        """The code of an offer, and any Access Token for it, expire before the run has waited too long."""
        claims = token.claims(facts.offer.code or "")
        begin, end = (jwt_claims.number(claims.get(name)) for name in ("iat", "exp"))
        if begin is None or end is None:
            return Ruling(True, "the code does not say how long it lives")
        wait = end - begin + AFTER_CODE_S
        return Ruling(
            wait < facts.longest_wait_s,
            f"it takes {wait:g} s until the code of an offer and any Access Token for it have expired, and the run"
            f" waits {facts.longest_wait_s:g} s at most; limits.max_wait_s in assay.toml or --vci-max-wait changes"
            " that",
        )

    @predicate()
    @staticmethod
    def official_strict(facts: Facts) -> Ruling:
        """The run judges as the official test harness does."""
        strict = facts.govuk is not None and facts.govuk.official_strict
        return Ruling(strict, f"--vci-official-strict is {'' if strict else 'not '}given")

    @predicate()
    @staticmethod
    def live_environment(facts: Facts) -> Ruling:
        """The issuer is for an environment whose addresses are published."""
        if facts.govuk is None:
            return Ruling(False, "the run plays nothing of what stands behind GOV.UK Wallet")
        known = bool(facts.govuk.environment.offer_endpoints)
        return Ruling(known, f"[govuk] environment is {facts.govuk.settings.environment}")


def _of_format(facts: Facts, wanted: str) -> Ruling:
    found: Any = facts.configuration.get("format")
    return Ruling(found == wanted, f"{facts.configuration_name} has the format {found!r}")


def _some_configuration(facts: Facts, wanted: str) -> Ruling:
    found = [name for name, members in facts.issuer.configurations.items() if members.get("format") == wanted]
    return Ruling(bool(found), f"the configurations with format {wanted} are {found or 'none'}")
