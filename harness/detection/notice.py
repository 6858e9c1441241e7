"""What a run says before its first check when the issuer plainly follows another version than its profile."""

from __future__ import annotations

from harness import versions
from harness.detection.detection import Detection, title
from harness.profiles import Profile


def judged_version(profile: Profile) -> str | None:
    """Give the version of OpenID4VCI that a profile judges by.

    ``None`` where it judges by none, or where the version is one question of several.
    """
    if versions.PREFIX not in profile.specifications or profile.verdicts:
        return None
    return profile.version or versions.FINAL


def misfit(found: Detection | None, version: str) -> str | None:
    """Say that documents plainly follow another version than the one that judges, and which profile fits."""
    if found is None or not found.plainly_not(version):
        return None
    reasons = "; ".join(one.trait.says for one in found.fit(version).contradicting)
    return (
        f"The issuer does not fit {title(version)}, by which this run judges all the same: {reasons}. "
        f"What it shows fits {found.best.title}: --vci-profile {found.profile}."
    )
