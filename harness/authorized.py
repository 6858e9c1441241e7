"""What an attempt to get an authorization came to, as the user and the wallet saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from harness.formats import html_forms, html_text
from harness.formats.html_forms import HtmlError
from harness.transport import Reply
from harness.wallet.authorization import AuthorizationResponse
from harness.wallet.browser import Visit, is_page, is_redirect


@dataclass(frozen=True)
class Authorized:
    """One attempt to get an authorization: what was asked for and how it ended.

    Attributes:
        parameters: the authorization request's parameters, wherever they were sent.
        pushed: the answer of the Pushed Authorization Request Endpoint, when the request went there.
        visit: what the user's browser saw; ``None`` when the pushed request was refused.
        response: the authorization response; ``None`` when the user was not sent back to the wallet.
        verifier: the PKCE code verifier.
        stuck: why the user could not go on from a page that a right request does not lead to. Most often it says
            that the request is refused; ``None`` when the user's way came to an end.

    """

    parameters: Mapping[str, str]
    pushed: Reply | None
    visit: Visit | None
    response: AuthorizationResponse | None
    verifier: str
    stuck: str | None = None

    @property
    def pages(self) -> tuple[Reply, ...]:
        """The HTML pages of the Authorization Endpoint's origin that the user saw, in their order."""
        replies = self.visit.replies if self.visit else ()
        return tuple(reply for reply in replies if is_page(reply) and _origin(reply) == _origin(replies[0]))

    @property
    def redirects_with_password(self) -> tuple[Reply, ...]:
        """The redirects that answered a form into which a password was typed."""
        replies = self.visit.replies if self.visit else ()
        return tuple(
            answer
            for page, answer in pairwise(replies)
            if answer.method == "POST" and is_redirect(answer) and is_page(page) and _wants_password(page)
        )

    @property
    def code(self) -> str | None:
        """The authorization code, when one was issued."""
        return self.response.code if self.response else None

    @property
    def error(self) -> str | None:
        """The error that the wallet was told: by the authorization response, or by the PAR endpoint."""
        if self.response is not None:
            return self.response.error
        return self.pushed.error if self.visit is None and self.pushed is not None else None

    @property
    def last(self) -> Reply | None:
        """The answer that ended the attempt."""
        return self.visit.reply if self.visit else self.pushed

    @property
    def gist(self) -> str:
        """How the attempt ended, in a few words, for findings and reasons."""
        if self.response is not None:
            if self.response.error is not None:
                return f"the authorization response has the error {self.response.error!r}"
            return (
                "the authorization response has a code" if self.code else "the authorization response has no code"
            )
        if self.stuck is not None:
            return self.stuck
        if self.last is None:
            return "nothing was answered"
        said = html_text.beginning(self.last.body) if is_page(self.last) else ""
        return f"exchange {self.last.exchange} ended with {self.last.gist}" + (
            f" that says {said!r}" if said else ""
        )


def _origin(reply: Reply) -> str:
    parts = urlsplit(reply.url)
    return f"{parts.scheme}://{parts.netloc}"


def _wants_password(page: Reply) -> bool:
    try:
        forms = html_forms.read(page.body.decode("utf-8", "replace"), page.url).forms
    except HtmlError:
        return False
    return any(item.kind == "password" for form in forms for item in form.fields)
