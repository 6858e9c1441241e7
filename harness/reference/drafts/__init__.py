"""How an issuer of an earlier draft words what it says and hears, next to OpenID4VCI 1.0.

The reference issuer is written to 1.0. A variant of a draft is that issuer with a :class:`Wording`: each document
is put into the words of the draft as it passes the seam (``faults.Defects``), after what spoils the document of
1.0 and before what spoils that of the draft (``draft-<document>``). Requests are put into the words of 1.0 before
the rules of 1.0 judge them, after those of the draft alone (``rules``) have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.reference.context import Context
    from harness.reference.rules import Rule, Tolerance

Spoken = Callable[[Any, "Context"], None]
"""Puts a document into the words of the draft, in place. It bears documents that were spoiled."""
Heard = Callable[[dict[str, Any], "Context"], dict[str, Any]]
"""Gives what a wallet sent in the words of 1.0; what cannot be said there is as near as can be."""


def _as_sent(value: dict[str, Any], _: Context) -> dict[str, Any]:
    return value


@dataclass(frozen=True)
class Wording:
    """The words of one version; those of 1.0 by default."""

    version: str = "1.0"
    spoken: Mapping[str, Spoken] = field(default_factory=dict)
    """Name of a document at the seam to what rewrites it."""
    credential_request: Heard = _as_sent
    """Hears the JSON object of a Credential Request."""
    authorization_detail: Heard = _as_sent
    """Hears one object of ``authorization_details``."""
    token_request: Heard = _as_sent
    """Hears the parameters of a Token Request."""
    credential_rules: Sequence[Rule[Any]] = ()
    """What only the draft asks of a Credential Request (``credential_rules.CredentialRequest``)."""
    authorization_rules: Sequence[Rule[Any]] = ()
    """What only the draft asks of an authorization request (``authorization_rules.AuthorizationRequest``)."""
    deferred_rules: Sequence[Rule[Any]] = ()
    """What the draft asks of a Deferred Credential Request instead of 1.0 (``deferred_rules.DeferredRequest``);
    none where it asks the same."""
    deferred_tolerances: Sequence[Tolerance[Any]] = ()
    """What the draft has a Deferred Credential Request do otherwise than 1.0."""
    appends: bool = False
    """Whether the well-known path of the metadata comes after the path of the identifier."""
    nonce_endpoint: bool = True
    """Whether there is a Nonce Endpoint."""
    encrypts_requests: bool = True
    """Whether a request that asks for an encrypted response has to be encrypted itself."""
    sd_jwt_vc: str = "dc+sd-jwt"
    """What the credential format of SD-JWT VCs is called."""
    key_attestation_type: str = "key-attestation+jwt"
    """``typ`` of key attestations."""
    transaction: str = "transaction_id"
    """What a deferral has for the way back: a ``transaction_id``, or an ``acceptance_token``, which is the Access
    Token of the Deferred Credential Request, and all that this has."""

    def metadata_path(self, path: str) -> str:
        """Give where the issuer metadata are.

        Args:
            path: of the Credential Issuer Identifier.

        """
        name = "/.well-known/openid-credential-issuer"
        return path + name if self.appends else name + path

    def speak(self, document: str, draft: Any, context: Context) -> None:
        """Put a document into the words of this version, in place."""
        rewrite = self.spoken.get(document)
        if rewrite is not None:
            rewrite(draft, context)


@cache
def wording(version: str) -> Wording:
    """Give the words of a version.

    Args:
        version: ``1.0``, or ``draft-11`` and the like, as a profile spells it.

    """
    if version == "1.0":
        return Wording()
    found: Wording = import_module(f"{__name__}.{version.replace('-', '_')}").WORDING
    return found
