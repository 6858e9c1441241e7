"""Signed Credential Issuer Metadata: OpenID4VCI 1.0 section 12.2.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.formats import jose, strict_json
from harness.formats.problems import FormatError
from harness.transport import Reply
from harness.trust.fetching import Fetcher
from harness.trust.files import anchors
from harness.trust.found import IssuerKey
from harness.trust.issuer_key import resolve_signer
from harness.wallet import metadata

if TYPE_CHECKING:
    from harness.settings import TrustSettings

MEDIA_TYPE = "application/jwt"
_MEMBER = "signed_metadata"


@dataclass(frozen=True)
class SignedMetadata:
    """What an issuer answered when it was asked for signed metadata.

    Attributes:
        reply: the answer, which may be the unsigned document.
        received: when it came, in seconds since 1970.
        jws: the answer as a JWS; ``None`` when it is none.
        signer: the key it has to be verified with; ``None`` when it is no JWS.
        member: whether it is the member ``signed_metadata`` of the unsigned document.

    """

    reply: Reply
    received: float
    jws: jose.Jws | None = None
    signer: IssuerKey | None = None
    member: bool = False

    @property
    def offered(self) -> bool:
        """Whether the issuer answered with signed metadata, or with what it calls so."""
        if self.member:
            return True
        return self.reply.successful and (self.reply.media_type == MEDIA_TYPE or self.jws is not None)

    @cached_property
    def document(self) -> strict_json.JsonDocument | None:
        """The payload as strictly read JSON; ``None`` when there is none."""
        return _payload(self.jws) if self.jws else None

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims; empty when the payload is no JSON object."""
        value = self.document.value if self.document else None
        return value if isinstance(value, dict) else {}


async def request(fetcher: Fetcher, url: str, trust: TrustSettings, now: Callable[[], float]) -> SignedMetadata:
    """Ask for signed metadata.

    Args:
        fetcher: the way to the network, wary where the metadata point at something.
        url: where the unsigned document was found.
        trust: where the keys of signers are known from, besides the document itself.
        now: seconds since 1970.

    Raises:
        TransportFailure: no answer came.
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    reply = await metadata.request(fetcher.client, url, media_type=MEDIA_TYPE)
    received = now()
    try:
        text = reply.body.decode("ascii").strip()
    except UnicodeDecodeError:
        return SignedMetadata(reply, received)
    return await _read(SignedMetadata(reply, received), text, fetcher, trust)


async def within(
    fetcher: Fetcher, issuer: metadata.Issuer, trust: TrustSettings, now: Callable[[], float]
) -> SignedMetadata:
    """Read the member ``signed_metadata`` of the unsigned document, where drafts before 16 have it.

    Args:
        fetcher: the way to the network, wary where the metadata point at something.
        issuer: who has the metadata.
        trust: where the keys of signers are known from, besides the document itself.
        now: seconds since 1970.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    found = SignedMetadata(issuer.reply, now(), member=_MEMBER in issuer.metadata)
    text = issuer.metadata.get(_MEMBER)
    return await _read(found, text, fetcher, trust) if isinstance(text, str) else found


async def _read(found: SignedMetadata, text: str, fetcher: Fetcher, trust: TrustSettings) -> SignedMetadata:
    try:
        jws = jose.parse_compact(text)
    except FormatError:
        return found
    document = _payload(jws)
    iss = document.value.get("iss") if document and isinstance(document.value, dict) else None
    # Who vouches for metadata need not be who vouches for credentials.
    trusted = anchors(tuple(trust.metadata), "metadata")
    signer = await resolve_signer(jws, iss, fetcher, trust, found.received, trusted=trusted)
    return replace(found, jws=jws, signer=signer)


def _payload(jws: jose.Jws) -> strict_json.JsonDocument | None:
    try:
        return strict_json.parse(jws.payload)
    except strict_json.JsonError:
        return None
