"""Whether a check applies, by Authorization Requests and their responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate, present
from harness.transport import is_ip_address, is_loopback
from harness.wallet import par
from harness.wallet.browser import matches

if TYPE_CHECKING:
    from harness.facts import Facts


class Authorization:
    """Predicates about Authorization Requests, pushed ones and PKCE among them, and what comes of them."""

    @predicate("server", "direct")
    @staticmethod
    def direct_requests(facts: Facts) -> Ruling:
        """The Authorization Server takes requests of this client that were not pushed; it may insist on PAR."""
        if facts.server.par_endpoint is None:
            return Ruling(True, "the authorization server has no PAR endpoint")
        taken = facts.direct.code is not None
        return Ruling(taken, f"of a right request that was not pushed, {facts.direct.gist}")

    @predicate("server")
    @staticmethod
    def named_authorization_endpoint(facts: Facts) -> Ruling:
        """The Authorization Endpoint is at a host name over https; browsers keep no such memory of addresses."""
        url = facts.server.authorization_endpoint or ""
        named = url.lower().startswith("https:") and not is_loopback(url) and not is_ip_address(url)
        where = "at" if named else "not over https at"
        return Ruling(named, f"the Authorization Endpoint is {where} a host name that all know: {url or 'none'}")

    @predicate("authorization")
    @staticmethod
    def authorization_response(facts: Facts) -> Ruling:
        """The user was sent back to the wallet."""
        return Ruling(facts.authorization.response is not None, facts.authorization.gist)

    @predicate("authorization")
    @staticmethod
    def authorization_pages(facts: Facts) -> Ruling:
        """The user saw pages before being sent back to the wallet."""
        count = len(facts.authorization.pages)
        return Ruling(bool(count), f"the user saw {count} pages on the way to the authorization response")

    @predicate("authorization")
    @staticmethod
    def password_sent(facts: Facts) -> Ruling:
        """The user typed a password into a page, and the answer to the form is a redirect."""
        count = len(facts.authorization.redirects_with_password)
        return Ruling(bool(count), f"{count} forms with a password were answered by a redirect")

    @predicate("authorization")
    @staticmethod
    def user_can_decline(facts: Facts) -> Ruling:
        """The run was told how the user says no on a page that the user came to."""
        rules = [rule for rule in facts.user.forms if rule.decline is not None]
        told = any(matches(rule, page.url) for rule in rules for page in facts.authorization.pages)
        said = "says" if told else "does not say"
        return Ruling(told, f"[[user.form]] {said} with decline how the user says no")

    @predicate("server")
    @staticmethod
    def iss_announced(facts: Facts) -> Ruling:
        """The Authorization Server announces ``iss`` in its authorization responses."""
        value = facts.server.metadata.get("authorization_response_iss_parameter_supported")
        return Ruling(value is True, f"authorization_response_iss_parameter_supported is {value!r}")

    @predicate("authorization")
    @staticmethod
    def iss_sent(facts: Facts) -> Ruling:
        """The authorization response has ``iss``."""
        response = facts.authorization.response
        sent = response is not None and response.iss is not None
        return Ruling(sent, f"the authorization response has {'an' if sent else 'no'} iss")

    @predicate("authorization")
    @staticmethod
    def redirect_uri_with_query(facts: Facts) -> Ruling:
        """The registered redirect URI has a query of its own."""
        uri = facts.authorization.parameters.get("redirect_uri", "")
        return Ruling("?" in uri, f"the redirect URI {uri} has {'a' if '?' in uri else 'no'} query")

    @predicate("authorization")
    @staticmethod
    def redirect_uri_over_https(facts: Facts) -> Ruling:
        """The registered redirect URI has the scheme https and does not lead to this machine."""
        uri = facts.authorization.parameters.get("redirect_uri", "")
        return Ruling(uri.startswith("https://") and not is_loopback(uri), f"the redirect URI is {uri}")

    # What is asked for

    @predicate("server")
    @staticmethod
    def authorization_details(facts: Facts) -> Ruling:
        """The Authorization Server announces that it takes ``authorization_details`` of this specification."""
        types = facts.server.metadata.get("authorization_details_types_supported")
        known = isinstance(types, list) and "openid_credential" in types
        said = "announces" if known else "does not announce"
        return Ruling(known, f"the authorization server {said} authorization_details of type openid_credential")

    @predicate("server")
    @staticmethod
    def openid_connect(facts: Facts) -> Ruling:
        """The Authorization Server lists the scope of OpenID Connect."""
        scopes = facts.server.metadata.get("scopes_supported")
        known = isinstance(scopes, list) and "openid" in scopes
        return Ruling(known, f"openid is {'' if known else 'not '}among the scopes_supported")

    @predicate()
    @staticmethod
    def scope(facts: Facts) -> Ruling:
        """The configuration can be asked for by ``scope``."""
        return present(facts.configuration, "scope", facts.configuration_name)

    @predicate()
    @staticmethod
    def another_scope(facts: Facts) -> Ruling:
        """Another configuration with the same key proofs can be asked for by a scope of its own."""
        names = facts.configurations_by_scope
        return Ruling(bool(names), f"further configurations with a scope of their own: {names or 'none'}")

    # Pushed requests and PKCE

    @predicate("server")
    @staticmethod
    def par(facts: Facts) -> Ruling:
        """The Authorization Server has a Pushed Authorization Request Endpoint."""
        return present(facts.server.metadata, "pushed_authorization_request_endpoint", "the server metadata")

    @predicate("server")
    @staticmethod
    def par_required(facts: Facts) -> Ruling:
        """The Authorization Server announces that authorization requests must be pushed."""
        value = facts.server.metadata.get("require_pushed_authorization_requests")
        return Ruling(value is True, f"require_pushed_authorization_requests is {value!r}")

    @predicate("authorization")
    @staticmethod
    def request_uri_expires(facts: Facts) -> Ruling:
        """The server says when a ``request_uri`` expires."""
        pushed = facts.authorization.pushed
        lifetime = par.expires_in(pushed) if pushed else None
        return Ruling(lifetime is not None and lifetime > 0, f"a request_uri lives for {lifetime} s")

    @predicate("server")
    @staticmethod
    def plain_challenge(facts: Facts) -> Ruling:
        """The Authorization Server announces the code challenge method ``plain``."""
        methods = facts.server.metadata.get("code_challenge_methods_supported")
        listed = methods if isinstance(methods, list) else []
        return Ruling("plain" in listed, f"code_challenge_methods_supported is {methods!r}")
