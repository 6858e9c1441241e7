"""What is different between two credentials, the second one issued after the first, and whether that may be.

OpenID4VCI 1.0 sections 14.3 and 14.5 leave it to the issuer whether a credential that is asked for again is the
same or an updated one, with a new expiration time or the most current claims. What makes the second one a renewal
of the first is that type, issuer and subject stay. What makes it one more credential rather than a copy is that
what the signer makes for each credential is new, which is always so where it is bound to another key.

Nothing is fetched and no signature is verified: who signed is what the credentials say of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.x509 import Certificate

from harness.formats import jose, x509
from harness.formats.credential import Credential
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference
from harness.formats.traits import Traits, traits
from harness.formats.vcdm import subject_ids

_OF_IDENTITY = frozenset({"iss", "vct", "vct#integrity", "aka_vcts"})
_KEY_DIDS = ("did:key:", "did:jwk:")
"""DIDs that are nothing but a key: another one is another key, not another subject."""
_IDENTIFYING = frozenset(
    {
        *("birthdate", "birth_date", "birthDate", "personal_administrative_number", "personal_identifier"),
        *("personal_number", "person_id", "national_id", "administrative_number"),
    }
)
"""Claims that stay with a person for life, as PID, mDL, photo ID and OpenID Connect call them."""


class Leave(StrEnum):
    """Whether a renewal may show a difference."""

    ALWAYS = "always"
    """The issuer decides."""
    SAME_KEY = "same key"
    """Only where the second credential is bound to the key of the first, or neither to any."""
    NEVER = "never"
    """The second credential is no renewal of the first then."""


class Kind(StrEnum):
    """What can be said of two credentials."""

    TYPE_CHANGED = "type-changed"
    ISSUER_CHANGED = "issuer-changed"
    SUBJECT_CHANGED = "subject-changed"
    """``sub``, the id of a subject that is more than a key, or a claim that stays with a person for life."""
    CLAIMS_ADDED = "claims-added"
    CLAIMS_REMOVED = "claims-removed"
    CLAIMS_CHANGED = "claims-changed"
    KEY_SAME = "holder-key-same"
    KEY_OTHER = "holder-key-other"
    """Also where one of the two is bound to no key that can be read."""
    END_MOVED = "validity-moved"
    """It ends later, or no longer ends at all."""
    END_UNMOVED = "validity-unmoved"
    """It ends at the same time; nothing is said where neither ends."""
    END_SHORTENED = "validity-shortened"
    """It ends before the first one does."""
    STATUS_SAME = "status-place-same"
    STATUS_NEW = "status-place-new"
    IDENTIFIER_SAME = "identifier-same"
    """``jti``, or ``id`` of a W3C credential."""
    SECRETS_SAME = "secrets-same"
    """A salt or a digest that a signer makes for one credential is in both."""
    COPY = "copy"
    """The very same credential again: the signatures are the same."""
    SIGNER_CHANGED = "signer-changed"
    """Signed by another key, as far as the credentials say by which."""


LEAVE: Mapping[Kind, Leave] = {
    Kind.TYPE_CHANGED: Leave.NEVER,
    Kind.ISSUER_CHANGED: Leave.NEVER,
    Kind.SUBJECT_CHANGED: Leave.NEVER,
    Kind.END_SHORTENED: Leave.NEVER,
    Kind.STATUS_SAME: Leave.SAME_KEY,
    Kind.SECRETS_SAME: Leave.SAME_KEY,
    Kind.COPY: Leave.SAME_KEY,
    **dict.fromkeys(
        (
            *(Kind.CLAIMS_ADDED, Kind.CLAIMS_REMOVED, Kind.CLAIMS_CHANGED, Kind.KEY_SAME, Kind.KEY_OTHER),
            *(Kind.END_MOVED, Kind.END_UNMOVED, Kind.STATUS_NEW, Kind.IDENTIFIER_SAME, Kind.SIGNER_CHANGED),
        ),
        Leave.ALWAYS,
    ),
}
"""Kind to whether a renewal may show it."""


@dataclass(frozen=True)
class Difference:
    """One thing that can be said of two credentials.

    Attributes:
        kind: what.
        names: names of claims or identifiers, kinds of secrets; empty where nothing has a name.
        old: as the first one has it; ``None`` where there is no one value.
        new: as the second one has it.

    """

    kind: Kind
    names: tuple[str, ...] = ()
    old: Any = None
    new: Any = None


@dataclass(frozen=True)
class Comparison:
    """All that can be said of two credentials."""

    differences: tuple[Difference, ...]

    def __contains__(self, kind: Kind) -> bool:
        """Say whether there is a difference of a kind."""
        return self.of(kind) is not None

    def of(self, kind: Kind) -> Difference | None:
        """Give the difference of a kind, if there is one."""
        return next((difference for difference in self.differences if difference.kind is kind), None)

    @property
    def same_key(self) -> bool:
        """Whether both are bound to the same key, or neither to any."""
        return Kind.KEY_OTHER not in self

    @property
    def objections(self) -> tuple[Difference, ...]:
        """The differences that a renewal may not show."""
        barred = {Leave.NEVER} if self.same_key else {Leave.NEVER, Leave.SAME_KEY}
        return tuple(difference for difference in self.differences if LEAVE[difference.kind] in barred)


def compare(old: Credential, new: Credential) -> Comparison:
    """Compare two credentials of one format, each as read.

    Raises:
        TypeError: they are of different formats, or of one that nothing is known of.

    """
    if type(old) is not type(new):
        raise TypeError(f"{type(old).__name__} cannot be compared with {type(new).__name__}")
    before, after = traits(old), traits(new)
    return Comparison(
        (
            *_of_identity(old, new, before, after),
            *_of_claims(_said(before), _said(after)),
            *_of_key(old, new),
            *_of_end(old.expires, new.expires),
            *_of_status(old.status_references, new.status_references),
            *_of_making(before, after),
            *_of_signer(old, new),
        )
    )


def _said(credential: Traits) -> dict[str, Any]:
    """Give what a credential says of its subject, without what tells its type and its issuer."""
    return {name: value for name, value in credential.dataset.items() if name not in _OF_IDENTITY}


def _of_identity(old: Credential, new: Credential, before: Traits, after: Traits) -> Iterator[Difference]:
    if before.types != after.types:
        yield Difference(Kind.TYPE_CHANGED, (), sorted(before.types), sorted(after.types))
    one, other = _issuer(old), _issuer(new)
    if one != other:
        yield Difference(Kind.ISSUER_CHANGED, (), one, other)
    mine, yours = _subject(old, before.dataset), _subject(new, after.dataset)
    # What only one of the two says contradicts nothing.
    changed = tuple(name for name in mine if name in yours and mine[name] != yours[name])
    if changed:
        shown = changed[0]
        yield Difference(Kind.SUBJECT_CHANGED, changed, mine[shown], yours[shown])


def _of_claims(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    added = tuple(name for name in after if name not in before)
    removed = tuple(name for name in before if name not in after)
    changed = tuple(name for name in before if name in after and before[name] != after[name])
    if added:
        yield Difference(Kind.CLAIMS_ADDED, added)
    if removed:
        yield Difference(Kind.CLAIMS_REMOVED, removed)
    if changed:
        yield Difference(Kind.CLAIMS_CHANGED, changed)


def _of_key(old: Credential, new: Credential) -> Iterator[Difference]:
    one, other = old.holder_key, new.holder_key
    if one is None and other is None:
        return
    same = one is not None and other is not None and jose.same_key(one, other)
    yield Difference(Kind.KEY_SAME if same else Kind.KEY_OTHER)


def _of_end(old: float | None, new: float | None) -> Iterator[Difference]:
    if old is None and new is None:
        return
    if old is None or (new is not None and new < old):
        yield Difference(Kind.END_SHORTENED, (), old, new)
    else:
        yield Difference(Kind.END_UNMOVED if new == old else Kind.END_MOVED, (), old, new)


def _of_status(old: tuple[Reference, ...], new: tuple[Reference, ...]) -> Iterator[Difference]:
    if not (old and new):
        return
    before = {_place(reference) for reference in old}
    same = tuple(reference.pointer for reference in new if _place(reference) in before)
    yield Difference(Kind.STATUS_SAME, same) if same else Difference(Kind.STATUS_NEW)


def _of_making(before: Traits, after: Traits) -> Iterator[Difference]:
    identifiers = tuple(name for name, value in after.identifiers.items() if before.identifiers.get(name) == value)
    if identifiers:
        yield Difference(Kind.IDENTIFIER_SAME, identifiers)
    shared = [kind for kind in before.secrets if not before.secrets[kind].isdisjoint(after.secrets.get(kind, ()))]
    if "signature" in shared:
        yield Difference(Kind.COPY)
    if others := tuple(kind for kind in shared if kind != "signature"):
        yield Difference(Kind.SECRETS_SAME, others)


def _of_signer(old: Credential, new: Credential) -> Iterator[Difference]:
    one, other = _signing_key(old), _signing_key(new)
    if one is not None and other is not None and one != other:
        yield Difference(Kind.SIGNER_CHANGED)


def _place(reference: Reference) -> tuple[Any, ...]:
    """Give what makes a place in a list another one; entries of one credential differ in purpose besides."""
    return reference.mechanism, reference.uri, reference.index, reference.identifier


def _issuer(credential: Credential) -> Any:
    """Give who issued a credential, as it says: an identifier, or else a name out of the signer's certificate."""
    signer = credential.signer
    certificate = _leaf(signer)
    if signer.issuer is not None or certificate is None:
        return signer.issuer
    # A signer of mobile documents is replaced often, its authority is not; elsewhere the signer is the issuer.
    name = certificate.issuer if isinstance(credential, Mdoc) else certificate.subject
    return name.rfc4514_string()


def _signing_key(credential: Credential) -> Any:
    certificate = _leaf(credential.signer)
    if certificate is None:
        return credential.signer.key_id
    try:
        return x509.public_jwk(certificate)
    except FormatError:
        return None


def _leaf(signer: Signer) -> Certificate | None:
    """Give the certificate of who signed, where there is one that can be read."""
    if signer.certificates is None:
        return None
    read = x509.parse_x5chain if "x5chain" in signer.mechanisms else x509.parse_x5c
    try:
        return read(signer.certificates).certificates[0]
    except FormatError:
        return None


def _subject(credential: Credential, dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Give what tells whom a credential is about, by names."""
    claims = credential.claims
    found = {name: value for name, value in dataset.items() if name.rpartition(" ")[2] in _IDENTIFYING}
    w3c = isinstance(credential, (JwtVc, LdpVc))
    named = {"credentialSubject": subject_ids(claims)} if w3c else {"sub": [claims.get("sub")]}
    for name, values in named.items():
        told = [value for value in values if isinstance(value, str) and not value.startswith(_KEY_DIDS)]
        if told:
            found[name] = told
    return found
