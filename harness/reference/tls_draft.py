"""What can be said of how the reference issuer does TLS, before its server starts."""

from __future__ import annotations

from dataclasses import dataclass

RECOMMENDED = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" + (
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
)
"""What RFC 9325 section 4.2 recommends, as OpenSSL names it."""


@dataclass
class TlsDraft:
    """How TLS is done, before the server starts."""

    lowest: str = "1.2"
    highest: str = "1.3"
    ciphers: str = RECOMMENDED
    protocols: tuple[str, ...] = ("http/1.1",)
    key: str = "p-256"
    """``p-256``, ``p-384``, ``rsa-2048`` or ``rsa-1024``."""
    digest: str = "sha-256"
    """What the certificate is signed with: ``sha-256`` or ``sha-1``."""
    only_curve: str | None = None
    """OpenSSL's name of the one curve for key exchanges; ``None`` for all that it has."""
    dh_prime: str | None = None
    """A prime for key exchanges on finite fields, in hexadecimal digits."""
    security_level: int | None = None
    """OpenSSL's: 0 bears everything, 1 what has 80 bits; ``None`` for what it has by default."""
    extended_master_secret: bool = True
    any_protocol: bool = False
    """Whether clients that offer other application protocols only are served."""
    any_name: bool = False
    """Whether clients that ask for another host are served."""
    prefers_older: bool = False
    """Whether clients that have TLS 1.2 and 1.3 get TLS 1.2."""
    also_plain: bool = False
    """Whether plain http is spoken on the same port."""
