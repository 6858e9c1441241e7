"""The keys that verify JWT credentials: docs.wallet.service.gov.uk, Publish your DID document."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats.jwk import is_private_or_symmetric
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from suites.govuk_wallet._documents import expect_document, published
from suites.govuk_wallet.key_set import is_p256
from suites.oid4vci._problems import at

check = partial(area("GOV.UK Wallet: DID document"), applies=when.govuk_any_jwt)

_CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
_MEMBERS = {"@context", "id", "verificationMethod", "assertionMethod"}
_OF_METHOD = {"id", "type", "controller", "publicKeyJwk"}
_OF_KEY = {"kty", "kid", "crv", "x", "y", "alg"}


def _dids(issuer: Issuer) -> tuple[str, ...]:
    """Give the DIDs that an issuer may have: of its host, and of its port where it is on one."""
    parts = urlsplit(issuer.identifier)
    host = f"did:web:{parts.hostname}"
    return (host,) if parts.port is None else (f"{host}%3A{parts.port}", f"{host}%3a{parts.port}", host)


def _document(reply: Reply) -> dict[str, Any]:
    return published(reply, "the DID document")


def methods_of(reply: Reply) -> list[dict[str, Any]]:
    """Give the verification methods of the DID document.

    Raises:
        Blocked: there are none that can be read.

    """
    found = _document(reply).get("verificationMethod")
    methods = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    if not methods:
        raise Blocked("the DID document has no verificationMethod that can be read")
    return methods


def method_names(reply: Reply) -> list[str]:
    """Give the whole ids of the methods, also where the document has fragments of them.

    Raises:
        Blocked: there are none that can be read.

    """
    of_document = _document(reply).get("id")
    return [_full(str(method.get("id")), of_document) for method in methods_of(reply)]


def _asserting(reply: Reply) -> set[str]:
    """Give the ids of the methods that may issue, also where they are written in another way than the page's.

    Raises:
        Blocked: the document has no assertionMethod.

    """
    document = _document(reply)
    found = document.get("assertionMethod")
    if not isinstance(found, list):
        raise Blocked("the DID document has no assertionMethod that can be read")
    names = [item.get("id") if isinstance(item, dict) else item for item in found]
    return {_full(name, document.get("id")) for name in names if isinstance(name, str)}


def _full(name: str, of_document: Any) -> str:
    """Give the whole identifier of a method that may be named by its fragment."""
    return f"{of_document}{name}" if name.startswith("#") else name


@check(
    "govuk-did-published",
    requires=["GOVUK-DID-01", "GOVUK-DID-02"],
    proven_by={
        "govuk-did-document-response:missing": "GOVUK-DID-MISSING",
        "govuk-did-document-response:content-type": "GOVUK-DID-CONTENT-TYPE",
        "govuk-did-document-response:no-json": "GOVUK-DID-JSON",
    },
)
async def the_document_is_published(did_document: Reply, expect: Expect) -> None:
    """The DID document is at /.well-known/did.json of the issuer's domain for anybody, as JSON."""
    expect_document(expect, did_document, "GOVUK-DID", found="GOVUK-DID-01", form="GOVUK-DID-02")


@check(
    "govuk-did-context",
    requires=["GOVUK-DID-03", "GOVUK-DID-04"],
    proven_by={
        "govuk-did-document:context-missing": "GOVUK-DID-CONTEXT",
        "govuk-did-document:context-other": "GOVUK-DID-CONTEXT-OTHER",
    },
)
async def the_document_has_its_contexts(did_document: Reply, expect: Expect) -> None:
    """The DID document has an @context, with the two URIs of the page's example."""
    found = _document(did_document).get("@context")
    that = partial(expect.that, at=did_document, pointer="/@context")
    if that(bool(found) and isinstance(found, (str, list)), "GOVUK-DID-CONTEXT", "a set of URIs", found):
        that(
            isinstance(found, list) and len(found) == len(_CONTEXTS) and all(one in found for one in _CONTEXTS),
            "GOVUK-DID-CONTEXT-OTHER",
            f"{' and '.join(_CONTEXTS)}, and nothing else",
            found,
            requirement="GOVUK-DID-04",
        )


@check(
    "govuk-did-id",
    requires=["GOVUK-DID-05"],
    proven_by={"govuk-did-document:id-missing": "GOVUK-DID-ID", "govuk-did-document:id-other": "GOVUK-DID-ID"},
)
async def the_document_is_of_the_domain(did_document: Reply, issuer: Issuer, expect: Expect) -> None:
    """The id of the DID document is did:web: and the domain of the issuer."""
    found, dids = _document(did_document).get("id"), _dids(issuer)
    expect.that(found in dids, "GOVUK-DID-ID", dids[0], found, at=did_document, pointer="/id")


@check(
    "govuk-did-methods",
    requires=["GOVUK-DID-06", "GOVUK-DID-07", "GOVUK-DID-08", "GOVUK-DID-09", "GOVUK-DID-10"],
    proven_by={
        "govuk-did-document:methods-missing": "GOVUK-DID-METHODS",
        "govuk-did-document:method-id-relative": "GOVUK-DID-METHOD-ID",
        "govuk-did-document:type-other": "GOVUK-DID-METHOD-TYPE",
        "govuk-did-document:controller-missing": "GOVUK-DID-METHOD-CONTROLLER",
        "govuk-did-document:controller-other": "GOVUK-DID-METHOD-CONTROLLER",
        "govuk-did-document:private": "GOVUK-DID-METHOD-KEY",
        "govuk-did-document:key-multibase": "GOVUK-DID-METHOD-KEY",
    },
)
async def methods_are_those_of_the_page(did_document: Reply, issuer: Issuer, expect: Expect) -> None:
    """Each verification method is a public key on P-256 of the type JsonWebKey2020, named by the issuer's DID."""
    dids = _dids(issuer)
    found = _document(did_document).get("verificationMethod")
    if not expect.that(
        isinstance(found, list) and bool(found) and all(isinstance(item, dict) for item in found),
        "GOVUK-DID-METHODS",
        "a verificationMethod that is an array of objects",
        found,
        at=did_document,
        pointer="/verificationMethod",
    ):
        return
    for index, method in enumerate(methods_of(did_document)):
        place = f"/verificationMethod/{index}"
        name, _, key_id = str(method.get("id")).partition("#")
        jwk = method.get("publicKeyJwk")
        for member, holds, wanted, code, requirement in (
            ("id", name in dids and key_id != "", f"{dids[0]}#KEY_ID", "ID", "GOVUK-DID-07"),
            ("type", method.get("type") == "JsonWebKey2020", "JsonWebKey2020", "TYPE", "GOVUK-DID-08"),
            ("controller", method.get("controller") in dids, dids[0], "CONTROLLER", "GOVUK-DID-09"),
        ):
            expect.that(
                holds,
                f"GOVUK-DID-METHOD-{code}",
                f"the {member} {wanted}",
                method.get(member),
                at=did_document,
                pointer=f"{place}/{member}",
                requirement=requirement,
            )
        expect.that(
            is_p256(jwk) and not is_private_or_symmetric(jwk),
            "GOVUK-DID-METHOD-KEY",
            "a publicKeyJwk with a public key on P-256",
            jwk if jwk is None else "another value",
            at=did_document,
            pointer=f"{place}/publicKeyJwk",
            requirement="GOVUK-DID-10",
        )


@check(
    "govuk-did-assertion",
    requires=["GOVUK-DID-11", "GOVUK-DID-13"],
    proven_by={
        "govuk-did-document:assertion-missing": "GOVUK-DID-ASSERTION",
        "govuk-did-document:assertion-objects": "GOVUK-DID-ASSERTION-ID",
        "govuk-did-document:assertion-fragments": "GOVUK-DID-ASSERTION-ID",
        "govuk-did-document:signer-not-asserting": "GOVUK-DID-METHOD-NOT-ASSERTING",
    },
)
async def methods_that_may_issue_are_named(did_document: Reply, issuer: Issuer, expect: Expect) -> None:
    """The assertionMethod is an array of full identifiers of methods, with each method of the document."""
    that = partial(expect.that, at=did_document)
    found: Any = _document(did_document).get("assertionMethod")
    if not that(
        isinstance(found, list) and bool(found),
        "GOVUK-DID-ASSERTION",
        "an array of identifiers",
        found,
        pointer="/assertionMethod",
    ):
        return
    strange = [
        index
        for index, item in enumerate(found)
        if not isinstance(item, str) or item.partition("#")[0] not in _dids(issuer) or not item.partition("#")[2]
    ]
    that(
        not strange,
        "GOVUK-DID-ASSERTION-ID",
        f"full identifiers such as {_dids(issuer)[0]}#KEY_ID",
        found[strange[0]] if strange else None,
        pointer=f"/assertionMethod/{strange[0]}" if strange else None,
    )
    asserting = _asserting(did_document)
    left_out = [name for name in method_names(did_document) if name not in asserting]
    that(
        not left_out,
        "GOVUK-DID-METHOD-NOT-ASSERTING",
        "each verification method",
        f"not {', '.join(left_out)}",
        pointer="/assertionMethod",
        requirement="GOVUK-DID-13",
    )


@check(
    "govuk-did-signing-key",
    requires=["GOVUK-DID-12", "GOVUK-JWTVC-04"],
    proven_by={
        "govuk-vc:kid-missing": "GOVUK-JWT-KEY-ID",
        "govuk-vc:kid-key-only": "GOVUK-JWT-KEY-ID",
        "govuk-vc:kid-unknown": "GOVUK-JWT-KEY-ID",
        "govuk-vc:kid-other-domain": "GOVUK-JWT-KEY-ID",
        "govuk-vc:kid-capitals": "GOVUK-JWT-KEY-ID",
        "govuk-did-document:signer-missing": "GOVUK-JWT-KEY-ID",
        "govuk-did-document:signer-not-asserting": "GOVUK-DID-SIGNER-NOT-ASSERTING",
    },
    applies=when.govuk_jwt,
    per=Per.SCENARIO,
)
async def the_signing_key_may_issue(credential: IssuedCredential, did_document: Reply, expect: Expect) -> None:
    """The kid of the credential is the id of a verification method that assertionMethod lists."""
    kid = credential.jwt_vc.jws.header.get("kid")
    names = [method.get("id") for method in methods_of(did_document)]
    if expect.that(
        isinstance(kid, str) and kid in names,
        "GOVUK-JWT-KEY-ID",
        "the id of a verification method of the DID document",
        kid,
        at=credential.exchange,
        pointer=at(credential).inside("header/kid"),
        requirement="GOVUK-JWTVC-04",
    ):
        expect.that(
            kid in _asserting(did_document),
            "GOVUK-DID-SIGNER-NOT-ASSERTING",
            "an assertionMethod with the key that signed the credential",
            kid,
            at=did_document,
            pointer="/assertionMethod",
        )


@check(
    "govuk-did-official",
    requires=["GOVUK-DID-14", "GOVUK-DID-15"],
    proven_by={
        "govuk-did-document:fragment-other": "GOVUK-DID-KEY-NAME",
        "govuk-did-document:kid-missing": "GOVUK-DID-KEY-NAME",
        "govuk-did-document:further-member": "GOVUK-DID-MEMBER",
    },
)
async def the_document_is_like_the_example(did_document: Reply, expect: Expect) -> None:
    """The methods are named by the kid of their keys, and nothing has members that the page does not show."""
    document, methods = _document(did_document), methods_of(did_document)
    further = sorted(set(document) - _MEMBERS)
    for index, method in enumerate(methods):
        jwk = method.get("publicKeyJwk")
        if not isinstance(jwk, dict):
            continue
        further += sorted({*(set(method) - _OF_METHOD), *(set(jwk) - _OF_KEY - {"d"})})
        expect.that(
            str(method.get("id")).partition("#")[2] == jwk.get("kid"),
            "GOVUK-DID-KEY-NAME",
            "the kid of the key after the # of its method's id",
            {"id": method.get("id"), "kid": jwk.get("kid")},
            at=did_document,
            pointer=f"/verificationMethod/{index}",
        )
    expect.that(
        not further,
        "GOVUK-DID-MEMBER",
        "no further members",
        ", ".join(further),
        at=did_document,
        requirement="GOVUK-DID-15",
    )
