"""``assay report``: renders a report.json in another format, without any network."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.commands import UsageError

OUTPUTS: Mapping[str, str] = {
    "html": ".html",
    "markdown": ".md",
    "junit": ".junit.xml",
    "badge": ".badge.json",
    "allure": "-allure",
    "sarif": ".sarif",
}
"""Format to what takes the place of ``.json`` in the name of what is written beside the report."""
FOLDER = "allure"
"""The format that is a folder of files."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("report", help="render a report.json in another format")
    parser.add_argument("file", type=Path, metavar="FILE", help="a report.json")
    parser.add_argument("--format", choices=tuple(OUTPUTS), default="html", help="default: html")
    parser.add_argument(
        "--output", metavar="PATH", help="where to write, or - for standard output (default: beside FILE)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Render a report; give the path that was written, or the text itself for ``-``.

    Raises:
        UsageError: the report cannot be read, or the output cannot be written.

    """
    from reports import allure, json_file

    file: Path = options.file
    to_stdout = options.output == "-"
    if to_stdout and options.format == FOLDER:
        raise UsageError("--format allure writes a folder; give its path as --output")
    target = Path(options.output) if options.output else file.with_name(file.stem + OUTPUTS[options.format])
    try:
        report = json_file.read(file)
        if options.format == FOLDER:
            allure.write_allure(report, target)
        else:
            text = _renderer(options.format)(report)
            if to_stdout:
                return 0, text
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except (json_file.ReportError, allure.AllureError) as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    return 0, f"{target}\n"


def _renderer(name: str) -> Callable[[Mapping[str, Any]], str]:
    from reports.badge import render_badge
    from reports.html import render_html
    from reports.junit import render_junit
    from reports.markdown import render_markdown
    from reports.sarif import render_sarif

    renderers: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "html": render_html,
        "markdown": render_markdown,
        "junit": render_junit,
        "badge": render_badge,
        "sarif": render_sarif,
    }
    return renderers[name]
