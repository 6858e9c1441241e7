"""What counts as showing the employee exactly what will be downloaded, and as saying so in an e-mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness import catalogue
from harness.checks import of
from harness.expect import Expect
from harness.formats import html_page
from harness.reference import jwt
from harness.reference.encoding import base64url, encoded_json
from harness.settings import PageRule
from harness.staff_passport.employees import EMPLOYEES
from harness.staff_passport.gateway.request_log import Hint
from harness.staff_passport.pages import Page, default_rules, recognise
from harness.transport import Reply
from suites.staff_passport import invalidation_mail, preview, pushed_request

PUSHED = {"TPL-Grade": "ST4", "TPL-PlacementStartDate": "2026-02-04", "UniqueIdentifier": "5b7d0a52"}
PORTAL = SimpleNamespace(settings=SimpleNamespace(labels={}), attributes={})


def page(rows: Mapping[str, str], *rules: PageRule, heading: str = "Check your information") -> Page:
    items = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
    markup = f"<h1>{heading}</h1><dl>{items}</dl>"
    url = "https://portal.example/check"
    reply = Reply(1, "GET", url, 200, httpx.Headers({"content-type": "text/html"}), markup.encode())
    return recognise(html_page.read(markup, url), reply, (*rules, *default_rules()))


def codes(check: Any, **evidence: Any) -> list[str]:
    known, declared = catalogue.load(), of(check)
    assert declared is not None
    expect = Expect({name: known[name] for name in declared.requires})
    asyncio.run(check(**evidence, expect=expect))
    return [finding.code for finding in expect.findings]


def judged(shown: Page | None, pushed: Mapping[str, Any] = PUSHED, verify_page: Page | None = None) -> list[str]:
    journey = SimpleNamespace(
        hint={"iss": "portal", "exp": 1, "SerialNumber": "1", **pushed},
        preview=shown,
        verify_page=verify_page,
        verified=None,
        template="TrainingPlacement",
        visit=SimpleNamespace(employee=EMPLOYEES["amara"]),
    )
    return codes(
        preview.the_employee_sees_what_will_be_downloaded,
        journey=journey,
        portal=PORTAL,
    )


@pytest.mark.parametrize(
    "day", ["2026-02-04", "4 February 2026", "04/02/2026", "4 Feb 2026", "Wednesday 4 February 2026"]
)
@pytest.mark.parametrize("names", [("TPL-Grade", "TPL-PlacementStartDate"), ("Grade", "Start date")])
def test_a_preview_may_have_its_own_names_and_dates(day: str, names: tuple[str, str]) -> None:
    assert judged(page({names[0]: "ST4", names[1]: day})) == []


@pytest.mark.parametrize("names", [("TPL-Grade", "TPL-PlacementStartDate"), ("Grade", "Start date")])
def test_another_day_is_found(names: tuple[str, str]) -> None:
    shown = page({names[0]: "ST4", names[1]: "5 February 2026"})
    assert judged(shown) in (["DSP-PREVIEW-DIFFERS"], ["DSP-PREVIEW-UNSHOWN"])


def test_a_preview_may_say_whose_credential_it_is_and_show_the_identifier() -> None:
    rows = {"TPL-Grade": "ST4", "TPL-PlacementStartDate": "2026-02-04", "UniqueIdentifier": "known already"}
    whose = {"Name": "Amara  Okonkwo-Hughes", "Credential": "Training placement"}
    assert judged(page({**whose, **rows})) == []
    assert judged(page({**rows, "Salary": "too little"})) == ["DSP-PREVIEW-FURTHER"]


def test_the_names_that_a_team_told_are_taken() -> None:
    rule = PageRule(
        shows="preview",
        url="*",
        values={"TPL-Grade": "Grade", "TPL-PlacementStartDate": "From", "TPL-Site": "Where"},
    )
    right = {"Grade": "ST4", "From": "2026-02-04", "Help": "Ask us"}
    assert judged(page(right, rule)) == []
    assert judged(page({**right, "Grade": "ST5"}, rule)) == ["DSP-PREVIEW-DIFFERS"]
    assert judged(page({**right, "Where": "Leeds"}, rule)) == ["DSP-PREVIEW-FURTHER"]


def test_the_page_that_verifies_may_show_it() -> None:
    shown = page({"Grade": "ST4", "From": "2026-02-04"}, heading="Verify your identity")
    assert judged(None, verify_page=shown) == []
    assert judged(None, verify_page=page({}, heading="Verify your identity")) == ["DSP-PREVIEW-MISSING"]


def test_a_picture_is_not_compared() -> None:
    assert judged(page({"Grade": "ST4"}), {"TPL-Grade": "ST4", "Photo": "A" * 5_000}) == []


def mail(text: str, subtype: str = "plain") -> list[str]:
    message = EmailMessage()
    message["Subject"] = "Your digital staff passport"
    message.set_content(text, subtype=subtype)
    found = SimpleNamespace(message=message)
    return codes(invalidation_mail.the_e_mail_says_to_delete_the_credential, revocation=found)


def test_an_e_mail_may_be_a_page_and_use_its_own_words() -> None:
    assert mail("Please remove the credential from Authenticator.") == []
    assert mail("<p>Please <b>Delete</b> it</p>", "html") == []
    assert mail("It is no longer valid.") == ["DSP-MAIL-DELETE"]
    assert mail("<p class='delete'>It is no longer valid.</p>", "html") == ["DSP-MAIL-DELETE"]


@pytest.mark.parametrize(("algorithm", "found"), [("HS256", []), ("HS512", []), ("none", ["DSP-HINT-SIGNATURE"])])
def test_details_may_be_signed_with_any_hash(algorithm: str, found: list[str]) -> None:
    header, key = {"alg": algorithm}, b"a key that is long enough for every one of these hash functions!"
    compact = (
        f"{encoded_json(header)}.{encoded_json({})}."
        if algorithm == "none"
        else jwt.sign(JWK(kty="oct", k=base64url(key)), header, {})
    )
    journey = SimpleNamespace(pushed=SimpleNamespace(hint=Hint(header, {}, False, compact)))
    portal = SimpleNamespace(system=SimpleNamespace(signing_key=key))
    assert (
        codes(pushed_request.the_details_are_signed_with_the_signing_key, journey=journey, portal=portal) == found
    )
    portal.system.signing_key = b"another"
    assert codes(pushed_request.the_details_are_signed_with_the_signing_key, journey=journey, portal=portal) == [
        "DSP-HINT-SIGNATURE"
    ]
