"""The application of Partisia's customer: it begins issuances and knows the data of its users."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from harness.evidence import Blocked
from harness.offer_sources import MintedOffer, OfferSource
from harness.settings import PartisiaSettings
from harness.transport import Client

_PARAMETERS = ("credential_offer", "credential_offer_uri")


class Application:
    """What a run knows of the application.

    Args:
        settings: as the team tells.
        plain_http: a way to the network that goes without TLS where a URL says so.

    """

    def __init__(self, settings: PartisiaSettings, plain_http: Client) -> None:
        self._settings = settings
        self.plain_http = plain_http

    @property
    def tells_dataset(self) -> bool:
        """Whether the run was told the data of the user."""
        return self._settings.dataset is not None

    @cached_property
    def dataset(self) -> Mapping[str, Any]:
        """The data that the application gives for each issuance, by the name of the claim.

        Raises:
            Blocked: they are not told, or their file cannot be read.

        """
        path = self._settings.dataset
        if path is None:
            raise Blocked("partisia.dataset is not given")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Blocked(f"partisia.dataset cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise Blocked("partisia.dataset is no JSON object")
        return found

    def handing_out(self, sources: Iterable[OfferSource]) -> tuple[OfferSource, ...]:
        """Give the sources of offers, any of which may hand out the URL of an offer as it is."""
        return tuple(HandedOut(source) for source in sources)


class HandedOut(OfferSource):
    """Offers of an application, the bare URL of one put into a link for wallets.

    How the application hands out the URL is not documented.
    """

    def __init__(self, source: OfferSource) -> None:
        self.name = source.name
        self._source = source

    @property
    def mints_for_configuration(self) -> bool:
        """As the application has it."""
        return self._source.mints_for_configuration

    @property
    def single(self) -> bool:
        """As the application has it."""
        return self._source.single

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        """Have an issuance begun.

        Raises:
            HookError: the application gave no offer.

        """
        minted = await self._source.fetch(configuration)
        return MintedOffer(as_link(minted.offer), minted.tx_code)

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        """Give the Transaction Code of an offer that asks for one.

        Raises:
            HookError: none is known.

        """
        return await self._source.transaction_code(minted, configuration)


def as_link(text: str) -> str:
    """Give the link of an offer where the text is no more than its URL, and any other text as it is."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        bare = parts.scheme in ("http", "https") and not any(name in parse_qs(parts.query) for name in _PARAMETERS)
    except ValueError:
        return text
    return f"openid-credential-offer://?credential_offer_uri={quote(text, safe='')}" if bare else text
