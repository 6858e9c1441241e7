"""Subcommands of ``assay`` that work on reports: each adds its arguments and gives an exit code and text."""

from __future__ import annotations


class UsageError(Exception):
    """Arguments or files cannot be used; the message is one line."""
