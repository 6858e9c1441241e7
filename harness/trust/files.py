"""Files with which the team says whom it trusts."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

_CERTIFICATE_FILES = {".pem", ".crt", ".cer"}
_LARGEST_FILE = 5_000_000


class TrustError(Exception):
    """What the team configured to be trusted cannot be read; the message is one line."""


@cache
def anchors(paths: tuple[Path, ...], setting: str = "x5c") -> tuple[x509.Certificate, ...]:
    """Read trust anchors, once per process.

    Args:
        paths: PEM files, or folders whose ``.pem``, ``.crt`` and ``.cer`` files are read.
        setting: the key of ``[trust]`` that names them.

    Raises:
        TrustError: one of them cannot be read or holds no certificate.

    """
    return tuple(
        certificate
        for path in paths
        for file in _files(path, setting)
        for certificate in _certificates(file, setting)
    )


def content(file: Path) -> bytes:
    """Read a file of bounded size.

    Raises:
        OSError: it cannot be read.
        TrustError: it is too large.

    """
    with file.open("rb") as opened:
        data = opened.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise TrustError(f"{file} is larger than {_LARGEST_FILE} bytes")
    return data


def _files(path: Path, setting: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in _CERTIFICATE_FILES)
    if not found:
        raise TrustError(f"trust.{setting}: the folder {path} has no .pem, .crt or .cer file")
    return found


def _certificates(file: Path, setting: str) -> list[x509.Certificate]:
    try:
        with warnings.catch_warnings():
            # The team trusts the certificate as it is, whatever rule of RFC 5280 its encoding breaks.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return x509.load_pem_x509_certificates(content(file))
    except OSError as error:
        raise TrustError(f"trust.{setting}: cannot read {file}: {error.strerror}") from None
    except (ValueError, x509.InvalidVersion):
        raise TrustError(f"trust.{setting}: {file} holds no PEM certificate") from None
