"""Documents that tell of an issuer's version, each recognised by what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.formats import strict_json
from harness.wallet.offer import OfferError, OfferLink, parse_link


class Kind(StrEnum):
    """What a document is."""

    OFFER = "offer"
    ISSUER_METADATA = "issuer-metadata"
    SERVER_METADATA = "server-metadata"
    TOKEN_RESPONSE = "token-response"
    CREDENTIAL_RESPONSE = "credential-response"
    RETRIEVAL = "retrieval"
    """How metadata was found: ``inserted`` and ``appended`` say whether it was at that place."""

    @property
    def words(self) -> str:
        """Name it for people."""
        return _WORDS[self]


_WORDS = {
    Kind.OFFER: "Credential Offer",
    Kind.ISSUER_METADATA: "issuer metadata",
    Kind.SERVER_METADATA: "Authorization Server metadata",
    Kind.TOKEN_RESPONSE: "Token Response",
    Kind.CREDENTIAL_RESPONSE: "Credential Response",
    Kind.RETRIEVAL: "place of the issuer metadata",
}
_CONFIGURATIONS = {"credential_configurations_supported", "credentials_supported"}
_CODED_LINK = "://credential_offer"


class DocumentError(Exception):
    """A document cannot be used; the message is one line that repeats nothing of it."""


@dataclass(frozen=True)
class Document:
    """A JSON object that tells of an issuer."""

    kind: Kind
    members: Mapping[str, Any]
    source: str
    """Where it is from, in words for people."""


def read(text: str | bytes, source: str) -> tuple[list[Document], list[OfferLink]]:
    """Read what a file or an answer holds: a document, a link to an offer, or a JSON object of several of them.

    Returns:
        The documents, and links to offers that are kept elsewhere.

    Raises:
        DocumentError: there is nothing of use in it.

    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise DocumentError(f"{source}: neither JSON nor a link to a Credential Offer") from None
    if not decoded.lstrip().startswith(("{", "[")):
        return _linked(decoded, source)
    try:
        value = strict_json.parse(decoded).value
    except strict_json.JsonError as error:
        raise DocumentError(f"{source}: not JSON: {error.detail}") from None
    if not isinstance(value, dict):
        raise DocumentError(f"{source}: JSON, but no object")
    kind = recognise(value)
    documents, links = ([Document(kind, value, source)], []) if kind else _collected(value, source)
    if not (documents or links):
        raise DocumentError(f"{source}: neither an offer nor metadata, and none of its members is one")
    return documents, links


def offer_link(text: str) -> OfferLink:
    """Take a link to an offer apart, also one without a question mark as in the examples of draft 11.

    Raises:
        OfferError: it is none.

    """
    return parse_link(text.strip().replace(_CODED_LINK, "://?credential_offer", 1))


def recognise(members: Mapping[str, Any]) -> Kind | None:
    """Say what a JSON object is; ``None`` when it is nothing that tells of a version."""
    has = members.keys()
    if _CONFIGURATIONS & has or "credential_endpoint" in has:
        return Kind.ISSUER_METADATA
    if "credential_configuration_ids" in has or {"credential_issuer", "grants"} <= has:
        return Kind.OFFER
    if {"credential_issuer", "credentials"} <= has:
        return Kind.OFFER
    if "access_token" in has:
        return Kind.TOKEN_RESPONSE
    if {"credential", "credentials", "transaction_id", "acceptance_token"} & has:
        return Kind.CREDENTIAL_RESPONSE
    if {"token_endpoint", "authorization_endpoint", "response_types_supported"} & has:
        return Kind.SERVER_METADATA
    return None


def _linked(text: str, source: str) -> tuple[list[Document], list[OfferLink]]:
    try:
        link = offer_link(text)
    except OfferError:
        raise DocumentError(f"{source}: neither JSON nor a link to a Credential Offer") from None
    if link.by_value is None:
        return [], [link]
    return read(link.by_value, source) if link.by_value.lstrip().startswith("{") else _no_offer(source)


def _no_offer(source: str) -> tuple[list[Document], list[OfferLink]]:
    raise DocumentError(f"{source}: what its link has for a Credential Offer is no JSON object")


def _collected(members: Mapping[str, Any], source: str) -> tuple[list[Document], list[OfferLink]]:
    """Take the documents among the members of an object; a link tells nothing more where its offer is there."""
    documents = [
        Document(kind, value, f"{source}, {name}")
        for name, value in members.items()
        if isinstance(value, dict) and (kind := recognise(value))
    ]
    if any(document.kind is Kind.OFFER for document in documents):
        return documents, []
    links: list[OfferLink] = []
    for name, value in members.items():
        if isinstance(value, str):
            for found, further in _quietly(value, f"{source}, {name}"):
                documents += found
                links += further
    return documents, links


def _quietly(text: str, source: str) -> Iterator[tuple[list[Document], list[OfferLink]]]:
    """Give what a string links to, if it is such a link."""
    try:
        yield _linked(text, source)
    except DocumentError:
        return
