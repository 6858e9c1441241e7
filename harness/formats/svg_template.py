"""SVG templates of Type Metadata: where their placeholders stand (SD-JWT VC draft 11 section 8.1.2.2).

Errors, :class:`SvgError`:

- ``not-xml``: the template is no well-formed XML, or has a document type, whose entities are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from harness.formats.problems import FormatError

_PLACEHOLDER = re.compile(r"\{\{([^{}]{0,200})\}\}")


class SvgError(FormatError):
    """The template cannot be read."""


@dataclass
class Placeholders:
    """The placeholders of a template, each what stands between the braces, in the order of the text."""

    in_text: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """Those in attributes, comments and processing instructions, where none may be."""


def placeholders(content: bytes) -> Placeholders:
    """Find the placeholders of an SVG template.

    Raises:
        SvgError: it cannot be read.

    """
    found, text = Placeholders(), list[str]()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def end_of_text() -> None:
        found.in_text += _PLACEHOLDER.findall("".join(text))
        text.clear()

    def element(_name: str, attributes: dict[str, str]) -> None:
        end_of_text()
        for value in attributes.values():
            elsewhere(value)

    def elsewhere(value: str) -> None:
        found.elsewhere += _PLACEHOLDER.findall(value)

    def document_type(*_: object) -> None:
        raise SvgError("not-xml", "the template has a document type, which is not read")

    parser.StartElementHandler = element
    parser.EndElementHandler = lambda _name: end_of_text()
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = elsewhere
    parser.ProcessingInstructionHandler = lambda _target, data: elsewhere(data)
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SvgError("not-xml", f"the template is no XML: {error}") from None
    return found
