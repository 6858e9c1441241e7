"""The words of an inspection: what came of looking at one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.model import Finding, Json, Level, Requirement


class Unreadable(Exception):
    """There is nothing here that could be looked at; the message is one line."""


@dataclass(frozen=True)
class Row:
    """One line of a section: a name and what stands under it."""

    label: str
    value: str = ""
    depth: int = 0
    """How far it is inside other rows."""
    marked: bool = False
    """Whether it has what the section's ``mark`` means."""


@dataclass(frozen=True)
class Section:
    """A part of the document under a heading."""

    title: str
    rows: tuple[Row, ...] = ()
    text: str = ""
    """What is shown as it is, after the rows."""
    mark: str = ""
    """What the mark of a row means; empty when no row has one."""


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong."""

    code: str
    """The code of the finding, or the kind of the reader's problem."""
    observed: str
    level: Level | None = None
    """How strongly the clause speaks; ``None`` where no requirement of the catalogue is behind it."""
    expected: str = ""
    pointer: str | None = None
    requirement: str | None = None
    """Id in the catalogue."""
    clause: str = ""
    """Specification and clause, in words."""
    statement: str = ""
    """What the clause demands, in our words."""
    link: str | None = None

    @classmethod
    def of(cls, finding: Finding, requirement: Requirement) -> Complaint:
        """Make a complaint of what a check found."""
        return cls(
            code=finding.code,
            observed=finding.observed,
            level=finding.level,
            expected=finding.expected,
            pointer=finding.pointer,
            requirement=requirement.id,
            clause=f"{requirement.spec}, {requirement.clause}",
            statement=requirement.text,
            link=requirement.link,
        )

    @property
    def grave(self) -> bool:
        """Whether it makes the document wrong; what only SHOULD be otherwise does not."""
        return self.level in (None, Level.MUST)


@dataclass(frozen=True)
class Signature:
    """What is known of the signature."""

    verified: bool | None
    """``None`` when it could not be checked."""
    detail: str
    """By which key, or why not."""


@dataclass(frozen=True)
class Inspection:
    """What came of looking at one document."""

    kind: str
    """Stable name, one of :data:`harness.inspection.documents.KINDS`."""
    title: str
    """What it is, in words."""
    sections: tuple[Section, ...] = ()
    decoded: Json = None
    """The document as JSON, without private keys."""
    signature: Signature | None = None
    complaints: tuple[Complaint, ...] = ()
    undecided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Why checks could not judge, to the ids of these checks."""
    parts: tuple[Inspection, ...] = ()
    """Documents inside this one."""
    judged: bool = True
    """Whether there are rules for a document of this kind."""

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with the document or with one inside it."""
        return any(complaint.grave for complaint in self.all_complaints())

    @property
    def unverified(self) -> bool:
        """Whether a signature, of the document or of one inside it, could not be checked."""
        own = self.signature is not None and self.signature.verified is None
        return own or any(part.unverified for part in self.parts)

    def all_complaints(self) -> Iterator[Complaint]:
        """Give the complaints of the document and of those inside it."""
        yield from self.complaints
        for part in self.parts:
            yield from part.all_complaints()
