"""TOML files that people write for us: how they are read, and how what is wrong is told in one line.

A file is bounded before it is parsed, and judged by one of the schemas in :mod:`schemas`. There the keyword
``x-secret`` marks strings that may only be written as ``${NAME}``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from jsonschema import Draft202012Validator, ValidationError

LARGEST_FILE = 1_000_000
"""Bytes."""

ONLY_A_VARIABLE = re.compile(r"([\w-]+[ =])?\$\{[A-Za-z_][A-Za-z0-9_]*\}")
"""How a secret is written. A word before it is allowed: ``Bearer ${TOKEN}``, ``session=${COOKIE}``."""


def is_path(name_or_path: str) -> bool:
    """Whether the text means a file of the user's and not one of ours by its name."""
    return name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path


def read(file: Traversable, error: Callable[[str], Exception], *, shown: str | None = None) -> dict[str, Any]:
    """Read a TOML file of at most :data:`LARGEST_FILE` bytes.

    Args:
        file: a :class:`~pathlib.Path` or a file of a package.
        error: makes the exception of the caller from a line of text.
        shown: what a file that cannot be read is called; by default its path.

    Raises:
        Exception: made by ``error``; the file cannot be read, is too large or is not TOML.

    """
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as problem:
        raise error(f"cannot read {shown or file}: {problem.strerror}") from None
    except ValueError:
        raise error(f"cannot read {str(shown or file)!r}: no file has such a name") from None
    if len(content) > LARGEST_FILE:
        raise error(f"{file.name}: larger than {LARGEST_FILE} bytes")
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise error(f"{file.name}: not TOML: {problem}") from None


@dataclass(frozen=True)
class Refusal:
    """What a schema refuses in a document; as ``str`` one line that never repeats a value."""

    path: tuple[str | int, ...]
    """The keys and indices of the place; empty for the document itself."""
    statement: str
    """What is wrong, to be said of the place: ``has to be a list``, ``unknown key "ofer"``."""
    inside: bool = False
    """The statement is about what stands in the table at the place, and not about a value."""
    advice: str = ""
    """Goes on after the statement and the place."""

    def __str__(self) -> str:
        where = place(self.path)
        if self.inside:
            return f"{self.statement} in {f'[{where}]' if where else 'the top level'}{self.advice}"
        return f"{where or 'the file'} {self.statement}{self.advice}"


def refusal(
    document: Mapping[str, Any],
    schema: str,
    *,
    only: Collection[str] | None = None,
    skip: Collection[str] = (),
) -> Refusal | None:
    """Give the worst of what a schema refuses in a document; ``None`` when it is valid.

    Args:
        document: what :func:`read` gives, or a part of it.
        schema: name of a file in :mod:`schemas`, for example ``waivers.schema.json``.
        only: the keywords of the schema that judge; ``None``: all.
        skip: the keywords that do not judge.

    """
    validator = _validator(schema)
    errors = [
        error
        for error in validator.iter_errors(document)
        if error.validator not in skip and (only is None or error.validator in only)
    ]
    if not errors:
        return None
    # An unknown key explains the missing one beside it, so it is told first.
    worst = min(errors, key=lambda error: (error.validator != "additionalProperties", tuple(error.absolute_path)))
    return _explained(worst, validator.schema)


def place(path: Sequence[str | int]) -> str:
    """Name a place in a file: ``trust.x5c``, ``offer #2.headers.Accept`` (counted from 1)."""
    text = ""
    for step in path:
        text += f" #{step + 1}" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Give ``; did you mean "…"?`` with the known word that is nearest; empty when none is near."""
    import difflib

    near = difflib.get_close_matches(word, list(known), 1)
    return f'; did you mean "{near[0]}"?' if near else ""


@cache
def _validator(schema: str) -> Draft202012Validator:
    import importlib.resources

    import jsonschema

    def secret(_validator: Any, _marked: bool, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not ONLY_A_VARIABLE.fullmatch(value):
            yield jsonschema.ValidationError("a secret that is written down")

    document = json.loads(importlib.resources.files("schemas").joinpath(schema).read_text("utf-8"))
    extend: Any = jsonschema.validators.extend
    validator: Draft202012Validator = extend(jsonschema.Draft202012Validator, {"x-secret": secret})(document)
    return validator


_TYPES = {"object": "a table", "array": "a list", "string": "a string", "boolean": "true or false"}


def _explained(error: Any, whole: Any) -> Refusal:
    path = tuple(error.absolute_path)
    schema: Mapping[str, Any] = error.schema
    match error.validator:
        case "additionalProperties":
            known = [str(key) for key in schema["properties"]]
            unknown = next(key for key in error.instance if key not in known)
            at_top = bool(path) and unknown in whole["properties"]
            advice = _advice(unknown, known, at_top=at_top)
            return Refusal(path, f'unknown key "{unknown}"', inside=True, advice=advice)
        case "required":
            missing = next(key for key in error.validator_value if key not in error.instance)
            return Refusal(path, f'"{missing}" is missing', inside=True)
        case "x-secret":
            return Refusal(
                path, 'is a secret: write "${NAME}" and put the value into the environment variable NAME'
            )
        case "enum":
            expected = f"one of {', '.join(error.validator_value)}"
        case "type" if isinstance(error.validator_value, str) and "description" not in schema:
            expected = _TYPES.get(error.validator_value, error.validator_value)
        case _:
            expected = schema.get("description", "something else")
    return Refusal(path, f"has to be {expected}")


def _advice(unknown: str, known: Sequence[str], *, at_top: bool) -> str:
    if near := suggestion(unknown, known):
        return near
    if at_top:
        return "; it belongs at the top of the file, before the first [table]"
    return f"; known are {', '.join(known)}"
