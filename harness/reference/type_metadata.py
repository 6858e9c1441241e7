"""SD-JWT VC Type Metadata of the reference issuer (SD-JWT VC draft 11 sections 6 to 9, draft 18 section 4).

The data are in the folder ``types``, spelled as draft 18 has them and with names of files for URLs. Whatever
refers to a document with its hash lets that document pass its seam first: the hash is that of what is served.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from harness.reference.context import Context
from harness.reference.encoding import json_text
from harness.reference.sd_jwt import SdJwt

JsonObject = dict[str, Any]

MEDIA_TYPES = {".json": "application/json", ".svg": "image/svg+xml"}
"""By how the name of a file ends."""
_SINCE_DRAFT_11 = ("mandatory", "background_image")
_NAMES_IN_DRAFT_11 = {"locale": "lang", "svg_templates": "svg_template"}


@dataclass
class Described:
    """A JSON document about a type before it is written; ``name`` is that of its file without ``.json``."""

    name: str
    members: JsonObject
    appended: str = ""
    """What a fault puts behind the JSON."""

    def text(self) -> str:
        """Write the document."""
        return json_text(self.members) + self.appended


@dataclass
class Picture:
    """An SVG image or template before it is written."""

    name: str
    content: str

    def text(self) -> str:
        """Write the document."""
        return self.content


Building = Generator[tuple[str, Any], None, str]
"""Gives the seams and drafts on the way to a document, each after those it builds on; returns the text."""


@dataclass
class TypedSdJwt(SdJwt):
    """A credential before it is signed whose ``vct`` leads to Type Metadata."""

    building: Callable[[], Building] | None = None
    """Makes the Type Metadata."""

    def layers(self) -> Iterator[tuple[str, Any]]:
        """Give the documents about its type, and put the hash of the Type Metadata into the payload."""
        if self.building is not None:
            text = yield from self.building()
            # A fault may have made something else of the payload.
            if isinstance(self.payload, dict):
                self.payload.setdefault("vct#integrity", integrity(text))


def identifier(context: Context, data: Mapping[str, Any]) -> str:
    """Give the ``vct`` of a configuration."""
    name: str = data["vct"]
    return name if context.variant.type_metadata == "none" else _url(context, name.rpartition("/")[2])


def further(context: Context) -> list[str]:
    """Give the ``aka_vcts`` of the identity credential (draft 18 section 2.2.2.2)."""
    return [_url(context, "person")]


def typed(context: Context, vct: str, sd_jwt: SdJwt) -> TypedSdJwt:
    """Give a credential that names the hash of its Type Metadata; ``vct`` is what :func:`identifier` gave."""
    made = {item.name: getattr(sd_jwt, item.name) for item in fields(sd_jwt)}
    return TypedSdJwt(**made, building=lambda: _built(context, f"{vct.rpartition('/')[2]}.json"))


def served(context: Context, file: str, emit: Callable[[str, Any], None]) -> str | None:
    """Give the text of a document, ``None`` when there is none of this name.

    Args:
        context: where the issuer lives.
        file: its name; Type Metadata are asked for without ``.json``.
        emit: lets a draft pass the seam of this name.

    """
    name = file if "." in file else f"{file}.json"
    if not _exists(name):
        return None
    steps = _built(context, name)
    while True:
        try:
            emit(*next(steps))
        except StopIteration as end:
            text: str = end.value
            return text


def integrity(text: str) -> str:
    """Give the integrity metadata of a document (W3C Subresource Integrity section 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _url(context: Context, name: str) -> str:
    return f"{context.issuer_url}/types/{name}"


@cache
def _data(file: str) -> str:
    return files(__package__).joinpath("types", file).read_text(encoding="utf-8")


def _exists(file: str) -> bool:
    return files(__package__).joinpath("types", file).is_file()


def _built(context: Context, file: str) -> Building:
    if file.endswith(".svg"):
        picture = Picture(file, _data(file))
        yield "type-picture", picture
        return picture.text()
    draft = Described(file.removesuffix(".json"), json.loads(_data(file)))
    if file.endswith(".schema.json"):
        yield "type-schema", draft
        return draft.text()
    draft.members = {"vct": _url(context, draft.name), **draft.members}
    if context.variant.sd_jwt_vc == "draft-11":
        draft.members = _as_in_draft_11(draft.members)
    if context.variant.type_metadata == "schema":
        yield from _with_schema(context, draft)
    yield from _with_references(context, draft.members)
    yield "type-metadata", draft
    return draft.text()


def _as_in_draft_11(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_in_draft_11(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _NAMES_IN_DRAFT_11.get(name, name): _as_in_draft_11(item)
        for name, item in value.items()
        if name not in _SINCE_DRAFT_11
    }


def _with_schema(context: Context, draft: Described) -> Generator[tuple[str, Any], None, None]:
    """Add the JSON Schema of a type: a type that others extend has it inside, another refers to it."""
    file = f"{draft.name}.schema.json"
    if _exists(file):
        text = yield from _built(context, file)
        if "extends" in draft.members:
            draft.members |= {"schema_uri": _url(context, file), "schema_uri#integrity": integrity(text)}
        else:
            draft.members["schema"] = json.loads(text)


def _with_references(context: Context, value: Any) -> Generator[tuple[str, Any], None, None]:
    """Turn names of files into URLs with the hash of what is there."""
    if isinstance(value, dict):
        for name in ("extends", "uri"):
            if name in value:
                file = f"{value[name]}.json" if name == "extends" else value[name]
                text = yield from _built(context, file)
                value |= {name: _url(context, value[name]), f"{name}#integrity": integrity(text)}
    for item in list(value.values() if isinstance(value, dict) else value):
        if isinstance(item, (dict, list)):
            yield from _with_references(context, item)
