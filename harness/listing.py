"""What there is, as rows for people and programs: checks, requirements, versions, faults, profiles, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness import catalogue, checks, coverage, peer_plan, profiles, version_table
from harness.govuk import comparison, contradictions
from harness.model import Basis, Json, strongest

Rows = list[dict[str, Json]]


def check_rows() -> Rows:
    """Give ``id, area, level, description, requirements, basis, proven_by`` of every check."""
    requirements = catalogue.load()
    rows = []
    for check in checks.load().values():
        rows.append(
            {
                "id": check.id,
                "area": check.area,
                "level": str(strongest(requirements[name].level for name in _mainly(check))),
                "description": check.description,
                "requirements": list(check.requires),
                "basis": list(dict.fromkeys(str(b) for name in check.requires if (b := requirements[name].basis))),
                "proven_by": sorted(check.proven_by),
            }
        )
    return rows


def _mainly(check: checks.Check) -> list[str]:
    """Give what a check judges by without what stricter profiles ask of the same matter."""
    usual = [name for name in check.requires if name.split("-", 1)[0] not in checks.FURTHER]
    return usual if check.requires[0] in usual else list(check.requires)


def requirement_rows() -> Rows:
    """Give ``id, spec, clause, level, basis, actor, text, link, untestable, checks`` and more of requirements."""
    testers: dict[str, list[str]] = {}
    for check in checks.load().values():
        for name in check.requires:
            testers.setdefault(name, []).append(check.id)
    return [
        {
            "id": requirement.id,
            "spec": requirement.spec,
            "clause": requirement.clause,
            "level": str(requirement.level),
            "basis": str(requirement.basis) if requirement.basis else None,
            "actor": requirement.actor,
            "text": requirement.text,
            "link": requirement.link,
            "testable": requirement.testable,
            "untestable": requirement.untestable,
            "checks": testers.get(requirement.id, []),
        }
        for requirement in catalogue.load().values()
    ]


def fault_rows() -> Rows:
    """Give ``id, description, proves`` of every fault of the reference issuer."""
    from harness.reference import faults

    proves: dict[str, list[str]] = {}
    for check in checks.load().values():
        for fault in check.proven_by:
            proves.setdefault(fault, []).append(check.id)
    return [
        {"id": name, "description": text, "proves": proves.get(name, [])}
        for name, text in faults.catalogue().items()
    ]


def profile_rows() -> Rows:
    """Give ``id, title, version, specifications`` of every bundled profile."""
    rows = []
    for name in profiles.names():
        profile = profiles.load(name)
        rows.append(
            {
                "id": name,
                "title": profile.title,
                "version": profile.version,
                "specifications": list(profile.specifications),
            }
        )
    return rows


def rule_rows() -> Rows:
    """Give ``id, description`` of everything the reference issuer refuses."""
    from harness.reference import rules

    return [{"id": name, "description": text} for name, text in rules.catalogue().items()]


LISTS: Mapping[str, Callable[[], Rows]] = {
    "checks": check_rows,
    "requirements": requirement_rows,
    "versions": version_table.rows,
    "faults": fault_rows,
    "profiles": profile_rows,
    "rules": rule_rows,
}


def line(what: str, row: Mapping[str, Json]) -> str:
    """Give one row as a line for a terminal."""
    if what == "checks":
        return f"{row['id']:48} {row['level']:7}{row['area']}: {row['description']}"
    if what == "requirements":
        state = ", ".join(row["checks"]) if row["testable"] else f"untestable: {row['untestable']}"
        rests = f" ({Basis(row['basis']).words})" if row["basis"] else ""
        return f"{row['id']:22} {row['level']:7}{row['text']}{rests} [{state or 'no check'}]"
    if what == "versions":
        return version_table.line(row)
    if what == "faults":
        return f"{row['id']:48} {row['description']} [{', '.join(row['proves'])}]"
    if what == "profiles":
        return f"{row['id']:24} {row['title']}"
    return f"{row['id']:36} {row['description']}"


def checks_page() -> str:
    """Give ``docs/checks.md``: every check with its requirements and the faults that prove it."""
    lines = [
        "# Checks",
        "",
        "Made by `make docs`; do not edit. [report.md](report.md) tells what levels and verdicts mean. By the",
        "stricter profiles of [haip.md](haip.md) a finding can be of a higher level than the one here.",
    ]
    area = None
    for row in check_rows():
        if row["area"] != area:
            area = row["area"]
            lines += [
                "",
                f"## {area}",
                "",
                "| check | level | what it says | requirements | proven by |",
                "|" + " --- |" * 5,
            ]
        faults = ", ".join(f"`{fault}`" for fault in row["proven_by"])
        requirements = ", ".join(row["requirements"])
        if row["basis"]:
            requirements += f" *({', '.join(row['basis'])})*"
        cells = (f"`{row['id']}`", row["level"], row["description"], requirements, faults)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def requirements_page() -> str:
    """Give ``docs/requirements.md``: every requirement with its checks or the reason why there are none."""
    lines = [
        "# Requirements",
        "",
        "Made by `make docs`; do not edit. The texts are ours, the links lead to the clauses.",
    ]
    spec = None
    for row in requirement_rows():
        if row["spec"] != spec:
            spec = row["spec"]
            lines += ["", f"## {spec}", "", "| requirement | level | text | checks |", "|" + " --- |" * 4]
        by = ", ".join(f"`{name}`" for name in row["checks"]) or f"*untestable:* {row['untestable']}"
        rests = f" *({Basis(row['basis']).words})*" if row["basis"] else ""
        lines.append(f"| [{row['id']}]({row['link']}) | {row['level']} | {row['text']}{rests} | {by} |")
    return "\n".join(lines) + "\n"


def contradictions_page() -> str:
    """Give ``docs/govuk-contradictions.md``: where the documents of GOV.UK Wallet contradict each other."""
    lines = [
        "# Where the documents of GOV.UK Wallet contradict each other",
        "",
        "Made by `make docs`; do not edit. What only one side asks for is a warning; findings name both sides.",
        "[govuk-wallet.md](govuk-wallet.md) tells how to judge as the official test harness does instead.",
        "",
    ]
    return "\n".join(lines) + "\n" + contradictions.table()


def _peculiarities() -> str:
    from harness.partisia import peculiarities_table

    return peculiarities_table.table()


PAGES: Mapping[str, Callable[[], str]] = {
    "checks.md": checks_page,
    "requirements.md": requirements_page,
    "coverage.md": coverage.page,
    "versions.md": version_table.page,
    "govuk-contradictions.md": contradictions_page,
}
"""Generated pages below ``docs/``."""

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "govuk-wallet.md": {"comparison": comparison.table},
    "partisia.md": {"peculiarities": _peculiarities},
    "haip.md": {
        "judged": peer_plan.profiles_table,
        "modules": peer_plan.modules_table,
        "cases": peer_plan.cases_table,
        "gaps": peer_plan.gaps_table,
    },
}
"""Page below ``docs/`` to its generated parts, by the word in the comments around them."""


def with_fresh_parts(page: str, text: str) -> str:
    """Give the text of a page with its generated parts as they are now.

    Raises:
        ValueError: the page lacks the comments around a part.

    """
    for word, make in PARTS[page].items():
        begin, end = f"<!-- {word}: made by `make docs`; do not edit -->\n", f"<!-- end of {word} -->\n"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{page} has no place for {word}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


def write(folder: Path) -> None:
    """Bring the generated pages and parts of pages in a folder up to date."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
    for name in PARTS:
        file = folder / name
        file.write_text(with_fresh_parts(name, file.read_text(encoding="utf-8")), encoding="utf-8")
