"""Finds the key that signed a credential by what its ``Signer`` says, and by what the team configured.

The mechanisms are tried in the order in which the credential's format gives them. A credential that points at its
key by one of them is judged by it, even where that one is broken; ``JWT VC Issuer Metadata`` may be absent, since
publishing it is optional, and a DID method or key type that is not known leaves the key to the next mechanism.

The problems of each mechanism are in the docstrings of ``certificates``, ``jwt_vc_issuer`` and ``dids``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from cryptography import x509

from harness.formats import jose
from harness.formats.signer import Signed, Signer
from harness.trust import certificates, dids, jwt_vc_issuer, key_sets
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey, Search

if TYPE_CHECKING:
    from harness.settings import TrustSettings

WAYS: Mapping[str, Callable[[Search], Awaitable[IssuerKey | None]]] = {
    certificates.X5C: certificates.from_x5c,
    certificates.X5CHAIN: certificates.from_x5chain,
    jwt_vc_issuer.MECHANISM: jwt_vc_issuer.from_metadata,
    dids.MECHANISM: dids.from_did,
    dids.CONTROLLER_DOCUMENT: dids.from_controller_document,
    key_sets.MECHANISM: key_sets.from_configured_sets,
}
"""Mechanism, as ``Signer`` names it, to what tries it; ``None`` says that it leads nowhere."""


async def resolve(signed: Signed, fetcher: Fetcher, trust: TrustSettings, now: float) -> IssuerKey:
    """Find the key of a credential, or of a status list.

    Args:
        signed: as read.
        fetcher: fetches what it points at.
        trust: trust anchors, and the team's JWK Sets.
        now: seconds since 1970, for the validity of certificates.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    return await find(Search(signed.signer, signed.verify, fetcher, trust, now))


async def resolve_signer(
    jws: jose.Jws,
    iss: Any,
    fetcher: Fetcher,
    trust: TrustSettings,
    now: float,
    *,
    trusted: tuple[x509.Certificate, ...] | None = None,
) -> IssuerKey:
    """Find the key of a JWS that is no credential: by ``x5c``, a DID, or the JWK Sets that the team configured.

    Args:
        jws: as read.
        iss: the claim, which may be a DID.
        fetcher: fetches DID documents.
        trust: trust anchors for ``x5c``, and the team's JWK Sets.
        now: seconds since 1970, for the validity of certificates.
        trusted: trust anchors in place of those; ``None`` for these.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    mechanisms = (certificates.X5C, dids.MECHANISM, key_sets.MECHANISM)
    signer = Signer(mechanisms, iss, jws.header.get("kid"), jws.header.get("x5c"))
    return await find(Search(signer, lambda jwk: jose.verify(jws, jwk), fetcher, trust, now, trusted))


async def find(search: Search) -> IssuerKey:
    """Try the mechanisms of a search.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    for mechanism in search.signer.mechanisms:
        found = await WAYS[mechanism](search)
        if found is not None:
            return found
    tried = "; ".join([*search.tried, key_sets.ADVICE])
    return IssuerKey(None, missing=f"no key of the signer was found: {tried}")
