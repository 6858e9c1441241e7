"""Client authentication at the Authorization Server.

- ``none``, ``client_secret_basic``, ``client_secret_post``: RFC 6749 section 2.3.
- ``private_key_jwt``: RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3.
- ``attest_jwt_client_auth``: Attestation-Based Client Authentication, draft 07.
- ``tls_client_auth``, ``self_signed_tls_client_auth``: RFC 8705 section 2; the transport shows the certificate.

The client is named by ``client_id`` where nothing else names it: a client that authenticates with Basic or with an
assertion leaves the parameter out (RFC 6749 section 4.1.3, RFC 7521 section 4.2). An attested client does send it,
as draft 07 section 6.3 allows, since many servers know it as a public client.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jwcrypto.common import JWException, base64url_encode

from harness import attesters
from harness.settings import AttesterSettings, ClientSettings
from harness.transport import Reply
from harness.wallet import attestation
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import ALGORITHMS, KeyMaker, WalletKey, key_of
from harness.wallet.refusals import error_codes

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""Value of ``client_assertion_type`` (RFC 7523 section 2.2)."""
ATTESTATION_FIELD = "OAuth-Client-Attestation"
"""Header field (draft 07 section 6.1)."""
POP_FIELD = "OAuth-Client-Attestation-PoP"
"""Header field (draft 07 section 6.1)."""
CHALLENGE_FIELD = "OAuth-Client-Attestation-Challenge"
"""Header field of answers (draft 07 section 8.1)."""

_ASSERTION_LIFETIME = 60
"""Seconds."""
_WALLET_NAME = "Assay"


class ClientError(Exception):
    """The settings of a client do not make one; the message is one line."""


@dataclass(frozen=True)
class Authentication:
    """What authenticates the client in one request.

    Drafts are signed when they are sent and strings are sent as they are, so that a check can change either.
    """

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Parameters of the form, besides the assertion."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Header fields, besides the attestation."""
    assertion: JwtDraft | str | None = field(default=None, repr=False)
    """The ``client_assertion``."""
    attestation: JwtDraft | str | None = field(default=None, repr=False)
    """The Client Attestation."""
    pop: JwtDraft | str | None = field(default=None, repr=False)
    """Its proof of possession."""

    def form(self) -> dict[str, str]:
        """Give the parameters for the body of the request."""
        if self.assertion is None:
            return dict(self.fields)
        return {**self.fields, "client_assertion_type": ASSERTION_TYPE, "client_assertion": _text(self.assertion)}

    def header_fields(self) -> dict[str, str]:
        """Give the header fields for the request."""
        attested = {ATTESTATION_FIELD: self.attestation, POP_FIELD: self.pop}
        return {**self.headers, **{name: _text(jwt) for name, jwt in attested.items() if jwt is not None}}


def _text(jwt: JwtDraft | str) -> str:
    return jwt if isinstance(jwt, str) else jwt.sign()


class OAuthClient:
    """A client as it is registered at the Authorization Server, or the anonymous wallet.

    The keys that its settings leave open are made with it and live as long as it does, so that all its requests
    come from one wallet instance.

    Attributes:
        client_id: ``None`` for the anonymous wallet.
        method: how it authenticates, one of ``METHODS``.
        redirect_uri: the registered redirect URI, if any.

    """

    def __init__(
        self, client_id: str | None, method: str, redirect_uri: str | None, authenticate: _Authenticate
    ) -> None:
        self.client_id = client_id
        self.method = method
        self.redirect_uri = redirect_uri
        self._authenticate = authenticate

    @classmethod
    def of(cls, settings: ClientSettings, make_key: KeyMaker, now: Callable[[], float]) -> OAuthClient:
        """Make the client that the settings tell of.

        Args:
            settings: how the client is registered.
            make_key: gives the keys that the settings leave open.
            now: seconds since 1970; asked once, for the certificate of an attester key that has none.

        Raises:
            ClientError: the method is unknown, or something that it needs is missing or unusable.

        """
        method = settings.authentication or "none"
        if method not in _METHODS:
            raise ClientError(f"unknown client authentication {method!r}: choose one of {', '.join(METHODS)}")
        if settings.client_id is None and method != "none":
            raise ClientError(f"{method} needs a client_id")
        authenticate = _METHODS[method](settings, make_key, now)
        return cls(settings.client_id, method, settings.redirect_uri, authenticate)

    def authenticate(self, *, issuer: str, now: float, challenge: str | None = None) -> Authentication:
        """Make what authenticates the client in one request; each time a new ``jti`` in what is signed.

        Args:
            issuer: issuer identifier of the Authorization Server: the audience of an assertion (RFC 9126
                section 2) and of a proof of possession (draft 07 section 5.2).
            now: seconds since 1970.
            challenge: the server's latest challenge for ``attest_jwt_client_auth``, if it gave one.

        """
        return self._authenticate(issuer, now, challenge)


def basic(client_id: str, secret: str, encode: Callable[[str], str] = quote_plus) -> str:
    """Give the value of ``Authorization`` for HTTP Basic (RFC 6749 section 2.3.1).

    Args:
        encode: form-encodes both before they are joined, so that a colon cannot confuse.

    """
    pair = f"{encode(client_id)}:{encode(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def percent_encoded(text: str) -> str:
    """Form-encode every character of a text, also those that need it not."""
    return "".join(f"%{octet:02X}" for octet in text.encode())


def certificate_thumbprint(certificate: Path) -> str:
    """Give ``x5t#S256`` of the first certificate in a PEM file (RFC 8705 section 3.1).

    Raises:
        ClientError: the file holds no certificate that can be read.

    """
    try:
        shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise ClientError(f"{certificate} holds no certificate: {error}") from error
    return str(base64url_encode(shown.fingerprint(hashes.SHA256())))


def offered_challenge(reply: Reply) -> str | None:
    """Give the challenge that any answer brings in its header for the next proof (draft 07 section 8.1)."""
    challenges = reply.headers.get_list(CHALLENGE_FIELD)
    return (challenges[-1] or None) if challenges else None


def wanted_challenge(reply: Reply) -> str | None:
    """Give the challenge to repeat a refused request with, when the answer asks for it (draft 07 section 6.2)."""
    return offered_challenge(reply) if "use_attestation_challenge" in error_codes(reply) else None


def challenge_of(reply: Reply) -> str | None:
    """Give the challenge in an answer of the challenge endpoint (draft 07 section 8), or ``None``."""
    challenge = reply.object.get("attestation_challenge")
    return challenge if reply.successful and isinstance(challenge, str) and challenge else None


_Authenticate = Callable[[str, float, str | None], Authentication]
"""Gets issuer identifier, time and challenge."""


def _identified(settings: ClientSettings) -> dict[str, str]:
    return {} if settings.client_id is None else {"client_id": settings.client_id}


def _by_nothing_more(settings: ClientSettings, _make_key: KeyMaker, _now: Callable[[], float]) -> _Authenticate:
    shown = Authentication(fields=_identified(settings))
    return lambda _issuer, _at, _challenge: shown


def _client_secret_basic(
    settings: ClientSettings, _make_key: KeyMaker, _now: Callable[[], float]
) -> _Authenticate:
    shown = Authentication(headers={"Authorization": basic(_client_id(settings), _secret(settings))})
    return lambda _issuer, _at, _challenge: shown


def _client_secret_post(settings: ClientSettings, _make_key: KeyMaker, _now: Callable[[], float]) -> _Authenticate:
    shown = Authentication(fields={**_identified(settings), "client_secret": _secret(settings)})
    return lambda _issuer, _at, _challenge: shown


def _private_key_jwt(settings: ClientSettings, make_key: KeyMaker, _now: Callable[[], float]) -> _Authenticate:
    client_id = _client_id(settings)
    key = _key(settings.key, make_key, "the client's key")
    header: dict[str, Any] = {"alg": key.algorithm}
    if key.private.get("kid") is not None:
        header["kid"] = key.private.get("kid")

    def authenticate(issuer: str, at: float, _challenge: str | None) -> Authentication:
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": int(at),
            "exp": int(at) + _ASSERTION_LIFETIME,
        }
        return Authentication(assertion=JwtDraft(key, header, claims))

    return authenticate


def _attest_jwt_client_auth(
    settings: ClientSettings, make_key: KeyMaker, now: Callable[[], float]
) -> _Authenticate:
    client_id = _client_id(settings)
    attester = settings.attester or AttesterSettings()
    private = attester.key or attesters.private_jwk("wallet")
    attester_key = _key(private, make_key, "the attester's key")
    x5c = attestation.certificates(attester_key, now(), private.get("x5c", ()))
    instance_key = make_key("ES256")

    def authenticate(issuer: str, at: float, challenge: str | None) -> Authentication:
        return Authentication(
            fields=_identified(settings),
            attestation=attestation.client_attestation(
                attester_key,
                client_id=client_id,
                instance_key=instance_key,
                issued_at=at,
                issuer=attester.issuer or attesters.ISSUER,
                x5c=x5c,
                wallet_name=_WALLET_NAME,
            ),
            pop=attestation.client_attestation_pop(
                instance_key, client_id=client_id, audience=issuer, issued_at=at, challenge=challenge
            ),
        )

    return authenticate


_METHODS: Mapping[str, Callable[[ClientSettings, KeyMaker, Callable[[], float]], _Authenticate]] = {
    "none": _by_nothing_more,
    "client_secret_basic": _client_secret_basic,
    "client_secret_post": _client_secret_post,
    "private_key_jwt": _private_key_jwt,
    "attest_jwt_client_auth": _attest_jwt_client_auth,
    "tls_client_auth": _by_nothing_more,
    "self_signed_tls_client_auth": _by_nothing_more,
}
METHODS = tuple(_METHODS)
"""Values of ``token_endpoint_auth_methods_supported`` that the wallet can use."""


def _client_id(settings: ClientSettings) -> str:
    assert settings.client_id is not None  # OAuthClient sees to it
    return settings.client_id


def _secret(settings: ClientSettings) -> str:
    if not settings.client_secret:
        raise ClientError(f"{settings.authentication} needs a client_secret")
    return settings.client_secret


def _key(private: Mapping[str, Any], make_key: KeyMaker, what: str) -> WalletKey:
    try:
        key = key_of(private, make_key)
        JwtDraft(key).sign()  # tells at once whether the key is private and fits its algorithm
    except (JWException, ValueError, TypeError, AttributeError) as error:
        raise ClientError(f"{what} must be a private JWK, whose alg fits it if it has one") from error
    if key.algorithm not in ALGORITHMS:
        raise ClientError(f"{what} is for {key.algorithm}; the wallet signs with {', '.join(ALGORITHMS)}")
    return key
