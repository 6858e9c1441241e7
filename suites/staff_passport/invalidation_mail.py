"""Telling employees that a credential is no longer valid."""

from __future__ import annotations

import re
from email.message import EmailMessage

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import html_words
from harness.staff_passport.invalidation import Invalidation

check = area("Staff Passport: e-mail")

_DELETE = re.compile(r"\b(?:delet|remov|eras|discard|get rid)", re.IGNORECASE)
_FAULTS = ("dsp-invalidation:no-mail", "dsp-mail:to-other", "dsp-issued:unnoted")


@check(
    "dsp-mail",
    requires=["DSP-REVOCATION-09"],
    proven_by=dict.fromkeys(_FAULTS, "DSP-MAIL-MISSING"),
    applies=when.has_invalidate_hook & when.reads_mail,
)
async def the_employee_gets_an_e_mail(revocation: Invalidation, expect: Expect) -> None:
    """The employee gets an e-mail when a credential is no longer valid."""
    expect.that(
        revocation.message is not None,
        "DSP-MAIL-MISSING",
        f"an e-mail to {revocation.employee.email}",
        "none",
    )


@check(
    "dsp-mail-delete",
    requires=["DSP-REVOCATION-10"],
    proven_by={"dsp-mail:no-deletion": "DSP-MAIL-DELETE"},
    applies=when.has_invalidate_hook & when.reads_mail,
)
async def the_e_mail_says_to_delete_the_credential(revocation: Invalidation, expect: Expect) -> None:
    """The e-mail tells the employee to delete the credential from the wallet."""
    if revocation.message is None:
        raise Blocked("no e-mail came")
    text = _words(revocation.message)
    expect.that(
        _DELETE.search(text) is not None,
        "DSP-MAIL-DELETE",
        "an e-mail that says to delete or remove the credential",
        " ".join(text.split()),
    )


def _words(message: EmailMessage) -> str:
    """Give the subject and the text of an e-mail, with the words of a page where it has one."""
    said = [str(message.get("Subject", ""))]
    for part in message.walk():
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or not isinstance(part, EmailMessage):
            continue
        try:
            text = str(part.get_content())
        except (LookupError, UnicodeError):
            continue
        said.append(html_words.read(text).all if kind == "text/html" else text)
    return "\n".join(said)
