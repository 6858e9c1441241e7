"""The trend over many reports as one HTML page: no network, no scripts, the same reports give the same page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.model import Json, Level, Verdict
from reports.html import environment
from reports.identity import FindingKey, finding_key, steady
from reports.words import LAYERS, RUN_VERDICTS

DRAWN = 60
"""Most runs that the chart and the strips draw; the newest ones."""
LISTED = 300
"""Most runs and most findings of a series that are listed."""
_DECIDED = {Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.WAIVED}


@dataclass(frozen=True)
class Past:
    """What the history keeps of one report."""

    name: str
    """Path of the file below the folder."""
    link: str | None
    """Relative URL of the page beside it, if there is one."""
    issuer: str
    profile: str
    tool: str
    product: str
    """What the team says of the deployment; empty when it says nothing."""
    started: str
    verdict: str
    summary: str
    counts: Mapping[str, int]
    """Distinct findings by layer (see :data:`reports.words.LAYERS`)."""
    found: Mapping[tuple[str, str], str]
    """Check and code of each finding to the layer that weighs most."""
    decided: frozenset[str]
    """Checks that came to a verdict."""


def remember(report: Mapping[str, Json], name: str, link: str | None = None) -> Past:
    """Give what the history keeps of a report."""
    layers: dict[FindingKey, str] = {}
    found: dict[tuple[str, str], str] = {}
    for result in report["results"]:
        for finding in result["findings"]:
            layer = _layer(result["verdict"], finding["level"])
            _keep_gravest(layers, finding_key(result, finding), layer)
            _keep_gravest(found, (result["check"], finding["code"]), layer)
    target, counts = report["target"], Counter(layers.values())
    product = (target.get(part) for part in ("vendor", "product", "version"))
    return Past(
        name=name,
        link=link,
        issuer=target["issuer"],
        profile=target["profile"],
        tool=report["tool"]["version"],
        product=" ".join(str(part) for part in product if part),
        started=report["started"],
        verdict=report["verdict"],
        summary=report["summary"],
        counts={layer: counts[layer] for layer in LAYERS},
        found=found,
        decided=frozenset(result["check"] for result in report["results"] if result["verdict"] in _DECIDED),
    )


def render_history(pasts: Iterable[Past], skipped: Sequence[str] = ()) -> str:
    """Render reports to a self-contained page, one series for each issuer and profile.

    Args:
        pasts: the reports, oldest first.
        skipped: a line for each file that was left out.

    """
    groups: dict[tuple[str, str], list[Past]] = {}
    for past in pasts:
        groups.setdefault((steady(past.issuer), past.profile), []).append(past)
    series = [_series(place, past) for place, (_, past) in enumerate(sorted(groups.items()), start=1)]
    return (
        environment()
        .get_template("history.html.jinja")
        .render(
            series=series,
            runs=sum(len(one.runs) for one in series),
            skipped=skipped,
            run_verdicts=RUN_VERDICTS,
            layers=LAYERS,
            listed=LISTED,
            icons=_ICONS,
        )
    )


_ICONS = {
    "conformant": "pass",
    "conformant-with-waivers": "waived",
    "not-conformant": "fail",
    "incomplete": "error",
}


@dataclass(frozen=True)
class Life:
    """One finding over the runs of a series."""

    check: str
    code: str
    layer: str
    """Of the newest run that has it."""
    states: tuple[str, ...]
    """For each run: a layer, ``absent``, or ``not-judged`` where its check came to no verdict."""
    first: str
    last: str
    """When the first and the last run that have it started."""
    seen: int
    returns: int
    """How often it came back after a run that was without it."""
    story: str
    """``there``, ``gone`` or ``not judged`` in the newest run."""


@dataclass(frozen=True)
class Bar:
    """One run in the chart, in pixels."""

    run: Past
    x: float
    width: float
    parts: tuple[tuple[str, float, float], ...]
    """Layer, top and height."""


@dataclass(frozen=True)
class Chart:
    """Findings by layer over time, in pixels."""

    width: int
    height: int
    floor: int
    """Where the bars stand."""
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[int, float], ...]
    """Number and height of each line of the scale."""
    labels: tuple[tuple[str, float, str], ...]
    """Day, place and anchor below the bars."""


@dataclass(frozen=True)
class Series:
    """All runs against one issuer under one profile, oldest first."""

    number: int
    runs: tuple[Past, ...]
    chart: Chart
    lives: tuple[Life, ...]

    @property
    def newest(self) -> Past:
        """The run that tells how things stand."""
        return self.runs[-1]


_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _FOOT = 960, 260, 44, 12, 14, 30
"""Pixels: the whole chart, and the room around its bars."""


def _series(number: int, runs: Sequence[Past]) -> Series:
    return Series(number, tuple(runs), _chart(runs[-DRAWN:]), tuple(_lives(runs)))


def _chart(runs: Sequence[Past]) -> Chart:
    floor = _HEIGHT - _FOOT
    most = max((sum(run.counts.values()) for run in runs), default=0)
    step = _step(most)
    top = max(step, -(-most // step) * step)
    scale = (floor - _TOP) / top
    slot = (_WIDTH - _LEFT - _RIGHT) / max(len(runs), 1)
    width = min(slot * 0.72, 48)
    bars = []
    for place, run in enumerate(runs):
        parts, y = [], float(floor)
        for layer in LAYERS:
            height = run.counts[layer] * scale
            y -= height
            parts.append((layer, round(y, 2), round(height, 2)))
        bars.append(Bar(run, round(_LEFT + slot * (place + 0.5) - width / 2, 2), round(width, 2), tuple(parts)))
    ticks = tuple((value, round(floor - value * scale, 2)) for value in range(0, top + 1, step))
    return Chart(_WIDTH, _HEIGHT, floor, tuple(bars), ticks, _labels(bars))


def _labels(bars: Sequence[Bar]) -> tuple[tuple[str, float, str], ...]:
    """Name the day of the first and of the last run."""
    ends = [(bars[0], "start"), (bars[-1], "end")] if len(bars) > 1 else [(bar, "middle") for bar in bars]
    places = {"start": 0.0, "middle": 0.5, "end": 1.0}
    return tuple(
        (bar.run.started[:10], round(bar.x + bar.width * places[anchor], 2), anchor) for bar, anchor in ends
    )


def _step(most: int) -> int:
    """Give the distance of the lines of a scale: 1, 2 or 5 times a power of ten, at most five lines."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 5 * factor * power:
                return factor * power
        power *= 10


def _lives(runs: Sequence[Past]) -> list[Life]:
    names = dict.fromkeys(name for run in runs for name in run.found)
    lives = [_life(name, runs) for name in names]
    order = {"there": 0, "not judged": 1, "gone": 2}
    lives.sort(
        key=lambda life: (order[life.story], list(LAYERS).index(life.layer), -life.seen, life.check, life.code)
    )
    return lives


def _life(name: tuple[str, str], runs: Sequence[Past]) -> Life:
    check, code = name
    states = [run.found.get(name, "absent" if check in run.decided else "not-judged") for run in runs]
    having = [run for run in runs if name in run.found]
    known = [state != "absent" for state in states if state != "not-judged"]
    returns = sum(known[place] and not known[place - 1] for place in range(1, len(known)))
    story = {"absent": "gone", "not-judged": "not judged"}.get(states[-1], "there")
    return Life(
        check=check,
        code=code,
        layer=having[-1].found[name],
        states=tuple(states[-DRAWN:]),
        first=having[0].started,
        last=having[-1].started,
        seen=len(having),
        returns=returns - (not known[0] and returns > 0),
        story=story,
    )


_Name = TypeVar("_Name", bound=tuple[str, ...])


def _layer(verdict: str, level: str) -> str:
    if verdict == Verdict.WAIVED:
        return "waived"
    return "must" if level == Level.MUST else "should"


def _keep_gravest(layers: dict[_Name, str], name: _Name, layer: str) -> None:
    order = list(LAYERS)
    if name not in layers or order.index(layer) < order.index(layers[name]):
        layers[name] = layer
