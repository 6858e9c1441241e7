"""Names of keys that no proof may have in ``kid``: docs.wallet.service.gov.uk, Using the did:key format."""

from __future__ import annotations

from collections.abc import Mapping

from harness.formats import base64url, did, multibase
from harness.wallet.keys import WalletKey, make_key

_P_256 = b"\x80\x24"
_SECP256K1 = b"\xe7\x01"
_FIELD_SIZE = 32


def wrong_names(key: WalletKey) -> Mapping[str, str]:
    """Give values for the ``kid`` of a proof that are no did:key of a P-256 key, each with what it is, in words.

    Args:
        key: a P-256 key; where a value names any key, the names are of this one.

    """
    public = key.public
    x, y = base64url.decode(public["x"]), base64url.decode(public["y"])
    compressed = bytes([2 + (y[-1] & 1)]) + x
    return {
        "a did:jwk": did.did_jwk(public),
        "a DID of the web": "did:web:assay.invalid#key",
        "the did:key of an Ed25519 key": did.did_key(make_key("Ed25519").public),
        "a did:key with an uncompressed point": _did_key(_P_256 + b"\x04" + x + y),
        "a did:key of another curve with this point": _did_key(_SECP256K1 + compressed),
        # No coordinate is as large as that, the field being smaller.
        "a did:key with a point that is not on the curve": _did_key(_P_256 + b"\x02" + b"\xff" * _FIELD_SIZE),
    }


def _did_key(encoded: bytes) -> str:
    return f"did:key:{multibase.encode(encoded)}"
