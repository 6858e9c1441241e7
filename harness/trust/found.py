"""What is searched for, the key of a signer, and what each way to it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509 as pyca

from harness.formats import x509
from harness.formats.did_document import DidDocument, VerificationMethod
from harness.formats.problems import Problem
from harness.formats.signer import Signer
from harness.transport import Reply

if TYPE_CHECKING:
    from harness.settings import TrustSettings
    from harness.trust.fetching import Fetcher


@dataclass(frozen=True)
class IssuerKey:
    """The key a credential has to be verified with, and how it was found."""

    mechanism: str | None
    """One of :data:`harness.trust.issuer_key.WAYS`; ``None`` when nothing leads to a key."""
    jwk: Mapping[str, Any] | None = None
    """The public key; ``None`` when the mechanism did not give one."""
    chain: x509.ChainResult | None = None
    """What the certificates of ``x5c`` or ``x5chain`` are worth; ``None`` without readable ones."""
    replies: tuple[Reply, ...] = ()
    """The document that was fetched, then what it points at."""
    problems: tuple[Problem, ...] = ()
    missing: str = ""
    """Why there is no key, and what the team can do about it."""
    further: tuple[Mapping[str, Any], ...] = ()
    """The keys of the further certificates."""
    certificates: tuple[pyca.Certificate, ...] = ()
    """Those of ``x5c`` or ``x5chain``, the one with the key first."""
    document: DidDocument | None = None
    """The DID document or controlled identifier document that was read."""
    method: VerificationMethod | None = None
    """The verification method in it that holds the key."""

    def problems_of(self, *kinds: str) -> tuple[Problem, ...]:
        """Give the problems of some kinds."""
        return tuple(problem for problem in self.problems if problem.kind in kinds)


@dataclass(frozen=True)
class Search:
    """One search for a key.

    Attributes:
        signer: what was signed says of its signer.
        verify: checks that a key signed it; raises ``SignatureError``.
        fetcher: the wary way to the network.
        trust: whom the team trusts.
        now: seconds since 1970.
        anchors: trust anchors in place of those that the team configured; ``None`` for these.
        tried: what led to nothing so far, in a few words each.

    """

    signer: Signer
    verify: Callable[[Mapping[str, Any]], None]
    fetcher: Fetcher
    trust: TrustSettings
    now: float
    anchors: tuple[pyca.Certificate, ...] | None = None
    tried: list[str] = field(default_factory=list)


@dataclass
class Reading:
    """What one way has brought so far."""

    mechanism: str
    lead: str
    """What the way is called in a sentence."""
    replies: list[Reply] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, kind: str, detail: str, pointer: str | None = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, detail, pointer))

    def broken(self, reason: str | None = None) -> IssuerKey:
        """Give the result without a key; by default the last problem says why."""
        missing = f"{self.lead} no key: {reason or self.problems[-1].detail}"
        return IssuerKey(
            self.mechanism, replies=tuple(self.replies), problems=tuple(self.problems), missing=missing
        )

    def found(self, jwk: Mapping[str, Any]) -> IssuerKey:
        """Give the result with a key."""
        return IssuerKey(self.mechanism, jwk, replies=tuple(self.replies), problems=tuple(self.problems))
