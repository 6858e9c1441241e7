"""What stops a pipeline: exit codes follow the bar, the verdict stays what it is."""

from __future__ import annotations

from typing import Any

import pytest

from harness.config import ConfigError, load
from harness.gate import Bar, passage
from harness.model import RunVerdict
from harness.verdict import Judgement

CONFORMANT, WAIVED, NOT, INCOMPLETE = RunVerdict


def changes(*, failing: int = 0, known: int = 0, worse: int = 0, undecided: int = 0) -> dict[str, Any]:
    entries = [{"failing": True}] * failing + [{"failing": False}] * known
    still = {"failing": True, "before": {"failing": True}}
    changed = [still, *[{"failing": True, "before": {"failing": False}}] * worse]
    since = {"started": "2026-11-01"}
    return {"since": since, "new": entries, "changed": changed, "undecided": [{}] * undecided}


@pytest.mark.parametrize("bar", [Bar.MUST, Bar.SHOULD])
@pytest.mark.parametrize(("verdict", "code"), [(CONFORMANT, 0), (WAIVED, 0), (NOT, 1), (INCOMPLETE, 6)])
def test_must_and_should_follow_the_verdict(bar: Bar, verdict: RunVerdict, code: int) -> None:
    said = passage(bar, Judgement(verdict, "x"), found_out=True)
    assert (said.exit_code, said.passes) == (code, code == 0)


@pytest.mark.parametrize("verdict", list(RunVerdict))
def test_none_stops_only_a_run_that_found_nothing_out(verdict: RunVerdict) -> None:
    assert passage(Bar.NONE, Judgement(verdict, "x"), found_out=True).exit_code == 0
    assert passage(Bar.NONE, Judgement(verdict, "x"), found_out=False).exit_code == 6


@pytest.mark.parametrize(
    ("found", "problems", "code", "words"),
    [
        (changes(), 0, 0, "No failing finding is new since the baseline of 2026-11-01"),
        (changes(known=3), 0, 0, "No failing finding is new"),
        (changes(failing=1, undecided=1), 1, 1, "1 failing finding is new"),
        (changes(failing=2), 0, 1, "2 failing findings are new"),
        (changes(failing=1, worse=1), 0, 1, "2 failing findings are new"),
        (changes(), 2, 1, "2 waivers are not in order"),
        (changes(undecided=1), 0, 6, "1 result of the baseline is missing"),
    ],
)
@pytest.mark.parametrize("verdict", [NOT, INCOMPLETE])
def test_new_stops_only_what_got_worse(
    found: dict[str, Any], problems: int, code: int, words: str, verdict: RunVerdict
) -> None:
    said = passage(Bar.NEW, Judgement(verdict, "x"), found_out=True, waiver_problems=problems, changes=found)
    assert said.exit_code == code
    assert words in said.reason
    assert said.to_json() == {"bar": "new", "passes": code == 0, "exit_code": code, "reason": said.reason}


def test_new_never_lets_a_run_pass_that_found_nothing_out() -> None:
    said = passage(Bar.NEW, Judgement(INCOMPLETE, "It stopped."), found_out=False, changes=changes())
    assert said.exit_code == 6
    assert "It stopped." in said.reason


def test_new_needs_something_to_compare_with() -> None:
    with pytest.raises(ValueError, match="baseline"):
        passage(Bar.NEW, Judgement(NOT, "x"), found_out=True)


# --- the settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "gate", "strict"),
    [
        ({}, "must", False),
        ({"vci_gate": "must"}, "must", False),
        ({"vci_gate": "should"}, "should", True),
        ({"vci_strict": True}, "should", True),
        ({"vci_strict": True, "vci_gate": "should"}, "should", True),
        ({"vci_gate": "none"}, "none", False),
        ({"vci_strict": True, "vci_gate": "none"}, "none", True),
        ({"vci_baseline": "b.json"}, "must", False),
        ({"vci_gate": "new", "vci_baseline": "b.json"}, "new", False),
        ({"vci_gate": "new", "vci_baseline": "b.json", "vci_strict": True}, "new", True),
    ],
)
def test_gate_and_strict_say_one_thing(tmp_path: Any, given: dict[str, Any], gate: str, strict: bool) -> None:
    (tmp_path / "b.json").write_text("")
    settings = load(given, {}, tmp_path)
    assert (settings.gate, settings.strict) == (gate, strict)
    assert settings.baseline == (tmp_path / "b.json" if "vci_baseline" in given else None)


@pytest.mark.parametrize(
    ("file", "given", "words"),
    [
        ("", {"vci_strict": True, "vci_gate": "must"}, "gate is must and strict is true, which contradict"),
        ("strict = true", {"vci_gate": "must"}, "gate is must and strict is true"),
        ('strict = false\ngate = "should"', {}, "gate is should and strict is false"),
        ("", {"vci_gate": "new"}, "gate is new, which needs a baseline: --vci-baseline FILE"),
        ("", {"vci_gate": "may"}, "gate has to be one of must, should, none, new"),
        ('baseline = "none.json"', {}, "assay.toml: baseline: there is no file "),
    ],
)
def test_what_contradicts_is_one_clear_line(tmp_path: Any, file: str, given: dict[str, Any], words: str) -> None:
    (tmp_path / "assay.toml").write_text(file)
    with pytest.raises(ConfigError) as caught:
        load(given, {}, tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
