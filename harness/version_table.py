"""Which requirement of OpenID4VCI 1.0 holds in which version, as rows and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness import catalogue, profiles, versions
from harness.model import Json, Requirement
from harness.versions import Version

Rows = list[dict[str, Json]]


def rows() -> Rows:
    """Give ``id, level, text, link, holds, differs, absent`` of every requirement of 1.0.

    ``holds`` is an object of version to section, ``differs`` one of version to a sentence, and ``absent`` a list.
    """
    known = _known()
    return [
        {
            "id": one.id,
            "level": str(one.level),
            "text": one.text,
            "link": one.link,
            "holds": {each.name: each.holds[one.id] for each in known if one.id in each.holds},
            "differs": {each.name: each.differs[one.id] for each in known if one.id in each.differs},
            "absent": [each.name for each in known if one.id in each.absent],
        }
        for one in _requirements()
    ]


def line(row: Mapping[str, Json]) -> str:
    """Give one row as a line for a terminal."""
    held = ", ".join(f"{name} ({section})" for name, section in row["holds"].items()) or "1.0 only"
    differs = f"; otherwise in {', '.join(row['differs'])}" if row["differs"] else ""
    return f"{row['id']:22} {row['level']:7}{row['text']} [{held}{differs}]"


def page() -> str:
    """Give ``docs/versions.md``: what holds where, and what the versions say instead."""
    known, requirements = _known(), _requirements()
    lines = [
        "# Versions of OpenID4VCI",
        "",
        "Made by `make docs`; do not edit. Which requirements of 1.0 are in which version: where they are, the",
        "section that asks the same of the issuer is linked, be it of a member with another name; *other* stands",
        "where the version has another rule on the matter, told below; a dash where it has none.",
        "[drafts.md](drafts.md) tells how to judge an issuer that speaks a draft. The working draft of 1.1 may",
        "still change.",
        "",
        "| version | requirements of 1.0 that hold | with another rule | absent | only of this version |",
        "|" + " --- |" * 5,
    ]
    for each in known:
        counted = (len(each.holds), len(each.differs), len(each.absent), _own(each))
        lines.append(f"| [{each.title}]({each.url}) | {' | '.join(map(str, counted))} |")
    lines += [
        "",
        "## What holds where",
        "",
        f"| requirement | {' | '.join(each.name for each in known)} |",
        "|" + " --- |" * (1 + len(known)),
    ]
    lines += [
        f"| [{one.id}]({one.link}) | {' | '.join(_cell(one, each) for each in known)} |" for one in requirements
    ]
    for each in known:
        if each.differs:
            lines += [
                "",
                f"## Otherwise in {each.title}",
                "",
                "| requirement | in 1.0 | there |",
                "|" + " --- |" * 3,
            ]
            lines += [
                f"| {one.id} | {one.text} | {each.differs[one.id]} |"
                for one in requirements
                if one.id in each.differs
            ]
    return "\n".join(lines) + "\n"


def _known() -> Sequence[Version]:
    return [versions.load(name) for name in versions.names()]


def _requirements() -> Sequence[Requirement]:
    return list(catalogue.of((versions.PREFIX,)).values())


def _cell(requirement: Requirement, version: Version) -> str:
    section = version.holds.get(requirement.id)
    if section is not None:
        return f"[{section}]({version.link(section)})"
    return "*other*" if requirement.id in version.differs else "–"


def _own(version: Version) -> str:
    """Count what the profile of a version takes from its text alone."""
    name = f"oid4vci-{version.name}"
    if name not in profiles.names():
        return "–"
    judging = catalogue.of(profiles.load(name).specifications)
    return str(sum(1 for one in judging.values() if one.spec == version.title))
