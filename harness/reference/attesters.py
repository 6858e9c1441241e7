"""Whom the reference issuer trusts to attest wallets and their keys, by the certificates in ``x5c``.

An issuer with intermediate authorities trusts the anchor of the attesters that come with Assay and follows ``x5c``
up to it. The others know one attester each, whose certificate, if it has one, is directly below their own anchor.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from harness import attesters
from harness.reference import keys
from harness.reference.variants import Variant

_LONGEST = 5
_UNREADABLE = (KeyError, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)


def wallet_attester() -> dict[str, Any]:
    """Give the private JWK of the attester of wallets, with the ``x5c`` that leads to the anchor."""
    return attesters.private_jwk("wallet")


def key_attester(variant: Variant) -> dict[str, Any]:
    """Give the settings of the attester of keys that an issuer trusts: ``issuer`` and private ``key``."""
    if not variant.intermediates:
        return keys.attester()
    return {"issuer": keys.ATTESTER, "key": attesters.private_jwk("key")}


def anchors(variant: Variant) -> list[x509.Certificate]:
    """Give the certificates of the authorities that an issuer trusts to certify attesters."""
    return [_anchor() if variant.intermediates else keys.attester_root().certificate]


def certificates(header: Mapping[str, Any]) -> list[x509.Certificate]:
    """Give the certificates of ``x5c``; empty when there are none, or one of them cannot be read."""
    values = header.get("x5c")
    if not isinstance(values, list) or len(values) > _LONGEST:
        return []
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(value, validate=True)) for value in values]
    except _UNREADABLE:
        return []


def public_jwk(header: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the key of the first certificate of ``x5c``, trusted or not; ``None`` when there is none."""
    chain = certificates(header)
    try:
        return dict(JWK.from_pyca(chain[0].public_key()).export_public(as_dict=True)) if chain else None
    except (JWException, *_UNREADABLE):
        return None


def trusted(header: Mapping[str, Any], variant: Variant, now: float) -> bool:
    """Whether the certificates of ``x5c`` lead to a trust anchor.

    Args:
        header: of the attestation.
        variant: whose anchors count.
        now: seconds since 1970.

    """
    moment = datetime.fromtimestamp(now, UTC)
    chain = certificates(header)
    if not chain or not all(each.not_valid_before_utc <= moment <= each.not_valid_after_utc for each in chain):
        return False
    return any(_leads_to([*chain, anchor]) for anchor in anchors(variant))


def _leads_to(path: list[x509.Certificate]) -> bool:
    try:
        for below, above in pairwise(path):
            below.verify_directly_issued_by(above)
            if not above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
                return False
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False
    return True


@cache
def _anchor() -> x509.Certificate:
    return x509.load_pem_x509_certificate(attesters.anchor_pem().encode("ascii"))
