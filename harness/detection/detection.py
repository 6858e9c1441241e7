"""What documents say of the version that an issuer speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness import profiles, versions
from harness.detection.documents import Document
from harness.detection.traits import System, Table, Trait, table

AGAINST = 2
"""How much more a contradiction weighs than what speaks for a version."""
PLAIN = 6
"""By how much another version has to fit better before a run says that its profile does not."""
FINAL_TITLE = "OpenID4VCI 1.0"
FINAL_URL = "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html"


class Certainty(StrEnum):
    """How sure it is which version the documents follow."""

    SURE = "sure"
    """Every other version is contradicted."""
    LIKELY = "likely"
    """Others are not contradicted, but less speaks for them."""
    OPEN = "open"
    """Others fit as well."""
    MIXED = "mixed"
    """It fits best, and yet something contradicts it."""


@dataclass(frozen=True)
class Seen:
    """A trait that a document has."""

    trait: Trait
    document: Document
    pointers: tuple[str, ...]
    """Where in the document."""


@dataclass(frozen=True)
class Fit:
    """How well one version fits."""

    version: str
    speaking: tuple[Seen, ...]
    """What speaks for it."""
    contradicting: tuple[Seen, ...]

    @property
    def score(self) -> int:
        """Weigh the traits; comparable between versions only."""
        return sum(one.trait.weight for one in self.speaking) - AGAINST * sum(
            one.trait.weight for one in self.contradicting
        )

    @property
    def title(self) -> str:
        """Name the version for people."""
        return title(self.version)

    @property
    def profile(self) -> str:
        """Name the profile that judges by this version, or by the last one that has a profile."""
        draft = self.version.startswith("draft-")
        return f"oid4vci-{self.version if draft else versions.FINAL}"


@dataclass(frozen=True)
class Detection:
    """What was found out."""

    documents: tuple[Document, ...]
    seen: tuple[Seen, ...]
    fits: tuple[Fit, ...]
    """Every version, the best first."""
    systems: tuple[System, ...] = ()
    """Those with a profile of their own that the documents are of."""

    @property
    def profile(self) -> str:
        """Name the profile to use: that of the system, where it is one, and else that of the best version."""
        return self.systems[0].profile if self.systems else self.best.profile

    @property
    def best(self) -> Fit:
        """Give the version that fits best."""
        return self.fits[0]

    @property
    def alike(self) -> tuple[Fit, ...]:
        """Give the others that fit as well as the best."""
        return tuple(one for one in self.fits[1:] if one.score == self.best.score and not one.contradicting)

    @property
    def possible(self) -> tuple[Fit, ...]:
        """Give the others that nothing contradicts."""
        return tuple(one for one in self.fits[1:] if not one.contradicting)

    @property
    def certainty(self) -> Certainty:
        """Say how sure it is that the best is the one."""
        if self.best.contradicting:
            return Certainty.MIXED
        if self.alike:
            return Certainty.OPEN
        return Certainty.LIKELY if self.possible else Certainty.SURE

    def fit(self, version: str) -> Fit:
        """Give how well a version fits.

        Raises:
            KeyError: there is no such version.

        """
        return {one.version: one for one in self.fits}[version]

    def plainly_not(self, version: str) -> bool:
        """Whether the documents plainly follow another version: it is contradicted, and the best is not."""
        asked = self.fit(version)
        return bool(asked.contradicting) and not self.best.contradicting and self.best.score - asked.score >= PLAIN


def detect(documents: Iterable[Document], *, traits: Table | None = None) -> Detection | None:
    """Say which version documents follow; ``None`` when nothing in them speaks for any or against one."""
    data = traits or table()
    given = tuple(documents)
    seen = tuple(
        Seen(trait, document, tuple(pointers))
        for trait in data.traits
        for document in given
        if (pointers := trait.seen_in(document))
    )
    if not seen:
        return None
    fits = [_fit(version, seen) for version in data.preferred]
    # Sorting is stable, so that those that fit alike stay in the order of preference.
    best_first = tuple(sorted(fits, key=lambda fit: -fit.score))
    known = [system for system in data.systems if system.profile in profiles.names()]
    return Detection(given, seen, best_first, tuple(system for system in known if any(map(system.is_in, given))))


def title(version: str) -> str:
    """Name a version for people."""
    return FINAL_TITLE if version == versions.FINAL else versions.load(version).title


def links(sections: Mapping[str, str]) -> dict[str, str]:
    """Give version and section as version and URL."""
    return {name: _link(name, section) for name, section in sections.items()}


def _link(version: str, section: str) -> str:
    if version != versions.FINAL:
        return versions.load(version).link(section)
    return f"{FINAL_URL}#{'appendix' if section[0].isalpha() else 'section'}-{section}"


def _fit(version: str, seen: Sequence[Seen]) -> Fit:
    """Weigh a trait once, in however many documents it is."""
    once = list({one.trait.id: one for one in reversed(seen)}.values())[::-1]
    return Fit(
        version,
        tuple(one for one in once if version in one.trait.speaks_for),
        tuple(one for one in once if version in one.trait.contradicts),
    )
