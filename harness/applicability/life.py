"""Whether a check applies, by the life of credentials after their issuance: their status and their renewal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.applicability.predicate import Predicate, Ruling, predicate
from harness.formats import credential_status
from harness.formats.status_list import Form
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism, saying

if TYPE_CHECKING:
    from harness.facts import Facts

NO_HOOK = "no hook is known"
NO_STATUS_ANCHORS = "trust anchors for the certificates of the status list are not known"
"""How the reason begins why what a team can do to credentials does not apply to a run."""


def _mso_status(facts: Facts) -> Mapping[Any, Any]:
    """Give the member ``status`` of a mobile document; empty without one."""
    found = facts.credential.mdoc.mso.get("status")
    return found if isinstance(found, dict) else {}


class Life:
    """Predicates about status and renewal."""

    @staticmethod
    def status_by(*mechanisms: Mechanism) -> Predicate:
        """The credential refers to a status list of one of these mechanisms, or of any where none is named."""

        def rule(facts: Facts) -> Ruling:
            found = facts.credential.document.status_references
            right = [each for each in found if not mechanisms or each.mechanism in mechanisms]
            name = " or ".join(mechanisms) or "status list"
            return Ruling(bool(right), f"the credential refers to {'a' if right else 'no'} status list ({name})")

        return Predicate(frozenset({"credential"}), rule)

    @staticmethod
    def status_entry(*mechanisms: Mechanism) -> Predicate:
        """An entry of ``credentialStatus`` says that it is of one of these mechanisms, well-formed or not."""

        def rule(facts: Facts) -> Ruling:
            found = {entry.mechanism for entry in credential_status.entries(facts.credential.w3c.document)}
            right = not found.isdisjoint(mechanisms)
            return Ruling(right, f"the credential has {'an' if right else 'no'} entry ({' or '.join(mechanisms)})")

        return Predicate(frozenset({"credential"}), rule)

    @predicate("status")
    @staticmethod
    def status_aggregation(facts: Facts) -> Ruling:
        """A Status List Token of the credential says where the Status List Aggregation is."""
        lists = [entry.document for entry in facts.status.of(Mechanism.STATUS_LIST)]
        found = [each for each in lists if isinstance(each, StatusListToken) and each.status_list.aggregation_uri]
        return Ruling(bool(found), f"{'a' if found else 'no'} status list has an aggregation_uri")

    @staticmethod
    def status_token(form: Form) -> Predicate:
        """A Status List Token in this form could be read where the credential refers to one."""

        def rule(facts: Facts) -> Ruling:
            lists = [entry.document for entry in facts.status.of(Mechanism.STATUS_LIST)]
            found = any(isinstance(each, StatusListToken) and each.form is form for each in lists)
            return Ruling(
                found, f"{'a' if found else 'no'} Status List Token of the credential came as {form.upper()}"
            )

        return Predicate(frozenset({"status"}), rule)

    @predicate()
    @staticmethod
    def salted_format(facts: Facts) -> Ruling:
        """Credentials of the configuration's format hide claims behind salts."""
        found = facts.configuration.get("format")
        salted = (facts.issuer.dialect.sd_jwt_vc, "mso_mdoc")
        return Ruling(found in salted, f"{facts.configuration_name} has the format {found!r}")

    @predicate("reissued")
    @staticmethod
    def reissued(facts: Facts) -> Ruling:
        """The issuer grants a further Credential Request with the same Access Token, as it may or may not."""
        granted = facts.reissued is not None
        return Ruling(
            granted,
            "an Access Token is good for further Credential Requests"
            if granted
            else "the issuer grants one Credential Request for each Access Token, as section 14.3 lets it",
        )

    @predicate("renewed_batch")
    @staticmethod
    def renewed_batch(facts: Facts) -> Ruling:
        """A batch of two was issued, and another one after it with what the first one's grant is good for."""
        found = facts.renewed_batch
        count = 0 if found is None else len(found.new)
        return Ruling(count > 1, f"issued again, a request for two keys brought {count or 'no'} credentials")

    @predicate("credential", "patience")
    @staticmethod
    def brief_credential(facts: Facts) -> Ruling:
        """The credential ends before the run has waited too long."""
        end, received = facts.credential.document.expires, facts.credential.received
        lives = None if end is None else end - received
        return Ruling(
            lives is not None and lives < facts.longest_wait_s,
            "the credential does not say when it ends"
            if lives is None
            else f"the credential lives for {lives:.0f} s and the run waits {facts.longest_wait_s:g} s at most;"
            " limits.max_wait_s in assay.toml or --vci-max-wait changes that",
        )

    @staticmethod
    def mso_status(name: str) -> Predicate:
        """The ``status`` of the mobile document has this member, well-formed or not."""

        def rule(facts: Facts) -> Ruling:
            found = name in _mso_status(facts)
            return Ruling(found, f"the status of the mobile document has {'an' if found else 'no'} {name}")

        return Predicate(frozenset({"credential"}), rule)

    @predicate("credential")
    @staticmethod
    def mso_status_certificate(facts: Facts) -> Ruling:
        """The mobile document names a certificate for who signs its revocation list."""
        found = any(
            isinstance(each, dict) and "certificate" in each
            for name, each in _mso_status(facts).items()
            if name in (Mechanism.STATUS_LIST, Mechanism.IDENTIFIER_LIST)
        )
        return Ruling(found, f"the status of the mobile document names {'a' if found else 'no'} certificate")

    @predicate("status")
    @staticmethod
    def status_key(facts: Facts) -> Ruling:
        """The key of a status list of the credential is known."""
        keys = [entry.key for entry in facts.status.entries if entry.key]
        found = any(key.jwk is not None for key in keys)
        reason = next((key.missing for key in keys if key.missing), "there is no status list that can be read")
        return Ruling(found, f"the key of the status list is {'known' if found else f'not known: {reason}'}")

    @predicate("status")
    @staticmethod
    def status_method(facts: Facts) -> Ruling:
        """The key of a status list of the credential is, or should be, in the document of a DID or in the DID."""
        ways = [entry.key.mechanism for entry in facts.status.entries if entry.key]
        found = any(way in ("did", "controller-document") for way in ways)
        return Ruling(found, f"the key of the status list is {'' if found else 'not '}found by a DID")

    @predicate("status")
    @staticmethod
    def status_chain(facts: Facts) -> Ruling:
        """A status list of the credential carries certificates of who signed it, readable or not."""
        found = any(entry.key and entry.key.mechanism in ("x5c", "x5chain") for entry in facts.status.entries)
        return Ruling(found, f"the status list carries {'' if found else 'no '}certificates")

    @predicate("status")
    @staticmethod
    def status_certificates(facts: Facts) -> Ruling:
        """A status list of the credential carries readable certificates of who signed it."""
        found = any(entry.key and entry.key.certificates for entry in facts.status.entries)
        return Ruling(found, f"the status list carries {'' if found else 'no '}certificates")

    @predicate("status")
    @staticmethod
    def status_anchors(facts: Facts) -> Ruling:
        """Trust anchors are known for the certificates of who signed a status list of the credential."""
        chains = [entry.key.chain for entry in facts.status.entries if entry.key and entry.key.chain]
        if not chains:
            return Ruling(False, "the status list carries no certificates that can be read")
        found = any(chain.trusted is not None for chain in chains)
        missing = f'{NO_STATUS_ANCHORS}: name them in assay.toml, [trust] status_lists = ["root.pem"]'
        return Ruling(found, "trust anchors for the status list are configured" if found else missing)

    @staticmethod
    def status_saying(purpose: str, *mechanisms: Mechanism) -> Predicate:
        """The credential refers to a status list of one of these mechanisms that can say this of it.

        Args:
            purpose: ``revocation`` or ``suspension``.
            mechanisms: those that count.

        """

        def rule(facts: Facts) -> Ruling:
            found = saying(purpose, facts.credential.document.status_references)
            right = any(each.mechanism in mechanisms for each in found)
            name = f"status list that can say so ({' or '.join(mechanisms)})"
            return Ruling(right, f"the credential refers to {'a' if right else 'no'} {name}")

        return Predicate(frozenset({"credential"}), rule)

    @staticmethod
    def operation(name: str) -> Predicate:
        """The team can do this to a credential."""

        def rule(facts: Facts) -> Ruling:
            can = name in facts.operations
            return Ruling(can, f"a hook for it is known: [{name}]" if can else f"{NO_HOOK}: [{name}]")

        return Predicate(frozenset(), rule)

    @predicate("promises")
    @staticmethod
    def promised_status_change(facts: Facts) -> Ruling:
        """The team says how long a change of a status takes to show."""
        promised = facts.promises.status_change_s
        if promised is None:
            return Ruling(False, "nothing says how long a change takes to show: [promises] status_change_s")
        return Ruling(True, f"a change is said to show after {promised:g} s")
