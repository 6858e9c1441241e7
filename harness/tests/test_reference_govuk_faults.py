"""Faults of the department that no check looks for make a difference on a walk through everything that it does.

That those which checks look for make one is part of the matrix.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from harness.govuk.people import PEOPLE
from harness.reference import faults
from harness.tests.govuk_bench import DEPARTMENT, Browser, Town, Wallet, link_on
from harness.tests.govuk_fault_variants import UNPROVEN

MODULES = ("govuk_offers", "govuk_published", "govuk_credentials", "govuk_messages", "govuk_journeys")
VARIANTS: Mapping[str, str] = {
    "govuk-metadata:definition-other": "govuk-jwt",
    "govuk-metadata:proof-algorithms-missing": "govuk-jwt",
    "govuk-vc": "govuk-jwt",
    "govuk-did-document": "govuk-jwt",
    "govuk-metadata:definition-missing": "govuk-jwt",
    "govuk-metadata:definition-type": "govuk-jwt",
    "govuk-metadata:proof-types-missing": "govuk-jwt",
    "govuk-metadata:notification-idle": "govuk-quiet",
    "govuk-credential:notification-id-idle": "govuk-quiet",
    "govuk-authorization-request:identity-forgotten": "govuk-identity",
}
"""Fault, or document, to the variant that has it, where ``govuk-mdl`` has not."""


@cache
def _document_faults() -> tuple[str, ...]:
    return tuple(sorted(fault for module in MODULES for fault in faults.defined_in(module) if fault in UNPROVEN))


async def walk(town: Town) -> None:
    """Do everything once: publish, offer, issue, refuse, notify, refresh, revoke, sign in and out."""
    configuration = town.issuer.variant.configurations[0]
    answers = {"document": configuration, "refresh": "yes"}
    async with town.http() as http:
        for path in ("openid-credential-issuer", "jwks.json", "did.json"):
            await http.get(f"{DEPARTMENT}/.well-known/{path}")
        await http.get(f"{DEPARTMENT}/iacas")
        await http.get(f"{DEPARTMENT}/?lng=cy")
    browser = Browser(town, **answers)
    town.one_login.signs_in("amina")
    await Browser(town, **answers).travel(f"/refresh/{configuration}")
    await browser.travel("/documents")
    town.one_login.inject("ACCESS_DENIED")
    await Browser(town, **answers).travel("/documents")
    town.one_login.inject()
    clean = Town(town.issuer.variant.name)
    clean.clock.moment = town.clock.moment
    wallet, link = Wallet(town, "amina"), clean.offer(who="amina")
    # The offer behind a right code, whatever became of the codes of the one under test.
    town.issuer.mint_offer(configuration, subject=town.subject(PEOPLE["amina"]), person=PEOPLE["amina"])
    await wallet.ask(None)
    await wallet.ask("no-token", "no-proof")
    for _ in range(2):
        token = wallet.token(link, refresh=True)
        await wallet.ask(token, wallet.proof(token, nonce="another"))
        got = await wallet.ask(token)
        document = got.json() if got.status_code in (200, 201) else {}
        said = {"notification_id": document.get("notification_id"), "event": "credential_accepted"}
        await wallet.tell(token, said)
    credential = _credential(document)
    if credential is not None and "revoke" in town.issuer.operations:
        # A fault may keep the status list service from doing it.
        with contextlib.suppress(ValueError):
            await town.issuer.operate("revoke", credential)
    await wallet.ask(wallet.token(link, refresh=True))
    await Browser(town, **answers).travel(f"/refresh/{configuration}")
    if credential is not None:
        # One that a fault has changed is not known.
        with contextlib.suppress(ValueError):
            await town.issuer.operate("stop_reissuing", credential)
    await Browser(town, **answers).travel(f"/refresh/{configuration}")
    town.one_login.signs_in("erika")
    await Browser(town, **answers).travel(f"/refresh/{configuration}")
    town.one_login.signs_in("amina")
    await Browser(town, **answers).go("/offers/of-nobody")
    await town.one_login.log_out("amina")
    last = Browser(town, **answers)
    await last.travel("/documents")
    await last.go("/sign-out")


def _credential(document: dict[str, Any]) -> str | None:
    """Give the credential of a response; ``None`` where a fault hides it."""
    try:
        found = document["credentials"][0]["credential"]
    except (LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


async def test_a_clean_walk_fires_nothing() -> None:
    town = Town("govuk-mdl")
    await walk(town)
    assert town.issuer.fired == set()
    assert len(town.status.entries) == 3
    assert [entry.revoked_at is not None for entry in town.status.entries].count(True) == 1


@pytest.mark.parametrize("fault", _document_faults())
async def test_a_fault_makes_a_difference(fault: str) -> None:
    variant = VARIANTS.get(fault) or VARIANTS.get(fault.partition(":")[0]) or "govuk-mdl"
    town = Town(variant, [fault])
    await walk(town)
    assert town.issuer.fired == {fault}


async def test_link_on_a_page_is_the_offer() -> None:
    town = Town("govuk-mdl", ["govuk-offer-page:no-link"])
    page = await Browser(town, document="driving_licence").travel("/documents")
    assert link_on(page) is None
