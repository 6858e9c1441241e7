"""Where fresh Credential Offers and their Transaction Codes come from: the hooks a run was told of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.hooks import HookError, HookUnavailable, Parameters, call
from harness.settings import (
    CommandHook,
    HookSettings,
    HttpHook,
    InteractiveHook,
    PythonHook,
    Settings,
    StaticHook,
)
from harness.terminal import Terminal


class OffersExhausted(HookError):
    """A single offer was asked for twice; the message has the lines to add to ``assay.toml``."""


@dataclass(frozen=True)
class MintedOffer:
    """A Credential Offer as the issuer's team hands it out."""

    offer: str
    """A link of any scheme, or the JSON of the offer."""
    tx_code: str | None = None
    """The Transaction Code, where it is known without asking anyone further."""


class OfferSource:
    """One way an offer comes."""

    def __init__(
        self,
        settings: HookSettings,
        *,
        tx_code: HookSettings | None = None,
        tls_ca: Path | None = None,
        terminal: Terminal | None = None,
        known: Parameters | None = None,
    ) -> None:
        self.name = settings.name
        self._known = dict(known or {})
        self._settings = settings
        self._tx_code = tx_code
        self._tls_ca = tls_ca
        self._terminal = terminal
        self._spent = False

    @property
    def mints_for_configuration(self) -> bool:
        """Whether ``fetch`` can be told which Credential Configuration the offer is to be for."""
        match self._settings:
            case CommandHook() | PythonHook():
                return True
            case HttpHook(url=url, headers=headers, json=body, form=form):
                return "{configuration}" in json.dumps([url, dict(headers), body, form and dict(form)])
            case InteractiveHook(prompt=prompt):
                return "{configuration}" in (prompt or "")
            case StaticHook():
                return False

    @property
    def single(self) -> bool:
        """Whether there is only one offer to be had."""
        return isinstance(self._settings, StaticHook)

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        """Get an offer that nobody has used yet.

        Args:
            configuration: id of the Credential Configuration it is to be for, where the source can choose.

        Raises:
            OffersExhausted: the source has one offer only, and gave it before.
            HookFailed, HookUnavailable: see :func:`harness.hooks.call`.

        """
        if self.single and self._spent:
            raise OffersExhausted(
                f'the offer "{self.name}" can be used only once; for fresh ones, put a hook in its place in '
                'assay.toml: [[offer]] kind = "command" command = ["./make-offer.sh", "{configuration}"]'
            )
        self._spent = True
        answer = await self._ask(self._settings, configuration, "offer", "tx_code")
        known = self._tx_code.value if isinstance(self._tx_code, StaticHook) else None
        return MintedOffer(answer["offer"], answer.get("tx_code", known))

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        """Get the Transaction Code of an offer that asks for one.

        It is the one that came with the offer, else what the ``[tx_code]`` hook says.

        Raises:
            HookUnavailable: there is no such hook.
            HookFailed: see :func:`harness.hooks.call`.

        """
        if minted.tx_code is not None:
            return minted.tx_code
        if self._tx_code is None:
            raise HookUnavailable(
                f'the offer "{self.name}" asks for a Transaction Code and nothing gives one; '
                'add to assay.toml: [tx_code] kind = "interactive"'
            )
        return (await self._ask(self._tx_code, configuration, "tx_code"))["tx_code"]

    async def _ask(self, settings: HookSettings, configuration: str | None, *wants: str) -> Mapping[str, str]:
        parameters = {**self._known, "configuration": configuration, "source": self.name}
        return await call(settings, parameters, wants=wants, tls_ca=self._tls_ca, terminal=self._terminal)


def denied_offers(settings: Settings, *, terminal: Terminal | None = None) -> OfferSource | None:
    """Give the source of offers whose issuance is deferred and then denied, where the run was told of one."""
    offer = settings.denied_offer
    if offer is None:
        return None
    return OfferSource(offer, tx_code=settings.tx_code, tls_ca=settings.trust.tls_ca, terminal=terminal)


def offer_sources(
    settings: Settings, *, terminal: Terminal | None = None, known: Parameters | None = None
) -> tuple[OfferSource, ...]:
    """Give the sources of offers a run was told of, in their order.

    Args:
        settings: of the run.
        terminal: whom interactive hooks ask.
        known: further placeholders, such as who uses the wallet.

    """
    return tuple(
        OfferSource(offer, tx_code=settings.tx_code, tls_ca=settings.trust.tls_ca, terminal=terminal, known=known)
        for offer in settings.offers
    )
