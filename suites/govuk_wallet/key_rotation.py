"""A change of the key that signs: docs.wallet.service.gov.uk, Manage your keys.

What is issued afterwards has another key, so this comes late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Client, Reply
from suites.govuk_wallet.did_document import method_names

check = area("GOV.UK Wallet: change of keys", per=Per.SHAPE)


@check(
    "govuk-did-retired-key",
    requires=["GOVUK-KEYS-01"],
    proven_by={"govuk-did-document:retired-missing": "GOVUK-DID-RETIRED-KEY"},
    applies=when.govuk_jwt & when.operation("rotate_keys"),
)
async def a_retired_key_stays_published(
    shared: Flow, another_flow: Callable[[], Flow], did_document: Reply, client: Client, expect: Expect
) -> None:
    """When another key signs, the key of a credential from before is still in the DID document."""
    operations = shared.tools.operations
    if operations is None:
        raise Blocked("nothing can be done to credentials in this run")
    before = await _key_id(shared)
    if before not in method_names(did_document):
        raise Blocked("the kid of the credential was not in the DID document before")
    await operations.do("rotate_keys", (await shared.credentials())[0], shared.scenario.configuration)
    if await _key_id(another_flow()) == before:
        raise Blocked("the key that signs has not changed")
    document = await client.send("the DID document after a change of keys", "GET", did_document.url)
    expect.that(
        before in method_names(document),
        "GOVUK-DID-RETIRED-KEY",
        f"a verification method {before}",
        "none",
        at=document,
        pointer="/verificationMethod",
    )


async def _key_id(flow: Flow) -> Any:
    return (await flow.credentials())[0].jwt_vc.jws.header.get("kid")
