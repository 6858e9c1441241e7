"""Credentials in files: those that the user wants watched, and how they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.formats import credential, vcdm
from harness.formats.credential import Credential
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError
from harness.inspection.command import UsageError, content
from harness.inspection.inspection import Unreadable
from harness.inspection.recognise import Recognised, of_credential, recognise
from harness.inspection.rendering import printable
from harness.inspection.values import cut

MAX_CREDENTIALS = 1000
"""Credentials that are watched at the same time."""
_LONGEST_TYPE = 120


@dataclass(frozen=True)
class Stored:
    """One credential, and what it is called.

    Attributes:
        name: the file, with a number where it holds several.
        format: that of the credential.
        type: ``vct``, ``docType``, or the types of a W3C credential; empty when it names none.
        document: the credential as read.

    """

    name: str
    format: str
    type: str
    document: Credential


def read(names: Sequence[str]) -> tuple[tuple[Stored, ...], tuple[str, ...]]:
    """Read the credentials of files and folders.

    Args:
        names: as the user gave them; ``-`` is standard input. A file that is named twice is read once.

    Returns:
        The credentials, and a line for each file of a folder that is none.

    Raises:
        UsageError: a file that the user names is no credential, or there is none at all, or too many.

    """
    found: list[Stored] = []
    skipped: list[str] = []
    known: set[Path] = set()
    for file, named in _files(names):
        place = Path(file).resolve()
        if place in known:
            continue
        known.add(place)
        try:
            found += _of_file(file)
        except UsageError as error:
            if named:
                raise
            skipped.append(f"left out: {error}")
        if len(found) > MAX_CREDENTIALS:
            raise UsageError(f"there are more than the {MAX_CREDENTIALS} credentials that are watched together")
    if not found:
        raise UsageError(f"no credential was found in {', '.join(map(printable, names))}")
    return tuple(found), tuple(skipped)


def _files(names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Give the files, and whether the user named each or its folder."""
    for name in names:
        try:
            folder = Path(name)
            if name == "-" or not folder.is_dir():
                yield name, True
                continue
            files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        except OSError as error:
            raise UsageError(f"cannot read {printable(cut(name))}: {error.strerror}") from None
        yield from ((str(file), False) for file in files)


def _of_file(name: str) -> tuple[Stored, ...]:
    called = "standard input" if name == "-" else printable(name)
    data = content(name)
    try:
        recognised = tuple(_credentials(recognise(data)))
        many = len(recognised) > 1
        return tuple(
            _stored(f"{called} [{number}]" if many else called, one) for number, one in enumerate(recognised, 1)
        )
    except Unreadable as error:
        raise UsageError(f"{called}: {printable(str(error))}") from None
    except FormatError as error:
        raise UsageError(f"{called}: the credential cannot be read: {printable(error.detail)}") from None


def _credentials(found: Recognised) -> Iterator[Recognised]:
    """Give a credential, or those of a Credential Response."""
    if found.kind == "credential":
        yield found
        return
    listed: Any = found.value.value.get("credentials") if found.kind == "credential-response" else None
    items = listed if isinstance(listed, list) else []
    issued = [item["credential"] for item in items if isinstance(item, dict) and "credential" in item]
    if not issued:
        raise Unreadable(f"it is no credential ({found.kind.replace('-', ' ')})")
    yield from map(of_credential, issued)


def _stored(name: str, found: Recognised) -> Stored:
    document = credential.read(found.format, found.value)
    return Stored(name, found.format, printable(cut(_type(document), _LONGEST_TYPE)), document)


def _type(document: Credential) -> str:
    if isinstance(document, Mdoc):
        return document.doc_type or ""
    vct = document.claims.get("vct")
    if isinstance(vct, str):
        return vct
    named = vcdm.types(dict(document.claims))
    return " ".join([one for one in named if one != vcdm.TYPE] or named)
