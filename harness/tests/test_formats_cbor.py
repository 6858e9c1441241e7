from __future__ import annotations

import math
import random
import time
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import cbor, cbor_diagnostic
from harness.formats.cbor import CborError, OtherKey, Simple, Tag

quick = settings(max_examples=100, derandomize=True, deadline=None)

# RFC 8949 appendix A, table 6: what is encoded as its preferred serialization says.
PREFERRED: list[tuple[str, Any]] = [
    ("00", 0),
    ("01", 1),
    ("0a", 10),
    ("17", 23),
    ("1818", 24),
    ("1819", 25),
    ("1864", 100),
    ("1903e8", 1000),
    ("1a000f4240", 1_000_000),
    ("1b000000e8d4a51000", 1_000_000_000_000),
    ("1bffffffffffffffff", 18446744073709551615),
    ("3bffffffffffffffff", -18446744073709551616),
    ("20", -1),
    ("29", -10),
    ("3863", -100),
    ("3903e7", -1000),
    ("c249010000000000000000", Tag(2, bytes.fromhex("010000000000000000"))),
    ("f90000", 0.0),
    ("f98000", -0.0),
    ("f93c00", 1.0),
    ("fb3ff199999999999a", 1.1),
    ("f93e00", 1.5),
    ("f97bff", 65504.0),
    ("fa47c35000", 100000.0),
    ("fa7f7fffff", 3.4028234663852886e38),
    ("fb7e37e43c8800759c", 1.0e300),
    ("f90001", 5.960464477539063e-8),
    ("f90400", 0.00006103515625),
    ("f9c400", -4.0),
    ("fbc010666666666666", -4.1),
    ("f97c00", math.inf),
    ("f9fc00", -math.inf),
    ("f4", False),
    ("f5", True),
    ("f6", None),
    ("f7", cbor.UNDEFINED),
    ("f0", Simple(16)),
    ("f8ff", Simple(255)),
    ("c074323031332d30332d32315432303a30343a30305a", Tag(0, "2013-03-21T20:04:00Z")),
    ("c11a514b67b0", Tag(1, 1363896240)),
    ("c1fb41d452d9ec200000", Tag(1, 1363896240.5)),
    ("d74401020304", Tag(23, bytes.fromhex("01020304"))),
    ("d818456449455446", Tag(24, bytes.fromhex("6449455446"))),
    ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", Tag(32, "http://www.example.com")),
    ("40", b""),
    ("4401020304", bytes.fromhex("01020304")),
    ("60", ""),
    ("6161", "a"),
    ("62225c", '"\\'),
    ("62c3bc", "\u00fc"),
    ("63e6b0b4", "\u6c34"),
    ("64f0908591", "\U00010151"),
    ("80", []),
    ("83010203", [1, 2, 3]),
    ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("a0", {}),
    ("a201020304", {1: 2, 3: 4}),
    ("a26161016162820203", {"a": 1, "b": [2, 3]}),
    ("826161a161626163", ["a", {"b": "c"}]),
]
# The same table: items of indefinite length.
INDEFINITE: list[tuple[str, Any]] = [
    ("5f42010243030405ff", bytes.fromhex("0102030405")),
    ("7f657374726561646d696e67ff", "streaming"),
    ("9fff", []),
    ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
    ("83018202039f0405ff", [1, [2, 3], [4, 5]]),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ("826161bf61626163ff", ["a", {"b": "c"}]),
]


def parsed(text: str) -> Any:
    return cbor.parse(bytes.fromhex(text))


def kinds(text: str) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in parsed(text).problems]


@pytest.mark.parametrize(("text", "value"), PREFERRED)
def test_preferred_examples_of_the_rfc_have_no_problem(text: str, value: Any) -> None:
    document = parsed(text)
    assert document.value == value
    assert type(document.value) is type(value)
    assert document.problems == ()


@pytest.mark.parametrize(("text", "value"), INDEFINITE)
def test_indefinite_examples_of_the_rfc_are_read_and_named(text: str, value: Any) -> None:
    document = parsed(text)
    assert document.value == value
    assert {problem.kind for problem in document.problems} == {"indefinite-length"}


def test_nan_is_read() -> None:
    assert math.isnan(parsed("f97e00").value)
    assert kinds("f97e00") == []
    assert kinds("fb7ff8000000000000") == [("float-not-shortest", "")]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1800", 0), ("190018", 24), ("1a00000100", 256), ("1b00000000000f4240", 1_000_000), ("3817", -24)],
)
def test_integers_in_more_bytes_than_they_need(text: str, value: int) -> None:
    assert parsed(text).value == value
    assert kinds(text) == [("not-shortest", "")]


@pytest.mark.parametrize("text", ["5801ff", "780161", "980100", "b8010000", "d9001840", "d806f6"])
def test_lengths_and_tag_numbers_in_more_bytes_than_they_need(text: str) -> None:
    assert kinds(text) == [("not-shortest", "")]


@pytest.mark.parametrize("text", ["fa3f800000", "fb3ff0000000000000", "fb40f86a0000000000", "fa7f800000"])
def test_numbers_that_a_shorter_float_says_as_well(text: str) -> None:
    assert kinds(text) == [("float-not-shortest", "")]


def test_a_repeated_key_is_named_and_the_last_one_counts() -> None:
    assert parsed("a2616101616102").value == {"a": 2}
    assert kinds("a2616101616102") == [("duplicate-key", "/a")]
    assert kinds("81a201020103") == [("duplicate-key", "/0/1")]
    # However it is spelled, it is the same integer.
    assert kinds("a20102180103") == [("not-shortest", ""), ("duplicate-key", "/1")]


def test_keys_that_python_takes_for_the_same_stay_apart() -> None:
    document = parsed("a4010af50bf93c000c80f6")
    assert document.value[1] == 10
    assert document.value[OtherKey(b"\xf5")] == 11
    assert document.value[OtherKey(b"\x80")] is None
    assert document.problems == ()
    assert cbor_diagnostic.diagnostic(document.value) == "{1: 10, true: 11, 1.0: 12, []: null}"


def test_a_text_that_is_no_utf_8_is_named() -> None:
    document = parsed("8162c328")
    assert document.value == ["\ufffd("]
    assert [(problem.kind, problem.pointer) for problem in document.problems] == [("not-utf-8", "/0")]
    # Each chunk is a text of its own: a letter cut in two is none.
    assert "not-utf-8" in [kind for kind, _ in kinds("7f61c361bcff")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("c00a", "date-time-content"),
        ("c06a323031332d30332d3231", "date-time-content"),
        ("c074323031332d30322d33305432303a30343a30305a", "date-time-content"),
        ("c16161", "tag-content"),
        ("c201", "tag-content"),
        ("d81801", "encoded-item-content"),
        ("d903ec00", "full-date-content"),
        ("d903ec6a323031332d30322d3330", "full-date-content"),
        ("d82040", "tag-content"),
    ],
)
def test_tags_on_what_they_are_not_made_for(text: str, kind: str) -> None:
    assert kinds(text) == [(kind, "")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "cbor-truncated"),
        ("18", "cbor-truncated"),
        ("62e6", "cbor-truncated"),
        ("8201", "cbor-truncated"),
        ("a101", "cbor-truncated"),
        ("9f01", "cbor-truncated"),
        ("5f41", "cbor-truncated"),
        ("c0", "cbor-truncated"),
        ("5bffffffffffffffff00", "cbor-truncated"),
        ("9bffffffffffffffff00", "cbor-truncated"),
        ("bb7fffffffffffffff00", "cbor-truncated"),
        ("0000", "cbor-trailing"),
        ("1c", "cbor-reserved"),
        ("5d", "cbor-reserved"),
        ("fe", "cbor-reserved"),
        ("ff", "cbor-malformed"),
        ("81ff", "cbor-malformed"),
        ("a1ff", "cbor-malformed"),
        ("bf01ff", "cbor-malformed"),
        ("1f", "cbor-malformed"),
        ("df00", "cbor-malformed"),
        ("7f4161ff", "cbor-chunk"),
        ("5f5f4101ffff", "cbor-chunk"),
        ("5f00ff", "cbor-chunk"),
        ("f800", "cbor-simple"),
        ("f81f", "cbor-simple"),
    ],
)
def test_what_is_not_well_formed(text: str, kind: str) -> None:
    with pytest.raises(CborError) as error:
        parsed(text)
    assert error.value.kind == kind


@pytest.mark.parametrize("head", [b"\x81", b"\xc6", b"\xa1\x00", b"\x9f", b"\xd8\x18"])
def test_depth_is_bounded(head: bytes) -> None:
    with pytest.raises(CborError, match="cbor-too-deep"):
        cbor.parse(head * 10_000 + b"\x00")
    levels = cbor.MAX_DEPTH
    assert cbor.parse(b"\x81" * levels + b"\x00").problems == ()
    with pytest.raises(CborError, match="cbor-too-deep"):
        cbor.parse(b"\x81" * (levels + 1) + b"\x00")


def test_size_and_number_of_items_are_bounded() -> None:
    with pytest.raises(CborError, match="cbor-too-large"):
        cbor.parse(bytes(cbor.MAX_BYTES + 1))
    begin = time.perf_counter()
    with pytest.raises(CborError, match="cbor-too-many"):
        cbor.parse(cbor.head(4, 4_000_000) + b"\x80" * 4_000_000)
    with pytest.raises(CborError, match="cbor-too-many"):
        cbor.parse(b"\x5f" + b"\x40" * 4_000_000 + b"\xff")
    assert time.perf_counter() - begin < 10


def test_a_tag_keeps_the_bytes_it_was_sent_as() -> None:
    # The length takes a byte more than it needs, and that is what a digest is over.
    document = parsed("8200d818580100")
    tag = document.value[1]
    assert tag == Tag(24, b"\0")
    assert tag.encoded == bytes.fromhex("d818580100")


def test_diagnostic_notation() -> None:
    value = parsed("8501f7f0fb3ff199999999999a20").value
    assert cbor_diagnostic.diagnostic(value) == "[1, undefined, simple(16), 1.1, -1]"
    inner = Tag(24, bytes.fromhex("a1616101"))
    assert cbor_diagnostic.diagnostic(inner) == '24(<<{"a": 1}>>)'
    assert cbor_diagnostic.diagnostic(Tag(24, b"\xff")) == "24(h'ff')"
    assert cbor_diagnostic.diagnostic({"a": [b"\x01", None, True]}) == """{"a": [h'01', null, true]}"""
    assert cbor_diagnostic.diagnostic(bytes(5), longest=2) == "h'0000' / and 3 more bytes /"
    assert cbor_diagnostic.diagnostic([math.nan, math.inf, -math.inf]) == "[NaN, Infinity, -Infinity]"


def test_diagnostic_notation_of_many_items_in_each_other_ends() -> None:
    data = b"\x00"
    for _ in range(1_000):
        data = b"\xd8\x18" + cbor.byte_string(data)
    assert cbor_diagnostic.diagnostic(cbor.parse(data).value).startswith("24(<<24(<<")


KEYS = st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=9), st.binary(max_size=9))
VALUES = st.recursive(
    st.one_of(KEYS, st.booleans(), st.none(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@quick
@given(VALUES)
def test_what_an_independent_library_writes_is_read_without_a_problem(value: Any) -> None:
    document = cbor.parse(cbor2.dumps(value, canonical=True))
    assert document.value == value
    assert document.problems == ()


@settings(max_examples=500, derandomize=True, deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_spoiled_bytes_are_read_or_refused(value: Any, chance: random.Random) -> None:
    data = bytearray(cbor2.dumps([value, cbor2.CBORTag(24, b"\0" * 300), "text", {1: b"bytes"}]))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 4)]
            case _:
                data[place:place] = chance.randbytes(chance.randint(1, 4))
        if not data:
            break
    with suppress(CborError):
        cbor_diagnostic.diagnostic(cbor.parse(bytes(data)).value)


@settings(max_examples=1_000, derandomize=True, deadline=None)
@given(st.binary(max_size=200))
def test_what_is_accepted_is_complete_for_an_independent_library_too(data: bytes) -> None:
    try:
        cbor.parse(data)
    except CborError:
        return
    with suppress(cbor2.CBORDecodeError):
        # It refuses the contents of some tags, and keys that cannot be hashed, but sees no end of the data.
        try:
            cbor2.loads(data)
        except cbor2.CBORDecodeEOF:
            pytest.fail("the item is not complete")
