"""A credential that was issued anew, beside the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import jose
from harness.formats.clock import SKEW_S
from harness.formats.traits import traits
from harness.lifecycle.comparison import Comparison, Difference, Kind, compare

_OF_HOLDER = frozenset(
    {"given_name", "family_name", "name", "birth_date", "givenName", "familyName", "birthDate", "birthdate"}
)
"""What a credential calls a person by: ISO/IEC 18013-5 and the vocabulary of GOV.UK One Login."""
_DAY_S = 86400


def holder(issued: IssuedCredential) -> Mapping[str, Any]:
    """Give what a credential says of whose it is: names and date of birth, by their places.

    Raises:
        Blocked: the credential cannot be read.

    """
    said = traits(issued.document).dataset
    return {place: value for place, value in said.items() if place.rpartition(" ")[2] in _OF_HOLDER}


def expect_renewed(
    expect: Expect, old: IssuedCredential, new: IssuedCredential, code: str, rules: Mapping[str, str]
) -> None:
    """Expect a credential to stand in for the one before: of the same kind, about the same person, for longer.

    Args:
        code: how the finding codes begin.
        rules: ``type``, ``holder``, ``end``, ``status`` and ``salts``: what each violates.

    Raises:
        Blocked: one of them cannot be read.

    """
    alike = type(old.document) is type(new.document)
    found = compare(old.document, new.document) if alike else Comparison((Difference(Kind.TYPE_CHANGED),))
    changed = found.of(Kind.TYPE_CHANGED) or found.of(Kind.ISSUER_CHANGED)
    before, after = holder(old), holder(new)
    others = [name for name in before if name in after and before[name] != after[name]]
    shortened = found.of(Kind.END_SHORTENED)
    by = (shortened.old or new.received) - shortened.new if shortened else 0.0
    for holds, rule, kind, expected, observed in (
        (
            changed is None,
            "type",
            "TYPE-CHANGED",
            "the type and the issuer of the credential before",
            _told(changed),
        ),
        (
            not others and Kind.SUBJECT_CHANGED not in found,
            "holder",
            "HOLDER-CHANGED",
            "the person of the credential before",
            f"other values of {', '.join(others) or 'what identifies a person'}",
        ),
        (
            by <= SKEW_S,
            "end",
            "END-EARLIER",
            "an end that is not before that of the credential before",
            f"one {by / _DAY_S:.2f} days before it",
        ),
        (
            Kind.STATUS_SAME not in found,
            "status",
            "STATUS-SHARED",
            "an entry of its own in the status list",
            "the entry of the credential before",
        ),
        (
            Kind.SECRETS_SAME not in found,
            "salts",
            "SALTS-SHARED",
            "salts and digests of its own",
            "some of the credential before",
        ),
    ):
        expect.that(
            holds,
            f"{code}-{kind}",
            expected,
            observed,
            at=new.exchange,
            pointer=new.pointer,
            requirement=rules[rule],
        )


def expect_own_key(expect: Expect, old: IssuedCredential, new: IssuedCredential, code: str) -> None:
    """Expect a credential to be bound to the key of its own request.

    Raises:
        Blocked: a credential cannot be read, or the one before was not bound to its own key either.

    """
    if not _bound(old):
        raise Blocked("the credential before is not bound to the key of its request either")
    expect.that(
        _bound(new),
        code,
        "the key of the proof in its request",
        "another key" if new.document.holder_key else "none that can be read",
        at=new.exchange,
        pointer=new.pointer,
        requirement="GOVUK-BINDING-01",
    )


def _bound(issued: IssuedCredential) -> bool:
    key = issued.document.holder_key
    return key is not None and any(jose.same_key(key, each) for each in issued.keys)


def _told(difference: Difference | None) -> str:
    return "" if difference is None else f"{difference.new} in place of {difference.old}"
