"""Who may import whom: the layering of the house, read off the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("harness", "suites", "schemas", "reports")

# Layer: the modules below a prefix. For each: the modules of ours it may import, and the third-party
# packages it must not import.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "harness.model": (),
    "harness.dialects": ("harness.toml_file",),
    "harness.catalogue": ("harness.model", "harness.versions"),
    "harness.versions": ("harness.model", "harness.toml_file"),
    "harness.settings": ("harness.model",),
    "harness.toml_file": (),
    "harness.attesters": ("harness.attesters",),
    "harness.config": (
        "harness.attesters",
        *("harness.dialects", "harness.model", "harness.settings", "harness.toml_file", "harness.profiles"),
    ),
    "harness.profiles": (
        *("harness.dialects", "harness.model", "harness.settings", "harness.toml_file", "harness.versions"),
    ),
    "harness.detection": (
        "harness.detection",
        "harness.dialects",
        "harness.formats",
        "harness.inspection.rendering",
        "harness.model",
        "harness.profiles",
        "harness.toml_file",
        "harness.transport",
        "harness.versions",
        "harness.wallet",
    ),
    "harness.waivers": ("harness.model", "harness.toml_file"),
    "harness.verdict": ("harness.model",),
    "harness.gate": ("harness.model", "harness.verdict", "reports.changes"),
    "harness.waiving": ("harness.model", "harness.toml_file", "harness.waivers", "reports.identity"),
    "harness.redaction": (),
    "harness.integrity": ("harness.formats", "harness.integrity", "harness.model", "reports.digest"),
    "harness.terminal": (),
    "harness.hooks": ("harness.model", "harness.settings", "harness.terminal", "harness.transport"),
    "harness.offer_sources": ("harness.hooks", "harness.settings", "harness.terminal"),
    "harness.formats": ("harness.model", "harness.formats"),
    "harness.transport": ("harness.model", "harness.redaction", "harness.formats"),
    "harness.tls": ("harness.formats", "harness.tls", "harness.wallet"),
    "harness.trust": ("harness.trust", "harness.formats", "harness.settings", "harness.transport"),
    "harness.journey": (
        "harness.formats",
        "harness.hooks",
        "harness.journey",
        "harness.redaction",
        "harness.settings",
        "harness.transport",
    ),
    "harness.wallet": (
        "harness.attesters",
        "harness.journey",
        "harness.model",
        "harness.dialects",
        "harness.formats",
        "harness.transport",
        "harness.trust",
        "harness.wallet",
        "harness.settings",
        "harness.hooks",
    ),
    "harness.one_login": ("harness.formats", "harness.govuk.people", "harness.one_login", "harness.toml_file"),
    "harness.staff_passport.gateway": (
        "harness.formats",
        "harness.one_login",
        "harness.qr_code",
        "harness.reference",
        "harness.staff_passport.employees",
        "harness.staff_passport.gateway",
        "harness.staff_passport.templates",
        "harness.toml_file",
    ),
    "harness.staff_passport.templates": ("harness.toml_file",),
    "harness.staff_passport.employees": (),
    "harness.qr_code": (),
    "harness.own_verdicts": ("harness.model", "harness.profiles", "harness.verdict"),
    "harness.mattr": (
        "harness.access",
        "harness.applicability",
        "harness.evidence",
        "harness.flow",
        "harness.govuk.standing",
        "harness.hooks",
        "harness.mattr",
        "harness.offer_sources",
        "harness.preflight",
        "harness.reference",
        "harness.settings",
        "harness.target",
        "harness.transport",
        "harness.vendors.mattr",
        "harness.wallet",
    ),
    "harness.partisia": (
        "harness.evidence",
        "harness.flow",
        "harness.offer_sources",
        "harness.partisia",
        "harness.reference",
        "harness.settings",
        "harness.target",
        "harness.transport",
        "harness.vendors.partisia",
        "harness.wallet",
    ),
    "harness.vendors.mattr": ("harness.reference", "harness.vendors.mattr"),
    "harness.vendors.partisia": (
        "harness.reference",
        "harness.toml_file",
        "harness.vendors.partisia",
    ),
    "harness.background": ("harness.transport",),
    "harness.patience": ("harness.background",),
    "harness.lifecycle": (
        "harness.access",
        "harness.evidence",
        "harness.flow",
        "harness.formats",
        "harness.hooks",
        "harness.lifecycle",
        "harness.model",
        "harness.settings",
        "harness.terminal",
        "harness.transport",
        "harness.trust",
        "harness.wallet",
    ),
    "harness.agent": ("harness.settings", "harness.transport", "harness.wallet"),
    "harness.access": ("harness.agent", "harness.evidence", "harness.transport", "harness.wallet"),
    "harness.deferral": (
        "harness.access",
        "harness.agent",
        "harness.evidence",
        "harness.patience",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.evidence": (
        "harness.agent",
        "harness.attesters",
        "harness.dialects",
        "harness.formats",
        "harness.patience",
        "harness.settings",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.authorized": ("harness.formats", "harness.transport", "harness.wallet"),
    "harness.facts": (
        "harness.authorized",
        "harness.evidence",
        "harness.formats",
        "harness.lifecycle",
        "harness.settings",
        "harness.transport",
        "harness.trust",
        "harness.type_metadata",
        "harness.wallet",
    ),
    "harness.json_schema": (),
    "harness.type_metadata": ("harness.formats", "harness.model", "harness.transport", "harness.trust"),
    "harness.terms": ("harness.evidence", "harness.wallet"),
    "harness.authorizing": (
        "harness.access",
        "harness.agent",
        "harness.authorized",
        "harness.evidence",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.flow": (
        "harness.access",
        "harness.agent",
        "harness.authorized",
        "harness.authorizing",
        "harness.credential_as_seen",
        "harness.deferral",
        "harness.evidence",
        "harness.hooks",
        "harness.offer_sources",
        "harness.terms",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.gathering": (
        "harness.access",
        "harness.authorized",
        "harness.background",
        "harness.checks",
        "harness.deferral",
        "harness.evidence",
        "harness.expect",
        "harness.facts",
        "harness.flow",
        "harness.govuk",
        "harness.lifecycle",
        "harness.mattr",
        "harness.offer_sources",
        "harness.partisia",
        "harness.tls",
        "harness.transport",
        "harness.trust",
        "harness.type_metadata",
        "harness.unredeemed",
        "harness.wallet",
    ),
    "harness.engine": (
        "harness.background",
        "harness.checks",
        "harness.evidence",
        "harness.expect",
        "harness.facts",
        "harness.flow",
        "harness.gathering",
        "harness.lifecycle",
        "harness.model",
        "harness.offer_sources",
        "harness.settings",
        "harness.subject",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.subject": (
        "harness.checks",
        "harness.evidence",
        "harness.expect",
        "harness.model",
        "harness.redaction",
        "harness.settings",
    ),
    "harness.demand": ("harness.checks", "harness.evidence", "harness.gathering"),
    "harness.workers": ("harness.model", "harness.transport"),
    "harness.dry_run": (
        "harness.checks",
        "harness.demand",
        "harness.evidence",
        "harness.settings",
        "harness.subject",
        "harness.wallet",
        "reports.settings_needed",
    ),
    "harness.unredeemed": ("harness.flow", "harness.transport"),
    "harness.inspection": (
        "harness.catalogue",
        "harness.checks",
        "harness.evidence",
        "harness.expect",
        "harness.facts",
        "harness.formats",
        "harness.inspection",
        "harness.model",
        "harness.profiles",
        "harness.settings",
        "harness.transport",
        "harness.trust",
        "harness.wallet",
    ),
    "harness.watching": (
        "harness.formats",
        "harness.inspection",
        "harness.lifecycle",
        "harness.model",
        "harness.settings",
        "harness.transport",
        "harness.trust",
        "harness.watching",
    ),
    "harness.applicability": (
        "harness.applicability",
        "harness.formats",
        "harness.one_login.relying_party",
        "harness.transport",
        "harness.wallet",
    ),
    "harness.checks": ("harness.applicability", "harness.versions"),
    "harness.mutate": ("harness.attesters", "harness.wallet", "harness.formats"),
    "harness.expect": ("harness.model", "harness.transport", "harness.wallet"),
    # What the sample portal is registered as, and who signs in to it, are the gateway's words too.
    "harness.reference": (
        "harness.attesters",
        "harness.qr_code",
        "harness.reference",
        "harness.staff_passport.employees",
        "harness.staff_passport.gateway",
    ),
    "reports": ("harness.model", "reports"),
    "suites": (
        "harness.background",
        "harness.checks",
        "harness.expect",
        "harness.evidence",
        "harness.facts",
        "harness.authorized",
        "harness.authorizing",
        "harness.flow",
        "harness.govuk",
        "harness.staff_passport",
        "harness.journey",
        "harness.one_login",
        "harness.access",
        "harness.agent",
        "harness.deferral",
        "harness.lifecycle",
        "harness.mattr",
        "harness.partisia",
        "harness.unredeemed",
        "harness.patience",
        "harness.applicability",
        "harness.mutate",
        "harness.wallet",
        "harness.formats",
        "harness.tls",
        "harness.transport",
        "harness.trust",
        "harness.type_metadata",
        "harness.json_schema",
        "harness.model",
        "suites",
    ),
}
FOREIGN_TO: dict[str, tuple[str, ...]] = {
    "suites": ("httpx", "jwcrypto", "pytest", "starlette", "cryptography"),
    "reports": ("httpx", "pytest", "time", "socket", "random"),
    "harness.wallet": ("pytest",),
    "harness.trust": ("pytest", "httpx"),
    "harness.formats": ("pytest", "httpx", "time", "random"),
    "harness.engine": ("pytest",),
    "harness.gathering": ("pytest",),
    "harness.inspection": ("pytest",),
    "harness.watching": ("pytest", "httpx"),
    "harness.run": ("pytest",),
}


def modules() -> dict[str, ast.Module]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "tests" in path.parts:
                continue
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imports(name: str, tree: ast.Module) -> set[str]:
    """Modules a module imports while it runs; what it imports for type checking only does not count."""
    skipped = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else str(node.module))
    return found


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(f"{prefix}.")


@pytest.mark.parametrize("layer", sorted(MAY_IMPORT))
def test_a_layer_imports_only_what_it_may(layer: str) -> None:
    members = [name for name in MODULES if within(name, layer)]
    assert members, f"there is no module {layer}"
    wrong = {
        f"{name} imports {other}"
        for name in members
        for other in imports(name, MODULES[name])
        if other.split(".")[0] in PACKAGES and other != "harness" and other != "schemas"
        if not any(within(other, allowed) for allowed in MAY_IMPORT[layer])
    }
    assert not wrong


@pytest.mark.parametrize("layer", sorted(FOREIGN_TO))
def test_a_layer_keeps_foreign_packages_out(layer: str) -> None:
    wrong = {
        f"{name} imports {other}"
        for name, tree in MODULES.items()
        if within(name, layer)
        for other in imports(name, tree)
        if other.split(".")[0] in FOREIGN_TO[layer]
    }
    assert not wrong


def test_nobody_imports_the_plugin() -> None:
    users = {name for name, tree in MODULES.items() for other in imports(name, tree) if other == "harness.plugin"}
    assert not users


def test_the_plugin_is_cheap_to_load() -> None:
    """It is loaded into every pytest of its environment, so the heavy packages wait until they are needed."""
    script = "import sys, harness.plugin; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "httpx",
        "jwcrypto",
        "cryptography",
        "jsonschema",
        "starlette",
        "jinja2",
        "cbor2",
        "asyncio",
    }
