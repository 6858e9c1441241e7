"""Ways to sign out that leave a run nothing to judge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.evidence import Blocked
from harness.formats import html_page
from harness.govuk.sign_ins import SignIn
from harness.reference.govuk.app import GovukIssuer
from harness.tests.govuk_judging import judge_govuk
from suites.govuk_wallet import sign_out

_OFFER = html_page.read('<a href="/sign-out">Sign out</a>', "https://x.example/offer")


class _Attempts:
    """A service whose sign-out leads to a page."""

    def __init__(self, page: str) -> None:
        self._page = html_page.read(page, "https://x.example/sign-out")

    async def sign_in(self) -> Any:
        journey = SimpleNamespace(offer="openid-credential-offer://", pages=[_OFFER])
        return SimpleNamespace(journey=journey, sign_in=SignIn(()), traveller=None)

    async def follow(self, url: str, traveller: Any) -> Any:
        assert (url, traveller) == ("https://x.example/sign-out", None)
        return SimpleNamespace(pages=[self._page]), SignIn(())


@pytest.mark.parametrize("button", ["Yes, sign out", "Continue", "Ydw"])
async def test_a_page_that_asks_whether_one_means_it(button: str) -> None:
    attempts: Any = _Attempts(f'<form method="post" action="/x"><button name="a">{button}</button></form>')
    with pytest.raises(Blocked, match="asks for more"):
        await sign_out._sign_out(attempts)


@pytest.mark.parametrize("page", ["<p>You have signed out.</p>", "<form><button>Accept cookies</button></form>"])
async def test_a_page_that_asks_for_nothing(page: str) -> None:
    attempts: Any = _Attempts(page)
    left = await sign_out._sign_out(attempts)
    assert left is not None
    assert not left.sign_in.at("logout")


async def test_where_one_login_leads_back_to_has_to_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    told = vars(GovukIssuer)["relying_party"].fget
    forgotten = property(lambda issuer: {**told(issuer), "post_logout_redirect_uris": ()})
    monkeypatch.setattr(GovukIssuer, "relying_party", forgotten)
    outcome = await judge_govuk("govuk-simple-mdoc", select="govuk-sign-out-request")
    (result,) = outcome.results
    assert (result.verdict, result.findings) == ("blocked", ())
    assert "[govuk.one_login]" in str(result.reason)
