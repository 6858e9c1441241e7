"""Faults of what is issued once more: with a refresh token, with the same access token, and by another grant.

OpenID4VCI 14.3 and 14.5, and section 13.2 of the Token Status List for the places in status lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc
from harness.reference.ldp_vc import LdpVc
from harness.reference.mdoc import Mdoc
from harness.reference.renewals import Making, Remaking
from harness.reference.sd_jwt import SdJwt
from harness.reference.state import Access, RefreshUse, Successor

_DAY = 24 * 3600
_TYPES = ("vct", "doctype", "type")
_CLAIMS = ("disclosed", "subject", "namespaces")
_BIRTHDATES = {"birthdate": "1990-05-17", "birth_date": {"full-date": "1990-05-17"}}
_AGAIN = {
    "renewal": "A credential for a refreshed token",
    "reissue": "A credential for an access token that was used before",
    "reoffer": "A credential after a new offer",
}


# What is decided before a credential is made


def _of_key(making: Making, _: Context) -> None:
    if making.before is not None and making.holder_key is not None:
        making.holder_key = making.before.holder_key


def _copied(making: Making, _: Context) -> None:
    making.copied = True


def _revoking(making: Making, _: Context) -> None:
    making.revokes = True


def _each(ways: tuple[str, ...], defect: str, what: str, spoil: Callable[[Any, Context], None]) -> None:
    for way in ways:
        document = way.partition("-")[0]
        fault(f"{way}:{defect}", f"{_AGAIN[document]} {what}.")(spoil)


_each(("renewal", "reissue"), "key-old", "is bound to the key of the one before", _of_key)
_each(("renewal", "reissue"), "copied", "is the one before once more", _copied)
_each(("renewal", "reissue", "reoffer"), "old-revoked", "revokes those before", _revoking)


@fault("renewal:validity-unmoved")
def validity_unmoved(making: Making, _: Context) -> None:
    """A credential for a refreshed token has the times of the one before."""
    if making.before is not None:
        making.moment = making.before.moment


@fault("renewal:validity-shortened")
def validity_shortened(making: Making, _: Context) -> None:
    """A credential for a refreshed token ends a month before the one before does."""
    making.moment -= 30 * _DAY


@fault("renewal:type-other")
def type_other(making: Making, _: Context) -> None:
    """A credential for a refreshed token is of another type."""
    making.data = {name: f"{value}Plus" if name in _TYPES else value for name, value in making.data.items()}


@fault("renewal:subject-other")
def subject_other(making: Making, _: Context) -> None:
    """A credential for a refreshed token is about somebody who was born on another day."""
    making.data = _with(
        making.data, lambda claims: {**claims, **{n: _BIRTHDATES[n] for n in claims if n in _BIRTHDATES}}
    )


@fault("renewal:claim-lost")
def claim_lost(making: Making, _: Context) -> None:
    """A credential for a refreshed token lacks the place of birth or the nationality."""
    lost = ("place_of_birth", "birth_place", "nationalities")
    making.data = _with(making.data, lambda claims: {n: value for n, value in claims.items() if n not in lost})


@fault("renewal:claims-old")
def claims_old(making: Making, _: Context) -> None:
    """A credential for a refreshed token says what the one before said, whatever has changed since."""
    if making.before is not None:
        making.data = making.before.data


def _with(data: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Change the claims of a configuration's data, which for mobile documents are those of each namespace."""
    changed = dict(data)
    for name in _CLAIMS:
        claims = data.get(name)
        if name == "namespaces" and claims is not None:
            changed[name] = {namespace: change(elements) for namespace, elements in claims.items()}
        elif claims is not None:
            changed[name] = change(claims)
    return changed


# What is made


def _status_same(remaking: Remaking, _: Context) -> None:
    new, old = remaking.draft, remaking.before.draft
    if isinstance(new, SdJwt):
        new.payload["status"] = old.payload["status"]
    elif isinstance(new, Mdoc):
        new.status = old.status
    elif isinstance(new, (JwtVc, LdpVc)):
        new.document["credentialStatus"] = old.document["credentialStatus"]


_each(("renewal-draft",), "status-same", "has the place of the one before in the status list", _status_same)


def _salts_same(remaking: Remaking, _: Context) -> None:
    new, old = remaking.draft, remaking.before.draft
    if isinstance(new, SdJwt):
        new.disclosures[:] = old.disclosures
        new.payload["_sd"] = old.payload["_sd"]
    elif isinstance(new, Mdoc):
        randoms = {item["elementIdentifier"]: item["random"] for items in old.items.values() for item in items}
        for items in new.items.values():
            for item in items:
                item["random"] = randoms[item["elementIdentifier"]]


_each(
    ("renewal-draft", "reissue-draft", "reoffer-draft"),
    "salts-same",
    "has the salts of the one before",
    _salts_same,
)


@fault("renewal-draft:issuer-other")
def issuer_other(remaking: Remaking, _: Context) -> None:
    """A credential for a refreshed token names another issuer."""
    remaking.draft.payload["iss"] += "/renewals"


# Tokens


@fault("opening:refresh-token-too")
def refresh_token_opens(opening: dict[str, Any], _: Context) -> None:
    """A refresh token is good for what the access token is good for."""
    opening["tokens"].append(opening["response"].get("refresh_token"))


@fault("refresh-use:spent")
def spent(use: RefreshUse, _: Context) -> None:
    """A refresh token works once, though none takes its place."""
    use.spent = True


@fault("successor:narrower")
def narrower(successor: Successor, _: Context) -> None:
    """A refresh token that takes the place of another one is for no more than the access token beside it."""
    successor.refresh.narrowed = successor.access.configurations


@fault("successor:dead")
def dead(successor: Successor, _: Context) -> None:
    """A refresh token that takes the place of another one does not work."""
    successor.refresh.used = True


@fault("refreshed-access:whole-grant")
def whole_grant(access: Access, _: Context) -> None:
    """A refreshed token that was asked for a part of the grant opens the whole."""
    if access.authorization is not None:
        access.configurations = access.authorization.configurations
        access.identifiers = (
            {f"{name}-of-erika": name for name in access.configurations} if access.identifiers else {}
        )


@fault("refreshed-token:identifiers-other")
def identifiers_other(token: dict[str, Any], _: Context) -> None:
    """The answer to a refresh request names other Credential Identifiers than the first one."""
    for detail in token.get("authorization_details", []):
        detail["credential_identifiers"] = [f"{name}-renewed" for name in detail["credential_identifiers"]]


@fault("refreshed-token:details-missing")
def details_missing(token: dict[str, Any], _: Context) -> None:
    """The answer to a refresh request has no authorization_details."""
    token.pop("authorization_details", None)
