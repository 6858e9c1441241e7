"""What the issuer's team does to a credential on request: revoke, suspend, reinstate it, or change its claims.

In URLs, header values, bodies, arguments and prompts of the hooks these placeholders stand for what identifies the
credential; each has a value as far as there is one: ``{configuration}``, ``{credential}`` (as issued; an object as
JSON), ``{status_uri}`` and ``{status_index}`` (of its first entry in a status list), ``{notification_id}``,
``{subject}`` (``sub``, or the id of the credential's subject) and ``{identifier}`` (``jti``, or ``id`` of a W3C
credential). A run for GOV.UK Wallet also knows ``{wallet_subject_id}`` and ``{email}`` of who uses the wallet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.evidence import Blocked
from harness.hooks import HookError, tell
from harness.settings import OPERATIONS, HookSettings, Settings
from harness.terminal import Terminal

if TYPE_CHECKING:
    from harness.evidence import IssuedCredential

_LONGEST = 100_000
"""Characters of a credential that a command can be told."""


class Operations(Protocol):
    """Whoever can do something to a credential at the issuer."""

    def can(self, operation: str) -> bool:
        """Say whether the run was told how to do it: one of :data:`harness.settings.OPERATIONS`."""

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        """Do it.

        Args:
            issued: the credential.
            configuration: its Credential Configuration.
            known: further placeholders, such as ``notification_id``.

        Raises:
            Blocked: it cannot be done, or failed.

        """


@dataclass(frozen=True)
class HookOperations:
    """Operations by the hooks of ``assay.toml``."""

    settings: Settings
    terminal: Terminal | None = None
    holder: Mapping[str, str] = field(default_factory=dict)
    """Placeholders for who uses the wallet."""

    def can(self, operation: str) -> bool:
        """Say whether there is a hook for it."""
        return self._hook(operation) is not None

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        """Ask the hook."""
        hook = self._hook(operation)
        if hook is None:
            raise Blocked(f"no hook is known for this: give [{operation}] in assay.toml")
        tls_ca: Path | None = self.settings.trust.tls_ca
        told = parameters(issued, configuration, **self.holder, **known)
        try:
            await tell(hook, told, tls_ca=tls_ca, terminal=self.terminal)
        except HookError as error:
            raise Blocked(str(error)) from error

    def _hook(self, operation: str) -> HookSettings | None:
        if operation not in OPERATIONS:
            raise ValueError(f"no operation is called {operation!r}")
        found: HookSettings | None = getattr(self.settings, operation)
        return found


def parameters(issued: IssuedCredential, configuration: str, **known: str | None) -> dict[str, str | None]:
    """Give the placeholders of a hook that does something to a credential.

    Raises:
        Blocked: the credential cannot be read.

    """
    references = issued.document.status_references
    claims: dict[str, Any] = dict(issued.document.claims)
    subject = claims.get("credentialSubject")
    raw = issued.raw if isinstance(issued.raw, str) else json.dumps(issued.raw)
    return {
        "configuration": configuration,
        "credential": raw if len(raw) <= _LONGEST else None,
        "status_uri": references[0].uri if references else None,
        "status_index": str(references[0].index) if references and references[0].index is not None else None,
        "subject": _text(claims.get("sub")) or (_text(subject.get("id")) if isinstance(subject, dict) else None),
        "identifier": _text(claims.get("jti")) or _text(claims.get("id")),
        "notification_id": None,
        **known,
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
