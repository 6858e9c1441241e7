"""Settings: where they come from, what is refused, and what may be shown of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import profiles
from harness.config import OPTIONS, ConfigError, Option, load
from harness.settings import CommandHook, HttpHook, InteractiveHook, PythonHook, Settings, StaticHook

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "assay.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(tmp_path: Path, env: dict[str, str] | None = None, **cli: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load(cli, env or {}, tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- sources ---------------------------------------------------------------------------------------------


def test_nothing_given_is_the_default_profile_and_its_limits(tmp_path: Path) -> None:
    found = load({}, {}, tmp_path)
    assert found == Settings(report_dir=tmp_path / "oid4vci-report")
    assert (found.profile, found.limits.timeout_s, found.limits.max_body_bytes) == ("oid4vci-1.0", 10.0, 2_000_000)


def test_a_full_file_is_read(tmp_path: Path, write: Write) -> None:
    for name in ("ca.pem", "anchor.pem", "keys.json", "waivers.toml"):
        write("", name)
    write(
        """
issuer_url = "https://issuer.example/a"
configurations = ["pid"]
select = ["nonce-*"]
skip = ["x"]
strict = true
allow_http = true
report_dir = "out"
waivers = "waivers.toml"
[target]
vendor = "ACME"
product = "Issuer"
version = "3"
contact = "team@acme.example"
[client]
client_id = "wallet-dev"
[trust]
tls_ca = "ca.pem"
x5c = ["anchor.pem"]
jwks = ["https://issuer.example/jwks", "keys.json"]
[limits]
timeout_s = 3
max_body_bytes = 5000
[proof]
algorithm = "ES384"
key_form = "did:key"
[tx_code]
kind = "static"
value = "1234"
"""
    )
    found = load({}, {}, tmp_path)
    assert (found.issuer_url, found.configurations, found.select, found.skip) == (
        "https://issuer.example/a",
        ("pid",),
        ("nonce-*",),
        ("x",),
    )
    assert (found.strict, found.allow_http) == (True, True)
    assert (found.report_dir, found.waivers) == (tmp_path / "out", tmp_path / "waivers.toml")
    assert (found.target.vendor, found.target.product, found.target.version) == ("ACME", "Issuer", "3")
    assert found.target.contact == "team@acme.example"
    assert found.client.client_id == "wallet-dev"
    assert found.trust.tls_ca == tmp_path / "ca.pem"
    assert found.trust.x5c == (tmp_path / "anchor.pem",)
    assert found.trust.jwks == ("https://issuer.example/jwks", str(tmp_path / "keys.json"))
    assert (found.limits.timeout_s, found.limits.max_body_bytes) == (3, 5000)
    assert (found.proof.algorithm, found.proof.key_form) == ("ES384", "did:key")
    assert found.tx_code == StaticHook("tx_code", "1234")


def test_command_line_over_environment_over_file_over_profile(tmp_path: Path, write: Write) -> None:
    write(
        'name = "p"\ntitle = "P"\nspecifications = ["VCI"]\n'
        '[settings]\nselect = ["profile"]\n[settings.limits]\ntimeout_s = 1\nmax_body_bytes = 4000',
        "p.toml",
    )
    env, cli = {"VCI_SELECT": "env-1, env-2", "VCI_PROFILE": "p.toml"}, {"vci_select": ["cli"]}
    assert load({}, {"VCI_PROFILE": "p.toml"}, tmp_path).select == ("profile",)
    write('select = ["file"]\n[limits]\ntimeout_s = 2')
    assert load({}, {"VCI_PROFILE": "p.toml"}, tmp_path).select == ("file",)
    assert load({}, env, tmp_path).select == ("env-1", "env-2")
    found = load(cli, env, tmp_path)
    assert found.select == ("cli",)
    assert (found.limits.timeout_s, found.limits.max_body_bytes) == (2, 4000), "tables are merged key by key"


def test_the_file_can_be_named_by_option_and_by_variable(tmp_path: Path, write: Write) -> None:
    write('issuer_url = "https://default.example"')
    write('issuer_url = "https://one.example"', "one.toml")
    write('issuer_url = "https://two.example"', "two.toml")
    assert load({}, {}, tmp_path).issuer_url == "https://default.example"
    assert load({}, {"VCI_CONFIG": "one.toml"}, tmp_path).issuer_url == "https://one.example"
    assert (
        load({"vci_config": "two.toml"}, {"VCI_CONFIG": "one.toml"}, tmp_path).issuer_url == "https://two.example"
    )
    assert "no.toml" in refusal(tmp_path, vci_config="no.toml")


def test_relative_paths_are_relative_to_what_names_them(tmp_path: Path, write: Write) -> None:
    write("", "sub/ca.pem")
    write("", "ca.pem")
    write(
        'report_dir = "out"\n[trust]\ntls_ca = "ca.pem"\n[[offer]]\nkind = "command"\ncommand = ["./x"]',
        "sub/a.toml",
    )
    found = load({"vci_config": "sub/a.toml"}, {}, tmp_path)
    assert found.trust.tls_ca == tmp_path / "sub/ca.pem"
    assert found.report_dir == tmp_path / "sub/out"
    assert found.offers == (CommandHook("offer", ("./x",), tmp_path / "sub"),)
    found = load({"vci_config": "sub/a.toml", "vci_tls_ca": "ca.pem", "vci_report_dir": "here"}, {}, tmp_path)
    assert (found.trust.tls_ca, found.report_dir) == (tmp_path / "ca.pem", tmp_path / "here")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.dest)
def test_every_option_and_its_variable_say_the_same(tmp_path: Path, write: Write, option: Option) -> None:
    write("https://offer.example", "there")
    write('name = "p"\ntitle = "P"\nspecifications = ["VCI"]', "p.toml")
    texts = {"issuer_url": "https://issuer.example", "vci_profile": "p.toml"}
    text = texts.get(option.dest, "there")
    value, spelled = {"text": (text, text), "list": (["a", "b"], "a,b"), "flag": (True, "yes")}[option.kind]
    from_option, from_variable = (
        load({option.dest: value}, {}, tmp_path),
        load({}, {option.variable: spelled}, tmp_path),
    )
    assert from_option == from_variable
    assert from_option != load({}, {}, tmp_path)


def test_options_that_were_not_given_change_nothing(tmp_path: Path, write: Write) -> None:
    write('strict = true\nselect = ["a"]')
    nothing = {option.dest: {"list": [], "flag": False, "text": None}[option.kind] for option in OPTIONS}
    assert load({**nothing, "other_plugin": object()}, {}, tmp_path) == load({}, {}, tmp_path)
    assert load({}, {"VCI_STRICT": "", "VCI_SELECT": ""}, tmp_path).strict is True


def test_a_variable_can_switch_off_what_the_file_switched_on(tmp_path: Path, write: Write) -> None:
    write("strict = true")
    assert load({}, {"VCI_STRICT": "false"}, tmp_path).strict is False
    assert "VCI_STRICT" in refusal(tmp_path, {"VCI_STRICT": "maybe"})


# --- hooks -----------------------------------------------------------------------------------------------


def test_each_kind_of_hook_is_read(tmp_path: Path, write: Write) -> None:
    write(
        """
[[offer]]
name = "by value"
kind = "http"
url = "https://api.example/offers/{configuration}"
headers = { Authorization = "Bearer ${TOKEN}", Accept = "application/json" }
json = { configuration = "{configuration}", deep = [1, true, { a = "b" }] }
offer = "/data/uri"
tx_code = "/data/pin"
timeout_s = 5
[[offer]]
kind = "http"
url = "https://api.example/offer"
[[offer]]
kind = "command"
command = ["./make", "{configuration}"]
[[offer]]
kind = "python"
function = "offers:mint"
[[offer]]
kind = "interactive"
links = ["https://portal.example"]
[tx_code]
kind = "interactive"
prompt = "PIN"
"""
    )
    found = load({}, {"TOKEN": "s3cret-token"}, tmp_path)
    first, second, command, python, person = found.offers
    assert isinstance(first, HttpHook)
    assert (first.name, first.method, first.timeout_s) == ("by value", "POST", 5)
    assert first.headers == {"Authorization": "Bearer s3cret-token", "Accept": "application/json"}
    assert first.json == {"configuration": "{configuration}", "deep": [1, True, {"a": "b"}]}
    assert first.pointers == {"offer": "/data/uri", "tx_code": "/data/pin"}
    assert isinstance(second, HttpHook)
    assert (second.name, second.method) == ("offer-2", "GET")
    assert command == CommandHook("offer-3", ("./make", "{configuration}"), tmp_path)
    assert python == PythonHook("offer-4", "offers:mint", tmp_path)
    assert person == InteractiveHook("offer-5", links=("https://portal.example",))
    assert found.tx_code == InteractiveHook("tx_code", "PIN")
    assert found.secrets == {"s3cret-token"}


@pytest.mark.parametrize(
    "value",
    [
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2F1",
        "haip://?credential_offer=%7B%7D",
        "https://wallet.example/add?credential_offer=%7B%7D",
        '{"credential_issuer": "https://i.example"}',
    ],
)
def test_an_offer_is_given_directly_or_in_a_file(tmp_path: Path, write: Write, value: str) -> None:
    write(f"{value}\n", "offer.txt")
    expected = (StaticHook("offer", value),)
    assert load({"vci_offer": value}, {}, tmp_path).offers == expected
    assert load({"vci_offer": "offer.txt"}, {}, tmp_path).offers == expected
    write("[[offer]]\nkind = 'static'\nvalue = 'offer.txt'")
    assert load({}, {}, tmp_path).offers == expected


def test_an_offer_on_the_command_line_stands_in_for_all_hooks(tmp_path: Path, write: Write) -> None:
    write(
        '[[offer]]\nkind = "interactive"\n[[offer]]\nkind = "interactive"\n'
        '[tx_code]\nkind = "interactive"\nprompt = "?"'
    )
    found = load({"vci_offer": "x-wallet:?a", "vci_tx_code": "42"}, {}, tmp_path)
    assert found.offers == (StaticHook("offer", "x-wallet:?a"),)
    assert found.tx_code == StaticHook("tx_code", "42")
    assert found.redacted()["tx_code"] == {"kind": "static", "value": "‹redacted›"}, (
        "nothing of the other hook is left"
    )


@pytest.mark.parametrize("value", ["no-such-file", "empty.txt", "folder", "binary"])
def test_an_offer_that_is_nothing_known_is_refused(tmp_path: Path, write: Write, value: str) -> None:
    write(" \n", "empty.txt")
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert refusal(tmp_path, vci_offer=value).startswith("--vci-offer: ")


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ofer = 1", 'assay.toml: unknown key "ofer" in the top level; did you mean "offer"?'),
        (
            "[limits]\ntimeout = 3",
            'assay.toml: unknown key "timeout" in [limits]; did you mean "timeout_s"?',
        ),
        (
            "[target]\nvendor = 'a'\nstrict = true",
            'assay.toml: unknown key "strict" in [target]; '
            "it belongs at the top of the file, before the first [table]",
        ),
        (
            "[proof]\nzzz = 1",
            'assay.toml: unknown key "zzz" in [proof]; known are algorithm, key_form',
        ),
        (
            "[[offer]]\nkind = 'interactive'\n[[offer]]\nkind = 'http'\nuri = 'https://x.example'",
            'assay.toml: unknown key "uri" in [offer #2]; did you mean "url"?',
        ),
        ("[[offer]]\nkind = 'http'", 'assay.toml: "url" is missing in [offer #1]'),
        ("[[offer]]\nname = 'a'", 'assay.toml: "kind" is missing in [offer #1]'),
        (
            "[tx_code]\nkind = 'email'",
            "assay.toml: tx_code.kind has to be one of static, http, command, python, interactive",
        ),
        ("strict = 'yes'", "assay.toml: strict has to be true or false"),
        ("select = 'a'", "assay.toml: select has to be a list"),
        (
            "[limits]\ntimeout_s = 0",
            "assay.toml: limits.timeout_s has to be a number of seconds above 0 and up to 3600",
        ),
        ("[limits]\ntimeout_s = nan", "assay.toml: limits.timeout_s has to be a finite number"),
        (
            "[[offer]]\nkind='http'\nurl='https://x.example'\njson={a=1}\nform={a='1'}",
            "assay.toml: offer #1 has to be an http hook with a body of one kind, either json or form",
        ),
        (
            "[[offer]]\nkind='http'\nurl='https://x.example'\njson={a=2020-01-01}",
            "assay.toml: offer #1.json.a has to be a value that JSON can carry",
        ),
        (
            "[[offer]]\nkind='python'\nfunction='mint'",
            "assay.toml: offer #1.function has to be module:function",
        ),
        (
            "[[offer]]\nkind='interactive'\nname='a'\n[[offer]]\nkind='interactive'\nname='a'",
            'assay.toml: two offers have the name "a"',
        ),
        (
            "select = ['${']",
            'assay.toml: select #1: "${" needs a variable name and "}" after it; write "$${" for "${" itself',
        ),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, write: Write, text: str, expected: str) -> None:
    write(text)
    assert refusal(tmp_path) == expected


@pytest.mark.parametrize(
    "url",
    [
        "issuer.example",
        "ftp://issuer.example",
        "https://user:hunter2@issuer.example",
        "https://issuer.example?a=b",
        "https://issuer.example/#f",
        "https://",
        "https://issuer.example/\n",
    ],
)
def test_what_is_no_credential_issuer_identifier_is_refused(tmp_path: Path, url: str) -> None:
    message = refusal(tmp_path, issuer_url=url)
    assert message.startswith("--issuer-url: issuer_url has to be the Credential Issuer Identifier")
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "url", ["reference", "http://127.0.0.1:8000", "https://issuer.example/a/b/", "https://[::1]:8443"]
)
def test_what_may_be_an_issuer_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    assert load({"issuer_url": url}, {}, tmp_path).issuer_url == url


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("trust.tls_ca", "[trust]\ntls_ca = 'no'"),
        ("trust.x5c", "[trust]\nx5c = ['no']"),
        ("trust.jwks", "[trust]\njwks = ['no']"),
        ("waivers", "waivers = 'no'"),
    ],
)
def test_a_file_that_is_named_has_to_be_there(tmp_path: Path, write: Write, key: str, text: str) -> None:
    write(text)
    assert refusal(tmp_path) == f"assay.toml: {key}: there is no file {tmp_path / 'no'}"


def test_a_profile_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    message = refusal(tmp_path, vci_profile="haip-9")
    assert '"haip-9"' in message
    assert "oid4vci-1.0" in message


def test_settings_of_a_profile_are_judged_like_a_file(tmp_path: Path, write: Write) -> None:
    head = 'name = "p"\ntitle = "P"\nspecifications = ["VCI"]\n'
    write(head + "[settings]\nstrikt = true", "p.toml")
    assert refusal(tmp_path, vci_profile="p.toml") == (
        'profile p: unknown key "strikt" in the top level; did you mean "strict"?'
    )
    write(head + "[settings]\nprofile = 'q'", "p.toml")
    assert '"profile"' in refusal(tmp_path, vci_profile="p.toml")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"a = " + b"[" * 5000, "not TOML"),
        (b"#" * 1_000_001, "larger than 1000000 bytes"),
        (
            b"[[offer]]\nkind = 'http'\nurl = 'https://x.example'\njson = " + b"[" * 60 + b"]" * 60,
            "offer #1.json is nested more than 20 levels deep",
        ),
    ],
    ids=["syntax", "encoding", "nested", "large", "deep"],
)
def test_what_is_no_reasonable_toml_is_one_line(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "assay.toml").write_bytes(content)
    assert refusal(tmp_path).startswith(f"assay.toml: {expected}")


_LINES = st.lists(
    st.sampled_from(
        [
            "[[offer]]",
            "[offer]",
            "[tx_code]",
            "[trust]",
            "[limits]",
            'kind = "http"',
            'kind = "static"',
            "kind = 1",
            'value = "${A}"',
            'value = "{"',
            "value = []",
            'url = "https://x.example"',
            "headers = {Cookie = 'a'}",
            "headers = {Cookie = 1}",
            "json = {secret = {a = 1}}",
            "timeout_s = 1e400",
            "x5c = [1979-05-27]",
            "profile = ''",
            "profile = 'oid4vci-1.0'",
            "issuer_url = '${}'",
            "offer = 3",
            "tx_code = ''",
        ]
    )
    | st.text(max_size=20),
    max_size=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES)
def test_no_file_makes_anything_but_settings_or_one_line(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "assay.toml").write_text("\n".join(lines), encoding="utf-8")
    try:
        load({}, {"A": "a:b"}, tmp_path)
    except ConfigError as error:
        assert str(error).startswith(("assay.toml: ", "there is no profile", "cannot read"))  # noqa: PT017


# --- secrets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Authorization", "authorization", "Cookie", "X-API-Key", "X-Auth-Token"])
@pytest.mark.parametrize("literal", ["Bearer hunter2", "hunter2", "hunter2${A}", "${A} hunter2"])
def test_a_secret_that_is_written_down_is_refused_and_not_repeated(
    tmp_path: Path, write: Write, header: str, literal: str
) -> None:
    write(f"[[offer]]\nkind = 'http'\nurl = 'https://x.example'\nheaders = {{ {header} = '{literal}' }}")
    message = refusal(tmp_path, {"A": "a"})
    assert message == (
        f"assay.toml: offer #1.headers.{header} is a secret: "
        'write "${NAME}" and put the value into the environment variable NAME'
    )


@pytest.mark.parametrize("body", ["json = { a = [ { client_secret = 'x' } ] }", "form = { password = 'x' }"])
def test_a_secret_in_a_body_is_refused_at_any_depth(tmp_path: Path, write: Write, body: str) -> None:
    write(f"[[offer]]\nkind = 'http'\nurl = 'https://x.example'\n{body}")
    assert "is a secret" in refusal(tmp_path)


def test_a_variable_that_is_not_set_is_named_with_its_key(tmp_path: Path, write: Write) -> None:
    write("[client]\nclient_id = 'a-${CLIENT}'")
    assert refusal(tmp_path) == (
        "assay.toml: client.client_id needs the environment variable CLIENT, which is not set"
    )


def test_variables_are_expanded_anywhere_and_can_be_escaped(tmp_path: Path, write: Write) -> None:
    write(
        "issuer_url = 'https://${HOST}/${PATH}'\n"
        "[[offer]]\nkind='command'\ncommand=['sh', '-c', 'echo $${X} $$ $Y']"
    )
    found = load({}, {"HOST": "i.example", "PATH": "${HOST}"}, tmp_path)
    assert found.issuer_url == "https://i.example/${HOST}", "what a variable holds is not expanded again"
    assert found.offers == (CommandHook("offer", ("sh", "-c", "echo ${X} $$ $Y"), tmp_path),)


def test_nothing_that_came_from_a_variable_is_shown(tmp_path: Path, write: Write) -> None:
    canary = "canary-7f3a"
    write(
        """
issuer_url = "https://${HOST}.example"
report_dir = "out-${DIR}"
configurations = ["${CONFIGURATION}"]
[target]
contact = "${CONTACT}"
[[offer]]
kind = "http"
url = "https://x.example/${SEGMENT}"
headers = { Authorization = "Bearer ${TOKEN}" }
json = { deep = [ { a = "${BODY}" } ] }
[[offer]]
kind = "command"
command = ["./x", "${ARGUMENT}"]
[tx_code]
kind = "static"
value = "${PIN}"
"""
    )
    names = ("HOST", "DIR", "CONFIGURATION", "CONTACT", "SEGMENT", "TOKEN", "BODY", "ARGUMENT", "PIN")
    found = load({}, {name: f"{canary}-{name}" for name in names}, tmp_path)
    shown = json.dumps(found.redacted(), ensure_ascii=False)
    assert canary not in shown
    assert all(f"‹from ${{{name}}}›" in shown for name in names)
    assert found.redacted()["offer"][0]["headers"]["Authorization"] == "Bearer ‹from ${TOKEN}›"
    assert len(found.secrets) == len(names)
    for name in ("SEGMENT", "TOKEN", "BODY", "ARGUMENT", "PIN"):
        assert f"{canary}-{name}" not in repr(found.offers) + repr(found.tx_code)


def test_what_is_shown_has_the_defaults_and_no_path_of_the_machine(tmp_path: Path, write: Write) -> None:
    write("", "ca.pem")
    write("strict = true\n[trust]\ntls_ca = 'ca.pem'\n[[offer]]\nkind = 'static'\nvalue = 'canary:offer'")
    shown = load({"vci_tx_code": "canary-code"}, {}, tmp_path).redacted()
    assert shown["strict"] is True
    assert shown["limits"] == {"timeout_s": 10.0, "max_body_bytes": 2_000_000}
    assert shown["trust"] == {"tls_ca": "ca.pem", "x5c": [], "jwks": []}
    assert shown["report_dir"] == "oid4vci-report"
    assert shown["offer"] == [{"kind": "static", "value": "‹redacted›"}]
    assert shown["tx_code"] == {"kind": "static", "value": "‹redacted›"}
    assert "canary" not in json.dumps(shown)
    assert str(tmp_path) not in json.dumps(shown)


# --- profiles --------------------------------------------------------------------------------------------


def test_every_bundled_profile_is_good_and_bears_its_name(tmp_path: Path) -> None:
    assert "oid4vci-1.0" in profiles.names()
    for name in profiles.names():
        profile = profiles.load(name)
        assert profile.name == name
        assert load({"vci_profile": name}, {}, tmp_path).profile == name


def test_the_profile_of_the_final_specification_names_what_it_rests_on() -> None:
    profile = profiles.load("oid4vci-1.0")
    assert {"VCI", "RFC6749", "RFC6750", "RFC8414", "RFC9901", "SDJWTVC"} <= set(profile.specifications)
    assert profile.reference_variant == "default"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("name = 'p'\ntitle = 'P'", '"specifications"'),
        ("name = 'p'\ntitle = 'P'\nspecifications = []", '"specifications"'),
        ("name = 'p'\ntitle = 'P'\nspecifications = [1]", '"specifications"'),
        ("name = 1\ntitle = 'P'\nspecifications = ['VCI']", '"name"'),
        ("name = 'p'\ntitle = 'P'\nspecifications = ['VCI']\nsettings = 1", '"settings"'),
        ("name = 'p'\ntitle = 'P'\nspecifications = ['VCI']\nsetting = {}", 'unknown key "setting"'),
        ("name =", "not TOML"),
        ("#" * 1_000_001, "larger than 1000000 bytes"),
    ],
    ids=lambda value: value[-40:],
)
def test_a_broken_profile_is_one_clear_line(tmp_path: Path, write: Write, text: str, hint: str) -> None:
    path = write(text, "p.toml")
    with pytest.raises(profiles.ProfileError, match=r"^p\.toml: ") as caught:
        profiles.load(str(path))
    assert hint in str(caught.value)
    assert "p.toml" in refusal(tmp_path, vci_profile="p.toml")
