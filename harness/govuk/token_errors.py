"""How the token service refuses, and what it remembers of that.

The caller gets ``error``, ``error_description`` and, for a pre-authorized code, ``reason``. Why exactly a code was
refused is more than the caller is told; checks read it in :class:`Refusal`, by ``kind``:

- ``request``, ``grant-type``, ``wallet``, ``user``: the token request of the wallet is wrong, before any code is
  looked at.
- ``dpop``: the DPoP proof is missing or wrong.
- ``refresh-token``: the refresh token is unknown, used, expired or bound to another key.
- those of ``code_rules`` about the pre-authorized code.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.formats.problems import FormatError

CODE_USED = "pre-authorized_code_already_used"
CODE_EXPIRED = "pre-authorized_code_expired"
CODE_INVALID = "pre-authorized_code_invalid"


class TokenError(FormatError):
    """A token request is refused."""

    def __init__(self, kind: str, error: str, detail: str, reason: str | None = None) -> None:
        super().__init__(kind, detail)
        self.error = error
        """The error code of the answer (RFC 6749 section 5.2)."""
        self.reason = reason
        """Which of the three ways a pre-authorized code is no good."""

    @property
    def document(self) -> dict[str, str]:
        """The body of the answer."""
        document = {"error": self.error, "error_description": self.detail}
        return document if self.reason is None else {**document, "reason": self.reason}


@dataclass(frozen=True)
class Refusal:
    """A token request that was refused."""

    at: float
    """Seconds since 1970."""
    kind: str
    """Stable name, listed in the docstring of the module."""
    detail: str
    """One sentence for people."""
    error: str
    reason: str | None
    code: str | None
    """The pre-authorized code of the request, as it came."""
