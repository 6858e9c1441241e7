"""JWT VC Issuer Metadata: SD-JWT VC draft 11 section 5.

Problems; pointers lead into the metadata, or into the header after ``header``:

- ``iss-form``: ``iss`` has a query or fragment, or no host (5).
- ``metadata-misplaced``: the metadata is only found where the well-known name is appended to ``iss`` (5).
- ``metadata-slash``: it is only found with the final slash of ``iss`` left in (5.1).
- ``metadata-redirect``: a redirect leads to where nobody should be sent (5.2).
- ``metadata-status``: the answer is successful, but not 200 (5.2).
- ``metadata-media-type``: it is not ``application/json`` (5.2).
- ``metadata-json``: it is no JSON object (5.2).
- ``issuer-missing``: it has no ``issuer`` (5.2).
- ``issuer-other``: its ``issuer`` is not identical to ``iss`` (5.3); nothing else in it is looked at.
- ``keys-missing``: neither ``jwks`` nor ``jwks_uri`` (5.2).
- ``keys-twice``: both (5.2); ``jwks`` is used.
- ``jwks-uri``: ``jwks_uri`` does not lead to a JWK Set of public keys (5.2).
- ``jwks``: ``jwks`` is no JWK Set of public keys (5.2).
- ``kid-missing``, ``kid-unknown``: the header has no ``kid``, or one that no key has (5.2, RECOMMENDED).
- ``key-not-found``: no key of the set fits the credential (3.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from harness.formats.strict_json import JsonError
from harness.formats.well_known import well_known_url
from harness.transport import Reply, is_loopback
from harness.trust.dids import is_did
from harness.trust.fetching import Fetched
from harness.trust.found import IssuerKey, Reading, Search
from harness.trust.key_sets import fitting, keys_of

MECHANISM = "jwt-vc-issuer"


async def from_metadata(search: Search) -> IssuerKey | None:
    """Find the key by JWT VC Issuer Metadata, which an issuer need not publish."""
    iss = search.signer.issuer
    if not isinstance(iss, str) or not _leads_to_metadata(iss):
        if not is_did(iss):
            search.tried.append("it has no iss" if iss is None else "its iss is no https URL")
        return None
    reading = Reading(MECHANISM, "JWT VC Issuer Metadata gives")
    reply = await _find(iss, search, reading)
    if reply is None:
        return reading.broken() if reading.problems else None
    reading.replies.append(reply)
    parts = urlsplit(iss)
    if not parts.hostname or parts.query or parts.fragment:
        reading.problem("iss-form", f"iss is {iss!r}")
    if reply.status != 200:
        reading.problem("metadata-status", f"the status is {reply.status}")
    if reply.media_type != "application/json":
        reading.problem("metadata-media-type", f"the media type is {reply.media_type}")
    try:
        document = reply.document.value
    except JsonError as error:
        reading.problem("metadata-json", f"the answer is no JSON: {error.detail}")
        return reading.broken()
    if not isinstance(document, dict):
        reading.problem("metadata-json", "the answer is JSON but no object")
        return reading.broken()
    if "issuer" not in document:
        reading.problem("issuer-missing", "the metadata has no issuer", "")
        return reading.broken()
    if document["issuer"] != iss:
        reading.problem("issuer-other", f"issuer is {document['issuer']!r}, iss is {iss!r}", "/issuer")
        return reading.broken()
    keys = await _keys(document, search, reading)
    if keys is None:
        return reading.broken()
    return _chosen(keys, search, reading)


def _leads_to_metadata(iss: str) -> bool:
    try:
        scheme = urlsplit(iss).scheme
        return scheme == "https" or (scheme == "http" and is_loopback(iss))
    except ValueError:
        return False


async def _find(iss: str, search: Search, reading: Reading) -> Reply | None:
    url = well_known_url(iss, MECHANISM)
    fetched = await search.fetcher.get("JWT VC issuer metadata", url)
    reply = _useful(fetched, search.tried)
    if reply is not None:
        return reply
    if fetched.problem is not None and fetched.misled:
        reading.replies += fetched.replies
        reading.problem("metadata-redirect", fetched.problem.detail)
        return None
    path = urlsplit(iss).path
    if len(path) > 1 and path.endswith("/"):
        reply = _useful(await search.fetcher.get("JWT VC issuer metadata (final slash)", f"{url}/"), [])
        if reply is not None:
            reading.problem("metadata-slash", f"nothing at {url}, but at {url}/")
            return reply
    if path.strip("/"):
        wrong = f"{iss.rstrip('/')}/.well-known/{MECHANISM}"
        reply = _useful(await search.fetcher.get("JWT VC issuer metadata (appended)", wrong), [])
        if reply is not None:
            reading.problem("metadata-misplaced", f"nothing at {url}, but at {wrong}")
    return reply


def _useful(fetched: Fetched, tried: list[str]) -> Reply | None:
    """Give an answer that is successful and may be what was asked for; note why there is none."""
    reply = fetched.reply
    if reply is None:
        tried.append(f"nothing came from {fetched.url}: {fetched.problem.detail if fetched.problem else ''}")
    elif not reply.successful:
        tried.append(f"{fetched.url} answered {reply.gist} (exchange {reply.exchange})")
    elif _is_web_page(reply):
        tried.append(f"{fetched.url} answered with a web page (exchange {reply.exchange})")
    else:
        return reply
    return None


def _is_web_page(reply: Reply) -> bool:
    """Say whether an answer is what web applications give for every path they do not know."""
    return reply.media_type == "text/html" and not reply.object


async def _keys(document: Mapping[str, Any], search: Search, reading: Reading) -> list[dict[str, Any]] | None:
    if "jwks" in document and "jwks_uri" in document:
        reading.problem("keys-twice", "the metadata has both jwks and jwks_uri", "/jwks_uri")
    if "jwks" in document:
        keys, complaint = keys_of(document["jwks"])
        if complaint:
            reading.problem("jwks", complaint, "/jwks")
        return keys
    if "jwks_uri" not in document:
        reading.problem("keys-missing", "the metadata has neither jwks nor jwks_uri", "")
        return None
    url, failures = document["jwks_uri"], list[str]()
    if not isinstance(url, str):
        reading.problem("jwks-uri", "jwks_uri is no string", "/jwks_uri")
        return None
    reply = _useful(await search.fetcher.get("JWK Set of the credential signer", url), failures)
    if reply is None:
        reading.problem("jwks-uri", failures[0], "/jwks_uri")
        return None
    reading.replies.append(reply)
    try:
        keys, complaint = keys_of(reply.document.value)
    except JsonError as error:
        keys, complaint = None, f"the answer is no JSON: {error.detail}"
    if complaint:
        reading.problem("jwks-uri", complaint, "")
    return keys


def _chosen(keys: Sequence[dict[str, Any]], search: Search, reading: Reading) -> IssuerKey:
    kid = search.signer.key_id
    named = [key for key in keys if key.get("kid") == kid]
    if kid is None:
        reading.problem("kid-missing", "the header of the credential has no kid", "header")
    elif not named:
        reading.problem("kid-unknown", "no key of the set has the kid of the credential", "header/kid")
    jwk = fitting(keys if kid is None or not named else named, search.verify)
    if jwk is None and kid is not None and named:
        jwk = named[0]
    if jwk is None:
        reading.problem("key-not-found", f"none of the {len(keys)} keys verifies the credential", "")
        return reading.broken()
    return reading.found(jwk)
