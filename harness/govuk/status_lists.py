"""The published status lists: two bits for each credential, 00 for valid and 01 for revoked.

The arrays are packed by the encoders of the reference issuer. Where the documentation's examples differ from the
specifications they name, these lists follow the specifications: ``ttl`` of a Bitstring Status List is a number of
milliseconds, its messages are ``statusMessages``, and a list is never too short to hide a holder in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from harness.govuk.service_keys import ServiceKey
from harness.reference import bitstring_status_list, token_status_list
from harness.wallet.jwt import JwtDraft

BITS = 2
REVOKED = 1
ENTRIES = token_status_list.ENTRIES
LIFETIME_S = 7 * 24 * 3600
"""How long a published list is valid."""
TTL_S = 3600
"""How long a copy of it may be used, well below the eight hours in which a revocation has to show."""
MEDIA_TYPES = {"token": "application/statuslist+jwt", "bitstring": "application/vc+jwt"}
PATHS = {"token": "t", "bitstring": "b"}
"""Kind of a list to the first segment of its path."""
_CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
_MESSAGES = [{"status": "0x0", "message": "VALID"}, {"status": "0x1", "message": "INVALID"}]
_UNUSED = [{"status": "0x2", "message": "NOT USED"}, {"status": "0x3", "message": "NOT USED"}]


@dataclass
class Entry:
    """The place of one credential."""

    uri: str
    index: int
    client_id: str
    """Who asked for it."""
    expires: float
    """``statusExpiry``, in seconds since 1970."""
    revoked_at: float | None = None
    """In seconds since 1970; a revocation is final."""


@dataclass
class StatusList:
    """One list with the credentials in it."""

    uri: str
    kind: Literal["token", "bitstring"]
    entries: dict[int, Entry] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether every place was given away."""
        return len(self.entries) >= ENTRIES

    def add(self, client_id: str, expires: float, pick: int) -> Entry:
        """Give a credential a free place.

        Args:
            client_id: who asks for it.
            expires: seconds since 1970.
            pick: a number that says which of the free places.

        Raises:
            ValueError: the list is full.

        """
        if self.full:
            raise ValueError("the status list is full")
        index = pick % ENTRIES
        while index in self.entries:
            index = (index + 1) % ENTRIES
        self.entries[index] = Entry(self.uri, index, client_id, expires)
        return self.entries[index]

    def draft(self, service: str, key: ServiceKey, now: float) -> JwtDraft:
        """Draft the list as it is published now.

        Args:
            service: the URL of the status list service, which issues it.
            key: what it is signed with.
            now: seconds since 1970.

        """
        revoked = frozenset(
            (index, REVOKED) for index, entry in self.entries.items() if entry.revoked_at is not None
        )
        typ, claims = _DRAFTED[self.kind]
        return JwtDraft(
            key.key, {"alg": key.alg, "kid": key.kid, "typ": typ}, claims(self.uri, service, revoked, now)
        )


_Values = frozenset[tuple[int, int]]


def _token(uri: str, service: str, values: _Values, now: float) -> dict[str, Any]:
    """Give the claims of a Status List Token (Token Status List draft 12 section 5.1)."""
    packed = token_status_list.packed(BITS, values, ENTRIES)
    return {
        "iss": service,
        "sub": uri,
        "iat": int(now),
        "exp": int(now) + LIFETIME_S,
        "ttl": TTL_S,
        "status_list": token_status_list.StatusList(BITS, packed, None).members("jwt"),
    }


def _bitstring(uri: str, service: str, values: _Values, now: float) -> dict[str, Any]:
    """Give a credential with the list (Bitstring Status List 1.0 section 2.2)."""
    packed = bitstring_status_list.packed(BITS, values, ENTRIES)
    return {
        "@context": _CONTEXTS,
        "id": uri,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": service,
        "validFrom": _date_time(now),
        "validUntil": _date_time(now + LIFETIME_S),
        "credentialSubject": {
            "id": f"{uri}#list",
            "type": "BitstringStatusList",
            "statusSize": BITS,
            "statusPurpose": "message",
            "statusMessages": [*_MESSAGES, *_UNUSED],
            "ttl": TTL_S * 1000,
            "encodedList": bitstring_status_list.multibase(bitstring_status_list.zipped(packed)),
        },
    }


def _date_time(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_Claims = Callable[[str, str, _Values, float], dict[str, Any]]
_DRAFTED: Mapping[str, tuple[str, _Claims]] = {
    "token": ("statuslist+jwt", _token),
    "bitstring": ("vc+jwt", _bitstring),
}
"""Kind of a list to its ``typ`` and to what makes its payload."""
