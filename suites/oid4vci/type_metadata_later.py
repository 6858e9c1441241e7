"""What later drafts of SD-JWT VC ask of credentials and Type Metadata beyond draft 11, when they judge a run.

Draft 13 asks most of it already; the sections are those of draft 18.
"""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.formats import claims_path
from harness.formats.problems import Problem
from harness.formats.type_metadata import ALWAYS, NEVER
from harness.type_metadata import ResolvedType
from suites.oid4vci._problems import Place, Rule, at, judge
from suites.oid4vci._types import expect_disclosable, judge_documents, readable

_DRAFT_18 = when.sd_jwt_vc & when.sd_jwt_vc_draft("draft-18")
_FOUND = when.sd_jwt_vc & when.sd_jwt_vc_draft("draft-13", "draft-18") & when.type_metadata
_FOUND_18 = _DRAFT_18 & when.type_metadata
_FURTHER_TYPES = _DRAFT_18 & when.credential_claim("aka_vcts")
check = partial(area("Type Metadata", per=Per.SCENARIO), applies=_FOUND)


# Section 2.2.2.2: further types


@check(
    "sd-jwt-further-types",
    requires=["SDJWTVC18-2.2.2.2-01", "SDJWTVC18-2.2.2.2-03", "SDJWTVC18-2.2.2.3-01"],
    applies=_FURTHER_TYPES,
    proven_by={
        "sd-jwt:aka-vcts-empty": "SDJWT-AKA-VCTS",
        "sd-jwt:aka-vcts-string": "SDJWT-AKA-VCTS",
        "sd-jwt:aka-vcts-own": "SDJWT-AKA-VCTS-OWN",
        "sd-jwt:aka-vcts-disclosed": "SDJWT-AKA-VCTS-DISCLOSED",
    },
)
async def further_types_are_listed(credential: IssuedCredential, expect: Expect) -> None:
    """``aka_vcts`` is a non-empty array of types other than ``vct``, and in no Disclosure."""
    parsed = credential.vc.sd_jwt
    listed = parsed.claims.get("aka_vcts")
    that = partial(expect.that, at=credential.exchange, pointer=at(credential).inside("/aka_vcts"))
    strings = isinstance(listed, list) and bool(listed) and all(isinstance(item, str) for item in listed)
    that(
        strings, "SDJWT-AKA-VCTS", "a non-empty array of strings", show(listed), requirement="SDJWTVC18-2.2.2.2-01"
    )
    that(
        not isinstance(listed, list) or parsed.claims.get("vct") not in listed,
        "SDJWT-AKA-VCTS-OWN",
        "types other than the vct",
        show(listed),
        requirement="SDJWTVC18-2.2.2.2-03",
    )
    hidden = sorted(place for place in parsed.disclosed if place.split("/")[1] == "aka_vcts")
    that(
        not hidden,
        "SDJWT-AKA-VCTS-DISCLOSED",
        "aka_vcts in plain text",
        f"a Disclosure for {', '.join(hidden)}",
        requirement="SDJWTVC18-2.2.2.3-01",
    )


# Sections 4.2 and 4.3: the document


@check(
    "type-metadata-type-named",
    requires=["SDJWTVC18-4.2-01", "SDJWTVC18-4.3-01"],
    proven_by={
        "type-metadata:vct-missing": "TYPE-METADATA-VCT",
        "type-metadata:vct-number": "TYPE-METADATA-VCT",
        "type-metadata:vct-other": "TYPE-METADATA-VCT-OTHER",
    },
)
async def type_metadata_name_their_type(type_metadata: ResolvedType, expect: Expect) -> None:
    """Type Metadata have the ``vct`` for which they were retrieved."""
    judge_documents(
        expect,
        type_metadata,
        Rule("vct-missing vct-type", "TYPE-METADATA-VCT", "a vct, a string", "SDJWTVC18-4.2-01"),
        Rule("vct-other", "TYPE-METADATA-VCT-OTHER", "the type that led here", "SDJWTVC18-4.3-01"),
    )


@check(
    "type-metadata-response",
    requires=["SDJWTVC18-4.3.1-01", "SDJWTVC18-4.3.1-02"],
    applies=_FOUND_18,
    proven_by={
        "type-metadata-response:status-201": "TYPE-METADATA-STATUS",
        "type-metadata-response:content-type": "TYPE-METADATA-MEDIA-TYPE",
    },
)
async def type_metadata_come_as_json(type_metadata: ResolvedType, expect: Expect) -> None:
    """Type Metadata come with status 200 and the media type ``application/json``."""
    for document in type_metadata.documents:
        judge(
            expect,
            Place(document.exchange),
            document.problems,
            Rule("status", "TYPE-METADATA-STATUS", "the status 200", "SDJWTVC18-4.3.1-01"),
            Rule("media-type", "TYPE-METADATA-MEDIA-TYPE", "application/json", "SDJWTVC18-4.3.1-02"),
        )


@check(
    "type-metadata-background-image",
    requires=["SDJWTVC18-4.5.1.1.2-01"],
    applies=_FOUND & when.type_has("display"),
    proven_by={"type-metadata:background-image-uri-missing": "TYPE-METADATA-BACKGROUND-IMAGE"},
)
async def background_images_have_uris(type_metadata: ResolvedType, expect: Expect) -> None:
    """A background image is an object with a URI."""
    for document in readable(type_metadata):
        rule = Rule(
            "image-uri", "TYPE-METADATA-BACKGROUND-IMAGE", "an object with uri, a URI", "SDJWTVC18-4.5.1.1.2-01"
        )
        judge(expect, Place(document.exchange), _of_background(document.problems), rule)


def _of_background(problems: tuple[Problem, ...]) -> list[Problem]:
    return [problem for problem in problems if (problem.pointer or "").endswith("/background_image")]


# Section 4.6: claims


@check(
    "type-metadata-mandatory",
    requires=["SDJWTVC18-4.6.3-01", "SDJWTVC18-4.6-01"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={
        "type-metadata:mandatory-string": "TYPE-METADATA-MANDATORY-FORM",
        "sd-jwt:type-mandatory-missing": "TYPE-METADATA-MANDATORY",
    },
)
async def mandatory_claims_of_the_type_are_there(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """Every claim that the type calls mandatory is in the credential."""
    form = Rule("claim-mandatory", "TYPE-METADATA-MANDATORY-FORM", "a boolean", "SDJWTVC18-4.6-01")
    judge_documents(expect, type_metadata, form)
    mandatory = [path for path, claim in type_metadata.claims.items() if claim.get("mandatory") is True]
    missing = [list(path) for path in mandatory if not _is_there(credential, list(path))]
    expect.that(
        not missing,
        "TYPE-METADATA-MANDATORY",
        "the claims that the type calls mandatory",
        f"no {show(missing)}",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement="SDJWTVC18-4.6.3-01",
    )


def _is_there(credential: IssuedCredential, path: list[str | int | None]) -> bool:
    try:
        return bool(claims_path.select(credential.vc.claims, path))
    except claims_path.ClaimsPathError:
        return False


@check(
    "type-metadata-own-disclosure",
    requires=["SDJWTVC18-4.6-02"],
    applies=_FOUND_18 & when.claim_rule("sd", ALWAYS),
    proven_by={
        "sd-jwt:type-always-plain": "TYPE-METADATA-ALWAYS",
        "type-metadata:always-inside": "TYPE-METADATA-ALWAYS",
    },
)
async def what_is_always_disclosable_has_its_own_disclosure(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """A claim whose ``sd`` is ``always`` has a Disclosure of its own."""
    expect_disclosable(type_metadata, credential, expect, "a Disclosure of its own for each such claim")


@check(
    "type-metadata-disclosability-stated",
    requires=["SDJWTVC18-4.6.4-01"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={"type-metadata:claim-sd-missing": "TYPE-METADATA-SD-OPEN"},
)
async def disclosability_is_stated(type_metadata: ResolvedType, expect: Expect) -> None:
    """Claim metadata say ``always`` or ``never``."""
    readable(type_metadata)
    left_open = [
        list(path) for path, claim in type_metadata.claims.items() if claim.get("sd") not in (ALWAYS, NEVER)
    ]
    if left_open and type_metadata.missing:
        raise Blocked(f"an extended type may say more of {show(left_open)}: {type_metadata.missing}")
    expect.that(
        not left_open,
        "TYPE-METADATA-SD-OPEN",
        "sd always or never for each claim",
        f"neither for {show(left_open)}",
        at=type_metadata.documents[0].exchange,
        pointer="/claims",
    )


@check(
    "type-metadata-extension",
    requires=["SDJWTVC18-4.6.5.1-01", "SDJWTVC18-4.6.5.1-02"],
    applies=_FOUND & when.type_has("extends"),
    proven_by={
        "type-metadata:sd-changed": "TYPE-METADATA-SD-CHANGED",
        "type-metadata:mandatory-dropped": "TYPE-METADATA-MANDATORY-DROPPED",
    },
)
async def extending_types_keep_what_was_promised(type_metadata: ResolvedType, expect: Expect) -> None:
    """A type keeps the ``sd`` and ``mandatory`` of the type it extends."""
    kept = "the sd of the extended type"
    judge_documents(
        expect,
        type_metadata,
        Rule("sd-changed", "TYPE-METADATA-SD-CHANGED", kept, "SDJWTVC18-4.6.5.1-01"),
        Rule("mandatory-dropped", "TYPE-METADATA-MANDATORY-DROPPED", "a mandatory claim", "SDJWTVC18-4.6.5.1-02"),
    )
