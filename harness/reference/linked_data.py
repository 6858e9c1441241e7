"""RDF of JSON-LD documents in canonical form (RDF Dataset Canonicalization 1.0).

Contexts come from the data of ``schemas`` and nowhere else.
"""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver

OWN_CONTEXT = "https://credentials.assay.test/context"
"""A context of the issuer's own, which nobody else has; it serves the faults."""

# The resolver's own store, because the one of the library is common to all who use it in one process.
_RESOLVED = jsonld.LRUCache(maxsize=100)


@cache
def _published() -> dict[str, str]:
    """Give the text of each context by its URL."""
    folder = files("schemas") / "contexts"
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    texts = {entry["url"]: (folder / entry["file"]).read_text(encoding="utf-8") for entry in manifest["context"]}
    return {
        **texts,
        OWN_CONTEXT: '{"@context": {"nickname": "https://credentials.assay.test/vocabulary#nickname"}}',
    }


def _load(url: str, _: object) -> dict[str, Any]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": json.loads(_published()[url]),
        # What is static is processed once for all documents.
        "tag": "static",
    }


def canonical(document: Any) -> str:
    """Give the canonical N-Quads of a JSON-LD document.

    Raises:
        ValueError: it cannot be processed, or names a context that is not here.

    """
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": _load,
        "contextResolver": ContextResolver(_RESOLVED, _load),
        # Otherwise the direction of a text would not be signed.
        "rdfDirection": "i18n-datatype",
    }
    try:
        text: str = jsonld.normalize(document, options)
    except (jsonld.JsonLdError, LookupError, TypeError, AttributeError) as error:
        raise ValueError("no JSON-LD that can be processed") from error
    return text
