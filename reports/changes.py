"""What changed between two runs: findings, verdicts of requirements, checks, and whether one may compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.model import Json, Verdict
from reports.identity import FindingKey, fails, finding_key, is_strict, steady
from reports.settings_needed import names_setting

_STANDING = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.WAIVED, Verdict.WARN)
"""Verdicts of results with findings, the one that weighs most first."""
_DECIDED = {Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.WAIVED}


def compare(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """Compare two reports.

    Findings are the same when :func:`reports.identity.finding_key` says so. One that is no longer there is
    ``fixed`` only when its check came to a verdict on its configuration again; otherwise it is ``removed``, with
    the reason why nothing can be said of it.

    Returns:
        The JSON types that ``$defs/changes`` of ``schemas/report.schema.json`` describes.

    """
    before, after = _findings(old), _findings(new)
    fixed, removed = _gone(before, after, new)
    return {
        "since": {
            "issuer": old["target"]["issuer"],
            "profile": old["target"]["profile"],
            "tool": old["tool"]["version"],
            "started": old["started"],
            "verdict": old["verdict"],
            "summary": old["summary"],
        },
        "warnings": list(_warnings(old, new)),
        "new": [found.told() for key, found in after.items() if key not in before],
        "fixed": fixed,
        "changed": [
            {**found.told(), "before": before[key].before()}
            for key, found in after.items()
            if key in before and found.differs(before[key])
        ],
        "removed": removed,
        "unchanged": sum(key in before and not found.differs(before[key]) for key, found in after.items()),
        "undecided": list(_undecided(old, new)),
        "requirements": list(_requirements(old, new)),
        "checks_added": _only(new["checks"], old["checks"]),
        "checks_removed": _only(old["checks"], new["checks"]),
    }


def newly_failing(changes: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Give the findings by which a check fails now and failed not before, when it warned or they were waived."""
    worse = (entry for entry in changes["changed"] if not entry["before"]["failing"])
    return [entry for entry in (*changes["new"], *worse) if entry["failing"]]


@dataclass(frozen=True)
class Group:
    """One change, told once for all configurations that show it."""

    entry: Mapping[str, Json]
    """The first of them."""
    configurations: tuple[str, ...]
    failing: bool


def grouped(entries: Iterable[Mapping[str, Json]]) -> list[Group]:
    """Put entries of one kind together that differ in their configuration only; failing ones first."""
    groups: dict[tuple[Json, ...], list[Mapping[str, Json]]] = {}
    for entry in entries:
        before = entry.get("before") or {}
        same = tuple(entry.get(name) for name in ("check", "code", "requirement", "verdict", "reason"))
        texts = (
            steady(side.get(name) or "")
            for side in (entry, before)
            for name in ("expected", "observed", "pointer")
        )
        groups.setdefault((*same, before.get("verdict"), *texts), []).append(entry)
    told = [
        Group(
            them[0],
            tuple(dict.fromkeys(entry["configuration"] for entry in them if entry["configuration"])),
            bool(them[0].get("failing")),
        )
        for them in groups.values()
    ]
    return sorted(told, key=lambda group: not group.failing)


@dataclass(frozen=True)
class _Found:
    """All findings of a run that have one key."""

    seen: tuple[tuple[Mapping[str, Json], Mapping[str, Json]], ...]
    """Results and findings, the one that weighs most first."""
    strict: bool

    def told(self, *, here: bool = True) -> dict[str, Json]:
        """Give the entry; numbers of exchanges mean something in the run that made them only."""
        result, finding = self.seen[0]
        return {
            "check": result["check"],
            "configuration": result["configuration"],
            "verdict": result["verdict"],
            "failing": fails(result, finding, strict=self.strict),
            **{
                name: finding[name] for name in ("code", "requirement", "level", "expected", "observed", "pointer")
            },
            "exchange": finding["exchange"] if here else None,
        }

    def before(self) -> dict[str, Json]:
        result, finding = self.seen[0]
        return {
            "verdict": result["verdict"],
            "failing": fails(result, finding, strict=self.strict),
            **{name: finding[name] for name in ("level", "expected", "observed")},
        }

    def differs(self, other: _Found) -> bool:
        (result, finding), (other_result, other_finding) = self.seen[0], other.seen[0]
        same_weight = result["verdict"] == other_result["verdict"] and finding["level"] == other_finding["level"]
        return not same_weight or self._texts() != other._texts()

    def _texts(self) -> set[tuple[str, str]]:
        return {(steady(finding["expected"]), steady(finding["observed"])) for _, finding in self.seen}


def _findings(report: Mapping[str, Json]) -> dict[FindingKey, _Found]:
    strict = is_strict(report)
    seen: dict[FindingKey, list[tuple[Mapping[str, Json], Mapping[str, Json]]]] = {}
    for result in report["results"]:
        for finding in result["findings"]:
            seen.setdefault(finding_key(result, finding), []).append((result, finding))

    def weight(pair: tuple[Mapping[str, Json], Mapping[str, Json]]) -> tuple[bool, int]:
        verdict = pair[0]["verdict"]
        return not fails(*pair, strict=strict), _STANDING.index(verdict) if verdict in _STANDING else 9

    return {key: _Found(tuple(sorted(pairs, key=weight)), strict) for key, pairs in seen.items()}


_Results = Mapping[tuple[str, str], Mapping[str, Json]]


def _by_place(report: Mapping[str, Json]) -> _Results:
    return {(result["check"], steady(result["configuration"] or "")): result for result in report["results"]}


def _gone(
    before: Mapping[FindingKey, _Found], after: Mapping[FindingKey, _Found], new: Mapping[str, Json]
) -> tuple[list[Json], list[Json]]:
    """Tell what was fixed from what just was not judged again."""
    results = _by_place(new)
    fixed: list[Json] = []
    removed: list[Json] = []
    for key, found in before.items():
        if key in after:
            continue
        reason = _not_judged(key.check, key.configuration, results, new)
        entry = found.told(here=False)
        if reason is None:
            fixed.append(entry)
        else:
            removed.append({**entry, "reason": reason})
    return fixed, removed


def _not_judged(check: str, configuration: str, results: _Results, new: Mapping[str, Json]) -> str | None:
    """Say why the newer run has no verdict of a check; ``None`` when it has one."""
    result = results.get((check, configuration))
    if result is None:
        if all(info["id"] != check for info in new["checks"]):
            return "the newer run did not know the check"
        if any(name == check for name, _ in results):
            return "the configuration was not tested"
        return "the check was not run"
    if result["verdict"] in _DECIDED:
        return None
    words = {
        Verdict.NOT_APPLICABLE: "the check is not applicable any more",
        Verdict.BLOCKED: "the check was blocked",
        Verdict.ERROR: "the check ended in an error",
    }[result["verdict"]]
    return f"{words}: {result['reason']}" if result["reason"] else words


def _undecided(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """Give what came to a verdict before and does not now although the tool and the issuer still have it."""
    results = _by_place(new)
    known = {info["id"] for info in new["checks"]}
    for (check, configuration), result in _by_place(old).items():
        now = results.get((check, configuration))
        if result["verdict"] not in _DECIDED or check not in known:
            continue
        if now is None or _came_to_nothing(now):
            reason = _not_judged(check, configuration, results, new)
            yield {"check": check, "configuration": result["configuration"], "reason": reason}


def _came_to_nothing(result: Mapping[str, Json]) -> bool:
    """Whether a run could not judge, be it for want of a setting; what an issuer just does not have is settled."""
    if result["verdict"] == Verdict.NOT_APPLICABLE:
        return names_setting(result["reason"] or "")
    return result["verdict"] in (Verdict.BLOCKED, Verdict.ERROR)


def _requirements(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    before = {entry["id"]: entry["verdict"] for entry in old["requirements"]}
    for entry in new["requirements"]:
        if entry["id"] in before and before[entry["id"]] != entry["verdict"]:
            yield {"id": entry["id"], "before": before[entry["id"]], "after": entry["verdict"]}


def _only(these: Iterable[Mapping[str, Json]], those: Iterable[Mapping[str, Json]]) -> list[str]:
    known = {info["id"] for info in those}
    return [info["id"] for info in these if info["id"] not in known]


def _warnings(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """Say what makes a comparison say less than it seems to."""
    for name in ("issuer", "profile"):
        was, now = old["target"][name], new["target"][name]
        if steady(was) != steady(now):
            yield f"The reports are of different {name}s: {was} before, {now} now."
    yield from _other_catalogue(old, new)
    if is_strict(old) != is_strict(new):
        which = "newer" if is_strict(new) else "older"
        yield f"Only the {which} run took findings of level SHOULD for failures."
    was, now = (dict.fromkeys(report["target"]["configurations"]) for report in (old, new))
    for names, words in (
        (was.keys() - now.keys(), "not tested any more"),
        (now.keys() - was.keys(), "tested now"),
    ):
        if names:
            yield f"Configurations {words}: {', '.join(sorted(names))}."
    if old["verdict"] == "incomplete":
        yield "The older run was incomplete; what it did not judge may be new here without having changed."
    if old["started"] > new["started"]:
        yield "The older report was started after the newer one; they may have been given the wrong way round."


def _other_catalogue(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    was, now = ({entry["id"]: (entry["level"], entry["text"]) for entry in r["requirements"]} for r in (old, new))
    counts = {
        "added": len(now.keys() - was.keys()),
        "removed": len(was.keys() - now.keys()),
        "reworded": sum(was[name] != now[name] for name in was.keys() & now.keys()),
    }
    told = [f"{count} {word}" for word, count in counts.items() if count]
    if told:
        yield f"The catalogue of requirements is another one: {', '.join(told)}."
