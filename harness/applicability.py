"""Predicates that say whether a check applies, each with a reason that can be printed.

A predicate reads facts of the issuer only: its metadata, its offers, its answers. It never reads what the
harness would like. ``when.a & when.b`` and ``~when.a`` combine them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.transport import is_loopback
from harness.wallet import deferred as deferral
from harness.wallet import dpop, notification, par, token
from harness.wallet.browser import matches
from harness.wallet.encryption import COMPRESSIONS, RequestEncryption, ResponseEncryption
from harness.wallet.metadata import locales
from harness.wallet.offer import KNOWN_GRANTS
from harness.wallet.refusals import error_codes

if TYPE_CHECKING:
    from harness.evidence import Facts

_CLAIMS = ("credential_metadata", "claims")
_PROOF_TYPES = ("proof_types_supported",)
_PROOF_ALGORITHMS = "proof_signing_alg_values_supported"
_PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
_LARGEST_BATCH = 20
"""Proofs in one request beyond which a run does not go to exceed ``batch_size``."""


@dataclass(frozen=True)
class Ruling:
    """What a predicate said: whether the check applies, and the fact that decided."""

    applies: bool
    reason: str


@dataclass(frozen=True)
class Predicate:
    """A named question about the facts.

    Attributes:
        needs: names of the evidence that must be gathered before the rule can answer.
        rule: gives the ruling.
        further: what must hold besides, asked only after the rule has said yes.

    """

    needs: frozenset[str]
    rule: Callable[[Facts], Ruling]
    further: tuple[Predicate, ...] = ()

    @property
    def steps(self) -> tuple[Predicate, ...]:
        """The questions one by one, in their order; the reason is that of the first that does not hold."""
        return (Predicate(self.needs, self.rule), *self.further)

    def __and__(self, other: Predicate) -> Predicate:
        """Both; what only the other needs is not gathered when this one does not hold."""
        return Predicate(self.needs, self.rule, (*self.further, *other.steps))

    def __invert__(self) -> Predicate:
        """The opposite, for the same reason."""
        steps = self.steps

        def opposite(facts: Facts) -> Ruling:
            for step in steps:
                ruling = step.rule(facts)
                if not ruling.applies:
                    break
            return Ruling(not ruling.applies, ruling.reason)

        return Predicate(frozenset[str]().union(*(step.needs for step in steps)), opposite)


def _predicate(*needs: str) -> Callable[[Callable[[Facts], Ruling]], Predicate]:
    return lambda rule: Predicate(frozenset(needs), rule)


@_predicate()
def ALWAYS(_facts: Facts) -> Ruling:  # noqa: N802 - a constant made by a decorator
    """Applies to every issuer."""
    return Ruling(True, "applies to every issuer")


class when:  # noqa: N801 - reads as a word: applies=when.nonce_endpoint
    """The predicates that checks use."""

    @_predicate()
    @staticmethod
    def nonce_endpoint(facts: Facts) -> Ruling:
        """The issuer has a Nonce Endpoint."""
        return _present(facts.issuer.metadata, "nonce_endpoint", "issuer metadata")

    @_predicate()
    @staticmethod
    def key_binding(facts: Facts) -> Ruling:
        """The configuration asks for key proofs."""
        return _present(facts.configuration, "proof_types_supported", facts.configuration_name)

    @_predicate()
    @staticmethod
    def pre_authorized_flow(facts: Facts) -> Ruling:
        """The flow uses the Pre-Authorized Code grant."""
        return _flow_of(facts, _PRE_AUTHORIZED_CODE, "Pre-Authorized Code Flow")

    @_predicate()
    @staticmethod
    def code_flow(facts: Facts) -> Ruling:
        """The flow uses the Authorization Code grant."""
        return _flow_of(facts, "authorization_code", "Authorization Code Flow")

    @_predicate()
    @staticmethod
    def jwt_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``jwt``."""
        return _proof_of(facts, "jwt")

    @_predicate()
    @staticmethod
    def sd_jwt_vc(facts: Facts) -> Ruling:
        """The configuration is an SD-JWT VC."""
        found = facts.configuration.get("format")
        return Ruling(found == "dc+sd-jwt", f"{facts.configuration_name} has the format {found!r}")

    @_predicate()
    @staticmethod
    def authorization_servers(facts: Facts) -> Ruling:
        """The metadata names Authorization Servers of its own."""
        return _present(facts.issuer.metadata, "authorization_servers", "issuer metadata")

    # Credential Issuer Metadata

    @_predicate()
    @staticmethod
    def https(facts: Facts) -> Ruling:
        """The issuer under test is reached over https; a development run over http shows nothing of TLS."""
        secure = facts.issuer.identifier.lower().startswith("https:")
        return Ruling(secure, f"the issuer under test is reached over {'https' if secure else 'plain http'}")

    @_predicate()
    @staticmethod
    def content_language(facts: Facts) -> Ruling:
        """The metadata response names its languages."""
        return _present(facts.issuer.reply.headers, "Content-Language", "the metadata response")

    @_predicate()
    @staticmethod
    def display_locales(facts: Facts) -> Ruling:
        """Some display text of the metadata names its language."""
        found = sorted({locale for locale in locales(facts.issuer.metadata) if locale is not None})
        return Ruling(bool(found), f"languages of the display texts: {found or 'none named'}")

    @_predicate("signed_metadata")
    @staticmethod
    def signed_metadata(facts: Facts) -> Ruling:
        """The issuer returns signed metadata to a wallet that asks for it."""
        given = facts.signed_metadata.offered
        return Ruling(given, f"asked for signed metadata, the issuer returns {'it' if given else 'none'}")

    @_predicate("signed_metadata")
    @staticmethod
    def signed_claims(facts: Facts) -> Ruling:
        """The signed metadata can be read: it is a JWS with claims."""
        readable = bool(facts.signed_metadata.claims)
        return Ruling(readable, f"the signed metadata is {'a' if readable else 'no'} JWS with claims")

    @_predicate("signed_metadata")
    @staticmethod
    def signed_metadata_key(facts: Facts) -> Ruling:
        """The key of the signer is known."""
        signer = facts.signed_metadata.signer
        if signer is None or signer.mechanism is None:
            return Ruling(False, signer.missing if signer else "the signed metadata is no JWS")
        return Ruling(True, f"the key of the signer is known by {signer.mechanism}")

    @_predicate("signed_metadata")
    @staticmethod
    def signed_metadata_x5c(facts: Facts) -> Ruling:
        """The signed metadata carries the certificates of its signer."""
        signer = facts.signed_metadata.signer
        found = signer is not None and signer.mechanism == "x5c"
        return Ruling(found, f"the signed metadata has {'an' if found else 'no'} x5c")

    @staticmethod
    def metadata_has(name: str) -> Predicate:
        """The issuer metadata has this member."""
        return Predicate(frozenset(), lambda facts: _present(facts.issuer.metadata, name, "issuer metadata"))

    @_predicate()
    @staticmethod
    def configurations(facts: Facts) -> Ruling:
        """The metadata describes at least one Credential Configuration."""
        names = list(facts.issuer.configurations)
        return Ruling(bool(names), f"issuer metadata describes {names or 'no configuration'}")

    @staticmethod
    def some_configuration_has(*path: str) -> Predicate:
        """At least one configuration has a member, which may lie deeper: each name leads one object down."""

        def rule(facts: Facts) -> Ruling:
            names = [name for name, members in facts.issuer.configurations.items() if _holds(members, path)]
            return Ruling(bool(names), f"{'/'.join(path)} is in the configurations {names or 'nowhere'}")

        return Predicate(frozenset(), rule)

    @_predicate()
    @staticmethod
    def configuration_without_scope(facts: Facts) -> Ruling:
        """At least one configuration has no ``scope``."""
        names = [name for name, members in facts.issuer.configurations.items() if "scope" not in members]
        return Ruling(bool(names), f"configurations without scope: {names or 'none'}")

    @staticmethod
    def format_configuration(*formats: str) -> Predicate:
        """At least one configuration has one of these formats."""

        def rule(facts: Facts) -> Ruling:
            configurations = facts.issuer.configurations.items()
            names = [name for name, members in configurations if members.get("format") in formats]
            return Ruling(bool(names), f"configurations with the format {' or '.join(formats)}: {names or 'none'}")

        return Predicate(frozenset(), rule)

    @_predicate()
    @staticmethod
    def some_proof_type(facts: Facts) -> Ruling:
        """At least one configuration describes a proof type."""
        described = {
            name: list(types)
            for name, members in facts.issuer.configurations.items()
            if isinstance(types := members.get("proof_types_supported"), dict) and types
        }
        return Ruling(bool(described), f"proof types of the configurations: {described or 'none'}")

    @_predicate()
    @staticmethod
    def listed_proof_algorithms(facts: Facts) -> Ruling:
        """At least one configuration lists algorithms of a proof type that OpenID4VCI defines."""
        kinds = ("jwt", "di_vp", "attestation")
        listed = {
            f"{name}/{kind}"
            for name, members in facts.issuer.configurations.items()
            for kind in kinds
            if _holds(members, (*_PROOF_TYPES, kind, _PROOF_ALGORITHMS))
            and isinstance(found := members[_PROOF_TYPES[0]][kind][_PROOF_ALGORITHMS], list)
            and found
        }
        return Ruling(bool(listed), f"algorithms are listed for the proof types {sorted(listed) or 'none'}")

    @_predicate()
    @staticmethod
    def claim_display(facts: Facts) -> Ruling:
        """At least one claims description has ``display``."""
        names = []
        for name, members in facts.issuer.configurations.items():
            claims = members["credential_metadata"]["claims"] if _holds(members, _CLAIMS) else None
            if isinstance(claims, list) and any(_holds(claim, ("display",)) for claim in claims):
                names.append(name)
        return Ruling(bool(names), f"configurations with a display of claims: {names or 'none'}")

    # Authorization Server Metadata

    @_predicate()
    @staticmethod
    def server_metadata(facts: Facts) -> Ruling:
        """At least one Authorization Server has metadata, be it at the wrong place."""
        names = [server.identifier for server in facts.issuer.servers if server.metadata]
        return Ruling(bool(names), f"authorization servers with metadata: {names or 'none'}")

    @_predicate()
    @staticmethod
    def server_metadata_in_place(facts: Facts) -> Ruling:
        """At least one Authorization Server answers where RFC 8414 wants its metadata."""
        servers = [server for server in facts.issuer.servers if server.reply and server.reply.successful]
        urls = [server.url for server in servers]
        return Ruling(bool(urls), f"authorization server metadata is at {urls or 'no well-known location'}")

    @staticmethod
    def server_metadata_has(name: str) -> Predicate:
        """The metadata of at least one Authorization Server has this member."""

        def rule(facts: Facts) -> Ruling:
            names = [server.identifier for server in facts.issuer.servers if name in server.metadata]
            return Ruling(bool(names), f"authorization servers with {name}: {names or 'none'}")

        return Predicate(frozenset(), rule)

    @_predicate()
    @staticmethod
    def server_with_code_flow(facts: Facts) -> Ruling:
        """The metadata of at least one Authorization Server announces the Authorization Code Flow."""
        servers = [server for server in facts.issuer.servers if server.serves("authorization_code")]
        names = [server.identifier for server in servers]
        return Ruling(bool(names), f"authorization servers with the Authorization Code Flow: {names or 'none'}")

    @staticmethod
    def server_lists(name: str, *values: str) -> Predicate:
        """The metadata of at least one Authorization Server lists one of the values in this member."""

        def rule(facts: Facts) -> Ruling:
            names = [
                server.identifier
                for server in facts.issuer.servers
                if isinstance(listed := server.metadata.get(name), list) and any(v in listed for v in values)
            ]
            return Ruling(bool(names), f"authorization servers with {' or '.join(values)}: {names or 'none'}")

        return Predicate(frozenset(), rule)

    @_predicate("client")
    @staticmethod
    def registered_client(facts: Facts) -> Ruling:
        """The wallet is registered at the Authorization Server."""
        known = facts.client.client_id is not None
        return Ruling(known, f"the wallet is {'' if known else 'not '}registered as a client")

    # Credential Offer

    @_predicate("offer")
    @staticmethod
    def offer_by_reference(facts: Facts) -> Ruling:
        """The wallet fetched the offer from a ``credential_offer_uri``."""
        fetched = facts.offer.reply is not None
        return Ruling(fetched, f"the offer came by {'reference' if fetched else 'value'}")

    @_predicate("link")
    @staticmethod
    def offer_uri(facts: Facts) -> Ruling:
        """The link has a ``credential_offer_uri``."""
        named = facts.link.by_reference is not None
        return Ruling(named, f"the offer came {'with a' if named else 'without'} credential_offer_uri")

    @_predicate("link")
    @staticmethod
    def offer_as_link(facts: Facts) -> Ruling:
        """The offer came as a link, not as bare JSON."""
        link = bool(facts.link.parameters)
        return Ruling(link, f"the offer came as {'a link' if link else 'bare JSON'}")

    @_predicate("offer")
    @staticmethod
    def offer_object(facts: Facts) -> Ruling:
        """The offer is a JSON object."""
        is_object = isinstance(facts.offer.document.value, dict)
        return Ruling(is_object, f"the offer is {'a' if is_object else 'no'} JSON object")

    @_predicate("offer")
    @staticmethod
    def offered_configurations(facts: Facts) -> Ruling:
        """The offer names at least one Credential Configuration."""
        ids = facts.offer.configuration_ids
        return Ruling(bool(ids), f"the offer names {ids or 'no configuration'}")

    @_predicate("offer")
    @staticmethod
    def offered_grants(facts: Facts) -> Ruling:
        """The offer has ``grants``."""
        return _present(facts.offer.object, "grants", "the offer")

    @_predicate("offer")
    @staticmethod
    def known_grants(facts: Facts) -> Ruling:
        """The offer has a grant that OpenID4VCI defines."""
        offered = [name for name, grant in facts.offer.grants.items() if isinstance(grant, dict)]
        return Ruling(not set(KNOWN_GRANTS).isdisjoint(offered), f"the offer has the grants {offered or 'none'}")

    @_predicate("offer")
    @staticmethod
    def pre_authorized_grant(facts: Facts) -> Ruling:
        """The offer has the Pre-Authorized Code grant."""
        offered = [name for name, grant in facts.offer.grants.items() if isinstance(grant, dict)]
        return Ruling(_PRE_AUTHORIZED_CODE in offered, f"the offer has the grants {offered or 'none'}")

    @_predicate("offer")
    @staticmethod
    def pre_authorized_code(facts: Facts) -> Ruling:
        """The offer carries a Pre-Authorized Code."""
        found = facts.offer.code is not None
        return Ruling(found, f"the offer carries {'a' if found else 'no'} Pre-Authorized Code")

    @_predicate("offer")
    @staticmethod
    def tx_code_at_hand(facts: Facts) -> Ruling:
        """The offer asks for a Transaction Code, and the harness was told it."""
        if not facts.offer.wants_tx_code:
            return Ruling(False, "the offer asks for no Transaction Code")
        told = facts.offer.tx_code is not None
        return Ruling(told, f"the Transaction Code is {'' if told else 'not '}at hand")

    @_predicate("offer")
    @staticmethod
    def tx_code(facts: Facts) -> Ruling:
        """The offer asks for a Transaction Code."""
        asked = facts.offer.wants_tx_code
        return Ruling(asked, f"the offer asks for {'a' if asked else 'no'} Transaction Code")

    @_predicate("token")
    @staticmethod
    def returned_details(facts: Facts) -> Ruling:
        """The Token Response returned ``authorization_details``."""
        return _present(facts.token.object, "authorization_details", "the Token Response")

    @_predicate("token")
    @staticmethod
    def credential_identifiers(facts: Facts) -> Ruling:
        """The Token Response returned ``credential_identifiers`` for the configuration."""
        configuration = facts.scenario.configuration if facts.scenario else ""
        named = bool(token.credential_identifiers(facts.token, configuration))
        said = "names" if named else "does not name"
        return Ruling(named, f"the Token Response {said} credential_identifiers for {facts.configuration_name}")

    @_predicate("server")
    @staticmethod
    def authorization_details(facts: Facts) -> Ruling:
        """The Authorization Server announces that it takes ``authorization_details`` of this specification."""
        types = facts.server.metadata.get("authorization_details_types_supported")
        known = isinstance(types, list) and "openid_credential" in types
        said = "announces" if known else "does not announce"
        return Ruling(known, f"the authorization server {said} authorization_details of type openid_credential")

    # Authorization Requests

    @_predicate("server", "direct")
    @staticmethod
    def direct_requests(facts: Facts) -> Ruling:
        """The Authorization Server takes requests of this client that were not pushed; it may insist on PAR."""
        if facts.server.par_endpoint is None:
            return Ruling(True, "the authorization server has no PAR endpoint")
        taken = facts.direct.code is not None
        return Ruling(taken, f"of a right request that was not pushed, {facts.direct.gist}")

    @_predicate("authorization")
    @staticmethod
    def authorization_response(facts: Facts) -> Ruling:
        """The user was sent back to the wallet."""
        return Ruling(facts.authorization.response is not None, facts.authorization.gist)

    @_predicate("authorization")
    @staticmethod
    def authorization_pages(facts: Facts) -> Ruling:
        """The user saw pages before being sent back to the wallet."""
        count = len(facts.authorization.pages)
        return Ruling(bool(count), f"the user saw {count} pages on the way to the authorization response")

    @_predicate("authorization")
    @staticmethod
    def password_sent(facts: Facts) -> Ruling:
        """The user typed a password into a page, and the answer to the form is a redirect."""
        count = len(facts.authorization.redirects_with_password)
        return Ruling(bool(count), f"{count} forms with a password were answered by a redirect")

    @_predicate("authorization")
    @staticmethod
    def user_can_decline(facts: Facts) -> Ruling:
        """The run was told how the user says no on a page that the user came to."""
        rules = [rule for rule in facts.user.forms if rule.decline is not None]
        told = any(matches(rule, page.url) for rule in rules for page in facts.authorization.pages)
        said = "says" if told else "does not say"
        return Ruling(told, f"[[user.form]] {said} with decline how the user says no")

    @_predicate("server")
    @staticmethod
    def iss_announced(facts: Facts) -> Ruling:
        """The Authorization Server announces ``iss`` in its authorization responses."""
        value = facts.server.metadata.get("authorization_response_iss_parameter_supported")
        return Ruling(value is True, f"authorization_response_iss_parameter_supported is {value!r}")

    @_predicate("authorization")
    @staticmethod
    def iss_sent(facts: Facts) -> Ruling:
        """The authorization response has ``iss``."""
        response = facts.authorization.response
        sent = response is not None and response.iss is not None
        return Ruling(sent, f"the authorization response has {'an' if sent else 'no'} iss")

    @_predicate("authorization")
    @staticmethod
    def redirect_uri_with_query(facts: Facts) -> Ruling:
        """The registered redirect URI has a query of its own."""
        uri = facts.authorization.parameters.get("redirect_uri", "")
        return Ruling("?" in uri, f"the redirect URI {uri} has {'a' if '?' in uri else 'no'} query")

    @_predicate("authorization")
    @staticmethod
    def redirect_uri_over_https(facts: Facts) -> Ruling:
        """The registered redirect URI has the scheme https and does not lead to this machine."""
        uri = facts.authorization.parameters.get("redirect_uri", "")
        return Ruling(uri.startswith("https://") and not is_loopback(uri), f"the redirect URI is {uri}")

    @_predicate("offer")
    @staticmethod
    def issuer_state(facts: Facts) -> Ruling:
        """The offer has an ``issuer_state``."""
        found = facts.offer.issuer_state is not None
        return Ruling(found, f"the offer has {'an' if found else 'no'} issuer_state")

    @_predicate()
    @staticmethod
    def scope(facts: Facts) -> Ruling:
        """The configuration can be asked for by ``scope``."""
        return _present(facts.configuration, "scope", facts.configuration_name)

    @_predicate()
    @staticmethod
    def another_scope(facts: Facts) -> Ruling:
        """Another configuration with the same key proofs can be asked for by a scope of its own."""
        names = facts.configurations_by_scope
        return Ruling(bool(names), f"further configurations with a scope of their own: {names or 'none'}")

    @_predicate("server")
    @staticmethod
    def anonymous_access(facts: Facts) -> Ruling:
        """The Authorization Server announces that it takes Token Requests without ``client_id``."""
        announced = facts.server.anonymous_access
        said = "announces" if announced else "does not announce"
        return Ruling(announced, f"the authorization server {said} anonymous access")

    @_predicate("token")
    @staticmethod
    def bearer_lifetime(facts: Facts) -> Ruling:
        """The Token Response says how long its Bearer token lives."""
        kind, lifetime = (facts.token.object.get(name) for name in ("token_type", "expires_in"))
        said = isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool)
        bearer = isinstance(kind, str) and kind.lower() == "bearer"
        return Ruling(said and bearer, f"the Token Response has token_type {kind!r} and expires_in {lifetime!r}")

    # Clients, pushed requests, PKCE and refresh tokens

    @_predicate("client")
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

    @_predicate("challenged")
    @staticmethod
    def attestation_challenge(facts: Facts) -> Ruling:
        """The Authorization Server gives challenges for proofs of possession of Client Attestations."""
        given = "gave" if facts.challenged else "did not give"
        return Ruling(facts.challenged, f"the authorization server {given} the wallet an attestation challenge")

    @staticmethod
    def server_of_flow_has(name: str) -> Predicate:
        """The metadata of the flow's Authorization Server has this member."""
        return Predicate(
            frozenset({"server"}), lambda facts: _present(facts.server.metadata, name, "the server metadata")
        )

    @_predicate("client")
    @staticmethod
    def client_credentials(facts: Facts) -> Ruling:
        """The wallet authenticates by what stands in its requests, not by its TLS connection."""
        method = facts.client.authentication or "none"
        shown = method != "none" and not method.endswith("tls_client_auth")
        return Ruling(shown, f"the wallet is registered with client authentication {method}")

    @_predicate("token", "client")
    @staticmethod
    def certificate_bound_token(facts: Facts) -> Ruling:
        """The Access Token is a JWT that names the certificate it is bound to (RFC 8705 section 3.1)."""
        if facts.client.certificate is None:
            return Ruling(False, "the wallet shows no TLS certificate")
        named = "x5t#S256" in token.confirmation(facts.token)
        return Ruling(named, f"the Access Token is {'a' if named else 'no'} JWT with cnf and x5t#S256")

    @_predicate("client")
    @staticmethod
    def client_certificate(facts: Facts) -> Ruling:
        """The wallet shows a TLS certificate, to which the server may bind what it hands out (RFC 8705)."""
        shown = facts.client.certificate is not None
        return Ruling(shown, f"the wallet shows {'a' if shown else 'no'} TLS certificate")

    @_predicate("client")
    @staticmethod
    def mutual_tls_client(facts: Facts) -> Ruling:
        """The wallet authenticates by its TLS connection, whatever its requests say."""
        method = facts.client.authentication or "none"
        return Ruling(
            method.endswith("tls_client_auth"), f"the wallet is registered with client authentication {method}"
        )

    @_predicate("server")
    @staticmethod
    def par(facts: Facts) -> Ruling:
        """The Authorization Server has a Pushed Authorization Request Endpoint."""
        return _present(facts.server.metadata, "pushed_authorization_request_endpoint", "the server metadata")

    @_predicate("server")
    @staticmethod
    def par_required(facts: Facts) -> Ruling:
        """The Authorization Server announces that authorization requests must be pushed."""
        value = facts.server.metadata.get("require_pushed_authorization_requests")
        return Ruling(value is True, f"require_pushed_authorization_requests is {value!r}")

    @_predicate("authorization", "patience")
    @staticmethod
    def brief_request_uri(facts: Facts) -> Ruling:
        """A ``request_uri`` expires before the run has waited too long."""
        pushed = facts.authorization.pushed
        lifetime = par.expires_in(pushed) if pushed else None
        brief = lifetime is not None and 0 < lifetime < facts.longest_wait_s
        return Ruling(
            brief,
            f"a request_uri lives for {lifetime} s and the run waits {facts.longest_wait_s:g} s at most;"
            " limits.max_wait_s in assay.toml or --vci-max-wait changes that",
        )

    @_predicate("server")
    @staticmethod
    def plain_challenge(facts: Facts) -> Ruling:
        """The Authorization Server announces the code challenge method ``plain``."""
        methods = facts.server.metadata.get("code_challenge_methods_supported")
        listed = methods if isinstance(methods, list) else []
        return Ruling("plain" in listed, f"code_challenge_methods_supported is {methods!r}")

    @_predicate("token")
    @staticmethod
    def refresh_token(facts: Facts) -> Ruling:
        """The Token Response carries a refresh token."""
        found = token.refresh_token(facts.token) is not None
        return Ruling(found, f"the Token Response carries {'a' if found else 'no'} refresh token")

    @_predicate("token")
    @staticmethod
    def bearer_token(facts: Facts) -> Ruling:
        """The Access Token is bound to no key."""
        kind = facts.token.object.get("token_type")
        bearer = isinstance(kind, str) and kind.lower() == "bearer"
        return Ruling(bearer, f"the Token Response has token_type {kind!r}")

    # DPoP

    @_predicate("server", "token", "binding")
    @staticmethod
    def dpop(facts: Facts) -> Ruling:
        """The wallet has Access Tokens bound with DPoP, and the Authorization Server knows that."""
        if facts.binding_key is None:
            return Ruling(False, "the wallet sends no DPoP proofs: none are announced or wanted")
        announced = "dpop_signing_alg_values_supported" in facts.server.metadata
        known = announced or token.scheme(facts.token) == "DPoP"
        return Ruling(known, f"the authorization server {'knows' if known else 'does not know'} DPoP")

    @_predicate("nonce")
    @staticmethod
    def dpop_nonce_of_nonce_endpoint(facts: Facts) -> Ruling:
        """The Nonce Response brings a DPoP nonce (section 7.2)."""
        if facts.nonce is None:
            return Ruling(False, "the issuer has no Nonce Endpoint")
        return _present(facts.nonce.headers, "DPoP-Nonce", "the Nonce Response")

    @_predicate("token")
    @staticmethod
    def token_thumbprint(facts: Facts) -> Ruling:
        """The Access Token is a JWT that names the thumbprint of a key as confirmation (RFC 9449 section 6.1)."""
        named = "jkt" in token.confirmation(facts.token)
        return Ruling(named, f"the Access Token is {'a' if named else 'no'} JWT with cnf and jkt")

    @_predicate("server")
    @staticmethod
    def unlisted_dpop_algorithm(facts: Facts) -> Ruling:
        """The metadata list algorithms of DPoP proofs, and not all that the wallet has."""
        listed = facts.server.metadata.get("dpop_signing_alg_values_supported")
        found = isinstance(listed, list) and dpop.unlisted_algorithm(facts.server.metadata) is not None
        return Ruling(found, f"dpop_signing_alg_values_supported is {listed!r}")

    @_predicate("server")
    @staticmethod
    def several_dpop_algorithms(facts: Facts) -> Ruling:
        """The metadata list several algorithms of DPoP proofs that the wallet has."""
        found = dpop.listed_algorithms(facts.server.metadata)
        return Ruling(len(found) > 1, f"algorithms of DPoP proofs that both sides have: {found or 'none'}")

    @_predicate("server")
    @staticmethod
    def default_port_of_server(facts: Facts) -> Ruling:
        """The URLs of the Token Endpoint and the PAR endpoint name no port."""
        urls = [url for url in (facts.server.token_endpoint, facts.server.par_endpoint) if url is not None]
        return Ruling(not any(map(_names_port, urls)), f"the endpoints are {urls}")

    @_predicate()
    @staticmethod
    def default_port_of_issuer(facts: Facts) -> Ruling:
        """The URLs of the endpoints that take Access Tokens name no port."""
        issuer = facts.issuer
        known = (issuer.credential_endpoint, issuer.deferred_endpoint, issuer.notification_endpoint)
        urls = [url for url in known if url is not None]
        return Ruling(not any(map(_names_port, urls)), f"the endpoints are {urls}")

    @_predicate("token", "binding")
    @staticmethod
    def dpop_token(facts: Facts) -> Ruling:
        """The Access Token is bound with DPoP."""
        bound = facts.binding_key is not None and token.scheme(facts.token) == "DPoP"
        return Ruling(bound, f"the Access Token is {'' if bound else 'not '}bound with DPoP")

    @_predicate("token", "dpop_nonces")
    @staticmethod
    def server_dpop_nonce(facts: Facts) -> Ruling:
        """The Authorization Server gives out DPoP nonces."""
        given = facts.server_nonce is not None or facts.token.error == "use_dpop_nonce"
        return Ruling(given, f"the authorization server gives {'a' if given else 'no'} DPoP nonce")

    @_predicate("issuance", "dpop_nonces")
    @staticmethod
    def issuer_dpop_nonce(facts: Facts) -> Ruling:
        """The Credential Issuer gives out DPoP nonces."""
        given = facts.issuer_nonce is not None or "use_dpop_nonce" in error_codes(facts.issuance)
        return Ruling(given, f"the issuer gives {'a' if given else 'no'} DPoP nonce")

    @_predicate("token")
    @staticmethod
    def granted_scope(facts: Facts) -> Ruling:
        """The Token Response names the granted scope."""
        return _present(facts.token.object, "scope", "the Token Response")

    @_predicate()
    @staticmethod
    def several_configurations(facts: Facts) -> Ruling:
        """The metadata has a further configuration that takes the same key proofs."""
        names = facts.further_configurations
        return Ruling(bool(names), f"further configurations with the same key proofs: {names or 'none'}")

    # Credential Requests

    @_predicate("offer")
    @staticmethod
    def another_configuration(facts: Facts) -> Ruling:
        """The metadata has a configuration that the offer does not name, to be asked for with the same proofs."""
        names = facts.unoffered_configurations
        return Ruling(bool(names), f"configurations beyond the offer, with the same key proofs: {names or 'none'}")

    @_predicate()
    @staticmethod
    def batches(facts: Facts) -> Ruling:
        """The issuer takes several proofs in one Credential Request."""
        size = facts.issuer.batch_size
        return Ruling(size is not None, f"the issuer metadata has {'no' if size is None else 'a'} batch_size")

    @_predicate()
    @staticmethod
    def small_batches(facts: Facts) -> Ruling:
        """The issuer takes several proofs in one Credential Request, and few enough to send one too many."""
        size = facts.issuer.batch_size
        small = size is not None and size <= _LARGEST_BATCH
        return Ruling(small, f"the batch_size is {size}; up to {_LARGEST_BATCH} can be exceeded")

    # Encryption

    @_predicate()
    @staticmethod
    def encrypted_requests(facts: Facts) -> Ruling:
        """The issuer takes encrypted requests."""
        return _present(facts.issuer.metadata, "credential_request_encryption", "issuer metadata")

    @_predicate()
    @staticmethod
    def encrypted_responses(facts: Facts) -> Ruling:
        """The issuer gives encrypted responses, and takes the encrypted requests that they are asked for by."""
        request = _present(facts.issuer.metadata, "credential_request_encryption", "issuer metadata")
        if not request.applies:
            return request
        return _present(facts.issuer.metadata, "credential_response_encryption", "issuer metadata")

    @_predicate()
    @staticmethod
    def request_encryption_required(facts: Facts) -> Ruling:
        """The metadata requires that requests are encrypted."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        return _encryption_required("request", offered)

    @_predicate()
    @staticmethod
    def response_encryption_required(facts: Facts) -> Ruling:
        """The metadata requires that responses are encrypted."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        return _encryption_required("response", offered)

    @_predicate()
    @staticmethod
    def compressed_requests(facts: Facts) -> Ruling:
        """The issuer takes encrypted requests that are compressed in a way the wallet has."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        return _compression("request", offered)

    @_predicate()
    @staticmethod
    def compressed_responses(facts: Facts) -> Ruling:
        """The issuer compresses encrypted responses in a way the wallet has."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        return _compression("response", offered)

    @_predicate()
    @staticmethod
    def request_key_agreement(facts: Facts) -> Ruling:
        """Requests can be encrypted with a key that is agreed on."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        algorithms = [str(key.get("alg")) for key in (offered.usable_keys if offered else ())]
        found = any(name.startswith("ECDH-ES") for name in algorithms)
        return Ruling(found, f"the keys for requests that the wallet can use have the alg {algorithms or 'none'}")

    @_predicate()
    @staticmethod
    def response_key_agreement(facts: Facts) -> Ruling:
        """Responses can be encrypted with a key that is agreed on."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        algorithms = offered.usable_algs if offered else ()
        found = any(name.startswith("ECDH-ES") for name in algorithms)
        return Ruling(found, f"the alg values for responses that the wallet has are {list(algorithms) or 'none'}")

    @_predicate()
    @staticmethod
    def unlisted_request_enc(facts: Facts) -> Ruling:
        """The wallet has a content encryption algorithm that the metadata does not list for requests."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        enc = offered.unlisted_enc if offered else None
        return Ruling(enc is not None, f"enc of the wallet that the metadata does not list: {enc or 'none'}")

    @_predicate()
    @staticmethod
    def unlisted_request_alg(facts: Facts) -> Ruling:
        """The wallet has another algorithm for a key of the metadata, which no key of the metadata has."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        alg = offered.unlisted_alg if offered else None
        return Ruling(alg is not None, f"further alg of the wallet for a key of the metadata: {alg or 'none'}")

    # Deferred issuance and notifications

    @_predicate("issuance")
    @staticmethod
    def deferred(facts: Facts) -> Ruling:
        """The Credential Response deferred issuance."""
        begun = deferral.transaction_id(facts.issuance) is not None
        return Ruling(begun, f"the Credential Response {'defers' if begun else 'does not defer'} issuance")

    @_predicate("polls")
    @staticmethod
    def deferred_further(facts: Facts) -> Ruling:
        """A Deferred Credential Response deferred issuance further."""
        found = any(map(deferral.defers, facts.polls[1:]))
        return Ruling(found, f"{'a' if found else 'no'} Deferred Credential Response deferred issuance further")

    @_predicate("polls")
    @staticmethod
    def notification_id(facts: Facts) -> Ruling:
        """The credentials came with a ``notification_id``."""
        found = notification.notification_id(facts.polls[-1]) is not None
        return Ruling(found, f"the credentials came with{'' if found else 'out'} notification_id")

    @_predicate("denied")
    @staticmethod
    def denied_offer(facts: Facts) -> Ruling:
        """The team can have issuance denied after it was deferred."""
        found = facts.denied is not None
        said = "is at hand" if found else "for this grant is not at hand: [denied_offer] in assay.toml gives one"
        return Ruling(found, f"an offer whose issuance is deferred and then denied {said}")

    @_predicate("other_access")
    @staticmethod
    def other_access(facts: Facts) -> Ruling:
        """An Access Token for another Credential Configuration is to be had."""
        found = facts.other_access
        name = f" ({found.configuration_id})" if found else ""
        return Ruling(
            found is not None,
            f"an Access Token for another configuration is {'' if found else 'not '}to be had{name}",
        )

    @_predicate("batch")
    @staticmethod
    def several_credentials(facts: Facts) -> Ruling:
        """A request for two keys brought more than one Credential; an issuer may issue fewer."""
        count = len(facts.batch)
        return Ruling(count > 1, f"a request for two keys brought {count} credentials")

    # Key proofs

    @_predicate()
    @staticmethod
    def attestation_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``attestation``."""
        return _proof_of(facts, "attestation")

    @_predicate()
    @staticmethod
    def di_vp_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``di_vp``."""
        return _proof_of(facts, "di_vp")

    @_predicate()
    @staticmethod
    def key_attestation(facts: Facts) -> Ruling:
        """The proofs of the flow are key attestations, or have to carry one."""
        return _attested(facts)

    @_predicate()
    @staticmethod
    def one_proof_per_key(facts: Facts) -> Ruling:
        """The flow has a proof for each key: no key attestation vouches for several."""
        attested = _attested(facts)
        wanted = facts.proof_type is not None and not attested.applies
        return Ruling(wanted, attested.reason)

    @_predicate()
    @staticmethod
    def key_attestation_levels(facts: Facts) -> Ruling:
        """The metadata asks for values of ``key_storage`` or ``user_authentication``."""
        asked = [
            name
            for name, members in facts.issuer.configurations.items()
            if isinstance(types := members.get("proof_types_supported"), dict)
            and any(
                _holds(terms, ("key_attestations_required", level)) and terms["key_attestations_required"][level]
                for terms in types.values()
                for level in ("key_storage", "user_authentication")
            )
        ]
        return Ruling(bool(asked), f"configurations that ask for levels of key attestations: {asked or 'none'}")

    @_predicate()
    @staticmethod
    def key_storage_required(facts: Facts) -> Ruling:
        """The metadata names values of ``key_storage`` that a key attestation has to have."""
        return _level_of(facts, "key_storage")

    @_predicate()
    @staticmethod
    def user_authentication_required(facts: Facts) -> Ruling:
        """The metadata names values of ``user_authentication`` that a key attestation has to have."""
        return _level_of(facts, "user_authentication")

    @_predicate()
    @staticmethod
    def jwk_binding(facts: Facts) -> Ruling:
        """The configuration binds to keys that stand in a proof as ``jwk``."""
        methods = facts.configuration.get("cryptographic_binding_methods_supported")
        listed = [str(name) for name in methods] if isinstance(methods, list) else []
        found = not {"jwk", "cose_key"}.isdisjoint(listed)
        return Ruling(found, f"{facts.configuration_name} has the binding methods {listed}")

    # Issued credentials

    @staticmethod
    def configuration_has(name: str) -> Predicate:
        """The configuration has this member."""
        return Predicate(frozenset(), lambda facts: _present(facts.configuration, name, facts.configuration_name))

    @_predicate()
    @staticmethod
    def described_claims(facts: Facts) -> Ruling:
        """The configuration describes a claim of a JSON credential by a path."""
        found = len(facts.described_paths)
        return Ruling(found > 0, f"{facts.configuration_name} describes {found} claims")

    @_predicate()
    @staticmethod
    def mandatory_claims(facts: Facts) -> Ruling:
        """The configuration calls a claim mandatory."""
        metadata = facts.configuration.get("credential_metadata")
        claims = metadata.get("claims") if isinstance(metadata, dict) else None
        found = [
            claim
            for claim in (claims if isinstance(claims, list) else [])
            if isinstance(claim, dict) and claim.get("mandatory") is True
        ]
        return Ruling(bool(found), f"{facts.configuration_name} has {len(found)} mandatory claims")

    @_predicate("issuer_key")
    @staticmethod
    def x5c(facts: Facts) -> Ruling:
        """The credential carries the certificates of its signer."""
        found = facts.issuer_key.mechanism == "x5c"
        return Ruling(found, f"the credential has {'an' if found else 'no'} x5c")

    @_predicate("issuer_key")
    @staticmethod
    def trust_anchors(facts: Facts) -> Ruling:
        """Trust anchors are configured against which certificates can be judged."""
        chain = facts.issuer_key.chain
        known = chain is None or chain.trusted is not None
        said = "are configured" if known else 'are missing: name them in assay.toml, [trust] x5c = ["root.pem"]'
        return Ruling(known, f"trust anchors {said}")

    @_predicate("issuer_key")
    @staticmethod
    def jwt_vc_issuer_metadata(facts: Facts) -> Ruling:
        """The signer's key is found by JWT VC Issuer Metadata."""
        mechanism = facts.issuer_key.mechanism
        return Ruling(mechanism == "jwt-vc-issuer", f"the signer's key is found by {mechanism or 'nothing'}")


def _holds(members: Any, path: tuple[str, ...]) -> bool:
    """Whether the names lead from object to object to a member that is there."""
    for name in path:
        if not isinstance(members, dict) or name not in members:
            return False
        members = members[name]
    return True


def _names_port(url: str) -> bool:
    try:
        return urlsplit(url).port is not None
    except ValueError:
        return True


def _present(members: Any, name: str, where: str) -> Ruling:
    present = name in members
    return Ruling(present, f"{where} {'has' if present else 'has no'} {name}")


def _proof_of(facts: Facts, kind: str) -> Ruling:
    types = facts.configuration.get("proof_types_supported")
    listed = list(types) if isinstance(types, dict) else []
    used = f", the flow uses {facts.proof_type}" if facts.proof_type else ""
    return Ruling(facts.proof_type == kind, f"{facts.configuration_name} takes the proof types {listed}{used}")


def _encryption_required(message: str, offered: RequestEncryption | ResponseEncryption | None) -> Ruling:
    required = offered is not None and offered.required
    said = "requires" if required else "does not require"
    return Ruling(required, f"the metadata {said} that {message}s are encrypted")


def _compression(message: str, offered: RequestEncryption | ResponseEncryption | None) -> Ruling:
    listed = offered.zip_values if offered else ()
    found = not set(COMPRESSIONS).isdisjoint(listed)
    return Ruling(found, f"the metadata lists {list(listed) or 'no'} zip values for {message}s")


def _attested(facts: Facts) -> Ruling:
    if facts.proof_type == "attestation":
        return Ruling(True, "the flow uses proofs of type attestation")
    required = facts.proof_terms.get("key_attestations_required")
    wanted = facts.proof_type == "jwt" and isinstance(required, dict)
    proofs = f"proofs of type {facts.proof_type}" if facts.proof_type else "proofs"
    return Ruling(
        wanted, f"{facts.configuration_name} requires {'' if wanted else 'no '}key attestations in {proofs}"
    )


def _level_of(facts: Facts, name: str) -> Ruling:
    required = facts.proof_terms.get("key_attestations_required")
    values = required.get(name) if isinstance(required, dict) else None
    return Ruling(isinstance(values, list) and bool(values), f"key_attestations_required has {name} {values!r}")


def _flow_of(facts: Facts, grant: str, name: str) -> Ruling:
    given = facts.scenario.grant if facts.scenario else None
    return Ruling(given == grant, f"the flow is {'' if given == grant else 'not '}the {name}")
