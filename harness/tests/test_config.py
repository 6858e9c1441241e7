"""Settings: where they come from, what is refused, and what may be shown of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness import attesters, profiles
from harness.config import OPTIONS, ConfigError, Option, load
from harness.settings import (
    AttesterSettings,
    AuthorizationSettings,
    ClientSettings,
    CommandHook,
    FormRule,
    HttpHook,
    InteractiveHook,
    JourneySettings,
    Limits,
    PythonHook,
    Settings,
    StaticHook,
    UserSettings,
)

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
max_wait_s = 20
[dialect]
sd_jwt_vc = "draft-18"
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
    assert found.limits == Limits(timeout_s=3, max_body_bytes=5000, max_wait_s=20)
    assert found.dialect.sd_jwt_vc == "draft-18"
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
    texts = {
        "issuer_url": "https://issuer.example",
        "vci_profile": "p.toml",
        "vci_client_auth": "none",
        "vci_redirect_uri": "https://wallet.example/cb",
        "vci_sd_jwt_vc": "draft-18",
        "vci_oid4vci": "draft-14",
        "vci_gate": "should",
    }
    text = texts.get(option.dest, "there")
    value, spelled = {
        "text": (text, text),
        "number": ("5", "5"),
        "list": (["a", "b"], "a,b"),
        "flag": (True, "yes"),
    }[option.kind]
    from_option, from_variable = (
        load({option.dest: value}, {}, tmp_path),
        load({}, {option.variable: spelled}, tmp_path),
    )
    assert from_option == from_variable
    assert from_option != load({}, {}, tmp_path)


def test_options_that_were_not_given_change_nothing(tmp_path: Path, write: Write) -> None:
    write('strict = true\nselect = ["a"]')
    nothing = {option.dest: {"list": [], "flag": False}.get(option.kind) for option in OPTIONS}
    assert load({**nothing, "other_plugin": object()}, {}, tmp_path) == load({}, {}, tmp_path)
    assert load({}, {"VCI_STRICT": "", "VCI_SELECT": ""}, tmp_path).strict is True


def test_a_variable_can_switch_off_what_the_file_switched_on(tmp_path: Path, write: Write) -> None:
    write("strict = true")
    assert load({}, {"VCI_STRICT": "false"}, tmp_path).strict is False
    assert "VCI_STRICT" in refusal(tmp_path, {"VCI_STRICT": "maybe"})


@pytest.mark.parametrize("text", ["soon", "5 s", "0", "-1", "nan", "1e9"])
def test_a_wait_is_a_number_of_seconds(tmp_path: Path, text: str) -> None:
    assert load({"vci_max_wait": "2.5"}, {}, tmp_path).limits.max_wait_s == 2.5
    assert "VCI_MAX_WAIT" in refusal(tmp_path, {"VCI_MAX_WAIT": text})
    with pytest.raises(ConfigError, match="--vci-max-wait"):
        load({"vci_max_wait": text}, {}, tmp_path)


# --- hooks -----------------------------------------------------------------------------------------------


def test_offers_whose_issuance_is_denied_have_a_hook_of_their_own(tmp_path: Path, write: Write) -> None:
    write('[denied_offer]\nkind = "command"\ncommand = ["./deny"]\n[[offer]]\nkind = "static"\nvalue = "{}"')
    found = load({}, {}, tmp_path)
    assert found.denied_offer == CommandHook("denied", ("./deny",), tmp_path)
    assert [offer.name for offer in found.offers] == ["offer"]
    write('[denied_offer]\nkind = "static"\nvalue = "https://wallet.example/?credential_offer=secret"')
    found = load({}, {}, tmp_path)
    assert isinstance(found.denied_offer, StaticHook)
    assert "secret" not in str(found.redacted())


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


# --- clients, keys and the user --------------------------------------------------------------------------


def private_jwk(**more: str) -> str:
    return str(JWK.generate(kty="EC", crv="P-256", **more).export(private_key=True))


def test_clients_and_attesters_are_read(tmp_path: Path, write: Write) -> None:
    keys = {name: private_jwk(kid=name, alg="ES256") for name in ("client", "provider", "vault", "keys")}
    for name in ("client", "provider"):
        write(keys[name], f"sub/{name}.json")
    for name in ("chain.pem", "key.pem"):
        write("", f"sub/{name}")
    write(
        """
[client]
client_id = "wallet"
authentication = "private_key_jwt"
client_secret = "${SECRET}"
key = "client.json"
certificate = "chain.pem"
certificate_key = "key.pem"
redirect_uri = "https://wallet.example/cb?x=1"
dpop = false
[client.attester]
issuer = "https://provider.example"
key = "provider.json"
[second_client]
client_id = "other"
authentication = "attest_jwt_client_auth"
attester = { key = "${VAULT_KEY}" }
[key_attester]
issuer = "https://keys.example"
key = " ${KEYS}"
[authorization]
request_by = "authorization_details"
wallet_initiated = false
parameters = { prompt = "consent" }
""",
        "sub/a.toml",
    )
    env = {"SECRET": "s3cr3t", "VAULT_KEY": keys["vault"], "KEYS": keys["keys"]}
    found = load({"vci_config": "sub/a.toml"}, env, tmp_path)
    assert found.client == ClientSettings(
        client_id="wallet",
        authentication="private_key_jwt",
        client_secret="s3cr3t",
        key=json.loads(keys["client"]),
        certificate=tmp_path / "sub/chain.pem",
        certificate_key=tmp_path / "sub/key.pem",
        redirect_uri="https://wallet.example/cb?x=1",
        dpop=False,
        attester=AttesterSettings("https://provider.example", json.loads(keys["provider"])),
    )
    assert found.second_client == ClientSettings(
        client_id="other",
        authentication="attest_jwt_client_auth",
        attester=AttesterSettings(key=json.loads(keys["vault"])),
    )
    assert found.key_attester == AttesterSettings("https://keys.example", json.loads(keys["keys"]))
    assert found.authorization == AuthorizationSettings(
        "authorization_details", wallet_initiated=False, parameters={"prompt": "consent"}
    )


def pem_of(*certificates: str) -> str:
    def wrapped(text: str) -> str:
        return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"

    return "".join(map(wrapped, certificates))


def test_the_chain_of_an_attester_is_read_from_a_file(tmp_path: Path, write: Write) -> None:
    private = attesters.private_jwk("wallet")
    x5c = private.pop("x5c")
    write(json.dumps({**private, "kid": "1"}), "sub/key.json")
    write(pem_of(*x5c), "sub/chain.pem")
    table = 'issuer = "https://provider.example"\nkey = "key.json"\nx5c = "chain.pem"\n'
    write(f"[client]\nclient_id = 'w'\n[client.attester]\n{table}[key_attester]\n{table}", "sub/a.toml")
    found = load({"vci_config": "sub/a.toml"}, {}, tmp_path)
    expected = AttesterSettings("https://provider.example", {**private, "kid": "1", "x5c": x5c})
    assert (found.client.attester, found.key_attester) == (expected, expected)
    assert found.redacted()["key_attester"]["x5c"] == "chain.pem"


@pytest.mark.parametrize(
    ("key", "chain", "message"),
    [
        (True, "no certificate", "assay.toml: key_attester.x5c: {folder}/chain.pem holds no PEM certificate"),
        (True, None, "assay.toml: key_attester.x5c: {folder}/chain.pem cannot be read: No such file or directory"),
        (True, "another", "key_attester.x5c: the first certificate is not that of the key"),
        (False, "right", "key_attester.x5c needs key_attester.key, which its first certificate is for"),
    ],
)
def test_a_chain_that_does_not_fit_its_key_is_refused(
    tmp_path: Path, write: Write, key: bool, chain: str | None, message: str
) -> None:
    private, other = attesters.private_jwk("key"), attesters.private_jwk("wallet")
    write(json.dumps({name: value for name, value in private.items() if name != "x5c"}), "key.json")
    texts = {"another": pem_of(*other["x5c"]), "right": pem_of(*private["x5c"])}
    if chain is not None:
        write(texts.get(chain, chain), "chain.pem")
    write("[key_attester]\nx5c = 'chain.pem'\n" + ("key = 'key.json'\n" if key else ""))
    assert refusal(tmp_path) == message.format(folder=tmp_path)


def test_a_key_of_a_higher_layer_replaces_the_whole_key_below(tmp_path: Path, write: Write) -> None:
    write(private_jwk(kid="below"), "below.json")
    above = private_jwk()
    write(above, "above.json")
    write(
        'name = "p"\ntitle = "P"\nspecifications = ["VCI"]\n[settings.client]\nkey = "below.json"\ndpop = true',
        "p.toml",
    )
    write('profile = "p.toml"\n[client]\nkey = "above.json"')
    found = load({}, {}, tmp_path).client
    assert (found.key, found.dpop) == (json.loads(above), True)


def test_the_user_is_read(tmp_path: Path, write: Write) -> None:
    write(
        """
[user]
kind = "forms"
timeout_s = 5
[[user.form]]
url = "https://as.example/login*"
fields = { username = "erika", password = "${PW}", pin = "${PIN}", shipping = "home" }
submit = "Sign in"
[[user.form]]
url = "*"
decline = "cancel"
"""
    )
    fields = {"username": "erika", "password": "pw", "pin": "12", "shipping": "home"}
    forms = (FormRule("https://as.example/login*", fields, "Sign in"), FormRule("*", decline="cancel"))
    found = load({}, {"PW": "pw", "PIN": "12"}, tmp_path)
    assert found.user == UserSettings("forms", forms, timeout_s=5)
    write('[user]\nkind = "command"\ncommand = ["./sign-in", "${PW}"]', "sub/a.toml")
    found = load({"vci_config": "sub/a.toml"}, {"PW": "pw"}, tmp_path)
    assert found.user == UserSettings("command", command=("./sign-in", "pw"), folder=tmp_path / "sub")


@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "attest_jwt_client_auth"]
)
def test_the_method_can_be_chosen_on_the_command_line(tmp_path: Path, write: Write, method: str) -> None:
    write(private_jwk(), "key.json")
    write('[client]\nclient_id = "w"\nclient_secret = "${S}"\nkey = "key.json"')
    assert load({"vci_client_auth": method}, {"S": "s"}, tmp_path).client.authentication == method


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "authentication = 'client_secret_basic'\nclient_id = 'w'",
            "client.authentication is client_secret_basic, which needs client.client_secret",
        ),
        (
            "authentication = 'client_secret_post'",
            "client.authentication is client_secret_post, which needs client.client_id and client.client_secret",
        ),
        (
            "authentication = 'private_key_jwt'\nclient_id = 'w'",
            "client.authentication is private_key_jwt, which needs client.key",
        ),
        (
            "authentication = 'attest_jwt_client_auth'",
            "client.authentication is attest_jwt_client_auth, which needs client.client_id",
        ),
        (
            "authentication = 'tls_client_auth'\nclient_id = 'w'",
            "client.authentication is tls_client_auth, which needs client.certificate",
        ),
        ("certificate_key = 'there'", "client.certificate_key needs client.certificate"),
        ("certificate = 'no'", "assay.toml: client.certificate: there is no file {}/no"),
        (
            "authentication = 'basic'",
            "assay.toml: client.authentication has to be one of none, client_secret_basic, client_secret_post, "
            "private_key_jwt, attest_jwt_client_auth, tls_client_auth, self_signed_tls_client_auth",
        ),
        (
            "client_secret = 'hunter2'",
            'assay.toml: client.client_secret is a secret: write "${{NAME}}" and put the value into the '
            "environment variable NAME",
        ),
        (
            "redirect_uri = 'https://w.example/#f'",
            "assay.toml: client.redirect_uri has to be an absolute URI without fragment",
        ),
        ("redirect_uri = '/cb'", "assay.toml: client.redirect_uri has to be an absolute URI without fragment"),
        ("[mattr]\nclient_id = 'b'", "mattr.client_id needs mattr.client_secret"),
        ("[second_client]", "second_client.client_id has to be that of another client than client.client_id"),
        (
            "client_id = 'w'\n[second_client]\nclient_id = 'w'",
            "second_client.client_id has to be that of another client than client.client_id",
        ),
        (
            "[second_client]\nclient_id = 'v'\nauthentication = 'client_secret_post'",
            "second_client.authentication is client_secret_post, which needs second_client.client_secret",
        ),
        (
            "[authorization]\nrequest_by = 'both'",
            "assay.toml: authorization.request_by has to be one of scope, authorization_details",
        ),
        (
            "[authorization]\nparameters = {{ scope = 'openid' }}",
            "assay.toml: authorization.parameters has to be a table of parameters that Assay does not set itself",
        ),
        (
            "[user]\nkind = 'robot'",
            "assay.toml: user.kind has to be one of redirects, forms, command, browser",
        ),
        ("[user]\nkind = 'command'", 'user.kind is command, which needs user.command, such as ["./sign-in.sh"]'),
        (
            "[[user.form]]\nurl = '*'",
            "user.form is for user.kind forms or browser, and user.kind is redirects",
        ),
        ("[[user.form]]", 'assay.toml: "url" is missing in [user.form #1]'),
        (
            "[user]\nkind = 'forms'\n[[user.form]]\nurl = '*'\nfields = {{ Password = 'hunter2' }}",
            'assay.toml: user.form #1.fields.Password is a secret: write "${{NAME}}" and put the value into the '
            "environment variable NAME",
        ),
        (
            "[user]\nkind = 'forms'\n[[user.form]]\nurl = '*'\nfields = {{ a = 1 }}",
            "assay.toml: user.form #1.fields.a has to be a string",
        ),
    ],
)
def test_what_makes_no_client_and_no_user_is_one_line(
    tmp_path: Path, write: Write, text: str, expected: str
) -> None:
    write("", "there")
    write(f"[client]\n{text.format()}")
    assert refusal(tmp_path) == expected.format(tmp_path)


_PUBLIC = str(JWK.generate(kty="EC", crv="P-256").export_public())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "this is not JSON"),
        ("-----BEGIN PRIVATE KEY-----", "this is not JSON"),
        ("[]", "this is no JSON object"),
        ('{"keys":[]}', "this is a JWK Set; give one of its keys"),
        ("{}", "its members make no key"),
        ('{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"hunter2"}', "its members make no key"),
        (_PUBLIC, "this is a public key"),
        ('{"kty":"oct","k":"aHVudGVyMg"}', "this is a symmetric key"),
        ('{"kty":"OKP","crv":"X25519","x":"aHVudGVyMg","d":"aHVudGVyMg"}', "this is a key for encryption"),
        (private_jwk(alg="RS256"), "it cannot sign with its alg"),
        (private_jwk(alg="ECDH-ES"), "it cannot sign with its alg"),
        ('{"kty":"EC","alg":1}', "its alg is no string"),
    ],
)
@pytest.mark.parametrize("key", ["client.key", "client.attester.key", "second_client.key", "key_attester.key"])
def test_what_is_no_private_key_is_refused_and_not_repeated(
    tmp_path: Path, write: Write, content: str, reason: str, key: str
) -> None:
    table, _, _ = key.rpartition(".")
    write(content, "key.json")
    write(f"[{table}]\nkey = 'key.json'")
    assert refusal(tmp_path) == f"assay.toml: {key} has to be a private JWK that signs: {reason}"


def test_a_key_is_not_written_down_in_the_settings(tmp_path: Path, write: Write) -> None:
    write(f"[key_attester]\nkey = '{private_jwk()}'")
    message = refusal(tmp_path)
    assert message.startswith('assay.toml: key_attester.key is a secret: write "${NAME}"')
    assert "kty" not in message


@pytest.mark.parametrize("value", ["hunter2", "-----BEGIN hunter2", "x" * 5000, "\0", "."])
def test_a_variable_that_holds_no_key_is_named_and_not_repeated(tmp_path: Path, write: Write, value: str) -> None:
    write("[client]\nkey = '${CLIENT_KEY}'")
    message = refusal(tmp_path, {"CLIENT_KEY": value})
    assert message == "assay.toml: client.key: ${CLIENT_KEY} is not a file that can be read"


def test_a_variable_may_hold_the_path_of_a_key(tmp_path: Path, write: Write) -> None:
    text = private_jwk()
    write(text, "key.json")
    write("[client]\nkey = '${CLIENT_KEY}'")
    assert load({}, {"CLIENT_KEY": "key.json"}, tmp_path).client.key == json.loads(text)


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
            "[client]",
            "[client.attester]",
            "[user]",
            "[[user.form]]",
            "key = '${A}'",
            "key = '.'",
            "key = '{'",
            "authentication = 'private_key_jwt'",
            "kind = 'command'",
            "fields = {pin = '${A}', a = 1}",
            "fields = {password = 'x'}",
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
        # What several places may have said together is told by its keys.
        of_file = str(error).startswith(("assay.toml: ", "there is no profile", "cannot read"))
        assert of_file or re.match(r"[a-z_]+(\.[a-z_]+)* (is|has|needs) ", str(error))  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017


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
    assert shown["limits"] == {"timeout_s": 10.0, "max_body_bytes": 2_000_000, "max_wait_s": 125.0}
    lists = ("x5c", "iaca", "jwks", "contexts", "status_lists", "metadata")
    assert shown["trust"] == {"tls_ca": "ca.pem", **{key: [] for key in lists}}
    assert shown["report_dir"] == "oid4vci-report"
    assert shown["offer"] == [{"kind": "static", "value": "‹redacted›"}]
    assert shown["tx_code"] == {"kind": "static", "value": "‹redacted›"}
    assert "canary" not in json.dumps(shown)
    assert str(tmp_path) not in json.dumps(shown)


def test_no_key_and_nothing_typed_is_shown(tmp_path: Path, write: Write) -> None:
    keys = [json.loads(private_jwk()) for _ in range(4)]
    write(json.dumps(keys[0]), "client.json")
    write("", "chain.pem")
    write(
        """
[client]
client_id = "wallet"
client_secret = "${SECRET}"
key = "client.json"
certificate = "chain.pem"
attester = { issuer = "https://provider.example", key = "${KEY_1}" }
[second_client]
client_id = "other"
key = "${KEY_2}"
[key_attester]
key = "${KEY_3}"
[user]
kind = "forms"
[[user.form]]
url = "https://as.example/*"
fields = { username = "canary-name", password = "${SECRET}" }
"""
    )
    env = {"SECRET": "canary-secret"} | {f"KEY_{number}": json.dumps(keys[number]) for number in (1, 2, 3)}
    found = load({}, env, tmp_path)
    shown = found.redacted()
    for text in (json.dumps(shown), repr(found), str(found.client), f"{found.user.forms}"):
        assert "canary" not in text
        assert not any(key["d"] in text or key["x"] in text for key in keys)
    assert str(tmp_path) not in json.dumps(shown)
    assert shown["client"] == {
        "client_id": "wallet",
        "authentication": None,
        "client_secret": "‹from ${SECRET}›",
        "key": "client.json",
        "certificate": "chain.pem",
        "certificate_key": None,
        "redirect_uri": None,
        "dpop": None,
        "attester": {"issuer": "https://provider.example", "key": "‹from ${KEY_1}›"},
    }
    assert shown["second_client"]["key"] == "‹from ${KEY_2}›"
    assert shown["key_attester"]["key"] == "‹from ${KEY_3}›"
    assert shown["user"]["form"] == [
        {
            "url": "https://as.example/*",
            "fields": {"username": "‹redacted›", "password": "‹from ${SECRET}›"},
        }
    ]
    assert found.secrets == set(env.values())


def test_a_journey_has_rules_for_its_pages(tmp_path: Path, write: Write) -> None:
    write(
        """
[journey]
kind = "browser"
timeout_s = 30
[[journey.rule]]
url = "https://login.example/*"
heading = "Sign in*"
fields = { email = "somebody@example.org", password = "${PW}" }
[[journey.rule]]
url = "*"
follow = "Add document"
[[journey.rule]]
url = "*/done"
stop = true
[[journey.rule]]
url = "*/odd"
hook = { kind = "command", command = ["./page.sh", "${PW}"], timeout_s = 5 }
[[journey.rule]]
url = "*/static"
hook = { kind = "static", value = "stop-canary" }
""",
        "sub/a.toml",
    )
    found = load({"vci_config": "sub/a.toml"}, {"PW": "pw-from-env"}, tmp_path)
    assert found.journey == JourneySettings(
        "browser",
        (
            FormRule(
                "https://login.example/*",
                {"email": "somebody@example.org", "password": "pw-from-env"},
                heading="Sign in*",
            ),
            FormRule("*", follow="Add document"),
            FormRule("*/done", stop=True),
            FormRule("*/odd", hook=CommandHook("journey.rule", ("./page.sh", "pw-from-env"), tmp_path / "sub", 5)),
            FormRule("*/static", hook=StaticHook("journey.rule", "stop-canary")),
        ),
        timeout_s=30,
    )
    shown = found.redacted()["journey"]
    assert shown["rule"][0]["fields"] == {"email": "‹redacted›", "password": "‹from ${PW}›"}
    assert shown["rule"][3]["hook"]["command"] == ["./page.sh", "‹from ${PW}›"]
    for canary in ("pw-from-env", "somebody", "stop-canary"):
        assert canary not in json.dumps(shown)
        assert canary not in repr(found)


def test_a_page_of_the_user_may_have_a_hook_too(tmp_path: Path, write: Write) -> None:
    write(
        """
[user]
kind = "forms"
[[user.form]]
url = "*"
hook = { kind = "python", function = "pages:answer" }
"""
    )
    (rule,) = load({}, {}, tmp_path).user.forms
    assert rule.hook == PythonHook("user.form", "pages:answer", tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('kind = "command"', "journey.kind is command, which needs journey.command"),
        (
            'kind = "command"\ncommand = ["x"]\n[[journey.rule]]\nurl = "*"',
            "journey.rule is for journey.kind forms",
        ),
        ('kind = "redirects"', "journey.kind has to be one of forms, command, browser"),
        ('[[journey.rule]]\nfollow = "x"', "journey.rule"),
        ('[[journey.rule]]\nurl = "*"\nfields = { password = "plain" }', "is a secret"),
        ('[[journey.rule]]\nurl = "*"\nstop = "yes"', "stop"),
    ],
)
def test_a_journey_that_cannot_be_gone_on_is_told(tmp_path: Path, write: Write, text: str, words: str) -> None:
    write(f"[journey]\n{text}")
    assert words in refusal(tmp_path)


def test_keys_that_were_not_read_from_a_file_are_not_shown_either() -> None:
    key, attester = json.loads(private_jwk()), AttesterSettings("https://a.example", json.loads(private_jwk()))
    client = ClientSettings("w", "private_key_jwt", "canary-secret", key, attester=attester)
    user = UserSettings(
        "forms", (FormRule("*", {"password": "canary-secret"}, "Go"),), ("canary",), Path("/canary")
    )
    found = Settings(client=client, second_client=client, key_attester=attester, user=user)
    shown = found.redacted()
    for text in (json.dumps(shown), repr(found)):
        assert "canary" not in text
        assert not any(members["d"] in text or members["x"] in text for members in (key, attester.key))
    assert shown["second_client"]["attester"] == {"issuer": "https://a.example"}
    assert shown["user"] == {
        "kind": "forms",
        "timeout_s": 60.0,
        "form": [{"url": "*", "submit": "Go", "decline": None, "heading": None, "follow": None, "stop": False}],
    }


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
    assert profile.reference_variant == "complete"


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


@pytest.mark.parametrize(
    ("table", "key"), [("mattr", "claims"), ("mattr", "configurations"), ("partisia", "dataset")]
)
def test_the_file_of_a_vendors_table_is_found_beside_the_settings(
    table: str, key: str, tmp_path: Path, write: Write
) -> None:
    (tmp_path / "told.json").write_text("{}")
    write(f'[{table}]\n{key} = "told.json"')
    assert getattr(getattr(load({}, {}, tmp_path), table), key) == tmp_path / "told.json"
    write(f'[{table}]\n{key} = "absent.json"')
    assert f"{table}.{key}: there is no file" in refusal(tmp_path)
