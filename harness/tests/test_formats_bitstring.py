from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats import base64url, bitstring
from harness.formats.bitstring import Bitstring, BitstringError, expand
from harness.formats.problems import FormatError

PRINTED = "H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
"""The ``encodedList`` of example 3 of Bitstring Status List v1.0, without the letter of Multibase."""


def refusal(data: bytes, limit: int = bitstring.MAX_BYTES) -> str:
    with pytest.raises(BitstringError) as error:
        expand(data, limit)
    return error.value.kind


def test_the_printed_list_has_131072_entries_none_of_which_is_set() -> None:
    found, problems = expand(base64url.decode(PRINTED))
    assert problems == ()
    assert (found.length, found.value(0), found.value(131_071)) == (131_072, 0, 0)
    assert not any(found.data)
    with pytest.raises(BitstringError, match="status-out-of-range"):
        found.value(131_072)


def test_the_first_entry_is_the_left_most_bit() -> None:
    bits = Bitstring(bytes([0b10000001, 0b01000000]))
    assert [bits.value(index) for index in range(16)] == [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert [bits.value(index, 2) for index in range(8)] == [2, 0, 0, 1, 1, 0, 0, 0]
    assert [bits.value(index, 3) for index in range(5)] == [4, 0, 2, 4, 0]


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (16, 1), (5, 3), (10**30, 1), (0, 17), (1, 10**9)])
def test_an_entry_that_is_not_wholly_in_the_list_is_none(index: int, size: int) -> None:
    with pytest.raises(BitstringError, match="status-out-of-range"):
        Bitstring(b"\xff\xff").value(index, size)


def test_an_entry_of_more_bits_than_anybody_names_is_not_read() -> None:
    bits = Bitstring(b"\xff" * 20_000)
    assert bits.value(0, 64) == (1 << 64) - 1
    for size in (65, 100_000):
        with pytest.raises(BitstringError, match="status-size-too-large"):
            bits.value(0, size)


@given(st.integers(1, 12), st.lists(st.integers(0, 1 << 12), min_size=1, max_size=60), st.data())
def test_entries_of_any_size_are_read_and_compared(size: int, values: list[int], draw: st.DataObject) -> None:
    values = [value % (1 << size) for value in values]
    text = "".join(f"{value:0{size}b}" for value in values)
    data = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
    bits = Bitstring(data)
    assert [bits.value(index, size) for index in range(len(values))] == values
    index = draw.draw(st.integers(0, len(values) - 1))
    flipped = bytearray(data)
    flipped[index * size // 8] ^= 0x80 >> index * size % 8
    assert bits.changed(Bitstring(bytes(flipped)), size) == (index,)


def test_a_longer_list_differs_where_more_than_zeros_were_added() -> None:
    assert Bitstring(b"\x80").changed(Bitstring(b"\x80\x00\x01")) == (23,)
    assert Bitstring(b"\x80").changed(Bitstring(b"\x80\x00")) == ()


def test_at_most_a_thousand_differences_are_told() -> None:
    assert Bitstring(b"\x00" * 4096).changed(Bitstring(b"\xff" * 4096)) == tuple(range(1_000))


@pytest.mark.parametrize("level", [0, 1, 9])
def test_gzip_data_of_any_level_and_any_number_of_members_are_expanded(level: int) -> None:
    one, other = gzip.compress(b"\x01" * 20_000, level), gzip.compress(b"\x02" * 300, level)
    assert expand(one + other) == (Bitstring(b"\x01" * 20_000 + b"\x02" * 300), ())


def test_no_more_than_a_thousand_members_are_read() -> None:
    member = gzip.compress(b"", mtime=0)
    assert expand(member * 1_000) == (Bitstring(b""), ())
    assert refusal(member * 1_001) == "status-list-too-large"


def test_what_is_no_gzip_is_told_apart() -> None:
    made = gzip.compress(bytes(16_384), mtime=0)
    assert refusal(b"") == "gzip-truncated"
    assert refusal(b"\x1f") == "gzip-truncated"
    assert refusal(made[:-9]) == "gzip-truncated"
    assert refusal(zlib.compress(bytes(9))) == "gzip-header"
    assert refusal(bytes(16_384)) == "gzip-header"
    assert refusal(made[:-8] + bytes([made[-8] ^ 1]) + made[-7:]) == "gzip-checksum"
    assert refusal(made[:-1] + b"\x07") == "gzip-data"
    assert refusal(made[:10] + b"\xff" * 20) == "gzip-data"
    found, problems = expand(made + b"tail")
    assert (found.length, [problem.kind for problem in problems]) == (131_072, ["gzip-trailing"])


def test_a_bomb_is_not_expanded() -> None:
    bomb = gzip.compress(bytes(100 << 20), mtime=0)
    tracemalloc.start()
    assert refusal(bomb, 1 << 20) == "status-list-too-large"
    assert refusal(gzip.compress(bytes(1 << 19)) * 3, 1 << 20) == "status-list-too-large"
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()
    assert expand(gzip.compress(bytes(1 << 20)), 1 << 20)[0].length == 8 << 20


@given(st.binary(max_size=200))
def test_any_bytes_are_expanded_or_refused_with_one_error(data: bytes) -> None:
    for given_data in (data, b"\x1f\x8b\x08\x00" + data):
        with suppress(FormatError):
            expand(given_data)
