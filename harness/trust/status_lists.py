"""Finds the key that signed a status list: by what the list says, and by the credential that refers to it.

Token Status List section 11.3 leaves the ways open. A list may be signed with the key of the credential, or with
one that is found as that of the credential is; and a list that does not say who issued it is taken for one of the
credential's issuer. A list of a W3C credential is a credential itself and says everything itself.

The certificates of who signs lists lead to the certificate that an mdoc names for them (ISO/IEC 18013-5 second
edition clause 12.3.6.2), else to the anchors in ``[trust] status_lists``, else to those of who signs credentials
of that kind.

Problems: those of ``issuer_key``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryptography import x509 as pyca

from harness.formats import x509
from harness.formats.credential import Credential
from harness.formats.signatures import SignatureError
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism, Reference
from harness.trust import certificates, dids, issuer_key, jwt_vc_issuer
from harness.trust.fetching import Fetcher
from harness.trust.files import anchors
from harness.trust.found import IssuerKey, Search

if TYPE_CHECKING:
    from harness.settings import TrustSettings

_TOKENS = (Mechanism.STATUS_LIST, Mechanism.IDENTIFIER_LIST)
"""Mechanisms whose lists need not say who issued them."""

_BY_ISSUER = (jwt_vc_issuer.MECHANISM, dids.MECHANISM)
"""Ways to a key that begin with who issued the list."""


@dataclass(frozen=True)
class ListSigners:
    """Looks for the keys of status lists.

    Attributes:
        fetcher: the wary way to the network.
        trust: whom the team trusts.

    """

    fetcher: Fetcher
    trust: TrustSettings

    async def key(
        self, document: StatusDocument, reference: Reference, credential: Credential | None, now: float
    ) -> IssuerKey:
        """Find the key of one list.

        Args:
            document: the list as read.
            reference: what led to it.
            credential: what the reference stands in; ``None`` when it is not known.
            now: seconds since 1970, for the validity of certificates.

        Raises:
            TrustError: a trust anchor or JWK Set that the team configured cannot be read.

        """
        signer = document.signer
        borrowed = credential is not None and reference.mechanism in _TOKENS and signer.issuer is None
        if borrowed and credential is not None:
            signer = replace(signer, issuer=credential.signer.issuer)
        trusted = self._anchors(reference, credential)
        search = Search(signer, document.verify, self.fetcher, self.trust, now, trusted)
        found = await issuer_key.find(search)
        doubtful = found.mechanism is None or (borrowed and found.jwk is None and found.mechanism in _BY_ISSUER)
        if credential is None or reference.mechanism not in _TOKENS or not doubtful:
            return found
        own = await issuer_key.resolve(credential, self.fetcher, self.trust, now)
        named = signer.key_id is not None and signer.key_id == credential.signer.key_id
        if own.jwk is None or not (named or _verifies(document, own.jwk)):
            return found
        chain = x509.check_chain(own.certificates, now, trusted or ()) if own.certificates else None
        return IssuerKey(own.mechanism, own.jwk, chain, certificates=own.certificates)

    def _anchors(self, reference: Reference, credential: Credential | None) -> tuple[pyca.Certificate, ...] | None:
        """Give the trust anchors of a list; ``None`` for those of whatever way leads to its key."""
        named = None if reference.certificate is None else x509.in_der(reference.certificate)
        if named is not None:
            return (named,)
        if self.trust.status_lists:
            return anchors(tuple(self.trust.status_lists), "status_lists")
        if credential is None:
            return None
        of_mdocs = certificates.X5CHAIN in credential.signer.mechanisms
        return anchors(*((self.trust.iaca, "iaca") if of_mdocs else (self.trust.x5c, "x5c")))


def _verifies(document: StatusDocument, jwk: Mapping[str, Any]) -> bool:
    try:
        document.verify(jwk)
    except SignatureError:
        return False
    return True
