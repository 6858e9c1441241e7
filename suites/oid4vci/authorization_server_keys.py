"""Keys of the Authorization Servers: RFC 8414 section 2, RFC 7517, RFC 7518 section 6."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.formats import jwk_set, strict_json
from harness.transport import Client
from harness.wallet.metadata import Issuer
from suites.oid4vci._keys import KEY_REQUIREMENTS, key_rules
from suites.oid4vci._parts import Part
from suites.oid4vci._problems import Place, Rule, judge
from suites.oid4vci._servers import described, described_with
from suites.oid4vci._urls import is_secure_url

check = area("Authorization Server Metadata")


@check(
    "as-keys",
    requires=["RFC8414-2-06", "RFC8414-2-07", "FAPI2-5.4.2-02"],
    proven_by={
        "as-metadata:jwks-uri-http": "AS-JWKS-URI",
        "as-jwks:keys-missing": "AS-KEYS-MISSING",
        "as-jwks:use-missing": "AS-KEY-USE-MISSING",
        "as-jwks:key-operations-string": "AS-KEY-USE-MISSING",
        "as-jwks:key-operations-repeated": "AS-KEY-USE-MISSING",
        "as-jwks:key-operations-unrelated": "AS-KEY-USE-MISSING",
    },
    applies=when.server_metadata_has("jwks_uri"),
)
async def keys_say_their_use(issuer: Issuer, client: Client, expect: Expect) -> None:
    """jwks_uri is an https URL that leads to keys; where these sign and encrypt, each says its use."""
    for server, metadata, words in described(issuer, expect):
        if "jwks_uri" not in metadata:
            continue
        url = metadata["jwks_uri"]
        if not words.that(is_secure_url(url.value), "AS-JWKS-URI", "an https URL", url, "RFC8414-2-06"):
            continue
        reply = await client.send(f"keys of {server.identifier}", "GET", url.value)
        keys = Part(reply.object.get("keys"), "/keys")
        # A redirect is for the client to follow or not; it shows no keys and is no defect.
        expect.that(
            isinstance(keys.value, list) or 300 <= reply.status < 400,
            "AS-KEYS-MISSING",
            "a JWK Set, with an array of keys",
            reply.gist,
            at=reply,
            requirement="RFC8414-2-06",
        )
        uses = {use if isinstance(use := key.members.get("use"), str) else None for key in keys.parts()}
        expect.that(
            not ({"sig", "enc"} <= uses and None in uses),
            "AS-KEY-USE-MISSING",
            "use in each key, since there are keys for signing and for encryption",
            f"keys with the uses {sorted(use or 'none' for use in uses)}",
            at=reply,
            pointer="/keys",
            requirement="RFC8414-2-07",
        )


@check(
    "as-keys-form",
    requires=[
        "RFC7517-5-01",
        "RFC7517-5-02",
        "RFC7517-4-01",
        "RFC7517-4.5-01",
        "RFC7517-9.2-01",
        *KEY_REQUIREMENTS,
        "FAPI2-5.4.2-04",
        "FAPI2-5.4.3-01",
    ],
    proven_by={
        "as-jwks:keys-missing": "AS-KEYS-FORM",
        "as-jwks:duplicate-member": "AS-KEYS-REPEATED",
        "as-jwks:key-duplicate-member": "AS-KEY-REPEATED",
        "as-jwks:kid-twice": "AS-KEY-ID-REPEATED",
        "as-jwks:key-private": "AS-KEY-SECRET",
        "as-jwks:key-kty-missing": "AS-KEY-TYPE",
        "as-jwks:key-operations-string": "AS-KEY-OPERATIONS",
        "as-jwks:key-operations-repeated": "AS-KEY-OPERATIONS",
        "as-jwks:key-operations-unrelated": "AS-KEY-OPERATIONS",
        "as-jwks:key-purpose-twice": "AS-KEY-PURPOSE-TWICE",
        "as-jwks:key-purpose-contradiction": ("AS-KEY-PURPOSE-TWICE", "AS-KEY-PURPOSE"),
        "as-jwks:key-x5c-text": "AS-KEY-CERTIFICATES",
        "as-jwks:key-x5c-other": "AS-KEY-CERTIFICATES",
        "as-jwks:key-y-missing": "AS-KEY-MEMBERS",
        "as-jwks:key-e-missing": "AS-KEY-MEMBERS",
        "as-jwks:key-x-short": "AS-KEY-LENGTH",
        "as-jwks:key-y-short": "AS-KEY-LENGTH",
        "as-jwks:key-n-padded": "AS-KEY-LENGTH",
        "as-jwks:key-e-padded": "AS-KEY-LENGTH",
    },
    applies=when.server_under_test & when.server_metadata_has("jwks_uri"),
)
async def keys_are_well_formed(issuer: Issuer, client: Client, expect: Expect) -> None:
    """The JWK Set has public keys only, each with the members of its type, one purpose and a kid of its own."""
    for url, _ in described_with(issuer, "jwks_uri", expect):
        reply = await client.send("keys of the authorization server", "GET", url.value)
        try:
            document = reply.document
        except strict_json.JsonError:
            document = strict_json.JsonDocument(None)
        repeated = [problem.pointer or "" for problem in document.problems]
        in_keys = [place for place in repeated if place.startswith("/keys/")]
        for places, code, what, requirement in (
            (sorted(set(repeated) - set(in_keys)), "AS-KEYS-REPEATED", "the set", "RFC7517-5-02"),
            (in_keys, "AS-KEY-REPEATED", "a key", "RFC7517-4-01"),
        ):
            expect.that(
                not places,
                code,
                f"each member of {what} once",
                f"repeated: {places}",
                at=reply,
                requirement=requirement,
            )
        judge(
            expect,
            Place(reply.exchange),
            () if 300 <= reply.status < 400 else jwk_set.problems(document.value),
            Rule("set-malformed", "AS-KEYS-FORM", "a JWK Set, with an array of keys", "RFC7517-5-01"),
            Rule("kid-repeated", "AS-KEY-ID-REPEATED", "a kid of its own for each key", "RFC7517-4.5-01"),
            Rule("secret", "AS-KEY-SECRET", "public keys", "RFC7517-9.2-01"),
            *key_rules("AS-KEY"),
        )
