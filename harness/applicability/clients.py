"""Whether a check applies, by the client that the wallet is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate
from harness.wallet.keys import algorithms_of, key_of

if TYPE_CHECKING:
    from harness.facts import Facts


class Clients:
    """Predicates about the registration of the wallet and the way it authenticates."""

    @predicate("client")
    @staticmethod
    def registered_client(facts: Facts) -> Ruling:
        """The wallet is registered at the Authorization Server."""
        known = facts.client.client_id is not None
        return Ruling(known, f"the wallet is {'' if known else 'not '}registered as a client")

    @predicate("client")
    @staticmethod
    def public_client(facts: Facts) -> Ruling:
        """The wallet is a client without credentials of its own (RFC 6749 section 2.1)."""
        method = facts.client.authentication or "none"
        return Ruling(method == "none", f"the wallet is registered with client authentication {method}")

    @staticmethod
    def client_uses(*methods: str) -> Predicate:
        """The wallet authenticates in one of these ways."""

        def rule(facts: Facts) -> Ruling:
            method = facts.client.authentication or "none"
            return Ruling(method in methods, f"the wallet is registered with client authentication {method}")

        return Predicate(frozenset({"client"}), rule)

    @staticmethod
    def client_key_beyond(*algorithms: str) -> Predicate:
        """The key of the wallet's client assertions can sign with other algorithms than these."""

        def rule(facts: Facts) -> Ruling:
            try:
                own = key_of(facts.client.key)
            except ValueError as error:
                return Ruling(False, f"the client's key cannot be read: {error}")
            beyond = [name for name in algorithms_of(own) if name not in algorithms]
            return Ruling(bool(beyond), f"algorithms of the client's key: {', '.join(algorithms_of(own))}")

        return Predicate(frozenset({"client"}), rule)

    @predicate("client")
    @staticmethod
    def client_credentials(facts: Facts) -> Ruling:
        """The wallet authenticates by what stands in its requests, not by its TLS connection."""
        method = facts.client.authentication or "none"
        shown = method != "none" and not method.endswith("tls_client_auth")
        return Ruling(shown, f"the wallet is registered with client authentication {method}")

    @predicate("client")
    @staticmethod
    def client_certificate(facts: Facts) -> Ruling:
        """The wallet shows a TLS certificate, to which the server may bind what it hands out (RFC 8705)."""
        shown = facts.client.certificate is not None
        return Ruling(shown, f"the wallet shows {'a' if shown else 'no'} TLS certificate")

    @predicate("client")
    @staticmethod
    def mutual_tls_client(facts: Facts) -> Ruling:
        """The wallet authenticates by its TLS connection, whatever its requests say."""
        method = facts.client.authentication or "none"
        return Ruling(
            method.endswith("tls_client_auth"), f"the wallet is registered with client authentication {method}"
        )

    @predicate("challenged")
    @staticmethod
    def attestation_challenge(facts: Facts) -> Ruling:
        """The Authorization Server gives challenges for proofs of possession of Client Attestations."""
        given = "gave" if facts.challenged else "did not give"
        return Ruling(facts.challenged, f"the authorization server {given} the wallet an attestation challenge")

    @predicate("server")
    @staticmethod
    def anonymous_access(facts: Facts) -> Ruling:
        """The Authorization Server announces that it takes Token Requests without ``client_id``."""
        announced = facts.server.anonymous_access
        said = "announces" if announced else "does not announce"
        return Ruling(announced, f"the authorization server {said} anonymous access")
