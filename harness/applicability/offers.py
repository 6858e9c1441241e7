"""Whether a check applies, by the Credential Offer and the grant that a flow takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate, present
from harness.wallet.offer import KNOWN_GRANTS

if TYPE_CHECKING:
    from harness.facts import Facts

_PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


class Offers:
    """Predicates about the Credential Offer, how it came, its grants, and the grant of the flow."""

    @predicate("offer")
    @staticmethod
    def offer_by_reference(facts: Facts) -> Ruling:
        """The wallet fetched the offer from a ``credential_offer_uri``."""
        fetched = facts.offer.reply is not None
        return Ruling(fetched, f"the offer came by {'reference' if fetched else 'value'}")

    @predicate("link")
    @staticmethod
    def offer_uri(facts: Facts) -> Ruling:
        """The link has a ``credential_offer_uri``."""
        named = facts.link.by_reference is not None
        return Ruling(named, f"the offer came {'with a' if named else 'without'} credential_offer_uri")

    @predicate("link")
    @staticmethod
    def offer_as_link(facts: Facts) -> Ruling:
        """The offer came as a link, not as bare JSON."""
        link = bool(facts.link.parameters)
        return Ruling(link, f"the offer came as {'a link' if link else 'bare JSON'}")

    @predicate("offer")
    @staticmethod
    def offer_object(facts: Facts) -> Ruling:
        """The offer is a JSON object."""
        is_object = isinstance(facts.offer.document.value, dict)
        return Ruling(is_object, f"the offer is {'a' if is_object else 'no'} JSON object")

    @predicate("offer")
    @staticmethod
    def offered_configurations(facts: Facts) -> Ruling:
        """The offer names at least one Credential Configuration."""
        ids = facts.offer.configuration_ids
        return Ruling(bool(ids), f"the offer names {ids or 'no configuration'}")

    # Grants

    @staticmethod
    def offered_descriptions(*formats: str) -> Predicate:
        """The offer describes a Credential of one of these formats by an object, as draft 11 has it."""

        def rule(facts: Facts) -> Ruling:
            value = facts.offer.object.get("credentials")
            items = value if isinstance(value, list) else ()
            count = sum(isinstance(item, dict) and item.get("format") in formats for item in items)
            return Ruling(count > 0, f"the offer describes {count} Credentials by objects of a known format")

        return Predicate(frozenset({"offer"}), rule)

    @predicate("offer")
    @staticmethod
    def offered_grants(facts: Facts) -> Ruling:
        """The offer has ``grants``."""
        return present(facts.offer.object, "grants", "the offer")

    @predicate("offer")
    @staticmethod
    def known_grants(facts: Facts) -> Ruling:
        """The offer has a grant that OpenID4VCI defines."""
        offered = [name for name, grant in facts.offer.grants.items() if isinstance(grant, dict)]
        return Ruling(not set(KNOWN_GRANTS).isdisjoint(offered), f"the offer has the grants {offered or 'none'}")

    @predicate("offer")
    @staticmethod
    def pre_authorized_grant(facts: Facts) -> Ruling:
        """The offer has the Pre-Authorized Code grant."""
        offered = [name for name, grant in facts.offer.grants.items() if isinstance(grant, dict)]
        return Ruling(_PRE_AUTHORIZED_CODE in offered, f"the offer has the grants {offered or 'none'}")

    @predicate("offer")
    @staticmethod
    def pre_authorized_code(facts: Facts) -> Ruling:
        """The offer carries a Pre-Authorized Code."""
        found = facts.offer.code is not None
        return Ruling(found, f"the offer carries {'a' if found else 'no'} Pre-Authorized Code")

    @predicate("offer")
    @staticmethod
    def tx_code_at_hand(facts: Facts) -> Ruling:
        """The offer asks for a Transaction Code, and the harness was told it."""
        if not facts.offer.wants_tx_code:
            return Ruling(False, "the offer asks for no Transaction Code")
        told = facts.offer.tx_code is not None
        return Ruling(told, f"the Transaction Code is {'' if told else 'not '}at hand")

    @predicate("promises")
    @staticmethod
    def promised_attempts(facts: Facts) -> Ruling:
        """The team says how many wrong Transaction Codes are too many."""
        promised = facts.promises.tx_code_attempts
        if promised is None:
            return Ruling(False, "nothing says how many wrong codes are too many: [promises] tx_code_attempts")
        return Ruling(True, f"after {promised} wrong Transaction Codes the offer is said to be useless")

    @staticmethod
    def brief_code(name: str) -> Predicate:
        """The team says how long a code lives, and the run waits that long.

        Args:
            name: the key under ``[promises]``.

        """

        def rule(facts: Facts) -> Ruling:
            lifetime = getattr(facts.promises, name)
            if lifetime is None:
                return Ruling(False, f"nothing says how long such a code lives: {name} under [promises]")
            return Ruling(
                lifetime < facts.longest_wait_s,
                f"such a code is said to live for {lifetime:g} s and the run waits {facts.longest_wait_s:g} s at"
                " most; limits.max_wait_s in assay.toml or --vci-max-wait changes that",
            )

        return Predicate(frozenset({"promises", "patience"}), rule)

    @predicate("offer")
    @staticmethod
    def tx_code(facts: Facts) -> Ruling:
        """The offer asks for a Transaction Code."""
        asked = facts.offer.wants_tx_code
        return Ruling(asked, f"the offer asks for {'a' if asked else 'no'} Transaction Code")

    @predicate("offer")
    @staticmethod
    def issuer_state(facts: Facts) -> Ruling:
        """The offer has an ``issuer_state``."""
        found = facts.offer.issuer_state is not None
        return Ruling(found, f"the offer has {'an' if found else 'no'} issuer_state")

    # The grant of the flow

    @predicate()
    @staticmethod
    def pre_authorized_flow(facts: Facts) -> Ruling:
        """The flow uses the Pre-Authorized Code grant."""
        return _flow_of(facts, _PRE_AUTHORIZED_CODE, "Pre-Authorized Code Flow")

    @predicate()
    @staticmethod
    def code_flow(facts: Facts) -> Ruling:
        """The flow uses the Authorization Code grant."""
        return _flow_of(facts, "authorization_code", "Authorization Code Flow")


def _flow_of(facts: Facts, grant: str, name: str) -> Ruling:
    given = facts.scenario.grant if facts.scenario else None
    return Ruling(given == grant, f"the flow is {'' if given == grant else 'not '}the {name}")
