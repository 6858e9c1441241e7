"""Operations of the team through every kind of hook, on credentials of a flow over TLS, and seen in the lists."""

from __future__ import annotations

import ssl
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.evidence import Blocked, IssuedCredential
from harness.formats.status_reference import State
from harness.lifecycle.operations import HookOperations
from harness.lifecycle.status import StatusReader
from harness.reference.serve import Served, serving
from harness.settings import CommandHook, HookSettings, HttpHook, PythonHook, Settings, TrustSettings
from harness.target import REFERENCE, open_target
from harness.tests.test_reference import Wallet
from harness.transport import Client, Recorder
from harness.trust.fetching import Fetcher

STATES = {"revoke": "revoked", "suspend": "suspended", "reinstate": "valid"}
CONFIGURATIONS = {
    "status-2-bits": ("identity_credential", "dc+sd-jwt"),
    "status-cwt": ("identity_credential", "dc+sd-jwt"),
    "mdoc-status": ("driving_licence", "mso_mdoc"),
    "mdoc-identifier-list": ("driving_licence", "mso_mdoc"),
}
SCRIPT = """
    import http.client, json, ssl, urllib.parse

    def tell(credential, url, ca, status):
        place = urllib.parse.urlsplit(url)
        trusting = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(place.netloc, context=trusting)
        connection.request("POST", place.path, json.dumps({"credential": credential, "status": status}))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != 204:
            raise RuntimeError(answer.status)
"""


@dataclass(frozen=True)
class Desk:
    """A running issuer, and the files that a team would have."""

    served: Served
    folder: Path

    @property
    def address(self) -> str:
        return f"{self.served.url}/assay/status"

    @property
    def ca(self) -> Path:
        return self.folder / "tls-ca.pem"


def http(desk: Desk, operation: str) -> HttpHook:
    body = {"credential": "{credential}", "status": STATES[operation]}
    return HttpHook(operation, desk.address, "POST", json=body)


def command(desk: Desk, operation: str) -> CommandHook:
    script = textwrap.dedent(SCRIPT) + "import sys\ntell(*sys.argv[1:])\n"
    told = ("{credential}", desk.address, str(desk.ca), STATES[operation])
    return CommandHook(operation, (sys.executable, "-c", script, *told), desk.folder)


def python(desk: Desk, operation: str) -> PythonHook:
    module = f"assay_team_{desk.folder.name.replace('-', '_')}_{operation}"
    told = f"{desk.address!r}, {str(desk.ca)!r}, {STATES[operation]!r}"
    text = textwrap.dedent(SCRIPT) + f"\ndef act(credential):\n    tell(credential, {told})\n"
    (desk.folder / f"{module}.py").write_text(text)
    return PythonHook(operation, f"{module}:act", desk.folder)


KINDS: dict[str, Callable[[Desk, str], HookSettings]] = {"http": http, "command": command, "python": python}


@contextmanager
def desk_of(variant: str, folder: Path) -> Iterator[Desk]:
    with serving(variant) as served:
        desk = Desk(served, folder)
        desk.ca.write_text(served.ca_pem)
        (folder / "x5c.pem").write_text(served.issuer.trust_anchor_pem)
        (folder / "iaca.pem").write_text(served.issuer.iaca_pem)
        yield desk


async def issued(desk: Desk, variant: str) -> IssuedCredential:
    """Obtain a credential over TLS."""
    configuration, credential_format = CONFIGURATIONS[variant]
    trusting = ssl.create_default_context(cafile=str(desk.ca))
    async with httpx.AsyncClient(verify=trusting) as client:
        wallet = Wallet(client, desk.served.issuer)
        token = await wallet.token(configuration=configuration)
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": [await wallet.proof()]}}
        answer = await wallet.post_credential(token, body)
    raw = answer.json()["credentials"][0]["credential"]
    return IssuedCredential(raw, 1, "/credentials/0/credential", (), 0.0, credential_format)


@asynccontextmanager
async def reader_of(desk: Desk) -> AsyncIterator[StatusReader]:
    client = Client(Recorder(), verify=ssl.create_default_context(cafile=str(desk.ca)))
    trust = TrustSettings(x5c=(desk.folder / "x5c.pem",), iaca=(desk.folder / "iaca.pem",))
    try:
        yield StatusReader(Fetcher(client, desk.served.url), trust, desk.served.issuer.context.clock)
    finally:
        await client.aclose()


def operations(desk: Desk, kind: str, *names: str) -> HookOperations:
    settings = Settings(desk.served.url, trust=TrustSettings(tls_ca=desk.ca))
    hooks: dict[str, Any] = {name: KINDS[kind](desk, name) for name in names}
    return HookOperations(replace(settings, **hooks))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", CONFIGURATIONS)
async def test_a_hook_revokes_one_credential_and_no_other(variant: str, kind: str, tmp_path: Path) -> None:
    with desk_of(variant, tmp_path) as desk:
        team = operations(desk, kind, "revoke")
        assert team.can("revoke")
        assert not team.can("suspend")
        one, other = await issued(desk, variant), await issued(desk, variant)
        async with reader_of(desk) as reader:
            assert (await reader.status(one.document)).state is State.VALID
            await team.do("revoke", one, CONFIGURATIONS[variant][0])
            seen = await reader.status(one.document)
            assert (await reader.status(other.document)).state is State.VALID
        assert seen.state is State.REVOKED
        (entry,) = seen.entries
        assert entry.document is not None
        assert entry.document.problems == ()
        assert entry.key is not None
        assert entry.key.jwk is not None
        entry.document.verify(entry.key.jwk)


@pytest.mark.parametrize("kind", KINDS)
async def test_hooks_suspend_and_reinstate_until_the_credential_is_revoked(kind: str, tmp_path: Path) -> None:
    variant, configuration = "status-2-bits", "identity_credential"
    with desk_of(variant, tmp_path) as desk:
        team, one = operations(desk, kind, *STATES), await issued(desk, variant)
        async with reader_of(desk) as reader:
            for operation, state in STATES.items():
                if operation == "revoke":
                    continue
                await team.do(operation, one, configuration)
                assert (await reader.status(one.document)).state == state
            await team.do("revoke", one, configuration)
            with pytest.raises(Blocked, match="reinstate"):
                await team.do("reinstate", one, configuration)
            assert (await reader.status(one.document)).state is State.REVOKED


@pytest.mark.parametrize(
    ("variant", "possible"),
    [
        ("default", set()),
        ("status", {"revoke"}),
        ("mdoc-identifier-list", {"revoke"}),
        ("status-2-bits", {"revoke", "suspend", "reinstate"}),
    ],
)
def test_a_run_against_the_bundled_issuer_has_its_hooks(variant: str, possible: set[str]) -> None:
    target = open_target(Settings(REFERENCE), variant)
    try:
        team = HookOperations(target.settings)
        assert {name for name in STATES if team.can(name)} == possible
        assert (target.settings.promises.status_change_s is not None) == bool(possible)
    finally:
        target.close()
