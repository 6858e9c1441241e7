"""Whether a check applies, by the Credential Requests that can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate

if TYPE_CHECKING:
    from harness.facts import Facts

_LARGEST_BATCH = 20
"""Proofs in one request beyond which a run does not go to exceed ``batch_size``."""


class Requests:
    """Predicates about Credential Requests: what else can be asked for, and for how many keys at once."""

    @predicate()
    @staticmethod
    def several_configurations(facts: Facts) -> Ruling:
        """The metadata has a further configuration that takes the same key proofs."""
        names = facts.further_configurations
        return Ruling(bool(names), f"further configurations with the same key proofs: {names or 'none'}")

    @predicate("offer")
    @staticmethod
    def another_configuration(facts: Facts) -> Ruling:
        """The metadata has a configuration that the offer does not name, to be asked for with the same proofs."""
        names = facts.unoffered_configurations
        return Ruling(bool(names), f"configurations beyond the offer, with the same key proofs: {names or 'none'}")

    @predicate()
    @staticmethod
    def batches(facts: Facts) -> Ruling:
        """The issuer takes several proofs in one Credential Request."""
        dialect, size = facts.issuer.dialect, facts.issuer.batch_size
        if not dialect.batches:
            return Ruling(False, f"{dialect.title} has no Credential Requests for several keys")
        return Ruling(size is not None, f"the issuer metadata has {'no' if size is None else 'a'} batch_size")

    @predicate()
    @staticmethod
    def small_batches(facts: Facts) -> Ruling:
        """The issuer takes several proofs in one Credential Request, and few enough to send one too many."""
        size = facts.issuer.batch_size
        small = size is not None and size <= _LARGEST_BATCH
        return Ruling(small, f"the batch_size is {size}; up to {_LARGEST_BATCH} can be exceeded")

    @predicate("batch")
    @staticmethod
    def several_credentials(facts: Facts) -> Ruling:
        """A request for two keys brought more than one Credential; an issuer may issue fewer."""
        count = len(facts.batch)
        return Ruling(count > 1, f"a request for two keys brought {count} credentials")
