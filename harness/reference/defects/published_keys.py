"""Faults of published keys (RFC 7517, RFC 7518 section 6).

They are the keys of the Authorization Server and those that Credential Requests are encrypted to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.encoding import Twin, base64url, from_base64url
from harness.reference.faults import fault

Document = dict[str, Any]


def _shortened(name: str) -> Callable[[Document], None]:
    def spoil(jwk: Document) -> None:
        jwk[name] = base64url(from_base64url(jwk[name])[:-1])

    return spoil


def _padded(name: str) -> Callable[[Document], None]:
    def spoil(jwk: Document) -> None:
        jwk[name] = base64url(b"\0" + from_base64url(jwk[name]))

    return spoil


def _without(name: str) -> Callable[[Document], None]:
    return lambda jwk: jwk.__delitem__(name)


def _with(**members: Any) -> Callable[[Document], None]:
    def spoil(jwk: Document) -> None:
        jwk.pop("use", None)
        jwk.update(members)

    return spoil


def _with_certificate_of(jwk: Document, context: Context) -> None:
    jwk["x5c"] = [keys.leaf(keys.stranger_key("ES256"), context.issuer_url)]


_CURVE_KEY: dict[str, tuple[str, Callable[[Document], None]]] = {
    "kty-missing": ("has no kty", _without("kty")),
    "operations-string": ("has a string as its key_ops", _with(key_ops="deriveKey")),
    "operations-repeated": ("has an operation twice", _with(key_ops=["deriveKey", "deriveKey"])),
    "operations-unrelated": ("signs and encrypts", _with(key_ops=["sign", "encrypt"])),
    "x5c-text": ("has an x5c that is no certificate", lambda jwk: jwk.update(x5c=["certificate"])),
    "y-missing": ("has no y", _without("y")),
    "x-short": ("has an x without its last byte", _shortened("x")),
    "y-short": ("has a y without its last byte", _shortened("y")),
}
"""Defects of a key on P-256."""
_RSA_KEY: dict[str, tuple[str, Callable[[Document], None]]] = {
    "e-missing": ("has no e", _without("e")),
    "n-padded": ("has an n with a zero byte in front", _padded("n")),
    "e-padded": ("has an e with a zero byte in front", _padded("e")),
}


def _last(document: Document) -> Document:
    jwk: Document = document["keys"][-1]
    return jwk


def _request_key_set(metadata: Document) -> Document:
    """Give the JWK Set that requests are encrypted to; an empty one where there is none."""
    found: Document = metadata.get("credential_request_encryption", {}).get("jwks", {})
    return found


# The keys of the Authorization Server


def _added(document: Document, jwk: Document) -> Document:
    """Add a key for signing, so that the others stay as they are."""
    added = {**jwk, "kid": "server-further", "use": "sig"}
    document["keys"].append(added)
    return added


def _of_server(defect: str, told: str, change: Callable[[Document], None], *, rsa: bool = False) -> None:
    def spoil(document: Document, _: Context) -> None:
        jwk = keys.rsa_key().export_public(as_dict=True) if rsa else document["keys"][0]
        change(_added(document, jwk))

    fault(f"as-jwks:key-{defect}", f"A key of the Authorization Server {told}.")(spoil)


for _defect, (_told, _change) in _CURVE_KEY.items():
    _of_server(_defect, _told, _change)
for _defect, (_told, _change) in _RSA_KEY.items():
    _of_server(_defect, _told, _change, rsa=True)


@fault("as-jwks:key-purpose-twice")
def purpose_twice(document: Document, _: Context) -> None:
    """A key of the Authorization Server has both use and key_ops."""
    _added(document, document["keys"][0])["key_ops"] = ["verify"]


@fault("as-jwks:key-purpose-contradiction")
def purpose_contradiction(document: Document, _: Context) -> None:
    """The use of a key of the Authorization Server contradicts its key_ops."""
    _added(document, document["keys"][0])["key_ops"] = ["encrypt"]


@fault("as-jwks:key-x5c-other")
def server_certificate_other(document: Document, context: Context) -> None:
    """A certificate of a key of the Authorization Server has another key."""
    _with_certificate_of(_added(document, document["keys"][0]), context)


@fault("as-jwks:key-private")
def server_key_private(document: Document, _: Context) -> None:
    """A key of the Authorization Server is published with its private part."""
    _added(document, keys.stranger_key("ES256").jwk.export_private(as_dict=True))


@fault("as-jwks:kid-twice")
def server_kid_twice(document: Document, _: Context) -> None:
    """Two keys of the Authorization Server have the same kid."""
    added = _added(document, keys.stranger_key("ES256").public_jwk)
    added["kid"] = document["keys"][0]["kid"]


@fault("as-jwks:key-duplicate-member")
def server_key_member_twice(document: Document, _: Context) -> None:
    """A key of the Authorization Server has a member twice."""
    jwk = document["keys"][0]
    jwk[Twin("kty")] = jwk["kty"]


@fault("as-jwks:duplicate-member")
def server_set_member_twice(document: Document, _: Context) -> None:
    """The JWK Set of the Authorization Server has a member twice."""
    document[Twin("keys")] = document["keys"]


# The keys that requests are encrypted to


def _of_requests(defect: str, told: str, change: Callable[[Document, Context], None]) -> None:
    def spoil(metadata: Document, context: Context) -> None:
        key_set = _request_key_set(metadata)
        if key_set:
            change(key_set, context)

    fault(f"metadata:request-encryption-{defect}", f"The last key that requests are encrypted to {told}.")(spoil)


def _in_place(change: Callable[[Document], None]) -> Callable[[Document, Context], None]:
    return lambda key_set, _: change(_last(key_set))


for _defect, (_told, _change) in _CURVE_KEY.items():
    _of_requests(f"key-{_defect}", _told, _in_place(_change))
_of_requests("key-use-sig", "is for signatures", _in_place(lambda jwk: jwk.update(use="sig")))
_of_requests("key-alg-signature", "has the alg ES256", _in_place(lambda jwk: jwk.update(alg="ES256")))
_of_requests(
    "key-purpose-twice", "has both use and key_ops", _in_place(lambda jwk: jwk.update(key_ops=["deriveKey"]))
)
_of_requests(
    "key-x5c-other",
    "has a certificate with another key",
    lambda key_set, context: _with_certificate_of(_last(key_set), context),
)


def _short_rsa_key(key_set: Document, _: Context) -> None:
    key_set["keys"][-1] = {
        **keys.rsa_key(1024).export_public(as_dict=True),
        "kid": _last(key_set)["kid"],
        "alg": "RSA-OAEP-256",
    }


def _member_twice(key_set: Document, _: Context) -> None:
    _last(key_set)[Twin("kty")] = _last(key_set)["kty"]


def _set_member_twice(key_set: Document, _: Context) -> None:
    key_set[Twin("keys")] = key_set["keys"]


_of_requests("key-rsa-short", "is an RSA key of 1024 bits", _short_rsa_key)
_of_requests("key-duplicate-member", "has a member twice", _member_twice)
_of_requests("jwks-duplicate-member", "is in a JWK Set with a member twice", _set_member_twice)


@fault("metadata:request-encryption-array")
def request_encryption_array(metadata: Document, _: Context) -> None:
    """The credential_request_encryption is an array instead of an object."""
    if "credential_request_encryption" in metadata:
        metadata["credential_request_encryption"] = [metadata["credential_request_encryption"]]


@fault("metadata:response-encryption-array")
def response_encryption_array(metadata: Document, _: Context) -> None:
    """The credential_response_encryption is an array instead of an object."""
    if "credential_response_encryption" in metadata:
        metadata["credential_response_encryption"] = [metadata["credential_response_encryption"]]
