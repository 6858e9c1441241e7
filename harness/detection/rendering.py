"""A detection for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.detection.detection import Certainty, Detection, Fit, Seen, links
from harness.inspection.rendering import Style, printable
from harness.model import Json

_COLOURS = {Certainty.SURE: "good", Certainty.LIKELY: "good", Certainty.OPEN: "should", Certainty.MIXED: "must"}
_MOST_PLACES = 1


def terminal(found: Detection, notes: Sequence[str], style: Style) -> str:
    """Give a detection as text for people."""
    return "\n".join(_lines(found, notes, style)) + "\n"


def _lines(found: Detection, notes: Sequence[str], style: Style) -> Iterator[str]:
    best = found.best
    yield style.paint("heading", best.title)
    yield style.paint(_COLOURS[found.certainty], told(found))
    yield f"Profile: {found.profile} (assay run --issuer-url URL --vci-profile {found.profile})"
    for system in found.systems:
        yield f"  {system.profile} is a profile of its own: {system.says}. By the version: {best.profile}"
    yield ""
    yield style.paint("heading", "What was read")
    for document in found.documents:
        yield f"  {document.kind.words}: {printable(document.source)}"
    for note in notes:
        yield f"  {style.paint('should', 'not read')}: {printable(note)}"
    for heading, mark, colour, seen in (
        (f"What speaks for {_short(best)}", "+", "good", best.speaking),
        (f"What contradicts {_short(best)}", "-", "must", best.contradicting),
        ("What else was seen", " ", "dim", _others(found)),
    ):
        if seen:
            yield ""
            yield style.paint("heading", heading)
        for one in seen:
            yield f"  {style.paint(colour, mark)} {one.document.kind.words}: {one.trait.says}"
            yield f"      {_versions(one)}"
            if one.pointers != ("",):
                yield style.paint("dim", f"      at {_places(one.pointers)}")
    yield ""
    yield style.paint("heading", "All versions")
    for fit in found.fits:
        speaking, against = len(fit.speaking), len(fit.contradicting)
        by = f": {'; '.join(one.trait.says for one in fit.contradicting)}" if against else ""
        yield f"  {_short(fit):9} {speaking:2} for, {against} against{by}"


def told(found: Detection) -> str:
    """Say in a sentence how sure a detection is."""
    match found.certainty:
        case Certainty.SURE:
            return "Sure: every other version is contradicted."
        case Certainty.LIKELY:
            return f"Likely: nothing contradicts {_listed(found.possible)} either, but less speaks for it."
        case Certainty.OPEN:
            return f"Open: {_listed(found.alike)} would fit as well; these documents do not tell them apart."
        case Certainty.MIXED:
            cleaner = f" Nothing contradicts {_listed(found.possible)}." if found.possible else ""
            return f"Mixed: it fits best, and yet something contradicts it.{cleaner}"


def _others(found: Detection) -> list[Seen]:
    told_already = {one.trait.id for one in (*found.best.speaking, *found.best.contradicting)}
    return list({one.trait.id: one for one in found.seen if one.trait.id not in told_already}.values())


def _versions(one: Seen) -> str:
    parts = []
    for word, sections in (("as in", one.trait.speaks_for), ("not as in", one.trait.contradicts)):
        if sections:
            named = ", ".join(f"{_words(name)} ({section})" for name, section in sections.items())
            parts.append(f"{word} {named}")
    return "; ".join(parts)


def _places(pointers: Sequence[str]) -> str:
    shown = ", ".join(printable(pointer) for pointer in pointers[:_MOST_PLACES])
    more = len(pointers) - _MOST_PLACES
    return f"{shown} and {more} more" if more > 0 else shown


def _short(fit: Fit) -> str:
    return _words(fit.version)


def _words(version: str) -> str:
    return version.replace("draft-", "draft ")


def _listed(fits: Sequence[Fit]) -> str:
    names = [_short(fit) for fit in fits]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def as_json(found: Detection, notes: Sequence[str]) -> dict[str, Json]:
    """Give a detection as JSON types."""
    return {
        "version": found.best.version,
        "title": found.best.title,
        "profile": found.profile,
        "certainty": str(found.certainty),
        "summary": told(found),
        "systems": [{"profile": one.profile, "says": one.says} for one in found.systems],
        "alike": [fit.version for fit in found.alike],
        "documents": [{"kind": str(one.kind), "source": one.source} for one in found.documents],
        "notes": list(notes),
        "versions": [
            {
                "version": fit.version,
                "profile": fit.profile,
                "score": fit.score,
                "for": [one.trait.id for one in fit.speaking],
                "against": [one.trait.id for one in fit.contradicting],
            }
            for fit in found.fits
        ],
        "traits": [
            {
                "id": one.trait.id,
                "says": one.trait.says,
                "document": str(one.document.kind),
                "source": one.document.source,
                "places": list(one.pointers),
                "weight": one.trait.weight,
                "for": dict(links(one.trait.speaks_for)),
                "against": dict(links(one.trait.contradicts)),
            }
            for one in found.seen
        ],
    }
