"""Whether a check applies, by deferred issuance and notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate
from harness.wallet import deferred as deferral
from harness.wallet import notification

if TYPE_CHECKING:
    from harness.facts import Facts


class Deferral:
    """Predicates about deferred issuance, its end, and notifications."""

    @predicate("issuance")
    @staticmethod
    def deferred(facts: Facts) -> Ruling:
        """The Credential Response deferred issuance."""
        begun = deferral.transaction_id(facts.issuance, facts.issuer.dialect) is not None
        return Ruling(begun, f"the Credential Response {'defers' if begun else 'does not defer'} issuance")

    @predicate("polls")
    @staticmethod
    def deferred_further(facts: Facts) -> Ruling:
        """A Deferred Credential Response deferred issuance further."""
        found = any(map(deferral.defers, facts.polls[1:]))
        return Ruling(found, f"{'a' if found else 'no'} Deferred Credential Response deferred issuance further")

    @predicate("polls")
    @staticmethod
    def unready(facts: Facts) -> Ruling:
        """A wallet that came back did not get its Credential at once."""
        found = bool(deferral.unready(facts.polls))
        return Ruling(found, f"the Credential was {'not ' if found else ''}ready when it was asked for")

    @predicate("denied")
    @staticmethod
    def denied_offer(facts: Facts) -> Ruling:
        """The team can have issuance denied."""
        found = facts.denied is not None
        said = "is at hand" if found else "for this grant is not at hand: [denied_offer] in assay.toml gives one"
        return Ruling(found, f"an offer whose issuance is denied in the end {said}")

    @predicate("polls")
    @staticmethod
    def notification_id(facts: Facts) -> Ruling:
        """The credentials came with a ``notification_id``."""
        found = notification.notification_id(facts.polls[-1]) is not None
        return Ruling(found, f"the credentials came with{'' if found else 'out'} notification_id")
