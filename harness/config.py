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

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness import profiles
from harness.model import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

DEFAULT_FILE = "assay.toml"
"""Read from the working directory when no other file is named."""

_LARGEST_FILE = 1_000_000
_DEEPEST_VALUE = 20


class ConfigError(Exception):
    """The settings are wrong; the message is one line, names the place, and never carries a secret."""


@dataclass(frozen=True)
class Target:
    """What the team says of the deployment; told in the report, never judged."""

    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class ClientSettings:
    """How the wallet is known to the Authorization Server."""

    client_id: str | None = None
    """``None``: the wallet stays anonymous."""


@dataclass(frozen=True)
class TrustSettings:
    """Whom the run trusts, besides what the machine trusts already."""

    tls_ca: Path | None = None
    """PEM file with roots for the TLS connection."""
    x5c: tuple[Path, ...] = ()
    """PEM files, or folders of them, with the trust anchors of credential signers."""
    jwks: tuple[str, ...] = ()
    """URLs or absolute paths of JWK Sets with the keys of credential signers."""


@dataclass(frozen=True)
class Limits:
    """How much one exchange may cost."""

    timeout_s: float = 10.0
    """Seconds for one whole request."""
    max_body_bytes: int = 2_000_000


@dataclass(frozen=True)
class ProofSettings:
    """How the wallet proves possession of its keys; ``None`` leaves it to the issuer's metadata."""

    algorithm: str | None = None
    key_form: str | None = None
    """``jwk``, ``did:key``, ``did:jwk`` or ``x5c``."""


@dataclass(frozen=True)
class StaticHook:
    """A value given once and for all."""

    kind: ClassVar[str] = "static"
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class HttpHook:
    """A request to a system of the issuer's team; see :mod:`harness.hooks` for the placeholders."""

    kind: ClassVar[str] = "http"
    name: str
    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Json = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    pointers: Mapping[str, str] = field(default_factory=dict)
    """Name of a value to the JSON Pointer at which it stands in the answer; by default ``/NAME``."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class CommandHook:
    """A program of the issuer's team."""

    kind: ClassVar[str] = "command"
    name: str
    command: tuple[str, ...] = field(repr=False)
    folder: Path
    """Where the program runs."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class PythonHook:
    """A Python function of the issuer's team."""

    kind: ClassVar[str] = "python"
    name: str
    function: str
    """``module:function``."""
    folder: Path
    """Where modules are looked for after ``sys.path``."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class InteractiveHook:
    """A person at the terminal."""

    kind: ClassVar[str] = "interactive"
    name: str
    prompt: str | None = None
    links: tuple[str, ...] = field(default=(), repr=False)
    """Links shown with a QR code before the question."""
    timeout_s: float = 300.0


HookSettings = StaticHook | HttpHook | CommandHook | PythonHook | InteractiveHook


@dataclass(frozen=True)
class Settings:
    """Everything a run is told before it starts."""

    issuer_url: str | None = None
    """Credential Issuer Identifier, or ``reference`` for the bundled issuer."""
    profile: str = "oid4vci-1.0"
    """Name or absolute path, for :func:`harness.profiles.load`."""
    target: Target = Target()
    configurations: tuple[str, ...] = ()
    """Ids of the Credential Configurations to test; empty: what offers and metadata give."""
    client: ClientSettings = ClientSettings()
    offers: tuple[HookSettings, ...] = ()
    """The ways an offer comes, each with a name of its own."""
    tx_code: HookSettings | None = None
    """Where a Transaction Code comes from when the answer that carries the offer does not have it."""
    trust: TrustSettings = TrustSettings()
    limits: Limits = Limits()
    proof: ProofSettings = ProofSettings()
    select: tuple[str, ...] = ()
    """Globs over check ids; empty: all."""
    skip: tuple[str, ...] = ()
    strict: bool = False
    """Findings of level SHOULD fail too."""
    allow_http: bool = False
    """Speak plain http to other machines than this one."""
    report_dir: Path = Path("oid4vci-report")
    waivers: Path | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Values of the environment variables that files named, for redaction by value."""
    written: Mapping[str, Json] = field(default_factory=dict, repr=False, compare=False)
    """The settings as they were written, without what the variables held."""

    def redacted(self) -> dict[str, Json]:
        """Give the settings for the report: keys as in ``assay.toml``, ``‹from ${NAME}›`` for variables.

        Values that were written down are shown as written, before variables and paths were resolved, so
        that neither can leak. Offers and Transaction Codes given as such are left out.
        """
        effective = {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if key not in {"offers", "tx_code", "secrets", "written"}
        }
        return _merge(json.loads(json.dumps(effective, default=str)), self.written)


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
        document, written = _merge(document, resolved), _merge(written, shown)
    return _settings(document, frozenset(secrets), written)


def _given(cli: Mapping[str, object], env: Mapping[str, str], cwd: Path) -> Iterator[_Layer]:
    """Give the layers that the team controls, the strongest last."""
    named = cli.get("vci_config") or env.get("VCI_CONFIG")
    path = cwd / str(named or DEFAULT_FILE)
    if named or path.is_file():
        yield _Layer(path.name, _read(path), path.parent, expands=True)
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


def _read(path: Path) -> dict[str, Json]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path.name}: larger than {_LARGEST_FILE} bytes")
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path.name}: not TOML: {error}") from None


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


def _merge(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one document over another; lists and hooks are replaced as a whole."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and key != "tx_code":
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


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


_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ONLY_A_VARIABLE = re.compile(r"([\w-]+[ =])?\$\{[A-Za-z_][A-Za-z0-9_]*\}")
"""How a secret is written. A word before it is allowed: ``Bearer ${TOKEN}``, ``session=${COOKIE}``."""


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
            return change(value, _place(path))
        case Mapping():
            return {key: _map_strings(item, change, (*path, key)) for key, item in value.items()}
        case list():
            return [_map_strings(item, change, (*path, index)) for index, item in enumerate(value)]
        case _:
            return value


def _check_values(value: Json, label: str, path: tuple[str | int, ...] = ()) -> None:
    """Refuse what TOML can say and a schema cannot judge: endless nesting, infinity and not-a-number."""
    if len(path) > _DEEPEST_VALUE:
        raise ConfigError(f"{label}: {_place(path[:3])} is nested more than {_DEEPEST_VALUE} levels deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{label}: {_place(path)} has to be a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_values(item, label, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_values(item, label, (*path, index))


def _without_values(raw: Mapping[str, Json], shown: dict[str, Json]) -> dict[str, Json]:
    """Hide offers and Transaction Codes that were given as such."""

    def hide(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        secret = before["kind"] == "static" and not _ONLY_A_VARIABLE.fullmatch(before["value"])
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
            text = file.read(_LARGEST_FILE).strip()
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


# --- what is wrong, in one line ----------------------------------------------------------------------


def _validate(
    layer: _Layer, document: Mapping[str, Json], *, only: set[str] | None = None, skip: set[str] | None = None
) -> None:
    errors = [
        error
        for error in _validator().iter_errors(document)
        if error.validator not in (skip or ()) and (only is None or error.validator in only)
    ]
    if errors:
        # An unknown key explains the missing one beside it, so it is told first.
        worst = min(
            errors, key=lambda error: (error.validator != "additionalProperties", _place(error.absolute_path))
        )
        raise ConfigError(f"{layer.label}: {_explain(worst)}")


@cache
def _validator() -> Draft202012Validator:
    import importlib.resources

    import jsonschema

    def secret(_validator: Any, _marked: bool, value: Json, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not _ONLY_A_VARIABLE.fullmatch(value):
            yield jsonschema.ValidationError("a secret that is written down")

    schema = json.loads(importlib.resources.files("schemas").joinpath("config.schema.json").read_text("utf-8"))
    extend: Any = jsonschema.validators.extend
    validator: Draft202012Validator = extend(jsonschema.Draft202012Validator, {"x-secret": secret})(schema)
    return validator


_TYPES = {"object": "a table", "array": "a list", "string": "a string", "boolean": "true or false"}


def _explain(error: Any) -> str:
    place = _place(error.absolute_path)
    schema: Mapping[str, Json] = error.schema
    match error.validator:
        case "additionalProperties":
            return _explain_unknown(error.instance, schema, place)
        case "required":
            missing = next(key for key in error.validator_value if key not in error.instance)
            return f'"{missing}" is missing in {_table(place)}'
        case "x-secret":
            return f'{place} is a secret: write "${{NAME}}" and put the value into the environment variable NAME'
        case "enum":
            return f"{place} has to be one of {', '.join(error.validator_value)}"
        case "type" if isinstance(error.validator_value, str) and "description" not in schema:
            return f"{place} has to be {_TYPES.get(error.validator_value, error.validator_value)}"
        case _:
            return f"{place or 'the file'} has to be {schema.get('description', 'something else')}"


def _explain_unknown(table: Mapping[str, Json], schema: Mapping[str, Json], place: str) -> str:
    import difflib

    known = [str(key) for key in schema["properties"]]
    unknown = next(key for key in table if key not in known)
    message = f'unknown key "{unknown}" in {_table(place)}'
    if near := difflib.get_close_matches(unknown, known, 1):
        return f'{message}; did you mean "{near[0]}"?'
    file: Any = _validator().schema
    if place and unknown in file["properties"]:
        return f"{message}; it belongs at the top of the file, before the first [table]"
    return f"{message}; known are {', '.join(known)}"


def _table(place: str) -> str:
    return f"[{place}]" if place else "the top level"


def _place(path: Sequence[str | int]) -> str:
    """Name a place in the file: ``trust.x5c``, ``offer #2.headers.Accept`` (counted from 1)."""
    text = ""
    for step in path:
        text += f" #{step + 1}" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
