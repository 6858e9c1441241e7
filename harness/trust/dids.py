"""Keys behind DIDs: did:jwk, did:key and did:web, and the documents of other identifiers of the same form.

Problems; pointers lead into the document, or name the member of the credential:

- ``did``: the DID or DID URL does not lead to a key. A key of a type that is not known here is no problem, nor is
  a method that is not known; other ways are tried then.
- ``did-other``: the key id is of another DID than the issuer.
- ``did-web-address``: the host of a did:web is an IP address, and not that of an issuer in development (did:web,
  Method-specific identifier).
- ``did-document``: no document is where the identifier leads (did:web, Read).
- ``did-document-json``: what is there is no JSON object.
- ``did-document-redirect``: a redirect leads to where nobody should be sent.
- those of ``harness.formats.did_document``.
- ``method-unknown``: the document has no verification method with the key id.
- ``method-not-authorised``: ``assertionMethod`` does not list it (DID Core 5.3.2).
- ``controller-other``: the verification method names another controller than the document's subject.
- ``method-unreadable``: the method has no key that can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urldefrag, urlsplit

from harness.formats import did, did_document, did_web
from harness.formats.did_document import ASSERTION, DidDocument, VerificationMethod
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.strict_json import JsonError
from harness.transport import is_loopback
from harness.trust.fetching import is_private_everywhere
from harness.trust.found import IssuerKey, Reading, Search
from harness.trust.key_sets import fitting

MECHANISM = "did"
CONTROLLER_DOCUMENT = "controller-document"
_OWN_KEY = ("did:jwk:", "did:key:")
_WEB = "did:web:"
_ACCEPT = "application/did+json, application/did+ld+json, application/json;q=0.9"


def is_did(value: Any) -> bool:
    """Say whether a value begins as a DID."""
    return isinstance(value, str) and value.startswith("did:")


async def from_did(search: Search) -> IssuerKey | None:
    """Find the key by the DID that the key id or the issuer is."""
    issuer, key_id = search.signer.issuer, search.signer.key_id
    if is_did(key_id):
        identifier, url = urldefrag(key_id)[0], key_id
    elif is_did(issuer):
        # Without a DID URL the key id is, at best, the fragment of one.
        identifier, url = issuer, f"{issuer}{key_id}" if _is_fragment(key_id) else issuer
    else:
        return None
    reading = Reading(MECHANISM, "the DID leads to")
    if is_did(issuer) and identifier != issuer:
        reading.problem("did-other", "the key id is of another DID than the issuer", "header/kid")
    if identifier.startswith(_OWN_KEY):
        return _from_identifier(url, search, reading)
    if identifier.startswith(_WEB):
        return await _from_web(identifier, url, search, reading)
    search.tried.append(f"the DID method of {shown(identifier)} is not known here")
    return None


async def from_controller_document(search: Search) -> IssuerKey | None:
    """Find the key by an https URL that names a verification method (Controlled Identifiers 1.0)."""
    key_id = search.signer.key_id
    if not isinstance(key_id, str) or not key_id.startswith(("https://", "http://")):
        return None
    location = urldefrag(key_id)[0]
    reading = Reading(CONTROLLER_DOCUMENT, "the document of the key leads to")
    return await _from_location(location, location, key_id, search, reading)


def _is_fragment(key_id: Any) -> bool:
    return isinstance(key_id, str) and key_id.startswith("#")


def _from_identifier(url: str, search: Search, reading: Reading) -> IssuerKey | None:
    place = "header/kid" if url == search.signer.key_id else "/iss"
    identifier = urldefrag(url)[0]
    try:
        jwk = did.resolve(url)
        method_id = did.key_url(identifier)
    except FormatError as error:
        if error.kind == "did-key-codec":
            search.tried.append("its did:key is of a key type that this version does not know")
            return None
        reading.problem("did", error.detail, place)
        return reading.broken()
    method = VerificationMethod(method_id, "Multikey", identifier, jwk)
    return replace(reading.found(jwk), method=method)


async def _from_web(identifier: str, url: str, search: Search, reading: Reading) -> IssuerKey | None:
    try:
        read = did_web.read(identifier)
    except did.DidError as error:
        reading.problem("did", error.detail, "header/kid" if url == search.signer.key_id else "/iss")
        return reading.broken()
    home = urlsplit(search.fetcher.home)
    # The method knows https and domain names only. An issuer in development that speaks http does so here, too,
    # and one on this machine may have no other name than its address.
    location = f"http://{read.authority}{read.path}" if home[:2] == ("http", read.authority) else read.url
    if not (is_loopback(search.fetcher.home) and is_loopback(location)):
        reading.problems += read.problems
    return await _from_location(identifier, location, url, search, reading)


async def _from_location(
    identifier: str, location: str, url: str, search: Search, reading: Reading
) -> IssuerKey | None:
    fetched = await search.fetcher.get("document of the credential signer", location, accept=_ACCEPT)
    reading.replies += fetched.replies
    if fetched.problem is not None and _says_nothing(fetched.problem, location):
        search.tried.append(f"nothing came from {location}: {fetched.problem.detail}")
        return None
    reply = fetched.reply
    if reply is None or not reply.successful:
        detail = (
            fetched.problem.detail if fetched.problem else f"{location} answered {reply.gist if reply else ''}"
        )
        reading.problem("did-document-redirect" if fetched.misled else "did-document", detail)
        return reading.broken()
    try:
        document = did_document.read(reply.document.value, identifier)
    except (JsonError, did_document.DidDocumentError) as error:
        reading.problem("did-document-json", f"{location}: {error.detail}")
        return reading.broken()
    reading.problems += document.problems
    return _of_method(document, identifier, url, search, reading)


def _says_nothing(problem: Problem, location: str) -> bool:
    """Say whether a document may be in place all the same, for somebody at another place in the network."""
    private_here = problem.kind == "fetch-private" and not is_private_everywhere(urlsplit(location).hostname or "")
    return problem.kind == "fetch-no-answer" or private_here


def _of_method(
    document: DidDocument, identifier: str, url: str, search: Search, reading: Reading
) -> IssuerKey | None:
    method = _named(document, identifier, url, search)
    if method is None:
        named = shown(url) if "#" in url else "the key id of the credential"
        reading.problem("method-unknown", f"{named} is no verification method of the document", "")
        return replace(reading.broken(), document=document)
    if not document.allows(ASSERTION, method.id):
        reading.problem("method-not-authorised", f"{ASSERTION} does not list {shown(method.id)}", f"/{ASSERTION}")
    if method.controller and method.controller != identifier:
        detail = f"the controller of {shown(method.id)} is {shown(method.controller)}"
        reading.problem("controller-other", detail, f"{method.pointer}/controller")
    if method.jwk is None:
        if not any((problem.pointer or "").startswith(method.pointer) for problem in document.problems):
            search.tried.append(f"the key of a verification method of type {shown(method.type)} is not read here")
            return None
        reading.problem("method-unreadable", f"{shown(method.id)} has no key that can be read", method.pointer)
        return replace(reading.broken(), document=document, method=method)
    return replace(reading.found(method.jwk), document=document, method=method)


def _named(document: DidDocument, identifier: str, url: str, search: Search) -> VerificationMethod | None:
    """Give the verification method that the credential names, or that it does not name but was signed with."""
    if "#" in url or url != identifier:
        return document.method(url)
    kid = search.signer.key_id
    if isinstance(kid, str) and kid != identifier:
        # JOSE headers may have the bare fragment, or the kid of the JWK.
        named = [m for m in document.methods if m.id == f"{identifier}#{kid}" or (m.jwk or {}).get("kid") == kid]
        return _signing(named, search) or next(iter(named), None)
    return _signing(document.methods, search)


def _signing(methods: Sequence[VerificationMethod], search: Search) -> VerificationMethod | None:
    jwk = fitting([method.jwk for method in methods if method.jwk is not None], search.verify)
    return next((method for method in methods if jwk is not None and method.jwk is jwk), None)
