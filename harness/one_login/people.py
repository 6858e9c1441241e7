"""Users as a service gets to know them at One Login: pairwise subjects, and what they have proven."""

from __future__ import annotations

import hashlib
import importlib.resources
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from harness.formats import base64url
from harness.govuk.people import Person
from harness.one_login.relying_party import RelyingParty

SUBJECT_PREFIX = "urn:fdc:gov.uk:2022:"
_SALT = b"assay one login"
"""The real one is secret."""


def subject_of(person: Person, client: RelyingParty) -> str:
    """Give the pairwise subject identifier of a user at a client (OpenID Connect Core section 8.1)."""
    digest = hashlib.sha256(f"{client.sector}{person.subject}".encode() + _SALT).digest()
    return SUBJECT_PREFIX + base64url.encode(digest)


def particulars(person: Person) -> Mapping[str, Any]:
    """Give ``phone_number``, ``address``, ``passport`` and ``drivingPermit``, as far as there are any."""
    return _bundled().get(person.name, {})


@cache
def _bundled() -> Mapping[str, Mapping[str, Any]]:
    text = importlib.resources.files(__package__).joinpath("particulars.toml").read_text("utf-8")
    return tomllib.loads(text)
