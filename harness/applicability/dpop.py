"""Whether a check applies, by DPoP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.applicability.predicate import Ruling, predicate, present
from harness.wallet import dpop, token
from harness.wallet.refusals import error_codes

if TYPE_CHECKING:
    from harness.facts import Facts


class DPoP:
    """Predicates about DPoP: its proofs, its nonces and the tokens bound with it."""

    @predicate("server", "token", "binding")
    @staticmethod
    def dpop(facts: Facts) -> Ruling:
        """The wallet has Access Tokens bound with DPoP, and the Authorization Server knows that."""
        if facts.binding_key is None:
            return Ruling(False, "the wallet sends no DPoP proofs: none are announced or wanted")
        announced = "dpop_signing_alg_values_supported" in facts.server.metadata
        known = announced or token.scheme(facts.token) == "DPoP"
        return Ruling(known, f"the authorization server {'knows' if known else 'does not know'} DPoP")

    @predicate("nonce")
    @staticmethod
    def dpop_nonce_of_nonce_endpoint(facts: Facts) -> Ruling:
        """The Nonce Response brings a DPoP nonce (section 7.2)."""
        if facts.nonce is None:
            return Ruling(False, "the issuer has no Nonce Endpoint")
        return present(facts.nonce.headers, "DPoP-Nonce", "the Nonce Response")

    @predicate("token")
    @staticmethod
    def token_thumbprint(facts: Facts) -> Ruling:
        """The Access Token is a JWT that names the thumbprint of a key as confirmation (RFC 9449 section 6.1)."""
        named = "jkt" in token.confirmation(facts.token)
        return Ruling(named, f"the Access Token is {'a' if named else 'no'} JWT with cnf and jkt")

    @predicate("server")
    @staticmethod
    def unlisted_dpop_algorithm(facts: Facts) -> Ruling:
        """The metadata list algorithms of DPoP proofs, and not all that the wallet has."""
        listed = facts.server.metadata.get("dpop_signing_alg_values_supported")
        found = isinstance(listed, list) and dpop.unlisted_algorithm(facts.server.metadata) is not None
        return Ruling(found, f"dpop_signing_alg_values_supported is {listed!r}")

    @predicate("server")
    @staticmethod
    def rsa_dpop_algorithm(facts: Facts) -> Ruling:
        """The metadata list an algorithm of RSA for DPoP proofs."""
        found = dpop.rsa_algorithm(facts.server.metadata)
        return Ruling(found is not None, f"an algorithm of RSA that is listed for DPoP proofs: {found}")

    @predicate("server")
    @staticmethod
    def several_dpop_algorithms(facts: Facts) -> Ruling:
        """The metadata list several algorithms of DPoP proofs that the wallet has."""
        found = dpop.listed_algorithms(facts.server.metadata)
        return Ruling(len(found) > 1, f"algorithms of DPoP proofs that both sides have: {found or 'none'}")

    @predicate("server")
    @staticmethod
    def default_port_of_server(facts: Facts) -> Ruling:
        """The URLs of the Token Endpoint and the PAR endpoint name no port."""
        urls = [url for url in (facts.server.token_endpoint, facts.server.par_endpoint) if url is not None]
        return Ruling(not any(map(_names_port, urls)), f"the endpoints are {urls}")

    @predicate()
    @staticmethod
    def default_port_of_issuer(facts: Facts) -> Ruling:
        """The URLs of the endpoints that take Access Tokens name no port."""
        issuer = facts.issuer
        known = (issuer.credential_endpoint, issuer.deferred_endpoint, issuer.notification_endpoint)
        urls = [url for url in known if url is not None]
        return Ruling(not any(map(_names_port, urls)), f"the endpoints are {urls}")

    @predicate("token", "binding")
    @staticmethod
    def dpop_token(facts: Facts) -> Ruling:
        """The Access Token is bound with DPoP."""
        bound = facts.binding_key is not None and token.scheme(facts.token) == "DPoP"
        return Ruling(bound, f"the Access Token is {'' if bound else 'not '}bound with DPoP")

    @predicate("token", "dpop_nonces")
    @staticmethod
    def server_dpop_nonce(facts: Facts) -> Ruling:
        """The Authorization Server gives out DPoP nonces."""
        given = facts.server_nonce is not None or facts.token.error == "use_dpop_nonce"
        return Ruling(given, f"the authorization server gives {'a' if given else 'no'} DPoP nonce")

    @predicate("issuance", "dpop_nonces")
    @staticmethod
    def issuer_dpop_nonce(facts: Facts) -> Ruling:
        """The Credential Issuer gives out DPoP nonces."""
        given = facts.issuer_nonce is not None or "use_dpop_nonce" in error_codes(facts.issuance)
        return Ruling(given, f"the issuer gives {'a' if given else 'no'} DPoP nonce")


def _names_port(url: str) -> bool:
    try:
        return urlsplit(url).port is not None
    except ValueError:
        return True
