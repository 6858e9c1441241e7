"""The users of the bundled GOV.UK One Login, and the identifiers a service and the wallet know them by."""

from __future__ import annotations

import hashlib
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from harness.formats import base64url

WALLET_SUBJECT_PREFIX = "urn:fdc:wallet.account.gov.uk:2024:"


@dataclass(frozen=True)
class Person:
    """Someone with an account at GOV.UK One Login."""

    name: str
    """What checks and settings call the person: ``kenneth``."""
    given_name: str
    family_name: str
    birth_date: str
    """A date, ``YYYY-MM-DD``."""
    email: str
    subject: str
    """The identifier of the account inside One Login (internal common subject identifier). No service sees it."""


def wallet_subject_id(person: Person, sector_host: str) -> str:
    """Give the ``wallet_subject_id`` by which one service and the wallet know a person.

    It is pairwise: another sector gives another identifier. The digest is SHA-256 over the sector's host and the
    account's identifier, so that a person is followed by 43 characters of base64url.

    Args:
        person: whose account it is.
        sector_host: the host of the service's sector identifier, see :func:`sector_host_of`.

    """
    digest = hashlib.sha256(f"{sector_host}{person.subject}".encode()).digest()
    return WALLET_SUBJECT_PREFIX + base64url.encode(digest)


def sector_host_of(sector_identifier_uri: str) -> str:
    """Give the host that pairwise identifiers of a service are derived from: without port and leading ``www.``.

    Raises:
        ValueError: the URI has no host.

    """
    host = urlsplit(sector_identifier_uri).hostname
    if not host:
        raise ValueError(f"the sector identifier {sector_identifier_uri!r} has no host")
    return host.removeprefix("www.")


def _bundled() -> Mapping[str, Person]:
    text = importlib.resources.files(__package__).joinpath("people.toml").read_text("utf-8")
    return MappingProxyType({name: Person(name, **person) for name, person in tomllib.loads(text).items()})


PEOPLE: Mapping[str, Person] = _bundled()
"""The bundled users by name: ``kenneth``, ``erika`` and ``amina``, who is younger than 21."""
