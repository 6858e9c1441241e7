"""Faults of W3C credentials as JWTs (VC Data Model 1.1 section 6.3.1, Securing VCs using JOSE and COSE 1.0).

Those against the data model itself are in ``w3c_model``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jwcrypto.jwk import JWK

from harness.reference import issuer_identity, keys
from harness.reference.context import Context
from harness.reference.defects.w3c_model import HOUR
from harness.reference.encoding import Twin, base64url, from_base64url
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc

Claims = dict[str, Any]

STRANGER = "did:web:stranger.assay.test"
OTHER_ID = "urn:uuid:6b7f0e0a-3c1d-4a52-9d0e-2f5a1c8b7e44"


# What goes into the response


@fault("jwt-vc:encoded-again")
def encoded_again(draft: JwtVc, _: Context) -> None:
    """The JWT is encoded in base64url once more."""
    draft.finish = _encoded_again


@fault("jwt-vc:json-string")
def json_string(draft: JwtVc, _: Context) -> None:
    """The JWT is written as a JSON string, with its quotation marks, inside the string."""
    draft.finish = json.dumps


@fault("jwt-vc:json-serialized")
def json_serialized(draft: JwtVc, _: Context) -> None:
    """The JWS is in its JSON serialization (RFC 7515 section 7.2)."""
    draft.finish = _json_serialized


@fault("jwt-vc:object")
def as_object(draft: JwtVc, _: Context) -> None:
    """The JWT is in an object."""
    draft.finish = _in_object


@fault("jwt-vc:two-parts")
def two_parts(draft: JwtVc, _: Context) -> None:
    """The signature is left out with its period."""
    draft.finish = _unsigned


@fault("jwt-vc:tilde")
def with_tilde(draft: JwtVc, _: Context) -> None:
    """A tilde is after the JWT, as if it were an SD-JWT."""
    draft.finish = _with_tilde


@fault("jwt-vc:padded")
def padded(draft: JwtVc, _: Context) -> None:
    """The signature is padded."""
    draft.finish = _padded


def _encoded_again(text: str) -> Any:
    return base64url(text.encode())


def _json_serialized(text: str) -> Any:
    return json.dumps(dict(zip(("protected", "payload", "signature"), text.split("."), strict=True)))


def _in_object(text: str) -> Any:
    return {"jwt": text}


def _unsigned(text: str) -> Any:
    return text.rpartition(".")[0]


def _with_tilde(text: str) -> Any:
    return f"{text}~"


def _padded(text: str) -> Any:
    return f"{text}=="


# Header and signature


@fault("jwt-vc:typ-other")
def typ_other(draft: JwtVc, _: Context) -> None:
    """The typ is that of a key proof."""
    draft.header["typ"] = "openid4vci-proof+jwt"


@fault("jwt-vc:jwk-other")
def jwk_other(draft: JwtVc, _: Context) -> None:
    """The header has the public key of somebody else."""
    draft.header["jwk"] = keys.stranger_key("ES256").public_jwk


@fault("jwt-vc:jwk-private")
def jwk_private(draft: JwtVc, _: Context) -> None:
    """The header has the private key of the issuer."""
    if draft.key is not None:
        draft.header["jwk"] = draft.key.jwk.export_private(as_dict=True)


@fault("jwt-vc:typ-of-other-model")
def typ_of_other_model(draft: JwtVc, _: Context) -> None:
    """The typ is that of the other version of the data model."""
    draft.header["typ"] = "vc+jwt" if draft.header["typ"] == "JWT" else "JWT"


@fault("jwt-vc:typ-missing")
def typ_missing(draft: JwtVc, _: Context) -> None:
    """The typ is missing."""
    del draft.header["typ"]


@fault("jwt-vc:cty-other")
def cty_other(draft: JwtVc, _: Context) -> None:
    """The cty says that the payload is a presentation."""
    draft.header["cty"] = "vp"


@fault("jwt-vc:duplicate-header")
def duplicate_header(draft: JwtVc, _: Context) -> None:
    """The header has a parameter twice."""
    draft.header[Twin("typ")] = draft.header["typ"]


@fault("jwt-vc:crit-empty")
def crit_empty(draft: JwtVc, _: Context) -> None:
    """The header has a crit that names nothing."""
    draft.header["crit"] = []


@fault("jwt-vc:crit-absent-name")
def crit_absent_name(draft: JwtVc, _: Context) -> None:
    """The crit names a parameter that the header does not have."""
    draft.header["crit"] = ["https://credentials.assay.test/absent"]


@fault("jwt-vc:crit-unknown")
def crit_unknown(draft: JwtVc, _: Context) -> None:
    """The crit names a parameter that nobody knows."""
    name = "https://credentials.assay.test/extension"
    draft.header |= {"crit": [name], name: True}


@fault("jwt-vc:alg-none")
def alg_none(draft: JwtVc, _: Context) -> None:
    """The credential is not signed."""
    draft.header["alg"] = "none"
    draft.key = None


@fault("jwt-vc:alg-missing")
def alg_missing(draft: JwtVc, _: Context) -> None:
    """The header has no alg."""
    del draft.header["alg"]


@fault("jwt-vc:alg-symmetric")
def alg_symmetric(draft: JwtVc, _: Context) -> None:
    """The credential is authenticated by a MAC."""
    draft.key = keys.SigningKey("HS256", JWK(kty="oct", k=base64url(b"known to issuer and verifiers...")))
    draft.header["alg"] = "HS256"


@fault("jwt-vc:alg-unlisted")
def alg_unlisted(draft: JwtVc, context: Context) -> None:
    """The credential is signed with an algorithm the metadata do not list."""
    key = keys.issuer_key("ES384")
    draft.key = key
    draft.header |= {"alg": key.algorithm, **issuer_identity.header(context, key)}
    _name_issuer(draft.payload, issuer_identity.identifier(context, key))


def _name_issuer(payload: dict[str, Any], identifier: str) -> None:
    """Put another identifier of the issuer wherever one is."""
    for place, member in ((payload, "iss"), (payload, "issuer"), (payload.get("vc", {}), "issuer")):
        if isinstance(place.get(member), dict):
            place[member]["id"] = identifier
        elif member in place:
            place[member] = identifier


@fault("jwt-vc:signature")
def signature(draft: JwtVc, context: Context) -> None:
    """The credential is signed with another key than its header leads to."""
    draft.key = keys.stranger_key(context.variant.signing_algorithm)


@fault("jwt-vc:payload-changed")
def payload_changed(draft: JwtVc, _: Context) -> None:
    """The payload is written anew after it is signed."""
    draft.finish = _changed


def _changed(text: str) -> Any:
    header, payload, signed = text.split(".")
    # A space after the object is another text with the same meaning.
    return f"{header}.{base64url(from_base64url(payload) + b' ')}.{signed}"


@fault("jwt-vc:kid-unknown")
def kid_unknown(draft: JwtVc, _: Context) -> None:
    """The kid names a key that its issuer has not."""
    if "kid" in draft.header:
        own = draft.key.kid if draft.key else ""
        start, separator, name = draft.header["kid"].rpartition("#")
        # The name is as good as that of the key.
        absent = name.replace(own, keys.stranger_key("ES256").kid) if own in name else "absent"
        draft.header["kid"] = f"{start}{separator}{absent}"


@fault("jwt-vc:kid-missing")
def kid_missing(draft: JwtVc, _: Context) -> None:
    """The header has no kid."""
    draft.header.pop("kid", None)


@fault("jwt-vc:kid-relative")
def kid_relative(draft: JwtVc, _: Context) -> None:
    """The kid is the fragment of a DID URL alone."""
    _did, separator, name = draft.header.get("kid", "").partition("#")
    if separator:
        draft.header["kid"] = f"#{name}"
        if "vc" not in draft.payload:
            # Where iss leads to the key there is a way to read it.
            draft.payload.pop("iss", None)


@fault("jwt-vc:kid-without-thumbprint")
def kid_without_thumbprint(draft: JwtVc, context: Context) -> None:
    """The kid is the DID URL of the key that has its name in another form than that of a thumbprint."""
    if draft.key is not None and "urn:ietf:params:oauth:jwk-thumbprint" in draft.header.get("kid", ""):
        draft.header["kid"] = issuer_identity.verification_method(context, draft.key, "Multikey")


@fault("jwt-vc:kid-number")
def kid_number(draft: JwtVc, _: Context) -> None:
    """The kid is a number."""
    draft.header["kid"] = 42


@fault("jwt-vc:kid-other-did")
def kid_other_did(draft: JwtVc, context: Context) -> None:
    """The kid is of another DID than the issuer, and its key signed the credential."""
    if "#" in draft.header.get("kid", ""):
        draft.key = keys.stranger_key(context.variant.signing_algorithm)
        draft.header["kid"] = f"{draft.key.did}#0"


def _replace_x5c(draft: JwtVc, *certificates: str) -> None:
    if "x5c" in draft.header:
        draft.header["x5c"] = list(certificates)


@fault("jwt-vc:x5c-expired")
def x5c_expired(draft: JwtVc, context: Context) -> None:
    """The certificate of the signing key has expired."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    _replace_x5c(draft, keys.leaf(key, context.issuer_url, end=keys.EXPIRED_END))


@fault("jwt-vc:x5c-untrusted")
def x5c_untrusted(draft: JwtVc, context: Context) -> None:
    """The certificate of the signing key is from an authority nobody trusts."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    _replace_x5c(draft, keys.leaf(key, context.issuer_url, authority=keys.foreign_root()))


@fault("jwt-vc:x5c-order")
def x5c_order(draft: JwtVc, context: Context) -> None:
    """The certificate of the signing key is the second in x5c."""
    stranger = keys.stranger_key(context.variant.signing_algorithm)
    _replace_x5c(draft, keys.leaf(stranger, context.issuer_url), *draft.header.get("x5c", ()))


@fault("jwt-vc:x5c-empty")
def x5c_empty(draft: JwtVc, _: Context) -> None:
    """The x5c has no certificate."""
    _replace_x5c(draft)


# The claims of the JWT


@fault("jwt-vc:payload-not-object")
def payload_not_object(draft: JwtVc, _: Context) -> None:
    """The payload is an array."""
    draft.payload = [draft.payload]


@fault("jwt-vc:duplicate-claim")
def duplicate_claim(draft: JwtVc, _: Context) -> None:
    """The payload has a claim twice."""
    draft.payload[Twin("iat")] = draft.payload["iat"]


@fault("jwt-vc:vc-missing")
def vc_missing(draft: JwtVc, _: Context) -> None:
    """What belongs into the claim vc is spread over the payload."""
    draft.payload |= draft.payload.pop("vc", {})


@fault("jwt-vc:vc-string")
def vc_string(draft: JwtVc, _: Context) -> None:
    """The claim vc is JSON in a string."""
    if "vc" in draft.payload:
        draft.payload["vc"] = json.dumps(draft.payload["vc"])


@fault("jwt-vc:vc-beside")
def vc_beside(draft: JwtVc, _: Context) -> None:
    """A credential of the data model 2.0 is in the claim vc as well."""
    if "vc" not in draft.payload:
        draft.payload["vc"] = dict(draft.payload)


@fault("jwt-vc:vc-alone")
def vc_alone(draft: JwtVc, _: Context) -> None:
    """A credential of the data model 2.0 is in the claim vc instead of the payload."""
    if "vc" not in draft.payload:
        claims = ("iss", "iat", "cnf")
        document = {name: value for name, value in draft.payload.items() if name not in claims}
        draft.payload = {name: draft.payload[name] for name in claims if name in draft.payload} | {"vc": document}


@fault("jwt-vc:vp-beside")
def vp_beside(draft: JwtVc, _: Context) -> None:
    """The payload has a claim vp."""
    draft.payload["vp"] = {"type": ["VerifiablePresentation"]}


def _of_old(change: Callable[[Claims], Any]) -> Callable[[JwtVc, Context], None]:
    """Give what changes the claims of a credential of the data model 1.1."""

    def spoil(draft: JwtVc, _: Context) -> None:
        if "vc" in draft.payload:
            change(draft.payload)

    return spoil


def _of_new(change: Callable[[Claims], Any]) -> Callable[[JwtVc, Context], None]:
    """Give what changes the claims of a credential of the data model 2.0."""

    def spoil(draft: JwtVc, _: Context) -> None:
        if "vc" not in draft.payload:
            change(draft.payload)

    return spoil


def _with(claim: str, value: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.__setitem__(claim, value)


def _later(claim: str, seconds: int) -> Callable[[Claims], None]:
    return lambda claims: claims.__setitem__(claim, claims[claim] + seconds)


def _without(claim: str) -> Callable[[Claims], Any]:
    return lambda claims: claims.pop(claim, None)


def _subject_is_stranger(claims: Claims) -> None:
    # Who is bound to no key is no subject.
    if "sub" in claims or "vc" not in claims:
        claims["sub"] = keys.stranger_key("ES256").did


for _claim, _member, _other in (
    ("iss", "issuer", _with("iss", STRANGER)),
    ("sub", "id of the subject", _subject_is_stranger),
    ("jti", "id", _with("jti", OTHER_ID)),
    ("nbf", "issuanceDate", _later("nbf", -HOUR)),
    ("exp", "expirationDate", _later("exp", HOUR)),
):
    fault(f"jwt-vc:{_claim}-contradicting", f"The {_claim} is not the {_member} of the credential.")(
        _of_old(_other)
    )
    fault(f"jwt-vc:{_claim}-missing", f"The {_member} of the credential is not said by {_claim}.")(
        _of_old(_without(_claim))
    )
for _claim, _member, _other in (
    ("iss", "issuer", _with("iss", STRANGER)),
    ("sub", "id of the subject", _subject_is_stranger),
    ("jti", "id", _with("jti", OTHER_ID)),
):
    fault(f"jwt-vc:{_claim}-beside", f"The {_claim} of a credential of the data model 2.0 is not its {_member}.")(
        _of_new(_other)
    )
for _claim in ("nbf", "exp", "iat"):

    def _as_string(draft: JwtVc, _: Context, claim: str = _claim) -> None:
        if claim in draft.payload:
            draft.payload[claim] = str(draft.payload[claim])

    fault(f"jwt-vc:{_claim}-string", f"The {_claim} is a string.")(_as_string)


@fault("jwt-vc:iat-for-nbf")
def iat_for_nbf(draft: JwtVc, _: Context) -> None:
    """The time of issuance is said by iat only."""
    if "vc" in draft.payload:
        draft.payload.pop("nbf", None)
        draft.payload["vc"].pop("issuanceDate", None)


@fault("jwt-vc:issued-in-future")
def issued_in_future(draft: JwtVc, context: Context) -> None:
    """The iat is an hour ahead."""
    draft.payload["iat"] = context.now() + HOUR


@fault("jwt-vc:signature-expired")
def signature_expired(draft: JwtVc, context: Context) -> None:
    """The exp of a credential of the data model 2.0 is over."""
    if "vc" not in draft.payload:
        draft.payload |= {"iat": context.now() - 2 * HOUR, "exp": context.now() - HOUR}


@fault("jwt-vc:nbf-beside")
def nbf_beside(draft: JwtVc, _: Context) -> None:
    """A credential of the data model 2.0 has an nbf."""
    if "vc" not in draft.payload:
        draft.payload["nbf"] = draft.payload["iat"]


@fault("jwt-vc:claim-outside-subject")
def claim_outside_subject(draft: JwtVc, _: Context) -> None:
    """A claim about the subject is a claim of the JWT instead of a member of credentialSubject."""
    subject = draft.document["credentialSubject"]
    if "family_name" in subject:
        draft.payload["family_name"] = subject.pop("family_name")


# The holder's key


@fault("jwt-vc:cnf-missing")
def cnf_missing(draft: JwtVc, _: Context) -> None:
    """The credential is not bound to the holder's key."""
    draft.payload.pop("cnf", None)


@fault("jwt-vc:cnf-other-key")
def cnf_other_key(draft: JwtVc, _: Context) -> None:
    """The credential is bound to another key than the holder's."""
    if "cnf" in draft.payload:
        draft.payload["cnf"] = {"jwk": keys.stranger_key("ES256").jwk.export_public(as_dict=True)}


@fault("jwt-vc:cnf-private-key")
def cnf_private_key(draft: JwtVc, context: Context) -> None:
    """The cnf contains a private key."""
    if "cnf" in draft.payload:
        draft.payload["cnf"]["jwk"]["d"] = base64url(context.random_bytes(32))


@fault("jwt-vc:cnf-string")
def cnf_string(draft: JwtVc, _: Context) -> None:
    """The cnf is a string."""
    if "cnf" in draft.payload:
        draft.payload["cnf"] = "jwk"
