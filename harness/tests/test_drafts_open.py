"""What a draft leaves open is not held against an issuer, and the wallet finds its way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from harness.model import Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import variant
from harness.target import registered_wallet
from harness.tests.bench import Clock, Outcome, judge_issuer
from harness.tests.test_drafts_judged import judge_worded

Edits = dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]]
"""End of a path to what becomes of the document there; of ``None`` a 404."""


class _Edited(httpx.AsyncBaseTransport):
    """The way to an issuer that publishes other documents than the reference issuer."""

    def __init__(self, issuer: ReferenceIssuer, edits: Edits) -> None:
        self._way = httpx.ASGITransport(issuer.app)
        self._edits = edits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._way.handle_async_request(request)
        for end, edit in self._edits.items():
            if request.url.path.endswith(end):
                document = edit(json.loads(await answer.aread()))
                return httpx.Response(404) if document is None else httpx.Response(200, json=document)
        return answer


class _Strict(_Edited):
    """The same, and after ``credential_identifiers`` it takes no request by ``format``."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.url.path.endswith("/token"):
            self._named = "credential_identifiers" in (await answer.aread()).decode()
        elif request.url.path.endswith("/credential") and self._named and "format" in json.loads(request.content):
            return httpx.Response(400, json={"error": "invalid_credential_request"})
        return answer


def judge(version: str, edits: Edits, *select: str, by: type[_Edited] = _Edited) -> Outcome:
    clock = Clock()
    issuer = ReferenceIssuer(variant(version), clock=clock.now)
    client = registered_wallet(issuer).client
    return asyncio.run(judge_issuer(issuer, by(issuer, edits), clock=clock, select=select, client=client))


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    """Give the verdict of each check; of several the last."""
    assert outcome.stopped is None
    return {result.check: result.verdict for result in outcome.results}


def _without_binding_methods(metadata: dict[str, Any]) -> dict[str, Any]:
    for configuration in metadata["credential_configurations_supported"].values():
        del configuration["cryptographic_binding_methods_supported"]
    return metadata


@pytest.mark.parametrize("version", ["draft-13", "draft-14", "draft-15"])
def test_binding_methods_need_not_be_named(version: str) -> None:
    checks = ("credential-issued", "proof-algorithms-accepted", "proof-binding-methods-accepted")
    found = verdicts(judge(version, {"/openid-credential-issuer": _without_binding_methods}, *checks))
    assert found.pop("proof-binding-methods-accepted") is Verdict.NOT_APPLICABLE
    assert set(found.values()) == {Verdict.PASS}


@pytest.mark.parametrize("version", ["draft-13", "draft-14", "draft-15"])
def test_compression_came_later(version: str) -> None:
    select = "encryption-*-unsupported-refused"
    found = verdicts(judge_worded(version, "deferred", select=select, response_encryption="required"))
    assert found["encryption-zip-unsupported-refused"] is Verdict.NOT_APPLICABLE
    assert found["encryption-enc-unsupported-refused"] is Verdict.PASS


@pytest.mark.parametrize("version", ["draft-11", "draft-13"])
def test_metadata_that_a_server_lacks_are_missed_once(version: str) -> None:
    edits: Edits = {
        "/openid-credential-issuer": lambda own: {**own, "token_endpoint": f"{own['credential_issuer']}/token"},
        "/oauth-authorization-server": lambda _: None,
    }
    members = ("as-issuer", "as-authorization-endpoint", "as-grant-types", "as-sender-constraint")
    found = verdicts(judge(version, edits, "credential-issued", "as-metadata-location", *members))
    assert found.pop("credential-issued") is Verdict.PASS
    assert found.pop("as-metadata-location") is Verdict.FAIL
    assert set(found.values()) == {Verdict.NOT_APPLICABLE}


def test_identifiers_may_come_with_a_format() -> None:
    configurations: dict[str, Any] = {}

    def remembered(metadata: dict[str, Any]) -> dict[str, Any]:
        configurations.update(metadata["credential_configurations_supported"])
        return metadata

    def described(answer: dict[str, Any]) -> dict[str, Any]:
        for item in answer.get("authorization_details", ()):
            if (name := item.pop("credential_configuration_id", None)) is not None:
                item |= {member: configurations[name][member] for member in ("format", "vct")}
        return answer

    edits: Edits = {"/openid-credential-issuer": remembered, "/token": described}
    check = "draft-details-by-format"
    assert verdicts(judge("draft-14-code-flow", edits, check, by=_Strict)) == {check: Verdict.PASS}


def _for_details_only(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a Token Response says of the credential that the scope asked for, the first of two."""
    both = answer.get("authorization_details")
    return {**answer, "authorization_details": both[1:]} if both else answer


@pytest.mark.parametrize("version", ["draft-13", "draft-14"])
def test_a_scope_beside_identifiers_of_another_credential_has_no_name(version: str) -> None:
    check = "authorization-scope-and-details"
    found = judge(f"{version}-code-flow", {"/token": _for_details_only}, check, by=_Strict)
    assert verdicts(found) == {check: Verdict.PASS}
