"""Faults of the issued SD-JWT VC (SD-JWT VC section 3, RFC 9901)."""

from __future__ import annotations

import base64
import json
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.encoding import Twin, base64url, encoded_json, from_base64url, json_text
from harness.reference.faults import fault
from harness.reference.sd_jwt import SdJwt, digest, signed_jwt

HOUR = 3600
MANDATORY = "given_name"


def _embed(sd_jwt: SdJwt, disclosure: str) -> None:
    """Add a Disclosure and its digest at the top level."""
    sd_jwt.disclosures.append(disclosure)
    digests = [*sd_jwt.payload.get("_sd", []), digest(disclosure, sd_jwt.hash_name)]
    sd_jwt.payload["_sd"] = sorted(digests)


def _contents(disclosure: str) -> list[Any]:
    contents: list[Any] = json.loads(from_base64url(disclosure))
    return contents


def _rewrite(sd_jwt: SdJwt, index: int, contents: list[Any]) -> None:
    """Change what a Disclosure says and its digest wherever that stands."""
    old = digest(sd_jwt.disclosures[index], sd_jwt.hash_name)
    sd_jwt.disclosures[index] = encoded_json(contents)
    new = digest(sd_jwt.disclosures[index], sd_jwt.hash_name)
    sd_jwt.payload = json.loads(json_text(sd_jwt.payload).replace(old, new))
    for outer, disclosure in enumerate(sd_jwt.disclosures):
        text = json_text(_contents(disclosure))
        if old in text:
            _rewrite(sd_jwt, outer, json.loads(text.replace(old, new)))


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


# Header and signature


@fault("sd-jwt:typ")
def typ(sd_jwt: SdJwt, _: Context) -> None:
    """The typ is JWT."""
    sd_jwt.header["typ"] = "JWT"


@fault("sd-jwt:typ-missing")
def typ_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The typ is missing."""
    del sd_jwt.header["typ"]


@fault("sd-jwt:alg-none")
def alg_none(sd_jwt: SdJwt, _: Context) -> None:
    """The credential is not signed."""
    sd_jwt.header["alg"] = "none"
    sd_jwt.key = None


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


@fault("sd-jwt:x5c-untrusted")
def x5c_untrusted(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key is from an authority nobody trusts."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    _replace_x5c(sd_jwt, keys.leaf(key, context.issuer_url, authority=keys.foreign_root()))


@fault("sd-jwt:x5c-root-included")
def x5c_root_included(sd_jwt: SdJwt, _: Context) -> None:
    """The x5c contains the trust anchor."""
    _replace_x5c(sd_jwt, *sd_jwt.header.get("x5c", ()), keys.in_x5c(keys.root().certificate))


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


@fault("sd-jwt:vct-missing")
def vct_missing(sd_jwt: SdJwt, _: Context) -> None:
    """The vct is missing."""
    del sd_jwt.payload["vct"]


@fault("sd-jwt:vct-other")
def vct_other(sd_jwt: SdJwt, _: Context) -> None:
    """The vct is not that of the configuration."""
    sd_jwt.payload["vct"] += "-other"


@fault("sd-jwt:iss-not-string")
def iss_not_string(sd_jwt: SdJwt, _: Context) -> None:
    """The iss is a number."""
    sd_jwt.payload["iss"] = 42


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


@fault("sd-jwt:exp-string")
def exp_string(sd_jwt: SdJwt, context: Context) -> None:
    """The exp is a string."""
    sd_jwt.payload["exp"] = str(sd_jwt.payload.get("exp", context.now() + HOUR))


@fault("sd-jwt:mandatory-claim-missing")
def mandatory_claim_missing(sd_jwt: SdJwt, _: Context) -> None:
    """A claim is missing that the metadata call mandatory."""
    sd_jwt.payload.pop(MANDATORY, None)
    for disclosure in sd_jwt.disclosures:
        if _contents(disclosure)[1] == MANDATORY:
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


# Selective disclosure


def _disclosed(claim: str) -> Any:
    def spoil(sd_jwt: SdJwt, context: Context) -> None:
        if claim in sd_jwt.payload:
            _embed(sd_jwt, encoded_json([context.secret(), claim, sd_jwt.payload.pop(claim)]))

    return spoil


for _claim in ("iss", "nbf", "exp", "cnf", "vct"):
    fault(f"sd-jwt:{_claim}-disclosed", f"The {_claim} is selectively disclosable.")(_disclosed(_claim))


@fault("sd-jwt:disclosure-malformed")
def disclosure_malformed(sd_jwt: SdJwt, _: Context) -> None:
    """A Disclosure is no JSON in base64url."""
    _embed(sd_jwt, base64url(b"this is no JSON"))


@fault("sd-jwt:disclosure-two-elements")
def disclosure_two_elements(sd_jwt: SdJwt, context: Context) -> None:
    """The Disclosure of an object property has no claim name."""
    _embed(sd_jwt, encoded_json([context.secret(), "gold"]))


@fault("sd-jwt:disclosure-unreferenced")
def disclosure_unreferenced(sd_jwt: SdJwt, context: Context) -> None:
    """The digest of a Disclosure stands nowhere."""
    sd_jwt.disclosures.append(encoded_json([context.secret(), "tier", "gold"]))


@fault("sd-jwt:disclosure-reserved-name")
def disclosure_reserved_name(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure is of a claim named _sd."""
    _embed(sd_jwt, encoded_json([context.secret(), "_sd", "gold"]))


@fault("sd-jwt:disclosure-name-exists")
def disclosure_name_exists(sd_jwt: SdJwt, context: Context) -> None:
    """A Disclosure is of a claim that stands in the payload already."""
    _embed(sd_jwt, encoded_json([context.secret(), "issuing_country", "FR"]))


@fault("sd-jwt:salt-not-string")
def salt_not_string(sd_jwt: SdJwt, context: Context) -> None:
    """The salt of a Disclosure is a number."""
    _embed(sd_jwt, encoded_json([int.from_bytes(context.random_bytes(16), "big"), "tier", "gold"]))


@fault("sd-jwt:salt-reused")
def salt_reused(sd_jwt: SdJwt, _: Context) -> None:
    """Two Disclosures have the same salt."""
    if len(sd_jwt.disclosures) > 1:
        salt = _contents(sd_jwt.disclosures[0])[0]
        _rewrite(sd_jwt, 1, [salt, *_contents(sd_jwt.disclosures[1])[1:]])


@fault("sd-jwt:salt-short")
def salt_short(sd_jwt: SdJwt, context: Context) -> None:
    """A salt has 32 bits."""
    if sd_jwt.disclosures:
        salt = base64url(context.random_bytes(4))
        _rewrite(sd_jwt, 0, [salt, *_contents(sd_jwt.disclosures[0])[1:]])


@fault("sd-jwt:digest-twice")
def digest_twice(sd_jwt: SdJwt, _: Context) -> None:
    """A digest stands twice."""
    if sd_jwt.disclosures:
        sd_jwt.payload["_sd"] = sorted([*sd_jwt.payload["_sd"], sd_jwt.payload["_sd"][0]])


@fault("sd-jwt:sd-not-array")
def sd_not_array(sd_jwt: SdJwt, context: Context) -> None:
    """An _sd is a string instead of an array."""
    sd_jwt.payload["membership"] = {"_sd": digest(context.secret(), sd_jwt.hash_name)}


@fault("sd-jwt:element-with-other-keys")
def element_with_other_keys(sd_jwt: SdJwt, context: Context) -> None:
    """An array element with a digest has another member."""
    hidden = digest(context.secret(), sd_jwt.hash_name)
    sd_jwt.payload["memberships"] = [{"...": hidden, "tier": "gold"}]


@fault("sd-jwt:sd-alg-unknown")
def sd_alg_unknown(sd_jwt: SdJwt, _: Context) -> None:
    """The _sd_alg is no registered hash algorithm."""
    sd_jwt.payload["_sd_alg"] = "x-256"


@fault("sd-jwt:sd-alg-nested")
def sd_alg_nested(sd_jwt: SdJwt, _: Context) -> None:
    """An _sd_alg stands below the top level."""
    sd_jwt.payload["membership"] = {"tier": "gold", "_sd_alg": sd_jwt.hash_name}
