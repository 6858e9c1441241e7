"""Predicates that say whether a check applies, each with a reason that can be printed.

A predicate reads facts of the issuer only: its metadata, its offers, its answers. It never reads what the
harness would like. ``when.a & when.b`` and ``~when.a`` combine them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.wallet import deferred as deferral
from harness.wallet import notification, token
from harness.wallet.metadata import locales

if TYPE_CHECKING:
    from harness.evidence import Facts

_CLAIMS = ("credential_metadata", "claims")
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
        """The configuration takes proofs of type ``jwt``."""
        types = facts.configuration.get("proof_types_supported")
        listed = list(types) if isinstance(types, dict) else []
        return Ruling("jwt" in listed, f"{facts.configuration_name} takes the proof types {listed}")

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
    def sd_jwt_vc_configuration(facts: Facts) -> Ruling:
        """At least one configuration is an SD-JWT VC of this version of the specification."""
        configurations = facts.issuer.configurations.items()
        names = [name for name, members in configurations if members.get("format") == "dc+sd-jwt"]
        return Ruling(bool(names), f"configurations with the format dc+sd-jwt: {names or 'none'}")

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
        count = sum(reply.status == 202 or "transaction_id" in reply.object for reply in facts.polls[1:])
        return Ruling(count > 0, f"{count or 'no'} Deferred Credential Responses deferred issuance further")

    @_predicate("polls")
    @staticmethod
    def notification_id(facts: Facts) -> Ruling:
        """The credentials came with a ``notification_id``."""
        found = notification.notification_id(facts.polls[-1]) is not None
        return Ruling(found, f"the credentials came with{'' if found else 'out'} notification_id")

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

    # Key proofs

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


def _present(members: Any, name: str, where: str) -> Ruling:
    present = name in members
    return Ruling(present, f"{where} {'has' if present else 'has no'} {name}")


def _flow_of(facts: Facts, grant: str, name: str) -> Ruling:
    given = facts.scenario.grant if facts.scenario else None
    return Ruling(given == grant, f"the flow is {'' if given == grant else 'not '}the {name}")
