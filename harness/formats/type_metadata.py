"""SD-JWT VC Type Metadata: one document (draft-ietf-oauth-sd-jwt-vc-11 sections 6 to 9).

Where drafts differ, :class:`~harness.formats.sd_jwt_vc_drafts.Draft` says how. Properties that are not known are
passed over. Pointers lead into the document.

Problems:

- ``duplicate-name``: a member name stands twice in one object (found by ``strict_json``).
- ``vct-missing``, ``vct-type``: no ``vct``, or one that is no string (draft 18 section 4.2).
- ``text-type``: ``name`` or ``description`` is no string (6.2).
- ``extends-uri``: ``extends`` is no URI (6.2).
- ``integrity-form``: a member ``...#integrity`` is no integrity metadata (7).
- ``display-array``: ``display`` is no array of objects (6.2).
- ``display-language``: a display has no language tag (8).
- ``display-name``: a display has no ``name`` that is a string (8).
- ``display-description``: its ``description`` is no string (8).
- ``rendering-object``: ``rendering`` or one of its methods is not of the right type (8.1).
- ``image-uri``: an image is no object with ``uri``, a URI (8.1.1.1).
- ``image-text``: its ``alt_text`` is no string (8.1.1.1).
- ``color``: a colour is no RGB value (8.1.1).
- ``template-uri``: an SVG template is no object with ``uri``, a URI (8.1.2).
- ``template-properties-missing``: there are several templates, and one has no ``properties`` (8.1.2).
- ``template-properties``: ``properties`` has none of the three members (8.1.2.1).
- ``template-property``: one of the three has a value that is not defined (8.1.2.1).
- ``claims-array``: ``claims`` is no array of objects (6.2).
- ``claim-path-missing``, ``claim-path-form``: there is no ``path``, or none that selects anything (9, 9.1).
- ``claim-display-array``: the ``display`` of a claim is no array of objects (9).
- ``claim-display-language``: a display of a claim has no language tag (9.2).
- ``claim-display-label``: it has no ``label`` that is a string (9.2).
- ``claim-display-description``: its ``description`` is no string (9.2).
- ``claim-display-incomplete``: a language of the type's own ``display`` is missing (9.2). Any tag of the same
  primary language counts.
- ``claim-sd``: ``sd`` is none of the defined values (9.3).
- ``claim-mandatory``: ``mandatory`` is no boolean (draft 18 section 4.6).
- ``svg-id``: ``svg_id`` has other characters than letters, digits and underscores, or a digit first (9).
- ``svg-id-repeated``: another claim of the document has the same ``svg_id`` (9).
- ``schema-twice``: both ``schema`` and ``schema_uri`` (6.2).
- ``schema-type``: ``schema`` is no JSON Schema, which is an object or a boolean (6.5.1).
- ``schema-uri``: ``schema_uri`` is no URL (6.2).

Errors, :class:`TypeMetadataError`:

- ``not-json``: the document is not readable JSON.
- ``not-object``: it is JSON, but no object (6.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from harness.formats import claims_path, integrity, strict_json, text
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.formats.sd_jwt_vc_drafts import Draft
from harness.formats.strict_json import pointer
from harness.model import Json

ALWAYS, ALLOWED, NEVER = "always", "allowed", "never"
"""Values of ``sd`` (9.3)."""
_TEMPLATE_PROPERTIES = {
    "orientation": ("portrait", "landscape"),
    "color_scheme": ("light", "dark"),
    "contrast": ("normal", "high"),
}
_SVG_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_PROBLEMS = 200

Path = tuple[str | int | None, ...]
"""A claim path (9.1)."""


class TypeMetadataError(FormatError):
    """The document is no Type Metadata at all."""


@dataclass(frozen=True)
class Referred:
    """What a document refers to by a URI: a schema, an SVG template or another image."""

    kind: str
    """``schema``, ``template`` or ``image``."""
    uri: str
    integrity: Json
    """Its integrity metadata as they stand there; ``None`` without."""
    pointer: str
    """Where the URI stands."""


@dataclass(frozen=True)
class TypeMetadata:
    """A Type Metadata document as read."""

    members: Mapping[str, Json]
    claims: Mapping[Path, Mapping[str, Json]]
    """Claim metadata by their well-formed path, in the order of the document; of one path the last."""
    referred: tuple[Referred, ...]
    problems: tuple[Problem, ...]

    @property
    def extends(self) -> str | None:
        """The type that this one extends; ``None`` without one that is a URI."""
        found = self.members.get("extends")
        return found if text.is_uri(found) else None


def read(content: bytes | str, draft: Draft) -> TypeMetadata:
    """Read a Type Metadata document.

    Args:
        content: as it came.
        draft: the one that it has to follow.

    Raises:
        TypeMetadataError: it is no JSON object.

    """
    try:
        document = strict_json.parse(content)
    except strict_json.JsonError as error:
        raise TypeMetadataError("not-json", f"no JSON that can be read: {error.detail}") from None
    members = document.value
    if not isinstance(members, dict):
        raise TypeMetadataError("not-object", f"the document is {json_type(members)}, not an object")
    found = islice(_problems(members, draft), _MAX_PROBLEMS)
    claims = {tuple(claim["path"]): claim for claim in _objects(members.get("claims")) if _has_path(claim)}
    return TypeMetadata(members, claims, tuple(_referred(members, draft)), (*document.problems, *found))


def _objects(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _has_path(claim: Mapping[str, Json]) -> bool:
    return claims_path.well_formed(claim.get("path"))


def _problems(members: Mapping[str, Json], draft: Draft) -> Iterator[Problem]:
    if "vct" not in members:
        yield Problem("vct-missing", "there is no vct", "")
    elif not isinstance(members["vct"], str):
        yield Problem("vct-type", f"vct is {json_type(members['vct'])}", "/vct")
    yield from _strings(members, ("name", "description"), "text-type", "")
    if "extends" in members and not text.is_uri(members["extends"]):
        yield Problem("extends-uri", f"extends is {shown(members['extends'])}", "/extends")
    yield from _integrity_of(members, "extends", "")
    if draft.schemas:
        yield from _of_schema(members)
    displays = members.get("display", [])
    if not _is_array_of_objects(displays):
        yield Problem("display-array", f"display is {shown(displays)}", "/display")
    for index, display in _numbered(displays):
        yield from _of_display(display, f"/display/{index}", draft)
    claims = members.get("claims", [])
    if not _is_array_of_objects(claims):
        yield Problem("claims-array", f"claims is {shown(claims)}", "/claims")
    yield from _of_claims(_numbered(claims), _languages(displays, draft), draft)


def _is_array_of_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _numbered(value: Json) -> list[tuple[int, dict[str, Json]]]:
    items = enumerate(value) if isinstance(value, list) else ()
    return [(index, item) for index, item in items if isinstance(item, dict)]


def _strings(members: Mapping[str, Json], names: Sequence[str], kind: str, place: str) -> Iterator[Problem]:
    for name in names:
        if name in members and not isinstance(members[name], str):
            yield Problem(kind, f"{name} is {json_type(members[name])}", place + pointer(name))


def _integrity_of(members: Mapping[str, Json], name: str, place: str) -> Iterator[Problem]:
    member = f"{name}#integrity"
    if member in members and not integrity.hashes(members[member]):
        yield Problem("integrity-form", f"{member} is {shown(members[member])}", place + pointer(member))


# Schemas


def _of_schema(members: Mapping[str, Json]) -> Iterator[Problem]:
    if "schema" in members and "schema_uri" in members:
        yield Problem("schema-twice", "there are both schema and schema_uri", "")
    if not isinstance(members.get("schema", {}), (dict, bool)):
        yield Problem("schema-type", f"schema is {json_type(members['schema'])}", "/schema")
    if "schema_uri" in members and not _is_url(members["schema_uri"]):
        yield Problem("schema-uri", f"schema_uri is {shown(members['schema_uri'])}", "/schema_uri")
    yield from _integrity_of(members, "schema_uri", "")


def _is_url(value: Json) -> bool:
    return text.is_https_url(value) or text.is_http_url(value)


# Display and rendering


def _of_display(display: Mapping[str, Json], place: str, draft: Draft) -> Iterator[Problem]:
    yield from _of_language(display, place, "display-language", draft)
    if not isinstance(display.get("name"), str):
        yield Problem("display-name", "there is no name that is a string", place)
    yield from _strings(display, ("description",), "display-description", place)
    rendering = display.get("rendering", {})
    if not isinstance(rendering, dict):
        yield Problem("rendering-object", f"rendering is {json_type(rendering)}", f"{place}/rendering")
        return
    for method, value in rendering.items():
        yield from _of_method(method, value, f"{place}/rendering{pointer(method)}", draft)


def _of_language(display: Mapping[str, Json], place: str, kind: str, draft: Draft) -> Iterator[Problem]:
    if draft.language not in display:
        yield Problem(kind, f"there is no {draft.language}", place)
    elif not text.is_language_tag(display[draft.language]):
        yield Problem(kind, f"{draft.language} is {shown(display[draft.language])}", f"{place}/{draft.language}")


def _of_method(method: str, value: Json, place: str, draft: Draft) -> Iterator[Problem]:
    if method in draft.templates:
        # Section 8.1 has an object for each method, section 8.1.2 an array for this one.
        if not isinstance(value, dict) and not _is_array_of_objects(value):
            yield Problem("rendering-object", f"{method} is {shown(value)}", place)
        templates = _numbered(value)
        for index, template in templates:
            yield from _of_template(template, f"{place}/{index}", several=len(templates) > 1)
    elif not isinstance(value, dict):
        # Nothing is known of another method but that it has properties.
        if method == "simple" or not isinstance(value, list):
            yield Problem("rendering-object", f"{method} is {json_type(value)}", place)
    elif method == "simple":
        yield from _of_simple(value, place, draft)


def _of_simple(value: Mapping[str, Json], place: str, draft: Draft) -> Iterator[Problem]:
    for name in draft.images:
        if name in value:
            yield from _of_image(value[name], f"{place}/{name}")
    for name in ("background_color", "text_color"):
        if name in value and not text.is_numerical_color(value[name]):
            yield Problem("color", f"{name} is {shown(value[name])}", f"{place}/{name}")


def _of_image(image: Json, place: str) -> Iterator[Problem]:
    if not isinstance(image, dict) or not text.is_uri(image.get("uri")):
        yield Problem("image-uri", f"the image is {shown(image)}", place)
    if isinstance(image, dict):
        yield from _integrity_of(image, "uri", place)
        yield from _strings(image, ("alt_text",), "image-text", place)


def _of_template(template: Mapping[str, Json], place: str, *, several: bool) -> Iterator[Problem]:
    if not text.is_uri(template.get("uri")):
        yield Problem("template-uri", f"uri is {shown(template.get('uri'))}", place)
    yield from _integrity_of(template, "uri", place)
    if "properties" not in template:
        if several:
            yield Problem("template-properties-missing", "one of several templates has no properties", place)
        return
    properties, place = template["properties"], f"{place}/properties"
    if not isinstance(properties, dict) or not set(properties) & set(_TEMPLATE_PROPERTIES):
        yield Problem("template-properties", f"properties is {shown(properties)}", place)
        return
    for name, values in _TEMPLATE_PROPERTIES.items():
        if name in properties and properties[name] not in values:
            yield Problem("template-property", f"{name} is {shown(properties[name])}", f"{place}/{name}")


# Claims


def _of_claims(
    claims: Sequence[tuple[int, Mapping[str, Json]]], languages: Mapping[str, str], draft: Draft
) -> Iterator[Problem]:
    svg_ids: set[str] = set()
    for index, claim in claims:
        place = f"/claims/{index}"
        if "path" not in claim:
            yield Problem("claim-path-missing", "there is no path", place)
        elif not _has_path(claim):
            yield Problem("claim-path-form", f"path is {shown(claim['path'])}", f"{place}/path")
        yield from _of_claim_displays(claim, place, languages, draft)
        if "sd" in claim and claim["sd"] not in (ALWAYS, ALLOWED, NEVER):
            yield Problem("claim-sd", f"sd is {shown(claim['sd'])}", f"{place}/sd")
        if draft.mandatory and not isinstance(claim.get("mandatory", False), bool):
            yield Problem("claim-mandatory", f"mandatory is {shown(claim['mandatory'])}", f"{place}/mandatory")
        if "svg_id" in claim:
            yield from _of_svg_id(claim["svg_id"], f"{place}/svg_id", svg_ids)


def _of_svg_id(svg_id: Json, place: str, seen: set[str]) -> Iterator[Problem]:
    if not isinstance(svg_id, str) or not _SVG_ID.fullmatch(svg_id):
        yield Problem("svg-id", f"svg_id is {shown(svg_id)}", place)
        return
    if svg_id in seen:
        yield Problem("svg-id-repeated", f"svg_id {shown(svg_id)} stands at another claim, too", place)
    seen.add(svg_id)


def _of_claim_displays(
    claim: Mapping[str, Json], place: str, languages: Mapping[str, str], draft: Draft
) -> Iterator[Problem]:
    if "display" not in claim:
        return
    displays, place = claim["display"], f"{place}/display"
    if not _is_array_of_objects(displays):
        yield Problem("claim-display-array", f"display is {shown(displays)}", place)
        return
    for index, display in enumerate(displays):
        here = f"{place}/{index}"
        yield from _of_language(display, here, "claim-display-language", draft)
        if not isinstance(display.get("label"), str):
            yield Problem("claim-display-label", "there is no label that is a string", here)
        yield from _strings(display, ("description",), "claim-display-description", here)
    own = _languages(displays, draft)
    missing = [tag for primary, tag in languages.items() if primary not in own]
    # Where a language tag is missing or malformed, that says it all.
    if missing and len(own) and all(text.is_language_tag(item.get(draft.language)) for item in displays):
        yield Problem("claim-display-incomplete", f"there is no display in {', '.join(missing)}", place)


def _languages(displays: Json, draft: Draft) -> dict[str, str]:
    """Give the well-formed language tags of displays by their primary language, in lower case."""
    tags = [display.get(draft.language) for display in _objects(displays)]
    return {tag.lower().split("-")[0]: tag for tag in tags if isinstance(tag, str) and text.is_language_tag(tag)}


# What is referred to


def _referred(members: Mapping[str, Json], draft: Draft) -> Iterator[Referred]:
    if draft.schemas and "schema" not in members and _is_url(members.get("schema_uri")):
        yield _reference("schema", members, "schema_uri", "")
    for index, display in _numbered(members.get("display")):
        rendering = display.get("rendering")
        for method, value in rendering.items() if isinstance(rendering, dict) else ():
            place = f"/display/{index}/rendering{pointer(method)}"
            if method in draft.templates:
                for number, template in _numbered(value):
                    if text.is_uri(template.get("uri")):
                        yield _reference("template", template, "uri", f"{place}/{number}")
            elif method == "simple" and isinstance(value, dict):
                for name in draft.images:
                    image = value.get(name)
                    if isinstance(image, dict) and text.is_uri(image.get("uri")):
                        yield _reference("image", image, "uri", f"{place}/{name}")


def _reference(kind: str, members: Mapping[str, Any], name: str, place: str) -> Referred:
    return Referred(kind, members[name], members.get(f"{name}#integrity"), place + pointer(name))
