"""The examples for pipelines work: the shell script and the action judge the reference issuer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.commands.report import OUTPUTS
from harness.reference.serve import Served
from harness.tests.test_docs import blocks
from harness.tests.test_pipeline import ONE
from harness.tests.test_plugin import settle

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITHUB, GITLAB = (yaml.safe_load(block) for block in blocks("docs/ci.md", "yaml"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
GITHUB_STEPS: list[dict[str, Any]] = GITHUB["jobs"]["issuer"]["steps"]
BASH = shutil.which("bash") or pytest.skip("there is no bash", allow_module_level=True)


def install(folder: Path) -> Path:
    """Put an `assay` and a `python` into a folder, as an installation would."""
    folder.mkdir(parents=True)
    for name, arguments in (("assay", " -m harness.cli"), ("python", "")):
        path = folder / name
        path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}"{arguments} "$@"\n')
        path.chmod(0o755)
    return folder


# The action


def test_the_action_is_one_that_runs_steps() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert {"name", "description", "inputs", "outputs", "runs"} <= ACTION.keys()
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "run" not in step or step["shell"] == "bash"
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+(\.\d+)*", step["uses"])


def expressions(value: object) -> set[str]:
    return set(re.findall(r"\$\{\{\s*([^}]*?)\s*\}\}", json.dumps(value)))


@pytest.mark.parametrize("step", [s for s in [*STEPS, *GITHUB_STEPS] if "run" in s], ids=lambda s: s["name"])
def test_no_expression_is_pasted_into_a_script(step: dict[str, Any]) -> None:
    assert expressions(step["run"]) == set()
    assert subprocess.run([BASH, "-n", "-c", step["run"]], check=False).returncode == 0


def test_every_input_is_used_and_every_output_is_written() -> None:
    used = {name.removeprefix("inputs.") for name in expressions(STEPS) if name.startswith("inputs.")}
    assert used == ACTION["inputs"].keys()
    (judging,) = (step for step in STEPS if step.get("id") == "run")
    written = {value["value"] for value in ACTION["outputs"].values()}
    assert expressions(sorted(written)) == {f"steps.run.outputs.{name}" for name in ACTION["outputs"]}
    for name in ACTION["outputs"]:
        assert f"{name}=" in judging["run"]


def test_the_action_installs_its_own_checkout() -> None:
    (installing,) = (step for step in STEPS if step["name"] == "Install Assay")
    assert installing["env"]["ASSAY_SOURCE"] == "${{ github.action_path }}"
    assert 'pip install --quiet --disable-pip-version-check "$ASSAY_SOURCE"' in installing["run"]


class Runner:
    """Runs the judging step of the action as GitHub's runner does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output, self.summary = folder / "output.txt", folder / "summary.md"
        install(folder / "temp" / "assay" / "bin")
        (self.step,) = (step for step in STEPS if step.get("id") == "run")

    def __call__(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        names = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert names.keys() <= ACTION["inputs"].keys()
        values = {name: str(data.get("default", "")) for name, data in ACTION["inputs"].items()} | names
        given = {
            variable: values[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", expression)[1]]  # type: ignore[index]
            for variable, expression in self.step["env"].items()
        }
        self.output.write_text("")
        self.summary.write_text("")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **given,
        }
        # The runner's own way to call bash.
        script = self.folder / "step.sh"
        script.write_text(self.step["run"])
        command = [BASH, "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(pytester: pytest.Pytester) -> Runner:
    return Runner(pytester.path)


def test_the_action_judges(pytester: pytest.Pytester, runner: Runner, right: Served) -> None:
    settle(pytester, right, ONE)
    done = runner(issuer_url=right.url, config="assay.toml", gate="must")
    assert done.returncode == 0, done.stdout + done.stderr
    assert runner.outputs == {
        "exit-code": "0",
        "verdict": "conformant",
        "report": "oid4vci-report/report.html",
        "report-json": "oid4vci-report/report.json",
    }
    assert all((pytester.path / runner.outputs[name]).is_file() for name in ("report", "report-json"))
    assert right.url in runner.summary.read_text()
    stop, go = (line for line in done.stdout.splitlines() if line.startswith("::"))
    assert go == f"::{stop.removeprefix('::stop-commands::')}::"


def test_the_action_stops_the_pipeline(pytester: pytest.Pytester, runner: Runner, wrong: Served) -> None:
    settle(pytester, wrong, ONE)
    new = {"issuer_url": wrong.url, "gate": "new", "baseline": "main/report.json"}
    done = runner(**new)
    assert done.returncode == 1
    assert "there is no baseline yet" in done.stdout
    assert runner.outputs["verdict"] == "not-conformant"
    assert "PROOF-NONCE-ACCEPTED" in runner.summary.read_text()
    (pytester.path / "oid4vci-report").rename(pytester.path / "main")
    assert runner(**new).returncode == 0
    assert runner.outputs["exit-code"] == "0"
    assert runner.outputs["verdict"] == "not-conformant"


def test_the_report_of_the_run_before_can_be_the_baseline(
    pytester: pytest.Pytester, runner: Runner, wrong: Served
) -> None:
    settle(pytester, wrong, ONE)
    same = {"issuer_url": wrong.url, "gate": "new", "baseline": "oid4vci-report/report.json"}
    assert runner(**same).returncode == 1
    assert runner(**same).returncode == 0


def test_a_run_that_does_not_start_leaves_no_stale_report(
    pytester: pytest.Pytester, runner: Runner, right: Served
) -> None:
    settle(pytester, right, ONE)
    assert runner(issuer_url=right.url).returncode == 0
    assert runner(issuer_url=right.url, arguments="--vci-select=nonsense-*").returncode == 4
    assert runner.outputs == {"exit-code": "4"}
    assert runner.summary.read_text() == ""


def test_further_arguments_stand_in_lines(pytester: pytest.Pytester, runner: Runner, right: Served) -> None:
    settle(pytester, right, ONE)
    folder = "a folder; with $(touch pwned) in its name"
    lines = "--vci-select=nonce-*\n\n--junitxml=two words.xml"
    done = runner(issuer_url=right.url, report_dir=folder, arguments=lines)
    assert done.returncode == 6, done.stdout + done.stderr
    assert (pytester.path / "two words.xml").is_file()
    assert runner.outputs["report"] == f"{folder}/report.html"
    assert not (pytester.path / "pwned").exists()


HOSTILE = ("""'; touch pwned; '"; touch pwned; "$(touch pwned) `touch pwned` & touch pwned""", "-h\t*")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["issuer_url", "config", "profile", "gate", "baseline", "arguments"])
def test_hostile_inputs_are_only_values(
    pytester: pytest.Pytester, runner: Runner, right: Served, name: str, value: str
) -> None:
    settle(pytester, right, "dry_run = true\n" + ONE)
    done = runner(**{"issuer_url": right.url, name: value})
    assert not (pytester.path / "pwned").exists()
    # A baseline that is not there is passed over.
    assert done.returncode == (0 if name == "baseline" else 4), done.stdout + done.stderr
    assert runner.outputs == {"exit-code": str(done.returncode)}


@pytest.mark.parametrize("name", ["issuer_url", "config", "profile", "gate", "baseline", "report_dir"])
def test_an_input_of_several_lines_writes_no_output(
    pytester: pytest.Pytester, runner: Runner, right: Served, name: str
) -> None:
    settle(pytester, right)
    done = runner(**{"issuer_url": right.url, name: "a\nverdict=conformant"})
    assert done.returncode == 4
    assert runner.outputs == {}


# The workflow, the job and the script


def test_the_workflow_uses_the_action_as_it_is() -> None:
    (using,) = (step for step in GITHUB_STEPS if "/assay@" in step.get("uses", ""))
    assert using["with"].keys() <= ACTION["inputs"].keys()
    assert using["id"] == "assay"
    text = next(block for block in blocks("docs/ci.md", "yaml") if "GITHUB" in block.upper())
    outputs = set(re.findall(r"steps\.assay\.outputs\.([a-z-]+)", text))
    assert outputs
    assert outputs <= ACTION["outputs"].keys()
    assert all("@v" in step["uses"] for step in GITHUB_STEPS if "uses" in step)


def test_the_tables_name_the_inputs_and_outputs() -> None:
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in PAGE


def test_every_format_of_the_page_is_one() -> None:
    assert set(re.findall(r"--format ([a-z]+)", PAGE)) <= OUTPUTS.keys()


def test_the_job_of_gitlab_is_sound() -> None:
    job = GITLAB["conformance"]
    for line in (*job["before_script"], *job["script"]):
        assert subprocess.run([BASH, "-n", "-c", line], check=False).returncode == 0
    assert 'bash conformance.sh "$ISSUER_URL"' in job["script"]
    (fetching,) = (line for line in job["script"] if "<<'END'" in line)
    compile(fetching.split("\n", 1)[1].rsplit("END", 1)[0], "fetching", "exec")
    assert job["artifacts"]["when"] == "always"


def script(pytester: pytest.Pytester) -> list[str]:
    (block,) = blocks("docs/ci.md", "bash")
    (pytester.path / "conformance.sh").write_text(block)
    return [BASH, "conformance.sh"]


def test_the_shell_script_judges_and_keeps_everything(
    pytester: pytest.Pytester, right: Served, wrong: Served
) -> None:
    path = f"{install(pytester.path / 'bin')}:{os.environ['PATH']}"

    def run(url: str) -> int:
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(
            [*command, url], cwd=pytester.path, env=environment, capture_output=True, check=False
        )
        return done.returncode

    command = script(pytester)
    settle(pytester, right, ONE)
    assert run(right.url) == 0
    folder = pytester.path / "oid4vci-report"
    kept = {"report.html", "report.json", "junit.xml", "summary.md", "report.sarif", "badge.json"}
    assert {path.name for path in folder.iterdir()} >= kept
    settle(pytester, wrong, ONE)
    assert run(wrong.url) == 1
    shutil.copy(folder / "report.json", pytester.path / "baseline.json")
    assert run(wrong.url) == 0
    assert run("https://127.0.0.1:1") == 6


def test_the_settings_of_the_page_are_accepted(tmp_path: Path) -> None:
    from harness import config

    (block,) = blocks("docs/ci.md", "toml")
    (tmp_path / "assay.toml").write_text(block)
    settings = config.load({}, {"OFFER_API_TOKEN": "t"}, tmp_path)
    assert settings.offers[0].kind == "http"


# The container


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def test_the_image_is_built_from_a_pinned_base_and_runs_as_nobody_in_particular() -> None:
    found = instructions()
    bases = [value.split()[0] for word, value in found if word == "FROM"]
    assert bases
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+-[a-z-]+", base) for base in bases), "a tag, no registry, not latest"
    users = [value for word, value in found if word == "USER"]
    assert users[-1].isdigit()
    assert users[-1] != "0"
    words = [word for word, _ in found]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert ("ENTRYPOINT", '["assay"]') in found
    assert "ADD" not in words
    assert "ARG" not in words
    assert all(value.startswith("[") for word, value in found if word in ("ENTRYPOINT", "CMD"))
    assert all(value.startswith("/") for word, value in found if word == "WORKDIR")
    assert all("sudo" not in value and "apt-get" not in value for word, value in found if word == "RUN")
    assert all("--no-cache-dir" in value for word, value in found if word == "RUN" and "pip install" in value)


def test_the_image_gets_what_the_package_is_built_from_and_nothing_else(tmp_path: Path) -> None:
    copied = [
        source
        for word, value in instructions()
        if word == "COPY" and not value.startswith("--from")
        for source in value.split()[:-1]
    ]
    assert all((ROOT / source).exists() for source in copied)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = re.search(r"^packages = \[(.*)\]", project, re.MULTILINE)
    assert packages
    needed = {name.strip(' "') for name in packages[1].split(",")} | {"pyproject.toml", "README.md", "LICENSE"}
    assert set(copied) == needed
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8")
    lines = [line for line in ignored.splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == needed
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8") == ignored


@pytest.mark.parametrize("name", ["action.yml", "Containerfile", "docs/ci.md"])
def test_no_package_registry_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"pypi|docker\.io|ghcr\.io|quay\.io|index-url", text, re.IGNORECASE)
