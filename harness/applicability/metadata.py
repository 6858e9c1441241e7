"""Whether a check applies, by the Credential Issuer Metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.applicability.predicate import Predicate, Ruling, holds, predicate, present
from harness.wallet import described
from harness.wallet.metadata import locales

if TYPE_CHECKING:
    from harness.facts import Facts

NO_METADATA_ANCHORS = "trust anchors for the certificates of the signed metadata are not known"
_PROOF_TYPES = ("proof_types_supported",)
_PROOF_ALGORITHMS = "proof_signing_alg_values_supported"


class IssuerMetadata:
    """Predicates about the Credential Issuer Metadata, signed or not, and the configurations in it."""

    @predicate()
    @staticmethod
    def https(facts: Facts) -> Ruling:
        """The issuer under test is reached over https; a development run over http shows nothing of TLS."""
        secure = facts.issuer.identifier.lower().startswith("https:")
        return Ruling(secure, f"the issuer under test is reached over {'https' if secure else 'plain http'}")

    @predicate()
    @staticmethod
    def own_connections(facts: Facts) -> Ruling:
        """The issuer is reached over the network with TLS, and not inside this process."""
        shown = facts.issuer.reply.certificate is not None
        found = "shows a" if shown else "is made inside this process and shows no"
        return Ruling(shown, f"the connection to the issuer {found} TLS certificate")

    @predicate()
    @staticmethod
    def nonce_endpoint(facts: Facts) -> Ruling:
        """The issuer has a Nonce Endpoint."""
        return present(facts.issuer.metadata, "nonce_endpoint", "issuer metadata")

    @predicate()
    @staticmethod
    def authorization_servers(facts: Facts) -> Ruling:
        """The metadata names Authorization Servers of its own."""
        return present(facts.issuer.metadata, facts.issuer.dialect.servers, "issuer metadata")

    @staticmethod
    def metadata_has(name: str) -> Predicate:
        """The issuer metadata has this member."""
        return Predicate(frozenset(), lambda facts: present(facts.issuer.metadata, name, "issuer metadata"))

    @predicate()
    @staticmethod
    def content_language(facts: Facts) -> Ruling:
        """The metadata response names its languages."""
        return present(facts.issuer.reply.headers, "Content-Language", "the metadata response")

    @predicate()
    @staticmethod
    def display_locales(facts: Facts) -> Ruling:
        """Some display text of the metadata names its language."""
        named = set(locales(facts.issuer.metadata, facts.issuer.dialect))
        found = sorted(locale for locale in named if locale is not None)
        return Ruling(bool(found), f"languages of the display texts: {found or 'none named'}")

    # Signed metadata

    @predicate("signed_metadata")
    @staticmethod
    def signed_metadata(facts: Facts) -> Ruling:
        """The issuer returns signed metadata to a wallet that asks for it."""
        given = facts.signed_metadata.offered
        return Ruling(given, f"asked for signed metadata, the issuer returns {'it' if given else 'none'}")

    @predicate("signed_metadata")
    @staticmethod
    def signed_claims(facts: Facts) -> Ruling:
        """The signed metadata can be read: it is a JWS with claims."""
        readable = bool(facts.signed_metadata.claims)
        return Ruling(readable, f"the signed metadata is {'a' if readable else 'no'} JWS with claims")

    @predicate("signed_metadata")
    @staticmethod
    def signed_metadata_key(facts: Facts) -> Ruling:
        """The key of the signer is known."""
        signer = facts.signed_metadata.signer
        if signer is None or signer.mechanism is None:
            return Ruling(False, signer.missing if signer else "the signed metadata is no JWS")
        return Ruling(True, f"the key of the signer is known by {signer.mechanism}")

    @predicate("signed_metadata")
    @staticmethod
    def signed_metadata_x5c(facts: Facts) -> Ruling:
        """The signed metadata carries the certificates of its signer."""
        signer = facts.signed_metadata.signer
        found = signer is not None and signer.mechanism == "x5c"
        return Ruling(found, f"the signed metadata has {'an' if found else 'no'} x5c")

    @predicate("signed_metadata")
    @staticmethod
    def metadata_anchors(facts: Facts) -> Ruling:
        """Trust anchors are configured for who signs metadata."""
        signer = facts.signed_metadata.signer
        known = signer is None or signer.chain is None or signer.chain.trusted is not None
        missing = f'{NO_METADATA_ANCHORS}: name them in assay.toml, [trust] metadata = ["root.pem"]'
        return Ruling(known, "trust anchors for the signed metadata are configured" if known else missing)

    @predicate("promises")
    @staticmethod
    def promised_signed_metadata(facts: Facts) -> Ruling:
        """The team says that its ecosystem wants signed metadata."""
        promised = facts.promises.signed_metadata
        if promised is None:
            said = "nothing says whether the ecosystem wants signed metadata: [promises] signed_metadata"
            return Ruling(False, said)
        return Ruling(
            promised, f"the team says that its ecosystem wants {'' if promised else 'no '}signed metadata"
        )

    # Credential Configurations

    @predicate()
    @staticmethod
    def configurations(facts: Facts) -> Ruling:
        """The metadata describes at least one Credential Configuration."""
        names = list(facts.issuer.configurations)
        return Ruling(bool(names), f"issuer metadata describes {names or 'no configuration'}")

    @staticmethod
    def some_configuration_has(*path: str) -> Predicate:
        """At least one configuration has a member, which may lie deeper: each name leads one object down."""

        def rule(facts: Facts) -> Ruling:
            names = [name for name, members in facts.issuer.configurations.items() if holds(members, path)]
            return Ruling(bool(names), f"{'/'.join(path)} is in the configurations {names or 'nowhere'}")

        return Predicate(frozenset(), rule)

    @predicate()
    @staticmethod
    def configuration_without_scope(facts: Facts) -> Ruling:
        """At least one configuration has no ``scope``."""
        names = [name for name, members in facts.issuer.configurations.items() if "scope" not in members]
        return Ruling(bool(names), f"configurations without scope: {names or 'none'}")

    @staticmethod
    def format_configuration(*formats: str) -> Predicate:
        """At least one configuration has one of these formats."""

        def rule(facts: Facts) -> Ruling:
            return _with_format(facts, *formats)

        return Predicate(frozenset(), rule)

    @predicate()
    @staticmethod
    def sd_jwt_vc_configuration(facts: Facts) -> Ruling:
        """At least one configuration has the format of SD-JWT VCs."""
        return _with_format(facts, facts.issuer.dialect.sd_jwt_vc)

    @predicate()
    @staticmethod
    def some_proof_type(facts: Facts) -> Ruling:
        """At least one configuration describes a proof type."""
        described = {
            name: list(types)
            for name, members in facts.issuer.configurations.items()
            if isinstance(types := members.get("proof_types_supported"), dict) and types
        }
        return Ruling(bool(described), f"proof types of the configurations: {described or 'none'}")

    @predicate()
    @staticmethod
    def listed_proof_algorithms(facts: Facts) -> Ruling:
        """At least one configuration lists algorithms of a proof type that OpenID4VCI defines."""
        kinds = ("jwt", "di_vp", "attestation")
        listed = {
            f"{name}/{kind}"
            for name, members in facts.issuer.configurations.items()
            for kind in kinds
            if holds(members, (*_PROOF_TYPES, kind, _PROOF_ALGORITHMS))
            and isinstance(found := members[_PROOF_TYPES[0]][kind][_PROOF_ALGORITHMS], list)
            and found
        }
        return Ruling(bool(listed), f"algorithms are listed for the proof types {sorted(listed) or 'none'}")

    @staticmethod
    def some_credential_has(name: str) -> Predicate:
        """At least one configuration has ``display`` or ``claims`` where its version tells of the credential."""

        def rule(facts: Facts) -> Ruling:
            path = (*described.place(facts.issuer.dialect), name)
            names = [name for name, members in facts.issuer.configurations.items() if holds(members, path)]
            return Ruling(bool(names), f"{'/'.join(path)} is in the configurations {names or 'nowhere'}")

        return Predicate(frozenset(), rule)

    @predicate()
    @staticmethod
    def claims_objects(facts: Facts) -> Ruling:
        """At least one configuration has claims where drafts before 15 describe them by nested objects."""
        names = [
            name
            for name, members in _of_defined_formats(facts)
            if holds(members, described.subject_place(facts.issuer.dialect) if _is_w3c(members) else ("claims",))
        ]
        return Ruling(bool(names), f"configurations that describe claims: {names or 'none'}")

    @predicate()
    @staticmethod
    def claims_order(facts: Facts) -> Ruling:
        """At least one configuration has ``order``, as the formats of drafts before 15 have it."""
        names = [name for name, members in _of_defined_formats(facts) if "order" in members]
        return Ruling(bool(names), f"configurations with an order of claims: {names or 'none'}")

    @predicate()
    @staticmethod
    def described_credentials(facts: Facts) -> Ruling:
        """At least one configuration tells how its credential is shown, or has the place for it."""
        path = described.place(facts.issuer.dialect) or ("display",)
        names = [name for name, members in facts.issuer.configurations.items() if holds(members, path)]
        return Ruling(bool(names), f"{path[0]} is in the configurations {names or 'nowhere'}")

    @predicate()
    @staticmethod
    def claim_display(facts: Facts) -> Ruling:
        """At least one claims description has ``display``."""
        names = []
        for name, members in facts.issuer.configurations.items():
            if any("display" in claim.members for claim in described.claims(members, facts.issuer.dialect)):
                names.append(name)
        return Ruling(bool(names), f"configurations with a display of claims: {names or 'none'}")


def _with_format(facts: Facts, *formats: str) -> Ruling:
    configurations = facts.issuer.configurations.items()
    names = [name for name, members in configurations if members.get("format") in formats]
    return Ruling(bool(names), f"configurations with the format {' or '.join(formats)}: {names or 'none'}")


def _of_defined_formats(facts: Facts) -> list[tuple[str, dict[str, Any]]]:
    """Give the configurations of those formats that the version has an appendix on."""
    defined = facts.issuer.dialect.format_members
    return [(name, of) for name, of in facts.issuer.configurations.items() if str(of.get("format")) in defined]


def _is_w3c(configuration: dict[str, Any]) -> bool:
    return configuration.get("format") in {"jwt_vc_json", "jwt_vc_json-ld", "ldp_vc"}
