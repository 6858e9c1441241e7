"""What the places of credentials in status lists give away, judged by numbers and texts alone."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.evidence import IssuedCredential
from harness.formats.credential import read
from harness.formats.status_reference import Mechanism
from harness.lifecycle import allocation, personal
from harness.lifecycle.allocation import RARE, Allotted
from harness.lifecycle.series import Series, same_entry
from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.faults import Defects
from harness.reference.variants import VARIANTS

LIST = 1 << 17
LISTS = [1, 2, 8, 100, 1 << 13, LIST, 1 << 20, (1 << 24) - 3]


# Indices and chance


@pytest.mark.parametrize("size", LISTS)
def test_random_indices_never_look_regular(size: int) -> None:
    draw = random.Random(size)
    chances = [
        allocation.chance([draw.randrange(size) for _ in range(draw.randint(1, 9))], size) for _ in range(15_000)
    ]
    assert min(chances) >= RARE
    # As rare as it says: a chance below 1 in 1000 comes up about that often, at most.
    assert sum(chance < 1e-3 for chance in chances) <= 15 + 5 * math.sqrt(15)


@pytest.mark.parametrize("size", [LIST, 1 << 20])
def test_indices_drawn_without_repetition_never_look_regular(size: int) -> None:
    draw = random.Random(1)
    assert min(allocation.chance(draw.sample(range(size), 6), size) for _ in range(10_000)) >= RARE


@given(st.integers(0, LIST - 1), st.integers(5, 12), st.sampled_from([1, -1, 2, 7, 64]))
def test_counting_is_always_seen(start: int, count: int, step: int) -> None:
    indices = [(start + step * number) % LIST for number in range(count)]
    assert allocation.chance(indices, LIST) < RARE


@given(st.integers(0, LIST - 1), st.integers(1, LIST - 1), st.integers(5, 9))
def test_a_constant_step_of_any_length_is_seen(start: int, step: int, count: int) -> None:
    assert allocation.chance([(start + step * number) % LIST for number in range(count)], LIST) < RARE


@given(st.integers(0, LIST - 1), st.integers(0, 500), st.integers(0, 10**6))
def test_counting_is_seen_after_others_were_served(start: int, served: int, seed: int) -> None:
    draw = random.Random(seed)
    indices = [start, start + served]
    for _ in range(4):
        indices.append(indices[-1] + draw.randint(1, 3))
    assert allocation.chance([index % LIST for index in indices], LIST) < RARE


@given(st.integers(0, LIST - 1), st.integers(5, 9))
def test_one_index_for_all_is_seen(index: int, count: int) -> None:
    assert allocation.chance([index] * count, LIST) < RARE


@given(st.lists(st.integers(0, 6), max_size=6))
def test_in_a_list_of_seven_nothing_is_seen(indices: list[int]) -> None:
    assert allocation.chance(indices, 7) >= RARE


@given(st.lists(st.integers(-5, 200), max_size=8), st.integers(0, 100))
def test_the_chance_is_a_probability(indices: list[int], size: int) -> None:
    assert 0 < allocation.chance(indices, size) <= 1


# Lists of their own


def test_credentials_that_share_a_list_have_none_of_their_own() -> None:
    places = [Allotted("https://i.example/status/1", index, 3, "https://i.example/status/1") for index in range(4)]
    assert allocation.lists_of_their_own(places) is None


@settings(max_examples=50)
@given(st.lists(st.integers(0, LIST - 1), min_size=1, max_size=6, unique=True))
def test_lists_chosen_among_many_are_nobodys_own(indices: list[int]) -> None:
    places = [
        Allotted(f"https://i.example/{n}", index, LIST, f"https://i.example/{n}")
        for n, index in enumerate(indices)
    ]
    assert allocation.lists_of_their_own(places) is None
    assert not allocation.indices_in_uris(places)


@pytest.mark.parametrize(
    "places",
    [
        [Allotted(f"https://i.example/{n}", n, 8) for n in range(3)],
        [Allotted(f"https://i.example/{n}", 0, LIST) for n in range(4)],
        [Allotted(f"https://i.example/list?{n}", 5 + n, LIST, "https://i.example/list") for n in range(2)],
    ],
    ids=["of eight entries", "first in each", "by the query"],
)
def test_lists_of_their_own_are_seen(places: list[Allotted]) -> None:
    assert allocation.lists_of_their_own(places)


@pytest.mark.parametrize(
    "places",
    [
        [],
        [Allotted("https://i.example/1", 0, 8)],
        [Allotted(f"https://i.example/{n}", n, 8) for n in range(2)],
        [Allotted(f"https://i.example/{n}", 0, None) for n in range(5)],
        [Allotted(f"https://i.example/{n}", 0, 100) for n in range(3)],
        [Allotted(f"https://i.example/{n}", None, None) for n in range(5)],
    ],
    ids=["none", "one", "two", "unread", "alike by chance", "of identifiers"],
)
def test_too_little_shows_no_lists_of_their_own(places: list[Allotted]) -> None:
    assert allocation.lists_of_their_own(places) is None


def test_the_index_is_seen_in_the_uri() -> None:
    assert allocation.indices_in_uris([Allotted(f"https://i.example/s#{n}", n) for n in (123456, 99881, 70003)])


@pytest.mark.parametrize("indices", [(3, 3), (123456,), (1, 2, 3)])
def test_small_numbers_in_a_uri_are_those_of_lists(indices: tuple[int, ...]) -> None:
    assert not allocation.indices_in_uris([Allotted(f"https://i.example/{n}", n) for n in indices])


# What is personal in a URI

VALUES = {
    "Erika": "given_name",
    "urn:uuid:6c5c0a49-b589-431d-bae7-219122a9ec2c": "jti",
    "erika@mail.example": "email",
    "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH": "id",
}


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("https://i.example/status/1", []),
        ("https://erika.example/status/1", []),
        ("https://i.example/america/erikas-list", []),
        ("https://i.example/status/erika", ["given_name"]),
        ("https://i.example/status/list_Erika-1", ["given_name"]),
        ("https://i.example/status?for=erika%40mail.example", ["email", "given_name"]),
        ("https://i.example/status/6C5C0A49-b589-431d-bae7-219122a9ec2c", ["jti"]),
        ("https://i.example/status#z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH", ["id"]),
        ("https://i.example/status/57ccbe3e8c6d3ad78ba7c26dc2c1fc11", []),
        ("https://i.example/s/8d5ff1dbbb6ad6d41fbf7ab3a35b87d8d2d2c3c1", []),
    ],
)
def test_what_a_uri_tells_is_named(uri: str, told: list[str]) -> None:
    assert personal.told_by(uri, VALUES) == told


def test_a_usual_hash_hides_nothing() -> None:
    digest = hashlib.sha256(b"erika@mail.example").hexdigest()
    assert personal.told_by(f"https://i.example/status/{digest}", VALUES) == ["email"]


def test_what_stands_in_the_name_of_the_issuer_is_nobodys() -> None:
    assert personal.told_by("https://i.example/erika/status/1", VALUES, "https://i.example/erika") == []


@given(st.text(max_size=60))
def test_any_text_can_be_asked_about(uri: str) -> None:
    assert isinstance(personal.told_by(uri, VALUES), list)


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("default", {"given_name", "family_name", "birthdate", "the key", "the thumbprint of the key"}),
        ("mdoc", {"given_name", "family_name", "birth_date", "document_number", "the key"}),
        ("jwt-vc", {"id", "the key"}),
        ("ldp-vc", {"id", "the key"}),
    ],
)
def test_identifying_values_are_read_in_every_format(variant: str, names: set[str]) -> None:
    context = ReferenceIssuer(VARIANTS[variant]).context
    data = documents.configurations(context.variant)[context.variant.configurations[0]]
    holder = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
    credential = read(data["format"], credential_formats.issued(context, data, holder, lambda _name, _draft: None))
    found = personal.identifying_values(credential)
    assert names <= set(found.values())
    assert not {"DE", "nationality", "issuing_country", "iss", "vct"} & {*found, *found.values()}


# Series of credentials


def issued(exchange: int, raw: object) -> IssuedCredential:
    return IssuedCredential(raw, exchange, "/credentials/0/credential", (), 0.0, "dc+sd-jwt")


def minted(*fault: str) -> Callable[[], object]:
    issuer = ReferenceIssuer(VARIANTS["status"], fault)
    data = documents.configurations(issuer.variant)["identity_credential"]
    holder = keys.stranger_key("ES256").jwk.export_public(as_dict=True)

    def mint() -> object:
        defects = Defects(fault, set(), issuer.context)
        with issuer.context.statuses.issuing(defects.emit):
            return credential_formats.issued(issuer.context, data, holder, defects.emit)

    return mint


def test_the_very_same_credential_shares_its_entry_with_nobody() -> None:
    raw = minted()()
    series = Series((issued(1, raw),), (issued(2, raw), issued(3, raw)))
    (places,) = series.by_kind().values()
    assert [placed.exchange for placed in places] == [1]
    assert same_entry(places) is None


def test_different_credentials_with_one_entry_are_found() -> None:
    mint = minted("status-place:reused")
    series = Series((issued(1, mint()),), (issued(2, mint()),))
    (places,) = series.by_kind().values()
    pair = same_entry(places)
    assert pair is not None
    assert [placed.exchange for placed in pair] == [1, 2]


def test_of_other_mechanisms_nothing_is_given() -> None:
    series = Series((issued(1, minted()()),), ())
    assert series.by_kind(Mechanism.BITSTRING) == {}
    assert list(series.by_kind(Mechanism.STATUS_LIST)) == [(Mechanism.STATUS_LIST, None)]
