"""Each module of the OpenID Foundation's HAIP issuer plan has a check of ours in the profiles about it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from harness import peer_plan
from harness.peer_plan import Case, Gap, Module

PLAN = peer_plan.plan()
EVERYTHING: tuple[Module | Case | Gap, ...] = (*PLAN.modules, *PLAN.cases, *PLAN.gaps)


def named(one: Module | Case | Gap) -> tuple[str, ...]:
    return one.checks + (one.further if isinstance(one, Module) else ())


def test_the_plan_is_there_whole() -> None:
    assert Counter(module.part for module in PLAN.modules) == {
        "metadata": 2,
        "plain": 18,
        "encrypted": 3,
        "fapi2": 40,
    }
    assert len({(module.part, module.name) for module in PLAN.modules}) == 63
    for module in PLAN.modules:
        assert module.name.startswith(peer_plan.PARTS[module.part][1])


@pytest.mark.parametrize("module", PLAN.modules, ids=lambda module: f"{module.part}-{module.name}")
def test_a_module_has_a_check_of_haip(module: Module) -> None:
    assert any(peer_plan.meant(pattern) for pattern in module.checks)


def test_every_id_stands_for_a_check_of_either_profile() -> None:
    ids = dict.fromkeys(pattern for one in EVERYTHING for pattern in named(one))
    unknown = [
        pattern for pattern in ids if not any(peer_plan.meant(pattern, profile) for profile in peer_plan.PROFILES)
    ]
    assert unknown == []


def test_what_is_more_in_ours_is_said_in_words_and_by_checks() -> None:
    odd = [module.name for module in PLAN.modules if module.further and not module.more]
    assert odd == []
    assert all(one.checks for one in EVERYTHING)


def test_the_tables_have_a_row_for_each() -> None:
    rows = re.findall(r"^\| (\d+) \| `", peer_plan.modules_table(), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 64))
    for made, rows_of in ((peer_plan.cases_table(), PLAN.cases), (peer_plan.gaps_table(), PLAN.gaps)):
        assert len(made.splitlines()) == len(rows_of) + 2


def test_both_profiles_are_counted() -> None:
    made = peer_plan.profiles_table()
    for profile in peer_plan.PROFILES:
        assert f"| `{profile}` | FAPI 2.0 Security Profile |" in made
    assert "| `fapi2-sp` | HAIP 1.0 |" not in made
