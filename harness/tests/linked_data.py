"""Canonical RDF of JSON-LD documents for tests, by PyLD and the bundled contexts, without the harness."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pyld import jsonld

FOLDER = Path(__file__).parents[2] / "schemas" / "contexts"


@cache
def contexts() -> dict[str, str]:
    listed = tomllib.loads((FOLDER / "manifest.toml").read_text())["context"]
    return {item["url"]: (FOLDER / item["file"]).read_text() for item in listed}


def load(url: str, _: Any) -> dict[str, Any]:
    document = json.loads(contexts()[url])
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}


def canonical(document: dict[str, Any]) -> bytes:
    # Otherwise the direction of a text would be lost.
    direction = {"rdfDirection": "i18n-datatype"}
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load, **direction}
    text = jsonld.JsonLdProcessor().normalize(document, options)
    assert text
    return bytes(text.encode())
