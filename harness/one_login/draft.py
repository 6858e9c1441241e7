"""JWTs of the provider before they are signed, and the faults that can be put into them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import base64url
from harness.one_login.keys import SigningKey, stranger

DAY = 86_400
FOREIGN_ISSUER = "https://another-provider.assay.test/"
_DATES = ("iat", "nbf", "exp", "auth_time")


@dataclass
class Draft:
    """A JWT that may still be changed."""

    key: SigningKey
    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bool = True

    def compact(self) -> str:
        """Sign header and claims as they stand: the compact serialization (RFC 7515 section 7.1)."""
        content = f"{_encoded(self.header)}.{_encoded(self.claims)}"
        signature = self.key.sign(content.encode("ascii")) if self.signed else b""
        return f"{content}.{base64url.encode(signature)}"


def _encoded(value: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def spoil(draft: Draft, faults: Iterable[str]) -> None:
    """Put faults into a draft; names that are none of :data:`FAULTS` are passed over."""
    for name in sorted(faults):
        if name in FAULTS:
            FAULTS[name](draft)


def _foreign_issuer(draft: Draft) -> None:
    draft.claims["iss"] = FOREIGN_ISSUER


def _foreign_audience(draft: Draft) -> None:
    draft.claims["aud"] = "another-client"


def _symmetric_header(draft: Draft) -> None:
    # The signature is that of the published key, so that only a look at `alg` finds it.
    draft.header["alg"] = "HS256"


def _unsecured(draft: Draft) -> None:
    draft.header["alg"] = "none"
    draft.signed = False


def _strangers_signature(draft: Draft) -> None:
    draft.key = stranger(draft.key.algorithm)


def _unknown_kid(draft: Draft) -> None:
    draft.key = stranger(draft.key.algorithm)
    controller, fragment, _ = str(draft.header["kid"]).rpartition("#")
    draft.header["kid"] = f"{controller}{fragment}{draft.key.kid}"


def _moved(seconds: int) -> Callable[[Draft], None]:
    def move(draft: Draft) -> None:
        for name in _DATES:
            if name in draft.claims:
                draft.claims[name] += seconds

    return move


def _other_nonce(draft: Draft) -> None:
    draft.claims["nonce"] = "a-nonce-of-another-sign-in"


def _other_subject(draft: Draft) -> None:
    draft.claims["sub"] = "urn:fdc:gov.uk:2022:somebody-else"


def _long_ago(draft: Draft) -> None:
    draft.claims["auth_time"] -= DAY


def _lower_trust(draft: Draft) -> None:
    # A higher level than was asked for may be accepted, so one below it. C0 is no credential (RFC 8485 A.2).
    draft.claims["vot"] = {"Cl.Cm": "Cl", "Cl": "C0"}.get(draft.claims["vot"], "P0")


def _without_events(draft: Draft) -> None:
    draft.claims.pop("events", None)


def _with_nonce(draft: Draft) -> None:
    draft.claims["nonce"] = "a-logout-token-has-none"


FAULTS: Mapping[str, Callable[[Draft], None]] = {
    "INVALID_ISS": _foreign_issuer,
    "INVALID_AUD": _foreign_audience,
    "INVALID_ALG_HEADER": _symmetric_header,
    "ALG_NONE": _unsecured,
    "INVALID_SIGNATURE": _strangers_signature,
    "UNKNOWN_KID": _unknown_kid,
    "TOKEN_EXPIRED": _moved(-DAY),
    "TOKEN_NOT_VALID_YET": _moved(DAY),
    "NONCE_NOT_MATCHING": _other_nonce,
    "INCORRECT_SUB": _other_subject,
    "INCORRECT_VOT": _lower_trust,
    "STALE_AUTH_TIME": _long_ago,
    "EVENTS_ABSENT": _without_events,
    "NONCE_PRESENT": _with_nonce,
}
"""Name of a fault to what it does. The names are those of the official simulator where it has them."""
