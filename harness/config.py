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

import base64
import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness import dialects, profiles, toml_file
from harness.model import Json
from harness.settings import (
    OPERATIONS,
    STAFF_PASSPORT_HOOKS,
    AttesterSettings,
    AuthorizationSettings,
    ClientSettings,
    CommandHook,
    DialectSettings,
    EmployeeSettings,
    FormRule,
    GovukSettings,
    HookSettings,
    HttpHook,
    InteractiveHook,
    JourneySettings,
    Limits,
    MattrSettings,
    OneLoginSettings,
    PageRule,
    PartisiaSettings,
    Promises,
    ProofSettings,
    PythonHook,
    ServiceSettings,
    Settings,
    StaffPassportSettings,
    StaticHook,
    StatusServiceSettings,
    SystemSettings,
    Target,
    TrustSettings,
    UserSettings,
    merge,
)

DEFAULT_FILE = "assay.toml"
"""Read from the working directory when no other file is named."""

_LARGEST_OFFER = 1_000_000
"""Characters."""
_LARGEST_KEY = 100_000
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
    """``text``, ``number``, ``flag``, or ``list``: an option that is repeated, a variable separated by commas."""

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
    Option("--vci-client-auth", ("client", "authentication"), "client authentication method of the wallet"),
    Option("--vci-redirect-uri", ("client", "redirect_uri"), "redirect URI the wallet is registered with"),
    Option("--vci-offer", ("offer",), "Credential Offer: a link, its JSON, or a file with either"),
    Option("--vci-tx-code", ("tx_code",), "Transaction Code that belongs to the offer"),
    Option("--vci-tls-ca", ("trust", "tls_ca"), "PEM file with roots to trust for TLS"),
    Option("--vci-select", ("select",), "only checks whose id matches this glob; repeatable", "list"),
    Option("--vci-skip", ("skip",), "no checks whose id matches this glob; repeatable", "list"),
    Option("--vci-strict", ("strict",), "findings of level SHOULD fail too", "flag"),
    Option("--vci-gate", ("gate",), "what the exit code says no to: must, should, none, or new findings"),
    Option("--vci-verdict", ("verdict",), "which verdict decides, where the profile has several"),
    Option("--vci-baseline", ("baseline",), "report.json of an earlier run to compare with"),
    Option("--vci-dry-run", ("dry_run",), "say what would run and what it needs; issue nothing", "flag"),
    Option("--vci-allow-http", ("allow_http",), "plain http to other machines than this one", "flag"),
    Option("--vci-sd-jwt-vc", ("dialect", "sd_jwt_vc"), "draft of SD-JWT VC that judges: draft-11, -13 or -18"),
    Option("--vci-oid4vci", ("dialect", "oid4vci"), "how the wallet speaks: a version, or the file of a dialect"),
    Option(
        "--vci-official-strict",
        ("govuk", "official_strict"),
        "judge as the official GOV.UK harness does where documents differ",
        "flag",
    ),
    Option("--vci-max-wait", ("limits", "max_wait_s"), "seconds to wait at most where an issuer defers", "number"),
    Option("--vci-report-dir", ("report_dir",), "folder for the report"),
    Option("--vci-waivers", ("waivers",), "file with waivers"),
)
"""Besides these, ``--vci-config`` and ``VCI_CONFIG`` name the file itself.

The variables are ``VCI_ISSUER_URL``, ``VCI_PROFILE``, ``VCI_CONFIGURATION``, ``VCI_CLIENT_ID``,
``VCI_CLIENT_AUTH``, ``VCI_REDIRECT_URI``, ``VCI_OFFER``, ``VCI_TX_CODE``, ``VCI_TLS_CA``, ``VCI_SELECT``,
``VCI_SKIP``, ``VCI_STRICT``, ``VCI_GATE``, ``VCI_VERDICT``, ``VCI_BASELINE``, ``VCI_DRY_RUN``,
``VCI_ALLOW_HTTP``, ``VCI_SD_JWT_VC``, ``VCI_OID4VCI``, ``VCI_OFFICIAL_STRICT``, ``VCI_MAX_WAIT``,
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
            said = _number(option.name, str(given)) if option.kind == "number" else given
            yield _Layer(option.name, _document(option, said), cwd)


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
    if option.kind == "number":
        return _number(option.variable, value)
    if option.kind == "flag":
        if value.lower() not in _FLAGS:
            raise ConfigError(f"{option.variable} has to be true or false")
        return _FLAGS[value.lower()]
    return value


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ConfigError(f"{name} has to be a number") from None


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
    """Hide offers and Transaction Codes that were given as such, and what is typed into forms."""

    def hide(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        secret = before["kind"] == "static" and not toml_file.ONLY_A_VARIABLE.fullmatch(before["value"])
        return {**after, "value": "‹redacted›"} if secret else dict(after)

    def without_typed(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        rule = dict(after)
        if "fields" in before:
            rule["fields"] = {
                name: after["fields"][name] if toml_file.ONLY_A_VARIABLE.fullmatch(value) else "‹redacted›"
                for name, value in before["fields"].items()
            }
        if "hook" in before:
            rule["hook"] = hide(before["hook"], after["hook"])
        return rule

    result = dict(shown)
    if "offer" in raw:
        result["offer"] = [hide(*pair) for pair in zip(raw["offer"], shown["offer"], strict=True)]
    for name in ("denied_offer", "tx_code", *OPERATIONS):
        if name in raw:
            result[name] = hide(raw[name], shown[name])
    for table, rules in _RULES.items():
        if rules in raw.get(table, {}):
            result[table] = {
                **shown[table],
                rules: list(map(without_typed, raw[table][rules], shown[table][rules])),
            }
    for name in STAFF_PASSPORT_HOOKS:
        if name in raw.get("staff_passport", {}):
            hidden = hide(raw["staff_passport"][name], shown["staff_passport"][name])
            result["staff_passport"] = {**result["staff_passport"], name: hidden}
    return result


def _resolved(document: Mapping[str, Json], layer: _Layer) -> dict[str, Any]:
    """Give a valid document with absolute paths, and hooks in place of their tables."""
    result: dict[str, Any] = dict(document)
    folder, existing = layer.folder, partial(_existing, layer)
    if toml_file.is_path(document.get("profile", "")):
        result["profile"] = str(folder / document["profile"])
    if "report_dir" in document:
        result["report_dir"] = folder / document["report_dir"]
    for key in ("waivers", "baseline"):
        if key in document:
            result[key] = existing(document[key], key)
    if "dialect" in document:
        result["dialect"] = _dialect(document["dialect"], layer)
    if "trust" in document:
        trust = result["trust"] = dict(document["trust"])
        if "tls_ca" in trust:
            trust["tls_ca"] = existing(trust["tls_ca"], "trust.tls_ca")
        for key in {"x5c", "iaca", "contexts", "status_lists", "metadata"}.intersection(trust):
            trust[key] = tuple(existing(item, f"trust.{key}") for item in trust[key])
        if "jwks" in trust:
            trust["jwks"] = tuple(
                item if re.match("https?://", item) else str(existing(item, "trust.jwks"))
                for item in trust["jwks"]
            )
    for name in ("client", "second_client"):
        if name in document:
            client = result[name] = _with_key(document[name], name, layer)
            for key in ("certificate", "certificate_key"):
                if key in client:
                    client[key] = existing(client[key], f"{name}.{key}")
            if "attester" in client:
                client["attester"] = _with_chain(client["attester"], f"{name}.attester", layer)
    if "key_attester" in document:
        result["key_attester"] = _with_chain(document["key_attester"], "key_attester", layer)
    if "public_key" in document.get("govuk", {}).get("one_login", {}):
        given = document["govuk"]["one_login"]
        path = existing(given["public_key"], "govuk.one_login.public_key")
        result["govuk"] = {**document["govuk"], "one_login": {**given, "public_key": path}}
    result.update(_with_files(document, layer))
    for table, rules in _RULES.items():
        if table in document:
            result[table] = _with_rules(document[table], table, rules, folder)
    if "staff_passport" in document:
        given = result["staff_passport"]
        if "schema" in given:
            given["schema"] = existing(given["schema"], "staff_passport.schema")
        given.update(_staff_passport_hooks(given, layer))
    if "offer" in document:
        result["offer"] = tuple(_offers(document["offer"], layer))
    if "denied_offer" in document:
        (result["denied_offer"],) = _offers([{"name": "denied", **document["denied_offer"]}], layer)
    if "tx_code" in document:
        result["tx_code"] = _hook(document["tx_code"], "tx_code", folder)
    result.update(_operations(document, layer))
    return result


def _operations(document: Mapping[str, Json], layer: _Layer) -> Iterator[tuple[str, HookSettings]]:
    """Give the hooks for what the team can do to credentials."""
    for name in OPERATIONS:
        if name in document:
            if document[name]["kind"] == "static":
                raise ConfigError(f"{layer.label}: {name}.kind cannot be static: it has to do something")
            yield name, _hook(document[name], name.replace("_", " "), layer.folder)


def _existing(layer: _Layer, text: str, key: str) -> Path:
    """Give the path of a file that is there."""
    path = layer.folder / text
    if not path.exists():
        raise ConfigError(f"{layer.label}: {key}: there is no file {path}")
    return path


def _with_files(document: Mapping[str, Json], layer: _Layer) -> Iterator[tuple[str, Json]]:
    """Give the tables about a vendor's product that name files, with their paths."""
    for table, keys in _FILES.items():
        given = document.get(table, {})
        if named := keys & given.keys():
            yield table, {**given, **{key: _existing(layer, given[key], f"{table}.{key}") for key in named}}


def _dialect(table: Mapping[str, Json], layer: _Layer) -> dict[str, Any]:
    """Give a copy of a table with what :func:`harness.dialects.load` finds the wallet's dialect by."""
    if "oid4vci" not in table:
        return dict(table)
    given: str = table["oid4vci"]
    found = str(layer.folder / given) if toml_file.is_path(given) else given
    try:
        dialects.load(found)
    except dialects.DialectError as error:
        raise ConfigError(f"{layer.label}: dialect.oid4vci: {error}") from None
    return {**table, "oid4vci": found}


def _staff_passport_hooks(table: Mapping[str, Json], layer: _Layer) -> Iterator[tuple[str, HookSettings]]:
    for name in STAFF_PASSPORT_HOOKS:
        if name not in table:
            continue
        if name == "invalidate" and table[name]["kind"] == "static":
            raise ConfigError(
                f"{layer.label}: staff_passport.{name}.kind cannot be static: it has to do something"
            )
        yield name, _hook(table[name], name, layer.folder)


_RULES = {"user": "form", "journey": "rule", "staff_passport": "page"}
"""Tables of who goes through web pages, and the key of their rules."""


def _with_rules(table: Mapping[str, Json], name: str, rules: str, folder: Path) -> dict[str, Any]:
    """Give a copy of a table with hooks in place of their tables, and where its program runs."""
    result: dict[str, Any] = dict(table)
    if "command" in table:
        result["folder"] = folder
    if rules in table:
        result[rules] = [
            {**rule, "hook": _hook(rule["hook"], f"{name}.{rules}", folder)} if "hook" in rule else rule
            for rule in table[rules]
        ]
    return result


def _with_key(table: Mapping[str, Json], name: str, layer: _Layer) -> dict[str, Any]:
    """Give a copy of a table with the JSON text of its key in place of the path; it is read in the end."""
    if "key" not in table:
        return dict(table)
    raw: Mapping[str, Json] = layer.document
    for key in name.split("."):
        raw = raw[key]
    if raw["key"].lstrip().startswith("{"):
        raise ConfigError(
            f'{layer.label}: {name}.key is a secret: write "${{NAME}}" and put the value into the environment '
            "variable NAME, or name a file"
        )
    where, text = f"{layer.label}: {name}.key", table["key"]
    if not text.lstrip().startswith("{"):
        try:
            with (layer.folder / text).open(encoding="utf-8") as file:
                text = file.read(_LARGEST_KEY + 1)
        except (OSError, ValueError):
            # Named as it was written: a variable may hold a key in another form than a JWK.
            raise ConfigError(f"{where}: {raw['key']} is not a file that can be read") from None
    if len(text) > _LARGEST_KEY:
        raise ConfigError(f"{where} has more than {_LARGEST_KEY} characters")
    if refused := _refused_key(text):
        raise ConfigError(f"{where} has to be a private JWK that signs: {refused}")
    return {**table, "key": text}


def _with_chain(table: Mapping[str, Json], name: str, layer: _Layer) -> dict[str, Any]:
    """Give a copy of an attester's table with its key, and the certificates of a file in place of its path."""
    from harness.attesters import chains

    given = _with_key(table, name, layer)
    if "x5c" not in given:
        return given
    try:
        return {**given, "x5c": chains.read(layer.folder / given["x5c"])}
    except chains.ChainError as error:
        raise ConfigError(f"{layer.label}: {name}.x5c: {error}") from None


def _refused_key(text: str) -> str | None:
    """Say in a few words, without any of the key, why a text is no private JWK (RFC 7517) that signs."""
    from jwcrypto.common import JWException
    from jwcrypto.jwa import JWA
    from jwcrypto.jwk import JWK

    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return "this is not JSON"
    if not isinstance(members, dict):
        return "this is no JSON object"
    if "keys" in members:
        return "this is a JWK Set; give one of its keys"
    if not isinstance(members.get("alg", ""), str):
        return "its alg is no string"
    try:
        # The chain and the permitted uses are told to others; they do not make the key.
        key = JWK(**{name: value for name, value in members.items() if name not in ("x5c", "use", "key_ops")})
        if key["kty"] == "oct":
            return "this is a symmetric key"
        if not key.has_private:
            return "this is a public key"
        if key.get("crv") in ("X25519", "X448"):
            return "this is a key for encryption"
        key.get_op_key("sign")  # only now are the members put together
    except (JWException, ValueError, TypeError, KeyError):
        return "its members make no key"
    if "alg" in members:
        try:
            JWA.signing_alg(members["alg"]).sign(key, b"")
        except Exception:  # whatever the library says of an algorithm that does not fit
            return "it cannot sign with its alg"
    return None


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
    client = _client(document.get("client", {}), "client")
    special: dict[str, Any] = {
        "client": client,
        "second_client": _second_client(document["second_client"], client)
        if "second_client" in document
        else None,
        "key_attester": _attester(document["key_attester"], "key_attester")
        if "key_attester" in document
        else None,
        "user": _user(document.get("user", {})),
        "journey": _journey(document.get("journey", {})),
        "govuk": _govuk(document.get("govuk", {})),
        "staff_passport": _staff_passport(document.get("staff_passport", {})),
        "mattr": _mattr(document.get("mattr", {})),
        **_bar(document),
    }
    plain = {
        key: value
        for key, value in document.items()
        if key not in _TABLES and key not in special and key != "offer"
    }
    return Settings(
        **plain,
        **special,
        **{key: table(**document.get(key, {})) for key, table in _TABLES.items()},
        offers=document.get("offer", ()),
        secrets=frozenset(secret for secret in secrets if secret),
        written=written,
    )


def _bar(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``gate`` and ``strict``; by itself each follows from the other."""
    strict = document.get("strict")
    gate = document.get("gate", "should" if strict else "must")
    if (gate == "must" and strict) or (gate == "should" and strict is False):
        raise ConfigError(f"gate is {gate} and strict is {str(strict).lower()}, which contradict; say one of them")
    if gate == "new" and "baseline" not in document:
        raise ConfigError('gate is new, which needs a baseline: --vci-baseline FILE, or baseline = "FILE"')
    return {"gate": gate, "strict": bool(strict or gate == "should")}


_NEEDS = {
    "client_secret_basic": ("client_id", "client_secret"),
    "client_secret_post": ("client_id", "client_secret"),
    "private_key_jwt": ("client_id", "key"),
    "attest_jwt_client_auth": ("client_id",),
    "tls_client_auth": ("client_id", "certificate"),
    "self_signed_tls_client_auth": ("client_id", "certificate"),
}
"""Client authentication method to the settings it cannot do without."""


def _client(table: Mapping[str, Any], name: str) -> ClientSettings:
    given = dict(table)
    if "key" in given:
        given["key"] = json.loads(given["key"])
    if "attester" in given:
        given["attester"] = _attester(given["attester"], f"{name}.attester")
    method = given.get("authentication")
    missing = [key for key in _NEEDS.get(method or "none", ()) if key not in given]
    if missing:
        raise ConfigError(f"{name}.authentication is {method}, which needs {name}.{f' and {name}.'.join(missing)}")
    if "certificate_key" in given and "certificate" not in given:
        raise ConfigError(f"{name}.certificate_key needs {name}.certificate")
    return ClientSettings(**given)


def _second_client(table: Mapping[str, Any], first: ClientSettings) -> ClientSettings:
    second = _client(table, "second_client")
    if second.client_id is None or second.client_id == first.client_id:
        raise ConfigError("second_client.client_id has to be that of another client than client.client_id")
    return second


def _attester(table: Mapping[str, Any], name: str) -> AttesterSettings:
    from harness.attesters import chains

    if "key" not in table:
        if "x5c" in table:
            raise ConfigError(f"{name}.x5c needs {name}.key, which its first certificate is for")
        return AttesterSettings(**table)
    key = json.loads(table["key"])
    if "x5c" in table:
        try:
            key = chains.certified(key, table["x5c"])
        except chains.ChainError as error:
            raise ConfigError(f"{name}.x5c: {error}") from None
    return AttesterSettings(table.get("issuer"), key)


def _user(table: Mapping[str, Any]) -> UserSettings:
    given = {**table, "command": tuple(table.get("command", ()))}
    forms = tuple(FormRule(**rule) for rule in given.pop("form", ()))
    user = UserSettings(**given, forms=forms)
    if user.kind == "command" and not user.command:
        raise ConfigError('user.kind is command, which needs user.command, such as ["./sign-in.sh"]')
    if forms and user.kind not in ("forms", "browser"):
        raise ConfigError(f"user.form is for user.kind forms or browser, and user.kind is {user.kind}")
    return user


def _journey(table: Mapping[str, Any]) -> JourneySettings:
    given = {**table, "command": tuple(table.get("command", ()))}
    rules = tuple(FormRule(**rule) for rule in given.pop("rule", ()))
    journey = JourneySettings(**given, rules=rules)
    if journey.kind == "command" and not journey.command:
        raise ConfigError('journey.kind is command, which needs journey.command, such as ["./refresh.sh"]')
    if rules and journey.kind == "command":
        raise ConfigError("journey.rule is for journey.kind forms or browser, and journey.kind is command")
    return journey


def _mattr(table: Mapping[str, Any]) -> MattrSettings:
    missing = [name for name in ("client_id", "client_secret") if name not in table]
    if len(missing) == 1:
        (given,) = {"client_id", "client_secret"}.difference(missing)
        raise ConfigError(f"mattr.{given} needs mattr.{missing[0]}")
    return MattrSettings(**table)


_LISTS = ("redirect_uris", "post_logout_redirect_uris", "scopes", "claims", "levels", "journey_hosts")


def _govuk(table: Mapping[str, Any]) -> GovukSettings:
    def made(kind: type[Any], given: Mapping[str, Any]) -> Any:
        return kind(**{key: tuple(value) if key in _LISTS else value for key, value in given.items()})

    services: dict[str, type[Any]] = {
        "token_service": ServiceSettings,
        "one_login": OneLoginSettings,
        "status_service": StatusServiceSettings,
    }
    one_login = table.get("one_login", {})
    if "public_key" in one_login and "jwks_url" in one_login:
        raise ConfigError("govuk.one_login has public_key and jwks_url; give one of them")
    if one_login.get("redirect_uris") and "client_id" not in table:
        raise ConfigError("govuk.one_login registers the issuer's service, which needs govuk.client_id")
    built = {key: made(services[key], value) for key, value in table.items() if key in services}
    return made(GovukSettings, {**table, **built})  # type: ignore[no-any-return]


_EMPLOYEES = ("employee", "other", "inapplicable")


def _staff_passport(table: Mapping[str, Any]) -> StaffPassportSettings:
    given = dict(table)
    for name in {"gateway", "mailbox"}.intersection(given):
        given[name] = ServiceSettings(**given[name])
    for name in set(_EMPLOYEES).intersection(given):
        given[name] = EmployeeSettings(**{**given[name], "templates": tuple(given[name].get("templates", ()))})
    if "second" in given:
        given["second"] = SystemSettings(**given["second"])
    if "employee" not in given and (unfounded := set(_EMPLOYEES).intersection(given)):
        raise ConfigError(f"staff_passport.{min(unfounded)} needs staff_passport.employee beside it")
    if "redirect_uris" in given:
        given["redirect_uris"] = tuple(given["redirect_uris"])
    if "signing_key" in given:
        try:
            base64.b64decode(given["signing_key"], validate=True)
        except ValueError:
            raise ConfigError("staff_passport.signing_key has to be base64") from None
    for name in ("client_id", "client_secret", "signing_key"):
        if given.get(name) == "":
            raise ConfigError(f"staff_passport.{name} is empty")
    pages = tuple(PageRule(**rule) for rule in given.pop("page", ()))
    return StaffPassportSettings(**given, pages=pages)


_FILES = {"mattr": {"claims", "configurations"}, "partisia": {"dataset"}}
"""Table to the keys in it that name a file."""
_TABLES: dict[str, type[Any]] = {
    "target": Target,
    "authorization": AuthorizationSettings,
    "trust": TrustSettings,
    "limits": Limits,
    "promises": Promises,
    "dialect": DialectSettings,
    "proof": ProofSettings,
    "partisia": PartisiaSettings,
}
