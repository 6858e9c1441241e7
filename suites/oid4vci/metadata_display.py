"""``credential_metadata``: what OpenID4VCI 1.0 section 12.2.4 says of how a credential is shown.

The checks look at every configuration in the metadata. Before draft 16, ``display`` stands in it by itself.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.formats import text
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of, usage_of, usages_of

check = area("Credential Issuer Metadata")

_OF_DRAFTS = ("VCI15-11.2.3-18", "VCID14-10.2.3-16", "VCI13-11.2.3-19")


@check(
    "metadata-credential-display",
    requires=[
        "VCI-12.2.4-41",
        "VCI-12.2.4-39",
        "VCI-12.2.4-40",
        *_OF_DRAFTS,
        "VCI-12.2.4-44",
        "VCI-12.2.4-45",
        "VCI-12.2.4-46",
        "VCI-12.2.4-47",
        "VCI-12.2.4-48",
        "VCI-12.2.4-49",
    ],
    proven_by={
        "draft-metadata:credential-display-strings": "METADATA-CREDENTIAL-DISPLAY",
        "metadata:credential-metadata-array": "METADATA-CREDENTIAL-METADATA-TYPE",
        "metadata:credential-display-empty": "METADATA-CREDENTIAL-DISPLAY",
        "metadata:credential-display-name-missing": "METADATA-CREDENTIAL-DISPLAY-NAME",
        "metadata:credential-display-description-number": "METADATA-CREDENTIAL-DISPLAY-DESCRIPTION",
        "metadata:credential-logo-without-uri": "METADATA-CREDENTIAL-DISPLAY-IMAGE",
        "metadata:background-image-without-uri": "METADATA-CREDENTIAL-DISPLAY-IMAGE",
        "metadata:background-color-named": "METADATA-CREDENTIAL-DISPLAY-COLOR",
    },
    applies=when.described_credentials,
)
async def credentials_are_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display of a credential is a non-empty array of objects with a name, images and colors."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        usage = usage_of(issuer, configuration)
        if usage.pointer != configuration.pointer:
            judge.that(
                isinstance(usage.value, dict),
                "METADATA-CREDENTIAL-METADATA-TYPE",
                "a JSON object",
                usage,
                "VCI-12.2.4-39",
            )
        if "display" in usage:
            displays = usage["display"]
            code = "METADATA-CREDENTIAL-DISPLAY"
            judge.array(displays, code, "VCI-12.2.4-40", of=dict, called="JSON objects", drafts=_OF_DRAFTS)
            for display in displays.parts():
                if isinstance(display.value, dict):
                    _expect_credential_display(judge, display)


def _expect_credential_display(judge: Judge, display: Part) -> None:
    judge.has(display, "name", "METADATA-CREDENTIAL-DISPLAY-NAME", "VCI-12.2.4-41")
    judge.strings(display, {"name": "VCI-12.2.4-41"}, "METADATA-CREDENTIAL-DISPLAY-NAME")
    judge.strings(display, {"description": "VCI-12.2.4-46"}, "METADATA-CREDENTIAL-DISPLAY-DESCRIPTION")
    image_code = "METADATA-CREDENTIAL-DISPLAY-IMAGE"
    judge.image(display, "logo", image_code, "VCI-12.2.4-44", "VCI-12.2.4-45")
    judge.image(display, "background_image", image_code, "VCI-12.2.4-48")
    for name, requirement in {"background_color": "VCI-12.2.4-47", "text_color": "VCI-12.2.4-49"}.items():
        if name in display:
            judge.that(
                text.is_numerical_color(display[name].value),
                "METADATA-CREDENTIAL-DISPLAY-COLOR",
                "a numerical color of CSS Color Module Level 3, such as #12107c",
                display[name],
                requirement,
            )


@check(
    "metadata-credential-display-locales",
    requires=["VCI-12.2.4-42", "VCI-12.2.4-43"],
    proven_by={
        "metadata:credential-display-locale-malformed": "METADATA-CREDENTIAL-DISPLAY-LOCALE",
        "metadata:credential-display-locale-twice": "METADATA-CREDENTIAL-DISPLAY-LANGUAGE-REPEATED",
    },
    applies=when.some_credential_has("display"),
)
async def credential_locales_are_distinct(issuer: Issuer, expect: Expect) -> None:
    """Each locale in a credential's display is a language tag, and no language has two objects."""
    judge = Judge(expect, issuer.reply.exchange)
    for usage in usages_of(issuer, "display"):
        judge.locales(
            usage["display"],
            well_formed="VCI-12.2.4-42",
            distinct="VCI-12.2.4-43",
            malformed_code="METADATA-CREDENTIAL-DISPLAY-LOCALE",
            repeated_code="METADATA-CREDENTIAL-DISPLAY-LANGUAGE-REPEATED",
        )
