"""JSON-LD 1.1 documents: what they say as RDF, in canonical form, and what of them JSON-LD drops.

Contexts are never fetched here. Those that credentials commonly name are bundled (``schemas/contexts``) and pinned
by their digest; a caller may add more. PyLD does the processing and is imported when it is first needed.

Problems of :func:`losses` (Data Integrity 1.0 section 2.4.3):

- ``term-undefined``: a member whose name no context defines, or defines as a blank node.
- ``type-undefined``: a type that no context defines, and that is no URL.
- ``iri-relative``: a value that has to be a URL is a relative one, or a plain word.

Errors, all :class:`JsonLdError`:

- ``context-unknown``: a context is not among those that are known, or sets ``@base``, which is not processed here
  (:class:`UnknownContext`). Nothing is said about the document then.
- ``context-unreadable``: a context of ours is missing, spoiled, or not the one that its digest promises.
- ``json-ld``: the document or a context breaks a rule of JSON-LD 1.1.
- ``too-large``: too many values or contexts, beyond our limits.
- ``graph-too-complex``: the document was made so that canonicalization takes forever.
"""

from __future__ import annotations

import copy
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

from harness.formats import strict_json
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.strict_json import pointer
from harness.formats.text import is_language_tag
from harness.model import Json

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MAX_VALUES = 5_000
"""Members and elements of a document that is processed."""
MAX_PAIRS = 1_000_000
"""Pairs of elements of the same array, in all arrays: PyLD compares each element with those before it."""
MAX_CONTEXTS = 100
"""Contexts that a document names or contains, counted where they stand."""
MAX_DEPTH = 64
"""Levels of arrays and objects inside each other."""
_LARGEST_CONTEXT = 1_000_000
_KEPT_CONTEXTS = 200
_MAX_LOSSES = 20

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*|_:\S*")
_MISTAKES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, AssertionError)
"""What PyLD raises, besides its own error, where a document surprises it."""


class JsonLdError(FormatError):
    """The document cannot be processed."""


class UnknownContext(JsonLdError):
    """A context is not among those that are known, so that nothing can be said about the document."""

    def __init__(self, detail: str) -> None:
        super().__init__("context-unknown", detail)


class Contexts:
    """JSON-LD contexts by their URL."""

    def __init__(self, documents: Mapping[str, Json]) -> None:
        """Take the contexts.

        Args:
            documents: by URL the JSON objects with ``@context``.

        """
        self._documents = dict(documents)

    def __contains__(self, url: object) -> bool:
        return url in self._documents

    def with_documents(self, documents: Mapping[str, Json]) -> Contexts:
        """Give these and more contexts; what is bundled is not replaced (VC Data Model 2.0 section B.1)."""
        return Contexts({**documents, **self._documents})

    def options(self) -> dict[str, Any]:
        """Give PyLD's options for one operation; what it makes of contexts is kept for the next."""
        from pyld.context_resolver import ContextResolver

        return {
            "base": None,  # Data Integrity 1.0 section 2.4.3
            "documentLoader": self._load,
            "contextResolver": ContextResolver(self._processed, self._load),
        }

    @cached_property
    def _processed(self) -> Any:
        from cachetools import LRUCache

        return LRUCache(maxsize=_KEPT_CONTEXTS)

    def _load(self, url: str, _options: object = None) -> dict[str, Any]:
        if url not in self._documents:
            raise UnknownContext(f"the context {shown(url)} is not known")
        # PyLD changes what it gets, and keeps what has a tag.
        document = copy.deepcopy(self._documents[url])
        return {"contextUrl": None, "documentUrl": url, "document": document, "tag": "static"}


@cache
def bundled() -> Contexts:
    """Give the contexts that come with the harness.

    Raises:
        JsonLdError: one is missing, or has another digest than promised.

    """
    return Contexts(read_folder(resources.files("schemas") / "contexts"))


def read_folder(folder: Traversable) -> dict[str, Json]:
    """Read contexts that a ``manifest.toml`` lists: in each ``[[context]]`` its url, file, and perhaps sha256.

    Raises:
        JsonLdError: the manifest or a context cannot be read, or has another digest than promised.

    """
    if not (folder / "manifest.toml").is_file():
        raise JsonLdError("context-unreadable", f"{folder} has no manifest.toml that lists its contexts")
    try:
        entries = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))["context"]
        return {entry["url"]: _read(folder / entry["file"], entry.get("sha256")) for entry in entries}
    except JsonLdError:
        raise
    except (FormatError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        detail = f"the contexts in {folder} cannot be read: {type(error).__name__} {error}"
        raise JsonLdError("context-unreadable", detail) from None


def _read(file: Traversable, sha256: str | None) -> Json:
    content = file.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise JsonLdError("context-unreadable", f"{file.name} has another SHA-256 than its manifest says")
    document = strict_json.parse(content, max_bytes=_LARGEST_CONTEXT).value
    if not isinstance(document, dict) or "@context" not in document:
        raise JsonLdError("context-unreadable", f"{file.name} is no object with @context")
    return document


@dataclass(frozen=True)
class Reading:
    """What JSON-LD leaves to whoever makes RDF of a document."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """Language tags that are left as they are (JSON-LD 1.1 on language-tagged strings), by their lower case."""
    direction: str | None = None
    """What becomes of ``@direction``: the name of a datatype, or nothing (``rdfDirection`` of JSON-LD 1.1 API)."""


USUAL = Reading()
"""Language tags in lower case, and no ``@direction``."""


def canonical(
    document: Mapping[str, Json],
    contexts: Contexts,
    hash_name: str = "sha256",
    reading: Reading = USUAL,
) -> str:
    """Give what a document says in the canonical form of N-Quads (RDFC-1.0); what JSON-LD drops is not in it.

    Args:
        document: a JSON object with ``@context``.
        contexts: those that are known.
        hash_name: ``sha256`` or ``sha384``: how blank nodes are told apart.
        reading: how to decide what JSON-LD leaves open.

    Raises:
        JsonLdError: it cannot be processed; the kinds are in the module's docstring.

    """
    _check_size(document)
    from harness.formats import rdf_canonicalization

    try:
        with _processing():
            options = contexts.options() | {"rdfDirection": reading.direction}
            dataset = _processor().to_rdf(dict(document), options)
            _spell(dataset, reading.tags)
            return rdf_canonicalization.canonical_n_quads(dataset, hash_name)
    except rdf_canonicalization.GraphTooComplex as error:
        raise JsonLdError(error.kind, error.detail) from None


def readings(document: Json) -> tuple[Reading, ...]:
    """Give the readings of a document that may differ, the usual one first."""
    texts: set[str] = set()
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str):
            texts.add(value)
    # Not every text that has the form of a tag is one, so one that stands in lower case as well may be the tag.
    tags = {text.lower(): text for text in texts if text.lower() not in texts and is_language_tag(text)}
    directions = [None, "i18n-datatype"] if texts & {"ltr", "rtl"} else [None]
    return tuple(
        Reading(spelled, direction) for direction in directions for spelled in ([{}, tags] if tags else [{}])
    )


def _spell(dataset: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    """Change how the language tags of a dataset are spelled, which PyLD gives in lower case."""
    for triples in dataset.values() if tags else ():
        for triple in triples:
            language = triple["object"].get("language")
            if language in tags:
                triple["object"]["language"] = tags[language]


def losses(document: Mapping[str, Json], contexts: Contexts) -> tuple[Problem, ...]:
    """Find what of a document JSON-LD drops, so that no signature over its canonical form protects it.

    Raises:
        JsonLdError: it cannot be processed; the kinds are in the module's docstring.

    """
    _check_size(document)
    undefined: list[str] = []
    with _processing():
        expanded = _processor(undefined.append).expand(dict(document), contexts.options())
    names = {name: None for name in undefined if isinstance(name, str)}
    found = [
        *(
            Problem("term-undefined", f"no context defines {shown(name)}", _place(document, name))
            for name in names
        ),
        *_relative(expanded),
    ]
    if len(names) < len(set(undefined)):
        found.append(Problem("term-undefined", "a member has a name that looks like a keyword", ""))
    return tuple(found[:_MAX_LOSSES])


def missing(document: Json, contexts: Contexts) -> tuple[str, ...]:
    """Give the contexts that a document names and that are not known, in their order."""
    named = (item for value in _contexts(document) for item in (value if isinstance(value, list) else [value]))
    return tuple({item: None for item in named if isinstance(item, str) and item not in contexts})


def _contexts(document: Json) -> Iterator[Json]:
    if isinstance(document, dict):
        if "@context" in document:
            yield document["@context"]
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            yield from _contexts(item)


@contextmanager
def _processing() -> Iterator[None]:
    """Turn what PyLD raises into errors of this module."""
    from pyld.jsonld import JsonLdError as ProcessorError

    try:
        yield
    except ProcessorError as error:
        raise _error(error) from None
    except JsonLdError:
        raise
    except _MISTAKES as error:
        raise JsonLdError("json-ld", f"it cannot be processed: {type(error).__name__}") from None


def _error(error: BaseException) -> JsonLdError:
    innermost, code = error, None
    while innermost.__cause__ is not None:
        code = getattr(innermost, "code", None) or code
        innermost = innermost.__cause__
    if isinstance(innermost, JsonLdError):
        return innermost
    code = getattr(innermost, "code", None) or code
    return JsonLdError("json-ld", f"it breaks a rule of JSON-LD: {code or shown(str(innermost))}")


def _processor(dropped: Callable[[Any], None] = lambda _: None) -> Any:
    from pyld.jsonld import JsonLdProcessor

    return JsonLdProcessor(on_property_dropped=dropped)


def _check_size(document: Mapping[str, Json]) -> None:
    """Bound what PyLD gets: it recurses, and processes each context anew."""
    values = contexts = pairs = 0
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, Mapping):
                inner.extend(value.values())
                named = value.get("@context")
                contexts += len(named) if isinstance(named, list) else "@context" in value
                if value.get("@base") is not None:
                    raise UnknownContext("the document sets @base, which is not processed here")
            elif isinstance(value, list):
                inner.extend(value)
                pairs += len(value) ** 2
        values += len(inner)
        for name, count, most in (("values", values, MAX_VALUES), ("contexts", contexts, MAX_CONTEXTS)):
            if count > most:
                raise JsonLdError("too-large", f"more than {most} {name}")
        if pairs > MAX_PAIRS:
            raise JsonLdError("too-large", "its arrays have too many elements")
        if not inner:
            return
        level = inner
    raise JsonLdError("too-large", f"more than {MAX_DEPTH} levels of arrays and objects")


def _relative(value: Any) -> Iterator[Problem]:
    """Find relative URLs in expanded JSON-LD; no statement with one becomes RDF."""
    if isinstance(value, list):
        for item in value:
            yield from _relative(item)
        return
    if not isinstance(value, dict) or "@value" in value:
        return
    for name in value.get("@type", ()):
        if name is None:
            yield Problem("type-undefined", "a context maps a type to null")
        elif not _ABSOLUTE.fullmatch(name):
            yield Problem("type-undefined", f"no context defines the type {shown(name)}")
    if "@id" in value and value["@id"] is None:
        yield Problem("iri-relative", "a context maps a URL to null")
    elif "@id" in value and not _ABSOLUTE.fullmatch(value["@id"]):
        yield Problem("iri-relative", f"{shown(value['@id'])} is no absolute URL")
    for name, item in value.items():
        if name.startswith("_:"):
            yield Problem("term-undefined", f"a member stands for {shown(name)}, which RDF has no statements with")
        if name not in ("@id", "@type"):
            yield from _relative(list(item.values()) if isinstance(item, dict) else item)


def _place(value: Json, name: str, path: tuple[str | int, ...] = ()) -> str | None:
    """Give the JSON Pointer of the first member with a name."""
    if isinstance(value, dict):
        if name in value:
            return pointer(*path, name)
        items: Iterable[tuple[str | int, Json]] = value.items()
    else:
        items = enumerate(value) if isinstance(value, list) else ()
    return next((found for key, item in items if (found := _place(item, name, (*path, key)))), None)
