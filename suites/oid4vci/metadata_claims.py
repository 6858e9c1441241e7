"""Claims descriptions in the metadata: OpenID4VCI 1.0 section 12.2.4, appendices B.2, B.3 and C.

The checks look at every configuration in the metadata.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import IssuedCredential
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import claims_path
from harness.wallet import described
from harness.wallet.metadata import Issuer
from suites.oid4vci._nested_claims import of_all, of_format
from suites.oid4vci._parts import Judge, Part, claims_of, configurations_of, usage_of
from suites.oid4vci._traits import selected

check = area("Credential Issuer Metadata")

_LISTS_OF_DRAFTS = {
    "jwt_vc_json": "VCI15-A.1.1.2-01",
    "jwt_vc_json-ld": "VCI15-A.1.2.2-01",
    "ldp_vc": "VCI15-A.1.2.2-01",
    "mso_mdoc": "VCI15-A.2.2-02",
    "dc+sd-jwt": "VCI15-A.3.2-01",
}
"""Format to what draft 15 has instead of VCI-12.2.4-50."""
_MDOC_PATH_OF_DRAFTS = "VCI15-C.2-01"
_NAMESPACE_AND_ELEMENT = 2


@check(
    "metadata-claims",
    requires=[
        *("VCI-B.2-01", "VCI-12.2.4-50", "VCI-B.2-02", "VCI-B.2-03", "VCI-C.2-01"),
        *sorted(set(_LISTS_OF_DRAFTS.values())),
        _MDOC_PATH_OF_DRAFTS,
    ],
    proven_by={
        "draft-metadata:claims-objects": "METADATA-CLAIMS",
        "draft-metadata:mdoc-claims-objects": "METADATA-CLAIMS",
        "draft-metadata:jwt-vc-claims-objects": "METADATA-CLAIMS",
        "draft-metadata:ldp-vc-claims-objects": "METADATA-CLAIMS",
        "draft-metadata:mdoc-path-longer": "METADATA-CLAIM-PATH",
        "metadata:claims-empty": "METADATA-CLAIMS",
        "metadata:claims-path-missing": "METADATA-CLAIM-PATH-MISSING",
        "metadata:claims-path-empty": "METADATA-CLAIM-PATH",
        "metadata:claims-path-boolean": "METADATA-CLAIM-PATH",
        "metadata:claims-path-negative": "METADATA-CLAIM-PATH",
        "metadata:claims-mandatory-string": "METADATA-CLAIM-MANDATORY",
        "metadata:mdoc-path-short": "METADATA-CLAIM-PATH",
    },
    applies=when.some_credential_has("claims"),
)
async def claims_are_described(issuer: Issuer, expect: Expect) -> None:
    """The member claims is a non-empty array of objects with a path and, if they like, mandatory, a boolean."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        usage = usage_of(issuer, configuration)
        if "claims" not in usage:
            continue
        claims = usage["claims"]
        drafts = [name for kind, name in _LISTS_OF_DRAFTS.items() if kind == configuration.members.get("format")]
        judge.array(claims, "METADATA-CLAIMS", "VCI-12.2.4-50", of=dict, called="JSON objects", drafts=drafts)
        for claim in claims.parts() if isinstance(claims.value, list) else ():
            if not isinstance(claim.value, dict):
                continue
            if judge.has(claim, "path", "METADATA-CLAIM-PATH-MISSING", "VCI-B.2-01"):
                found = configuration.members.get("format")
                mdoc = found == "mso_mdoc"
                judge.that(
                    claims_path.semantics(found).well_formed(claim["path"].value),
                    "METADATA-CLAIM-PATH",
                    f"a claims path pointer{' from namespace and data element on' if mdoc else ''}",
                    claim["path"],
                    "VCI-C.2-01" if mdoc else "VCI-B.2-02",
                )
                judge.that(
                    not mdoc or _is_of_element(claim["path"].value),
                    "METADATA-CLAIM-PATH",
                    "two strings, namespace and data element",
                    claim["path"],
                    _MDOC_PATH_OF_DRAFTS,
                )
            if "mandatory" in claim:
                mandatory = claim["mandatory"]
                right = isinstance(mandatory.value, bool)
                judge.that(right, "METADATA-CLAIM-MANDATORY", "a boolean", mandatory, "VCI-B.2-03")


def _is_of_element(path: Any) -> bool:
    strings = isinstance(path, list) and all(isinstance(component, str) for component in path)
    return strings and len(path) == _NAMESPACE_AND_ELEMENT


@check(
    "metadata-claim-display",
    requires=[
        "VCI-B.2-06",
        *of_all("display_members", "languages"),
        *("VCI-B.2-05", "VCI15-B.2-01", "VCI-B.2-07", "VCI-B.2-08"),
    ],
    proven_by={
        "draft-metadata:claim-display-strings": "METADATA-CLAIM-DISPLAY",
        "draft-metadata:claim-name-number": "METADATA-CLAIM-DISPLAY-NAME",
        "draft-metadata:claim-locale-malformed": "METADATA-CLAIM-DISPLAY-LOCALE",
        "draft-metadata:claim-locale-twice": "METADATA-CLAIM-DISPLAY-LANGUAGE-REPEATED",
        "metadata:claim-display-empty": "METADATA-CLAIM-DISPLAY",
        "metadata:claim-display-name-number": "METADATA-CLAIM-DISPLAY-NAME",
        "metadata:claim-display-locale-malformed": "METADATA-CLAIM-DISPLAY-LOCALE",
        "metadata:claim-display-locale-twice": "METADATA-CLAIM-DISPLAY-LANGUAGE-REPEATED",
    },
    applies=when.claim_display,
)
async def claims_are_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display of a claim is a non-empty array of objects with names, and one object for each language."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        found = configuration.members.get("format")
        members, languages = (of_format(found, rule) for rule in ("display_members", "languages"))
        for claim in claims_of(issuer, configuration):
            if "display" not in claim:
                continue
            displays, code = claim["display"], "METADATA-CLAIM-DISPLAY"
            drafts = ("VCI15-B.2-01",)
            judge.array(displays, code, "VCI-B.2-05", of=dict, called="JSON objects", drafts=drafts)
            for display in displays.parts():
                judge.strings(display, {"name": ("VCI-B.2-06", *members)}, "METADATA-CLAIM-DISPLAY-NAME")
            judge.locales(
                displays,
                well_formed=("VCI-B.2-07", *members),
                distinct=("VCI-B.2-08", *languages),
                malformed_code="METADATA-CLAIM-DISPLAY-LOCALE",
                repeated_code="METADATA-CLAIM-DISPLAY-LANGUAGE-REPEATED",
            )


@check(
    "metadata-claims-consistent",
    requires=["VCI-B.3-01", "VCI-B.3-02", "VCI-B.3-03"],
    proven_by={
        "metadata:claims-path-twice": "METADATA-CLAIM-REPEATED",
        "metadata:claims-null-and-index": "METADATA-CLAIM-ALL-AND-ONE",
        "metadata:claims-array-and-object": "METADATA-CLAIM-ARRAY-AND-OBJECT",
    },
    applies=when.some_credential_has("claims"),
)
async def claims_do_not_contradict(issuer: Issuer, expect: Expect) -> None:
    """The claims descriptions of one credential neither repeat nor contradict each other."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        usage = usage_of(issuer, configuration)
        if "claims" in usage:
            claims = usage["claims"]
            paths = [claim.members.get("path") for claim in claims.parts()]
            semantics = claims_path.semantics(configuration.members.get("format"))
            right = [tuple(path) for path in paths if isinstance(path, list) and semantics.well_formed(path)]
            _expect_consistent(judge, right, claims.pointer, semantics)


def _expect_consistent(
    judge: Judge, paths: list[tuple[Any, ...]], place: str, semantics: claims_path.Semantics
) -> None:
    repeated = [list(path) for path, times in Counter(paths).items() if times > 1]
    judge.that(not repeated, "METADATA-CLAIM-REPEATED", "one description for each claim", Part(repeated, place))
    forks = _forks(paths)
    all_and_one = [start for start, kinds in forks if {"all", "one"} <= kinds]
    judge.that(
        not all_and_one,
        "METADATA-CLAIM-ALL-AND-ONE",
        "the elements of an array addressed all at once or one by one",
        Part(all_and_one, place),
        "VCI-B.3-02",
    )
    # In a mobile document an integer may be the key of a map (appendix C.2), so only null tells an array.
    of_arrays = {"all"} if semantics.lead_to_maps else {"all", "one"}
    both = [start for start, kinds in forks if "key" in kinds and kinds & of_arrays]
    judge.that(
        not both,
        "METADATA-CLAIM-ARRAY-AND-OBJECT",
        "each claim treated either as an array or as an object",
        Part(both, place),
        "VCI-B.3-03",
    )


def _forks(paths: list[tuple[Any, ...]]) -> list[tuple[list[Any], set[str]]]:
    """Give the beginnings of paths that are followed by components of several kinds, with these kinds.

    The kinds are ``key``, ``all`` (null) and ``one``. Beginnings are numbered, so that the cost grows with the
    length of the paths and not with its square.
    """
    numbers: dict[tuple[int, Any], int] = {}
    beginnings: list[tuple[tuple[Any, ...], int]] = [((), 0)]
    kinds: list[set[str]] = [set()]
    for path in paths:
        at = 0
        for length, component in enumerate(path, start=1):
            kinds[at].add("all" if component is None else "key" if isinstance(component, str) else "one")
            at = numbers.setdefault((at, component), len(beginnings))
            if at == len(beginnings):
                beginnings.append((path, length))
                kinds.append(set())
    return [
        (list(path[:length]), found)
        for (path, length), found in zip(beginnings, kinds, strict=True)
        if len(found) > 1
    ]


@check(
    "metadata-claims-as-issued",
    requires=["VCI-C.1-01"],
    proven_by={
        "metadata:claims-path-into-string": "METADATA-CLAIM-PATH-UNFIT",
        "metadata:mdoc-path-into-text": "METADATA-CLAIM-PATH-UNFIT",
        "metadata:mdoc-path-all-of-text": "METADATA-CLAIM-PATH-UNFIT",
        "jwt-vc:subject-array-empty": "METADATA-CLAIM-PATH-UNFIT",
        "jwt-vc:subject-string": "METADATA-CLAIM-PATH-UNFIT",
        "ldp-vc:subject-array-empty": "METADATA-CLAIM-PATH-UNFIT",
        "ldp-vc:subject-string": "METADATA-CLAIM-PATH-UNFIT",
        "mdoc:privileges-map": "METADATA-CLAIM-PATH-UNFIT",
        "mdoc:pid-nationality-text": "METADATA-CLAIM-PATH-UNFIT",
    },
    applies=when.readable_format & when.described_claims,
    per=Per.SCENARIO,
)
async def claims_paths_fit_the_credential(shared: Flow, credential: IssuedCredential, expect: Expect) -> None:
    """No claims path takes an object of the credential for an array, or the other way round."""
    for path in described.paths(shared.configuration, shared.issuer.dialect):
        unfit = ""
        try:
            selected(credential, path)
        except claims_path.ClaimsPathError as error:
            # A claim that this person has not is no misfit.
            unfit = "" if error.kind == "path-selects-nothing" else error.detail
        expect.that(
            not unfit,
            "METADATA-CLAIM-PATH-UNFIT",
            f"a claim that {show(path)} can lead to",
            unfit,
            at=credential.exchange,
            pointer=credential.pointer,
        )
