from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

from harness import formats
from harness.formats.problems import Problem, json_type, located, shown

MODULES = sorted(module.name for module in pkgutil.iter_modules(formats.__path__))


def kinds_in(source: str) -> set[str]:
    """Give every kind that the code of a module names: the first argument of a problem or an error."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    kinds = set()
    for call in calls:
        called = ast.unparse(call.func)
        first = call.args[0]
        if (
            called.endswith(("Error", "Problem", "_problem"))
            and called != "ValueError"
            and isinstance(first, ast.Constant)
        ):
            kinds.add(str(first.value))
    return kinds


def test_the_readers_are_found_and_their_kinds_too() -> None:
    assert {"strict_json", "jose", "x509", "did", "sd_jwt", "sd_jwt_vc", "claims_path"} <= set(MODULES)
    assert kinds_in("raise XError('a')\nself._problem('b', 1)\nProblem('c', 'd')\nother('e')") == {"a", "b", "c"}


@pytest.mark.parametrize("name", MODULES)
def test_every_kind_is_explained_in_the_docstring_of_its_module(name: str) -> None:
    module = importlib.import_module(f"harness.formats.{name}")
    assert module.__file__ is not None
    kinds = kinds_in(Path(module.__file__).read_text(encoding="utf-8"))
    explained = module.__doc__ or ""
    assert [kind for kind in sorted(kinds) if f"``{kind}``" not in explained] == []


def test_a_problem_is_located_in_the_larger_document() -> None:
    inside = (Problem("a", "b", "/c"), Problem("a", "b"))
    assert [p.pointer for p in located("header", inside)] == ["header/c", "header"]


def test_a_foreign_value_is_shown_short() -> None:
    assert len(shown("x" * 10_000)) < 100
    assert len(shown([["x" * 10_000] * 1_000] * 1_000)) < 300
    assert shown("abc") == "'abc'"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("", "a string"),
        ([], "an array"),
        ({}, "an object"),
        (None, "null"),
    ],
)
def test_json_types_have_names(value: object, name: str) -> None:
    assert json_type(value) == name
