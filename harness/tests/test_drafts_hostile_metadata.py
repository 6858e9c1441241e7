"""Whatever stands at a place of the metadata of a draft: reading and judging them does no harm."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harness import dialects
from harness.checks import Check
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.reference import documents
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import variant
from harness.tests.bench import all_checks, requirements
from harness.transport import Reply
from harness.wallet import described
from harness.wallet.metadata import Issuer, locales

IDENTIFIER = "https://issuer.example"
STRANGE: tuple[Any, ...] = (None, 1, [None], {"strange": None})
Place = tuple[str | int, ...]


def worded(name: str) -> Any:
    """Give the metadata of a variant."""
    context = ReferenceIssuer(variant(name)).context
    document = documents.metadata(context, documents.languages(context))
    context.wording.speak("metadata", document, context)
    return json.loads(json.dumps(document))


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Give the way to every value below one."""
    for name, item in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        yield (*here, name)
        yield from places(item, (*here, name))


def spoiled(metadata: Any, place: Place, strange: Any) -> Any:
    """Give the metadata with something strange at a place."""
    changed = inner = copy.deepcopy(metadata)
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = strange
    return changed


def read(issuer: Issuer, strange: Any) -> None:
    """Ask all that the wallet asks metadata."""
    dialect = issuer.dialect
    for name, members in issuer.configurations.items():
        described.paths(members, dialect)
        described.display(members, dialect)
        described.definition(members, dialect)
        dialect.named_in_details(name, members)
        dialect.credential_name(name, None, members)
    dialect.offered_in({dialect.offered: [strange, {"format": strange}]}, issuer.configurations)
    dialect.servers_in(issuer.metadata)
    list(locales(issuer.metadata, dialect))


def judged(check: Check, profile: str, issuer: Issuer) -> None:
    """Run a check that looks at metadata alone, if it applies."""
    facts = Facts(issuer)
    if any(step.needs or not step.rule(facts).applies for step in check.applies.steps):
        return
    expect = Expect({name: requirements(profile)[name] for name in check.requires}, check.dormant)
    with contextlib.suppress(Blocked, StopIteration):
        check.function(issuer=issuer, expect=expect).__await__().send(None)


@pytest.mark.parametrize("name", ["draft-11-describing", "draft-13-mdoc"])
def test_strange_members_do_no_harm(name: str) -> None:
    profile = f"oid4vci-{variant(name).version}"
    looking = [each for each in all_checks(profile).values() if set(each.evidence) == {"issuer", "expect"}]
    assert looking
    right, dialect = worded(name), dialects.load(variant(name).version)
    for place in places(right):
        for strange in STRANGE:
            metadata = spoiled(right, place, strange)
            reply = Reply(1, "GET", IDENTIFIER, 200, httpx.Headers(), json.dumps(metadata).encode())
            issuer = Issuer(IDENTIFIER, reply, metadata, (), dialect)
            read(issuer, strange)
            for check in looking:
                judged(check, profile, issuer)
