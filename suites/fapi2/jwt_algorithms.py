"""Algorithms of JWTs: FAPI 2.0 Security Profile section 5.4.1.

They are PS256, ES256 and EdDSA with Ed25519, which RFC 9864 calls by the name of the curve. What the metadata list
is for clients of every profile, so other algorithms may stand beside these; they must not open the door.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.flow import Flow
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet import token as tokens
from harness.wallet.client_auth import Authentication
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey, algorithms_of
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authentications import STATUS, pushes, redeem
from suites.oid4vci._authentications import push as push_as
from suites.oid4vci._dpop import PROOF_ERRORS, redeem_with

check = area("FAPI 2.0: algorithms of JWTs", per=Per.GRANT)

_ALLOWED = ("PS256", "ES256", "EdDSA", "Ed25519")
_LISTS = (
    "dpop_signing_alg_values_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
)
"""What the metadata say of the JWTs of clients that are confidential and use no request objects."""
_FORBIDDEN = ("RS256", "ES384")
"""Those of the others that servers know most often."""
_INVALID_CLIENT = frozenset({"invalid_client"})


@check(
    "fapi2-jwt-algorithms",
    requires=["FAPI2-5.4.1-03"],
    proven_by={
        "as-metadata:dpop-algs-rs256": "FAPI2-ALGORITHMS-NONE-ALLOWED",
        "as-metadata:assertion-algs-rs256": "FAPI2-ALGORITHMS-NONE-ALLOWED",
    },
    applies=when.server_under_test & when.server_of_flow_has_any(*_LISTS),
)
async def clients_have_an_allowed_algorithm(server: AuthorizationServer, expect: Expect) -> None:
    """Wherever the metadata list algorithms for JWTs of clients, PS256, ES256 or EdDSA is among them."""
    source = server.fallback or server.reply
    for name in _LISTS:
        if name in server.metadata:
            listed = server.metadata[name]
            expect.that(
                isinstance(listed, list) and any(allowed in listed for allowed in _ALLOWED),
                "FAPI2-ALGORITHMS-NONE-ALLOWED",
                f"{', '.join(_ALLOWED[:-1])} or {_ALLOWED[-1]}",
                show(listed),
                at=source,
                pointer=f"/{name}",
            )


@check(
    "fapi2-jwt-algorithms-of-tokens",
    requires=["FAPI2-5.4.1-02", "FAPI2-5.4.1-04"],
    proven_by={
        "token:jwt-alg-rs256": "FAPI2-TOKEN-ALGORITHM",
        "token:jwt-alg-none": "FAPI2-TOKEN-UNSIGNED",
    },
    applies=when.server_under_test & when.jwt_token,
)
async def tokens_have_an_allowed_algorithm(token: Reply, expect: Expect) -> None:
    """Access Tokens and ID Tokens that are JWTs are signed with PS256, ES256 or EdDSA."""
    for name, jws in tokens.signed(token).items():
        algorithm = jws.header.get("alg")
        if expect.that(
            not (isinstance(algorithm, str) and algorithm.lower() == "none"),
            "FAPI2-TOKEN-UNSIGNED",
            "a signature",
            show(algorithm),
            at=token,
            pointer=f"/{name}: header/alg",
            requirement="FAPI2-5.4.1-04",
        ):
            expect.that(
                algorithm in _ALLOWED,
                "FAPI2-TOKEN-ALGORITHM",
                f"{', '.join(_ALLOWED[:-1])} or {_ALLOWED[-1]}",
                show(algorithm),
                at=token,
                pointer=f"/{name}: header/alg",
            )


# What the Authorization Server accepts


@check(
    "fapi2-jwt-algorithm-refused-dpop",
    requires=["FAPI2-5.4.1-03", "RFC9449-5-01", "RFC9449-10.1-01", *STATUS],
    proven_by={
        "accepts:dpop.algorithm-supported": "FAPI2-ALGORITHM-OF-PROOF-ACCEPTED",
        "misreports:dpop.algorithm-supported": "FAPI2-ALGORITHM-OF-PROOF-MISREPORTED",
    },
    applies=when.server_under_test & when.dpop,
)
async def a_proof_of_another_algorithm_is_refused(shared: Flow, unredeemed: Unredeemed, expect: Expect) -> None:
    """A DPoP proof that is signed with RS256 or ES384 is refused, whatever the metadata list."""
    refused = partial(expect.refused, code="FAPI2-ALGORITHM-OF-PROOF", status={400})
    for algorithm in _FORBIDDEN:
        change = partial(mutate.with_another_key, algorithm=algorithm)
        what = f"a DPoP proof of the alg {algorithm}"
        refused(
            await unredeemed.request(partial(redeem_with, change), PROOF_ERRORS),
            what=f"a Token Request with {what}",
            errors=PROOF_ERRORS,
            status_requirement=STATUS[0],
            error_requirement="RFC9449-5-01",
        )
        if await pushes(shared):
            parameters, _ = await shared.authorization_parameters()
            refused(
                await shared.push(parameters, dpop=change),
                what=f"a pushed authorization request with {what}",
                errors=PROOF_ERRORS | {"invalid_request"},
                status_requirement=STATUS[1],
                error_requirement="RFC9449-10.1-01",
            )


@check(
    "fapi2-jwt-algorithm-refused-client",
    requires=["FAPI2-5.4.1-03", "RFC7523-3.2-01", *STATUS],
    proven_by={
        "accepts:client.assertion-algorithm": "FAPI2-ALGORITHM-OF-CLIENT-ACCEPTED",
        "misreports:client.assertion-algorithm": "FAPI2-ALGORITHM-OF-CLIENT-MISREPORTED",
    },
    applies=when.server_under_test & when.client_uses("private_key_jwt") & when.client_key_beyond(*_ALLOWED),
)
async def an_assertion_of_another_algorithm_is_refused(
    shared: Flow, unredeemed: Unredeemed, expect: Expect
) -> None:
    """A client assertion of another algorithm than PS256, ES256 and EdDSA is refused, though the key is right."""
    refused = partial(
        expect.refused,
        code="FAPI2-ALGORITHM-OF-CLIENT",
        status={400, 401},
        errors=_INVALID_CLIENT,
        error_requirement="RFC7523-3.2-01",
    )
    what = "a client assertion of another alg than the allowed ones, by the key of the client"
    refused(
        await unredeemed.request(partial(redeem, _otherwise_signed), _INVALID_CLIENT),
        what=f"a Token Request with {what}",
        status_requirement=STATUS[0],
    )
    if await pushes(shared):
        refused(
            await push_as(_otherwise_signed, shared),
            what=f"a pushed authorization request with {what}",
            status_requirement=STATUS[1],
        )


def _otherwise_signed(_: Flow, shown: Authentication) -> Authentication:
    """Sign the right assertion with the right key, and with an algorithm that is not allowed."""
    draft = shown.assertion
    assert isinstance(draft, JwtDraft)  # the wallet authenticates by one
    algorithm = next(name for name in algorithms_of(draft.key) if name not in _ALLOWED)
    key = WalletKey(draft.key.private, algorithm)
    return replace(shown, assertion=JwtDraft(key, {**draft.header, "alg": algorithm}, draft.claims))
