"""The Type Metadata of the reference issuer: what is served, what it refers to, and what each fault changes."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from harness.reference import faults
from harness.tests.fault_variants import variants_for
from harness.tests.test_reference import decoded, wallet_for

TYPED = ("type-metadata", "type-metadata-schema", "type-metadata-18")
OURS = sorted(faults.defined_in("type_metadata") | faults.defined_in("status_claim"))


def sri(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def references(value: Any) -> list[tuple[str, str]]:
    """Every URI with its hash, wherever they stand."""
    found = []
    if isinstance(value, dict):
        found = [(value[n.removesuffix("#integrity")], h) for n, h in value.items() if n.endswith("#integrity")]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [reference for item in items for reference in references(item)]


@pytest.mark.parametrize("variant", TYPED)
async def test_every_reference_leads_to_what_its_hash_says(variant: str) -> None:
    async with wallet_for(variant) as wallet:
        _, payload, _ = decoded(await wallet.issue())
        todo, seen = [(payload["vct"], payload["vct#integrity"])], 0
        while todo:
            url, promised = todo.pop()
            answer = await wallet.http.get(url)
            assert (answer.status_code, sri(answer.content)) == (200, promised)
            seen += 1
            if answer.headers["content-type"] == "application/json":
                todo += references(answer.json())
    assert seen >= 8


async def test_what_is_not_there_is_not_found() -> None:
    async with wallet_for("type-metadata") as wallet:
        for path in ("/types/nothing", "/types/..%2Fapp.py", "/types/nothing.svg"):
            assert (await wallet.http.get(wallet.url + path)).status_code == 404
    async with wallet_for("default") as wallet:
        assert (await wallet.http.get(f"{wallet.url}/types/identity")).status_code == 404


async def test_each_draft_has_its_spelling() -> None:
    async def of(variant: str) -> str:
        async with wallet_for(variant) as wallet:
            return (await wallet.http.get(f"{wallet.url}/types/identity")).text

    early, late = await of("type-metadata"), await of("type-metadata-18")
    for word in ('"lang"', '"svg_template"'):
        assert word in early
        assert word not in late
    for word in ('"locale"', '"svg_templates"', '"mandatory"', '"background_image"'):
        assert word in late
        assert word not in early
    assert '"schema_uri"' in await of("type-metadata-schema")


async def test_credentials_have_places_of_their_own_in_the_status_list() -> None:
    async with wallet_for("status") as wallet:
        first, second = [decoded(await wallet.issue())[1]["status"]["status_list"] for _ in range(2)]
    assert first["uri"] == second["uri"]
    assert first["idx"] != second["idx"]


@pytest.mark.parametrize("fault", OURS)
async def test_a_fault_changes_something(fault: str) -> None:
    for variant in variants_for(fault):
        async with wallet_for(variant, fault) as wallet:
            await wallet.issue()
            await wallet.http.get(f"{wallet.url}/types/identity")
            assert wallet.issuer.fired == {fault}
