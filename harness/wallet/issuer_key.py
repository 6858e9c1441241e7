"""Finds the key that signed an SD-JWT VC: SD-JWT VC draft 11 sections 3.5 and 5, and what the team configured.

The mechanisms, in the order in which they are tried:

- ``x5c``: the first certificate in the header.
- ``jwt-vc-issuer``: JWT VC Issuer Metadata, when ``iss`` is an https URL.
- ``did``: the did:jwk or did:key that ``kid`` or ``iss`` names.
- ``jwks``: the JWK Sets that the team configured.

A credential that points at one of the first three is judged by it, even where that one is broken; only JWT VC
Issuer Metadata may be absent, since publishing it is optional.

Problems of ``x5c``: the errors and problems of ``harness.formats.x509``, with pointers into the header.

Problems of ``jwt-vc-issuer``; pointers lead into the metadata, or into the header after ``header``:

- ``iss-form``: ``iss`` has a query or fragment, or no host (5).
- ``metadata-misplaced``: the metadata is only found where the well-known name is appended to ``iss`` (5).
- ``metadata-slash``: it is only found with the final slash of ``iss`` left in (5.1).
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

Problems of ``did``:

- ``did``: the DID URL does not lead to a key. A did:key of a key type that is not known here is no problem, and
  the JWK Sets of the team are tried.
- ``did-other``: ``kid`` is of another DID than ``iss``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509 as pyca

from harness.formats import did, jose, x509
from harness.formats.problems import FormatError, Problem, located
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.formats.strict_json import JsonError
from harness.transport import Client, Reply, TransportFailure, is_loopback
from harness.wallet.metadata import well_known_url

if TYPE_CHECKING:
    from harness.settings import TrustSettings

METADATA_SUFFIX = "jwt-vc-issuer"
_CERTIFICATE_FILES = {".pem", ".crt", ".cer"}
_LARGEST_FILE = 5_000_000
_ADVICE = 'tell assay.toml where the issuer\'s keys are: [trust] jwks = ["https://…/jwks.json"]'


class TrustError(Exception):
    """What the team configured to be trusted cannot be read; the message is one line."""


@dataclass(frozen=True)
class IssuerKey:
    """The key a credential has to be verified with, and how it was found."""

    mechanism: str | None
    """``x5c``, ``jwt-vc-issuer``, ``did`` or ``jwks``; ``None`` when nothing leads to a key."""
    jwk: Mapping[str, Any] | None = None
    """The public key; ``None`` when the mechanism did not give one."""
    chain: x509.ChainResult | None = None
    """What the certificates of ``x5c`` are worth; ``None`` without readable ones."""
    replies: tuple[Reply, ...] = ()
    """The metadata, then the JWK Set of ``jwks_uri``."""
    problems: tuple[Problem, ...] = ()
    missing: str = ""
    """Why there is no key, and what the team can do about it."""
    further: tuple[Mapping[str, Any], ...] = ()
    """The keys of the further certificates in ``x5c``."""

    def problems_of(self, *kinds: str) -> tuple[Problem, ...]:
        """Give the problems of some kinds."""
        return tuple(problem for problem in self.problems if problem.kind in kinds)


async def resolve(vc: SdJwtVc, client: Client, trust: TrustSettings, now: float) -> IssuerKey:
    """Find the key of a credential.

    Args:
        vc: the credential as read.
        client: fetches metadata and JWK Sets.
        trust: trust anchors for ``x5c``, and the team's JWK Sets.
        now: seconds since 1970, for the validity of certificates.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    jws, iss = vc.sd_jwt.jws, vc.sd_jwt.claims.get("iss")
    if "x5c" in jws.header:
        return _from_certificates(jws.header["x5c"], trust.x5c, now)
    tried = ["its header has no x5c"]
    if isinstance(iss, str) and _leads_to_metadata(iss):
        found = await _from_metadata(iss, jws, client, tried)
        if found is not None:
            return found
    elif not _is_did(iss):
        tried.append("its iss is no https URL" if "iss" in vc.sd_jwt.claims else "it has no iss")
    if _is_did(iss) or _is_did(jws.header.get("kid")):
        found = _from_did(jws.header.get("kid"), iss, tried)
        if found is not None:
            return found
    return await _from_configured(jws, trust.jwks, client, tried)


async def resolve_signer(jws: jose.Jws, iss: Any, client: Client, trust: TrustSettings, now: float) -> IssuerKey:
    """Find the key of a JWS that is no credential: by ``x5c``, a DID, or the JWK Sets that the team configured.

    Args:
        jws: as read.
        iss: the claim, which may be a DID.
        client: fetches JWK Sets.
        trust: trust anchors for ``x5c``, and the team's JWK Sets.
        now: seconds since 1970, for the validity of certificates.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    if "x5c" in jws.header:
        return _from_certificates(jws.header["x5c"], trust.x5c, now)
    tried = ["its header has no x5c"]
    if _is_did(iss) or _is_did(jws.header.get("kid")):
        found = _from_did(jws.header.get("kid"), iss, tried)
        if found is not None:
            return found
    return await _from_configured(jws, trust.jwks, client, tried)


# x5c


def _from_certificates(values: Any, anchor_paths: Sequence[Path], now: float) -> IssuerKey:
    try:
        x5c = x509.parse_x5c(values)
        jwk, *further = (x509.public_jwk(certificate) for certificate in x5c.certificates)
    except x509.X509Error as error:
        problem = Problem(error.kind, error.detail, "header/x5c")
        return IssuerKey("x5c", problems=(problem,), missing=f"x5c gives no key: {error.detail}")
    chain = x509.check_chain(x5c.certificates, now, anchors(tuple(anchor_paths)))
    problems = located("header/x5c", (*x5c.problems, *chain.problems))
    return IssuerKey("x5c", jwk, chain, problems=problems, further=tuple(further))


@cache
def anchors(paths: tuple[Path, ...]) -> tuple[pyca.Certificate, ...]:
    """Read trust anchors, once per process.

    Args:
        paths: PEM files, or folders whose ``.pem``, ``.crt`` and ``.cer`` files are read.

    Raises:
        TrustError: one of them cannot be read or holds no certificate.

    """
    return tuple(certificate for path in paths for file in _files(path) for certificate in _certificates(file))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in _CERTIFICATE_FILES)
    if not found:
        raise TrustError(f"trust.x5c: the folder {path} has no .pem, .crt or .cer file")
    return found


def _certificates(file: Path) -> list[pyca.Certificate]:
    try:
        return pyca.load_pem_x509_certificates(_content(file))
    except OSError as error:
        raise TrustError(f"trust.x5c: cannot read {file}: {error.strerror}") from None
    except ValueError:
        raise TrustError(f"trust.x5c: {file} holds no PEM certificate") from None


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise TrustError(f"{file} is larger than {_LARGEST_FILE} bytes")
    return content


# JWT VC Issuer Metadata


@dataclass
class _Reading:
    """What was found so far of one issuer's metadata."""

    replies: list[Reply] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, kind: str, detail: str, pointer: str | None = None) -> None:
        self.problems.append(Problem(kind, detail, pointer))

    def broken(self) -> IssuerKey:
        """Give the result without a key; the last problem says why."""
        missing = f"JWT VC Issuer Metadata gives no key: {self.problems[-1].detail}"
        return IssuerKey(
            METADATA_SUFFIX, replies=tuple(self.replies), problems=tuple(self.problems), missing=missing
        )


def _leads_to_metadata(iss: str) -> bool:
    try:
        scheme = urlsplit(iss).scheme
        return scheme == "https" or (scheme == "http" and is_loopback(iss))
    except ValueError:
        return False


async def _from_metadata(iss: str, jws: jose.Jws, client: Client, tried: list[str]) -> IssuerKey | None:
    reading = _Reading()
    reply = await _find_metadata(iss, client, reading, tried)
    if reply is None:
        return None
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
    keys = await _metadata_keys(document, client, reading)
    if keys is None:
        return reading.broken()
    return _chosen(keys, jws, reading)


async def _find_metadata(iss: str, client: Client, reading: _Reading, tried: list[str]) -> Reply | None:
    url = well_known_url(iss, METADATA_SUFFIX)
    reply = await _fetch(client, "JWT VC issuer metadata", url, tried)
    if reply is not None:
        return reply
    path = urlsplit(iss).path
    if len(path) > 1 and path.endswith("/"):
        reply = await _fetch(client, "JWT VC issuer metadata (final slash)", f"{url}/", [])
        if reply is not None:
            reading.problem("metadata-slash", f"nothing at {url}, but at {url}/")
            return reply
    if path.strip("/"):
        wrong = f"{iss.rstrip('/')}/.well-known/{METADATA_SUFFIX}"
        reply = await _fetch(client, "JWT VC issuer metadata (appended)", wrong, [])
        if reply is not None:
            reading.problem("metadata-misplaced", f"nothing at {url}, but at {wrong}")
    return reply


async def _fetch(client: Client, purpose: str, url: str, tried: list[str]) -> Reply | None:
    try:
        reply = await client.send(purpose, "GET", url)
    except TransportFailure as failure:
        tried.append(f"nothing came from {url}: {failure.message}")
        return None
    if not reply.successful:
        tried.append(f"{url} answered {reply.gist} (exchange {reply.exchange})")
    elif _is_web_page(reply):
        tried.append(f"{url} answered with a web page (exchange {reply.exchange})")
    else:
        return reply
    return None


def _is_web_page(reply: Reply) -> bool:
    """Say whether an answer is what web applications give for every path they do not know."""
    return reply.media_type == "text/html" and not reply.object


async def _metadata_keys(
    document: Mapping[str, Any], client: Client, reading: _Reading
) -> list[dict[str, Any]] | None:
    if "jwks" in document and "jwks_uri" in document:
        reading.problem("keys-twice", "the metadata has both jwks and jwks_uri", "/jwks_uri")
    if "jwks" in document:
        keys, complaint = _key_set(document["jwks"])
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
    reply = await _fetch(client, "JWK Set of the credential signer", url, failures)
    if reply is None:
        reading.problem("jwks-uri", failures[0], "/jwks_uri")
        return None
    reading.replies.append(reply)
    try:
        keys, complaint = _key_set(reply.document.value)
    except JsonError as error:
        keys, complaint = None, f"the answer is no JSON: {error.detail}"
    if complaint:
        reading.problem("jwks-uri", complaint, "")
    return keys


def _key_set(value: Any) -> tuple[list[dict[str, Any]] | None, str | None]:
    """Give the keys of a JWK Set (RFC 7517 section 5) and what is wrong with it."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        return None, "no JSON object with an array keys"
    usable = [key for key in keys if isinstance(key, dict) and isinstance(key.get("kty"), str)]
    if len(usable) < len(keys):
        return usable, "an element of keys is no JWK with a kty"
    if any(jose.is_private_or_symmetric(key) for key in usable):
        return usable, "a key is private or symmetric"
    return usable, None


def _chosen(keys: Sequence[dict[str, Any]], jws: jose.Jws, reading: _Reading) -> IssuerKey:
    kid = jws.header.get("kid")
    named = [key for key in keys if key.get("kid") == kid]
    if kid is None:
        reading.problem("kid-missing", "the header of the credential has no kid", "header")
    elif not named:
        reading.problem("kid-unknown", "no key of the set has the kid of the credential", "header/kid")
    jwk = _fitting(keys if kid is None or not named else named, jws)
    if jwk is None and kid is not None and named:
        jwk = named[0]
    if jwk is None:
        reading.problem("key-not-found", f"none of the {len(keys)} keys verifies the credential", "")
        return reading.broken()
    return IssuerKey(METADATA_SUFFIX, jwk, replies=tuple(reading.replies), problems=tuple(reading.problems))


def _fitting(keys: Sequence[dict[str, Any]], jws: jose.Jws) -> dict[str, Any] | None:
    """Give the first key that verifies the credential."""
    for key in keys:
        try:
            jose.verify(jws, key)
        except jose.SignatureError:
            continue
        return key
    return None


# DIDs


def _is_did(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("did:jwk:", "did:key:"))


def _from_did(kid: Any, iss: Any, tried: list[str]) -> IssuerKey | None:
    url = kid if _is_did(kid) else iss
    if not _is_did(kid) and isinstance(kid, str) and kid.startswith("#"):
        url = f"{iss}{kid}"
    problems = []
    if _is_did(iss) and url.split("#", 1)[0] != iss:
        problems.append(Problem("did-other", "kid is of another DID than iss", "header/kid"))
    try:
        return IssuerKey("did", did.resolve(url), problems=tuple(problems))
    except FormatError as error:
        if error.kind == "did-key-codec":
            tried.append("its did:key is of a key type that this version does not know")
            return None
        problems.append(Problem("did", error.detail, "header/kid" if url == kid else "/iss"))
        return IssuerKey("did", problems=tuple(problems), missing=f"the DID leads to no key: {error.detail}")


# The team's JWK Sets


async def _from_configured(jws: jose.Jws, sources: Sequence[str], client: Client, tried: list[str]) -> IssuerKey:
    keys: list[dict[str, Any]] = []
    for source in sources:
        keys += await _configured_keys(source, client)
    kid = jws.header.get("kid")
    named = [key for key in keys if kid is not None and key.get("kid") == kid]
    jwk = _fitting(named or keys, jws) or next(iter(named), None)
    if jwk is not None:
        return IssuerKey("jwks", jwk)
    if sources:
        tried.append(f"none of the {len(keys)} keys of [trust] jwks verifies it")
    return IssuerKey(None, missing=f"no key of the signer was found: {'; '.join(tried)}; {_ADVICE}")


async def _configured_keys(source: str, client: Client) -> list[dict[str, Any]]:
    if source.startswith(("https://", "http://")):
        failures: list[str] = []
        reply = await _fetch(client, "JWK Set of the team", source, failures)
        if reply is None:
            raise TrustError(f"trust.jwks: {failures[0]}")
        content = reply.body
    else:
        try:
            content = _content(Path(source))
        except OSError as error:
            raise TrustError(f"trust.jwks: cannot read {source}: {error.strerror}") from None
    try:
        keys, complaint = _key_set(json.loads(content))
    except (ValueError, RecursionError):
        keys, complaint = None, "no JSON"
    if keys is None:
        raise TrustError(f"trust.jwks: {source} is no JWK Set: {complaint}")
    return keys
