"""Whether a check applies, by how the key of the credential's signer was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate

if TYPE_CHECKING:
    from harness.facts import Facts

_DOCUMENT_MECHANISMS = ("did", "controller-document")
_NO_DOCUMENT = ("did-document", "did-document-json", "did-document-redirect")


class Keys:
    """Predicates about the key of the credential's signer."""

    @predicate("issuer_key")
    @staticmethod
    def signer_key(facts: Facts) -> Ruling:
        """The key of the credential's signer is known."""
        key = facts.issuer_key
        said = f"is found by {key.mechanism}" if key.jwk is not None else f"is not known: {key.missing}"
        return Ruling(key.jwk is not None, f"the signer's key {said}")

    @predicate("issuer_key")
    @staticmethod
    def signer_certificates(facts: Facts) -> Ruling:
        """The credential carries readable certificates of its signer."""
        found = len(facts.issuer_key.certificates)
        return Ruling(found > 0, f"the credential carries {found} certificates")

    @predicate("issuer_key")
    @staticmethod
    def signer_document(facts: Facts) -> Ruling:
        """The signer's key is in a DID document that has to be fetched."""
        key = facts.issuer_key
        sought = key.document is not None or bool(key.problems_of(*_NO_DOCUMENT))
        found = key.mechanism in _DOCUMENT_MECHANISMS and sought
        said = "leads to a DID document" if found else f"is found by {key.mechanism or 'nothing'}"
        return Ruling(found, f"the signer's key {said}")

    @predicate()
    @staticmethod
    def other_published_keys(facts: Facts) -> Ruling:
        """Keys for encryption or keys of an Authorization Server are published."""
        encrypting = "credential_request_encryption" in facts.issuer.metadata
        servers = [server for server in facts.issuer.servers if "jwks_uri" in server.metadata]
        reason = f"keys are published {'for encryption and ' if encrypting else ''}by {len(servers)} servers"
        return Ruling(encrypting or bool(servers), reason)

    @predicate("credential", "issuance")
    @staticmethod
    def other_keys_in_use(facts: Facts) -> Ruling:
        """The credential is bound to a key, or the TLS certificate of the issuer is known."""
        bound = facts.credential.document.holder_key is not None
        known = facts.issuance.certificate is not None
        said = f"the credential is bound to {'a' if bound else 'no'} key"
        return Ruling(bound or known, f"{said}, and {'a' if known else 'no'} TLS certificate is known")

    @predicate("credential")
    @staticmethod
    def expiring_credential(facts: Facts) -> Ruling:
        """The credential says when it expires."""
        found = facts.credential.document.expires is not None
        return Ruling(found, f"the credential {'says' if found else 'does not say'} when it expires")

    @predicate("issuance")
    @staticmethod
    def dated_response(facts: Facts) -> Ruling:
        """The Credential Response has a Date."""
        found = "date" in facts.issuance.headers
        return Ruling(found, f"the Credential Response has {'a' if found else 'no'} Date")
