"""Retrieves the Type Metadata of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc-11 sections 6.3, 6.4 and 7).

They are looked for at the URL that the ``vct`` is. That need not be one, and need not lead to anything: Type
Metadata may come from a registry or be agreed otherwise. The same holds for the types that a type extends.

Problems of a :class:`Document`, besides those of ``formats.type_metadata``; the errors there are problems here:

- ``status``: the answer is successful, but not 200 (draft 18 section 4.3.1).
- ``media-type``: it is not ``application/json`` (draft 18 section 4.3.1).
- ``vct-other``: its ``vct`` is not the type that it was looked up for (draft 18 section 4.3).
- ``integrity-mismatch``: the document does not match ``vct#integrity`` or ``extends#integrity`` (7).
- ``extends-cycle``: the type extends one that extends it (10.3).
- ``sd-changed``: ``sd`` is not the ``always`` or ``never`` of the extended type (draft 18 section 4.6.5.1).
- ``mandatory-dropped``: a claim that is mandatory in the extended type is not here (draft 18 section 4.6.5.1).

Problems of an :class:`Attachment`:

- ``integrity-mismatch``: it does not match the integrity metadata beside its URI (7).
- ``not-found``: there is an answer, but no successful one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes

from harness.formats import integrity, text, type_metadata
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.sd_jwt_vc_drafts import Draft
from harness.formats.type_metadata import ALWAYS, NEVER, Path, Referred, TypeMetadata
from harness.model import Json
from harness.transport import Reply, is_loopback
from harness.trust.fetching import Fetched, Fetcher

MAX_TYPES = 10
"""Types that are followed up a chain of ``extends``."""
MAX_ATTACHMENTS = 20
"""Schemas, templates and images that are looked at, each once."""
_ACCEPT = {"schema": "application/schema+json, application/json", "template": "image/svg+xml", "image": "image/*"}


@dataclass(frozen=True)
class Document:
    """The Type Metadata of one type as they were found."""

    type: str
    """The ``vct``, or what ``extends`` named."""
    replies: tuple[Reply, ...]
    """Redirects, then the document."""
    metadata: TypeMetadata | None
    """``None`` when there is no JSON object."""
    problems: tuple[Problem, ...]

    @property
    def exchange(self) -> int:
        """Number of the exchange that brought it."""
        return self.replies[-1].exchange

    @property
    def claims(self) -> Mapping[Path, Mapping[str, Json]]:
        """The claim metadata of this document alone."""
        return self.metadata.claims if self.metadata else {}


@dataclass(frozen=True)
class Attachment:
    """What a document refers to, as it was found."""

    document: Document
    referred: Referred
    replies: tuple[Reply, ...] = ()
    """Empty when the URI holds the content itself."""
    content: bytes | None = None
    problem: Problem | None = None

    @property
    def exchange(self) -> int:
        """Number of the exchange that shows it."""
        return self.replies[-1].exchange if self.replies else self.document.exchange


@dataclass(frozen=True)
class ResolvedType:
    """A type with those that it extends."""

    draft: Draft
    documents: tuple[Document, ...] = ()
    """That of the ``vct`` first, then those of the extended types."""
    attachments: tuple[Attachment, ...] = ()
    missing: str = ""
    """Why there is no document, or none of a further extended type."""

    @property
    def claims(self) -> Mapping[Path, Mapping[str, Json]]:
        """The claim metadata that hold for the credential, inherited ones included (9.4)."""
        return self._inherited(self.documents)

    def claims_of(self, document: Document) -> Mapping[Path, Mapping[str, Json]]:
        """Give the claim metadata that hold for the type of one of the documents, inherited ones included."""
        types = [other.type for other in self.documents]
        return self._inherited(self.documents[types.index(document.type) :])

    def _inherited(self, documents: Iterable[Document]) -> Mapping[Path, Mapping[str, Json]]:
        found: dict[Path, Mapping[str, Json]] = {}
        for document in reversed(tuple(documents)):
            for path, claim in document.claims.items():
                found[path] = self.draft.inherited(found[path], claim) if path in found else claim
        return found

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every answer that was got for it."""
        of_documents = [reply for document in self.documents for reply in document.replies]
        return (*of_documents, *(reply for attachment in self.attachments for reply in attachment.replies))


async def resolve(vct: Json, vct_integrity: Json, fetcher: Fetcher, draft: Draft) -> ResolvedType:
    """Look for the Type Metadata of a type, of those it extends, and for what they refer to.

    Args:
        vct: as the credential has it, well-formed or not.
        vct_integrity: its ``vct#integrity``; ``None`` without.
        fetcher: fetches from addresses that others chose.
        draft: the one that the documents have to follow.

    """
    documents: list[Document] = []
    target, expected = vct, vct_integrity
    missing = ""
    while target is not None:
        if len(documents) == MAX_TYPES:
            missing = f"more than {MAX_TYPES} types extend one another; {shown(target)} was not looked for"
            break
        found = await _document(target, expected, fetcher, draft)
        if isinstance(found, str):
            missing = found
            break
        documents.append(found)
        target = found.metadata.extends if found.metadata else None
        expected = found.metadata.members.get("extends#integrity") if found.metadata else None
        if target in [document.type for document in documents]:
            cycle = Problem("extends-cycle", f"it extends {shown(target)}, which extends it", "/extends")
            documents[-1] = replace(found, problems=(*found.problems, cycle))
            break
    resolved = ResolvedType(draft, tuple(documents), missing=missing)
    checked = tuple(
        replace(document, problems=(*document.problems, *_contradictions(document, resolved, number)))
        for number, document in enumerate(documents)
    )
    return replace(resolved, documents=checked, attachments=await _attachments(checked, fetcher))


def _contradictions(document: Document, resolved: ResolvedType, number: int) -> Iterator[Problem]:
    extended = resolved._inherited(resolved.documents[number + 1 :])
    for path, claim in document.claims.items():
        below = extended.get(path, {})
        if below.get("sd") in (ALWAYS, NEVER) and claim.get("sd", below["sd"]) != below["sd"]:
            detail = f"sd of {shown(list(path))} is {shown(claim['sd'])}, and {below['sd']} in the extended type"
            yield Problem("sd-changed", detail, "/claims")
        if below.get("mandatory") is True and claim.get("mandatory", True) is not True:
            detail = f"{shown(list(path))} is mandatory in the extended type only"
            yield Problem("mandatory-dropped", detail, "/claims")


# Documents


async def _document(target: Any, expected: Json, fetcher: Fetcher, draft: Draft) -> Document | str:
    """Retrieve one document; a text says why there is none."""
    if not text.is_https_url(target) and not (text.is_http_url(target) and is_loopback(target)):
        return f"the type {shown(target)} is no https URL"
    fetched = await fetcher.get("fetch Type Metadata", target)
    reply = fetched.reply
    if reply is None:
        return f"the type {shown(target)} leads to no Type Metadata: {_why(fetched)}"
    if not reply.successful:
        return f"the type {shown(target)} leads to no Type Metadata: HTTP {reply.status}"
    if expected is None and not _is_json(reply):
        return f"the type {shown(target)} leads to {reply.media_type or 'no media type'}, not to JSON"
    problems = list(_of_response(reply))
    differs = integrity.mismatch(expected, reply.body)
    if differs:
        problems.append(Problem("integrity-mismatch", differs))
    try:
        metadata = type_metadata.read(reply.body, draft)
    except FormatError as error:
        return Document(target, fetched.replies, None, (*problems, Problem(error.kind, error.detail)))
    vct = metadata.members.get("vct", target)
    if isinstance(vct, str) and vct != target:
        problems.append(Problem("vct-other", f"vct is {shown(vct)}, looked up was {shown(target)}", "/vct"))
    return Document(target, fetched.replies, metadata, (*problems, *metadata.problems))


def _why(fetched: Fetched) -> str:
    return fetched.problem.detail if fetched.problem else ""


def _is_json(reply: Reply) -> bool:
    """Whether an answer means to be JSON; a ``vct`` may as well lead to a page for people."""
    media_type = reply.media_type or ""
    return media_type.endswith(("/json", "+json")) or reply.body.lstrip()[:1] in (b"{", b"[")


def _of_response(reply: Reply) -> Iterator[Problem]:
    if reply.status != 200:
        yield Problem("status", f"the status is {reply.status}")
    if reply.media_type != "application/json":
        yield Problem("media-type", f"the media type is {reply.media_type}")


# What documents refer to


async def _attachments(documents: Iterable[Document], fetcher: Fetcher) -> tuple[Attachment, ...]:
    wanted = [
        (document, referred)
        for document in documents
        for referred in (document.metadata.referred if document.metadata else ())
        # An image is looked at only to see whether it is the right one.
        if referred.kind != "image" or integrity.hashes(referred.integrity)
    ]
    kinds: dict[str, str] = {}
    for _, referred in wanted:
        kinds.setdefault(referred.uri, referred.kind)
    fetched = {
        uri: None if _is_data(uri) else await fetcher.get(f"fetch the {kind} of a type", uri, accept=_ACCEPT[kind])
        for uri, kind in islice(kinds.items(), MAX_ATTACHMENTS)
    }
    return tuple(
        _attachment(document, referred, fetched[referred.uri])
        for document, referred in wanted
        if referred.uri in fetched
    )


def _is_data(uri: str) -> bool:
    return uri.lower().startswith("data:")


def _attachment(document: Document, referred: Referred, fetched: Fetched | None) -> Attachment:
    if fetched is None:
        return _judged(Attachment(document, referred, content=_data(referred.uri)))
    found = Attachment(document, referred, fetched.replies)
    if fetched.reply is None:
        return found
    if not fetched.reply.successful:
        return replace(found, problem=Problem("not-found", f"HTTP {fetched.reply.status}", referred.pointer))
    return _judged(replace(found, content=fetched.reply.body))


def _judged(attachment: Attachment) -> Attachment:
    referred = attachment.referred
    differs = None if attachment.content is None else integrity.mismatch(referred.integrity, attachment.content)
    if differs is None:
        return attachment
    return replace(attachment, problem=Problem("integrity-mismatch", differs, referred.pointer))


def _data(uri: str) -> bytes | None:
    """Give the content of a ``data`` URI (RFC 2397)."""
    head, comma, content = uri.partition(",")
    if not comma:
        return None
    decoded = unquote_to_bytes(content)
    if not head.lower().endswith(";base64"):
        return decoded
    try:
        return base64.b64decode(decoded, validate=True)
    except binascii.Error:
        return None
