"""RDF of JSON-LD documents in canonical form (RDF Dataset Canonicalization 1.0).

Contexts come from the data of ``schemas`` and nowhere else.
"""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

OWN_CONTEXT = "https://credentials.assay.test/context"
"""A context of the issuer's own, which nobody else has; it serves the faults."""


@cache
def _resolver() -> Any:
    """Give a resolver with a store of its own: that of the library is common to all who use it in one process."""
    from pyld.context_resolver import ContextResolver
    from pyld.jsonld import LRUCache

    return ContextResolver(LRUCache(maxsize=100), _load)


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
    from pyld import jsonld  # loads much that nothing else needs

    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": _load,
        "contextResolver": _resolver(),
        # Otherwise the direction of a text would not be signed.
        "rdfDirection": "i18n-datatype",
    }
    try:
        text: str = jsonld.normalize(document, options)
    except (jsonld.JsonLdError, LookupError, TypeError, AttributeError) as error:
        raise ValueError("no JSON-LD that can be processed") from error
    return text
