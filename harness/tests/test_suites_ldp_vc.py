"""Checks of credentials with Data Integrity proofs, where no fault of the reference issuer shows what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference.linked_data import OWN_CONTEXT
from harness.settings import TrustSettings
from harness.tests.bench import judge_reference

NEEDING = {"ldp-vc-signature", "ldp-vc-lossless", "ldp-vc-proof-terms"}
"""The checks that need the contexts of the credential."""


async def verdicts(trust: TrustSettings | None = None) -> dict[str, Verdict]:
    outcome = await judge_reference("ldp-vc", ["ldp-vc:context-unknown"], select="ldp-vc-*", trust=trust)
    assert "ldp-vc:context-unknown" in outcome.fired
    return {result.check: result.verdict for result in outcome.results}


async def test_a_context_that_is_not_known_is_no_violation_but_blocks() -> None:
    found = await verdicts()
    assert {found[name] for name in NEEDING} == {Verdict.BLOCKED}
    assert set(found.values()) == {Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.BLOCKED}


async def test_a_context_that_the_team_gives_is_known(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(
        '{"@context": {"nickname": "https://credentials.assay.test/vocabulary#nickname"}}'
    )
    (tmp_path / "manifest.toml").write_text(f'[[context]]\nurl = "{OWN_CONTEXT}"\nfile = "own.json"\n')
    found = await verdicts(TrustSettings(contexts=(tmp_path,)))
    assert {found[name] for name in NEEDING} == {Verdict.PASS}


async def test_a_proof_of_another_party_need_not_be_announced() -> None:
    outcome = await judge_reference("ldp-vc", ["ldp-vc:endorsed"], select="ldp-vc-*")
    found = {result.check: result.verdict for result in outcome.results}
    assert "ldp-vc:endorsed" in outcome.fired
    assert found["ldp-vc-further-proofs"] is Verdict.PASS
    assert set(found.values()) == {Verdict.PASS, Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize(
    "manifest", ["", "no TOML", '[[context]]\nurl = "https://x.test"\nfile = "absent.json"\n']
)
async def test_contexts_of_the_team_that_cannot_be_read_block(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.toml").write_text(manifest)
    found = await verdicts(TrustSettings(contexts=(tmp_path,)))
    assert set(found.values()) == {Verdict.BLOCKED}
