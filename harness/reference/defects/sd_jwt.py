"""Faults of the issued SD-JWT VC (SD-JWT VC section 3, RFC 9901)."""

from __future__ import annotations

import base64
from typing import Any

from jwcrypto.jwk import JWK

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.defects.disclosures import contents
from harness.reference.encoding import Twin, base64url, encoded_json
from harness.reference.faults import fault
from harness.reference.sd_jwt import SdJwt, digest, signed_jwt

MINUTE = 60
HOUR = 60 * MINUTE
MANDATORY = "given_name"


# Serialization


@fault("sd-jwt:no-final-tilde")
def no_final_tilde(sd_jwt: SdJwt, _: Context) -> None:
    """The last tilde is missing."""
    sd_jwt.tail = None


@fault("sd-jwt:key-binding")
def key_binding(sd_jwt: SdJwt, context: Context) -> None:
    """The issuer appends a Key Binding JWT."""
    claims = {
        "iat": context.now(),
        "aud": context.issuer_url,
        "nonce": "assay",
        "sd_hash": digest(sd_jwt.signed(), sd_jwt.hash_name),
    }
    sd_jwt.tail = signed_jwt({"alg": "ES256", "typ": "kb+jwt"}, claims, keys.stranger_key("ES256"))


@fault("sd-jwt:empty-part")
def empty_part(sd_jwt: SdJwt, _: Context) -> None:
    """Two tildes stand in a row."""
    sd_jwt.disclosures.append("")


# Header and signature


@fault("sd-jwt:typ")
def typ(sd_jwt: SdJwt, _: Context) -> None:
    """The typ is JWT."""
    sd_jwt.header["typ"] = "JWT"


@fault("sd-jwt:typ-missing")
def typ_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The typ is missing."""
    del sd_jwt.header["typ"]


@fault("sd-jwt:duplicate-header")
def duplicate_header(sd_jwt: SdJwt, _: Context) -> None:
    """The header has a parameter twice."""
    sd_jwt.header[Twin("typ")] = sd_jwt.header["typ"]


@fault("sd-jwt:crit-empty")
def crit_empty(sd_jwt: SdJwt, _: Context) -> None:
    """The header has a crit that names nothing."""
    sd_jwt.header["crit"] = []


@fault("sd-jwt:crit-absent-name")
def crit_absent_name(sd_jwt: SdJwt, _: Context) -> None:
    """The crit names a parameter that the header does not have."""
    sd_jwt.header["crit"] = ["https://credentials.assay.test/absent"]


@fault("sd-jwt:kid-other-did")
def kid_other_did(sd_jwt: SdJwt, context: Context) -> None:
    """The kid is of another DID than the iss."""
    if context.variant.key_mechanism == "did":
        sd_jwt.key = keys.stranger_key(context.variant.signing_algorithm)
        sd_jwt.header["kid"] = f"{sd_jwt.key.did}#0"


@fault("sd-jwt:kid-missing")
def kid_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The header has no kid."""
    sd_jwt.header.pop("kid", None)


@fault("sd-jwt:kid-number")
def kid_number(sd_jwt: SdJwt, _: Context) -> None:
    """The kid is a number."""
    sd_jwt.header["kid"] = 42


@fault("sd-jwt:alg-none")
def alg_none(sd_jwt: SdJwt, _: Context) -> None:
    """The credential is not signed."""
    sd_jwt.header["alg"] = "none"
    sd_jwt.key = None


@fault("sd-jwt:alg-symmetric")
def alg_symmetric(sd_jwt: SdJwt, _: Context) -> None:
    """The credential is authenticated by a MAC."""
    secret = JWK(kty="oct", k=base64url(b"known to issuer and verifiers..."))
    sd_jwt.key = keys.SigningKey("HS256", secret)
    sd_jwt.header["alg"] = "HS256"


@fault("sd-jwt:alg-unlisted")
def alg_unlisted(sd_jwt: SdJwt, context: Context) -> None:
    """The credential is signed with an algorithm the metadata do not list."""
    key = keys.issuer_key("ES384")
    sd_jwt.key = key
    sd_jwt.header["alg"] = key.algorithm
    if "x5c" in sd_jwt.header:
        sd_jwt.header["x5c"] = [keys.leaf(key, context.issuer_url)]
    else:
        sd_jwt.header["kid"] = key.kid


@fault("sd-jwt:signature")
def signature(sd_jwt: SdJwt, context: Context) -> None:
    """The credential is signed with another key than its header leads to."""
    sd_jwt.key = keys.stranger_key(context.variant.signing_algorithm)


def _replace_x5c(sd_jwt: SdJwt, *certificates: str) -> None:
    if "x5c" in sd_jwt.header:
        sd_jwt.header["x5c"] = list(certificates)


@fault("sd-jwt:x5c-expired")
def x5c_expired(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key has expired."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    _replace_x5c(sd_jwt, keys.leaf(key, context.issuer_url, end=keys.EXPIRED_END))


@fault("sd-jwt:x5c-wrong-chain")
def x5c_wrong_chain(sd_jwt: SdJwt, context: Context) -> None:
    """The second certificate of x5c did not certify the first."""
    stranger = keys.stranger_key(context.variant.signing_algorithm)
    foreign = keys.leaf(stranger, context.issuer_url, authority=keys.foreign_root())
    _replace_x5c(sd_jwt, *sd_jwt.header.get("x5c", ()), foreign)


@fault("sd-jwt:x5c-order")
def x5c_order(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key is the second in x5c."""
    stranger = keys.stranger_key(context.variant.signing_algorithm)
    _replace_x5c(sd_jwt, keys.leaf(stranger, context.issuer_url), *sd_jwt.header.get("x5c", ()))


@fault("sd-jwt:x5c-untrusted")
def x5c_untrusted(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key is from an authority nobody trusts."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    _replace_x5c(sd_jwt, keys.leaf(key, context.issuer_url, authority=keys.foreign_root()))


@fault("sd-jwt:x5c-base64url")
def x5c_base64url(sd_jwt: SdJwt, _: Context) -> None:
    """The x5c is in base64url (RFC 7515 section 4.1.6 wants ordinary base64)."""
    certificates = [base64url(base64.b64decode(text)) for text in sd_jwt.header.get("x5c", ())]
    _replace_x5c(sd_jwt, *certificates)


@fault("sd-jwt:key-unknown")
def key_unknown(sd_jwt: SdJwt, context: Context) -> None:
    """The credential is signed with a key that is not in the issuer's key set."""
    if "kid" in sd_jwt.header:
        sd_jwt.key = keys.stranger_key(context.variant.signing_algorithm)
        sd_jwt.header["kid"] = sd_jwt.key.kid


# Claims


@fault("sd-jwt:payload-not-object")
def payload_not_object(sd_jwt: SdJwt, _: Context) -> None:
    """The payload is an array."""
    sd_jwt.payload = [sd_jwt.payload]


@fault("sd-jwt:duplicate-key")
def duplicate_key(sd_jwt: SdJwt, _: Context) -> None:
    """The payload has a claim twice."""
    sd_jwt.payload[Twin("vct")] = sd_jwt.payload["vct"]


@fault("sd-jwt:duplicate-member")
def duplicate_member(sd_jwt: SdJwt, _: Context) -> None:
    """An object in the payload has a member twice."""
    sd_jwt.payload["membership"] = {"tier": "gold", Twin("tier"): "silver"}


@fault("sd-jwt:vct-missing")
def vct_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The vct is missing."""
    del sd_jwt.payload["vct"]


@fault("sd-jwt:vct-other")
def vct_other(sd_jwt: SdJwt, _: Context) -> None:
    """The vct is not that of the configuration."""
    sd_jwt.payload["vct"] += "-other"


@fault("sd-jwt:vct-number")
def vct_number(sd_jwt: SdJwt, _: Context) -> None:
    """The vct is a number."""
    sd_jwt.payload["vct"] = 42


@fault("sd-jwt:iss-not-string")
def iss_not_string(sd_jwt: SdJwt, _: Context) -> None:
    """The iss is a number."""
    sd_jwt.payload["iss"] = 42


@fault("sd-jwt:iss-not-uri")
def iss_not_uri(sd_jwt: SdJwt, _: Context) -> None:
    """The iss has a colon and is no URI."""
    sd_jwt.payload["iss"] = "Issuer: Assay"


@fault("sd-jwt:sub-not-string")
def sub_not_string(sd_jwt: SdJwt, _: Context) -> None:
    """The sub is a number."""
    sd_jwt.payload["sub"] = 42


@fault("sd-jwt:status-not-object")
def status_not_object(sd_jwt: SdJwt, _: Context) -> None:
    """The status is a string."""
    sd_jwt.payload["status"] = "valid"


@fault("sd-jwt:iss-query")
def iss_query(sd_jwt: SdJwt, context: Context) -> None:
    """The iss that leads to JWT VC Issuer Metadata has a query."""
    if context.variant.key_mechanism in ("jwt-vc-issuer", "jwks-uri"):
        sd_jwt.payload["iss"] += "?tenant=assay"


@fault("sd-jwt:expired")
def expired(sd_jwt: SdJwt, context: Context) -> None:
    """The credential has expired before it is issued."""
    sd_jwt.payload |= {
        "iat": context.now() - 2 * HOUR,
        "nbf": context.now() - 2 * HOUR,
        "exp": context.now() - HOUR,
    }


@fault("sd-jwt:not-yet-valid")
def not_yet_valid(sd_jwt: SdJwt, context: Context) -> None:
    """The credential is valid in an hour only."""
    sd_jwt.payload["nbf"] = context.now() + HOUR


@fault("sd-jwt:issued-in-future")
def issued_in_future(sd_jwt: SdJwt, context: Context) -> None:
    """The iat is an hour ahead."""
    sd_jwt.payload["iat"] = context.now() + HOUR


@fault("sd-jwt:times-exact")
def times_exact(sd_jwt: SdJwt, context: Context) -> None:
    """The times are exact to the second."""
    moment = context.now()
    if moment % MINUTE == 0:
        moment -= 1
    sd_jwt.payload |= {"iat": moment, "nbf": moment, "exp": moment + HOUR}


@fault("sd-jwt:jti-shared")
def jti_shared(sd_jwt: SdJwt, _: Context) -> None:
    """All credentials have the same jti."""
    sd_jwt.payload["jti"] = "urn:uuid:6b7f0e0a-3c1d-4a52-9d0e-2f5a1c8b7e44"


@fault("sd-jwt:status-shared")
def status_shared(sd_jwt: SdJwt, context: Context) -> None:
    """All credentials have the same place in a status list."""
    sd_jwt.payload["status"] = {"status_list": {"idx": 42, "uri": f"{context.issuer_url}/status"}}


@fault("sd-jwt:claim-by-key")
def claim_by_key(sd_jwt: SdJwt, _: Context) -> None:
    """What the credential says of its holder depends on the key it is bound to."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["membership"] = sd_jwt.payload["cnf"]["jwk"]["x"][:8]


@fault("sd-jwt:exp-string")
def exp_string(sd_jwt: SdJwt, context: Context) -> None:
    """The exp is a string."""
    sd_jwt.payload["exp"] = str(sd_jwt.payload.get("exp", context.now() + HOUR))


def _as_string(claim: str) -> Any:
    def spoil(sd_jwt: SdJwt, _: Context) -> None:
        if claim in sd_jwt.payload:
            sd_jwt.payload[claim] = str(sd_jwt.payload[claim])

    return spoil


for _claim in ("nbf", "iat"):
    fault(f"sd-jwt:{_claim}-string", f"The {_claim} is a string.")(_as_string(_claim))


@fault("sd-jwt:mandatory-claim-missing")
def mandatory_claim_missing(sd_jwt: SdJwt, _: Context) -> None:
    """A claim is missing that the metadata call mandatory."""
    sd_jwt.payload.pop(MANDATORY, None)
    for disclosure in sd_jwt.disclosures:
        if contents(disclosure)[1] == MANDATORY:
            sd_jwt.disclosures.remove(disclosure)
            sd_jwt.payload["_sd"].remove(digest(disclosure, sd_jwt.hash_name))
            break


@fault("sd-jwt:cnf-missing")
def cnf_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The credential is not bound to the holder's key."""
    sd_jwt.payload.pop("cnf", None)


@fault("sd-jwt:cnf-other-key")
def cnf_other_key(sd_jwt: SdJwt, _: Context) -> None:
    """The credential is bound to another key than the holder's."""
    if "cnf" in sd_jwt.payload:
        stranger = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
        sd_jwt.payload["cnf"] = {"jwk": stranger}


@fault("sd-jwt:cnf-private-key")
def cnf_private_key(sd_jwt: SdJwt, context: Context) -> None:
    """The cnf contains a private key."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["cnf"]["jwk"]["d"] = base64url(context.random_bytes(32))


@fault("sd-jwt:cnf-x5u")
def cnf_x5u(sd_jwt: SdJwt, context: Context) -> None:
    """The key in cnf leads to a certificate elsewhere."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["cnf"]["jwk"]["x5u"] = f"{context.issuer_url}/holders/{context.secret()}"


@fault("sd-jwt:cnf-kid")
def cnf_kid(sd_jwt: SdJwt, _: Context) -> None:
    """The cnf names the holder's key by a DID URL instead of a jwk."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["cnf"] = {"kid": f"did:jwk:{encoded_json(sd_jwt.payload['cnf']['jwk'])}#0"}


@fault("sd-jwt:cnf-string")
def cnf_string(sd_jwt: SdJwt, _: Context) -> None:
    """The cnf is a string."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["cnf"] = "jwk"


@fault("sd-jwt:cnf-empty")
def cnf_empty(sd_jwt: SdJwt, _: Context) -> None:
    """The cnf has no member."""
    if "cnf" in sd_jwt.payload:
        sd_jwt.payload["cnf"] = {}
