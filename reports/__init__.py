"""Renderers: a run report in, text out. Pure: no clock, no network, no test runner."""
