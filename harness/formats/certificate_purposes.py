"""What the extended key usage of a certificate lets its key be used for (RFC 5280 section 4.2.1.12)."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

_NOT_FOR_DOCUMENTS = {
    ExtendedKeyUsageOID.SERVER_AUTH: "web servers",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clients of web servers",
    ExtendedKeyUsageOID.CODE_SIGNING: "programs",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "e-mail",
    ExtendedKeyUsageOID.TIME_STAMPING: "time stamps",
    ExtendedKeyUsageOID.OCSP_SIGNING: "the status of certificates",
}
"""The purposes of RFC 5280, none of which is to sign credentials or status lists. Others may be those of an
ecosystem, and the one of Token Status List has no number in draft 12."""


def purposes_apart(certificate: x509.Certificate) -> tuple[str, ...]:
    """Name the purposes of a certificate where none of them is, or may be, to sign credentials or status lists.

    Returns:
        Nothing where the key may sign them: no purposes are named, any is allowed, or one is not known here.

    """
    try:
        purposes = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return ()
    if not purposes <= _NOT_FOR_DOCUMENTS.keys():
        return ()
    return tuple(name for purpose, name in _NOT_FOR_DOCUMENTS.items() if purpose in purposes)
