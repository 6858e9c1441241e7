from __future__ import annotations

import gzip
import random
import time
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats import status_array
from harness.formats.problems import FormatError
from harness.formats.status_array import BITS, StatusArray, StatusArrayError, unpack

ONE_BIT = bytes.fromhex("78dadbb918000217015d")
"""The first example of Token Status List section 4.1, packed as in section 4.3."""
TWO_BITS = bytes.fromhex("78da3be9f2130003df0207")


def refusal(data: bytes, limit: int = status_array.MAX_BYTES) -> str:
    with pytest.raises(StatusArrayError) as error:
        unpack(data, limit)
    return error.value.kind


def test_the_examples_of_the_draft() -> None:
    data, problems = unpack(ONE_BIT)
    assert (data.hex(), problems) == ("b9a3", ())
    one = StatusArray(1, data)
    assert [one.value(index) for index in range(one.size)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    data, _ = unpack(TWO_BITS)
    assert data.hex() == "c944f9"
    two = StatusArray(2, data)
    assert [two.value(index) for index in range(two.size)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def test_an_entry_beyond_the_end_or_before_the_beginning_is_none() -> None:
    array = StatusArray(2, b"\x00\x00")
    assert array.size == 8
    assert array.value(7) == 0
    for index in (8, -1, 10**20):
        with pytest.raises(StatusArrayError, match="status-out-of-range"):
            array.value(index)


@given(st.sampled_from(BITS), st.lists(st.integers(0, 255), max_size=64), st.data())
def test_entries_are_packed_with_the_least_significant_bits_first(
    bits: int, values: list[int], draw: st.DataObject
) -> None:
    values = [value % (1 << bits) for value in values]
    packed = sum(value << bits * index for index, value in enumerate(values))
    array = StatusArray(bits, packed.to_bytes((len(values) * bits + 7) // 8, "little"))
    assert [array.value(index) for index in range(len(values))] == values
    assert list(array.set_entries()) == [index for index, value in enumerate(values) if value]
    if not values:
        return
    index = draw.draw(st.integers(0, len(values) - 1))
    other = packed ^ (1 << bits * index)
    assert array.changed(StatusArray(bits, other.to_bytes(len(array.data), "little"))) == (index,)


def test_a_longer_list_differs_where_more_than_zeros_were_added() -> None:
    short, long = StatusArray(4, b"\x12"), StatusArray(4, b"\x12\x00\x30")
    assert short.changed(long) == long.changed(short) == (5,)
    assert short.changed(StatusArray(4, b"\x12\x00")) == ()
    assert short.changed(StatusArray(8, b"\x13")) == ()


def test_a_million_entries_are_compared_quickly() -> None:
    random_bytes = random.Random(1)
    data = bytearray(random_bytes.randbytes(1 << 20))
    before = StatusArray(1, bytes(data))
    data[777_777] ^= 0x10
    started = time.process_time()
    assert before.changed(StatusArray(1, bytes(data))) == (777_777 * 8 + 4,)
    inverted = StatusArray(1, bytes(byte ^ 0xFF for byte in data))
    assert before.changed(inverted)[:3] == (0, 1, 2)
    assert len(before.changed(inverted)) == status_array.MAX_CHANGES
    assert time.process_time() - started < 5


def test_what_is_no_zlib_data_is_told_apart() -> None:
    packed = zlib.compress(bytes(1_000))
    bare = zlib.compressobj(wbits=-15)
    assert refusal(b"") == refusal(b"\x78") == "zlib-truncated"
    assert refusal(gzip.compress(b"x")) == "zlib-header"
    assert refusal(bare.compress(b"x" * 9) + bare.flush()) == "zlib-header"
    assert refusal(b"\x79\x9c" + packed[2:]) == "zlib-header"
    assert refusal(packed[:-1]) == refusal(packed[:2]) == "zlib-truncated"
    assert refusal(packed[:-1] + bytes([packed[-1] ^ 1])) == "zlib-checksum"
    assert refusal(packed[:2] + b"\xff\xff" + packed[4:]) == "zlib-data"
    primed = zlib.compressobj(zdict=b"status")
    assert refusal(primed.compress(b"status") + primed.flush()) == "zlib-dictionary"


def test_bytes_behind_the_data_are_a_problem_only() -> None:
    data, problems = unpack(ONE_BIT + b"\x00\x00")
    assert data.hex() == "b9a3"
    assert [problem.kind for problem in problems] == ["zlib-trailing"]


def test_the_limit_is_the_last_size_that_is_read() -> None:
    packed = zlib.compress(bytes(4_096))
    assert unpack(packed, 4_096) == (bytes(4_096), ())
    assert refusal(packed, 4_095) == "status-list-too-large"


def test_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    packing = zlib.compressobj(9)
    bomb = b"".join([*(packing.compress(bytes(1 << 20)) for _ in range(64)), packing.flush()])
    tracemalloc.start()
    try:
        assert refusal(bomb, 1 << 20) == "status-list-too-large"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200), st.integers(0, 60), st.binary(min_size=1, max_size=3))
def test_mutated_data_are_read_or_refused(content: bytes, at: int, inserted: bytes) -> None:
    packed = zlib.compress(content)
    at %= len(packed)
    with suppress(FormatError):
        data, problems = unpack(packed[:at] + inserted + packed[at + 1 :])
        assert data == content or problems == ()
