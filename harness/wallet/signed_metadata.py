"""Signed Credential Issuer Metadata: OpenID4VCI 1.0 section 12.2.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.formats import jose, strict_json
from harness.formats.problems import FormatError
from harness.transport import Reply
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey
from harness.trust.issuer_key import resolve_signer
from harness.wallet import metadata

if TYPE_CHECKING:
    from harness.settings import TrustSettings

MEDIA_TYPE = "application/jwt"


@dataclass(frozen=True)
class SignedMetadata:
    """What an issuer answered when it was asked for signed metadata.

    Attributes:
        reply: the answer, which may be the unsigned document.
        received: when it came, in seconds since 1970.
        jws: the answer as a JWS; ``None`` when it is none.
        signer: the key it has to be verified with; ``None`` when it is no JWS.

    """

    reply: Reply
    received: float
    jws: jose.Jws | None = None
    signer: IssuerKey | None = None

    @property
    def offered(self) -> bool:
        """Whether the issuer answered with signed metadata, or with what it calls so."""
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
        jws = jose.parse_compact(reply.body.decode("ascii").strip())
    except (FormatError, UnicodeDecodeError):
        return SignedMetadata(reply, received)
    document = _payload(jws)
    iss = document.value.get("iss") if document and isinstance(document.value, dict) else None
    signer = await resolve_signer(jws, iss, fetcher, trust, received)
    return SignedMetadata(reply, received, jws, signer)


def _payload(jws: jose.Jws) -> strict_json.JsonDocument | None:
    try:
        return strict_json.parse(jws.payload)
    except strict_json.JsonError:
        return None
