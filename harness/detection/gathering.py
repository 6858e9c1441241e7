"""What a command line names, as documents: files are read, links and URLs fetched with what they lead to."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import dialects
from harness.detection.documents import Document, DocumentError, Kind, offer_link, read
from harness.formats.well_known import well_known_url
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import metadata
from harness.wallet.offer import OfferError, OfferLink, receive

MAX_BYTES = 5_000_000
"""Size of a file that is looked at."""
_MOST_SERVERS = 5
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ARGUMENT = "the argument"


@dataclass
class Gathered:
    """What there is to look at."""

    documents: list[Document] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What could not be had, one line each."""

    def has(self, kind: Kind) -> bool:
        """Whether there is a document of a kind."""
        return any(document.kind is kind for document in self.documents)


async def gather(arguments: Iterable[str], client: Client) -> Gathered:
    """Read what a command line names.

    Args:
        arguments: files, ``-`` for standard input, JSON, links to offers, Credential Issuer Identifiers, or URLs
            of offers and metadata.
        client: the way to the network.

    Raises:
        DocumentError: one of them cannot be used, or there is nothing to look at.

    """
    gathered = Gathered()
    for argument in arguments:
        if argument.lstrip().startswith("{"):
            _take(gathered, argument, _ARGUMENT)
        elif _URL.match(argument):
            await _follow(gathered, argument, client)
        else:
            _take(gathered, _content(argument), "standard input" if argument == "-" else argument)
    if not gathered.documents:
        raise DocumentError(gathered.notes[0] if gathered.notes else "there is nothing to look at")
    return gathered


def of_issuer(issuer: metadata.Issuer, offers: Iterable[dict[str, Any]]) -> list[Document]:
    """Give the documents of an issuer that a run has discovered, with offers that it has received."""
    return [
        Document(Kind.ISSUER_METADATA, issuer.metadata, "issuer metadata"),
        *(Document(Kind.SERVER_METADATA, each.metadata, each.identifier) for each in issuer.servers),
        *(Document(Kind.OFFER, each, "offer") for each in offers),
    ]


def _content(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(f"cannot read {name}: {error.strerror}") from None
    except ValueError:
        raise DocumentError("the name of the file cannot be used") from None
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{name}: larger than {MAX_BYTES} bytes")
    return data


def _take(gathered: Gathered, text: str | bytes, source: str) -> None:
    documents, links = read(text, source)
    gathered.documents += documents
    gathered.notes += [f"{source}: the offer is at a URL; give the link itself to have it fetched" for _ in links]


async def _follow(gathered: Gathered, text: str, client: Client) -> None:
    try:
        link = offer_link(text)
    except OfferError:
        if not text.lower().startswith(("http://", "https://")):
            raise DocumentError(
                f"the link {text.partition(':')[0]}:... is neither an http URL nor one to a Credential Offer"
            ) from None
        await _fetch(gathered, text, client)
        return
    offer = await _received(link, client)
    gathered.documents.append(offer)
    issuer = offer.members.get("credential_issuer")
    if gathered.has(Kind.ISSUER_METADATA) or not isinstance(issuer, str):
        return
    try:
        if not await _discovered(gathered, issuer, client):
            gathered.notes.append(f"no issuer metadata at the {issuer} of the offer")
    except DocumentError as error:
        gathered.notes.append(str(error))


async def _received(link: OfferLink, client: Client) -> Document:
    try:
        received = await receive(client, link)
    except OfferError as error:
        raise DocumentError(str(error)) from None
    except TransportFailure as failure:
        raise DocumentError(failure.message) from None
    if not received.object:
        raise DocumentError("the Credential Offer is no JSON object, or an empty one")
    return Document(Kind.OFFER, received.object, "the offer of the link")


async def _fetch(gathered: Gathered, url: str, client: Client) -> None:
    """Take what is at a URL: that of an issuer, or of a document."""
    if "/.well-known/" not in url and await _discovered(gathered, url, client):
        return
    reply = await _sent(client, url)
    if not reply.successful:
        raise DocumentError(f"{url}: no issuer metadata, and {reply.gist} at the URL itself")
    _take(gathered, reply.body, url)


async def _discovered(gathered: Gathered, identifier: str, client: Client) -> bool:
    """Take the metadata of an issuer and of its servers; say whether there are any."""
    inserted = metadata.issuer_metadata_urls(identifier)
    (appended,) = metadata.issuer_metadata_urls(identifier, dialects.load("draft-15"))
    found = {url: await _metadata(client, url) for url in dict.fromkeys((*inserted, appended))}
    at = next((url for url, members in found.items() if members), None)
    if at is None:
        return False
    gathered.documents.append(Document(Kind.ISSUER_METADATA, found[at], at))
    if appended not in inserted:
        places = {"inserted": any(found[url] for url in inserted), "appended": bool(found[appended])}
        gathered.documents.append(Document(Kind.RETRIEVAL, places, at))
    for server in _servers(found[at], identifier)[:_MOST_SERVERS]:
        url = well_known_url(server, metadata.SERVER_SUFFIX)
        try:
            members = await _metadata(client, url)
        except DocumentError as error:
            gathered.notes.append(str(error))
            continue
        if members:
            gathered.documents.append(Document(Kind.SERVER_METADATA, members, url))
        else:
            gathered.notes.append(f"no Authorization Server metadata at {url}")
    return True


def _servers(members: dict[str, Any], identifier: str) -> list[str]:
    named = [members.get("authorization_server")]
    several = members.get("authorization_servers")
    named += several if isinstance(several, list) else []
    return list(dict.fromkeys(each for each in named if isinstance(each, str))) or [identifier]


async def _metadata(client: Client, url: str) -> dict[str, Any]:
    """Give the JSON object at a URL; an empty one when there is something else or nothing."""
    reply = await _sent(client, url)
    return reply.object if reply.successful else {}


async def _sent(client: Client, url: str) -> Reply:
    try:
        return await client.send("document", "GET", url, headers={"Accept": "application/json"})
    except TransportFailure as failure:
        raise DocumentError(failure.message) from None
