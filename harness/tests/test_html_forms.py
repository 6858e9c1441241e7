"""Forms of HTML pages: what they ask for, and what a browser without scripts would send."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.html_forms import MAX_CHARACTERS, Form, HtmlError, Page, Submission, read

URL = "https://as.example/login/step?session=1"


def form(html: str) -> Form:
    (found,) = read(html, URL).forms
    return found


def entries(html: str, **values: str) -> list[tuple[str, str]]:
    found = form(html)
    return list(found.submission(values, found.button()).entries)


def test_a_login_form_is_filled_in_and_keeps_its_hidden_fields() -> None:
    found = form(
        '<form action="../check" method="post"><input type=hidden name=csrf value="a&amp;b">'
        "<input name=username><input type=password name=password><button name=go value=1>Sign in</button></form>"
    )
    assert found.submission({"username": "erika", "password": "p"}, found.button()) == Submission(
        "POST",
        "https://as.example/check",
        "application/x-www-form-urlencoded",
        (("csrf", "a&b"), ("username", "erika"), ("password", "p"), ("go", "1")),
    )


@pytest.mark.parametrize(
    ("html", "action"),
    [
        ("<form>", URL),
        ("<form action=''>", URL),
        ("<form action='x'>", "https://as.example/login/x"),
        ("<form action='/x?a=1'>", "https://as.example/x?a=1"),
        ("<form action='//idp.example/x'>", "https://idp.example/x"),
        ("<base href='/deep/'><form action='x'>", "https://as.example/deep/x"),
        ("<form action='x'></form><base href='https://idp.example/'>", "https://idp.example/x"),
        ("<base href='/one/'><base href='/two/'><form action='x'>", "https://as.example/one/x"),
    ],
)
def test_an_action_is_relative_to_the_page_or_to_its_base(html: str, action: str) -> None:
    assert form(html).action == action


@pytest.mark.parametrize(
    ("html", "sent"),
    [
        ("<input name=a value=1>", [("a", "1")]),
        ("<input name=a>", [("a", "")]),
        ("<input value=1>", []),
        ("<input name=a value=1 disabled>", []),
        ("<input type=checkbox name=a><input type=checkbox name=b checked>", [("b", "on")]),
        ("<input type=radio name=a value=1><input type=radio name=a value=2 checked>", [("a", "2")]),
        ("<select name=a><option>One <option value=2>Two</select>", [("a", "One")]),
        ("<select name=a><option value=1>One<option value=2 selected>Two</option></select>", [("a", "2")]),
        ("<select name=a><option value=1 disabled>One</option><option value=2>Two</select>", [("a", "2")]),
        ("<select name=a></select>", []),
        ("<textarea name=a>\n x\n<b></textarea>", [("a", " x\n<b>")]),
        ("<button type=button name=a value=1>No</button><button name=b value=2>Yes</button>", [("b", "2")]),
        ("<input type=reset name=a><input type=submit name=b value=Go>", [("b", "Go")]),
        ("<!-- <input name=a> --><input name=b>", [("b", "")]),
        ("<script>'<input name=a>'</script><template><input name=c></template><input name=b>", [("b", "")]),
        ("<noscript><input name=a></noscript>", [("a", "")]),
        ("<form><input name=a></form>", [("a", "")]),
    ],
)
def test_what_is_sent_of_a_page_as_it_is(html: str, sent: list[tuple[str, str]]) -> None:
    assert entries(f"<form>{html}</form>") == sent


@pytest.mark.parametrize(
    ("html", "values", "sent"),
    [
        ("<input type=checkbox name=a value=yes!>", {"a": "on"}, [("a", "yes!")]),
        ("<input type=checkbox name=a checked>", {"a": "off"}, []),
        ("<input type=checkbox name=a value=1><input type=checkbox name=a value=2>", {"a": "2"}, [("a", "2")]),
        ("<input type=radio name=a value=1 checked><input type=radio name=a value=2>", {"a": "2"}, [("a", "2")]),
        ("<select name=a><option value=1>One<option value=2>Two</select>", {"a": "2"}, [("a", "2")]),
        ("<select name=a><option value=1>One<option value=2> Two  x</select>", {"a": "Two x"}, [("a", "2")]),
        ("<textarea name=a></textarea>", {"a": "x"}, [("a", "x")]),
        ("<input type=hidden name=a value=1>", {"a": "x"}, [("a", "x")]),
    ],
)
def test_what_is_sent_of_a_page_that_was_filled_in(
    html: str, values: dict[str, str], sent: list[tuple[str, str]]
) -> None:
    assert entries(f"<form>{html}</form>", **values) == sent


@pytest.mark.parametrize(
    "html",
    [
        "<input type=radio name=a value=1>",
        "<select name=a><option value=1>One</select>",
        "<input type=checkbox name=a value=1>",
    ],
)
def test_a_value_that_a_field_cannot_take_is_refused(html: str) -> None:
    with pytest.raises(HtmlError, match="html-value"):
        entries(f"<form>{html}</form>", a="other")


def test_a_button_may_send_the_form_elsewhere() -> None:
    found = form(
        "<form action=/yes method=post enctype=multipart/form-data><button>OK</button>"
        "<button formaction=no formmethod=get formenctype=text/plain>Deny</button></form>"
    )
    assert found.submission({}, found.button("ok")) == Submission(
        "POST", "https://as.example/yes", "multipart/form-data", ()
    )
    assert found.submission({}, found.button("Deny")) == Submission(
        "GET", "https://as.example/login/no", "application/x-www-form-urlencoded", ()
    )
    assert found.button("other") is None


@pytest.mark.parametrize("word", ["action", "allow", "yes, go on", "Yes, go on"])
def test_a_button_is_found_by_name_value_and_text(word: str) -> None:
    html = "<button name=x value=deny>No</button><button name=action value=allow><b>Yes,</b>\n go on</button>"
    found = form(f"<form>{html}</form>").button(word)
    assert found is not None
    assert found.value == "allow"


def test_controls_outside_a_form_belong_to_the_form_they_name() -> None:
    page = read(
        "<form id=f></form><input name=a form=f><input name=b form=g><input name=c>"
        "<select name=d form=f><option>1</select><textarea name=e form=f></textarea><button form=f>Go</button>",
        URL,
    )
    assert [item.name for item in page.forms[0].fields] == ["a", "d", "e"]
    assert page.forms[0].button("Go") is not None


@pytest.mark.parametrize(
    ("html", "names"),
    [
        ("<input name=a>", ()),
        ("<input name=a required>", ("a",)),
        ("<input name=a required value=x>", ()),
        ("<input type=password name=a>", ("a",)),
        ("<input type=checkbox name=a required>", ("a",)),
        ("<input type=checkbox name=a required checked>", ()),
        ("<input type=radio name=a value=1 required><input type=radio name=a value=2>", ("a",)),
        ("<input type=radio name=a value=1 required><input type=radio name=a value=2 checked>", ()),
        ("<select name=a required><option value=''>Choose</option><option>x</option></select>", ("a",)),
    ],
)
def test_what_waits_for_the_user_is_known(html: str, names: tuple[str, ...]) -> None:
    assert form(f"<form>{html}</form>").unanswered == names


def test_a_form_takes_a_rule_when_it_has_all_its_fields_and_its_button() -> None:
    found = form("<form><input name=a><button>Go</button></form>")
    assert found.takes({"a": "x"}, "Go")
    assert not found.takes({"a": "x", "b": "y"})
    assert not found.takes({}, "Stop")


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/next", "https://as.example/next"),
        ("0;URL='https://wallet.example/cb?code=1'", "https://wallet.example/cb?code=1"),
        ("0, x", "https://as.example/login/x"),
        ("5; url=/next", None),
        ("0", None),
        ("", None),
    ],
)
def test_only_a_refresh_at_once_is_followed(content: str, target: str | None) -> None:
    assert read(f'<meta http-equiv="Refresh" content="{content}">', URL).refresh == target


def test_a_page_says_whether_it_has_scripts_and_what_it_is_called() -> None:
    page = read("<TITLE> Sign\n in <b></TITLE><SCRIPT src=x></SCRIPT><form method=dialog></form>", URL)
    assert page == Page((), None, True, "Sign in <b>")
    assert read("<p>x", URL) == Page((), None, False, "")


# --- hostile pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("x" * (MAX_CHARACTERS + 1), "html-too-large"),
        ("<form></form>" * 101, "html-too-large"),
        ("<form>" + "<input name=a>" * 1001, "html-too-large"),
        ("<form><select name=a>" + "<option>" * 5002, "html-too-large"),
        ("<a " * 100_000, "html-unclosed"),
        ("<a b='" * 100_000, "html-unclosed"),
    ],
    ids=["characters", "forms", "fields", "options", "tags", "quotes"],
)
def test_a_page_beyond_the_limits_is_refused(html: str, kind: str) -> None:
    with pytest.raises(HtmlError) as caught:
        read(html, URL)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "part", ["<!--", "<!-- >", "<![x>", "<script>", "<script ", "<?x>", "<textarea>", "<a b='>", "<!>", "</", "&#"]
)
def test_a_large_page_costs_little(part: str) -> None:
    html = part * (1_000_000 // len(part))
    began = time.process_time()
    with contextlib.suppress(HtmlError):
        read(html, URL)
    assert time.process_time() - began < 5


_TAGS = st.sampled_from(
    [
        *(
            "<form",
            "<form action='http://[' id=f>",
            "</form>",
            "<input type=radio name=a>",
            "<input form=f name=b>",
        ),
        *(
            "<select name=a>",
            "<option",
            "<option value=1 selected>",
            "</select>",
            "<textarea name=a>",
            "</textarea>",
        ),
        *("<button formaction='//['>", "</button>", "<base href='http://[1'>", "<title>", "</title>", "<![CDATA["),
        *("<!--", "-->", "<script>", "</script>", ">", "'", '"', "&#x110000;", "&lt", "<meta http-equiv=refresh"),
        *(
            " content='0;url=http://['>",
            "<input type=checkbox name=a required value=1>",
            "\x00",
            "\ud800",
            "<!x",
            "]]>",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(_TAGS | st.text(max_size=8), max_size=30), value=st.text(max_size=5))
def test_no_page_makes_anything_but_forms_or_an_error_of_ours(parts: list[str], value: str) -> None:
    try:
        page = read("".join(parts), URL)
        for found in page.forms:
            filled = found.submission(dict.fromkeys(("a", "b"), value), found.button())
            assert filled.method in ("GET", "POST")
            assert {name for name, _ in filled.entries} <= {"", *(item.name for item in found.fields)} | {
                button.name for button in found.buttons
            }
    except HtmlError:
        pass
