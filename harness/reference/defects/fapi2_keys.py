"""Faults of algorithms and keys that the FAPI 2.0 Security Profile judges (its sections 5.4.1 and 5.4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jwcrypto.jwk import JWK

from harness.reference import jwt, keys
from harness.reference.context import Context
from harness.reference.encoding import encoded_json
from harness.reference.faults import fault
from harness.reference.keys import SigningKey
from harness.reference.sd_jwt import SdJwt
from harness.reference.signed_metadata import SignedMetadata
from harness.reference.status_token import JwtToken

Document = dict[str, Any]
_ADDRESS = "https://keys.assay.test/signer"


# Metadata of the Authorization Server


def _of_rsa_only(name: str) -> Callable[[Document, Context], None]:
    def spoil(metadata: Document, _: Context) -> None:
        if name in metadata:
            metadata[name] = ["RS256"]

    return spoil


for _defect, _name, _told in (
    ("dpop-algs-rs256", "dpop_signing_alg_values_supported", "DPoP proofs"),
    ("assertion-algs-rs256", "token_endpoint_auth_signing_alg_values_supported", "client assertions"),
):
    fault(f"as-metadata:{_defect}", f"The metadata list RS256 only for {_told}.")(_of_rsa_only(_name))


@fault("as-metadata:jwks-uri-missing")
def jwks_uri_missing(metadata: Document, _: Context) -> None:
    """The Authorization Server does not say where its keys are."""
    metadata.pop("jwks_uri", None)


@fault("as-jwks:key-rsa-1024")
def short_server_key(document: Document, _: Context) -> None:
    """A key of the Authorization Server is an RSA key of 1024 bits."""
    jwk = keys.rsa_key(1024).export_public(as_dict=True)
    document["keys"].append({**jwk, "kid": "server-short", "use": "sig"})


# Access Tokens


def _signed_again(header: Document, key: Callable[[], JWK] | None) -> Callable[[Document, Context], None]:
    """Give the fault that puts another header over the claims of an Access Token that is a JWT."""

    def spoil(document: Document, _: Context) -> None:
        right = jwt.read(document.get("access_token"))
        if right is None:
            return
        if key is None:
            document["access_token"] = f"{encoded_json(header)}.{encoded_json(dict(right.claims))}."
        else:
            document["access_token"] = jwt.sign(key(), header, right.claims)

    return spoil


def _server_key() -> JWK:
    return keys.server_key("sig")


for _defect, _told, _header, _key in (
    ("alg-rs256", "is signed with RS256", {"typ": "at+jwt", "alg": "RS256"}, keys.rsa_key),
    ("alg-none", "is not signed", {"typ": "at+jwt", "alg": "none"}, None),
    (
        "header-jku",
        "says in its header where the key is",
        {"typ": "at+jwt", "alg": "ES256", "jku": _ADDRESS},
        _server_key,
    ),
):
    fault(f"token:jwt-{_defect}", f"An Access Token {_told}.")(_signed_again(_header, _key))


# What the Credential Issuer signs


@fault("sd-jwt:header-x5u")
def credential_x5u(sd_jwt: SdJwt, _: Context) -> None:
    """An SD-JWT VC says by x5u where the certificate is."""
    sd_jwt.header["x5u"] = _ADDRESS


@fault("sd-jwt:header-jku")
def credential_jku(sd_jwt: SdJwt, _: Context) -> None:
    """An SD-JWT VC says by jku where the key is."""
    sd_jwt.header["jku"] = _ADDRESS


@fault("signed-metadata:header-x5u")
def metadata_x5u(draft: SignedMetadata, _: Context) -> None:
    """Signed metadata say by x5u where the certificate is."""
    draft.header["x5u"] = _ADDRESS


@fault("signed-metadata:key-rsa-1024")
def short_metadata_key(draft: SignedMetadata, context: Context) -> None:
    """Signed metadata are signed with an RSA key of 1024 bits."""
    key = SigningKey("RS256", keys.rsa_key(1024))
    draft.key = key
    draft.header |= {"alg": "RS256", "x5c": [keys.leaf(key, context.issuer_url)]}


@fault("status-token:header-x5u")
def status_x5u(token: Any, _: Context) -> None:
    """A status list says by x5u where the certificate is."""
    if isinstance(token, JwtToken):
        token.header["x5u"] = _ADDRESS
