"""SVG drawings (SVG 2) made of straight lines, as grey values: enough for the QR codes that generators draw.

Rectangles, polygons and paths without curves are drawn, black where they are filled with or stroked in anything
but white. Gradients, masks, texts and the like are left out; a drawing with curves or without shapes is not read.

Codes: ``picture-malformed``, ``picture-too-large``, ``picture-unsupported``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from harness.formats.raster import PictureError, Raster

_SIDE = 600
"""Pixels of the longer side of what is made."""
_MOST_POINTS = 100_000
_MOST_SHAPES = 20_000
_MOST_CROSSINGS = 2_000_000
"""Rows of pixels that the lines of a drawing may cross."""
_FARTHEST = 1e6
_SMALLEST = 1e-3
_MAX_MARKUP = 1_000_000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_NUMBERS = re.compile(_NUMBER)
_COMMAND = re.compile(r"([A-Za-z])([^A-DF-Za-df-z]*)")
"""A command of a path with its numbers, which may have an exponent."""
_TRANSFORM = re.compile(r"(translate|scale)\(([^)]*)\)")
_WHITE = re.compile(r"white|#f{3,4}|#f{6}|#f{8}|rgba?\(\s*255\s*,\s*255\s*,\s*255\s*(?:,.*)?\)", re.IGNORECASE)
_NO_PAINT = frozenset({"none", "transparent"})
_INHERITED = ("fill", "stroke", "stroke-width", "fill-rule")

Point = tuple[float, float]


def read(markup: str) -> Raster:
    """Draw the outermost ``svg`` of some markup.

    Raises:
        PictureError: there are curves or no shapes, or there is too much of it.

    """
    if len(markup) > _MAX_MARKUP:
        raise PictureError("picture-too-large", f"the SVG drawing has more than {_MAX_MARKUP} characters")
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    if reader.box is None or not reader.shapes:
        raise PictureError("picture-unsupported", "the SVG drawing has no size or no shapes")
    left, top, width, height = reader.box
    if min(width, height) < _SMALLEST:
        raise PictureError("picture-malformed", "the SVG drawing has no proper size")
    scale = _SIDE / max(width, height)
    canvas = _Canvas(max(1, round(width * scale)), max(1, round(height * scale)))
    for shape in reader.shapes:
        moved = [[((x - left) * scale, (y - top) * scale) for x, y in line] for line in shape.lines]
        if shape.fill is not None:
            canvas.fill(moved, shape.fill)
        if shape.stroke is not None:
            half = shape.stroke_width * scale / 2
            for line in moved:
                for start, end in pairwise(line):
                    canvas.fill([_thick(start, end, half)], shape.stroke)
    return Raster(canvas.width, canvas.height, bytes(canvas.pixels))


@dataclass(frozen=True)
class _Shape:
    """Lines of points, and the grey values of their paint; ``None`` where there is none."""

    lines: list[list[Point]]
    fill: int | None
    stroke: int | None
    stroke_width: float


@dataclass(frozen=True)
class _Style:
    """What an element hands on to those within it: paint, and how it is moved and scaled."""

    paint: Mapping[str, str] = field(default_factory=dict)
    scale: Point = (1.0, 1.0)
    move: Point = (0.0, 0.0)

    def within(self, attributes: Mapping[str, str]) -> _Style:
        given = dict(attributes)
        for part in attributes.get("style", "").split(";"):
            name, colon, value = part.partition(":")
            if colon:
                given[name.strip().lower()] = value.strip()
        paint = {**self.paint, **{name: given[name] for name in _INHERITED if given.get(name)}}
        (sx, sy), (mx, my) = self.scale, self.move
        for found in _TRANSFORM.finditer(attributes.get("transform", "")):
            numbers = _numbers(found[2])[:2]
            if not numbers:
                continue
            if found[1] == "scale":
                sx, sy = sx * numbers[0], sy * numbers[-1]
            else:
                mx, my = mx + sx * numbers[0], my + sy * (numbers[1] if len(numbers) > 1 else 0)
        if max(map(abs, (sx, sy, mx, my))) > _FARTHEST:
            raise PictureError("picture-malformed", "the SVG drawing has points that are far off")
        return _Style(paint, (sx, sy), (mx, my))

    def shape(self, lines: list[list[Point]]) -> _Shape:
        (sx, sy), (mx, my) = self.scale, self.move
        moved = [[(x * sx + mx, y * sy + my) for x, y in line] for line in lines]
        widths = _numbers(self.paint.get("stroke-width", "1"))
        width = widths[0] * abs(sy) if widths else abs(sy)
        return _Shape(
            moved, _grey(self.paint.get("fill", "black")), _grey(self.paint.get("stroke", "none")), width
        )


def _numbers(text: str) -> list[float]:
    numbers = [float(number) for number in _NUMBERS.findall(text)]
    if any(abs(number) > _FARTHEST for number in numbers):
        raise PictureError("picture-malformed", "the SVG drawing has points that are far off")
    return numbers


def _grey(paint: str) -> int | None:
    if paint.strip().lower() in _NO_PAINT:
        return None
    return 255 if _WHITE.fullmatch(paint.strip()) else 0


class _Reader(HTMLParser):
    """Collects the shapes of a drawing; what it defines and does not show is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.box: tuple[float, float, float, float] | None = None
        self.shapes: list[_Shape] = []
        self._open: list[tuple[str, _Style]] = []
        self._points = 0
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)
        if tag in ("svg", "g") and len(self._open) < 100:
            style = self._open[-1][1] if self._open else _Style()
            self._open.append((tag, style.within({name: value or "" for name, value in attrs})))
        self._hidden += tag in ("defs", "clippath", "mask")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        self._hidden = max(0, self._hidden - (tag in ("defs", "clippath", "mask")))

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        tag = tag.rpartition(":")[2]
        if tag == "svg" and self.box is None:
            self.box = _box(attributes)
        if self._hidden or self.box is None:
            return
        style = (self._open[-1][1] if self._open else _Style()).within(attributes)
        match tag:
            case "rect":
                lines = [_rectangle(attributes, self.box)]
            case "polygon":
                numbers = _numbers(attributes.get("points", ""))
                lines = [list(zip(numbers[::2], numbers[1::2], strict=False))]
            case "path":
                lines = list(_path(attributes.get("d", "")))
            case _:
                return
        self._points += sum(map(len, lines))
        if self._points > _MOST_POINTS or len(self.shapes) >= _MOST_SHAPES:
            raise PictureError("picture-too-large", "the SVG drawing has too many points")
        self.shapes.append(style.shape(lines))


def _length(text: str, whole: float = 0.0) -> float:
    found = _numbers(text)
    if not found:
        return 0.0
    return found[0] * whole / 100 if text.strip().endswith("%") else found[0]


def _box(attributes: Mapping[str, str]) -> tuple[float, float, float, float]:
    numbers = _numbers(attributes.get("viewbox", ""))
    if len(numbers) == 4:
        return numbers[0], numbers[1], numbers[2], numbers[3]
    return 0.0, 0.0, _length(attributes.get("width", "")), _length(attributes.get("height", ""))


def _rectangle(attributes: Mapping[str, str], box: tuple[float, float, float, float]) -> list[Point]:
    x, y = _length(attributes.get("x", "0"), box[2]), _length(attributes.get("y", "0"), box[3])
    width = _length(attributes.get("width", "0"), box[2])
    height = _length(attributes.get("height", "0"), box[3])
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]


_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "z": 0}
"""Command of a path to how many numbers it takes (SVG 2 section 9.3)."""


def _path(text: str) -> Iterator[list[Point]]:
    """Give the lines of a path."""
    line: list[Point] = []
    x = y = 0.0
    points = 0
    for found in _COMMAND.finditer(text):
        command, relative = found[1].lower(), found[1].islower()
        if command not in _TAKES:
            raise PictureError("picture-unsupported", "the SVG drawing has curves")
        numbers = _numbers(found[2])
        if command == "z":
            if line:
                yield [*line, line[0]]
                x, y = line[0]
                line = [line[0]]
            continue
        takes = _TAKES[command]
        for at in range(0, len(numbers) - takes + 1, takes):
            points += 1
            if points > _MOST_POINTS:
                raise PictureError("picture-too-large", "the SVG drawing has too many points")
            if command == "h":
                x = numbers[at] + (x if relative else 0)
            elif command == "v":
                y = numbers[at] + (y if relative else 0)
            else:
                x = numbers[at] + (x if relative else 0)
                y = numbers[at + 1] + (y if relative else 0)
            if command == "m" and at == 0:
                if len(line) > 1:
                    yield line
                line = []
            line.append((x, y))
    if len(line) > 1:
        yield line


def _thick(start: Point, end: Point, half: float) -> list[Point]:
    """Give the outline of a line along one of the axes, or across."""
    (x1, y1), (x2, y2) = sorted((start, end))
    if abs(y2 - y1) > abs(x2 - x1):
        return [(x1 - half, y1), (x1 + half, y1), (x2 + half, y2), (x2 - half, y2), (x1 - half, y1)]
    return [(x1, y1 - half), (x2, y2 - half), (x2, y2 + half), (x1, y1 + half), (x1, y1 - half)]


class _Canvas:
    """White paper; shapes are painted where the middle of a pixel is within them (even-odd rule)."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.pixels = bytearray(b"\xff" * (width * height))
        self._left = _MOST_CROSSINGS

    def fill(self, lines: list[list[Point]], grey: int) -> None:
        """Paint what some closed lines enclose."""
        crossings: dict[int, list[float]] = {}
        for line in lines:
            closed = line if line and line[0] == line[-1] else [*line, *line[:1]]
            for (x1, y1), (x2, y2) in pairwise(closed):
                low, high = (y1, y2) if y1 < y2 else (y2, y1)
                rows = range(max(0, round(low)), min(self.height, round(high)))
                self._left -= len(rows)
                if self._left < 0:
                    raise PictureError("picture-too-large", "the SVG drawing has too many lines")
                for row in rows:
                    crossings.setdefault(row, []).append(x1 + (row + 0.5 - y1) * (x2 - x1) / (y2 - y1))
        paint = bytes([grey])
        for row, found in crossings.items():
            found.sort()
            for left, right in zip(found[::2], found[1::2], strict=False):
                start, stop = min(self.width, max(0, round(left))), min(self.width, max(0, round(right)))
                if start < stop:
                    self.pixels[row * self.width + start : row * self.width + stop] = paint * (stop - start)
