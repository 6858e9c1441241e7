"""Published JWK Sets (RFC 7517 section 5): what is wrong with the set and with each of its keys.

Problems; pointers lead into the set:

- ``set-malformed``: no JSON object with ``keys``, an array of JSON objects (RFC 7517 section 5); nothing else in
  it is looked at.
- ``kty``: ``kty`` is missing or no string (RFC 7517 section 4.1). A key of a type that is not known here is left
  alone.
- ``secret``: the key is symmetric or has a private part (RFC 7517 section 9.2).
- ``key-ops``: ``key_ops`` is no array of strings, or repeats one (RFC 7517 section 4.3).
- ``key-ops-unrelated``: ``key_ops`` combines operations that do not belong together (RFC 7517 section 4.3).
- ``use-and-key-ops``: there are both ``use`` and ``key_ops`` (RFC 7517 section 4.3).
- ``use-against-key-ops``: they contradict each other (RFC 7517 section 4.3).
- ``kid-repeated``: different keys have the same ``kid`` (RFC 7517 section 4.5).
- ``x5c``: the errors of ``harness.formats.x509`` about the value of ``x5c`` (RFC 7517 section 4.7).
- ``x5c-other-key``: the first certificate has another key (RFC 7517 section 4.7).
- ``ec-members``: an elliptic curve key has no ``crv`` or ``x``, or no ``y`` (RFC 7518 section 6.2.1).
- ``ec-x``, ``ec-y``: the coordinate is not base64url of the full size of its curve (RFC 7518 sections 6.2.1.2 and
  6.2.1.3).
- ``rsa-members``: an RSA key has no ``n`` or ``e`` (RFC 7518 section 6.3.1).
- ``rsa-n``, ``rsa-e``: the integer is not base64url without a zero octet in front (RFC 7518 sections 6.3.1.1 and
  6.3.1.2).
- ``unusable``: each member has its form, but together they make no key, such as a point that is not on its curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.formats import base64url, x509
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key, same_key
from harness.formats.problems import Problem, json_type, shown
from harness.model import Json

_CURVE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66}
"""Curves of RFC 7518 section 6.2.1.1 with the bytes of one coordinate."""
_RELATED = (
    {"sign", "verify"},
    {"encrypt", "decrypt"},
    {"wrapKey", "unwrapKey"},
    {"deriveKey", "deriveBits"},
)
"""Operations that one key may be used for together (RFC 7517 section 4.3); both of the last are one agreement."""
_OPERATIONS: frozenset[str] = frozenset().union(*_RELATED)
_OPERATIONS_OF_USE = {"sig": _RELATED[0], "enc": _OPERATIONS - _RELATED[0]}


def problems(value: Json) -> tuple[Problem, ...]:
    """Judge a JWK Set as parsed JSON."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        return (Problem("set-malformed", "no JSON object with keys, an array", ""),)
    strays = [index for index, key in enumerate(keys) if not isinstance(key, dict)]
    if strays:
        detail = f"element {strays[0]} of keys is {json_type(keys[strays[0]])}"
        return (Problem("set-malformed", detail, f"/keys/{strays[0]}"),)
    found = [problem for index, key in enumerate(keys) for problem in _of_key(key, f"/keys/{index}")]
    return (*found, *_repeated_kids(keys))


def _of_key(key: Mapping[str, Json], place: str) -> Iterator[Problem]:
    kty = key.get("kty")
    if not isinstance(kty, str):
        yield Problem("kty", f"kty is {shown(kty)}" if "kty" in key else "there is no kty", place)
    if is_private_or_symmetric(key):
        yield Problem("secret", "the key is symmetric or has a private part", place)
    if "key_ops" in key:
        yield from _of_operations(key, place)
    if "x5c" in key:
        yield from _of_certificates(key, place)
    if kty == "EC":
        yield from _of_curve_point(key, place)
    elif kty == "RSA":
        yield from _of_rsa(key, place)
    try:
        public_key(key)
    except JwkError as error:
        if error.kind == "jwk-unusable" and kty != "oct":
            yield Problem("unusable", error.detail, place)


def _of_operations(key: Mapping[str, Json], place: str) -> Iterator[Problem]:
    listed, place = key["key_ops"], f"{place}/key_ops"
    strings = isinstance(listed, list) and all(isinstance(name, str) for name in listed)
    if not strings or len(set(listed)) < len(listed):
        yield Problem("key-ops", f"key_ops is {shown(listed)}", place)
        return
    known = _OPERATIONS.intersection(listed)
    if known and not any(known <= related for related in _RELATED):
        yield Problem("key-ops-unrelated", f"key_ops is {shown(listed)}", place)
    if "use" in key:
        use = key["use"]
        yield Problem("use-and-key-ops", f"use is {shown(use)} beside key_ops {shown(listed)}", place)
        if isinstance(use, str) and not known <= _OPERATIONS_OF_USE.get(use, _OPERATIONS):
            yield Problem("use-against-key-ops", f"use is {shown(use)}, but key_ops is {shown(listed)}", place)


def _of_certificates(key: Mapping[str, Json], place: str) -> Iterator[Problem]:
    place = f"{place}/x5c"
    try:
        first = x509.public_jwk(x509.parse_x5c(key["x5c"]).certificates[0])
    except x509.X509Error as error:
        yield Problem("x5c", error.detail, place)
        return
    if not same_key(first, key):
        yield Problem("x5c-other-key", "the first certificate has another key than the JWK", place)


def _of_curve_point(key: Mapping[str, Json], place: str) -> Iterator[Problem]:
    size = _CURVE_BYTES.get(str(key.get("crv")))
    needed = ("crv", "x", "y") if size or "crv" not in key else ("crv", "x")
    missing = [name for name in needed if not isinstance(key.get(name), str)]
    if missing:
        yield Problem("ec-members", f"the key has no {' and no '.join(missing)}", place)
    for name in ("x", "y"):
        found = _decoded(key.get(name))
        if name in key and name not in missing and size and (found is None or len(found) != size):
            detail = f"{name} is not base64url of the {size} bytes of {key['crv']}"
            yield Problem(f"ec-{name}", detail, f"{place}/{name}")


def _of_rsa(key: Mapping[str, Json], place: str) -> Iterator[Problem]:
    missing = [name for name in ("n", "e") if not isinstance(key.get(name), str)]
    if missing:
        yield Problem("rsa-members", f"the key has no {' and no '.join(missing)}", place)
    for name in {"n", "e"} - set(missing):
        if not (_decoded(key[name]) or b"\0")[0]:
            detail = f"{name} is not base64url of an integer without a zero octet in front"
            yield Problem(f"rsa-{name}", detail, f"{place}/{name}")


def _decoded(value: Json) -> bytes | None:
    try:
        return base64url.decode(value) if isinstance(value, str) else None
    except base64url.Base64UrlError:
        return None


def _repeated_kids(keys: list[dict[str, Json]]) -> Iterator[Problem]:
    # Each key is compared with the first of its kid only, so that a set of many keys costs little.
    firsts: dict[str, int] = {}
    for number, key in enumerate(keys):
        kid = key.get("kid")
        if not isinstance(kid, str):
            continue
        first = firsts.setdefault(kid, number)
        if first != number and not same_key(keys[first], key):
            detail = f"kid is {shown(kid)} in the keys {first} and {number}"
            yield Problem("kid-repeated", detail, f"/keys/{number}/kid")
