"""``credential_response_encryption`` that is not right: OpenID4VCI 1.0 sections 8.2, 8.3.1.2 and 10."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Encrypted
from harness.expect import Expect
from harness.wallet.encryption import Terms
from suites.oid4vci._encryption import (
    ERROR,
    INVALID_PARAMETERS,
    STATUS,
    UNUSABLE,
    expect_refused,
    proven,
    response_terms,
    with_key,
)

check = area("Encrypted Responses", per=Per.GRANT)

_REFUSED = (STATUS, ERROR)


@check(
    "encryption-wish-in-clear-refused",
    requires=["VCI-8.2-11", *_REFUSED],
    proven_by={
        "accepts:encryption.wish-protected": "ENCRYPTION-WISH-IN-CLEAR-ACCEPTED",
        "misreports:encryption.wish-protected": "ENCRYPTION-WISH-IN-CLEAR-MISREPORTED",
        "accepts:encryption.request-required": "ENCRYPTION-WISH-IN-CLEAR-ACCEPTED",
        "misreports:encryption.request-required": "ENCRYPTION-WISH-IN-CLEAR-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_wish_in_clear_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A Credential Request in the clear that contains credential_response_encryption is refused."""
    proven(encrypted_response)
    _, asked = response_terms(access)
    expect_refused(
        expect,
        await access.request(await access.right_body(), sealing=Terms(response=asked)),
        "ENCRYPTION-WISH-IN-CLEAR",
        what="a Credential Request in the clear with credential_response_encryption",
        # An endpoint that reads nothing but application/jwt may say so (RFC 9110 section 15.5.16).
        status={400, 415},
        errors=UNUSABLE,
    )


@check(
    "encryption-wish-object-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.wish-object": "ENCRYPTION-WISH-OBJECT-ACCEPTED",
        "misreports:encryption.wish-object": "ENCRYPTION-WISH-OBJECT-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_wish_is_an_object(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption that is a string is refused."""
    proven(encrypted_response)
    terms, asked = response_terms(access)
    body = {**await access.right_body(), "credential_response_encryption": asked.key.algorithm}
    expect_refused(
        expect,
        await access.request(body, sealing=terms),
        "ENCRYPTION-WISH-OBJECT",
        what="a string as credential_response_encryption",
        errors=UNUSABLE,
    )


@check(
    "encryption-jwk-missing-refused",
    requires=["VCI-8.2-08", *_REFUSED],
    proven_by={
        "accepts:encryption.jwk-present": "ENCRYPTION-JWK-MISSING-ACCEPTED",
        "misreports:encryption.jwk-present": "ENCRYPTION-JWK-MISSING-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_missing_jwk_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption without jwk is refused."""
    proven(encrypted_response)
    terms = _wish(access, jwk=None)
    await _expect_refused(expect, access, terms, "ENCRYPTION-JWK-MISSING", "without jwk")


@check(
    "encryption-enc-missing-refused",
    requires=["VCI-8.2-09", *_REFUSED],
    proven_by={
        "accepts:encryption.enc-present": "ENCRYPTION-ENC-MISSING-ACCEPTED",
        "misreports:encryption.enc-present": "ENCRYPTION-ENC-MISSING-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_missing_enc_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption without enc is refused."""
    proven(encrypted_response)
    terms = _wish(access, enc=None)
    await _expect_refused(expect, access, terms, "ENCRYPTION-ENC-MISSING", "without enc")


@check(
    "encryption-alg-missing-refused",
    requires=["VCI-10-06", "VCI15-8.2-03", "VCID14-7.2-06", "VCI13-7.2-06", *_REFUSED],
    proven_by={
        "accepts:encryption.alg-present": "ENCRYPTION-ALG-MISSING-ACCEPTED",
        "misreports:encryption.alg-present": "ENCRYPTION-ALG-MISSING-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_missing_alg_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption whose jwk has no alg is refused."""
    proven(encrypted_response)
    terms = _key(access, alg=None)
    await _expect_refused(expect, access, terms, "ENCRYPTION-ALG-MISSING", "whose key has no alg")


@check(
    "encryption-alg-unsupported-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.alg-supported": "ENCRYPTION-ALG-UNSUPPORTED-ACCEPTED",
        "misreports:encryption.alg-supported": "ENCRYPTION-ALG-UNSUPPORTED-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def an_unsupported_alg_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption whose key has an alg that nobody knows is refused as such."""
    proven(encrypted_response)
    terms = _key(access, alg="X-ASSAY")
    await _expect_refused(
        expect,
        access,
        terms,
        "ENCRYPTION-ALG-UNSUPPORTED",
        "whose key has the alg X-ASSAY",
        errors={INVALID_PARAMETERS},
    )


@check(
    "encryption-enc-unsupported-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.enc-supported": "ENCRYPTION-ENC-UNSUPPORTED-ACCEPTED",
        "misreports:encryption.enc-supported": "ENCRYPTION-ENC-UNSUPPORTED-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def an_unsupported_enc_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption with an enc that nobody knows is refused as such."""
    proven(encrypted_response)
    terms = _wish(access, enc="X-ASSAY")
    await _expect_refused(
        expect, access, terms, "ENCRYPTION-ENC-UNSUPPORTED", "with enc X-ASSAY", errors={INVALID_PARAMETERS}
    )


@check(
    "encryption-zip-unsupported-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.zip-supported": "ENCRYPTION-ZIP-UNSUPPORTED-ACCEPTED",
        "misreports:encryption.zip-supported": "ENCRYPTION-ZIP-UNSUPPORTED-MISREPORTED",
    },
    applies=when.encrypted_responses & when.compression,
)
async def an_unsupported_zip_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption with a zip that nobody knows is refused as such."""
    proven(encrypted_response)
    terms = _wish(access, zip="X-ASSAY")
    await _expect_refused(
        expect, access, terms, "ENCRYPTION-ZIP-UNSUPPORTED", "with zip X-ASSAY", errors={INVALID_PARAMETERS}
    )


@check(
    "encryption-jwk-unusable-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.jwk-usable": "ENCRYPTION-JWK-UNUSABLE-ACCEPTED",
        "misreports:encryption.jwk-usable": "ENCRYPTION-JWK-UNUSABLE-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def an_unusable_key_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption whose jwk is no key of its type is refused."""
    proven(encrypted_response)
    # No coordinate and no modulus is that short; a key has only one of the two.
    terms = _key(access, x="AAAA", n="AAAA")
    await _expect_refused(expect, access, terms, "ENCRYPTION-JWK-UNUSABLE", "whose key is too short")


@check(
    "encryption-jwk-private-refused",
    requires=[ERROR, STATUS],
    proven_by={
        "accepts:encryption.jwk-public": "ENCRYPTION-JWK-PRIVATE-ACCEPTED",
        "misreports:encryption.jwk-public": "ENCRYPTION-JWK-PRIVATE-MISREPORTED",
    },
    applies=when.encrypted_responses,
)
async def a_private_key_is_refused(access: Access, encrypted_response: Encrypted, expect: Expect) -> None:
    """A credential_response_encryption whose jwk has a private part is refused."""
    proven(encrypted_response)
    terms, asked = response_terms(access)
    private = {**asked.key.private.export_private(as_dict=True), **asked.key.public}
    terms = replace(terms, response=with_key(access, asked, private))
    await _expect_refused(expect, access, terms, "ENCRYPTION-JWK-PRIVATE", "with a private key as jwk")


def _wish(access: Access, **change: Any) -> Terms:
    """Give terms whose ``credential_response_encryption`` has other members; ``None`` leaves one out."""
    terms, asked = response_terms(access)
    return replace(terms, response=replace(asked, body=_changed(asked.body, change)))


def _key(access: Access, **change: Any) -> Terms:
    """Give terms whose ``jwk`` has other members; ``None`` leaves one out."""
    terms, asked = response_terms(access)
    return replace(terms, response=with_key(access, asked, _changed(asked.key.public, change)))


def _changed(members: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **change}.items() if value is not None}


async def _expect_refused(
    expect: Expect,
    access: Access,
    terms: Terms,
    code: str,
    what: str,
    *,
    errors: Collection[str] = UNUSABLE,
) -> None:
    reply = await access.request(await access.right_body(), sealing=terms)
    expect_refused(expect, reply, code, what=f"credential_response_encryption {what}", errors=errors)
