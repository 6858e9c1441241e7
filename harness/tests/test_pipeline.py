"""What a pipeline relies on: exit codes, and reports that do not depend on how the run is spread."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.tests.conftest import FAULTS
from harness.tests.ready_made import run_pytest
from harness.tests.test_plugin import settle

ONE = 'configurations = ["identity_credential"]\nprofile = "some.toml"\n'
WAYS = {
    "pytest": [sys.executable, "-m", "pytest"],
    "xdist": [sys.executable, "-m", "pytest", "-n", "2"],
    "assay": [sys.executable, "-m", "harness.cli", "run"],
}
WAIVER = """
[[waiver]]
check = "proof-nonce-refused"
finding = "PROOF-NONCE-ACCEPTED"
reason = "known"
owner = "team"
expires = {day}
"""


def run(pytester: pytest.Pytester, way: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if way == "quick":
        return run_pytest(["-p", "no:cacheprovider", *arguments], cwd=pytester.path)
    command = [*WAYS[way], "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, timeout=120, check=False)


def report(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return loaded


CASES: dict[str, tuple[str, list[str], str, int]] = {
    # What is run: the issuer, the arguments, the first line of the settings; and the exit code.
    "conformant": ("right", [], ONE, 0),
    "not conformant": ("wrong", [], ONE, 1),
    "strict": ("right", ["--vci-strict"], ONE, 1),
    "gate should": ("right", ["--vci-gate", "should"], ONE, 1),
    "gate none": ("wrong", ["--vci-gate", "none"], ONE, 0),
    "waived": ("wrong", ["--vci-waivers", "live.toml"], ONE, 0),
    "waiver expired": ("wrong", ["--vci-waivers", "expired.toml"], ONE, 1),
    "waiver stale": ("right", ["--vci-waivers", "live.toml"], ONE, 1),
    "selection": ("right", ["--vci-select", "nonce-*"], ONE, 6),
    "waiver, selection in part": (
        "right",
        ["--vci-waivers", "live.toml", "-k", "proof-nonce-refused and by-reference"],
        "",
        6,
    ),
    "nothing selected": ("right", ["-k", "nothing-is-called-so"], ONE, 6),
    "preflight": ("right", ["--vci-configuration", "nonsense"], "", 6),
    "wrong option": ("right", ["--vci-no-such-option"], ONE, 4),
    "wrong setting": ("right", [], "ofer = 1\n", 4),
    "gate without baseline": ("right", ["--vci-gate", "new"], ONE, 4),
    "dry run": ("wrong", ["--vci-dry-run"], ONE, 0),
}


ONE_FOR_EACH_CODE = ("conformant", "not conformant", "wrong option", "preflight", "selection", "dry run")
"""What all ways are tried with; who judges and decides is the same in all of them."""


@pytest.mark.parametrize(
    ("case", "way"),
    [
        *((case, way) for way in WAYS for case in ONE_FOR_EACH_CODE),
        *((case, "quick") for case in CASES if case not in ONE_FOR_EACH_CODE),
    ],
)
def test_the_exit_code_is_as_promised(
    pytester: pytest.Pytester, right: Served, wrong: Served, case: str, way: str
) -> None:
    issuer, arguments, first, code = CASES[case]
    server = right if issuer == "right" else wrong
    settle(pytester, server, first)
    (pytester.path / "live.toml").write_text(WAIVER.format(day="2999-01-01"))
    (pytester.path / "expired.toml").write_text(WAIVER.format(day="2001-01-01"))
    done = run(pytester, way, "--issuer-url", server.url, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if code in (0, 1) and case != "dry run":
        assert report(pytester.path / "oid4vci-report")["gate"]["exit_code"] == code


@pytest.mark.parametrize("way", WAYS)
def test_failing_tests_of_the_team_fail_a_conformant_run(
    pytester: pytest.Pytester, right: Served, way: str
) -> None:
    settle(pytester, right, ONE)
    pytester.makepyfile(test_mine="def test_mine(): assert False")
    done = run(pytester, way, "--issuer-url", right.url, "--pyargs", "suites", "test_mine.py")
    assert done.returncode == 1, done.stdout
    assert report(pytester.path / "oid4vci-report")["verdict"] == "conformant"


MINTING = """
import pathlib, ssl, sys, time, urllib.request
def mint():
    context = ssl.create_default_context(cafile="tls-ca.pem")
    request = urllib.request.Request("{url}/assay/offers", method="POST")
    print(urllib.request.urlopen(request, context=context).read().decode())
def turn():
    for number in range(1000):
        try:
            pathlib.Path(f"turn-{{number}}").touch(exist_ok=False)
            return number
        except FileExistsError:
            pass
"""
SLOW = f"""{MINTING}
if turn() < {{ready}}:
    mint()
else:
    pathlib.Path("began").touch()
    time.sleep(60)
"""
COUNTING = f"""{MINTING}
if turn():
    sys.exit("no more offers today")
mint()
"""


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupted_run_ends_with_2_and_is_incomplete(
    pytester: pytest.Pytester, right: Served, way: str
) -> None:
    settle(pytester, right, ONE)
    # Preflight takes one offer in each process; the next one is for a check.
    (pytester.path / "slow.py").write_text(SLOW.format(url=right.url, ready=3 if way == "xdist" else 1))
    settings = pytester.path / "assay.toml"
    head = settings.read_text().split("[[offer]]")[0]
    tables = f'[[offer]]\nkind = "command"\ncommand = ["{sys.executable}", "slow.py"]\ntimeout_s = 100\n'
    settings.write_text(head + tables)
    command = [*WAYS[way], "-p", "no:cacheprovider", "--issuer-url", right.url]
    process = subprocess.Popen(
        command, cwd=pytester.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not (pytester.path / "began").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 2, (out + error).decode()
    written = report(pytester.path / "oid4vci-report")
    assert written["verdict"] == "incomplete"
    assert "interrupted" in written["summary"]
    assert written["exchanges"]


def test_a_worker_that_cannot_start_stops_the_run_with_its_reason(
    pytester: pytest.Pytester, right: Served
) -> None:
    """The controller gets an offer in preflight, and the workers none."""
    settle(pytester, right, ONE)
    (pytester.path / "counting.py").write_text(COUNTING.format(url=right.url))
    settings = pytester.path / "assay.toml"
    head = settings.read_text().split("[[offer]]")[0]
    settings.write_text(f'{head}[[offer]]\nkind = "command"\ncommand = ["{sys.executable}", "counting.py"]\n')
    done = run(pytester, "xdist", "--issuer-url", right.url)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "no usable offer" in " ".join(done.stdout.split())
    assert "INTERNALERROR" not in done.stdout
    written = report(pytester.path / "oid4vci-report")
    assert written["verdict"] == "incomplete"
    assert "no usable offer" in written["summary"]


DYING = """
import os
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.name.startswith("nonce-") and "PYTEST_XDIST_WORKER" in os.environ:
        os._exit(9)
"""


def test_what_a_dead_worker_took_along_leaves_the_run_incomplete(pytester: pytest.Pytester, right: Served) -> None:
    settle(pytester, right, ONE)
    (pytester.path / "dying.py").write_text(DYING)
    arguments = ["-p", "dying", "--max-worker-restart", "20", "--issuer-url", right.url]
    command = [*WAYS["xdist"], "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(pytester.path), *sys.path])}
    done = subprocess.run(
        command, cwd=pytester.path, capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    written = report(pytester.path / "oid4vci-report")
    assert written["verdict"] == "incomplete"
    assert "brought no result" in written["summary"]
    assert done.returncode == 6, done.stdout[-3000:]


# The same report


def masked(document: dict[str, Any], url: str) -> dict[str, Any]:
    """A report without times, exchanges and random values.

    Which check is the first to need an exchange that it shares with others depends on who runs where.
    """
    document = {name: value for name, value in document.items() if name not in ("exchanges", "timing", "started")}
    for result in document["results"]:
        del result["elapsed_s"], result["exchanges"]
        for finding in result["findings"]:
            finding["exchange"] = bool(finding["exchange"])
    text = re.sub(r"‹redacted sha256:[0-9a-f]+›", "‹›", json.dumps(document, ensure_ascii=False))
    text = re.sub(r"[A-Za-z0-9_-]{40,}", "RANDOM", text)
    loaded: dict[str, Any] = json.loads(re.sub(r"-n \d|\b\d{9,}(\.\d+)?\b", "0", text.replace(url, "URL")))
    return loaded


@pytest.mark.parametrize(
    ("variant", "faults"), [("both-grants", FAULTS), ("code-flow", ["accepts:token.code-single-use"])]
)
def test_workers_write_the_same_report(pytester: pytest.Pytester, variant: str, faults: list[str]) -> None:
    ends = []
    with serving(VARIANTS[variant], faults) as server:
        for number in ("0", "4"):
            settle(pytester, server)
            done = run(pytester, "pytest", "--issuer-url", server.url, "-n", number)
            written = report(pytester.path / "oid4vci-report")
            purposes = sorted({exchange["purpose"] for exchange in written["exchanges"]})
            assert [e["number"] for e in written["exchanges"]] == list(range(1, len(written["exchanges"]) + 1))
            said = done.stdout.rstrip().splitlines()[-1]
            seen = {"exit code": done.returncode, "last line": said, "purposes": purposes}
            ends.append(masked(written, server.url) | seen)
    alone, shared = ends
    assert alone.keys() == shared.keys()
    for name in alone:
        assert alone[name] == shared[name], name


def test_workers_judge_one_and_the_same_reference_issuer(pytester: pytest.Pytester) -> None:
    done = run(pytester, "xdist", "--issuer-url", "reference", "--vci-select", "sd-jwt-digest*")
    assert done.returncode == 6, done.stdout + done.stderr
    written = report(pytester.path / "oid4vci-report")
    hosts = {re.match(r"https://[^/]+", exchange["url"])[0] for exchange in written["exchanges"]}  # type: ignore[index]
    assert hosts == {written["target"]["issuer"]}
    assert written["issuer"]["credentials"]


@pytest.mark.parametrize("way", ["pytest", "xdist"])
def test_a_run_that_ends_at_the_first_failure_fails(pytester: pytest.Pytester, wrong: Served, way: str) -> None:
    settle(pytester, wrong, ONE)
    done = run(pytester, way, "-x", "--issuer-url", wrong.url, "--vci-select", "proof-nonce-*")
    assert done.returncode == 1, done.stdout + done.stderr
