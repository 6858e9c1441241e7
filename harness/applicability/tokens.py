"""Whether a check applies, by the Token Response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate, present
from harness.wallet import token

if TYPE_CHECKING:
    from harness.facts import Facts


class Tokens:
    """Predicates about the Token Response, its Access Token and its refresh token."""

    @predicate("token")
    @staticmethod
    def returned_details(facts: Facts) -> Ruling:
        """The Token Response returned ``authorization_details``."""
        return present(facts.token.object, "authorization_details", "the Token Response")

    @predicate("asked")
    @staticmethod
    def details_asked_for(facts: Facts) -> Ruling:
        """The authorization request had ``authorization_details``."""
        found = "authorization_details" in facts.asked
        return Ruling(found, f"{'the' if found else 'no'} authorization request had authorization_details")

    @predicate("token")
    @staticmethod
    def token_nonce(facts: Facts) -> Ruling:
        """The Token Response brought a ``c_nonce``, as it can in drafts."""
        return present(facts.token.object, "c_nonce", "the Token Response")

    @predicate("token")
    @staticmethod
    def credential_identifiers(facts: Facts) -> Ruling:
        """The Token Response returned ``credential_identifiers`` for the configuration."""
        configuration = facts.scenario.configuration if facts.scenario else ""
        named = bool(token.credential_identifiers(facts.token, configuration))
        said = "names" if named else "does not name"
        return Ruling(named, f"the Token Response {said} credential_identifiers for {facts.configuration_name}")

    @predicate("token", "patience")
    @staticmethod
    def brief_token(facts: Facts) -> Ruling:
        """The Access Token expires before the run has waited too long."""
        lifetime = facts.token.object.get("expires_in")
        if not isinstance(lifetime, (int, float)) or isinstance(lifetime, bool):
            return Ruling(False, f"the Token Response has expires_in {lifetime!r}")
        return Ruling(
            0 < lifetime < facts.longest_wait_s,
            f"an Access Token lives for {lifetime:g} s and the run waits {facts.longest_wait_s:g} s at most;"
            " limits.max_wait_s in assay.toml or --vci-max-wait changes that",
        )

    @predicate("token")
    @staticmethod
    def bearer_token(facts: Facts) -> Ruling:
        """The Access Token is bound to no key."""
        kind = facts.token.object.get("token_type")
        bearer = isinstance(kind, str) and kind.lower() == "bearer"
        return Ruling(bearer, f"the Token Response has token_type {kind!r}")

    @predicate("token")
    @staticmethod
    def bearer_lifetime(facts: Facts) -> Ruling:
        """The Token Response says how long its Bearer token lives."""
        kind, lifetime = (facts.token.object.get(name) for name in ("token_type", "expires_in"))
        said = isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool)
        bearer = isinstance(kind, str) and kind.lower() == "bearer"
        return Ruling(said and bearer, f"the Token Response has token_type {kind!r} and expires_in {lifetime!r}")

    @predicate("token", "client")
    @staticmethod
    def certificate_bound_token(facts: Facts) -> Ruling:
        """The Access Token is a JWT that names the certificate it is bound to (RFC 8705 section 3.1)."""
        if facts.client.certificate is None:
            return Ruling(False, "the wallet shows no TLS certificate")
        named = "x5t#S256" in token.confirmation(facts.token)
        return Ruling(named, f"the Access Token is {'a' if named else 'no'} JWT with cnf and x5t#S256")

    @predicate("token")
    @staticmethod
    def jwt_token(facts: Facts) -> Ruling:
        """The Token Response carries a signed JWT: the Access Token, or an ID Token beside it."""
        found = list(token.signed(facts.token))
        return Ruling(bool(found), f"JWTs in the Token Response: {', '.join(found) or 'none'}")

    @predicate("token")
    @staticmethod
    def refresh_token(facts: Facts) -> Ruling:
        """The Token Response carries a refresh token."""
        found = token.refresh_token(facts.token) is not None
        return Ruling(found, f"the Token Response carries {'a' if found else 'no'} refresh token")

    @predicate("other_access")
    @staticmethod
    def other_access(facts: Facts) -> Ruling:
        """An Access Token for another Credential Configuration is to be had."""
        found = facts.other_access
        name = f" ({found.configuration_id})" if found else ""
        return Ruling(
            found is not None,
            f"an Access Token for another configuration is {'' if found else 'not '}to be had{name}",
        )
