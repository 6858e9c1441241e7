"""Predicates that say whether a check applies, each with a reason that can be printed.

A predicate reads facts of the issuer only: its metadata, its offers, its answers. It never reads what the
harness would like. ``when.a & when.b`` and ``~when.a`` combine them.

Each subject has a module with its predicates; :class:`when` puts them together, so that a check names any of
them as ``when.a``.
"""

from __future__ import annotations

from harness.applicability.authorization import Authorization
from harness.applicability.clients import Clients
from harness.applicability.credentials import Credentials
from harness.applicability.data_integrity import DataIntegrity
from harness.applicability.deferral import Deferral
from harness.applicability.dpop import DPoP
from harness.applicability.encryption import Encryption
from harness.applicability.govuk import Govuk
from harness.applicability.high_assurance import HighAssurance
from harness.applicability.keys import Keys
from harness.applicability.life import Life
from harness.applicability.mattr import Mattr
from harness.applicability.metadata import IssuerMetadata
from harness.applicability.offers import Offers
from harness.applicability.partisia import Partisia
from harness.applicability.predicate import ALWAYS, Predicate, Ruling
from harness.applicability.proofs import Proofs
from harness.applicability.requests import Requests
from harness.applicability.servers import Servers
from harness.applicability.staff_passport import StaffPassport
from harness.applicability.tokens import Tokens
from harness.applicability.types import Types

__all__ = ["ALWAYS", "Predicate", "Ruling", "when"]


class when(  # noqa: N801 - reads as a word: applies=when.nonce_endpoint
    IssuerMetadata,
    Servers,
    Offers,
    Authorization,
    Clients,
    Tokens,
    DPoP,
    Requests,
    Proofs,
    Encryption,
    Deferral,
    Credentials,
    DataIntegrity,
    Keys,
    Types,
    Life,
    Govuk,
    StaffPassport,
    Mattr,
    Partisia,
    HighAssurance,
):
    """The predicates that checks use."""
