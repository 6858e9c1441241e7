"""What a run with ``--alluredir`` tells allure-pytest: the same labels, links, steps and attachments that
``reports.allure`` writes from a report.

Loaded in such a run only. Exchanges carry no numbers here, because those of a worker of pytest-xdist are not those
of the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import allure
import pytest

from harness.checks import Check
from harness.model import CheckResult, Exchange, Json, Requirement
from reports import allure as words


def mark(item: pytest.Item, check: Check, requirements: Mapping[str, Requirement]) -> None:
    """Give an item the labels, links and description of its check."""
    cited = [requirements[name].to_json() for name in check.requires if name in requirements]
    for kind, value in words.labels(check.area, cited):
        item.add_marker(pytest.mark.allure_label(value, label_type=kind))
    for name, url in words.links(cited):
        item.add_marker(pytest.mark.allure_link(url, link_type="link", name=name))
    item.add_marker(pytest.mark.allure_description(words.description(check.description)))


def record(result: CheckResult, exchanges: Sequence[Exchange]) -> None:
    """Tell what became of the check that runs now.

    Args:
        result: what it said.
        exchanges: those of the run so far.

    """
    told = result.to_json()
    by_number = {exchange.number: exchange.to_json() for exchange in _of(result, exchanges)}
    # Without it, Allure takes the configurations of a check for retries of one test.
    dynamic: Any = allure.dynamic
    dynamic.parameter("configuration", result.configuration or "-")
    dynamic.tag(words.verdict_tag(result.verdict))
    for step in words.steps(told["findings"]):
        _step(step, by_number.get(step.exchange or 0))
    for number in words.other_exchanges(told):
        _attach(by_number.get(number))


def _of(result: CheckResult, exchanges: Sequence[Exchange]) -> list[Exchange]:
    wanted = {*result.exchanges, *(finding.exchange for finding in result.findings)}
    return [exchange for exchange in exchanges if exchange.number in wanted]


def _step(step: words.Step, exchange: Mapping[str, Json] | None) -> None:
    """Tell a finding as a step that failed; the test itself does not fail by that."""
    context = allure.step(step.name)
    context.params = dict(step.parameters)
    with suppress(AssertionError), context:
        _attach(exchange)
        raise AssertionError(step.parameters["observed"])


def _attach(exchange: Mapping[str, Json] | None) -> None:
    if exchange is not None:
        allure.attach(
            words.conversation(exchange),
            name=words.attachment_name(exchange),
            attachment_type=allure.attachment_type.TEXT,
        )
