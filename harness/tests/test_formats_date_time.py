"""Times as XML Schema writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats import date_time

NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-15T12:00:00Z",
        "2023-11-15T12:00:00.000Z",
        "2023-11-15T14:00:00+02:00",
        "2023-11-15T02:30:00-09:30",
        "2023-11-16T02:00:00+14:00",
        "2023-11-15T12:00:00",  # Data Integrity 1.0 section 2.1: to be taken for UTC
    ],
)
def test_spellings_of_one_time(text: str) -> None:
    assert date_time.seconds(text) == NOON
    assert date_time.has_zone(text) is not text.endswith(":00:00")


def test_parts_of_seconds_and_the_end_of_a_day() -> None:
    assert date_time.seconds("2023-11-15T12:00:00.25Z") == NOON + 0.25
    assert date_time.seconds("2023-11-14T24:00:00Z") == date_time.seconds("2023-11-15T00:00:00Z")


@pytest.mark.parametrize(
    "value",
    [
        *("", "today", "2023-11-15", "12:00:00Z", "2023-11-15 12:00:00Z", "2023-11-15T12:00Z", "20231115T120000Z"),
        *("2023-02-30T12:00:00Z", "2023-13-01T12:00:00Z", "2023-11-15T25:00:00Z", "2023-11-15T24:00:01Z"),
        *("2023-11-15T12:60:00Z", "2023-11-15T12:00:61Z", "2023-11-15T12:00:00z", "2023-11-15T12:00:00+1400"),
        *(
            "2023-11-15T12:00:00+14:01",
            "2023-11-15T12:00:00+02:60",
            "2023-11-15T12:00:00Z\n",
            "２023-11-15T12:00:00Z",
        ),
        *(None, 1_700_049_600, [], {}),
    ],
)
def test_what_is_no_time(value: Any) -> None:
    assert date_time.seconds(value) is None


def test_years_beyond_the_calendar_count_as_its_ends() -> None:
    last, first = date_time.seconds("9999-01-01T00:00:00Z"), date_time.seconds("0001-01-01T00:00:00Z")
    assert date_time.seconds("123456-01-01T00:00:00Z") == last
    assert date_time.seconds("-0044-01-01T00:00:00Z") == first


@given(st.datetimes(timezones=st.timezones()))
def test_what_python_writes_is_read_alike(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60 or moment.year < 2 or moment.year > 9998:
        return
    if abs(offset.total_seconds()) > 14 * 3600:
        return  # as in Saipan before 1845; XML Schema knows no such offset
    assert date_time.seconds(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-5)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert isinstance(date_time.seconds(text), float | None)
