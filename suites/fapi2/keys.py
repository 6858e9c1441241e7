"""Keys of the servers, and of what clients sign: FAPI 2.0 Security Profile sections 5.4.1 and 5.4.2."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jose
from harness.formats.jwk import key_bits
from harness.formats.problems import FormatError
from harness.formats.status_list import Form
from harness.formats.status_list_token import StatusListToken
from harness.lifecycle.status import CredentialStatus
from harness.transport import Client, Reply
from harness.unredeemed import Unredeemed
from harness.wallet import dpop
from harness.wallet import token as tokens
from harness.wallet.metadata import AuthorizationServer, Issuer
from harness.wallet.signed_metadata import SignedMetadata
from suites.oid4vci._authentications import STATUS, pushes
from suites.oid4vci._dpop import PROOF_ERRORS, redeem_with
from suites.oid4vci._parts import Part
from suites.oid4vci._servers import described_with
from suites.oid4vci._status_lists import lists, place
from suites.oid4vci._urls import is_secure_url

check = area("FAPI 2.0: keys", per=Per.GRANT)

_LEAST = {"RSA": (2_048, "FAPI2-5.4.1-06"), "EC": (224, "FAPI2-5.4.1-07"), "OKP": (224, "FAPI2-5.4.1-07")}
_CURVES = {"Ed25519": 255, "X25519": 255, "Ed448": 448, "X448": 448}
"""Bits of the curves of RFC 8037."""
_AT_SERVERS = when.server_under_test & when.server_metadata_has("jwks_uri")


# Keys of the servers


@check(
    "fapi2-key-strength",
    requires=["FAPI2-5.4.1-06", "FAPI2-5.4.1-07"],
    proven_by={"as-jwks:key-rsa-1024": "FAPI2-KEY-SHORT"},
    applies=_AT_SERVERS,
    per=Per.ISSUER,
)
async def keys_of_the_server_are_strong(issuer: Issuer, client: Client, expect: Expect) -> None:
    """Keys at the jwks_uri have 2048 bits or more where they are of RSA, and 224 on elliptic curves."""
    for url, _ in described_with(issuer, "jwks_uri", expect):
        if not is_secure_url(url.value):
            continue
        reply = await client.send("keys of the authorization server", "GET", url.value)
        for key in Part(reply.object.get("keys"), "/keys").parts():
            _expect_strong(expect, key.value, reply, key.pointer)
    if not expect.evaluated:
        raise Blocked("there is no key whose length can be told at the jwks_uri")


@check(
    "fapi2-key-strength-metadata",
    requires=["FAPI2-5.4.1-06", "FAPI2-5.4.1-07"],
    proven_by={"signed-metadata:key-rsa-1024": "FAPI2-KEY-SHORT"},
    applies=when.signed_metadata_key,
    per=Per.ISSUER,
)
async def the_key_of_signed_metadata_is_strong(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """The key of signed metadata has 2048 bits or more where it is of RSA, and 224 on an elliptic curve."""
    signer = signed_metadata.signer
    _expect_strong(expect, signer.jwk if signer else None, signed_metadata.reply, "header")
    if not expect.evaluated:
        raise Blocked("the length of the key cannot be told")


def _expect_strong(expect: Expect, jwk: Any, at: Reply, pointer: str) -> None:
    """Expect a key to be long enough, where its kind and its length can be told."""
    bits = key_bits(jwk)
    if isinstance(jwk, Mapping) and jwk.get("kty") == "OKP" and isinstance(jwk.get("crv"), str):
        bits = _CURVES.get(jwk["crv"])
    if isinstance(jwk, Mapping) and jwk.get("kty") in _LEAST and bits is not None:
        least, requirement = _LEAST[jwk["kty"]]
        expect.that(
            bits >= least,
            "FAPI2-KEY-SHORT",
            f"a key of {least} bits or more",
            f"{bits} bits",
            at=at,
            pointer=pointer,
            requirement=requirement,
        )


@check(
    "fapi2-keys-published",
    requires=["FAPI2-5.4.2-01"],
    proven_by={"as-metadata:jwks-uri-missing": "FAPI2-KEYS-UNPUBLISHED"},
    applies=when.server_under_test & when.jwt_token,
)
async def keys_are_published(issuer: Issuer, server: AuthorizationServer, token: Reply, expect: Expect) -> None:
    """An Authorization Server whose JWTs others verify publishes its keys at a jwks_uri."""
    signed = tokens.signed(token)
    # Access Tokens are opaque to clients, and an issuer that is its own Authorization Server knows its key.
    among_itself = "id_token" not in signed and server.issuer == issuer.identifier
    expect.that(
        among_itself or "jwks_uri" in server.metadata,
        "FAPI2-KEYS-UNPUBLISHED",
        f"jwks_uri in the metadata, since these are JWTs: {', '.join(signed)}",
        "no such member",
        at=server.fallback or server.reply,
    )


# Keys of clients


@check(
    "fapi2-short-key-refused",
    requires=["FAPI2-5.4.1-08", "RFC9449-5-01", "RFC9449-10.1-01", *STATUS],
    proven_by={
        "accepts:dpop.key-long": "FAPI2-SHORT-KEY-ACCEPTED",
        "misreports:dpop.key-long": "FAPI2-SHORT-KEY-MISREPORTED",
    },
    applies=when.server_under_test & when.dpop & when.rsa_dpop_algorithm,
)
async def a_short_key_is_refused(
    server: AuthorizationServer, shared: Flow, flow: Flow, unredeemed: Unredeemed, expect: Expect
) -> None:
    """A DPoP proof of an RSA key of 1024 bits is refused, while one of 2048 bits is accepted."""
    algorithm = dpop.rsa_algorithm(server.metadata)
    assert algorithm is not None  # or else the check would not apply
    long = await redeem_with(partial(mutate.with_another_key, algorithm=algorithm), flow)
    # Section 5.4.1 forbids the other algorithms of RSA, which the metadata may list for clients of other profiles.
    forbidden = algorithm != "PS256" and long.error in PROOF_ERRORS
    if not (long.successful or forbidden):
        raise Blocked(
            f"a DPoP proof of the alg {algorithm} is refused whatever the length of the key is: {long.gist}"
        )
    change = partial(mutate.with_short_key, algorithm=algorithm)
    refused = partial(expect.refused, code="FAPI2-SHORT-KEY", status={400})
    refused(
        await unredeemed.request(partial(redeem_with, change), PROOF_ERRORS),
        what="a Token Request with a DPoP proof of an RSA key of 1024 bits",
        errors=PROOF_ERRORS,
        status_requirement=STATUS[0],
        error_requirement="RFC9449-5-01",
    )
    if await pushes(shared):
        parameters, _ = await shared.authorization_parameters()
        refused(
            await shared.push(parameters, dpop=change),
            what="a pushed authorization request with a DPoP proof of an RSA key of 1024 bits",
            errors=PROOF_ERRORS | {"invalid_request"},
            status_requirement=STATUS[1],
            error_requirement="RFC9449-10.1-01",
        )


# Addresses of keys


def _expect_no_address(expect: Expect, jws: jose.Jws, at: Reply | int, pointer: str) -> None:
    named = [name for name in ("x5u", "jku") if name in jws.header]
    expect.that(
        not named, "FAPI2-KEY-URL", "a header without x5u and jku", named, at=at, pointer=f"{pointer}header"
    )


@check(
    "fapi2-no-key-urls",
    requires=["FAPI2-5.4.2-03"],
    proven_by={"sd-jwt:header-x5u": "FAPI2-KEY-URL", "sd-jwt:header-jku": "FAPI2-KEY-URL"},
    applies=when.of_format("dc+sd-jwt", "vc+sd-jwt", "jwt_vc_json", "jwt_vc_json-ld"),
    per=Per.SHAPE,
)
async def credentials_name_no_address(credential: IssuedCredential, expect: Expect) -> None:
    """A credential that is a JWT says by no address in its header where the key is."""
    try:
        jws = jose.parse_compact(str(credential.raw).partition("~")[0])
    except FormatError as error:
        raise Blocked(f"the credential cannot be read: {error.detail}") from error
    _expect_no_address(expect, jws, credential.exchange, f"{credential.pointer}: ")


@check(
    "fapi2-no-key-urls-tokens",
    requires=["FAPI2-5.4.2-03"],
    proven_by={"token:jwt-header-jku": "FAPI2-KEY-URL"},
    applies=when.server_under_test & when.jwt_token,
)
async def tokens_name_no_address(token: Reply, expect: Expect) -> None:
    """Access Tokens and ID Tokens that are JWTs say by no address in their header where the key is."""
    for name, jws in tokens.signed(token).items():
        _expect_no_address(expect, jws, token, f"/{name}: ")


@check(
    "fapi2-no-key-urls-metadata",
    requires=["FAPI2-5.4.2-03"],
    proven_by={"signed-metadata:header-x5u": "FAPI2-KEY-URL"},
    applies=when.signed_claims,
    per=Per.ISSUER,
)
async def signed_metadata_names_no_address(signed_metadata: SignedMetadata, expect: Expect) -> None:
    """Signed metadata says by no address in its header where the key is."""
    if signed_metadata.jws is None:
        raise Blocked("the signed metadata cannot be read")
    _expect_no_address(expect, signed_metadata.jws, signed_metadata.reply, "")


@check(
    "fapi2-no-key-urls-status",
    requires=["FAPI2-5.4.2-03"],
    proven_by={"status-token:header-x5u": "FAPI2-KEY-URL"},
    applies=when.status_token(Form.JWT),
    per=Per.SHAPE,
)
async def status_lists_name_no_address(status: CredentialStatus, expect: Expect) -> None:
    """A Status List Token says by no address in its header where the key is."""
    for entry, document, _ in lists(status):
        if isinstance(document, StatusListToken) and isinstance(document.token, jose.Jws):
            _expect_no_address(expect, document.token, place(entry).exchange, "")
