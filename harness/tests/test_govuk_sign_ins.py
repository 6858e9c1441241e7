"""Reading what a service sends to GOV.UK One Login."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.sign_ins import AuthorizationRequest, SignIn, SignIns
from harness.one_login.provider import OneLogin
from harness.one_login.request_log import Received
from harness.tests.govuk_bench import Browser, Town
from harness.tests.govuk_judging import govuk_checks, requirements
from suites.govuk_wallet.sign_in_requests import new_bits


def received(endpoint: str, status: int = 200, query: str = "", **told: Any) -> Received:
    parameters = dict(parse_qsl(query))
    return Received(1, 0.0, endpoint, "GET", parameters, (), told.pop("headers", {}), query, status, **told)


def asking(**parameters: str) -> AuthorizationRequest:
    return AuthorizationRequest(Received(1, 0.0, "authorize", "GET", parameters, (), {}, "", 302))


async def _signed_in(variant: str) -> tuple[SignIn, OneLogin]:
    town = Town(variant)
    await Browser(town).go("/documents")
    return SignIn(town.one_login.requests), town.one_login


async def test_a_whole_sign_in_is_read() -> None:
    sign_in, _ = await _signed_in("govuk-identity")
    first, second = sign_in.authorizations
    assert (first.proves_identity, first.claims) == (False, ())
    assert second.proves_identity
    assert [one.rpartition("/")[2] for one in second.claims] == ["coreIdentityJWT", "returnCode"]
    assert [one.authorization for one in sign_in.token_requests] == [first, second]
    assert all(one.is_form and one.assertion is not None for one in sign_in.token_requests)
    assert sign_in.incomplete is None


async def test_a_request_object_counts_more_than_the_query() -> None:
    sign_in, _ = await _signed_in("govuk-jwt")
    (sent,) = sign_in.authorizations
    assert sent.request_object is not None
    assert "state" not in sent.query
    assert sent.asked["state"]
    assert sent.levels == (frozenset({"Cl", "Cm"}),)


@pytest.mark.parametrize(
    ("vtr", "levels", "identity"),
    [
        (None, [{"Cl", "Cm"}], False),
        ("[]", [{"Cl", "Cm"}], False),
        ('["Cl"]', [{"Cl"}], False),
        ('["Cl.Cm.P0"]', [{"Cl", "Cm", "P0"}], False),
        ('["Cl.Cm.P1","Cl.Cm.P2"]', [{"Cl", "Cm", "P1"}, {"Cl", "Cm", "P2"}], True),
        ("P2", [], False),
        ("[" * 100_000, [], False),
        ('{"P2": 1}', [], False),
    ],
)
def test_levels(vtr: str | None, levels: list[set[str]], identity: bool) -> None:
    sent = asking() if vtr is None else asking(vtr=vtr)
    assert list(sent.levels) == levels
    assert sent.proves_identity is identity


@pytest.mark.parametrize("claims", ["", "no JSON", "[]", '{"userinfo": []}', '{"id_token": {"a": null}}'])
def test_what_are_no_claims_at_the_userinfo_endpoint(claims: str) -> None:
    assert asking(claims=claims).claims == ()


_ASKED = "scope=openid%20wallet-subject-id"


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        ([received("authorize", 302, _ASKED), received("userinfo")], None),
        ([received("discovery", 403, because="the request has no User-Agent")], "no User-Agent"),
        ([received("authorize", 302, _ASKED, error="invalid_request")], "invalid_request"),
        ([received("authorize", 302, "scope=openid"), received("userinfo")], "the scope wallet-subject-id"),
        ([received("authorize", 302, _ASKED), received("token")], "did not ask who its user is"),
        ([received("authorize", 302, f"{_ASKED}&vtr=[%22Cl.Cm.P2%22]"), received("userinfo")], "without claims"),
    ],
)
def test_why_a_sign_in_came_to_nothing(requests: list[Received], told: str | None) -> None:
    why = SignIn(requests).incomplete
    assert why is None if told is None else told in str(why)


async def test_what_a_service_did_not_send_blocks() -> None:
    town = Town()
    nothing = SignIns(SignIn(()), SignIn(()), town.one_login, "somebody else")
    for name in ("client", "direct", "authorizations", "request_objects", "token_requests", "assertions"):
        with pytest.raises(Blocked):
            getattr(nothing, name)


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        ("state", "state", 0),
        ("00000041", "00000042", 3.3),
        ("session-41", "session-42", 6),
        ("0f3b", "1a4c", 16),
        ("", "aEwkamaos5B", 66),
    ],
)
def test_how_much_of_a_value_is_new(one: str, other: str, bits: float) -> None:
    assert new_bits(one, other) == pytest.approx(bits, abs=0.1)


async def found(check_id: str, first: list[Received], second: list[Received] | None = None) -> set[str]:
    """Judge what a service sent in two sign-ins, by one check."""
    one_login = Town("govuk-jwt").one_login
    sign_ins = SignIns(SignIn(first), SignIn(second or first), one_login, one_login.clients[0].client_id)
    check = govuk_checks()[check_id]
    expect = Expect({name: requirements()[name] for name in check.requires})
    await check.function(sign_ins=sign_ins, expect=expect)
    return {finding.code for finding in expect.findings}


_CLAIMS = "claims={%22userinfo%22:{%22https://vocab.account.gov.uk/v1/address%22:null}}"


async def test_claims_may_stand_in_the_request_before_the_one_for_identity() -> None:
    alone = received("authorize", 302, f"{_ASKED}&vtr=[%22Cl.Cm%22]&{_CLAIMS}")
    identity = received("authorize", 302, f"{_ASKED}&vtr=[%22Cl.Cm.P2%22]&{_CLAIMS}")
    assert await found("govuk-sign-in-level", [alone, identity]) == set()
    assert await found("govuk-sign-in-level", [alone, identity], [alone]) == {"GOVUK-SIGN-IN-LEVEL-CLAIMS"}


async def test_who_is_known_need_not_be_asked_for_again() -> None:
    token, userinfo = received("token"), received("userinfo", headers={"authorization": "Bearer x"})
    assert await found("govuk-sign-in-userinfo", [token, userinfo], [token]) == set()
    assert await found("govuk-sign-in-userinfo", [token], [token]) == {"GOVUK-SIGN-IN-USERINFO-UNASKED"}


@pytest.mark.parametrize(("max_age", "good"), [("", True), ("&max_age=0", True), ("&max_age=1.5", False)])
async def test_max_age(max_age: str, good: bool) -> None:
    codes = await found("govuk-sign-in-request", [received("authorize", 302, f"{_ASKED}{max_age}")])
    assert ("GOVUK-SIGN-IN-MAX-AGE" not in codes) is good
