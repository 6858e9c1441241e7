"""Whether a check applies, by the encryption of requests and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, predicate, present
from harness.wallet.encryption import COMPRESSIONS, RequestEncryption, ResponseEncryption

if TYPE_CHECKING:
    from harness.facts import Facts


class Encryption:
    """Predicates about encrypted requests and encrypted responses."""

    @predicate()
    @staticmethod
    def encrypted_requests(facts: Facts) -> Ruling:
        """The issuer takes encrypted requests."""
        if not facts.issuer.dialect.encrypted_requests:
            return Ruling(False, f"{facts.issuer.dialect.title} has no encrypted requests")
        return present(facts.issuer.metadata, "credential_request_encryption", "issuer metadata")

    @predicate()
    @staticmethod
    def encrypted_responses(facts: Facts) -> Ruling:
        """The issuer gives encrypted responses, and takes the encrypted requests that they are asked for by."""
        request = present(facts.issuer.metadata, "credential_request_encryption", "issuer metadata")
        if not request.applies and facts.issuer.dialect.encrypted_requests:
            return request
        return present(facts.issuer.metadata, "credential_response_encryption", "issuer metadata")

    @predicate()
    @staticmethod
    def compression(facts: Facts) -> Ruling:
        """The version has compression of responses that are encrypted."""
        dialect = facts.issuer.dialect
        return Ruling(
            dialect.compression, f"{dialect.title} has {'' if dialect.compression else 'no '}compression"
        )

    @predicate()
    @staticmethod
    def request_encryption_required(facts: Facts) -> Ruling:
        """The metadata requires that requests are encrypted."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        return _encryption_required("request", offered)

    @predicate()
    @staticmethod
    def response_encryption_required(facts: Facts) -> Ruling:
        """The metadata requires that responses are encrypted."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        return _encryption_required("response", offered)

    @predicate()
    @staticmethod
    def compressed_requests(facts: Facts) -> Ruling:
        """The issuer takes encrypted requests that are compressed in a way the wallet has."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        return _compression("request", offered)

    @predicate()
    @staticmethod
    def compressed_responses(facts: Facts) -> Ruling:
        """The issuer compresses encrypted responses in a way the wallet has."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        return _compression("response", offered)

    @predicate()
    @staticmethod
    def request_key_agreement(facts: Facts) -> Ruling:
        """Requests can be encrypted with a key that is agreed on."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        algorithms = [str(key.get("alg")) for key in (offered.usable_keys if offered else ())]
        found = any(name.startswith("ECDH-ES") for name in algorithms)
        return Ruling(found, f"the keys for requests that the wallet can use have the alg {algorithms or 'none'}")

    @predicate()
    @staticmethod
    def response_key_agreement(facts: Facts) -> Ruling:
        """Responses can be encrypted with a key that is agreed on."""
        offered = ResponseEncryption.of(facts.issuer.metadata)
        algorithms = offered.usable_algs if offered else ()
        found = any(name.startswith("ECDH-ES") for name in algorithms)
        return Ruling(found, f"the alg values for responses that the wallet has are {list(algorithms) or 'none'}")

    @predicate()
    @staticmethod
    def unlisted_request_enc(facts: Facts) -> Ruling:
        """The wallet has a content encryption algorithm that the metadata does not list for requests."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        enc = offered.unlisted_enc if offered else None
        return Ruling(enc is not None, f"enc of the wallet that the metadata does not list: {enc or 'none'}")

    @predicate()
    @staticmethod
    def unlisted_request_alg(facts: Facts) -> Ruling:
        """The wallet has another algorithm for a key of the metadata, which no key of the metadata has."""
        offered = RequestEncryption.of(facts.issuer.metadata)
        alg = offered.unlisted_alg if offered else None
        return Ruling(alg is not None, f"further alg of the wallet for a key of the metadata: {alg or 'none'}")


def _encryption_required(message: str, offered: RequestEncryption | ResponseEncryption | None) -> Ruling:
    required = offered is not None and offered.required
    said = "requires" if required else "does not require"
    return Ruling(required, f"the metadata {said} that {message}s are encrypted")


def _compression(message: str, offered: RequestEncryption | ResponseEncryption | None) -> Ruling:
    listed = offered.zip_values if offered else ()
    found = not set(COMPRESSIONS).isdisjoint(listed)
    return Ruling(found, f"the metadata lists {list(listed) or 'no'} zip values for {message}s")
