"""The keys that verify Pre-Authorized Codes: docs.wallet.service.gov.uk, Publish your JSON Web Key Set."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key
from harness.transport import Reply
from suites.govuk_wallet._documents import expect_document, is_object, published

check = area("GOV.UK Wallet: JWKS")

_MEMBERS = ("kty", "kid", "crv", "x", "y", "alg", "use")
"""What the page lists."""


def _keys(reply: Reply) -> list[dict[str, Any]]:
    """Give the keys.

    Raises:
        Blocked: there are none that can be read.

    """
    keys = published(reply, "the JWKS").get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise Blocked("the JWKS has no keys that can be read")
    return keys


def is_p256(jwk: Any) -> bool:
    """Say whether a JWK is a key on P-256."""
    if not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        return False
    try:
        public_key(jwk)
    except JwkError:
        return False
    return True


@check(
    "govuk-jwks-published",
    requires=["GOVUK-JWKS-01", "GOVUK-JWKS-02"],
    proven_by={
        "govuk-jwks-response:missing": "GOVUK-JWKS-MISSING",
        "govuk-jwks-response:content-type": "GOVUK-JWKS-CONTENT-TYPE",
        "govuk-jwks-response:no-json": "GOVUK-JWKS-JSON",
        "govuk-jwks:keys-missing": "GOVUK-JWKS-KEYS",
    },
)
async def the_keys_are_published(issuer_keys_document: Reply, expect: Expect) -> None:
    """The JWKS is at /.well-known/jwks.json for anybody, as JSON with an array of keys."""
    reply = issuer_keys_document
    expect_document(expect, reply, "GOVUK-JWKS", found="GOVUK-JWKS-01", form="GOVUK-JWKS-02")
    keys = reply.object.get("keys")
    if reply.status == 200:
        expect.that(
            (isinstance(keys, list) and all(isinstance(key, dict) for key in keys)) or not is_object(reply),
            "GOVUK-JWKS-KEYS",
            "keys as an array of objects",
            keys,
            at=reply,
            pointer="/keys",
            requirement="GOVUK-JWKS-02",
        )


@check(
    "govuk-jwks-keys",
    requires=[
        "GOVUK-JWKS-03",
        "GOVUK-JWKS-04",
        "GOVUK-JWKS-05",
        "GOVUK-JWKS-06",
        "GOVUK-JWKS-09",
        "RFC7517-9.2-01",
    ],
    proven_by={
        "govuk-jwks:key-cut": "GOVUK-JWKS-KEY",
        "govuk-jwks:rsa": "GOVUK-JWKS-KIND",
        "govuk-jwks:kid-missing": "GOVUK-JWKS-KID",
        "govuk-jwks:kid-twice": "GOVUK-JWKS-KID-TWICE",
        "govuk-jwks:alg-missing": "GOVUK-JWKS-ALG",
        "govuk-jwks:alg-other": "GOVUK-JWKS-ALG",
        "govuk-jwks:use-missing": "GOVUK-JWKS-USE",
        "govuk-jwks:use-other": "GOVUK-JWKS-USE",
        "govuk-jwks:private": "GOVUK-JWKS-PRIVATE",
    },
)
async def keys_are_those_of_the_page(issuer_keys_document: Reply, expect: Expect) -> None:
    """Each key of the JWKS is a public key on P-256 with a kid of its own, the alg ES256 and the use sig."""
    keys = _keys(issuer_keys_document)
    if not keys:
        raise Blocked("the JWKS is empty")
    right = any(map(is_p256, keys))
    seen: set[str] = set()
    for index, key in enumerate(keys):
        that = partial(expect.that, at=issuer_keys_document)
        place = f"/keys/{index}"
        that(
            not is_private_or_symmetric(key),
            "GOVUK-JWKS-PRIVATE",
            "a public key",
            "a key with a private part",
            pointer=place,
            requirement="RFC7517-9.2-01",
        )
        kid = key.get("kid")
        if that(
            isinstance(kid, str) and kid != "",
            "GOVUK-JWKS-KID",
            "a kid",
            kid,
            pointer=f"{place}/kid",
            requirement="GOVUK-JWKS-04",
        ):
            that(
                kid not in seen,
                "GOVUK-JWKS-KID-TWICE",
                "a kid that no other key has",
                kid,
                pointer=f"{place}/kid",
                requirement="GOVUK-JWKS-04",
            )
            seen.add(str(kid))
        of_another_kind = right and (key.get("kty"), key.get("crv")) != ("EC", "P-256")
        that(
            not of_another_kind,
            "GOVUK-JWKS-KIND",
            "no key but those on P-256",
            {name: key.get(name) for name in ("kty", "crv")},
            pointer=place,
            requirement="GOVUK-JWKS-09",
        )
        if of_another_kind or not that(
            is_p256(key),
            "GOVUK-JWKS-KEY",
            "the kty EC, the crv P-256, and x and y of a point on it",
            {name: key.get(name) for name in ("kty", "crv", "x", "y")},
            pointer=place,
        ):
            continue
        for name, wanted, requirement in (("alg", "ES256", "GOVUK-JWKS-05"), ("use", "sig", "GOVUK-JWKS-06")):
            that(
                key.get(name) == wanted,
                f"GOVUK-JWKS-{name.upper()}",
                f"the {name} {wanted}",
                key.get(name),
                pointer=f"{place}/{name}",
                requirement=requirement,
            )


@check(
    "govuk-jwks-count",
    requires=["GOVUK-JWKS-07"],
    proven_by={"govuk-jwks:three-keys": "GOVUK-JWKS-COUNT", "govuk-jwks:empty": "GOVUK-JWKS-COUNT"},
)
async def there_are_few_keys(issuer_keys_document: Reply, expect: Expect) -> None:
    """The JWKS has one key, or two while keys are rotated."""
    count = len(_keys(issuer_keys_document))
    expect.that(
        count in (1, 2),
        "GOVUK-JWKS-COUNT",
        "one key or two",
        f"{count} keys",
        at=issuer_keys_document,
        pointer="/keys",
    )


@check(
    "govuk-jwks-official",
    requires=["GOVUK-JWKS-08"],
    proven_by={"govuk-jwks:further-member": "GOVUK-JWKS-MEMBER"},
)
async def keys_have_no_further_members(issuer_keys_document: Reply, expect: Expect) -> None:
    """The keys of the JWKS have the members that the page lists and no others."""
    keys = [(index, key) for index, key in enumerate(_keys(issuer_keys_document)) if is_p256(key)]
    if not keys:
        raise Blocked("the JWKS has no key on P-256")
    for index, key in keys:
        # A private part is worse, and judged with the keys themselves.
        further = sorted(set(key) - {*_MEMBERS, "d"})
        expect.that(
            not further,
            "GOVUK-JWKS-MEMBER",
            f"no members but {', '.join(_MEMBERS)}",
            f"also {', '.join(further)}",
            at=issuer_keys_document,
            pointer=f"/keys/{index}",
        )
