"""What a conformance run loads, for the process from which tests start such runs."""

from __future__ import annotations

import pytest

import harness.conformance
import harness.reference.serve
import harness.reference.variants
import harness.run
import reports.html
import reports.json_file
from harness import catalogue, checks, profiles

for _ in (pytest, harness, reports, profiles):
    assert _
checks.load()
catalogue.load()
