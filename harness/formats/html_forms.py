"""The forms of an HTML page, as a user without scripts would fill and submit them (HTML Living Standard 4.10).

What a form sends follows section 4.10.21.4 of HTML, "constructing the entry list": hidden fields, what a page
filled in or checked already, and the button that was pressed. Scripts are not run and style is not looked at;
what stands in comments, scripts and templates is no part of the page.

Errors, all :class:`HtmlError`:

- ``html-too-large``: more text than a page for people has, or more forms, fields or options.
- ``html-unclosed``: so much markup is left open that reading it would take minutes.
- ``html-value``: a value cannot be given to a field, for example an option that a list does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from harness.formats import html_regions
from harness.formats.problems import FormatError, shown

MAX_CHARACTERS = 2_000_000
MAX_FORMS = 100
MAX_FIELDS = 1_000
"""Fields and buttons of a page."""
MAX_OPTIONS = 5_000
"""Options of all lists of a page."""
_MAX_OPEN_MARKUP = 20_000_000
"""The parser looks through what follows an open tag again for each "<" in it; this bounds the product."""

_NO_MARKUP = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<[!?][^>]*+>?"
    r"|<(script|style|template)\b[^>]*+(?:>|\Z).*?(?:</\1[^>]*+>?|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_REFRESH = re.compile(r"\s*0*(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'\s]+)[\"']?\s*", re.IGNORECASE)
_BUTTONS = frozenset({"submit", "image"})
_NOT_SENT = frozenset({"button", "reset"})
_TEXT_ONLY = frozenset({"textarea", "title"})
_CHECKED = frozenset({"on", "true", "yes"})
UNCHECKED = frozenset({"", "off", "false", "no"})
"""Values that mean an empty checkbox."""


class HtmlError(FormatError):
    """The page cannot be read within the limits, or a form cannot be filled in as told."""


@dataclass(frozen=True)
class Field:
    """One control of a form.

    Attributes:
        name: what it is called in the request.
        kind: ``text``, ``password``, ``hidden``, ``checkbox``, ``radio``, ``select``, ``textarea``, or any
            other type of an ``input``.
        value: what is sent; of a checkbox or radio button, what is sent when it is checked.
        required: whether the page says so.
        checked: of a checkbox or radio button, whether it is checked.
        options: of a list, value and text of each option.

    """

    name: str
    kind: str
    value: str = ""
    required: bool = False
    checked: bool = False
    options: tuple[tuple[str, str], ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether it is a checkbox or a radio button."""
        return self.kind in ("checkbox", "radio")

    @property
    def sent(self) -> bool:
        """Whether the value is part of the request as the page has it."""
        return self.checked if self.checkable else self.kind != "select" or bool(self.options)


@dataclass(frozen=True)
class Button:
    """A button that submits a form; ``None`` where it does not change the form's own."""

    name: str = ""
    value: str = ""
    text: str = ""
    action: str | None = None
    method: str | None = None
    enctype: str | None = None

    def is_called(self, word: str) -> bool:
        """Whether a word is the button's name, value or text; the text in any case of letters."""
        return word in (self.name, self.value) or word.casefold() == self.text.casefold()


@dataclass(frozen=True)
class Submission:
    """What a browser requests when a form is submitted; ``method`` is ``GET`` or ``POST``."""

    method: str
    url: str
    enctype: str
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Form:
    """A form with its controls in their order; ``action`` is an absolute URL.

    ``place`` is the region of the page, by :mod:`harness.formats.html_regions`.
    """

    action: str
    method: str = "GET"
    enctype: str = "application/x-www-form-urlencoded"
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()
    place: str = html_regions.BODY

    def takes(self, names: Mapping[str, str], submit: str | None = None) -> bool:
        """Whether the form has all the named fields, and the button when one is named."""
        have = {item.name for item in self.fields}
        return have.issuperset(names) and (submit is None or self.button(submit) is not None)

    def button(self, word: str | None = None) -> Button | None:
        """Give the button of that name, value or text, or the first one; ``None`` when there is none."""
        return next((item for item in self.buttons if word is None or item.is_called(word)), None)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Names of the fields that wait for the user: password fields and required ones that are empty."""
        names = []
        for item in self.fields:
            same = [other for other in self.fields if other.name == item.name]
            if item.checkable:
                open_ = item.required and not any(
                    other.checked for other in (same if item.kind == "radio" else [item])
                )
            else:
                open_ = not item.value and (item.required or item.kind == "password")
            if open_ and item.name not in names:
                names.append(item.name)
        return tuple(names)

    def submission(self, values: Mapping[str, str], button: Button | None = None) -> Submission:
        """Give the request of the form, filled in and submitted.

        Args:
            values: name of a field to what is filled in. A checkbox takes ``on`` or ``off`` or its own value; a
                radio button the value that is to be chosen; a list the value or the text of an option.
            button: which one is pressed; ``None`` for none, as when a user presses the enter key.

        Raises:
            HtmlError: a value is none that a field can take.

        """
        entries = [
            (item.name, value)
            for item in self.fields
            if (value := _value_of(item, values.get(item.name), self.fields)) is not None
        ]
        if button and button.name:
            entries.append((button.name, button.value))
        own = button or Button()
        return Submission(
            own.method or self.method, own.action or self.action, own.enctype or self.enctype, tuple(entries)
        )


@dataclass(frozen=True)
class Page:
    """What a page asks the user for.

    Attributes:
        forms: in their order.
        refresh: where the page sends the browser at once, without asking, as an absolute URL.
        scripted: the page has scripts.
        title: what the page is called.

    """

    forms: tuple[Form, ...]
    refresh: str | None
    scripted: bool
    title: str


def read(text: str, url: str) -> Page:
    """Read a page.

    Args:
        text: the HTML.
        url: where it came from; relative actions are resolved against it, or against the page's ``base``.

    Raises:
        HtmlError: the page is beyond the limits.

    """
    markup = markup_of(text)
    reader = _Reader(url)
    reader.feed(markup)
    reader.close()
    return Page(
        forms=tuple(form.finished(reader.base) for form in reader.forms if form.method != "DIALOG"),
        refresh=None if reader.refresh is None else _absolute(reader.base, reader.refresh),
        scripted=_SCRIPT.search(text) is not None,
        title=_plain(reader.title),
    )


def markup_of(text: str) -> str:
    """Give a page without what is no part of it, small and closed enough to be parsed.

    Raises:
        HtmlError: the page is beyond the limits.

    """
    if len(text) > MAX_CHARACTERS:
        raise HtmlError("html-too-large", f"the page has more than {MAX_CHARACTERS} characters")
    markup = _NO_MARKUP.sub("", text)
    if sum(part.count("<") * len(part) for part in markup.split(">")) > _MAX_OPEN_MARKUP:
        raise HtmlError("html-unclosed", "too many tags of the page are left open")
    return markup


def scripts_of(text: str) -> tuple[str, ...]:
    """Give the elements ``script`` of a page with their tags, in their order."""
    return tuple(found[0] for found in _NO_MARKUP.finditer(text) if (found[1] or "").lower() == "script")


def _value_of(item: Field, given: str | None, fields: tuple[Field, ...]) -> str | None:
    """Give what a field sends; ``None`` when it sends nothing."""
    if given is None:
        return item.value if item.sent else None
    if item.kind == "radio":
        if not any(other.value == given for other in fields if other.name == item.name):
            values = ", ".join(shown(other.value) for other in fields if other.name == item.name)
            raise HtmlError("html-value", f"no radio button {item.name} has the value given; there are {values}")
        return item.value if item.value == given else None
    if item.kind == "checkbox":
        if given == item.value or given.lower() in _CHECKED:
            return item.value
        if given.lower() in UNCHECKED or any(other.value == given for other in fields if other.name == item.name):
            return None
        raise HtmlError("html-value", f"the checkbox {item.name} takes on, off or {shown(item.value)}")
    if item.kind == "select":
        for value, text in item.options:
            if given in (value, text):
                return value
        raise HtmlError("html-value", f"the list {item.name} has not the option given")
    return given


def _absolute(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        # Sending the request will say what is wrong with it.
        return reference.strip()


def _plain(text: str) -> str:
    return " ".join(text.split())[:200]


@dataclass
class _OpenForm:
    """A form whose controls are still being collected."""

    action: str
    method: str
    enctype: str
    place: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def finished(self, base: str) -> Form:
        # Only now is the page's base known for certain; an empty formaction is as good as none.
        buttons = tuple(
            Button(b.name, b.value, _plain(b.text), b.action and _absolute(base, b.action), b.method, b.enctype)
            for b in self.buttons
        )
        action = _absolute(base, self.action)
        return Form(action, self.method, self.enctype, tuple(self.fields), buttons, self.place)


@dataclass
class _OpenList:
    """A ``select`` whose options are still being read."""

    attributes: dict[str, str]
    options: list[tuple[str | None, str]] = field(default_factory=list)
    selected: int | None = None

    def finished(self) -> Field:
        options = tuple((_plain(text) if value is None else value, _plain(text)) for value, text in self.options)
        value = options[self.selected or 0][0] if options else ""
        return Field(self.attributes["name"], "select", value, "required" in self.attributes, options=options)


class _Reader(HTMLParser):
    """Collects forms; tags that do not fit together are read as well as they can be."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = self.base = url
        self.forms: list[_OpenForm] = []
        self.refresh: str | None = None
        self.title = ""
        self._regions = html_regions.Regions()
        self._based = False
        self._named: dict[str, _OpenForm] = {}
        self._form: _OpenForm | None = None
        self._list: tuple[_OpenList, _OpenForm] | None = None
        self._text: list[str] | None = None
        """Collects the text of the button, option, textarea or title that is open."""
        self._of: str = ""
        """The tag whose text is collected."""
        self._attributes: dict[str, str] = {}
        self._controls = 0
        self._options = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._of in _TEXT_ONLY:
            self.handle_data(self.get_starttag_text() or "")
            return
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        self._regions.start(tag, attributes)
        match tag:
            case "base" if attributes.get("href") and not self._based:
                self.base, self._based = _absolute(self.url, attributes["href"]), True
            case "meta" if attributes.get("http-equiv", "").strip().lower() == "refresh":
                self._refresh(attributes.get("content", ""))
            case "form" if self._form is None:
                self._form = self._new_form(attributes)
            case "input":
                self._input(attributes)
            case "select" if attributes.get("name") and (owner := self._owner(attributes)):
                self._end_list()
                self._list = _OpenList(attributes), owner
            case "option" if self._list:
                self._end_text()
                self._begin_text(tag, attributes)
            case "button" | "textarea" | "title":
                self._end_text()
                self._begin_text(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if self._of not in _TEXT_ONLY:
            self._regions.end(tag)
        if tag == self._of:
            self._end_text()
        elif self._of in _TEXT_ONLY:
            self.handle_data(f"</{tag}>")
        elif tag == "select":
            self._end_text()
            self._end_list()
        elif tag == "form":
            self._end_text()
            self._end_list()
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._end_text()
        self._end_list()

    def _refresh(self, content: str) -> None:
        if self.refresh is None and (found := _REFRESH.fullmatch(content[:5000])):
            self.refresh = found[1]

    def _new_form(self, attributes: Mapping[str, str]) -> _OpenForm:
        if len(self.forms) >= MAX_FORMS:
            raise HtmlError("html-too-large", f"the page has more than {MAX_FORMS} forms")
        form = _OpenForm(
            attributes.get("action", "").strip() or self.url,
            _method(attributes.get("method")) or "GET",
            _enctype(attributes.get("enctype")) or Form.enctype,
            self._regions.place,
        )
        self.forms.append(form)
        self._named.setdefault(attributes.get("id", ""), form)
        return form

    def _owner(self, attributes: Mapping[str, str]) -> _OpenForm | None:
        """Give the form a control belongs to; ``None`` for one outside forms and for one that is disabled."""
        self._controls += 1
        if self._controls > MAX_FIELDS:
            raise HtmlError("html-too-large", f"the page has more than {MAX_FIELDS} fields")
        if "disabled" in attributes:
            return None
        owner = self._named.get(attributes["form"]) if attributes.get("form") else self._form
        if owner and self._regions.place == html_regions.MAIN:
            owner.place = html_regions.MAIN  # some pages are one form, with all regions within it
        return owner

    def _input(self, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("type", "").strip().lower() or "text"
        owner = self._owner(attributes)
        name = attributes.get("name", "")
        if owner is None or kind in _NOT_SENT:
            return
        if kind in _BUTTONS:
            value = attributes.get("value", "")
            label = attributes.get("alt", value) if kind == "image" else value or "Submit"
            owner.buttons.append(_button(attributes, label))
        elif name:
            checkable = kind in ("checkbox", "radio")
            value = attributes.get("value", "on" if checkable else "")
            required, checked = "required" in attributes, checkable and "checked" in attributes
            owner.fields.append(Field(name, kind, value, required, checked))

    def _begin_text(self, tag: str, attributes: dict[str, str]) -> None:
        self._text, self._of, self._attributes = [], tag, attributes

    def _end_text(self) -> None:
        """Finish the element whose text was being collected."""
        if self._text is None:
            return
        text, tag, attributes = "".join(self._text), self._of, self._attributes
        self._text, self._of = None, ""
        match tag:
            case "title":
                self.title = self.title or text
            case "option" if self._list and "disabled" not in attributes:
                self._options += 1
                if self._options > MAX_OPTIONS:
                    raise HtmlError(
                        "html-too-large", f"the lists of the page have more than {MAX_OPTIONS} options"
                    )
                current = self._list[0]
                if "selected" in attributes:
                    current.selected = len(current.options)
                current.options.append((attributes.get("value"), text))
            case "textarea" if (owner := self._owner(attributes)) and attributes.get("name"):
                value = text.removeprefix("\r").removeprefix("\n")
                owner.fields.append(Field(attributes["name"], tag, value, "required" in attributes))
            case "button" if attributes.get("type", "submit").strip().lower() not in _NOT_SENT:
                if owner := self._owner(attributes):
                    owner.buttons.append(_button(attributes, text))

    def _end_list(self) -> None:
        if self._list:
            current, owner = self._list
            owner.fields.append(current.finished())
            self._list = None


def _button(attributes: Mapping[str, str], text: str) -> Button:
    return Button(
        attributes.get("name", ""),
        attributes.get("value", ""),
        text,
        attributes.get("formaction", "").strip() or None,
        _method(attributes.get("formmethod")),
        _enctype(attributes.get("formenctype")),
    )


def _method(text: str | None) -> str | None:
    """Give ``GET``, ``POST`` or ``DIALOG``; any other word means ``GET``."""
    if text is None:
        return None
    return text.strip().upper() if text.strip().lower() in ("post", "dialog") else "GET"


def _enctype(text: str | None) -> str | None:
    if text is None:
        return None
    return "multipart/form-data" if text.strip().lower() == "multipart/form-data" else Form.enctype
