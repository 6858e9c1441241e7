"""What is taken for the same time on two machines."""

from __future__ import annotations

SKEW_S = 60.0
"""Seconds by which two honest clocks may differ."""
