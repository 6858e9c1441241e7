"""Renderers: a run report in, text out. Pure: no clock, no network, no test runner."""

from reports.html import render_html

__all__ = ["render_html"]
