"""Credential Offers: OpenID4VCI 1.0 section 4.1, by value, by reference, as a link of any scheme or as JSON."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from harness.dialects import LATEST, Dialect
from harness.formats import strict_json
from harness.transport import Client, Reply, TransportFailure

PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
"""Grant type of the Pre-Authorized Code Flow, section 4.1.1."""

AUTHORIZATION_CODE = "authorization_code"
"""Grant type of the Authorization Code Flow, section 4.1.1."""

KNOWN_GRANTS = (PRE_AUTHORIZED_CODE, AUTHORIZATION_CODE)
"""The grants that an offer can have by this specification."""

_MOST_REDIRECTS = 5


class OfferError(Exception):
    """The text is no Credential Offer that a wallet could follow; the message is one line."""


@dataclass(frozen=True)
class OfferLink:
    """What the issuer handed out, before anything is fetched.

    Attributes:
        text: as it came.
        parameters: query parameters in their order; empty for bare JSON.
        by_value: the JSON text of the offer, or ``None``.
        by_reference: the URL of the offer, or ``None``.

    """

    text: str
    parameters: tuple[tuple[str, str], ...]
    by_value: str | None
    by_reference: str | None


@dataclass(frozen=True)
class ReceivedOffer:
    """A Credential Offer in the wallet.

    Attributes:
        link: what the issuer handed out.
        document: the offer as strictly read JSON.
        reply: the answer that carried an offer sent by reference, else ``None``.
        tx_code: the Transaction Code that came through another channel, else ``None``.
        dialect: how the wallet reads it.
        configurations: the Credential Configurations of the metadata by id, which early drafts let an offer
            describe instead of naming them.

    """

    link: OfferLink
    document: strict_json.JsonDocument
    reply: Reply | None = None
    tx_code: str | None = None
    dialect: Dialect = LATEST
    configurations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def exchange(self) -> int | None:
        """Number of the exchange that carried the offer, when it came by reference."""
        return self.reply.exchange if self.reply else None

    @property
    def object(self) -> dict[str, Any]:
        """The offer as a JSON object; empty when it is anything else."""
        return self.document.value if isinstance(self.document.value, dict) else {}

    @property
    def configuration_ids(self) -> list[str]:
        """The well-formed members of ``credential_configuration_ids``, or of what an earlier draft has for it."""
        return self.dialect.offered_in(self.object, self.configurations)

    @property
    def grants(self) -> dict[str, Any]:
        """The ``grants`` object; empty when it is missing or no object."""
        grants = self.object.get("grants")
        return grants if isinstance(grants, dict) else {}

    @property
    def pre_authorized(self) -> dict[str, Any]:
        """The parameters of the Pre-Authorized Code grant; empty when the offer does not have it."""
        grant = self.grants.get(PRE_AUTHORIZED_CODE)
        return grant if isinstance(grant, dict) else {}

    @property
    def code(self) -> str | None:
        """The Pre-Authorized Code, when there is a usable one."""
        code = self.pre_authorized.get("pre-authorized_code")
        return code if isinstance(code, str) and code else None

    @property
    def wants_tx_code(self) -> bool:
        """Whether a Transaction Code is required: the object is present, even if empty."""
        return self.dialect.wants_tx_code(self.pre_authorized)

    def authorization_server(self, grant: str) -> str | None:
        """Give the Authorization Server the offer names for a grant."""
        terms = self.grants.get(grant)
        server = terms.get("authorization_server") if isinstance(terms, dict) else None
        return server if isinstance(server, str) else None

    @property
    def issuer_state(self) -> str | None:
        """The ``issuer_state`` of the Authorization Code grant, if there is one."""
        terms = self.grants.get(AUTHORIZATION_CODE)
        state = terms.get("issuer_state") if isinstance(terms, dict) else None
        return state if isinstance(state, str) and state else None


def parse_link(text: str) -> OfferLink:
    """Take apart what the issuer handed out: a link with any scheme, or the bare JSON of an offer.

    Raises:
        OfferError: it is neither, or carries neither parameter.

    """
    text = text.strip()
    if text.startswith("{"):
        return OfferLink(text, (), text, None)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise OfferError(f"{_told(text)} is no URL") from error
    if not parts.scheme:
        raise OfferError(f"{_told(text)} is neither a link nor JSON")
    parameters = tuple(parse_qsl(parts.query, keep_blank_values=True))
    found: dict[str, str] = {}
    for name, value in parameters:
        found.setdefault(name, value)
    by_value, by_reference = found.get("credential_offer"), found.get("credential_offer_uri")
    if not by_value and not by_reference:
        raise OfferError(f"{_told(text)} has neither credential_offer nor credential_offer_uri in its query")
    return OfferLink(text, parameters, by_value or None, by_reference or None)


def made_by_wallet(issuer: str, configuration_id: str, dialect: Dialect = LATEST) -> ReceivedOffer:
    """Give what the wallet wants when it begins by itself, in the form of an offer (section 5.1)."""
    text = json.dumps(
        {
            "credential_issuer": issuer,
            dialect.offered: [configuration_id],
            "grants": {AUTHORIZATION_CODE: {}},
        }
    )
    return ReceivedOffer(OfferLink("", (), text, None), strict_json.parse(text), dialect=dialect)


async def receive(
    client: Client,
    link: OfferLink,
    tx_code: str | None = None,
    *,
    dialect: Dialect = LATEST,
    configurations: Mapping[str, Mapping[str, Any]] | None = None,
) -> ReceivedOffer:
    """Read an offer, fetching it when it was sent by reference (section 4.1.3).

    Args:
        tx_code: the Transaction Code that came through another channel.
        dialect: how the wallet reads it.
        configurations: those of the metadata by id, for an offer that may describe one.

    Raises:
        OfferError: the offer cannot be had or is not JSON.
        TransportFailure: no answer came from the offer's URL.

    """
    reply: Reply | None = None
    text: str | bytes
    if link.by_value is not None:
        text = link.by_value
    else:
        reply = await _fetch(client, link.by_reference or "", configurations or {})
        if not reply.successful:
            raise OfferError(f"the credential_offer_uri answered {reply.gist}; the offer may have expired")
        text = reply.body
    try:
        document = strict_json.parse(text)
    except strict_json.JsonError as error:
        where = "credential_offer_uri" if reply else "credential_offer"
        raise OfferError(f"the offer in {where} is not JSON: {error.detail}") from error
    return ReceivedOffer(link, document, reply, tx_code, dialect, configurations or {})


async def _fetch(client: Client, url: str, known: Container[str]) -> Reply:
    for _ in range(_MOST_REDIRECTS + 1):
        # Whoever can fetch an offer can redeem its code.
        client.recorder.redactor.learn_link(url, known)
        reply = await client.send("credential offer", "GET", url)
        if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
            return reply
        try:
            url = urljoin(url, reply.headers["location"])
        except ValueError as error:
            raise TransportFailure(
                "the credential_offer_uri redirects to something that is no URL", "url", reply.exchange
            ) from error
    raise TransportFailure(
        f"the credential_offer_uri redirects more than {_MOST_REDIRECTS} times", "protocol", reply.exchange
    )


def _told(text: str) -> str:
    """Name an offer by its scheme and length; the rest may hold a code, or what a hook printed by mistake."""
    scheme, colon, _ = text.partition(":")
    beginning = f" {scheme}:..." if colon and scheme.isascii() and len(scheme) < 40 and " " not in scheme else ""
    return f"the offer{beginning} ({len(text)} characters)"
