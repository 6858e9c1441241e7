"""What checks of W3C credentials share, whichever way they are secured."""

from __future__ import annotations

from collections.abc import Sequence

from harness.evidence import IssuedCredential
from harness.expect import Expect
from harness.formats import vcdm
from harness.formats.jwt_vc import JwtVc
from harness.formats.problems import Problem, located
from harness.formats.vcdm import Version
from suites.oid4vci._problems import Rule, at, judge


def version(credential: IssuedCredential) -> Version:
    """Give the version of the data model by which a credential is judged."""
    return credential.w3c.version


def place(credential: IssuedCredential) -> str:
    """Give where in what is signed the credential stands, as a JSON Pointer."""
    document = credential.w3c
    return document.place if isinstance(document, JwtVc) else ""


def model_problems(credential: IssuedCredential) -> tuple[Problem, ...]:
    """Give what the data model finds wrong with a credential."""
    return located(place(credential), vcdm.problems(credential.w3c.document, version(credential)))


def judge_model(
    expect: Expect, credential: IssuedCredential, *rules: tuple[str, str, str, str | None, str | None]
) -> None:
    """Expect, rule by rule, that the data model finds no problem of its kinds.

    Args:
        rules: kinds, code, what is expected, and the requirement by version 1.1 and by version 2.0; a version
            without one has no such rule.

    """
    chosen = 3 if version(credential) is Version.V1_1 else 4
    problems: Sequence[Problem] = model_problems(credential)
    for rule in rules:
        requirement = rule[chosen]
        if requirement is not None:
            judge(expect, at(credential), problems, Rule(*rule[:3], requirement))
