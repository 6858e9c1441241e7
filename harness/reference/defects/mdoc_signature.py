"""Faults of the signature over a mobile document and of its encoding (RFC 9052, RFC 8949, OpenID4VCI A.2)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from jwcrypto.jwk import JWK

from harness.reference import cbor, cose, document_signer, keys
from harness.reference.cbor import Tag, embedded
from harness.reference.context import Context
from harness.reference.cose import ALG, X5CHAIN, Sign1
from harness.reference.encoding import base64url
from harness.reference.faults import fault
from harness.reference.lifetime import issued_at
from harness.reference.mdoc import Encoding

CRIT, _KID = 2, 4
_UNKNOWN = -70001
"""A header label for private use (RFC 9052 section 3)."""

IssuerSigned = dict[str, Any]


# issuerAuth before it is signed


def _header(auth: Sign1) -> dict[Any, Any]:
    """Give the protected header while it is still a map.

    Raises:
        TypeError: another fault has encoded it.

    """
    if not isinstance(auth.protected, dict):
        raise TypeError("encoded already")
    return auth.protected


@fault("issuer-auth:alg-unprotected")
def alg_unprotected(auth: Sign1, _: Context) -> None:
    """The alg stands in the unprotected header only."""
    auth.unprotected[ALG] = _header(auth).pop(ALG)


@fault("issuer-auth:alg-missing")
def alg_missing(auth: Sign1, _: Context) -> None:
    """There is no alg."""
    del _header(auth)[ALG]


@fault("issuer-auth:alg-twice")
def alg_twice(auth: Sign1, _: Context) -> None:
    """The alg stands in both headers."""
    auth.unprotected[ALG] = _header(auth)[ALG]


@fault("issuer-auth:alg-unlisted")
def alg_unlisted(auth: Sign1, context: Context) -> None:
    """The document is signed with an algorithm that the metadata do not list."""
    auth.key = keys.issuer_key("ES384")
    _header(auth)[ALG] = cose.ALGORITHMS[auth.key.algorithm]
    auth.unprotected[X5CHAIN] = document_signer.document_signer(auth.key, issued_at(context)).der()


@fault("issuer-auth:alg-symmetric")
def alg_symmetric(auth: Sign1, _: Context) -> None:
    """The document is authenticated by a MAC."""
    secret = JWK(kty="oct", k=base64url(b"known to issuer and verifiers..."))
    auth.key = keys.SigningKey("HS256", secret)
    _header(auth)[ALG] = 5


@fault("issuer-auth:alg-rsa")
def alg_rsa(auth: Sign1, _: Context) -> None:
    """The alg is PS256, which the standard does not allow."""
    _header(auth)[ALG] = -37


@fault("issuer-auth:alg-text")
def alg_text(auth: Sign1, _: Context) -> None:
    """The alg is a name."""
    _header(auth)[ALG] = "ES256"


@fault("issuer-auth:alg-of-another-curve")
def alg_of_another_curve(auth: Sign1, _: Context) -> None:
    """The alg is ES384, and the signature with it is by a key on P-256."""
    if auth.key is not None:
        auth.key = _WithSha384("ES384", auth.key.jwk)
        _header(auth)[ALG] = cose.ALGORITHMS["ES384"]


class _WithSha384(keys.SigningKey):
    """A key on P-256 that signs with SHA-384."""

    def sign(self, data: bytes) -> bytes:
        """Give the two numbers of the signature."""
        private: ec.EllipticCurvePrivateKey = self.jwk.get_op_key("sign")
        numbers = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA384())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)


@fault("issuer-auth:signature")
def signature(auth: Sign1, context: Context) -> None:
    """The document is signed with another key than that of its certificate."""
    auth.key = keys.stranger_key(context.variant.signing_algorithm)


@fault("issuer-auth:signature-missing")
def signature_missing(auth: Sign1, _: Context) -> None:
    """The signature is empty."""
    auth.key = None


@fault("issuer-auth:signature-context")
def signature_context(auth: Sign1, _: Context) -> None:
    """The signature is made for a message with several signers."""
    auth.context = "Signature"


@fault("issuer-auth:payload-detached")
def payload_detached(auth: Sign1, _: Context) -> None:
    """The signature is over a payload that is not in the message."""
    auth.detached, auth.payload = auth.payload, None


def _payload(rewrite: Callable[[bytes], bytes]) -> Callable[[Sign1, Context], None]:
    """Rewrite the encoded Mobile Security Object."""

    def spoil(auth: Sign1, _: Context) -> None:
        if auth.payload is not None:
            auth.payload = rewrite(cbor.loads(auth.payload).value)

    return spoil


def _tagged(number: int, data: bytes) -> bytes:
    return cbor.dumps(Tag(number, data))


def _with_entry_again(encoded: bytes, name: str) -> bytes:
    """Add an entry of a small map of definite length a second time."""
    value = cbor.loads(encoded)[name]
    return bytes([encoded[0] + 1]) + encoded[1:] + cbor.dumps(name) + cbor.dumps(value)


for _name, _description, _rewrite in (
    ("payload-untagged", "The payload is the Mobile Security Object without a tag.", lambda mso: mso),
    ("payload-tag-other", "The payload has another tag than 24.", lambda mso: _tagged(23, mso)),
    (
        "payload-map",
        "The tag 24 of the payload is on a map.",
        lambda mso: cbor.dumps(Tag(24, cbor.loads(mso))),
    ),
    ("payload-garbage", "The payload is no CBOR.", lambda _: b"\xff\xff"),
    (
        "payload-array",
        "The Mobile Security Object is an array.",
        lambda mso: _tagged(24, cbor.dumps([cbor.loads(mso)])),
    ),
    ("payload-trailing", "Something follows the Mobile Security Object.", lambda mso: _tagged(24, mso + b"\x00")),
    (
        "payload-duplicate-key",
        "The Mobile Security Object has a member twice.",
        lambda mso: _tagged(24, _with_entry_again(mso, "version")),
    ),
    (
        "payload-indefinite",
        "The Mobile Security Object is a map of indefinite length.",
        lambda mso: _tagged(24, b"\xbf" + mso[1:] + b"\xff"),
    ),
    (
        "payload-long-length",
        "The length of the Mobile Security Object is not in its shortest form.",
        lambda mso: _tagged(24, bytes([0xB8, mso[0] & 0x1F]) + mso[1:]),
    ),
):
    fault(f"issuer-auth:{_name}", _description)(_payload(_rewrite))


@fault("issuer-auth:protected-duplicate-label")
def protected_duplicate_label(auth: Sign1, _: Context) -> None:
    """The protected header has a label twice."""
    entry = cbor.dumps(_header(auth))[1:]
    auth.protected = b"\xa2" + entry + entry


@fault("issuer-auth:protected-kid")
def protected_kid(auth: Sign1, _: Context) -> None:
    """The protected header has a key identifier beside the alg."""
    _header(auth)[_KID] = b"signer"


@fault("issuer-auth:protected-empty-map")
def protected_empty_map(auth: Sign1, _: Context) -> None:
    """The protected header holds an empty map, and the alg is in the other one."""
    auth.unprotected[ALG] = _header(auth).pop(ALG)
    auth.protected = b"\xa0"


@fault("issuer-auth:label-bytes")
def label_bytes(auth: Sign1, _: Context) -> None:
    """A label of the unprotected header is a byte string."""
    auth.unprotected[b"note"] = "issued by a test"


@fault("issuer-auth:crit-empty")
def crit_empty(auth: Sign1, _: Context) -> None:
    """The crit names nothing."""
    _header(auth)[CRIT] = []


@fault("issuer-auth:crit-number")
def crit_number(auth: Sign1, _: Context) -> None:
    """The crit is a number."""
    _header(auth)[CRIT] = 4


@fault("issuer-auth:crit-absent-label")
def crit_absent_label(auth: Sign1, _: Context) -> None:
    """The crit names a label that the protected header does not have."""
    _header(auth)[CRIT] = [_UNKNOWN]


@fault("issuer-auth:crit-common-label")
def crit_common_label(auth: Sign1, _: Context) -> None:
    """The crit names the alg, which everybody knows."""
    _header(auth)[CRIT] = [ALG]


@fault("issuer-auth:crit-unprotected")
def crit_unprotected(auth: Sign1, _: Context) -> None:
    """The crit stands in the unprotected header."""
    _header(auth)[_UNKNOWN] = "issued by a test"
    auth.unprotected[CRIT] = [_UNKNOWN]


@fault("issuer-auth:crit-unknown")
def crit_unknown(auth: Sign1, _: Context) -> None:
    """The crit names a header parameter that verifiers of mobile documents do not know."""
    _header(auth)[_UNKNOWN] = "issued by a test"
    _header(auth)[CRIT] = [_UNKNOWN]


# x5chain (RFC 9360 section 2)


@fault("issuer-auth:x5chain-missing")
def x5chain_missing(auth: Sign1, _: Context) -> None:
    """There is no x5chain."""
    del auth.unprotected[X5CHAIN]


@fault("issuer-auth:x5chain-protected")
def x5chain_protected(auth: Sign1, _: Context) -> None:
    """The x5chain stands in the protected header."""
    _header(auth)[X5CHAIN] = auth.unprotected.pop(X5CHAIN)


@fault("issuer-auth:x5chain-array-of-one")
def x5chain_array_of_one(auth: Sign1, _: Context) -> None:
    """The one certificate of x5chain stands in an array."""
    auth.unprotected[X5CHAIN] = [auth.unprotected[X5CHAIN]]


@fault("issuer-auth:x5chain-empty")
def x5chain_empty(auth: Sign1, _: Context) -> None:
    """The x5chain is an empty array."""
    auth.unprotected[X5CHAIN] = []


@fault("issuer-auth:x5chain-text")
def x5chain_text(auth: Sign1, _: Context) -> None:
    """The x5chain is base64 text."""
    auth.unprotected[X5CHAIN] = base64.b64encode(auth.unprotected[X5CHAIN]).decode("ascii")


@fault("issuer-auth:x5chain-garbage")
def x5chain_garbage(auth: Sign1, _: Context) -> None:
    """The x5chain is a byte string that is no certificate."""
    auth.unprotected[X5CHAIN] = b"no certificate"


@fault("issuer-auth:x5chain-concatenated")
def x5chain_concatenated(auth: Sign1, context: Context) -> None:
    """Two certificates of x5chain stand in one byte string."""
    auth.unprotected[X5CHAIN] += document_signer.authority(context.clock()).der()


@fault("issuer-auth:x5chain-root-included")
def x5chain_root_included(auth: Sign1, context: Context) -> None:
    """The root certificate of the authority stands in x5chain."""
    root = document_signer.authority(context.clock()).der()
    auth.unprotected[X5CHAIN] = [auth.unprotected[X5CHAIN], root]


@fault("issuer-auth:x5chain-order")
def x5chain_order(auth: Sign1, context: Context) -> None:
    """The certificate of the signing key is the second in x5chain."""
    stranger = document_signer.document_signer(
        keys.stranger_key(context.variant.signing_algorithm), issued_at(context)
    )
    auth.unprotected[X5CHAIN] = [stranger.der(), auth.unprotected[X5CHAIN]]


@fault("issuer-auth:x5chain-stranger-last")
def x5chain_stranger_last(auth: Sign1, context: Context) -> None:
    """The second certificate of x5chain did not certify the first."""
    stranger = document_signer.document_signer(
        keys.stranger_key(context.variant.signing_algorithm), issued_at(context)
    )
    auth.unprotected[X5CHAIN] = [auth.unprotected[X5CHAIN], stranger.der()]


# IssuerSigned


@fault("issuer-signed:issuer-auth-missing")
def issuer_auth_missing(document: IssuerSigned, _: Context) -> None:
    """There is no issuerAuth."""
    del document["issuerAuth"]


@fault("issuer-signed:issuer-auth-tagged")
def issuer_auth_tagged(document: IssuerSigned, _: Context) -> None:
    """The issuerAuth is tagged as COSE_Sign1."""
    document["issuerAuth"] = Tag(cose.SIGN1, document["issuerAuth"])


@fault("issuer-signed:issuer-auth-bytes")
def issuer_auth_bytes(document: IssuerSigned, _: Context) -> None:
    """The issuerAuth is a byte string that holds the signature structure."""
    document["issuerAuth"] = cbor.dumps(document["issuerAuth"])


@fault("issuer-signed:issuer-auth-three")
def issuer_auth_three(document: IssuerSigned, _: Context) -> None:
    """The issuerAuth has three elements."""
    document["issuerAuth"].pop()


@fault("issuer-signed:protected-map")
def protected_map(document: IssuerSigned, _: Context) -> None:
    """The protected header is a map instead of a byte string."""
    document["issuerAuth"][0] = cbor.loads(document["issuerAuth"][0])


@fault("issuer-signed:unprotected-array")
def unprotected_array(document: IssuerSigned, _: Context) -> None:
    """The unprotected header is an array."""
    document["issuerAuth"][1] = list(document["issuerAuth"][1].items())


@fault("issuer-signed:signature-der")
def signature_der(document: IssuerSigned, _: Context) -> None:
    """The signature is encoded in DER."""
    raw = document["issuerAuth"][3]
    half = len(raw) // 2
    numbers = (int.from_bytes(part, "big") for part in (raw[:half], raw[half:]))
    document["issuerAuth"][3] = encode_dss_signature(*numbers)


@fault("issuer-signed:namespaces-missing")
def namespaces_missing(document: IssuerSigned, _: Context) -> None:
    """There are no nameSpaces."""
    del document["nameSpaces"]


@fault("issuer-signed:namespaces-empty")
def namespaces_empty(document: IssuerSigned, _: Context) -> None:
    """The nameSpaces are an empty map."""
    document["nameSpaces"] = {}


@fault("issuer-signed:namespaces-array")
def namespaces_array(document: IssuerSigned, _: Context) -> None:
    """The nameSpaces are an array."""
    document["nameSpaces"] = list(document["nameSpaces"].values())


@fault("issuer-signed:device-response")
def device_response(document: IssuerSigned, _: Context) -> None:
    """The credential is a DeviceResponse."""
    inner = {"docType": "org.iso.18013.5.1.mDL", "issuerSigned": dict(document)}
    document.clear()
    document.update({"version": "1.0", "documents": [inner], "status": 0})


@fault("issuer-signed:document")
def whole_document(document: IssuerSigned, _: Context) -> None:
    """The credential is a Document that contains the IssuerSigned structure."""
    inner = dict(document)
    document.clear()
    document.update({"docType": "org.iso.18013.5.1.mDL", "issuerSigned": inner})


def _last_item(rewrite: Callable[[Any], Any]) -> Callable[[IssuerSigned, Context], None]:
    """Rewrite the last item of the first namespace, which nobody calls mandatory."""

    def spoil(document: IssuerSigned, _: Context) -> None:
        items = next(iter(document["nameSpaces"].values()))
        items[-1] = rewrite(items[-1])

    return spoil


for _name, _description, _of_item in (
    ("item-untagged", "An element is a map without tag and byte string.", lambda item: cbor.loads(item.value)),
    ("item-bytes", "An element is a byte string without tag.", lambda item: item.value),
    ("item-tag-other", "An element has another tag than 24.", lambda item: Tag(23, item.value)),
    (
        "item-tag-on-map",
        "The tag 24 of an element is on a map.",
        lambda item: Tag(24, cbor.loads(item.value)),
    ),
    ("item-garbage", "An element holds no CBOR.", lambda _: Tag(24, b"\xff\xff")),
    ("item-array", "An element holds an array.", lambda item: embedded(list(cbor.loads(item.value).values()))),
    (
        "item-trailing",
        "Something follows an element within its byte string.",
        lambda item: Tag(24, item.value + b"\x00"),
    ),
):
    fault(f"issuer-signed:{_name}", _description)(_last_item(_of_item))


# The encoding


def _bytes(rewrite: Callable[[bytes], bytes]) -> Callable[[Encoding, Context], None]:
    def spoil(encoding: Encoding, _: Context) -> None:
        encoding.data = rewrite(encoding.data)

    return spoil


def _entry(name: str, value: bytes) -> Callable[[bytes], bytes]:
    """Add an entry with a value in raw CBOR to the outermost map."""
    return lambda data: bytes([data[0] + 1]) + data[1:] + cbor.dumps(name) + value


for _name, _description, _of_bytes in (
    ("truncated", "The CBOR breaks off.", lambda data: data[:-1]),
    ("trailing", "Something follows the CBOR.", lambda data: data + b"\x00"),
    ("garbage", "The credential is no CBOR.", lambda _: b"\xff\xff\xff"),
    ("array", "The credential is an array.", lambda data: b"\x81" + data),
    ("json", "The credential is JSON.", lambda _: b'{"issuerAuth": []}'),
    (
        "duplicate-key",
        "The IssuerSigned structure has a member twice.",
        lambda data: _with_entry_again(data, "nameSpaces"),
    ),
    (
        "indefinite",
        "The IssuerSigned structure is a map of indefinite length.",
        lambda data: b"\xbf" + data[1:] + b"\xff",
    ),
    (
        "long-length",
        "The length of the IssuerSigned structure is not in its shortest form.",
        lambda data: bytes([0xB8, data[0] & 0x1F]) + data[1:],
    ),
    ("long-integer", "An integer is not in its shortest form.", _entry("assay", b"\x18\x01")),
    ("reserved", "A reserved value of additional information is used.", _entry("assay", b"\x1c")),
    ("invalid-utf-8", "A text is no UTF-8.", _entry("assay", b"\x62\xc3\x28")),
    ("chunk-of-another-type", "A text is made of byte strings.", _entry("assay", b"\x7f\x41a\xff")),
    ("chunks", "A text is made of chunks.", _entry("assay", b"\x7f\x61a\x61b\xff")),
    ("simple-in-two-bytes", "A small simple value takes two bytes.", _entry("assay", b"\xf8\x15")),
    ("nested", "An array is nested ten thousand deep.", _entry("assay", b"\x81" * 10_000 + b"\x00")),
    ("huge-length", "An array says to have very many elements.", _entry("assay", b"\x9b" + b"\x7f" + b"\xff" * 7)),
):
    fault(f"mdoc-encoding:{_name}", _description)(_bytes(_of_bytes))


def _spelled(spelling: Callable[[bytes], str]) -> Callable[[Encoding, Context], None]:
    def spoil(encoding: Encoding, _: Context) -> None:
        encoding.spelling = spelling

    return spoil


def _padded(data: bytes) -> str:
    text = base64url(data)
    return text + ("=" * (-len(text) % 4) or "=")


for _name, _description, _spelling in (
    ("base64", "The credential is in ordinary base64.", lambda data: base64.b64encode(data).decode("ascii")),
    ("padded", "The credential is in base64url with padding.", _padded),
    ("hex", "The credential is in hexadecimal digits.", bytes.hex),
    ("line-breaks", "The credential has line breaks.", lambda data: base64.encodebytes(data).decode("ascii")),
):
    fault(f"mdoc-encoding:{_name}", _description)(_spelled(_spelling))
