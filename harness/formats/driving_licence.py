"""The data elements of a mobile driving licence, inside and beside each other (ISO/IEC 18013-5:2021 clause 7.2).

Their presence and types are the matter of ``mdoc_elements``. Problems of :func:`problems`; pointers begin with
``nameSpaces``:

- ``privilege-form``: ``driving_privileges`` is no array of maps, each with a text ``vehicle_category_code``
  (7.2.4).
- ``privilege-date``: a date of a privilege has not the tag 1004 (7.2.4).
- ``privilege-codes``: ``codes`` of a privilege is no non-empty array of maps with a text ``code`` and, if wanted,
  texts ``sign`` and ``value`` (7.2.4).
- ``age-name``: an age attestation is not called ``age_over_`` and two digits (7.2.5).
- ``age-type``: an age attestation is no boolean (7.2.5).
- ``age-contradiction``: two age attestations, or one and ``birth_date``, cannot both be true (7.2.5).
- ``jurisdiction``: ``issuing_jurisdiction`` is not in ``issuing_country`` (7.2.1).
- ``element-letters``: a text whose length is limited has characters that ISO/IEC 8859-1 has not (7.2.1).
- ``element-unknown``: the namespace has an element that the table does not list (7.2.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from harness.formats import cbor
from harness.formats.mdoc_elements import element_sets
from harness.formats.problems import Problem, shown
from harness.formats.strict_json import pointer

DOCTYPE = "org.iso.18013.5.1.mDL"
NAMESPACE = "org.iso.18013.5.1"
_FULL_DATE = 1004
_AGE = re.compile(r"age_over_([0-9]{2})", re.ASCII)
_AGE_PREFIX = "age_over_"
_LAST_LATIN = "\xff"


def problems(namespaces: Mapping[str, Mapping[str, Any]], now: float) -> tuple[Problem, ...]:
    """Judge the data elements of a mobile driving licence.

    Args:
        namespaces: namespace to data element identifier to value as ``cbor`` gives it.
        now: seconds since 1970 in UTC, for the age of the holder.

    """
    elements = namespaces.get(NAMESPACE, {})
    return (
        *_privileges_problems(elements.get("driving_privileges", [])),
        *_age_problems(elements),
        *_contradictions(elements, datetime.fromtimestamp(now, UTC).date()),
        *_jurisdiction_problems(elements),
        *_letter_problems(elements),
        *_unknown_problems(elements),
    )


def _place(*parts: str | int) -> str:
    return f"nameSpaces{pointer(NAMESPACE, *parts)}"


def _privileges_problems(privileges: Any) -> Iterator[Problem]:
    if not isinstance(privileges, list):
        yield Problem("privilege-form", "driving_privileges is no array", _place("driving_privileges"))
        return
    for index, privilege in enumerate(privileges):
        place = _place("driving_privileges", index)
        if not isinstance(privilege, dict) or not isinstance(privilege.get("vehicle_category_code"), str):
            yield Problem("privilege-form", "a privilege is no map with a vehicle_category_code", place)
            continue
        for name in ("issue_date", "expiry_date"):
            if name in privilege and not _is_full_date(privilege[name]):
                yield Problem("privilege-date", f"{name} has not the tag {_FULL_DATE}", f"{place}/{name}")
        if "codes" in privilege and not _are_codes(privilege["codes"]):
            yield Problem("privilege-codes", "codes is no array of maps with a code", f"{place}/codes")


def _is_full_date(value: Any) -> bool:
    return isinstance(value, cbor.Tag) and value.number == _FULL_DATE


def _are_codes(codes: Any) -> bool:
    return (
        isinstance(codes, list)
        and bool(codes)
        and all(
            isinstance(code, dict)
            and isinstance(code.get("code"), str)
            and all(isinstance(code.get(name, ""), str) for name in ("sign", "value"))
            for code in codes
        )
    )


def _age_problems(elements: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in elements.items():
        if not name.startswith(_AGE_PREFIX):
            continue
        if not _AGE.fullmatch(name):
            yield Problem("age-name", f"{shown(name)} is no age attestation of two digits", _place(name))
        elif not isinstance(value, bool):
            yield Problem("age-type", f"{name} is no boolean", _place(name))


def _contradictions(elements: Mapping[str, Any], today: date) -> Iterator[Problem]:
    said = {
        int(found[1]): value
        for name, value in elements.items()
        if (found := _AGE.fullmatch(name)) and isinstance(value, bool)
    }
    reached = max((age for age, value in said.items() if value), default=None)
    missed = min((age for age, value in said.items() if not value), default=None)
    if reached is not None and missed is not None and reached > missed:
        detail = f"over {reached} but not over {missed}"
        yield Problem("age-contradiction", detail, _place(f"{_AGE_PREFIX}{missed:02}"))
        return
    age = _age(elements.get("birth_date"), today)
    # A year of leeway: the attestation may be older than today, and the day of birth approximate.
    if age is not None and reached is not None and age + 1 < reached:
        yield Problem("age-contradiction", "birth_date is later", _place(f"{_AGE_PREFIX}{reached:02}"))
    if age is not None and missed is not None and age - 1 > missed:
        yield Problem("age-contradiction", "birth_date is earlier", _place(f"{_AGE_PREFIX}{missed:02}"))


def _age(birth_date: Any, today: date) -> int | None:
    if not _is_full_date(birth_date) or not isinstance(birth_date.value, str):
        return None
    if not cbor.is_full_date(birth_date.value):
        return None
    born = date.fromisoformat(birth_date.value)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _jurisdiction_problems(elements: Mapping[str, Any]) -> Iterator[Problem]:
    jurisdiction, country = elements.get("issuing_jurisdiction"), elements.get("issuing_country")
    if isinstance(jurisdiction, str) and isinstance(country, str) and jurisdiction.split("-")[0] != country:
        detail = f"issuing_jurisdiction {shown(jurisdiction)} is not in {shown(country)}"
        yield Problem("jurisdiction", detail, _place("issuing_jurisdiction"))


def _letter_problems(elements: Mapping[str, Any]) -> Iterator[Problem]:
    for element in element_sets()[DOCTYPE].elements:
        value = elements.get(element.identifier)
        if element.max_length is not None and isinstance(value, str) and any(c > _LAST_LATIN for c in value):
            detail = f"{element.identifier} has characters that are not of Latin-1"
            yield Problem("element-letters", detail, element.place)


def _unknown_problems(elements: Mapping[str, Any]) -> Iterator[Problem]:
    known = element_sets()[DOCTYPE].elements
    for name in elements:
        # What is called an age attestation is told by its own problems.
        if not name.startswith(_AGE_PREFIX) and not any(element.is_called(name) for element in known):
            yield Problem("element-unknown", f"{shown(name)} is none of the table", _place(name))
