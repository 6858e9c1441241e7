"""Whether a check applies, by the issued credential and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate, present
from harness.formats import json_ld
from harness.formats.credential import READERS
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.problems import shown
from harness.wallet import described

if TYPE_CHECKING:
    from harness.facts import Facts

_JWT_VC = ("jwt_vc_json", "jwt_vc_json-ld")
NO_ANCHORS = "trust anchors are missing"
"""How the reason begins why the question of trust does not apply to a run."""


class Credentials:
    """Predicates about the issued credential: its format, its claims and the key of its signer."""

    @predicate()
    @staticmethod
    def sd_jwt_vc(facts: Facts) -> Ruling:
        """The configuration is an SD-JWT VC."""
        found = facts.configuration.get("format")
        wanted = facts.issuer.dialect.sd_jwt_vc
        return Ruling(found == wanted, f"{facts.configuration_name} has the format {found!r}")

    @predicate()
    @staticmethod
    def mdoc(facts: Facts) -> Ruling:
        """The configuration is a mobile document."""
        found = facts.configuration.get("format")
        return Ruling(found == "mso_mdoc", f"{facts.configuration_name} has the format {found!r}")

    @staticmethod
    def of_format(*names: str) -> Predicate:
        """The configuration has one of these formats."""

        def rule(facts: Facts) -> Ruling:
            found = facts.configuration.get("format")
            return Ruling(found in names, f"{facts.configuration_name} has the format {found!r}")

        return Predicate(frozenset(), rule)

    @staticmethod
    def doctype(name: str) -> Predicate:
        """The configuration is a mobile document of this type."""

        def rule(facts: Facts) -> Ruling:
            found = facts.configuration.get("doctype")
            return Ruling(found == name, f"{facts.configuration_name} has the doctype {found!r}")

        return Predicate(frozenset(), rule)

    @predicate("credential")
    @staticmethod
    def mdoc_status(facts: Facts) -> Ruling:
        """The mobile document has a status."""
        found = "status" in facts.credential.mdoc.mso
        return Ruling(found, f"the mobile document has {'a' if found else 'no'} status")

    @predicate("issuer_key")
    @staticmethod
    def x5chain(facts: Facts) -> Ruling:
        """The credential carries x5chain."""
        found = facts.issuer_key.mechanism == "x5chain"
        return Ruling(found, f"the credential has {'an' if found else 'no'} x5chain")

    @predicate("issuer_key")
    @staticmethod
    def signer_root(facts: Facts) -> Ruling:
        """The trust anchor that certifies the signer is known."""
        chain = facts.issuer_key.chain
        found = chain is not None and chain.anchor is not None
        said = "is known" if found else 'is not known: name it in assay.toml, [trust] iaca = ["root.pem"]'
        return Ruling(found, f"the root certificate behind the signer {said}")

    @predicate()
    @staticmethod
    def readable_format(facts: Facts) -> Ruling:
        """The format of the configuration is one whose credentials can be read."""
        found = facts.configuration.get("format")
        return Ruling(found in READERS, f"{facts.configuration_name} has the format {found!r}")

    @staticmethod
    def configuration_of(*formats: str) -> Predicate:
        """The configuration has one of these formats."""

        def rule(facts: Facts) -> Ruling:
            found = facts.configuration.get("format")
            return Ruling(found in formats, f"{facts.configuration_name} has the format {found!r}")

        return Predicate(frozenset(), rule)

    @predicate()
    @staticmethod
    def jwt_vc(facts: Facts) -> Ruling:
        """The configuration is a W3C credential in a JWT."""
        found = facts.configuration.get("format")
        return Ruling(found in _JWT_VC, f"{facts.configuration_name} has the format {found!r}")

    @predicate()
    @staticmethod
    def w3c_credential(facts: Facts) -> Ruling:
        """The configuration is a W3C credential, whichever way it is secured."""
        found = facts.configuration.get("format")
        return Ruling(found in (*_JWT_VC, "ldp_vc"), f"{facts.configuration_name} has the format {found!r}")

    @staticmethod
    def data_model(version: str) -> Predicate:
        """The W3C credential has this version of the data model."""

        def rule(facts: Facts) -> Ruling:
            document = facts.credential.document
            found = document.version if isinstance(document, (JwtVc, LdpVc)) else None
            return Ruling(found == version, f"the credential has the data model {found}")

        return Predicate(frozenset({"credential"}), rule)

    @staticmethod
    def w3c_member(*names: str) -> Predicate:
        """The W3C credential has one of these members."""

        def rule(facts: Facts) -> Ruling:
            found = [name for name in names if name in facts.credential.w3c.document]
            said = f"has {found[0]}" if found else f"has no {' or '.join(names)}"
            return Ruling(bool(found), f"the credential {said}")

        return Predicate(frozenset({"credential"}), rule)

    @staticmethod
    def credential_definition(name: str) -> Predicate:
        """The configuration has ``credential_definition`` with this array of strings."""

        def rule(facts: Facts) -> Ruling:
            listed = described.definition(facts.configuration, facts.issuer.dialect).get(name)
            usable = isinstance(listed, list) and (name != "type" or all(isinstance(item, str) for item in listed))
            said = "has" if usable else "has no usable"
            return Ruling(usable, f"{facts.configuration_name} {said} credential_definition with {name}")

        return Predicate(frozenset(), rule)

    @predicate("credential")
    @staticmethod
    def known_contexts(facts: Facts) -> Ruling:
        """All contexts of the W3C credential are known: bundled, or given by the team."""
        unknown = json_ld.missing(facts.credential.w3c.document, facts.credential.known_contexts)
        said = f"names {shown(unknown[0])}, a context that is not known" if unknown else "has known contexts only"
        return Ruling(not unknown, f"the credential {said}")

    @predicate("credential")
    @staticmethod
    def embedded_proof(facts: Facts) -> Ruling:
        """The W3C credential carries its proof inside, by its format or besides."""
        found = facts.credential.format == "ldp_vc" or "proof" in facts.credential.w3c.document
        return Ruling(found, f"the credential {'has' if found else 'has no'} proof inside")

    @staticmethod
    def configuration_has(name: str) -> Predicate:
        """The configuration has this member."""
        return Predicate(frozenset(), lambda facts: present(facts.configuration, name, facts.configuration_name))

    @predicate()
    @staticmethod
    def described_claims(facts: Facts) -> Ruling:
        """The configuration describes a claim by a path."""
        found = len(facts.described_paths)
        return Ruling(found > 0, f"{facts.configuration_name} describes {found} claims")

    @predicate()
    @staticmethod
    def mandatory_claims(facts: Facts) -> Ruling:
        """The configuration calls a claim mandatory."""
        claims = described.claims(facts.configuration, facts.issuer.dialect)
        found = [claim for claim in claims if claim.members.get("mandatory") is True]
        return Ruling(bool(found), f"{facts.configuration_name} has {len(found)} mandatory claims")

    @predicate("issuer_key")
    @staticmethod
    def x5c(facts: Facts) -> Ruling:
        """The credential carries the certificates of its signer."""
        found = facts.issuer_key.mechanism == "x5c"
        return Ruling(found, f"the credential has {'an' if found else 'no'} x5c")

    @predicate("issuer_key")
    @staticmethod
    def trust_anchors(facts: Facts) -> Ruling:
        """Trust anchors are configured against which certificates can be judged."""
        chain = facts.issuer_key.chain
        known = chain is None or chain.trusted is not None
        setting = "iaca" if facts.issuer_key.mechanism == "x5chain" else "x5c"
        missing = f'{NO_ANCHORS}: name them in assay.toml, [trust] {setting} = ["root.pem"]'
        return Ruling(known, "trust anchors are configured" if known else missing)

    @predicate("issuer_key")
    @staticmethod
    def jwt_vc_issuer_metadata(facts: Facts) -> Ruling:
        """The signer's key is found by JWT VC Issuer Metadata."""
        mechanism = facts.issuer_key.mechanism
        return Ruling(mechanism == "jwt-vc-issuer", f"the signer's key is found by {mechanism or 'nothing'}")
