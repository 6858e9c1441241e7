"""The verdict as a badge: the JSON that the endpoint badge of shields.io reads. Words, never a percentage."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.model import Json, RunVerdict
from reports.printable import one_line
from reports.words import RUN_VERDICTS

_COLORS = {
    RunVerdict.CONFORMANT: "brightgreen",
    RunVerdict.CONFORMANT_WITH_WAIVERS: "yellow",
    RunVerdict.NOT_CONFORMANT: "red",
    RunVerdict.INCOMPLETE: "lightgrey",
}
_LABEL_LIMIT = 40


def render_badge(report: Mapping[str, Json]) -> str:
    """Render a report to a document of the shields.io endpoint schema, version 1; its label is the profile."""
    verdict = RunVerdict(report["verdict"])
    words = [
        f"{one_line(part['name'], _LABEL_LIMIT)} {RUN_VERDICTS[part['verdict']][0].lower()}"
        for part in report.get("verdicts") or ()
    ]
    badge = {
        "schemaVersion": 1,
        "label": one_line(report["target"]["profile"], _LABEL_LIMIT) or "profile unknown",
        "message": ", ".join(words) or RUN_VERDICTS[verdict][0].lower(),
        "color": _COLORS[verdict],
    }
    return json.dumps(badge, ensure_ascii=False, indent=2) + "\n"
