"""SD-JWT VC Type Metadata: SD-JWT VC draft 11 sections 6 to 10.

They are what the ``vct`` of an issued credential leads to, and the types that this type extends. Whoever publishes
them, the issuer has chosen the type. What only later drafts demand is judged in ``type_metadata_later``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness import json_schema
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import claims_path, strict_json, svg_template
from harness.formats.type_metadata import ALWAYS, NEVER
from harness.model import Json
from harness.type_metadata import ResolvedType
from suites.oid4vci._problems import Place, Rule, at, judge
from suites.oid4vci._types import expect_disclosable, judge_documents, places, readable

_FOUND = when.sd_jwt_vc & when.type_metadata
_DRAFT_11 = when.sd_jwt_vc & when.sd_jwt_vc_draft("draft-11")
_BEFORE_18 = when.sd_jwt_vc & when.sd_jwt_vc_draft("draft-11", "draft-13")
check = partial(area("Type Metadata", per=Per.SCENARIO), applies=_FOUND)


# Section 6: the document and its type


@check(
    "type-metadata-form",
    requires=["SDJWTVC-6.2-01", "SDJWTVC-6.3.1-01", "RFC8259-4-01"],
    proven_by={
        "type-metadata-response:array": "TYPE-METADATA-OBJECT",
        "type-metadata-response:garbled": "TYPE-METADATA-OBJECT",
        "type-metadata:duplicate-key": "TYPE-METADATA-DUPLICATE-NAME",
    },
)
async def type_metadata_are_an_object(type_metadata: ResolvedType, expect: Expect) -> None:
    """What the ``vct`` and ``extends`` lead to is a JSON object that has each member once."""
    for document in type_metadata.documents:
        judge(
            expect,
            Place(document.exchange),
            document.problems,
            Rule("not-json not-object", "TYPE-METADATA-OBJECT", "a JSON object", "SDJWTVC-6.2-01"),
            Rule("duplicate-name", "TYPE-METADATA-DUPLICATE-NAME", "each member once", "RFC8259-4-01"),
        )


@check(
    "type-metadata-type",
    requires=["SDJWTVC-6.1-01"],
    applies=_DRAFT_11 & when.type_metadata & when.type_has("vct"),
    proven_by={"type-metadata:vct-other": "TYPE-METADATA-TYPE"},
)
async def type_metadata_are_of_the_type(type_metadata: ResolvedType, expect: Expect) -> None:
    """A ``vct`` in Type Metadata is the type for which they were retrieved."""
    rule = Rule("vct-other vct-type", "TYPE-METADATA-TYPE", "the vct that led here", "SDJWTVC-6.1-01")
    judge_documents(expect, type_metadata, rule)


@check(
    "type-metadata-members",
    requires=["SDJWTVC-6.2-02", "SDJWTVC-6.2-03", "SDJWTVC-6.2-04"],
    proven_by={
        "type-metadata:name-number": "TYPE-METADATA-TEXT",
        "type-metadata:description-array": "TYPE-METADATA-TEXT",
        "type-metadata:extends-not-uri": "TYPE-METADATA-EXTENDS",
        "type-metadata:display-object": "TYPE-METADATA-ARRAY",
        "type-metadata:claims-strings": "TYPE-METADATA-ARRAY",
    },
)
async def members_have_their_types(type_metadata: ResolvedType, expect: Expect) -> None:
    """Texts of Type Metadata are strings, ``extends`` is a URI, ``display`` and ``claims`` are arrays."""
    judge_documents(
        expect,
        type_metadata,
        Rule("text-type", "TYPE-METADATA-TEXT", "a string", "SDJWTVC-6.2-02"),
        Rule("extends-uri", "TYPE-METADATA-EXTENDS", "a URI", "SDJWTVC-6.2-03"),
        Rule("display-array claims-array", "TYPE-METADATA-ARRAY", "an array of objects", "SDJWTVC-6.2-04"),
    )


@check(
    "type-metadata-extends",
    requires=["SDJWTVC-10.3-01"],
    applies=_FOUND & when.type_has("extends"),
    proven_by={
        "type-metadata:extends-cycle": "TYPE-METADATA-CYCLE",
        "type-metadata:extends-itself": "TYPE-METADATA-CYCLE",
    },
)
async def types_do_not_extend_each_other(type_metadata: ResolvedType, expect: Expect) -> None:
    """No type extends one that extends it."""
    rule = Rule("extends-cycle", "TYPE-METADATA-CYCLE", "a type that does not extend this one", "SDJWTVC-10.3-01")
    judge_documents(expect, type_metadata, rule)


# Section 6.5: schemas


@check(
    "type-metadata-schema",
    requires=["SDJWTVC-6.2-05", "SDJWTVC-6.2-06", "SDJWTVC-6.5.1-01"],
    applies=_DRAFT_11 & when.type_metadata & when.type_has("schema", "schema_uri"),
    proven_by={
        "type-metadata:schema-twice": "TYPE-METADATA-SCHEMA-TWICE",
        "type-metadata:schema-uri-relative": "TYPE-METADATA-SCHEMA-URI",
        "type-metadata:schema-uri-dead": "TYPE-METADATA-SCHEMA-URI",
        "type-metadata:schema-string": "TYPE-METADATA-SCHEMA",
        "type-schema:draft-07": "TYPE-METADATA-SCHEMA",
        "type-schema:not-json": "TYPE-METADATA-SCHEMA",
        "type-schema:type-unknown": "TYPE-METADATA-SCHEMA",
    },
)
async def schemas_are_of_the_right_kind(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """A type has one JSON Schema of draft 2020-12 at most, and ``schema_uri`` leads to it."""
    once = "schema or schema_uri, not both"
    judge_documents(
        expect,
        type_metadata,
        Rule("schema-twice", "TYPE-METADATA-SCHEMA-TWICE", once, "SDJWTVC-6.2-05"),
        Rule("schema-uri", "TYPE-METADATA-SCHEMA-URI", "a URL", "SDJWTVC-6.2-06"),
        Rule("schema-type", "TYPE-METADATA-SCHEMA", "a JSON Schema of draft 2020-12", "SDJWTVC-6.5.1-01"),
    )
    for item in type_metadata.attachments:
        if item.referred.kind == "schema":
            found = Rule("not-found", "TYPE-METADATA-SCHEMA-URI", "a URL that leads to a schema", "SDJWTVC-6.2-06")
            judge(expect, Place(item.exchange), [item.problem] if item.problem else [], found)
    for place, schema in _schemas(type_metadata):
        unusable = await _unusable(schema, credential)
        expect.that(
            not unusable,
            "TYPE-METADATA-SCHEMA",
            "a JSON Schema of draft 2020-12",
            unusable,
            at=place.exchange,
            pointer=place.pointer,
            requirement="SDJWTVC-6.5.1-01",
        )


async def _unusable(schema: Any, credential: IssuedCredential) -> str:
    """Say why this is no JSON Schema; an empty text where nothing speaks against it."""
    if isinstance(schema, strict_json.JsonError):
        return "" if schema.kind in _BEYOND_LIMITS else f"no JSON: {schema.detail}"
    judgement = await json_schema.validate(schema, credential.vc.claims)
    return judgement.detail if judgement.usable is False else ""


_BEYOND_LIMITS = ("too-deep", "too-large", "name-too-long", "number-out-of-range")
"""Why JSON that is right is not read."""


@check(
    "type-metadata-schema-valid",
    requires=["SDJWTVC-6.5.2-01"],
    applies=_DRAFT_11 & when.type_metadata & when.type_has("schema", "schema_uri"),
    proven_by={
        "type-schema:claim-missing": "TYPE-METADATA-INVALID",
        "type-schema:birthdate-number": "TYPE-METADATA-INVALID",
    },
)
async def credential_is_valid_by_its_schemas(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """The claims of the credential are valid by the schemas of its type and of those that this one extends."""
    schemas = _schemas(type_metadata)
    if not schemas:
        raise Blocked("no schema of the type could be read")
    for place, schema in schemas:
        if isinstance(schema, strict_json.JsonError):
            raise Blocked(f"the schema of exchange {place.exchange} cannot be read: {schema.detail}")
        judgement = await json_schema.validate(schema, credential.vc.claims)
        if judgement.valid is None:
            raise Blocked(f"whether the credential is valid by its schema is open: {judgement.detail}")
        expect.that(
            judgement.valid,
            "TYPE-METADATA-INVALID",
            f"claims that are valid by the schema of exchange {place.exchange}",
            judgement.detail,
            at=credential.exchange,
            pointer=at(credential).inside(judgement.pointer),
        )


def _schemas(resolved: ResolvedType) -> list[tuple[Place, Any]]:
    """Give the schemas that were found, each with its place; the error in place of one that cannot be read."""
    found: list[tuple[Place, Any]] = []
    for document in readable(resolved):
        embedded = document.metadata.members.get("schema") if document.metadata else None
        if isinstance(embedded, (dict, bool)):
            found.append((Place(document.exchange, "/schema"), embedded))
    for item in resolved.attachments:
        if item.referred.kind == "schema" and item.content is not None:
            try:
                found.append((Place(item.exchange), strict_json.parse(item.content).value))
            except strict_json.JsonError as error:
                found.append((Place(item.exchange), error))
    return found


# Section 7: integrity


@check(
    "type-metadata-vct-integrity",
    requires=["SDJWTVC-6.3.1-02"],
    applies=when.sd_jwt_vc & when.credential_claim("vct#integrity"),
    proven_by={
        "sd-jwt:vct-integrity-hexadecimal": "TYPE-METADATA-VCT-INTEGRITY",
        "sd-jwt:vct-integrity-number": "TYPE-METADATA-VCT-INTEGRITY",
    },
)
async def credential_has_integrity_metadata(credential: IssuedCredential, expect: Expect) -> None:
    """``vct#integrity`` of the credential is integrity metadata."""
    of_claim = [problem for problem in credential.vc.problems if problem.pointer == "/vct#integrity"]
    kinds, right = "vct-integrity claim-type", "a string such as sha256- and 44 characters of base64"
    judge(
        expect,
        at(credential),
        of_claim,
        Rule(kinds, "TYPE-METADATA-VCT-INTEGRITY", right, "SDJWTVC-6.3.1-02"),
    )


@check(
    "type-metadata-integrity",
    requires=["SDJWTVC-7-02", "SDJWTVC-7-01"],
    proven_by={
        "sd-jwt:vct-integrity-other": "TYPE-METADATA-INTEGRITY",
        "type-metadata-response:garbled": "TYPE-METADATA-INTEGRITY",
        "type-metadata-response:array": "TYPE-METADATA-INTEGRITY",
        "type-metadata:extends-integrity-other": "TYPE-METADATA-INTEGRITY",
        "type-metadata:template-integrity-other": "TYPE-METADATA-INTEGRITY",
        "type-metadata:logo-integrity-other": "TYPE-METADATA-INTEGRITY",
        "type-metadata:schema-integrity-other": "TYPE-METADATA-INTEGRITY",
        "type-metadata:extends-integrity-form": "TYPE-METADATA-INTEGRITY-FORM",
        "type-metadata:logo-integrity-form": "TYPE-METADATA-INTEGRITY-FORM",
    },
)
async def documents_match_their_hashes(type_metadata: ResolvedType, expect: Expect) -> None:
    """Integrity metadata have their form, and what is retrieved matches them."""
    differs = Rule(
        "integrity-mismatch", "TYPE-METADATA-INTEGRITY", "content with the hash that was named", "SDJWTVC-7-02"
    )
    form = Rule("integrity-form", "TYPE-METADATA-INTEGRITY-FORM", "integrity metadata", "SDJWTVC-7-01")
    for document in type_metadata.documents:
        judge(expect, Place(document.exchange), document.problems, differs, form)
    for item in type_metadata.attachments:
        judge(expect, Place(item.exchange), [item.problem] if item.problem else [], differs)


# Section 8: how the type is shown


@check(
    "type-metadata-display",
    requires=["SDJWTVC-8-02", "SDJWTVC-8-03", "SDJWTVC-8-04"],
    applies=_FOUND & when.type_has("display"),
    proven_by={
        "type-metadata:display-language-missing": "TYPE-METADATA-DISPLAY-LANGUAGE",
        "type-metadata:display-language-malformed": "TYPE-METADATA-DISPLAY-LANGUAGE",
        "type-metadata:display-name-missing": "TYPE-METADATA-DISPLAY-NAME",
        "type-metadata:display-description-number": "TYPE-METADATA-DISPLAY-DESCRIPTION",
    },
)
async def displays_have_language_and_name(type_metadata: ResolvedType, expect: Expect) -> None:
    """Each display of a type has a language tag and a name."""
    language = f"a language tag in {type_metadata.draft.language}"
    judge_documents(
        expect,
        type_metadata,
        Rule("display-language", "TYPE-METADATA-DISPLAY-LANGUAGE", language, "SDJWTVC-8-02"),
        Rule("display-name", "TYPE-METADATA-DISPLAY-NAME", "a name, a string", "SDJWTVC-8-03"),
        Rule("display-description", "TYPE-METADATA-DISPLAY-DESCRIPTION", "a string", "SDJWTVC-8-04"),
    )


@check(
    "type-metadata-rendering",
    requires=["SDJWTVC-8.1-01", "SDJWTVC-8.1.1-01", "SDJWTVC-8.1.1.1-01", "SDJWTVC-8.1.1.1-02"],
    applies=_FOUND & when.type_has("display"),
    proven_by={
        "type-metadata:rendering-array": "TYPE-METADATA-RENDERING",
        "type-metadata:rendering-simple-string": "TYPE-METADATA-RENDERING",
        "type-metadata:color-name": "TYPE-METADATA-COLOR",
        "type-metadata:logo-uri-missing": "TYPE-METADATA-LOGO",
        "type-metadata:logo-text-number": "TYPE-METADATA-LOGO-TEXT",
    },
)
async def renderings_are_objects(type_metadata: ResolvedType, expect: Expect) -> None:
    """``rendering`` has an object for each method; the simple one has RGB colours and a logo with a URI."""
    methods = "an object with an object for each rendering method"
    of_logo = [
        (document, [problem for problem in document.problems if (problem.pointer or "").endswith("/logo")])
        for document in readable(type_metadata)
    ]
    judge_documents(
        expect,
        type_metadata,
        Rule("rendering-object", "TYPE-METADATA-RENDERING", methods, "SDJWTVC-8.1-01"),
        Rule("color", "TYPE-METADATA-COLOR", "an RGB colour of CSS", "SDJWTVC-8.1.1-01"),
        Rule("image-text", "TYPE-METADATA-LOGO-TEXT", "a string", "SDJWTVC-8.1.1.1-02"),
    )
    for document, problems in of_logo:
        logo = Rule("image-uri", "TYPE-METADATA-LOGO", "an object with uri, a URI", "SDJWTVC-8.1.1.1-01")
        judge(expect, Place(document.exchange), problems, logo)


@check(
    "type-metadata-templates",
    requires=["SDJWTVC-8.1.2-01", "SDJWTVC-8.1.2-02", "SDJWTVC-8.1.2.1-01"],
    applies=_FOUND & when.type_has("display"),
    proven_by={
        "type-metadata:template-uri-missing": "TYPE-METADATA-TEMPLATE",
        "type-metadata:template-properties-missing": "TYPE-METADATA-TEMPLATE-PROPERTIES-MISSING",
        "type-metadata:template-properties-empty": "TYPE-METADATA-TEMPLATE-PROPERTIES",
        "type-metadata:template-orientation-unknown": "TYPE-METADATA-TEMPLATE-PROPERTIES",
    },
)
async def templates_can_be_chosen(type_metadata: ResolvedType, expect: Expect) -> None:
    """Each SVG template has a URI, and each of several says for which display it is made."""
    missing, wrong = "properties for each of several templates", "orientation, color_scheme or contrast as defined"
    judge_documents(
        expect,
        type_metadata,
        Rule("template-uri", "TYPE-METADATA-TEMPLATE", "an object with uri, a URI", "SDJWTVC-8.1.2-01"),
        Rule(
            "template-properties-missing", "TYPE-METADATA-TEMPLATE-PROPERTIES-MISSING", missing, "SDJWTVC-8.1.2-02"
        ),
        Rule(
            "template-properties template-property",
            "TYPE-METADATA-TEMPLATE-PROPERTIES",
            wrong,
            "SDJWTVC-8.1.2.1-01",
        ),
    )


@check(
    "type-metadata-placeholders",
    requires=["SDJWTVC-8.1.2.2-01", "SDJWTVC-8.1.2.2-02"],
    applies=_FOUND & when.svg_template,
    proven_by={
        "type-picture:placeholder-unknown": "TYPE-METADATA-PLACEHOLDER-UNKNOWN",
        "type-picture:placeholder-in-attribute": "TYPE-METADATA-PLACEHOLDER-PLACE",
        "type-picture:placeholder-in-comment": "TYPE-METADATA-PLACEHOLDER-PLACE",
        "type-metadata:svg-id-digit": "TYPE-METADATA-PLACEHOLDER-UNKNOWN",
    },
)
async def placeholders_name_claims(type_metadata: ResolvedType, expect: Expect) -> None:
    """The placeholders of SVG templates stand in text only and name an ``svg_id`` of the type."""
    left_open: list[str] = []
    for item in type_metadata.attachments:
        if item.referred.kind != "template" or item.content is None:
            continue
        try:
            found = svg_template.placeholders(item.content)
        except svg_template.SvgError as error:
            left_open.append(f"the template {item.referred.uri[:200]} cannot be read: {error.detail}")
            continue
        claims = type_metadata.claims_of(item.document).values()
        unknown = sorted(set(found.in_text) - {claim["svg_id"] for claim in claims if _has_svg_id(claim)})
        if unknown and type_metadata.missing:
            left_open.append(f"an extended type may define {', '.join(unknown)}: {type_metadata.missing}")
            unknown = []
        that = partial(expect.that, at=item.exchange)
        that(
            not unknown,
            "TYPE-METADATA-PLACEHOLDER-UNKNOWN",
            "placeholders that are an svg_id of the type",
            unknown,
            requirement="SDJWTVC-8.1.2.2-01",
        )
        that(
            not found.elsewhere,
            "TYPE-METADATA-PLACEHOLDER-PLACE",
            "placeholders in text only",
            found.elsewhere,
            requirement="SDJWTVC-8.1.2.2-02",
        )
    if left_open:
        raise Blocked("; ".join(left_open))


def _has_svg_id(claim: Mapping[str, Json]) -> bool:
    return isinstance(claim.get("svg_id"), str)


# Section 9: claims


@check(
    "type-metadata-claims",
    requires=["SDJWTVC-9-01", "SDJWTVC-9.1-01", "SDJWTVC-9.3-01"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={
        "type-metadata:claim-path-missing": "TYPE-METADATA-PATH-MISSING",
        "type-metadata:claim-path-empty": "TYPE-METADATA-PATH",
        "type-metadata:claim-path-string": "TYPE-METADATA-PATH",
        "type-metadata:claim-sd-unknown": "TYPE-METADATA-SD",
    },
)
async def claims_have_paths(type_metadata: ResolvedType, expect: Expect) -> None:
    """Each claim metadata object has a path, and a defined ``sd`` if any."""
    path = "a non-empty array of strings, nulls and non-negative integers"
    judge_documents(
        expect,
        type_metadata,
        Rule("claim-path-missing", "TYPE-METADATA-PATH-MISSING", "a path", "SDJWTVC-9-01"),
        Rule("claim-path-form", "TYPE-METADATA-PATH", path, "SDJWTVC-9.1-01"),
        Rule("claim-sd", "TYPE-METADATA-SD", "always, allowed or never", "SDJWTVC-9.3-01"),
    )


@check(
    "type-metadata-svg-ids",
    requires=["SDJWTVC-9-02", "SDJWTVC-9-03"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={
        "type-metadata:svg-id-repeated": "TYPE-METADATA-SVG-ID-REPEATED",
        "type-metadata:svg-id-digit": "TYPE-METADATA-SVG-ID",
    },
)
async def svg_ids_are_names(type_metadata: ResolvedType, expect: Expect) -> None:
    """An ``svg_id`` is a name of letters, digits and underscores, and stands once in a document."""
    name = "letters, digits and underscores, no digit first"
    judge_documents(
        expect,
        type_metadata,
        Rule("svg-id-repeated", "TYPE-METADATA-SVG-ID-REPEATED", "an svg_id of its own", "SDJWTVC-9-02"),
        Rule("svg-id", "TYPE-METADATA-SVG-ID", name, "SDJWTVC-9-03"),
    )


@check(
    "type-metadata-claim-display",
    requires=["SDJWTVC-9.2-01", "SDJWTVC-9.2-02", "SDJWTVC-9.2-03", "SDJWTVC-9-04"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={
        "type-metadata:claim-language-missing": "TYPE-METADATA-CLAIM-LANGUAGE",
        "type-metadata:claim-label-missing": "TYPE-METADATA-CLAIM-LABEL",
        "type-metadata:claim-description-number": "TYPE-METADATA-CLAIM-DESCRIPTION",
        "type-metadata:claim-display-object": "TYPE-METADATA-CLAIM-DISPLAY",
    },
)
async def claims_are_shown_by_language_and_label(type_metadata: ResolvedType, expect: Expect) -> None:
    """Each display of a claim has a language tag and a label."""
    language = f"a language tag in {type_metadata.draft.language}"
    judge_documents(
        expect,
        type_metadata,
        Rule("claim-display-language", "TYPE-METADATA-CLAIM-LANGUAGE", language, "SDJWTVC-9.2-01"),
        Rule("claim-display-label", "TYPE-METADATA-CLAIM-LABEL", "a label, a string", "SDJWTVC-9.2-02"),
        Rule("claim-display-description", "TYPE-METADATA-CLAIM-DESCRIPTION", "a string", "SDJWTVC-9.2-03"),
        Rule("claim-display-array", "TYPE-METADATA-CLAIM-DISPLAY", "an array of objects", "SDJWTVC-9-04"),
    )


@check(
    "type-metadata-claim-languages",
    requires=["SDJWTVC-9.2-04"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={"type-metadata:claim-language-left-out": "TYPE-METADATA-CLAIM-LANGUAGES"},
)
async def claims_are_shown_in_the_languages_of_the_type(type_metadata: ResolvedType, expect: Expect) -> None:
    """A claim that is shown is shown in every language in which its type is."""
    every = "a display in each language of the type"
    rule = Rule("claim-display-incomplete", "TYPE-METADATA-CLAIM-LANGUAGES", every, "SDJWTVC-9.2-04")
    judge_documents(expect, type_metadata, rule)


# Section 9: the credential against the claim metadata of its type


@check(
    "type-metadata-paths",
    requires=["SDJWTVC-9.1-02"],
    applies=_FOUND & when.type_has("claims"),
    proven_by={"type-metadata:claim-path-astray": "TYPE-METADATA-PATH-ASTRAY"},
)
async def paths_fit_the_credential(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """The paths of the claim metadata can be followed in the credential; they may select nothing."""
    readable(type_metadata)
    astray = []
    for path in type_metadata.claims:
        try:
            claims_path.select(credential.vc.claims, list(path))
        except claims_path.ClaimsPathError as error:
            if error.kind != "path-selects-nothing":
                astray.append(f"{list(path)}: {error.detail}")
    expect.that(
        not astray,
        "TYPE-METADATA-PATH-ASTRAY",
        "paths that fit the claims",
        "; ".join(astray),
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "type-metadata-always-disclosable",
    requires=["SDJWTVC-9.3-02"],
    applies=_BEFORE_18 & when.type_metadata & when.claim_rule("sd", ALWAYS),
    proven_by={"sd-jwt:type-always-plain": "TYPE-METADATA-ALWAYS"},
)
async def what_is_always_disclosable_is(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """A claim whose ``sd`` is ``always`` can be withheld, by itself or with what it stands in."""
    expect_disclosable(type_metadata, credential, expect, "a Disclosure with the claim")


@check(
    "type-metadata-never-disclosable",
    requires=["SDJWTVC-9.3-03"],
    applies=_FOUND & when.claim_rule("sd", NEVER),
    proven_by={"sd-jwt:type-never-disclosed": "TYPE-METADATA-NEVER"},
)
async def what_is_never_disclosable_is_not(
    type_metadata: ResolvedType, credential: IssuedCredential, expect: Expect
) -> None:
    """A claim whose ``sd`` is ``never`` has no Disclosure of its own."""
    disclosed = credential.vc.sd_jwt.disclosed
    hidden = [place for place in places(type_metadata, credential, NEVER) if place in disclosed]
    expect.that(
        not hidden,
        "TYPE-METADATA-NEVER",
        "claims in plain text",
        f"a Disclosure for {', '.join(hidden)}",
        at=credential.exchange,
        pointer=at(credential).inside(hidden[0]) if hidden else None,
    )
