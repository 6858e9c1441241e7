"""JWTs that are no credentials: proofs, attestations, access tokens, signed metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence import Blocked
from harness.formats import jose, jwe, strict_json
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key
from harness.formats.problems import FormatError, Problem, json_type
from harness.formats.signatures import ASYMMETRIC_ALGORITHMS, SignatureError
from harness.inspection import certificates, metadata
from harness.inspection.inspection import Complaint, Inspection, Section, Signature
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised, claims_of, of_json
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.model import Json
from harness.trust.found import IssuerKey

_TEXT, _NUMBER, _OBJECT, _ARRAY = (str,), (int, float), (dict,), (list,)
_AUDIENCE = (str, list)


@dataclass(frozen=True)
class TokenKind:
    """What a JWT of one kind has to have."""

    title: str
    clause: str
    typ: str | None = None
    claims: Mapping[str, tuple[type, ...]] | None = None
    """Claims that have to be there, with their JSON types."""
    names_key: bool = False
    """Whether the header names the key: exactly one of ``jwk``, ``kid`` and ``x5c``."""
    own_key: bool = False
    """Whether the header carries the key as ``jwk``."""
    binds: bool = False
    """Whether ``cnf`` carries a public key."""


KINDS = {
    "key-proof": TokenKind(
        "Key proof (jwt)",
        "OpenID4VCI 1.0, F.1",
        "openid4vci-proof+jwt",
        {"aud": _TEXT, "iat": _NUMBER},
        names_key=True,
    ),
    "key-attestation": TokenKind(
        "Key attestation",
        "OpenID4VCI 1.0, D.1",
        "key-attestation+jwt",
        {"iat": _NUMBER, "attested_keys": _ARRAY},
    ),
    "dpop-proof": TokenKind(
        "DPoP proof",
        "RFC 9449, 4.2",
        "dpop+jwt",
        {"jti": _TEXT, "htm": _TEXT, "htu": _TEXT, "iat": _NUMBER},
        own_key=True,
    ),
    "client-attestation": TokenKind(
        "Client attestation",
        "Attestation-Based Client Authentication draft 07, 5.1",
        "oauth-client-attestation+jwt",
        {"iss": _TEXT, "sub": _TEXT, "exp": _NUMBER, "cnf": _OBJECT},
        binds=True,
    ),
    "client-attestation-pop": TokenKind(
        "Client attestation proof of possession",
        "Attestation-Based Client Authentication draft 07, 5.2",
        "oauth-client-attestation-pop+jwt",
        {"iss": _TEXT, "aud": _AUDIENCE, "jti": _TEXT, "iat": _NUMBER},
    ),
    "client-assertion": TokenKind(
        "Client assertion (private_key_jwt)",
        "RFC 7523, 3",
        None,
        {"iss": _TEXT, "sub": _TEXT, "aud": _AUDIENCE, "exp": _NUMBER},
    ),
    "access-token": TokenKind(
        "Access token (JWT)",
        "RFC 9068, 2.2",
        None,
        {"iss": _TEXT, "exp": _NUMBER, "aud": _AUDIENCE, "sub": _TEXT},
    ),
    "key-binding": TokenKind(
        "Key Binding JWT",
        "RFC 9901, 4.3",
        "kb+jwt",
        {"iat": _NUMBER, "aud": _TEXT, "nonce": _TEXT, "sd_hash": _TEXT},
    ),
    "signed-metadata": TokenKind(
        "Signed Credential Issuer Metadata",
        "OpenID4VCI 1.0, 12.2.3",
        "openidvci-issuer-metadata+jwt",
        {"sub": _TEXT, "iat": _NUMBER},
    ),
    "jwt": TokenKind("JSON Web Token of no kind that is known here", "RFC 7519"),
}
"""Kind of document to what a JWT of it has to have."""


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a JWT that is no credential."""
    return await of_jws(found.kind, found.value, KINDS[found.kind], around)


async def inspect_signed_metadata(found: Recognised, around: Surroundings) -> Inspection:
    """Look at signed metadata, and at the metadata in it."""
    own = await inspect(found, around)
    try:
        document = strict_json.parse(found.value.payload)
    except strict_json.JsonError:
        return own
    if not isinstance(document.value, dict) or of_json(document).kind != "issuer-metadata":
        return own
    part = await metadata.of_issuer(document, around)
    shown = tuple(section for section in own.sections if section.title != "Claims")
    return Inspection(
        own.kind, own.title, shown, own.decoded, own.signature, own.complaints, own.undecided, (part,)
    )


async def inspect_encrypted(found: Recognised, _: Surroundings) -> Inspection:
    """Look at the header of what is encrypted."""
    try:
        read = jwe.parse_compact(found.value)
    except FormatError as error:
        return Inspection(
            "encrypted", "Something encrypted (JWE)", complaints=(Complaint(error.kind, error.detail),)
        )
    header = concealed(dict(read.header))
    return Inspection(
        "encrypted",
        "Something encrypted (JWE); only who has the key can read it",
        (Section("Header", rows(header)),),
        {"header": header},
        complaints=tuple(complaint(one, "formats.jwe") for one in read.problems),
    )


async def of_jws(kind: str, jws: jose.Jws, terms: TokenKind, around: Surroundings) -> Inspection:
    """Look at a JWS whose payload is to be a JSON object.

    Args:
        terms: what a JWT of its kind has to have.

    """
    claims = claims_of(jws)
    key, state = await _verified(jws, claims, around)
    shown = key.certificates if key is not None else ()
    header = dict(jws.header)
    if isinstance(header.get("x5c"), list) and shown:
        header["x5c"] = certificates.counted(len(shown))
    complaints = [complaint(one, "formats.jose") for one in jws.problems]
    complaints += [complaint(one) for one in (key.problems if key is not None else ())]
    complaints += [
        Complaint(one.kind, one.detail, pointer=one.pointer, clause=terms.clause)
        for one in _problems(jws, claims, terms)
    ]
    complaints += _times(claims, around.now)
    if state.verified is False:
        complaints.append(Complaint("signature", state.detail, clause="RFC 7515, 5.2"))
    return Inspection(
        kind,
        terms.title,
        (
            Section("Header", rows(concealed(header))),
            Section("Claims", rows(concealed(claims))),
            *certificates.sections(shown, around.now),
        ),
        {"header": concealed(jws.header), "claims": concealed(claims)},
        state,
        tuple(complaints),
    )


async def _verified(
    jws: jose.Jws, claims: Mapping[str, Json], around: Surroundings
) -> tuple[IssuerKey | None, Signature]:
    try:
        key = await around.key_of_token(jws, claims.get("iss"))
    except Blocked as error:
        return None, Signature(None, f"not checked: {error}")
    if key.jwk is None:
        return key, Signature(None, "not checked: the key is not in it; give the key with --key FILE")
    by = f"by the key of {key.mechanism}"
    trust = certificates.trust_in_words(key.chain)
    try:
        jose.verify(jws, key.jwk)
    except SignatureError as error:
        return key, Signature(False, f"does not verify {by}: {error.detail}")
    return key, Signature(True, f"verifies {by}" + (f"; {trust}" if trust else ""))


def _problems(jws: jose.Jws, claims: Mapping[str, Json], terms: TokenKind) -> Iterator[Problem]:
    header = jws.header
    if not claims:
        yield Problem("claims", "the payload is no JSON object with claims", "")
    if terms.typ is not None and str(header.get("typ", "")).lower() != terms.typ:
        yield Problem("typ", f"typ is {header.get('typ')!r} instead of {terms.typ}", "header/typ")
    algorithm = header.get("alg")
    if terms.claims is not None and algorithm not in ASYMMETRIC_ALGORITHMS:
        yield Problem("algorithm", f"alg is {algorithm!r}, no digital signature that is known", "header/alg")
    for name, types in (terms.claims or {}).items():
        if name not in claims:
            yield Problem("claim-missing", f"there is no {name}", "")
        elif not isinstance(claims[name], types) or isinstance(claims[name], bool):
            yield Problem("claim-type", f"{name} is {json_type(claims[name])}", f"/{name}")
    for rule in (_own_key, _named_key, _bound_key, _attested_keys):
        yield from rule(header, claims, terms)


def _own_key(header: Mapping[str, Json], _: Mapping[str, Json], terms: TokenKind) -> Iterator[Problem]:
    if terms.own_key and "jwk" not in header:
        yield Problem("key-missing", "the header has no jwk", "header")
    if "jwk" in header:
        yield from _public(header["jwk"], "header/jwk")


def _named_key(header: Mapping[str, Json], _: Mapping[str, Json], terms: TokenKind) -> Iterator[Problem]:
    named = [name for name in ("jwk", "kid", "x5c") if name in header]
    if terms.names_key and len(named) != 1 and not (named == [] and "key_attestation" in header):
        told = " and ".join(named) or "none"
        yield Problem("key-named", f"of jwk, kid and x5c the header has {told} instead of one", "header")


def _bound_key(_: Mapping[str, Json], claims: Mapping[str, Json], terms: TokenKind) -> Iterator[Problem]:
    cnf = claims.get("cnf")
    if terms.binds and isinstance(cnf, dict):
        yield from _public(cnf.get("jwk"), "/cnf/jwk")


def _attested_keys(_: Mapping[str, Json], claims: Mapping[str, Json], __: TokenKind) -> Iterator[Problem]:
    keys = claims.get("attested_keys")
    if isinstance(keys, list):
        if not keys:
            yield Problem("claim-type", "attested_keys is empty", "/attested_keys")
        for index, key in enumerate(keys[:100]):
            yield from _public(key, f"/attested_keys/{index}")


def _public(key: Json, place: str) -> Iterator[Problem]:
    if is_private_or_symmetric(key):
        yield Problem("key-private", "the key is private or symmetric", place)
        return
    try:
        public_key(key)
    except JwkError as error:
        yield Problem(error.kind, error.detail, place)


def _times(claims: Mapping[str, Json], now: float, skew: float = 60.0) -> Iterator[Complaint]:
    late: dict[str, tuple[str, Callable[[float], bool], str]] = {
        "exp": ("expired", lambda at: now - skew >= at, "RFC 7519, 4.1.4"),
        "nbf": ("not-yet-valid", lambda at: now + skew < at, "RFC 7519, 4.1.5"),
        "iat": ("issued-in-future", lambda at: now + skew < at, "RFC 7519, 4.1.6"),
    }
    for name, (kind, rule, clause) in late.items():
        at: Any = claims.get(name)
        if isinstance(at, (int, float)) and not isinstance(at, bool) and rule(at):
            detail = f"{name} is {abs(now - at):.0f} seconds {'ago' if at <= now else 'from now'}"
            yield Complaint(kind, detail, pointer=f"/{name}", clause=clause)
