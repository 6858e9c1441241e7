"""The member ``status`` of an mdoc's MobileSecurityObject (Token Status List section 6.3; ISO/IEC 18013-5 second
edition clause 12.3.6.2).

Problems; pointers lead into the value of ``status``, which is a map:

- those of ``status_claim``.
- ``identifier-list``: ``identifier_list`` is no map.
- ``identifier-list-id``: it has no ``id`` that is a byte string.
- ``identifier-list-uri``: it has no ``uri`` that is a URI.
- ``status-certificate``: the ``certificate`` of a reference is no byte string with a certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.formats import status_claim, text, x509
from harness.formats.problems import Problem, shown
from harness.formats.status_list import Form


def problems(status: Mapping[Any, Any]) -> tuple[Problem, ...]:
    """Judge the value of ``status``; mechanisms that are not known here are left alone."""
    of_claim = status_claim.problems(status, Form.CWT)
    return (*of_claim, *_identifier_list_problems(status), *_certificate_problems(status))


def _identifier_list_problems(status: Mapping[Any, Any]) -> Iterator[Problem]:
    if "identifier_list" not in status:
        return
    place, info = "/identifier_list", status["identifier_list"]
    if not isinstance(info, dict):
        yield Problem("identifier-list", "identifier_list is no map", place)
        return
    if not isinstance(info.get("id"), bytes):
        yield Problem("identifier-list-id", "id is missing or no byte string", place)
    if not text.is_uri(info.get("uri")):
        yield Problem("identifier-list-uri", f"uri is {shown(info.get('uri'))}", place)


def _certificate_problems(status: Mapping[Any, Any]) -> Iterator[Problem]:
    for name in ("status_list", "identifier_list"):
        info = status.get(name)
        if not isinstance(info, dict) or "certificate" not in info:
            continue
        found = info["certificate"]
        if not isinstance(found, bytes) or x509.in_der(found) is None:
            detail = "certificate is no byte string with a certificate"
            yield Problem("status-certificate", detail, f"/{name}/certificate")
