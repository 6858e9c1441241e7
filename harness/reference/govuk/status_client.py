"""Asking the status list service for entries, and to revoke them (docs.wallet.service.gov.uk, status-list)."""

from __future__ import annotations

from typing import Any

import httpx

from harness.reference.faults import Defects
from harness.reference.govuk import keys
from harness.reference.govuk.context import STATUS_CLIENT_ID, GovukContext
from harness.reference.govuk.documents import SignedJwt
from harness.reference.govuk.outgoing import Outgoing
from harness.reference.govuk.records import StatusEntry

_LONGEST = 365 * 24 * 3600
"""How long the status of an entry may be kept, in seconds."""


class StatusServiceError(Exception):
    """The status list service did not do what it was asked for; the message says why."""


class StatusClient:
    """The department as a client of the status list service."""

    def __init__(self, context: GovukContext, defects: Defects, http: Outgoing) -> None:
        self._context = context
        self._defects = defects
        self._http = http

    async def issue(self, until: int) -> StatusEntry:
        """Get an entry for a credential that ends at ``until``, in seconds since the epoch.

        Raises:
            StatusServiceError: there is no entry to be had.

        """
        expiry = min(until, self._context.now() + _LONGEST)
        answer = await self._ask("issue", {"statusExpiry": expiry}, 200)
        try:
            entry = StatusEntry(str(answer["uri"]), int(answer["idx"]))
        except (LookupError, TypeError, ValueError):
            raise StatusServiceError("the status list service named no entry") from None
        self._defects.emit("govuk-status-entry", entry)
        if entry.revoked:
            await self.revoke(entry)
        return entry

    async def revoke(self, entry: StatusEntry) -> None:
        """Revoke an entry, which is final.

        Raises:
            StatusServiceError: it was not revoked.

        """
        await self._ask("revoke", {"uri": entry.uri, "idx": entry.index}, 202)
        entry.revoked = True

    async def _ask(self, what: str, claims: dict[str, Any], wanted: int) -> Any:
        key = keys.service_key()
        header = {"typ": "JWT", "alg": key.algorithm, "kid": keys.key_id(key)}
        shared = {"iss": STATUS_CLIENT_ID, "iat": self._context.now(), "jti": self._context.uuid()}
        draft = SignedJwt(header, {**shared, **claims}, key)
        self._defects.emit(f"govuk-status-{what}", draft)
        try:
            answer = await self._http.post_jwt(f"{self._context.status_service_url}/{what}", draft.text())
            if answer.status_code != wanted:
                raise StatusServiceError(f"/{what} of the status list service answered {answer.status_code}")
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise StatusServiceError(f"the status list service is out of reach: {error}") from error
