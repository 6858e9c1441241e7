"""What the issuer's metadata asks for in one scenario, and what the wallet chooses where it is left a choice."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.evidence import PROOF_TYPES, Blocked, Scenario, Tools, proof_types
from harness.wallet import cwt, di_vp, proof
from harness.wallet.encryption import (
    EncryptionError,
    ResponseEncryption,
    Terms,
    request_terms,
    required_terms,
    response_terms,
)
from harness.wallet.keys import ALGORITHMS, WalletKey, choose_algorithm
from harness.wallet.metadata import Issuer


class ConfigurationTerms:
    """The terms of a scenario's Credential Configuration: its proofs, their keys, and encryption.

    Nothing here sends a request.
    """

    def __init__(self, issuer: Issuer, scenario: Scenario, tools: Tools) -> None:
        self.issuer = issuer
        self.scenario = scenario
        self.tools = tools

    @property
    def configuration(self) -> dict[str, Any]:
        """Metadata of the flow's configuration.

        Raises:
            Blocked: the metadata does not know it.

        """
        try:
            return self.issuer.configurations[self.scenario.configuration]
        except KeyError:
            raise Blocked(f"credential_configurations_supported has no {self.scenario.configuration!r}") from None

    @property
    def needs_proof(self) -> bool:
        """Whether the configuration asks for key proofs (section 8.2), or the dialect always has them."""
        needed = self.tools.dialect.proof_needed
        return needed == "always" or needed in self.configuration

    @cached_property
    def required_sealing(self) -> Terms | None:
        """The encryption that the metadata requires, and no more; ``None`` when it requires none.

        Raises:
            Blocked: it requires what the wallet does not have.

        """
        try:
            terms = required_terms(self.issuer.metadata)
        except EncryptionError as error:
            raise Blocked(f"the wallet cannot encrypt as the metadata says: {error.detail}") from error
        return None if terms is None else self._spelled(terms)

    @property
    def required_deferred_sealing(self) -> Terms | None:
        """The same for Deferred Credential Requests, which not every dialect encrypts.

        Raises:
            Blocked: the metadata requires what the wallet does not have.

        """
        return self.required_sealing if "deferred-credential" in self.tools.dialect.encryption_for else None

    @property
    def must_ask_for_encryption(self) -> bool:
        """Whether the metadata requires that responses are encrypted."""
        offered = ResponseEncryption.of(self.issuer.metadata)
        return offered is not None and offered.required

    def sealing(self, *, request: bool, response: bool) -> Terms:
        """Make the terms of an encrypted exchange, with a fresh key for the answer.

        Args:
            request: whether the request is encrypted, where the dialect can.
            response: whether an encrypted answer is asked for.

        Raises:
            Blocked: the metadata does not offer it, or nothing that the wallet has.

        """
        try:
            terms = Terms(
                request_terms(self.issuer.metadata) if request and self.tools.dialect.encrypted_requests else None,
                response_terms(self.issuer.metadata) if response else None,
            )
        except EncryptionError as error:
            raise Blocked(f"the wallet cannot encrypt as the metadata says: {error.detail}") from error
        return self._spelled(terms)

    def _spelled(self, terms: Terms) -> Terms:
        """Give the terms as the wallet's dialect asks for them."""
        if not self.tools.dialect.encrypted_requests:
            terms = replace(terms, request=None)
        if terms.response is None:
            return terms
        body = self.tools.dialect.response_encryption(terms.response.body)
        return replace(terms, response=replace(terms.response, body=body))

    @property
    def proof_type(self) -> str:
        """The proof type the wallet uses here.

        Raises:
            Blocked: the wallet makes none of those the configuration takes.

        """
        if self.tools.dialect.proof_type is not None:
            return self.tools.dialect.proof_type
        known = proof_types(self.configuration)
        if not known:
            types = self.configuration.get("proof_types_supported")
            names = list(types) if isinstance(types, dict) else []
            raise Blocked(f"the configuration takes the proof types {names}; the wallet makes {list(PROOF_TYPES)}")
        return self.scenario.proof_type or known[0]

    def _proof_terms(self) -> dict[str, Any]:
        types = self.configuration.get("proof_types_supported")
        terms = types.get(self.proof_type) if isinstance(types, dict) else None
        return terms if isinstance(terms, dict) else {}

    @property
    def attestation_terms(self) -> dict[str, Any] | None:
        """The ``key_attestations_required`` of the proof type; ``None`` when it asks for no attestations."""
        terms = self._proof_terms().get("key_attestations_required")
        return terms if isinstance(terms, dict) else None

    @property
    def attested(self) -> bool:
        """Whether the proofs of this flow are or carry a key attestation."""
        return self.needs_proof and (self.proof_type == "attestation" or self.attestation_terms is not None)

    @property
    def proof_algorithms(self) -> list[str]:
        """The ``proof_signing_alg_values_supported`` of the proof type.

        Raises:
            Blocked: the wallet makes none of the configuration's proof types.

        """
        if self.tools.dialect.proof_algorithms:
            return list(self.tools.dialect.proof_algorithms)
        if self.tools.dialect.proof_algorithms_in is not None:
            listed = self.configuration.get(self.tools.dialect.proof_algorithms_in)
            known = [name for name in ALGORITHMS if isinstance(listed, list) and name in listed]
            # It may be missing, and may list what signs Linked Data; no proof is signed with that.
            return known or ["ES256"]
        offered = self._proof_terms().get("proof_signing_alg_values_supported")
        if offered is None and self.tools.dialect.proof_needed == "always":
            return ["ES256"]
        return [name for name in offered if isinstance(name, str)] if isinstance(offered, list) else []

    def proof_key(self, algorithm: str | None = None) -> WalletKey:
        """Make a key of the kind the configuration asks for.

        Args:
            algorithm: a JWS algorithm name; chosen from the metadata by default.

        Raises:
            Blocked: the wallet has none of the algorithms the configuration takes.

        """
        names = self.proof_algorithms
        offered = names
        if self.proof_type in ("di_vp", "ldp_vp"):
            offered = [name for suite in self._cryptosuites for name in di_vp.ALGORITHMS[suite]]
        elif self.proof_type == "attestation":
            # The algorithms are those of the attestation's signature; the attested keys may be of any kind.
            offered = ["ES256"]
        elif self.proof_type == "cwt":
            offered = [name for name in names if name in cwt.ALGORITHMS]
        chosen = algorithm or choose_algorithm(offered, self.tools.options.algorithm)
        if chosen is None:
            raise Blocked(f"the wallet has none of the proof algorithms {names}")
        return self.tools.make_key(chosen)

    def cryptosuite(self, algorithm: str) -> str:
        """Give the Data Integrity cryptosuite of a ``di_vp`` proof by a key for an algorithm."""
        for suite in self._cryptosuites:
            if algorithm in di_vp.ALGORITHMS[suite]:
                return suite
        raise Blocked(f"the wallet has no {algorithm} key for the cryptosuites {self.proof_algorithms}")

    @property
    def _cryptosuites(self) -> list[str]:
        """Those of the wallet that the configuration takes; of JSON where there are any, since nothing is lost."""
        taken = [suite for suite in di_vp.ALGORITHMS if suite in self.proof_algorithms]
        return [suite for suite in taken if suite in di_vp.OF_JSON] or taken

    @property
    def binding_methods(self) -> list[str]:
        """The ``cryptographic_binding_methods_supported`` of the configuration; any, where none need be named."""
        methods = self.configuration.get("cryptographic_binding_methods_supported")
        named = [name for name in methods if isinstance(name, str)] if isinstance(methods, list) else []
        named = ["jwk" if name in self.tools.dialect.jwk_methods else name for name in named]
        if self.tools.dialect.any_did and "did" in named:
            named += [form for form in proof.KEY_FORMS if form.startswith("did:")]
        return named or [*self.tools.dialect.unnamed_binding]

    def proof_form(self, algorithm: str) -> str:
        """Choose how a proof carries its key here.

        Args:
            algorithm: what the key signs with.

        Raises:
            Blocked: the wallet knows none of the configuration's binding methods.

        """
        if (form := self.tools.spoken.key_form) is not None:
            return form
        form = proof.choose_form(self.binding_methods, algorithm, self.tools.options.key_form)
        if form is None:
            raise Blocked(
                f"the wallet has none of the binding methods {self.binding_methods} for {algorithm} keys"
            )
        return form
