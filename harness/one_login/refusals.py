"""How the provider says no. ``because`` is for the log: what the real service does not tell."""

from __future__ import annotations


class PlainRefusal(Exception):
    """Answered in plain text, since nothing may be sent back to the service."""

    def __init__(self, text: str, because: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.because = because
        self.status = status


class RedirectedRefusal(Exception):
    """Sent back to the service as an error response (RFC 6749 section 4.1.2.1)."""

    def __init__(self, error: str, description: str, because: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.because = because or description


class TokenRefusal(Exception):
    """An error response of the token endpoint (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, because: str = "", *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.because = because or description
        self.status = status
