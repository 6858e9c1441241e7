"""Whether a check of a MATTR VII tenant applies, by what the run was told and by what is issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate

if TYPE_CHECKING:
    from harness.facts import Facts
    from harness.mattr.configurations import Configuration

TOLD = "give client_id and client_secret of an administrator in assay.toml: [mattr]"
_MOBILE = "mso_mdoc"


class Mattr:
    """Predicates about a tenant."""

    @predicate()
    @staticmethod
    def mattr_back_end(facts: Facts) -> Ruling:
        """The run can have the tenant make offers."""
        known = facts.mattr is not None
        return Ruling(known, "[mattr] has an administrator" if known else TOLD)

    @predicate()
    @staticmethod
    def mattr_other_configuration(facts: Facts) -> Ruling:
        """The run knows a configuration that no offer can be for."""
        known = facts.mattr is not None and facts.mattr.other_configuration is not None
        return Ruling(known, "[mattr] has one" if known else "[mattr] other_configuration is not given")

    @predicate()
    @staticmethod
    def mattr_configuration(facts: Facts) -> Ruling:
        """The run knows what the configuration of the scenario says."""
        name = facts.scenario.configuration if facts.scenario else None
        known = facts.mattr is not None and name in facts.mattr.configurations
        return Ruling(known, f"[mattr] configurations {'has' if known else 'does not have'} the configuration")

    @predicate()
    @staticmethod
    def mattr_lifetime(facts: Facts) -> Ruling:
        """The configuration says how long its credential lives."""
        told = _configuration(facts)
        known = told is not None and told.lifetime is not None
        return Ruling(known, f"the configuration {'has' if known else 'says nothing by'} expiresIn alone")

    @predicate()
    @staticmethod
    def mattr_revocable(facts: Facts) -> Ruling:
        """The configuration says whether its credential has a status."""
        told = _configuration(facts)
        known = told is not None and told.revocable is not None
        return Ruling(known, f"the configuration has {'' if known else 'no '}includeStatus")

    @predicate()
    @staticmethod
    def mattr_branding(facts: Facts) -> Ruling:
        """The configuration says how its credential looks."""
        told = _configuration(facts)
        known = told is not None and bool(told.branding)
        return Ruling(known, f"the configuration has {'' if known else 'no '}branding")

    @predicate()
    @staticmethod
    def mattr_claims_source(facts: Facts) -> Ruling:
        """The run plays the claims source, and knows a configuration that cannot be without it."""
        if facts.mattr is None or facts.mattr.claims_source is None:
            return Ruling(False, "[mattr] claims_source is not given")
        found = facts.mattr.sourced is not None
        known = "[mattr] configurations has" if found else "[mattr] configurations does not have"
        return Ruling(found, f"{known} a configuration with a required claim of a claims source")

    @predicate()
    @staticmethod
    def mattr_two_configurations(facts: Facts) -> Ruling:
        """The tenant has two configurations of mobile documents that are tested."""
        found = [name for name, each in facts.issuer.configurations.items() if each.get("format") == _MOBILE]
        return Ruling(len(found) > 1, f"the metadata describe {len(found)} mobile documents")


def _configuration(facts: Facts) -> Configuration | None:
    name = facts.scenario.configuration if facts.scenario else ""
    return facts.mattr.configurations.get(name) if facts.mattr else None
