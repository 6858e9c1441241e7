"""The pages of an employee portal: which stage of a download one shows, and what goes on from it.

What the pages of a portal are is its own business. They are recognised by rules: first those of
``[[staff_passport.page]]`` in ``assay.toml``, then those of ``pages.toml``, which fit plain pages in English.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files

from harness import toml_file
from harness.formats import html_words
from harness.formats.html_forms import Button
from harness.formats.html_page import Link, WebPage
from harness.formats.html_words import Words
from harness.journey.pages import matches
from harness.journey.walker import Action, Fill, Follow, named
from harness.settings import FormRule, PageRule
from harness.staff_passport.employees import Employee
from harness.transport import Reply

STAGES = (
    "sign-in",
    "credentials",
    "delete-first",
    "preview",
    "verify",
    "verified",
    "not-verified",
    "downloaded",
    "cancelled",
    "error",
)
"""What a page of a portal can show."""
AT_GATEWAY = "gateway"
"""What a page of the gateway shows, in place of a stage."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class PagesError(Exception):
    """The rules that come with the package cannot be read."""


@dataclass(frozen=True)
class Page:
    """A page that the employee has before them, or whatever else the browser was answered last.

    Attributes:
        shows: a stage; ``gateway`` on a page of the gateway; ``None`` when no rule knows the page.
        page: what it says, asks and leads to; ``None`` when the answer was no HTML page.
        reply: the answer.
        rule: by which the stage was recognised.

    """

    shows: str | None
    page: WebPage | None
    reply: Reply
    rule: PageRule | None = field(default=None, repr=False)

    @cached_property
    def words(self) -> Words:
        """What the page says."""
        return html_words.read(self.page.markup) if self.page else Words("", (), ())

    @property
    def text(self) -> str:
        """Every word of it."""
        return self.words.all

    @cached_property
    def values(self) -> Mapping[str, str]:
        """What the page tells by name, as a preview does: attribute, or what the page calls it, to its value."""
        called = {label.casefold(): name for name, label in (self.rule.values if self.rule else {}).items()}
        return {called.get(label.casefold(), label): value for label, value in self.words.pairs}

    def row(self, template: str, label: str | None = None) -> str | None:
        """Give the words of the smallest part of the page that names a credential; ``None`` when nothing does."""
        wanted = names_of(template, label)
        found = [block for block in self.words.blocks if any(name in block.casefold() for name in wanted)]
        return min(found, key=len, default=None)

    def offers(self, template: str, label: str | None = None) -> bool:
        """Whether the employee can press something to download a credential: what the rule says, if it does."""
        if self.page is None:
            return False
        told = form_rule(self.rule, {"template": template, "label": label or template}) if self.rule else None
        if told is not None:
            return named(told, self.page) is not None
        return _way_to(self.page, template, label, _DOWNLOADS) is not None

    @property
    def gist(self) -> str:
        """The page in a few words, for findings and reasons."""
        said = f"{self.page.headings[0]!r}" if self.page and self.page.headings else self.reply.gist
        return f"a page that shows {self.shows} ({said})" if self.shows else f"a page no rule knows ({said})"


def names_of(template: str, label: str | None = None) -> tuple[str, ...]:
    """Give how a page may call a credential, in lower case: its template, that in words, and the label."""
    spelled = " ".join(_WORDS.findall(template))
    return tuple(dict.fromkeys(name.casefold() for name in (label, template, spelled) if name))


@cache
def default_rules() -> tuple[PageRule, ...]:
    """Give the rules for plain pages.

    Raises:
        PagesError: the file cannot be read.

    """
    table = toml_file.read(files(__package__).joinpath("pages.toml"), PagesError)
    return tuple(PageRule(**each) for each in table["page"])


def recognise(page: WebPage, reply: Reply, rules: Sequence[PageRule]) -> Page:
    """Say what a page shows, by the first rule that fits."""
    seen = Page(None, page, reply)
    for rule in rules:
        where = FormRule(rule.url, heading=rule.heading)
        if not matches(where, page.url, page):
            continue
        if rule.text is not None and not fnmatch.fnmatchcase(seen.text.casefold(), rule.text.casefold()):
            continue
        return Page(rule.shows, page, reply, rule)
    return seen


def form_rule(rule: PageRule, known: Mapping[str, str]) -> FormRule | None:
    """Give what a rule says of the way on; ``None`` when it leaves that open.

    Args:
        known: what the placeholders stand for.

    """
    if not (rule.submit or rule.follow or rule.fields or rule.hook):
        return None

    def filled(text: str | None) -> str | None:
        for name, value in known.items():
            text = text and text.replace(f"{{{name}}}", value)
        return text

    fields = {name: filled(value) or "" for name, value in rule.fields.items()}
    return FormRule("*", fields, filled(rule.submit), follow=filled(rule.follow), hook=rule.hook)


_DOWNLOADS = ("download", "get", "add to", "send to", "save to", "re-download", "issue")
_ONWARD: Mapping[str, tuple[str, ...]] = {
    "delete-first": ("download again", "download", "continue", "yes", "i have deleted", "confirm"),
    "preview": ("confirm", "continue", "yes", "agree", "download"),
    "verify": ("verify", "check", "share", "continue", "start"),
    "verified": ("download", "continue", "get", "add"),
}
"""How the buttons begin that go on from a stage, the likeliest first."""


def onward(seen: Page, employee: Employee, template: str | None, label: str | None) -> Action | None:
    """Give the way on from a stage for which no rule says any; ``None`` when there is none to be seen."""
    page = seen.page
    if page is None:
        return None
    if seen.shows == "sign-in":
        return _sign_in(page, employee)
    if seen.shows == "credentials" and template is not None:
        return _way_to(page, template, label, _DOWNLOADS)
    ways = list(_ways(page))
    for word in _ONWARD.get(seen.shows or "", ()):
        for said, _, action in ways:
            if said.startswith(word):
                return action
    return ways[0][2] if len(ways) == 1 else None


def _sign_in(page: WebPage, employee: Employee) -> Action | None:
    for form in page.forms:
        secrets = [item.name for item in form.fields if item.kind == "password"]
        names = [item for item in form.fields if item.kind in ("text", "email", "search", "tel")]
        if secrets and names:
            by_email = names[0].kind == "email"
            who = employee.email if by_email else employee.username
            return Fill(form, {names[0].name: who, secrets[0]: employee.password})
    return None


def _way_to(page: WebPage, template: str, label: str | None, words: Sequence[str]) -> Action | None:
    """Give the button or link that is about a credential, by what it says or sends or where it leads."""
    wanted = tuple(name.replace(" ", "") for name in names_of(template, label))
    found = [
        (said, action)
        for said, about, action in _ways(page)
        if any(name in re.sub(r"[\s_-]+", "", about.casefold()) for name in wanted)
    ]
    pressed = [action for said, action in found if any(word in said for word in words)]
    return pressed[0] if pressed else None


def _ways(page: WebPage) -> Iterator[tuple[str, str, Action]]:
    """Give each button and link of the page: what it says, what it is about, and what pressing it does."""
    for form in page.asking:
        hidden = " ".join(item.value for item in form.fields if item.kind == "hidden")
        for button in form.buttons or (Button(),):
            about = " ".join((form.action, button.action or "", hidden, button.name, button.value, button.text))
            said = (button.text or button.value).casefold()
            yield said, about, Fill(form, {}, button.value or button.text or button.name or None)
    for link in page.onward:
        yield link.text.casefold(), f"{link.url} {link.text}", _followed(link)


def _followed(link: Link) -> Action:
    return Follow(link.url, "user: link")
