"""What the drafts of SD-JWT VC spell or rule differently for those who issue credentials and describe types.

OpenID4VCI 1.0 names draft 11. What later drafts changed in a way that shows in credentials or in Type Metadata is
here as data and small functions, with drafts 13 and 18 as those to which a run can be set; everything else is the
same in all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from harness.model import Json

_Object = Mapping[str, Json]


@dataclass(frozen=True)
class Draft:
    """One draft of SD-JWT VC. The sections are those of draft 11, then of draft 18."""

    name: str
    """As ``[dialect] sd_jwt_vc`` spells it."""
    language: str
    """Member of a display that has its language tag (8 and 9.2; 4.5 and 4.6.2)."""
    templates: tuple[str, ...]
    """Identifiers of the rendering method for SVG (8.1.2; 4.5.1.2)."""
    images: tuple[str, ...]
    """Images of the rendering method ``simple`` (8.1.1; 4.5.1.1)."""
    schemas: bool
    """Whether Type Metadata may have a JSON Schema (6.5; dropped)."""
    mandatory: bool
    """Whether claim metadata may call a claim mandatory (unknown; 4.6.3)."""
    inherited: Callable[[_Object, _Object], _Object]
    """Claim metadata that hold for a path of the extended type (given first) and of the extending one
    (9.4; 4.6.5)."""
    is_disclosable: Callable[[str, Collection[str]], bool]
    """Whether the claim at a place is selectively disclosable (9.3; 4.6); the JSON Pointers of what has a
    Disclosure come second."""


def _extending_alone(_: _Object, extending: _Object) -> _Object:
    return extending


def _in_a_disclosure(place: str, disclosed: Collection[str]) -> bool:
    # Draft 11 does not say whether a claim that can be withheld with what it stands in is disclosable.
    return any(place == outer or place.startswith(f"{outer}/") for outer in disclosed)


def _has_a_disclosure(place: str, disclosed: Collection[str]) -> bool:
    return place in disclosed


DRAFT_11 = Draft(
    name="draft-11",
    language="lang",
    # The text says the first, the example of the same draft the second.
    templates=("svg_template", "svg_templates"),
    images=("logo",),
    schemas=True,
    mandatory=False,
    inherited=_extending_alone,
    is_disclosable=_in_a_disclosure,
)
DRAFT_18 = Draft(
    name="draft-18",
    language="locale",
    templates=("svg_templates",),
    images=("logo", "background_image"),
    schemas=False,
    mandatory=True,
    inherited=lambda extended, extending: {**extended, **extending},
    is_disclosable=_has_a_disclosure,
)
DRAFT_13 = replace(DRAFT_18, name="draft-13", inherited=_extending_alone, is_disclosable=_in_a_disclosure)
"""The one that HAIP 1.0 names: it spells and rules most as draft 18 does, and these two as draft 11."""
DRAFTS = {draft.name: draft for draft in (DRAFT_11, DRAFT_13, DRAFT_18)}
"""By name; the first is the one that OpenID4VCI 1.0 names."""
