"""A JSON document of the issuer, part by part, and the expectations that metadata documents share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.expect import Demanded, Expect, show
from harness.formats import text
from harness.formats.strict_json import pointer
from harness.wallet import described
from harness.wallet.metadata import Issuer


@dataclass(frozen=True)
class Part:
    """A part of a JSON document and its place, a JSON Pointer."""

    value: Any
    pointer: str

    @property
    def members(self) -> dict[str, Any]:
        """The members of an object; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def __getitem__(self, name: str) -> Part:
        return Part(self.members[name], self.pointer + pointer(name))

    def get(self, name: str) -> Part:
        """Give a member, or a part without members when it is not there."""
        return self[name] if name in self else Part(None, self.pointer)

    def parts(self) -> Iterator[Part]:
        """Give the elements of an array or the values of an object; nothing for anything else."""
        if isinstance(self.value, list):
            yield from (Part(item, f"{self.pointer}/{index}") for index, item in enumerate(self.value))
        else:
            yield from (self[name] for name in self.members)


def metadata_of(issuer: Issuer) -> Part:
    """Give the Credential Issuer Metadata."""
    return Part(issuer.metadata, "")


def configurations_of(issuer: Issuer) -> list[Part]:
    """Give the Credential Configurations that are JSON objects."""
    supported = metadata_of(issuer).get(issuer.dialect.configurations)
    listed = supported.members or issuer.dialect.configurations == "credentials_supported"
    return [part for part in supported.parts() if isinstance(part.value, dict)] if listed else []


def usage_of(issuer: Issuer, configuration: Part) -> Part:
    """Give the part of a configuration that tells of the credential: ``credential_metadata``, or all of it."""
    for name in described.place(issuer.dialect):
        configuration = configuration.get(name)
    return configuration


def usages_of(issuer: Issuer, member: str) -> list[Part]:
    """Give what tells of the credential in all configurations that have this member there."""
    found = [usage_of(issuer, configuration) for configuration in configurations_of(issuer)]
    return [usage for usage in found if member in usage]


def claims_of(issuer: Issuer, configuration: Part) -> list[Part]:
    """Give what the configuration says of each claim, the JSON objects among it."""
    found = described.claims(configuration.members, issuer.dialect)
    return [Part(dict(claim.members), configuration.pointer + claim.pointer) for claim in found]


class Judge:
    """Words for expectations about the parts of one document.

    Args:
        expect: where they are recorded.
        exchange: number of the exchange that brought the document.

    """

    def __init__(self, expect: Expect, exchange: int | None) -> None:
        self._expect = expect
        self._exchange = exchange

    def that(self, holds: bool, code: str, expected: str, part: Part, requirement: Demanded | None = None) -> bool:
        """Expect something of a part, and show the part when it is not so."""
        return self._expect.that(
            holds,
            code,
            expected,
            show(part.value),
            at=self._exchange,
            pointer=part.pointer,
            requirement=requirement,
        )

    def has(self, part: Part, name: str, code: str, requirement: Demanded | None = None) -> bool:
        """Expect an object to have a member."""
        return self._expect.that(
            name in part,
            code,
            f"the member {name}",
            f"the members {show(list(part.members))}",
            at=self._exchange,
            pointer=part.pointer,
            requirement=requirement,
        )

    def strings(self, part: Part, names: Mapping[str, str | Sequence[str]], code: str) -> None:
        """Expect those members that are present to be strings, each by its own requirement."""
        for name, requirement in names.items():
            if name in part:
                self.that(isinstance(part[name].value, str), code, "a string", part[name], requirement)

    def array(
        self,
        part: Part,
        code: str,
        requirement: str,
        *,
        of: type | tuple[type, ...],
        called: str,
        drafts: Sequence[str] = (),
    ) -> bool:
        """Expect a non-empty array of values of some JSON type.

        Args:
            drafts: requirements of earlier versions, in which it may be empty.

        """
        found = part.value
        right = isinstance(found, list)
        right = right and all(isinstance(item, of) and not isinstance(item, bool) for item in found)
        if drafts:
            self.that(right, code, f"an array of {called}", part, drafts)
        return self.that(right and bool(found), code, f"a non-empty array of {called}", part, requirement)

    def locales(
        self,
        displays: Part,
        *,
        well_formed: str | Sequence[str],
        distinct: str | Sequence[str],
        malformed_code: str,
        repeated_code: str,
    ) -> None:
        """Expect the ``locale`` of each display to be a language tag, and no language to have two displays."""
        tags = [display["locale"] for display in displays.parts() if "locale" in display]
        for tag in tags:
            self.that(
                text.is_language_tag(tag.value), malformed_code, "a language tag of BCP 47", tag, well_formed
            )
        # Tags are compared without regard to case (RFC 5646 section 2.1.1).
        languages = [tag.value.lower() for tag in tags if isinstance(tag.value, str)]
        locales = Part([tag.value for tag in tags], displays.pointer)
        self.that(
            len(languages) == len(set(languages)), repeated_code, "one object for each language", locales, distinct
        )

    def image(self, display: Part, name: str, code: str, requirement: str, alt_text: str | None = None) -> None:
        """Expect an image, when present, to be an object with ``uri``, and ``alt_text`` to be a string."""
        if name in display:
            image = display[name]
            self.that(
                text.is_uri(image.members.get("uri")), code, "a JSON object with uri, a URI", image, requirement
            )
            if alt_text:
                self.strings(image, {"alt_text": alt_text}, code)
