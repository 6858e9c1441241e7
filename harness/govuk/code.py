"""The Pre-Authorized Code of an offer to GOV.UK Wallet, which is a JWT of the issuer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence import Blocked
from harness.formats import jose, strict_json
from harness.formats.jose import Jws
from harness.formats.problems import FormatError
from harness.wallet.offer import ReceivedOffer


@dataclass(frozen=True)
class PreAuthorizedCode:
    """A code as read; nothing is verified.

    Attributes:
        raw: as it stands in the offer.
        jws: the same taken apart.
        claims: the payload.

    """

    raw: str
    jws: Jws
    claims: Mapping[str, Any]

    @property
    def header(self) -> Mapping[str, Any]:
        """The header parameters."""
        return self.jws.header

    def single(self, name: str) -> str | None:
        """Give the only member of a claim that is an array of one string; ``None`` for anything else."""
        value = self.claims.get(name)
        only = value[0] if isinstance(value, list) and len(value) == 1 else None
        return only if isinstance(only, str) else None

    @staticmethod
    def of(offer: ReceivedOffer) -> PreAuthorizedCode:
        """Read the code of an offer.

        Raises:
            Blocked: the offer has none, or it is no JWT whose payload is an object.

        """
        if offer.code is None:
            raise Blocked("the offer has no usable Pre-Authorized Code")
        try:
            jws = jose.parse_compact(offer.code)
            claims = strict_json.parse(jws.payload).value
        except FormatError as error:
            raise Blocked(f"the Pre-Authorized Code is no JWT: {error.detail}") from error
        if not isinstance(claims, dict):
            raise Blocked("the payload of the Pre-Authorized Code is no JSON object")
        return PreAuthorizedCode(offer.code, jws, claims)
