"""Languages of the Credential Issuer Metadata: OpenID4VCI 1.0 section 12.2.2."""

from __future__ import annotations

from collections.abc import Collection

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect, show
from harness.formats import text
from harness.transport import Client, Reply
from harness.wallet import metadata
from harness.wallet.metadata import Issuer

check = area("Credential Issuer Metadata")

_UNKNOWN = "tlh"
"""A language that no issuer has display texts in."""
_ASKED = 2
"""Of the issuer's own languages, so many are asked for one by one."""
_HEADER = "header Content-Language"


def _named(reply: Reply) -> list[str]:
    """Give the languages that a response says it has."""
    return [tag.strip() for tag in ",".join(reply.headers.get_list("Content-Language")).split(",")]


@check(
    "metadata-content-language",
    requires=["VCI-12.2.2-07"],
    proven_by={"metadata-response:content-language-malformed": "METADATA-CONTENT-LANGUAGE"},
    applies=when.content_language,
)
async def the_content_language_is_a_tag(issuer: Issuer, expect: Expect) -> None:
    """The Content-Language header of the metadata response holds language tags."""
    for tag in _named(issuer.reply):
        expect.that(
            text.is_rfc_3066_tag(tag),
            "METADATA-CONTENT-LANGUAGE",
            "a language tag",
            tag,
            at=issuer.reply,
            pointer=_HEADER,
        )


@check(
    "metadata-languages-as-shown",
    requires=["VCI-12.2.2-09"],
    proven_by={
        "languages:content-language-other": ("METADATA-LANGUAGE-WITHOUT-TEXTS", "METADATA-LANGUAGE-UNNAMED"),
        "languages:content-language-all": "METADATA-LANGUAGE-WITHOUT-TEXTS",
        "metadata-response:content-language-malformed": (
            "METADATA-LANGUAGE-WITHOUT-TEXTS",
            "METADATA-LANGUAGE-UNNAMED",
        ),
    },
    applies=when.content_language & when.display_locales,
)
async def the_content_languages_are_those_shown(issuer: Issuer, client: Client, expect: Expect) -> None:
    """The languages in Content-Language are those of the display texts, whichever language was asked for."""
    own = sorted({locale for locale in metadata.locales(issuer.metadata, issuer.dialect) if locale is not None})
    asked = [*own[:_ASKED], _UNKNOWN]
    replies = [await metadata.request(client, issuer.reply.url, language=language) for language in asked]
    for reply in (issuer.reply, *replies):
        tags, locales = _named(reply), set(metadata.locales(reply.object, issuer.dialect))
        shown = {locale for locale in locales if locale is not None and text.is_language_tag(locale)}
        if "Content-Language" not in reply.headers or not shown:
            continue
        # Texts without a locale are for every language.
        empty = [] if None in locales else [tag for tag in tags if not _met(tag, shown)]
        expect.that(
            not empty,
            "METADATA-LANGUAGE-WITHOUT-TEXTS",
            f"languages of the display texts, {show(sorted(shown))}",
            tags,
            at=reply,
            pointer=_HEADER,
        )
        silent = [locale for locale in sorted(shown) if not _met(locale, tags)]
        expect.that(
            not silent,
            "METADATA-LANGUAGE-UNNAMED",
            f"all languages of the display texts, also {show(silent)}",
            tags,
            at=reply,
            pointer=_HEADER,
        )


def _met(tag: str, others: Collection[str]) -> bool:
    """Whether a language is among others, be it in a narrower or wider form: ``en`` and ``en-GB`` meet."""
    mine = tag.lower().split("-")
    theirs = [other.lower().split("-") for other in others]
    return any(mine[: len(other)] == other or other[: len(mine)] == mine for other in theirs)


@check(
    "metadata-language-unknown",
    requires=["VCI-12.2.2-10"],
    proven_by={"rejects:metadata.other-language": "METADATA-LANGUAGE-REFUSED"},
)
async def an_unknown_language_is_answered(issuer: Issuer, client: Client, expect: Expect) -> None:
    """Asked for a language it does not have, the issuer returns its metadata nonetheless."""
    reply = await metadata.request(client, issuer.reply.url, language=_UNKNOWN)
    expect.that(
        reply.successful and reply.object.get("credential_issuer") == issuer.metadata.get("credential_issuer"),
        "METADATA-LANGUAGE-REFUSED",
        "the metadata",
        reply.gist,
        at=reply,
    )
