"""The keys that Credentials are bound to: OpenID4VCI 1.0 section 8.3, and what each format says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import jose
from suites.oid4vci._problems import at
from suites.oid4vci._traits import traits


def holder_key(credential: IssuedCredential) -> dict[str, Any]:
    """Give the key that a Credential is bound to.

    Raises:
        Blocked: there is none that can be read.

    """
    key = credential.document.holder_key
    if key is None:
        raise Blocked("the credential names no holder's key that this version can read")
    return key


def place_of_key(credential: IssuedCredential) -> str | None:
    """Give where the holder's key stands."""
    return at(credential).inside(traits(credential).key)


def expect_distinct_keys(credentials: Sequence[IssuedCredential], expect: Expect) -> None:
    """Expect each Credential of a response to be bound to a key of its own.

    Raises:
        Blocked: a key cannot be read.

    """
    # A key that cannot be read matters as soon as there is another one to compare it with.
    keys = [holder_key(credential) for credential in credentials] if len(credentials) > 1 else [None]
    for index, credential in enumerate(credentials):
        expect.that(
            not any(jose.same_key(keys[index], earlier) for earlier in keys[:index]),
            "CREDENTIAL-KEY-USED-TWICE",
            "a key of its own",
            "the key of another credential of the response",
            at=credential.exchange,
            pointer=place_of_key(credential),
        )
