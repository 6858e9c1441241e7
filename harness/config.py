"""The settings of a run, from ``assay.toml``, the environment and the command line.

What is said closer to the run wins: command line over environment over file over profile over default.
A list or a hook is replaced as a whole, a table key by key. ``schemas/config.schema.json`` describes the
file; the options and variables are listed in :data:`OPTIONS`.

In files, ``${NAME}`` in any string stands for an environment variable and ``$${`` for ``${`` itself. Keys that
the schema marks as secret have to be written that way, so that the file can be kept with the code. Relative
paths are relative to the file that names them; from the command line and the environment, to the working
directory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness import profiles, toml_file
from harness.model import Json
from harness.settings import (
    ClientSettings,
    CommandHook,
    HookSettings,
    HttpHook,
    InteractiveHook,
    Limits,
    ProofSettings,
    PythonHook,
    Settings,
    StaticHook,
    Target,
    TrustSettings,
    merge,
)

DEFAULT_FILE = "assay.toml"
"""Read from the working directory when no other file is named."""

_LARGEST_OFFER = 1_000_000
"""Characters."""
_DEEPEST_VALUE = 20
_SCHEMA = "config.schema.json"


class ConfigError(Exception):
    """The settings are wrong; the message is one line, names the place, and never carries a secret."""


@dataclass(frozen=True)
class Option:
    """One setting that can be given on the command line and in the environment."""

    name: str
    """As typed, for example ``--vci-strict``."""
    key: tuple[str, ...]
    """Where the value stands in ``assay.toml``."""
    help: str
    kind: str = "text"
    """``text``, ``list`` (an option that can be repeated, a variable separated by commas) or ``flag``."""

    @property
    def dest(self) -> str:
        """The name under which ``load`` looks for the option in ``cli``, for example ``vci_strict``."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable, for example ``VCI_STRICT``."""
        return "VCI_" + self.dest.removeprefix("vci_").upper()


OPTIONS = (
    Option("--issuer-url", ("issuer_url",), "Credential Issuer Identifier, or the word reference"),
    Option("--vci-profile", ("profile",), "name or file of the profile that judges"),
    Option("--vci-configuration", ("configurations",), "Credential Configuration id to test; repeatable", "list"),
    Option("--vci-client-id", ("client", "client_id"), "client_id of the wallet"),
    Option("--vci-offer", ("offer",), "Credential Offer: a link, its JSON, or a file with either"),
    Option("--vci-tx-code", ("tx_code",), "Transaction Code that belongs to the offer"),
    Option("--vci-tls-ca", ("trust", "tls_ca"), "PEM file with roots to trust for TLS"),
    Option("--vci-select", ("select",), "only checks whose id matches this glob; repeatable", "list"),
    Option("--vci-skip", ("skip",), "no checks whose id matches this glob; repeatable", "list"),
    Option("--vci-strict", ("strict",), "findings of level SHOULD fail too", "flag"),
    Option("--vci-allow-http", ("allow_http",), "plain http to other machines than this one", "flag"),
    Option("--vci-report-dir", ("report_dir",), "folder for the report"),
    Option("--vci-waivers", ("waivers",), "file with waivers"),
)
"""Besides these, ``--vci-config`` and ``VCI_CONFIG`` name the file itself.

The variables are ``VCI_ISSUER_URL``, ``VCI_PROFILE``, ``VCI_CONFIGURATION``, ``VCI_CLIENT_ID``, ``VCI_OFFER``,
``VCI_TX_CODE``, ``VCI_TLS_CA``, ``VCI_SELECT``, ``VCI_SKIP``, ``VCI_STRICT``, ``VCI_ALLOW_HTTP``,
``VCI_REPORT_DIR`` and ``VCI_WAIVERS``.
"""


@dataclass(frozen=True)
class _Layer:
    """One source of settings."""

    label: str
    document: Mapping[str, Json]
    folder: Path
    expands: bool = False


def load(cli: Mapping[str, object], env: Mapping[str, str], cwd: Path) -> Settings:
    """Gather the settings of a run.

    Args:
        cli: values of the command line under :attr:`Option.dest`, such as ``vars(pytestconfig.option)``;
            ``None``, ``False`` and what is empty count as not given, other keys are ignored.
        env: the environment.
        cwd: the working directory, absolute.

    Raises:
        ConfigError: anything is wrong with any of them.

    """
    secrets: set[str] = set()
    given = [_prepare(layer, env, secrets) for layer in _given(cli, env, cwd)]
    chosen = next(
        (document["profile"] for document, _ in reversed(given) if "profile" in document), Settings.profile
    )
    defaults = {"profile": chosen, "report_dir": str(Settings.report_dir)}
    below = [
        _prepare(layer, env, secrets) for layer in (_Layer("defaults", defaults, cwd), _of_profile(chosen, cwd))
    ]
    document: dict[str, Any] = {}
    written: dict[str, Json] = {}
    for resolved, shown in below + given:
        document, written = merge(document, resolved), merge(written, shown)
    return _settings(document, frozenset(secrets), written)


def _given(cli: Mapping[str, object], env: Mapping[str, str], cwd: Path) -> Iterator[_Layer]:
    """Give the layers that the team controls, the strongest last."""
    named = cli.get("vci_config") or env.get("VCI_CONFIG")
    path = cwd / str(named or DEFAULT_FILE)
    if named or path.is_file():
        yield _Layer(path.name, toml_file.read(path, ConfigError), path.parent, expands=True)
    for option in OPTIONS:
        if value := env.get(option.variable):
            yield _Layer(option.variable, _document(option, _parsed(option, value)), cwd)
    for option in OPTIONS:
        if given := cli.get(option.dest):
            yield _Layer(option.name, _document(option, given), cwd)


def _of_profile(name: str, cwd: Path) -> _Layer:
    try:
        profile = profiles.load(name)
    except profiles.ProfileError as error:
        raise ConfigError(str(error)) from None
    if "profile" in profile.settings:
        raise ConfigError(f'the profile {profile.name} cannot name a "profile" in its settings')
    return _Layer(f"profile {profile.name}", profile.settings, profile.folder or cwd, expands=True)


_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _parsed(option: Option, value: str) -> object:
    """Read the text of an environment variable as its option's kind."""
    if option.kind == "list":
        return [item.strip() for item in value.split(",") if item.strip()]
    if option.kind == "flag":
        if value.lower() not in _FLAGS:
            raise ConfigError(f"{option.variable} has to be true or false")
        return _FLAGS[value.lower()]
    return value


def _document(option: Option, value: object) -> dict[str, Json]:
    """Give the part of ``assay.toml`` that says the same as an option."""
    if option.key == ("offer",):
        value = [{"kind": "static", "value": value}]
    elif option.key == ("tx_code",):
        value = {"kind": "static", "value": value}
    elif option.kind == "list" and isinstance(value, Sequence):
        value = list(value)
    elif isinstance(value, Path):
        value = str(value)
    document: Json = value
    for key in reversed(option.key):
        document = {key: document}
    result: dict[str, Json] = document
    return result


# --- one layer: variables, validation, paths and hooks -----------------------------------------------


def _prepare(layer: _Layer, env: Mapping[str, str], secrets: set[str]) -> tuple[dict[str, Any], dict[str, Json]]:
    """Give a layer twice: ready for use, and as it may be shown."""

    def expanded(text: str, where: str) -> str:
        def value(name: str) -> str:
            if name not in env:
                raise ConfigError(
                    f"{layer.label}: {where} needs the environment variable {name}, which is not set"
                )
            secrets.add(env[name])
            return env[name]

        return _replace_variables(text, value, f"{layer.label}: {where}")

    _check_values(layer.document, layer.label)
    document: dict[str, Json] = dict(layer.document)
    shown: dict[str, Json] = dict(layer.document)
    if layer.expands:
        _validate(layer, layer.document, only={"additionalProperties", "x-secret"})
        document = _map_strings(document, expanded)
        shown = _map_strings(shown, lambda text, _: _replace_variables(text, "‹from ${{{}}}›".format, ""))
    _validate(layer, document, skip={"x-secret"})
    return _resolved(document, layer), _without_values(layer.document, shown)


def _validate(
    layer: _Layer, document: Mapping[str, Json], *, only: Collection[str] | None = None, skip: Collection[str] = ()
) -> None:
    if refused := toml_file.refusal(document, _SCHEMA, only=only, skip=skip):
        raise ConfigError(f"{layer.label}: {refused}")


_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _replace_variables(text: str, value: Callable[[str], str], where: str) -> str:
    def replacement(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if not found[2] or not _VARIABLE_NAME.fullmatch(found[1]):
            raise ConfigError(
                f'{where}: "${{" needs a variable name and "}}" after it; write "$${{" for "${{" itself'
            )
        return value(found[1])

    return _VARIABLE.sub(replacement, text)


def _map_strings(value: Json, change: Callable[[str, str], str], path: tuple[str | int, ...] = ()) -> Any:
    match value:
        case str():
            return change(value, toml_file.place(path))
        case Mapping():
            return {key: _map_strings(item, change, (*path, key)) for key, item in value.items()}
        case list():
            return [_map_strings(item, change, (*path, index)) for index, item in enumerate(value)]
        case _:
            return value


def _check_values(value: Json, label: str, path: tuple[str | int, ...] = ()) -> None:
    """Refuse what TOML can say and a schema cannot judge: endless nesting, infinity and not-a-number."""
    if len(path) > _DEEPEST_VALUE:
        raise ConfigError(f"{label}: {toml_file.place(path[:3])} is nested more than {_DEEPEST_VALUE} levels deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{label}: {toml_file.place(path)} has to be a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_values(item, label, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_values(item, label, (*path, index))


def _without_values(raw: Mapping[str, Json], shown: dict[str, Json]) -> dict[str, Json]:
    """Hide offers and Transaction Codes that were given as such."""

    def hide(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        secret = before["kind"] == "static" and not toml_file.ONLY_A_VARIABLE.fullmatch(before["value"])
        return {**after, "value": "‹redacted›"} if secret else dict(after)

    result = dict(shown)
    if "offer" in raw:
        result["offer"] = [hide(*pair) for pair in zip(raw["offer"], shown["offer"], strict=True)]
    if "tx_code" in raw:
        result["tx_code"] = hide(raw["tx_code"], shown["tx_code"])
    return result


def _resolved(document: Mapping[str, Json], layer: _Layer) -> dict[str, Any]:
    """Give a valid document with absolute paths, and hooks in place of their tables."""
    result: dict[str, Any] = dict(document)
    folder = layer.folder

    def existing(text: str, key: str) -> Path:
        path = folder / text
        if not path.exists():
            raise ConfigError(f"{layer.label}: {key}: there is no file {path}")
        return path

    if profiles.is_path(document.get("profile", "")):
        result["profile"] = str(folder / document["profile"])
    if "report_dir" in document:
        result["report_dir"] = folder / document["report_dir"]
    if "waivers" in document:
        result["waivers"] = existing(document["waivers"], "waivers")
    if "trust" in document:
        trust = result["trust"] = dict(document["trust"])
        if "tls_ca" in trust:
            trust["tls_ca"] = existing(trust["tls_ca"], "trust.tls_ca")
        if "x5c" in trust:
            trust["x5c"] = tuple(existing(item, "trust.x5c") for item in trust["x5c"])
        if "jwks" in trust:
            trust["jwks"] = tuple(
                item if re.match("https?://", item) else str(existing(item, "trust.jwks"))
                for item in trust["jwks"]
            )
    if "offer" in document:
        result["offer"] = tuple(_offers(document["offer"], layer))
    if "tx_code" in document:
        result["tx_code"] = _hook(document["tx_code"], "tx_code", folder)
    return result


def _offers(tables: Sequence[Mapping[str, Json]], layer: _Layer) -> Iterator[HookSettings]:
    taken: set[str] = set()
    for number, table in enumerate(tables, 1):
        name = table.get("name") or ("offer" if len(tables) == 1 else f"offer-{number}")
        if name in taken:
            raise ConfigError(f'{layer.label}: two offers have the name "{name}"')
        taken.add(name)
        given = {"value": _offer_text(table["value"], layer)} if table["kind"] == "static" else {}
        yield _hook({**table, **given}, name, layer.folder)


def _offer_text(value: str, layer: _Layer) -> str:
    """Give the offer itself when the value may be the path of a file that holds it."""
    # One letter and a colon would be a drive, not a scheme.
    if value.lstrip().startswith("{") or re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]+:", value):
        return value.strip()
    path = layer.folder / value.strip()
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST_OFFER).strip()
    except (OSError, ValueError):
        raise ConfigError(
            f"{layer.label}: the offer is neither a link nor JSON nor a file that can be read"
        ) from None
    if not text:
        raise ConfigError(f"{layer.label}: the file {path.name} has no offer in it")
    return text


def _hook(table: Mapping[str, Json], name: str, folder: Path) -> HookSettings:
    rest: dict[str, Any] = {key: value for key, value in table.items() if key != "kind"} | {"name": name}
    match table["kind"]:
        case "static":
            return StaticHook(**rest)
        case "http":
            pointers: dict[str, str] = {key: rest.pop(key) for key in ("offer", "tx_code") if key in rest}
            has_body = "json" in rest or "form" in rest
            return HttpHook(**{"method": "POST" if has_body else "GET", **rest}, pointers=pointers)
        case "command":
            return CommandHook(**{**rest, "command": tuple(rest["command"])}, folder=folder)
        case "python":
            return PythonHook(**rest, folder=folder)
        case _:
            return InteractiveHook(**{**rest, "links": tuple(rest.get("links", ()))})


def _settings(document: dict[str, Any], secrets: frozenset[str], written: Mapping[str, Json]) -> Settings:
    try:
        _ = urlsplit(document.get("issuer_url", "")).port
    except ValueError:
        raise ConfigError("issuer_url has no proper host and port") from None
    for key in ("configurations", "select", "skip"):
        document[key] = tuple(document.get(key, ()))
    return Settings(
        **{key: value for key, value in document.items() if key not in _TABLES and key != "offer"},
        **{key: table(**document.get(key, {})) for key, table in _TABLES.items()},
        offers=document.get("offer", ()),
        secrets=frozenset(secret for secret in secrets if secret),
        written=written,
    )


_TABLES: dict[str, type[Any]] = {
    "target": Target,
    "client": ClientSettings,
    "trust": TrustSettings,
    "limits": Limits,
    "proof": ProofSettings,
}
