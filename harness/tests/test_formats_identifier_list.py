from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import identifier_list, mso_status
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.formats.status_document import READERS
from harness.formats.status_list import Form
from harness.formats.status_reference import Mechanism, Reference, State, of_status
from harness.reference import cose, keys

NOW = 1_780_000_000
URI = "https://example.com/identifierlists/1"
KEY = keys.issuer_key("ES256")
CERTIFICATE = keys.root().certificate.public_bytes(Encoding.DER)

STATUS = bytes.fromhex(
    "A16F6964656E7469666965725F6C697374A362696442CCCC63757269782568747470733A2F2F6578616D706C652E636F6D2F6964"
    "656E7469666965726C697374732F316B636572746966696361746541AA"
)
"""The example of a status in annex D.7 of the second edition, as the tests of A-SIT Plus have it."""
LIST = bytes.fromhex(
    "A26B6964656E74696669657273A342ABCDA042AAAAA1646E6F7465A042CCCCA107A06F6167677265676174696F6E5F757269782F"
    "68747470733A2F2F6578616D706C652E636F6D2F6964656E7469666965726C697374732F6167677265676174696F6E"
)
"""The example of a list in the same place, with members that may come later."""

Header = dict[Any, Any]
Claims = dict[Any, Any]


def made(
    change: Callable[[Header, Header, Claims], Any] = lambda *_: None, tag: int | None = 18, payload: Any = None
) -> bytes:
    protected: Header = {1: -7, 16: "application/identifierlist+cwt", 33: CERTIFICATE}
    unprotected: Header = {}
    claims: Claims = {2: URI, 6: NOW, 4: NOW + 60, 65534: 30, 65530: cbor2.loads(LIST)}
    change(protected, unprotected, claims)
    content = cbor2.dumps(claims if payload is None else payload)
    message = cose.Sign1(protected, unprotected, content, KEY).signed()
    return cbor2.dumps(message if tag is None else cbor2.CBORTag(tag, message))


def reference(identifier: bytes) -> Reference:
    return Reference(Mechanism.IDENTIFIER_LIST, URI, "mso/status/identifier_list", identifier=identifier)


@pytest.mark.parametrize("tag", [18, None])
def test_the_example_of_the_standard_is_read(tag: int | None) -> None:
    found = READERS[Mechanism.IDENTIFIER_LIST](made(tag=tag), identifier_list.MEDIA_TYPE)
    assert found.problems == ()
    assert (found.subject, found.issued_at, found.expires, found.ttl) == (URI, NOW, NOW + 60, 30)
    assert (found.algorithm, found.size, found.signer.mechanisms) == (-7, None, ("x5chain",))
    assert found.signer.certificates == CERTIFICATE
    (own,) = of_status(cbor2.loads(STATUS))
    assert own.identifier == b"\xcc\xcc"
    assert own.meaning(found.value_of(own)) is State.REVOKED
    assert own.meaning(found.value_of(reference(b"\xcc\xcd"))) is State.VALID
    assert found.changed(found) == ()
    found.verify(KEY.public_jwk)
    with pytest.raises(SignatureError):
        found.verify(keys.stranger_key("ES256").public_jwk)


def test_nobody_need_be_revoked() -> None:
    found = identifier_list.read(made(lambda _p, _u, claims: claims.update({65530: {"identifiers": {}}})))
    assert found.problems == ()
    assert found.value_of(reference(b"\xcc\xcc")) == 0


def _claim(key: int, value: Any) -> Callable[[Header, Header, Claims], Any]:
    return lambda _p, _u, claims: claims.update({key: value})


def _no_claim(key: int) -> Callable[[Header, Header, Claims], Any]:
    return lambda _p, _u, claims: claims.pop(key)


def _header(key: int, value: Any) -> Callable[[Header, Header, Claims], Any]:
    return lambda protected, _u, _c: protected.update({key: value})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_header(16, "identifierlist+cwt"), {"list-type"}),
        (_header(16, 279), {"list-type"}),
        (_header(1, -47), {"list-algorithm"}),
        (_header(1, 5), {"list-algorithm"}),
        (_header(2, [4711]), {"crit-absent"}),
        (lambda protected, _u, _c: protected.pop(16), {"list-type"}),
        (lambda protected, _u, _c: protected.pop(1), {"alg-missing"}),
        (lambda protected, _u, _c: protected.pop(33), {"list-x5chain-missing"}),
        (lambda protected, rest, _c: rest.update({33: protected.pop(33)}), {"list-x5chain-unprotected"}),
        (_no_claim(2), {"sub-missing"}),
        (_no_claim(4), {"exp-missing"}),
        (_no_claim(6), {"iat-missing"}),
        (_claim(6, "now"), {"cwt-claim-type"}),
        (_claim(65534, 0), {"ttl-form"}),
        (_claim(65534, 30.0), {"ttl-form"}),
        (_claim(65534, True), {"ttl-form"}),
        (_claim(65533, {}), {"status-list-present"}),
        (_claim(65530, {"identifiers": {}, "aggregation_uri": "/all"}), {"aggregation-uri"}),
        (_claim(65530, {"identifiers": {}, "aggregation_uri": 5}), {"aggregation-uri"}),
        (_claim(65530, {"identifiers": {"cccc": {}}}), {"identifier-form"}),
        (_claim(65530, {"identifiers": {b"\xcc": 1}}), {"identifier-info"}),
    ],
)
def test_a_problem_is_told_and_the_list_read_all_the_same(
    change: Callable[[Header, Header, Claims], Any], expected: set[str]
) -> None:
    found = identifier_list.read(made(change))
    kinds = {problem.kind for problem in found.problems}
    assert expected <= kinds
    assert found.value_of(reference(b"\x00")) == 0


@pytest.mark.parametrize("listed", [None, [], {"identifiers": [b"\xcc"]}, {"identifier": {}}, 5])
def test_a_list_that_cannot_be_read_says_nothing_of_anybody(listed: Any) -> None:
    found = identifier_list.read(made(_no_claim(65530) if listed is None else _claim(65530, listed)))
    assert {problem.kind for problem in found.problems} == {"list-missing" if listed is None else "list-form"}
    with pytest.raises(FormatError) as caught:
        found.value_of(reference(b"\xcc\xcc"))
    assert caught.value.kind == "status-unreadable"


def test_a_mac_is_seen_as_one() -> None:
    found = identifier_list.read(made(tag=17))
    assert found.has_mac
    assert {problem.kind for problem in found.problems} == {"list-mac"}


def test_its_time_is_judged() -> None:
    found = identifier_list.read(made())
    assert found.validity(NOW + 30) == ()
    assert [problem.kind for problem in found.validity(NOW + 1_000)] == ["expired"]
    assert [problem.kind for problem in found.validity(NOW - 1_000)] == ["issued-in-future"]


@pytest.mark.parametrize("data", [b"", b"{}", b"\xa0", cbor2.dumps([1, 2, 3, 4]), made(payload=[1])])
def test_what_is_no_token_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        identifier_list.read(data)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, 600), st.integers(1, 255)))
def test_any_bytes_are_read_or_refused(spoiled: bytes | tuple[int, int]) -> None:
    data = bytearray(made())
    if isinstance(spoiled, tuple):
        data[spoiled[0] % len(data)] ^= spoiled[1]
    else:
        data = bytearray(spoiled)
    try:
        found = identifier_list.read(bytes(data))
    except FormatError:
        return
    assert all(problem.kind and problem.detail for problem in found.problems)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=4) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.binary(max_size=4), inner)
    ),
    max_leaves=6,
)


@given(values, values)
def test_any_values_of_the_claims_are_read(listed: Any, ttl: Any) -> None:
    def change(_p: Header, _u: Header, claims: Claims) -> None:
        claims.update({65530: listed, 65534: ttl})

    found = identifier_list.read(made(change))
    readable = isinstance(listed, dict) and isinstance(listed.get("identifiers"), dict)
    assert (found.identifiers is not None) == readable
    if not readable:
        assert "list-form" in {problem.kind for problem in found.problems}


# The reference in the MSO


def _info(**changes: Any) -> dict[str, Any]:
    info = {"id": b"\xcc", "uri": URI, **changes}
    return {"identifier_list": {name: value for name, value in info.items() if value is not None}}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (_info(), []),
        (_info(certificate=CERTIFICATE), []),
        (_info(later=1), []),
        ({"identifier_list": []}, ["identifier-list"]),
        (_info(id=None), ["identifier-list-id"]),
        (_info(id="cc"), ["identifier-list-id"]),
        (_info(uri=None), ["identifier-list-uri"]),
        (_info(uri="lists/1"), ["identifier-list-uri"]),
        (_info(certificate=b"\xaa"), ["status-certificate"]),
        (_info(certificate="certificate"), ["status-certificate"]),
        ({"status_list": {"idx": 1, "uri": URI, "certificate": b"\xaa"}}, ["status-certificate"]),
        ({"status_list": {"idx": 2.0, "uri": URI}}, ["status-idx"]),
        ({"status_list": {"idx": -1, "uri": URI}, **_info(uri=5)}, ["status-idx", "identifier-list-uri"]),
        ({}, ["status-empty"]),
        ({"another": 1}, []),
    ],
)
def test_the_status_of_an_mso(status: dict[str, Any], expected: list[str]) -> None:
    assert [problem.kind for problem in mso_status.problems(status)] == expected


def test_an_index_in_cbor_is_an_integer_by_its_type() -> None:
    status = {"status_list": {"idx": 2.0, "uri": URI}}
    assert of_status(status, form=Form.CWT) == ()
    assert [reference.index for reference in of_status(status)] == [2]


def test_both_references_name_the_certificate_of_the_list() -> None:
    status = {"status_list": {"idx": 1, "uri": URI, "certificate": b"\xaa"}, **_info(certificate=b"\xbb")}
    assert [found.certificate for found in of_status(status)] == [b"\xaa", b"\xbb"]
    assert [found.certificate for found in of_status(_info(certificate="text"))] == [None]
