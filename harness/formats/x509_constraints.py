"""What authorities allow below them: name constraints and policies (RFC 5280 sections 6.1.2 to 6.1.5).

The path validation of ``pyhanko-certvalidator`` is asked for these alone, and only where a certificate of a path
has such constraints: it stops at the first thing it does not like, which would hide the rest of what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_MAX_DETAIL = 200


def refusal(path: Sequence[x509.Certificate], anchor: x509.Certificate, moment: datetime) -> str | None:
    """Say why the constraints of a path forbid its first certificate; ``None`` when nothing does.

    Args:
        path: the first certificate and those above it, without the anchor; right in every other respect.
        anchor: the trust anchor, whose own constraints do not count (RFC 5280 section 6.1.1).
        moment: when the path is used.

    """
    if not any(_constrains(certificate) for certificate in path[1:]):
        return None
    # Loading the library takes as long as everything else that reading certificates needs.
    from asn1crypto import x509 as asn1
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.authority import CertTrustAnchor
    from pyhanko_certvalidator.errors import DisallowedAlgorithmError, ValidationError
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.validate import validate_path

    try:
        root, leaf, *above = (
            asn1.Certificate.load(certificate.public_bytes(Encoding.DER)) for certificate in (anchor, *path)
        )
        context = ValidationContext(
            trust_roots=[root], moment=moment, allow_fetching=False, revocation_mode="soft-fail"
        )
        validate_path(context, ValidationPath(CertTrustAnchor(root), above[::-1], leaf))
    except (DisallowedAlgorithmError, ValueError, TypeError, KeyError, NotImplementedError):
        # What the library cannot read or does not like is no constraint that is broken.
        return None
    except ValidationError as error:
        return str(error)[:_MAX_DETAIL]
    return None


def _constrains(certificate: x509.Certificate) -> bool:
    kinds = (x509.NameConstraints, x509.PolicyConstraints, x509.InhibitAnyPolicy)
    return any(isinstance(extension.value, kinds) for extension in certificate.extensions)
