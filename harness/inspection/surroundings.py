"""What an inspection has besides the document: the time, keys, whom the user trusts, the network or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from harness.checks import Check
from harness.evidence import Blocked
from harness.formats import jose, text
from harness.formats.signatures import SignatureError
from harness.formats.signer import Signed
from harness.model import Requirement
from harness.settings import TrustSettings
from harness.transport import Client, Recorder
from harness.trust import issuer_key
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey
from harness.trust.key_sets import ADVICE

_NOWHERE = "https://nowhere.invalid"


class Offline(httpx.AsyncBaseTransport):
    """A network that sends nothing and says that it could have."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse to send.

        Raises:
            Blocked: always.

        """
        raise Blocked(f"nothing is fetched without --fetch ({request.url})")


@dataclass(frozen=True)
class Surroundings:
    """What an inspection has besides the document.

    Attributes:
        now: seconds since 1970.
        client: the way to the network.
        checks: those of a run.
        requirements: the catalogue.
        keys: public JWKs that the user gave, one of which may have signed.
        trust: whom the user trusts.

    """

    now: float
    client: Client
    checks: Mapping[str, Check]
    requirements: Mapping[str, Requirement]
    keys: tuple[Mapping[str, Any], ...] = ()
    trust: TrustSettings = field(default_factory=TrustSettings)

    async def key_of(self, signed: Signed) -> IssuerKey:
        """Find the key of a credential, or of a status list.

        Raises:
            Blocked: it has to be fetched, and nothing is.
            TrustError: what the user trusts cannot be read.

        """
        given = self._given(signed.verify)
        if given is not None:
            return given
        fetcher = self._fetcher(signed.signer.issuer)
        return _advised(await issuer_key.resolve(signed, fetcher, self.trust, self.now))

    async def key_of_token(self, jws: jose.Jws, issuer: Any) -> IssuerKey:
        """Find the key of a JWS that is no credential; a key in its own header counts.

        Raises:
            Blocked: it has to be fetched, and nothing is.
            TrustError: what the user trusts cannot be read.

        """
        given = self._given(lambda jwk: jose.verify(jws, jwk))
        if given is not None:
            return given
        if isinstance(jws.header.get("jwk"), dict):
            return IssuerKey("jwk", jws.header["jwk"])
        found = await issuer_key.resolve_signer(jws, issuer, self._fetcher(issuer), self.trust, self.now)
        return _advised(found)

    def _fetcher(self, issuer: Any) -> Fetcher:
        return Fetcher(self.client, issuer if text.is_https_url(issuer) or text.is_http_url(issuer) else _NOWHERE)

    def _given(self, verify: Callable[[Mapping[str, Any]], None]) -> IssuerKey | None:
        """Give the one of the user's keys that verifies, or else the first; ``None`` when there is none."""
        for key in self.keys:
            try:
                verify(key)
            except SignatureError:
                continue
            return IssuerKey("--key", key)
        return IssuerKey("--key", self.keys[0]) if self.keys else None


def _advised(found: IssuerKey) -> IssuerKey:
    """Say what the user of this command can do about a key that is missing, rather than the user of a run."""
    return replace(found, missing=found.missing.replace(ADVICE, "give the key with --key FILE"))


def offline(now: Callable[[], float]) -> Client:
    """Give a way to the network that leads nowhere."""
    return Client(Recorder(), transport=Offline(), now=now)
