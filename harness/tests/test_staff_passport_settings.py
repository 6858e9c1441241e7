"""The settings of a run for the Staff Passport."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.config import ConfigError, load
from harness.settings import CommandHook, PageRule, Settings

WHOLE = """
issuer_url = "https://portal.example"
profile = "staff-passport"

[staff_passport]
client_id = "system"
client_secret = "${DSP_SECRET}"
signing_key = "${DSP_KEY}"
redirect_uris = ["https://portal.example/back"]
schema = "schema.toml"
holds_birth_date = false
labels = { TrainingPlacement = "Placement" }
ways = { kid_with_algorithm = false }

[staff_passport.gateway]
listen = "127.0.0.1:3001"

[staff_passport.mailbox]
listen = "127.0.0.1:3025"

[staff_passport.employee]
username = "uma"
password = "${UMA}"
email = "uma@example.com"
first_name = "Uma"
surname = "One"
birth_date = "1990-01-31"
templates = ["TrainingPlacement"]

[staff_passport.invalidate]
kind = "command"
command = ["./invalidate.sh", "{username}"]

[staff_passport.outbox]
kind = "static"
value = "the last mail"

[[staff_passport.page]]
shows = "preview"
heading = "*your data*"
values = { TPL-Site = "Where" }

[[staff_passport.page]]
shows = "sign-in"
url = "*/login*"
fields = { user = "{username}", password = "${UMA}" }
submit = "Log in"
"""
ENVIRONMENT = {
    "DSP_SECRET": "not-to-be-seen",
    "DSP_KEY": "bm90LXRvLWJlLXNlZW4=",
    "UMA": "not-to-be-typed",
    "EMPTY": "",
}


def read(folder: Path, text: str) -> Settings:
    (folder / "assay.toml").write_text(text)
    (folder / "schema.toml").write_text("")
    return load({}, ENVIRONMENT, folder)


def test_everything_is_read_and_no_secret_is_shown(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    told = settings.staff_passport
    assert (told.client_id, told.client_secret) == ("system", "not-to-be-seen")
    assert told.schema == tmp_path / "schema.toml"
    assert told.gateway.listen == "127.0.0.1:3001"
    assert told.employee is not None
    assert told.employee.templates == ("TrainingPlacement",)
    assert told.pages[0] == PageRule("preview", heading="*your data*", values={"TPL-Site": "Where"})
    assert told.pages[1].fields["password"] == "not-to-be-typed"
    assert isinstance(told.invalidate, CommandHook)
    shown = json.dumps(settings.redacted(), ensure_ascii=False)
    assert "not-to-be" not in shown
    assert "bm90" not in shown
    assert "the last mail" not in shown
    assert str(tmp_path) not in shown
    assert "‹from ${DSP_SECRET}›" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[staff_passport]\nclient_secret = "plain"', "staff_passport.client_secret"),
        ('[staff_passport]\nsigning_key = "${UMA}"', "has to be base64"),
        ('[staff_passport]\nsigning_key = "${EMPTY}"', "staff_passport.signing_key is empty"),
        ('[staff_passport]\nclient_secret = "${EMPTY}"', "staff_passport.client_secret is empty"),
        ('[staff_passport]\nschema = "nowhere.toml"', "nowhere.toml"),
        ('[staff_passport.invalidate]\nkind = "static"\nvalue = "x"', "cannot be static"),
        ('[[staff_passport.page]]\nshows = "somewhere"', "shows"),
        (
            '[staff_passport.other]\nusername = "a"\nemail = "a@b"\nfirst_name = "A"\nsurname = "B"\n'
            'birth_date = "1990-01-01"',
            "needs staff_passport.employee",
        ),
        (
            '[staff_passport.employee]\nusername = "a"\nemail = "a@b"\nfirst_name = "A"\nsurname = "B"\n'
            'birth_date = "31.1.1990"',
            "birth_date",
        ),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "not-to-be" not in str(caught.value)


def test_a_hook_of_a_higher_layer_replaces_the_whole_hook_below(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(
        'name = "own"\ntitle = "Own"\njudges = "staff-passport-portal"\nspecifications = ["DSP"]\n'
        '[settings.staff_passport.invalidate]\nkind = "interactive"\nprompt = "Change it"\n'
    )
    hook = '[staff_passport.invalidate]\nkind = "command"\ncommand = ["./x"]\n'
    settings = read(tmp_path, f'profile = "./own.toml"\n{hook}')
    assert isinstance(settings.staff_passport.invalidate, CommandHook)
