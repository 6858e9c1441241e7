"""Whether a check of Partisia's issuance service applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate

if TYPE_CHECKING:
    from harness.facts import Facts

_TOLD = "give the file with what the application tells of its user in assay.toml: [partisia] dataset"


class Partisia:
    """Predicates about the issuance service."""

    @predicate()
    @staticmethod
    def partisia_dataset(facts: Facts) -> Ruling:
        """The run knows the data that the application gives."""
        known = facts.partisia is not None and facts.partisia.tells_dataset
        return Ruling(known, "[partisia] dataset is given" if known else _TOLD)

    @predicate("offer")
    @staticmethod
    def partisia_second_offered(facts: Facts) -> Ruling:
        """An offer is for several configurations."""
        count = len(set(facts.offer.configuration_ids))
        return Ruling(count > 1, f"the offer is for {count} {'configuration' if count == 1 else 'configurations'}")

    @predicate()
    @staticmethod
    def partisia_over_tls(facts: Facts) -> Ruling:
        """The metadata name an https endpoint, so that there should be none at the same place without TLS."""
        endpoints = (facts.issuer.nonce_endpoint, facts.issuer.credential_endpoint)
        secure = any(url is not None and url.startswith("https:") for url in endpoints)
        return Ruling(secure, f"the metadata {'name' if secure else 'do not name'} an https endpoint")
