"""Whether a check of an external system of the Staff Passport applies, by what the run was told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.life import NO_HOOK
from harness.applicability.predicate import Ruling, predicate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.staff_passport.gateway_under_test import GatewayFacts
    from harness.staff_passport.portal_under_test import PortalFacts


class StaffPassport:
    """Predicates about a portal and the employees that the run knows."""

    @predicate()
    @staticmethod
    def holds_birth_date(facts: PortalFacts) -> Ruling:
        """The portal knows when its employees were born."""
        held = facts.settings.holds_birth_date
        return Ruling(held, f"[staff_passport] holds_birth_date is {str(held).lower()}")

    @predicate()
    @staticmethod
    def has_invalidate_hook(facts: PortalFacts) -> Ruling:
        """The team can make a credential invalid."""
        known = facts.invalidates
        return Ruling(known, "there is a hook" if known else f"{NO_HOOK}: [staff_passport.invalidate]")

    @predicate()
    @staticmethod
    def reads_mail(facts: PortalFacts) -> Ruling:
        """E-mails to employees come to the run."""
        read = facts.reads_mail
        return Ruling(read, f"{'a' if read else 'no'} mailbox is known: [staff_passport.mailbox]")

    @predicate()
    @staticmethod
    def attribute_schema(facts: PortalFacts) -> Ruling:
        """The attributes of credentials are known for certain."""
        known = facts.schema
        return Ruling(
            known,
            "[staff_passport] schema has the attributes of the templates"
            if known
            else "untested: the schema is private, and [staff_passport] schema names no file with these templates",
        )

    @predicate()
    @staticmethod
    def two_templates(facts: PortalFacts) -> Ruling:
        """The employee has two credentials to download."""
        number = len(facts.templates)
        return Ruling(number > 1, f"[staff_passport.employee] templates has {number}")

    @predicate()
    @staticmethod
    def other_employee(facts: PortalFacts) -> Ruling:
        """The run knows another employee with a credential to download."""
        return Ruling(
            facts.other, f"{'another' if facts.other else 'no other'} employee is known: [staff_passport.other]"
        )

    @predicate()
    @staticmethod
    def inapplicable_employee(facts: PortalFacts) -> Ruling:
        """The run knows an employee to whom the Digital Staff Passport does not apply."""
        known = facts.inapplicable
        return Ruling(known, f"{'an' if known else 'no'} such employee is known: [staff_passport.inapplicable]")

    @predicate("journey")
    @staticmethod
    def sends_nonce(facts: PortalFacts) -> Ruling:
        """The portal sends a nonce, which the authorization code flow leaves open."""
        return _sends("nonce", facts.made["journey"].authorization)

    @predicate("journey")
    @staticmethod
    def sends_challenge(facts: PortalFacts) -> Ruling:
        """The portal uses PKCE, which nothing demands of it."""
        return _sends("code_challenge", facts.made["journey"].authorization)

    @predicate("journey")
    @staticmethod
    def sends_state(facts: PortalFacts) -> Ruling:
        """The portal sends a state when it asks for the identity."""
        return _sends("state", facts.made["journey"].authorization)

    @predicate("first_download")
    @staticmethod
    def downloads_after_confirming(facts: PortalFacts) -> Ruling:
        """The download begins on another page than the one on which the information is confirmed."""
        apart = facts.made["first_download"].ready != "preview"
        return Ruling(apart, f"the download begins {'after' if apart else 'with'} the confirmation")

    @predicate("first_download")
    @staticmethod
    def pushes_state(facts: PortalFacts) -> Ruling:
        """The portal sends a state when it pushes a credential."""
        return _sends("state", facts.made["first_download"].pushed.parameters)

    @predicate()
    @staticmethod
    def second_system(facts: GatewayFacts) -> Ruling:
        """The run knows another external system that is registered at the gateway."""
        known = facts.second_system
        return Ruling(known, f"{'another' if known else 'no other'} system is known: [staff_passport.second]")


def _sends(name: str, parameters: Mapping[str, str]) -> Ruling:
    sent = bool(parameters.get(name))
    return Ruling(sent, f"the portal sends {'a' if sent else 'no'} {name}")
