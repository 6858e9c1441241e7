"""Faults of Type Metadata, of what they refer to, and of credentials against their type (SD-JWT VC 6 to 9).

Faults of documents spoil those of the identity type, which extends the type of persons, unless they say otherwise.
"""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.defects.disclosures import contents, embed
from harness.reference.documents import Reply, Text
from harness.reference.encoding import Twin, encoded_json
from harness.reference.faults import Spoiler, fault
from harness.reference.sd_jwt import SdJwt, digest
from harness.reference.type_metadata import Described, Picture, integrity

JsonObject = dict[str, Any]


def _of(draft: Described, name: str = "identity") -> JsonObject:
    """Give the members of the document, or some that belong to nothing where it is another."""
    return draft.members if draft.name == name else {}


def _change(identifier: str, description: str, place: tuple[str | int, ...], value: Any = None) -> None:
    """Register a fault that sets the member at a place of the identity type, or removes it for ``None``."""

    def spoil(draft: Described, _: Context) -> None:
        target: Any = _of(draft)
        if not target:
            return
        for name in place[:-1]:
            target = target[name]
        if value is None:
            del target[place[-1]]
        else:
            target[place[-1]] = value

    fault(identifier, description)(spoil)


_DISPLAY = ("display", 0)
_SIMPLE = (*_DISPLAY, "rendering", "simple")
_TEMPLATE = (*_DISPLAY, "rendering", "svg_template", 0)
_CLAIM = ("claims", 0)
_OTHER_HASH = integrity("something else")
"""Well-formed integrity metadata of another document."""

# The document and its type

_change("type-metadata:vct-missing", "There is no vct.", ("vct",))
_change("type-metadata:vct-number", "The vct is a number.", ("vct",), 42)
_change("type-metadata:vct-other", "The vct is another type.", ("vct",), "https://types.assay.test/other")
_change("type-metadata:name-number", "The name is a number.", ("name",), 42)
_change("type-metadata:description-array", "The description is an array.", ("description",), ["Proof"])
_change("type-metadata:extends-not-uri", "The extended type is named by a word.", ("extends",), "person")
_change("type-metadata:display-object", "The display is an object.", ("display",), {"name": "Identity"})


@fault("type-metadata:duplicate-key")
def duplicate_key(draft: Described, _: Context) -> None:
    """The name stands twice."""
    members = _of(draft)
    if members:
        members[Twin("name")] = members["name"]


@fault("type-metadata:claims-strings")
def claims_strings(draft: Described, _: Context) -> None:
    """One of the claims is a string."""
    _of(draft).get("claims", []).append("nationalities")


@fault("type-metadata:extends-cycle")
def extends_cycle(draft: Described, context: Context) -> None:
    """The type of persons extends the identity type, which extends it."""
    members = _of(draft, "person")
    if members:
        members["extends"] = f"{context.issuer_url}/types/identity"


@fault("type-metadata:extends-itself")
def extends_itself(draft: Described, _: Context) -> None:
    """The type of persons extends itself."""
    members = _of(draft, "person")
    if members:
        members["extends"] = members["vct"]


@fault("type-metadata:extends-unreachable")
def extends_unreachable(draft: Described, _: Context) -> None:
    """The extended type is a URN, and a claim that the template shows is described there only."""
    members = _of(draft)
    if members:
        members["extends"] = "urn:assay:person"
        del members["extends#integrity"], members["claims"][0]


@fault("type-metadata-response:array")
def response_array(reply: Reply, _: Context) -> None:
    """Type Metadata come in an array."""
    reply.body = Text(f"[{reply.body}]")


@fault("type-metadata-response:garbled")
def response_garbled(reply: Reply, _: Context) -> None:
    """Type Metadata break off."""
    reply.body = Text(reply.body[:-1])


@fault("type-metadata-response:status-201")
def response_status(reply: Reply, _: Context) -> None:
    """Type Metadata come with status 201."""
    reply.status = 201


@fault("type-metadata-response:content-type")
def response_content_type(reply: Reply, _: Context) -> None:
    """Type Metadata come as plain text."""
    reply.headers["Content-Type"] = "text/plain"


# Integrity

_change(
    "type-metadata:extends-integrity-other",
    "The hash beside extends is of another document.",
    ("extends#integrity",),
    _OTHER_HASH,
)
_change(
    "type-metadata:extends-integrity-form",
    "The hash beside extends is in hexadecimal.",
    ("extends#integrity",),
    "sha256-" + "0a" * 32,
)
_change(
    "type-metadata:logo-integrity-other",
    "The hash of the logo is of another image.",
    (*_SIMPLE, "logo", "uri#integrity"),
    _OTHER_HASH,
)
_change(
    "type-metadata:logo-integrity-form",
    "The hash of the logo names no algorithm.",
    (*_SIMPLE, "logo", "uri#integrity"),
    _OTHER_HASH.removeprefix("sha256-"),
)
_change(
    "type-metadata:template-integrity-other",
    "The hash of a template is of another template.",
    (*_TEMPLATE, "uri#integrity"),
    _OTHER_HASH,
)
_change(
    "type-metadata:schema-integrity-other",
    "The hash of the schema is of another schema.",
    ("schema_uri#integrity",),
    _OTHER_HASH,
)


@fault("sd-jwt:vct-integrity-other")
def vct_integrity_other(sd_jwt: SdJwt, _: Context) -> None:
    """The vct#integrity is of another document."""
    sd_jwt.payload["vct#integrity"] = _OTHER_HASH


@fault("sd-jwt:vct-integrity-hexadecimal")
def vct_integrity_hexadecimal(sd_jwt: SdJwt, _: Context) -> None:
    """The vct#integrity is a hash in hexadecimal."""
    sd_jwt.payload["vct#integrity"] = "sha256-" + "0a" * 32


@fault("sd-jwt:vct-integrity-number")
def vct_integrity_number(sd_jwt: SdJwt, _: Context) -> None:
    """The vct#integrity is a number."""
    sd_jwt.payload["vct#integrity"] = 256


# Schemas

_change("type-metadata:schema-twice", "There are schema and schema_uri.", ("schema",), {"type": "object"})
_change(
    "type-metadata:schema-uri-relative",
    "The schema_uri is a path.",
    ("schema_uri",),
    "/types/identity.schema.json",
)


@fault("type-metadata:schema-uri-dead")
def schema_uri_dead(draft: Described, _: Context) -> None:
    """There is nothing at schema_uri."""
    members = _of(draft)
    if members:
        members["schema_uri"] = members["schema_uri"].replace("identity.schema", "nothing.schema")


@fault("type-metadata:schema-string")
def schema_string(draft: Described, _: Context) -> None:
    """The schema of the type of persons is a string."""
    members = _of(draft, "person")
    if members:
        members["schema"] = "none"


@fault("type-schema:draft-07")
def schema_draft_07(draft: Described, _: Context) -> None:
    """The schema is one of draft 07."""
    draft.members["$schema"] = "http://json-schema.org/draft-07/schema#"


@fault("type-schema:not-json")
def schema_not_json(draft: Described, _: Context) -> None:
    """The schema that the type refers to has a bracket too many."""
    if draft.name == "identity.schema":
        draft.appended = "}"


@fault("type-schema:type-unknown")
def schema_type_unknown(draft: Described, _: Context) -> None:
    """The schema uses a type that JSON Schema does not have."""
    draft.members["properties"]["vct"]["type"] = "text"


@fault("type-schema:claim-missing")
def schema_claim_missing(draft: Described, _: Context) -> None:
    """The schema requires a claim that credentials do not have."""
    draft.members["required"].append("personal_number")


@fault("type-schema:birthdate-number")
def schema_birthdate_number(draft: Described, _: Context) -> None:
    """The schema wants the date of birth to be a number."""
    if "birthdate" in draft.members["properties"]:
        draft.members["properties"]["birthdate"] = {"type": "number"}


# Display

_change("type-metadata:display-language-missing", "A display has no language.", (*_DISPLAY, "lang"))
_change(
    "type-metadata:display-language-malformed",
    "The language of a display is a word.",
    (*_DISPLAY, "lang"),
    "en_GB!",
)
_change("type-metadata:display-name-missing", "A display has no name.", (*_DISPLAY, "name"))
_change(
    "type-metadata:display-description-number",
    "The description of a display is a number.",
    (*_DISPLAY, "description"),
    42,
)
_change("type-metadata:rendering-array", "The rendering is an array.", (*_DISPLAY, "rendering"), [{"simple": {}}])
_change("type-metadata:rendering-simple-string", "The simple rendering is a string.", _SIMPLE, "logo.svg")
_change("type-metadata:color-name", "The text colour is a name.", (*_SIMPLE, "text_color"), "white")
_change("type-metadata:logo-uri-missing", "The logo has no uri.", (*_SIMPLE, "logo", "uri"))
_change(
    "type-metadata:logo-text-number", "The alt_text of the logo is a number.", (*_SIMPLE, "logo", "alt_text"), 42
)
_change(
    "type-metadata:background-image-uri-missing",
    "The background image has no uri.",
    (*_SIMPLE, "background_image", "uri"),
)
_change("type-metadata:template-uri-missing", "A template has no uri.", (*_TEMPLATE, "uri"))
_change(
    "type-metadata:template-properties-missing",
    "One of two templates has no properties.",
    (*_TEMPLATE, "properties"),
)
_change(
    "type-metadata:template-properties-empty",
    "The properties of a template are empty.",
    (*_TEMPLATE, "properties"),
    {},
)
_change(
    "type-metadata:template-orientation-unknown",
    "The orientation of a template is not defined.",
    (*_TEMPLATE, "properties", "orientation"),
    "square",
)


def _picture(identifier: str, description: str, addition: str) -> None:
    """Register a fault that adds something to the light template."""

    def spoil(picture: Picture, _: Context) -> None:
        if picture.name == "card-light.svg":
            picture.content = picture.content.replace("</svg>", f"{addition}</svg>")

    fault(identifier, description)(spoil)


_picture(
    "type-picture:placeholder-unknown", "A placeholder names no claim.", '<text y="140">{{personal_number}}</text>'
)
_picture(
    "type-picture:placeholder-in-attribute",
    "A placeholder stands in an attribute.",
    '<text y="140" id="{{given_name}}"></text>',
)
_picture("type-picture:placeholder-in-comment", "A placeholder stands in a comment.", "<!-- {{given_name}} -->")

# Claims

_change("type-metadata:claim-path-missing", "A claim has no path.", ("claims", 4, "path"))
_change("type-metadata:claim-path-empty", "The path of a claim is empty.", ("claims", 4, "path"), [])
_change(
    "type-metadata:claim-path-string", "The path of a claim is a string.", ("claims", 4, "path"), "place_of_birth"
)
_change(
    "type-metadata:claim-path-astray",
    "A path goes into a claim that is a string.",
    ("claims", 4, "path"),
    ["birthdate", "year"],
)
_change("type-metadata:claim-sd-unknown", "The sd of a claim is not defined.", (*_CLAIM, "sd"), "sometimes")
_change("type-metadata:claim-sd-missing", "A claim has no sd.", ("claims", 4, "sd"))
_change(
    "type-metadata:mandatory-string", "The mandatory of a claim is a string.", ("claims", 4, "mandatory"), "true"
)
_change(
    "type-metadata:mandatory-dropped",
    "A claim is no longer mandatory as in the extended type.",
    ("claims", 1, "mandatory"),
    False,
)
_change(
    "type-metadata:always-inside",
    "A claim that can only be withheld with the address is said to be selectively disclosable.",
    ("claims", 3, "sd"),
    "always",
)
_change("type-metadata:svg-id-digit", "An svg_id begins with a digit.", (*_CLAIM, "svg_id"), "1st_name")
_change("type-metadata:svg-id-repeated", "Two claims have one svg_id.", ("claims", 2, "svg_id"), "given_name")
_change("type-metadata:claim-language-missing", "A claim is shown in no language.", (*_CLAIM, *_DISPLAY, "lang"))
_change("type-metadata:claim-label-missing", "A claim has no label.", (*_CLAIM, *_DISPLAY, "label"))
_change(
    "type-metadata:claim-description-number",
    "The description of a claim is a number.",
    (*_CLAIM, *_DISPLAY, "description"),
    42,
)
_change(
    "type-metadata:claim-display-object",
    "The display of a claim is an object.",
    (*_CLAIM, "display"),
    {"lang": "en"},
)
_change(
    "type-metadata:claim-language-left-out", "A claim is shown in one of two languages.", (*_CLAIM, "display", 1)
)


@fault("type-metadata:sd-changed")
def sd_changed(draft: Described, _: Context) -> None:
    """A claim that is never disclosable in the extended type is always so in this one."""
    _of(draft).get("claims", []).append({"path": ["age_equal_or_over"], "sd": "always"})


# Credentials against their type


def _reveal(sd_jwt: SdJwt, claim: str) -> dict[str, Any]:
    """Take a claim of the top level out of the Disclosures and give its name and value; nothing without one."""
    digests = sd_jwt.payload.get("_sd", [])
    for disclosure in sd_jwt.disclosures:
        hidden = digest(disclosure, sd_jwt.hash_name)
        if hidden in digests and contents(disclosure)[1] == claim:
            sd_jwt.disclosures.remove(disclosure)
            digests.remove(hidden)
            return {claim: contents(disclosure)[2]}
    return {}


def _hide(sd_jwt: SdJwt, claim: str, salt: str) -> None:
    """Make a claim of the payload selectively disclosable."""
    if claim in sd_jwt.payload:
        embed(sd_jwt, encoded_json([salt, claim, sd_jwt.payload.pop(claim)]))


@fault("sd-jwt:type-always-plain")
def type_always_plain(sd_jwt: SdJwt, _: Context) -> None:
    """A claim that the type calls selectively disclosable stands in plain text."""
    sd_jwt.payload |= _reveal(sd_jwt, "family_name")


@fault("sd-jwt:type-never-disclosed")
def type_never_disclosed(sd_jwt: SdJwt, context: Context) -> None:
    """A claim that the type wants in plain text is selectively disclosable."""
    _hide(sd_jwt, "issuing_country", context.secret())


@fault("sd-jwt:type-mandatory-missing")
def type_mandatory_missing(sd_jwt: SdJwt, _: Context) -> None:
    """A claim that the type calls mandatory is missing."""
    _reveal(sd_jwt, "address")


# Further types


def _further_types(identifier: str, description: str, value: Any) -> Spoiler:
    def spoil(sd_jwt: SdJwt, _: Context) -> None:
        if "aka_vcts" in sd_jwt.payload:
            sd_jwt.payload["aka_vcts"] = value(sd_jwt.payload)

    return fault(identifier, description)(spoil)


_further_types("sd-jwt:aka-vcts-empty", "The aka_vcts are empty.", lambda _: [])
_further_types("sd-jwt:aka-vcts-string", "The aka_vcts are a string.", lambda payload: payload["aka_vcts"][0])
_further_types(
    "sd-jwt:aka-vcts-own", "The vct is among the aka_vcts.", lambda payload: [*payload["aka_vcts"], payload["vct"]]
)


@fault("sd-jwt:aka-vcts-disclosed")
def aka_vcts_disclosed(sd_jwt: SdJwt, context: Context) -> None:
    """The aka_vcts are selectively disclosable."""
    _hide(sd_jwt, "aka_vcts", context.secret())
