"""Which suites a run loads."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import suites
from harness import catalogue, checks, profiles

SUITES = [info.name for info in pkgutil.iter_modules(suites.__path__, "suites.")]


@pytest.mark.parametrize("suite", SUITES)
def test_each_check_names_a_requirement_with_a_prefix_of_its_suite(suite: str) -> None:
    package = importlib.import_module(suite)
    prefixes = getattr(package, "PREFIXES", None)
    if prefixes is None:
        assert checks.concerns(suite, ())
        return
    others = [
        check.id
        for name in package.MODULES
        for check in checks.of_module(importlib.import_module(f"{suite}.{name}"))
        if prefixes.isdisjoint(item.split("-", 1)[0] for item in check.requires)
    ]
    assert others == []


@pytest.mark.parametrize("profile", profiles.names())
def test_what_is_left_out_could_not_be_in_the_run(profile: str) -> None:
    known = catalogue.of(profiles.load(profile).specifications)
    everything = {name for name, check in checks.load().items() if all(item in known for item in check.requires)}
    assert set(checks.within(known)) == everything
    assert everything
