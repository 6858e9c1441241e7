"""Issued W3C credentials as the data model wants them, whichever way they are secured.

Verifiable Credentials Data Model 1.1 and 2.0, and OpenID4VCI 1.0 appendix A.1 for what the metadata announce. A
check of a member that both versions have judges by the version that the credential names. Every credential of the
shared Credential Response is judged by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import json_ld, vcdm
from harness.formats.problems import located
from harness.formats.registered_claims import REGISTERED_CLAIMS
from harness.formats.vcdm import Version
from harness.wallet import described
from suites.oid4vci._holder import holder_named
from suites.oid4vci._problems import Rule, at, judge
from suites.oid4vci._w3c import judge_model, model_problems, place, version

check = partial(area("W3C Credentials", per=Per.SCENARIO), applies=when.w3c_credential)


def _of_both(codes: Mapping[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """Declare faults of the data model, which are faults of credentials in JWTs and of those with proofs."""
    return {f"{document}:{defect}": found for document in ("jwt-vc", "ldp-vc") for defect, found in codes.items()}


_OBJECTS = "one or more objects"
_URL = "a URL"


# @context


@check(
    "vcdm-context",
    requires=[
        "VCDM1-4.1-01",
        "VCDM1-4.1-02",
        "VCDM1-4.1-03",
        "VCDM1-4.1-04",
        "VCDM1-5.3.1-01",
        "VCDM2-4.3-01",
        "VCDM2-4.3-02",
        "VCDM2-4.3-03",
        "VCDM2-4.3-04",
        "VCDM2-B.1-01",
    ],
    proven_by=_of_both(
        {
            "context-missing": "VCDM-CONTEXT-MISSING",
            "context-empty": "VCDM-CONTEXT-BASE",
            "context-string": "VCDM-CONTEXT",
            "context-order": "VCDM-CONTEXT-BASE",
            "context-number": "VCDM-CONTEXT-ITEM",
            "context-of-both": "VCDM-CONTEXT-REDEFINED",
        }
    ),
)
async def context_begins_with_that_of_the_model(credential: IssuedCredential, expect: Expect) -> None:
    """``@context`` is an array of URLs and objects that begins with the context of the data model."""
    first = f"{vcdm.BASE_CONTEXTS[version(credential)]} first"
    judge_model(
        expect,
        credential,
        ("context-missing", "VCDM-CONTEXT-MISSING", "an @context", "VCDM1-4.1-01", "VCDM2-4.3-01"),
        ("context-form", "VCDM-CONTEXT", "an array", "VCDM1-4.1-02", "VCDM2-4.3-02"),
        ("context-base", "VCDM-CONTEXT-BASE", first, "VCDM1-4.1-03", "VCDM2-4.3-03"),
        ("context-item", "VCDM-CONTEXT-ITEM", "URLs and objects", "VCDM1-4.1-04", "VCDM2-4.3-04"),
        ("context-bases", "VCDM-CONTEXT-REDEFINED", "one base context", "VCDM1-5.3.1-01", "VCDM2-B.1-01"),
    )


_FOR_UNDEFINED = "https://www.w3.org/ns/credentials/undefined-terms/v2"
"""The context that gives a meaning to whatever the others leave undefined (VC Data Model 2.0 section 5.2.1)."""


@check(
    "vcdm-terms",
    requires=["VCDM2-5.2.1-03", "VCDM2-5.2.1-02", "VCDM2-B.1-01"],
    applies=when.w3c_credential & when.data_model("2.0") & when.known_contexts,
    proven_by=_of_both(
        {
            "undefined-term": "VCDM-TERM-UNDEFINED",
            "begin-of-old": "VCDM-TERM-UNDEFINED",
            "undefined-term-permitted": "VCDM-TERM-IN-GENERAL",
            "context-broken": "VCDM-CONTEXT-ERROR",
            "context-redefining": "VCDM-CONTEXT-ERROR",
        }
    )
    | {"ldp-vc:undefined-term-added": "VCDM-TERM-UNDEFINED"},
)
async def terms_are_defined(credential: IssuedCredential, expect: Expect) -> None:
    """The contexts of the credential can be processed, and define every term in it."""
    _stop_at_model_problems(credential)
    that = partial(expect.that, at=credential.exchange)
    # Registered claims of a JWT mean what their registration says (VC-JOSE-COSE section 3.1.3), unless the data
    # model has them too, and proofs are judged by themselves.
    claims = REGISTERED_CLAIMS - {"name"} if credential.format != "ldp_vc" else {"proof"}
    document = {name: value for name, value in credential.w3c.document.items() if name not in claims}
    named = [item for item in vcdm.contexts(document) if item != _FOR_UNDEFINED]
    try:
        lost = json_ld.losses(document, credential.known_contexts)
        general = json_ld.losses({**document, "@context": named}, credential.known_contexts)
    except json_ld.JsonLdError as error:
        that(
            False,
            "VCDM-CONTEXT-ERROR",
            "contexts that can be processed",
            error.detail,
            pointer=at(credential).inside(f"{place(credential)}/@context"),
            requirement="VCDM2-B.1-01",
        )
        return
    kinds, defined = "term-undefined type-undefined", "terms that the contexts define"
    judge(
        expect,
        at(credential),
        located(place(credential), lost),
        Rule(kinds, "VCDM-TERM-UNDEFINED", f"{defined}, or the context for undefined ones", "VCDM2-5.2.1-03"),
    )
    if not lost:
        rule = Rule(kinds, "VCDM-TERM-IN-GENERAL", f"{defined} one by one", "VCDM2-5.2.1-02")
        judge(expect, at(credential), located(place(credential), general), rule)


_NO_HINDRANCE = {"context-vocab", "language-tag", "resource-digest-weak"}
"""Problems of the data model that do not keep the contexts from being processed."""


def _stop_at_model_problems(credential: IssuedCredential) -> None:
    """Block a check of what contexts mean when something is wrong with what they are about."""
    for problem in model_problems(credential):
        if problem.kind not in _NO_HINDRANCE:
            raise Blocked(f"the credential cannot be processed by its contexts: {problem.detail}")


@check(
    "vcdm-no-vocabulary",
    requires=["VCDM2-5.2.1-01"],
    applies=when.w3c_credential & when.data_model("2.0"),
    proven_by=_of_both({"context-vocabulary": "VCDM-CONTEXT-VOCABULARY"}),
)
async def terms_have_no_general_vocabulary(credential: IssuedCredential, expect: Expect) -> None:
    """No object in ``@context`` gives a meaning to all undefined terms with ``@vocab``."""
    rule = ("context-vocab", "VCDM-CONTEXT-VOCABULARY", "no @vocab", None, "VCDM2-5.2.1-01")
    judge_model(expect, credential, rule)


@check(
    "vcdm-compacted",
    requires=["VCDM2-6.1.2-01"],
    applies=when.w3c_credential & when.data_model("2.0"),
    proven_by=_of_both({"keywords": "VCDM-COMPACTED"}),
)
async def credential_is_compacted(credential: IssuedCredential, expect: Expect) -> None:
    """The credential has ``id`` and ``type`` where JSON-LD has ``@id`` and ``@type``, and no ``@graph``."""
    judge_model(expect, credential, ("not-compacted", "VCDM-COMPACTED", "no keywords", None, "VCDM2-6.1.2-01"))


@check(
    "vcdm-context-announced",
    requires=["VCI-8.3-12"],
    applies=when.w3c_credential & when.credential_definition("@context"),
    proven_by=_of_both({"context-other": "VCDM-CONTEXT-OTHER"})
    | {"ldp-vc:proof-context-missing": "VCDM-CONTEXT-OTHER"},
)
async def contexts_are_those_announced(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """Each context that ``credential_definition`` announces is in ``@context``."""
    for problem in model_problems(credential):
        if problem.kind in ("context-missing", "context-form", "context-base"):
            raise Blocked(f"the contexts cannot be compared: {problem.detail}")
    announced = described.definition(shared.configuration, shared.issuer.dialect)["@context"]
    found = vcdm.contexts(credential.w3c.document)
    expect.that(
        all(item in found for item in announced),
        "VCDM-CONTEXT-OTHER",
        f"the contexts {announced}",
        found,
        at=credential.exchange,
        pointer=at(credential).inside(f"{place(credential)}/@context"),
    )


# id and type


@check(
    "vcdm-id",
    requires=["VCDM1-4.2-03", "VCDM1-4.2-02", "VCDM2-4.4-01"],
    proven_by=_of_both(
        {
            "id-not-url": "VCDM-ID",
            "id-number": "VCDM-ID",
            "id-twice": "VCDM-ID-SEVERAL",
            "subject-id-not-url": "VCDM-ID",
        }
    ),
)
async def ids_are_urls(credential: IssuedCredential, expect: Expect) -> None:
    """An ``id`` of the credential or of a subject is one URL."""
    judge_model(
        expect,
        credential,
        ("id-form", "VCDM-ID", _URL, "VCDM1-4.2-03", "VCDM2-4.4-01"),
        ("id-several", "VCDM-ID-SEVERAL", "one value", "VCDM1-4.2-02", "VCDM2-4.4-01"),
    )


@check(
    "vcdm-type",
    requires=[
        "VCDM1-4.3-01",
        "VCDM1-4.3-02",
        "VCDM1-4.3-03",
        "VCDM2-4.5-01",
        "VCDM2-4.5-02",
        "VCDM2-4.5-03",
    ],
    proven_by=_of_both(
        {
            "type-missing": "VCDM-TYPE-MISSING",
            "type-number": "VCDM-TYPE",
            "type-general-missing": "VCDM-TYPE-GENERAL",
        }
    ),
)
async def type_names_a_credential(credential: IssuedCredential, expect: Expect) -> None:
    """``type`` is one or more strings, ``VerifiableCredential`` among them."""
    judge_model(
        expect,
        credential,
        ("type-missing", "VCDM-TYPE-MISSING", "a type", "VCDM1-4.3-01", "VCDM2-4.5-01"),
        ("type-form", "VCDM-TYPE", "one or more strings", "VCDM1-4.3-02", "VCDM2-4.5-02"),
        ("type-other", "VCDM-TYPE-GENERAL", vcdm.TYPE, "VCDM1-4.3-03", "VCDM2-4.5-03"),
    )


@check(
    "vcdm-type-announced",
    requires=["VCI-8.3-12"],
    applies=when.w3c_credential & when.credential_definition("type"),
    proven_by=_of_both(
        {
            "type-other": "VCDM-TYPE-OTHER",
            "type-general-only": "VCDM-TYPE-OTHER",
            "type-general-missing": "VCDM-TYPE-OTHER",
            "type-missing": "VCDM-TYPE-OTHER",
        }
    ),
)
async def types_are_those_announced(credential: IssuedCredential, shared: Flow, expect: Expect) -> None:
    """The credential has each type that ``credential_definition`` announces."""
    announced = described.definition(shared.configuration, shared.issuer.dialect)["type"]
    found = vcdm.types(credential.w3c.document)
    expect.that(
        set(announced) <= set(found),
        "VCDM-TYPE-OTHER",
        f"the types {announced}",
        found,
        at=credential.exchange,
        pointer=at(credential).inside(f"{place(credential)}/type"),
    )


# Issuer, subject and times


@check(
    "vcdm-issuer",
    requires=["VCDM1-4.5-01", "VCDM1-4.5-02", "VCDM2-4.7-01", "VCDM2-4.7-02"],
    proven_by=_of_both(
        {
            "issuer-missing": "VCDM-ISSUER-MISSING",
            "issuer-not-url": "VCDM-ISSUER",
            "issuer-number": "VCDM-ISSUER",
            "issuer-array": "VCDM-ISSUER",
            "issuer-without-id": "VCDM-ISSUER",
        }
    ),
)
async def issuer_is_named(credential: IssuedCredential, expect: Expect) -> None:
    """``issuer`` is a URL, or an object with an ``id`` that is one."""
    shape = "a URL, or an object with an id that is one"
    judge_model(
        expect,
        credential,
        ("issuer-missing", "VCDM-ISSUER-MISSING", "an issuer", "VCDM1-4.5-01", "VCDM2-4.7-01"),
        ("issuer-form", "VCDM-ISSUER", shape, "VCDM1-4.5-02", "VCDM2-4.7-02"),
    )


@check(
    "vcdm-subject",
    requires=["VCDM1-4.4-01", "VCDM1-4.4-02", "VCDM2-4.8-01", "VCDM2-4.8-02"],
    proven_by=_of_both(
        {
            "subject-missing": "VCDM-SUBJECT-MISSING",
            "subject-empty": "VCDM-SUBJECT",
            "subject-array-empty": "VCDM-SUBJECT",
            "subject-string": "VCDM-SUBJECT",
            "subject-id-only": "VCDM-SUBJECT",
        }
    ),
)
async def something_is_said_of_a_subject(credential: IssuedCredential, expect: Expect) -> None:
    """``credentialSubject`` is one or more objects that say something."""
    shape = "one or more objects that say something"
    judge_model(
        expect,
        credential,
        ("subject-missing", "VCDM-SUBJECT-MISSING", "a credentialSubject", "VCDM1-4.4-01", "VCDM2-4.8-01"),
        ("subject-form", "VCDM-SUBJECT", shape, "VCDM1-4.4-02", "VCDM2-4.8-02"),
    )


_NO_TIMES = ("malformed", "impossible", "date-only", "number", "without-zone")


@check(
    "vcdm-times",
    requires=[
        "VCDM1-4.6-01",
        "VCDM1-4.6-02",
        "VCDM1-4.8-01",
        "VCDM2-4.9-01",
        "VCDM2-4.9-02",
        "VCDM2-4.9-03",
    ],
    proven_by={
        **_of_both({f"begin-{defect}": "VCDM-BEGIN" for defect in _NO_TIMES}),
        **_of_both({f"end-{defect}": "VCDM-END" for defect in _NO_TIMES}),
        **_of_both({"begin-missing": "VCDM-BEGIN-MISSING", "end-before-begin": "VCDM-VALIDITY-REVERSED"}),
        "jwt-vc:iat-for-nbf": "VCDM-BEGIN-MISSING",
    },
)
async def times_are_those_of_xml_schema(credential: IssuedCredential, expect: Expect) -> None:
    """The times between which the credential is valid are written as in XML Schema, and in their order."""
    old = version(credential) is Version.V1_1
    form = "a dateTime of XML Schema" if old else "a dateTimeStamp of XML Schema"
    judge_model(
        expect,
        credential,
        ("issuance-date-missing", "VCDM-BEGIN-MISSING", "an issuanceDate", "VCDM1-4.6-01", None),
        ("issuance-date-form valid-from-form", "VCDM-BEGIN", form, "VCDM1-4.6-02", "VCDM2-4.9-01"),
        ("expiration-date-form valid-until-form", "VCDM-END", form, "VCDM1-4.8-01", "VCDM2-4.9-02"),
        ("validity-reversed", "VCDM-VALIDITY-REVERSED", "validFrom before validUntil", None, "VCDM2-4.9-03"),
    )


@check(
    "vcdm-not-expired",
    requires=["VCDM1-4.8-02", "VCDM2-4.9-04"],
    proven_by=_of_both({"expired": "VCDM-EXPIRED", "end-before-begin": "VCDM-EXPIRED"}),
)
async def credential_has_not_expired(credential: IssuedCredential, expect: Expect) -> None:
    """The credential has not expired when it arrives."""
    requirement = "VCDM1-4.8-02" if version(credential) is Version.V1_1 else "VCDM2-4.9-04"
    judge(
        expect,
        at(credential),
        vcdm.validity(credential.w3c.document, credential.received),
        Rule("expired", "VCDM-EXPIRED", "an end that lies ahead", requirement),
    )


# What a credential may have besides


@check(
    "vcdm-status",
    requires=["VCDM1-4.9-01", "VCDM1-4.9-02", "VCDM2-4.10-01", "VCDM2-4.10-02"],
    applies=when.w3c_credential & when.w3c_member("credentialStatus"),
    proven_by=_of_both(
        {
            "status-string": "VCDM-STATUS",
            "status-without-type": "VCDM-STATUS-TYPE",
            "status-without-id": "VCDM-STATUS-ID",
            "status-id-not-url": "VCDM-STATUS-ID",
        }
    ),
)
async def status_can_be_looked_up(credential: IssuedCredential, expect: Expect) -> None:
    """``credentialStatus`` is one or more objects with a ``type`` and, as far as demanded, an ``id``."""
    judge_model(
        expect,
        credential,
        ("status-form", "VCDM-STATUS", _OBJECTS, "VCDM1-4.9-01", "VCDM2-4.10-01"),
        ("status-type", "VCDM-STATUS-TYPE", "a type", "VCDM1-4.9-02", "VCDM2-4.10-01"),
        ("status-id", "VCDM-STATUS-ID", _URL, "VCDM1-4.9-01", "VCDM2-4.10-02"),
    )


@check(
    "vcdm-schema",
    requires=["VCDM1-5.4-01", "VCDM1-5.4-02", "VCDM2-4.11-01", "VCDM2-4.11-02"],
    applies=when.w3c_credential & when.w3c_member("credentialSchema"),
    proven_by=_of_both(
        {
            "schema-without-type": "VCDM-SCHEMA-TYPE",
            "schema-without-id": "VCDM-SCHEMA-ID",
            "schema-id-not-url": "VCDM-SCHEMA-ID",
        }
    ),
)
async def schemas_can_be_found(credential: IssuedCredential, expect: Expect) -> None:
    """``credentialSchema`` is one or more objects with a ``type`` and an ``id``."""
    judge_model(
        expect,
        credential,
        ("schema-form schema-type", "VCDM-SCHEMA-TYPE", "objects with a type", "VCDM1-5.4-01", "VCDM2-4.11-01"),
        ("schema-id", "VCDM-SCHEMA-ID", _URL, "VCDM1-5.4-02", "VCDM2-4.11-02"),
    )


@check(
    "vcdm-refresh-service",
    requires=["VCDM1-5.5-01", "VCDM1-5.5-02", "VCDM2-5.4-01", "VCDM2-4.4-01"],
    applies=when.w3c_credential & when.w3c_member("refreshService"),
    proven_by=_of_both(
        {
            "refresh-service-without-type": "VCDM-REFRESH-TYPE",
            "refresh-service-without-id": "VCDM-REFRESH-ID",
        }
    ),
)
async def refresh_services_are_described(credential: IssuedCredential, expect: Expect) -> None:
    """``refreshService`` is one or more objects with a ``type`` and, as far as demanded, an ``id``."""
    judge_model(
        expect,
        credential,
        ("refresh-form refresh-type", "VCDM-REFRESH-TYPE", "objects with a type", "VCDM1-5.5-01", "VCDM2-5.4-01"),
        ("refresh-id", "VCDM-REFRESH-ID", _URL, "VCDM1-5.5-02", "VCDM2-4.4-01"),
    )


@check(
    "vcdm-terms-of-use",
    requires=["VCDM1-5.6-01", "VCDM2-5.5-01", "VCDM1-4.2-03", "VCDM2-4.4-01"],
    applies=when.w3c_credential & when.w3c_member("termsOfUse"),
    proven_by=_of_both({"terms-of-use-without-type": "VCDM-TERMS-OF-USE-TYPE"}),
)
async def terms_of_use_have_types(credential: IssuedCredential, expect: Expect) -> None:
    """``termsOfUse`` is one or more objects with a ``type``."""
    typed = "objects with a type"
    judge_model(
        expect,
        credential,
        ("terms-form terms-type", "VCDM-TERMS-OF-USE-TYPE", typed, "VCDM1-5.6-01", "VCDM2-5.5-01"),
        ("terms-id", "VCDM-TERMS-OF-USE-ID", _URL, "VCDM1-4.2-03", "VCDM2-4.4-01"),
    )


@check(
    "vcdm-evidence",
    requires=["VCDM1-5.7-01", "VCDM1-5.7-02", "VCDM2-5.6-01", "VCDM2-5.6-02"],
    applies=when.w3c_credential & when.w3c_member("evidence"),
    proven_by=_of_both(
        {
            "evidence-without-type": "VCDM-EVIDENCE-TYPE",
            "evidence-id-not-url": "VCDM-EVIDENCE-ID",
        }
    ),
)
async def evidence_has_types(credential: IssuedCredential, expect: Expect) -> None:
    """``evidence`` is one or more objects with a ``type``; an ``id`` of one is a URL."""
    typed = "objects with a type"
    judge_model(
        expect,
        credential,
        ("evidence-form evidence-type", "VCDM-EVIDENCE-TYPE", typed, "VCDM1-5.7-01", "VCDM2-5.6-01"),
        ("evidence-id", "VCDM-EVIDENCE-ID", _URL, "VCDM1-5.7-02", "VCDM2-5.6-02"),
    )


@check(
    "vcdm-reserved",
    requires=["VCDM2-5.10-01"],
    applies=when.w3c_credential & when.data_model("2.0") & when.w3c_member("renderMethod", "confidenceMethod"),
    proven_by=_of_both({f"{name}-method-without-type": "VCDM-RESERVED-TYPE" for name in ("render", "confidence")}),
)
async def reserved_members_have_types(credential: IssuedCredential, expect: Expect) -> None:
    """``renderMethod`` and ``confidenceMethod`` are one or more objects with a ``type``."""
    kinds = "reserved-form reserved-type"
    judge_model(expect, credential, (kinds, "VCDM-RESERVED-TYPE", "objects with a type", None, "VCDM2-5.10-01"))


@check(
    "vcdm-texts",
    requires=[
        "VCDM2-4.6-01",
        "VCDM2-4.6-02",
        "VCDM2-11.1-01",
        "VCDM2-11.1-02",
        "VCDM2-11.1-03",
        "VCDM2-11.1-04",
    ],
    applies=when.w3c_credential & when.data_model("2.0") & when.w3c_member("name", "description"),
    proven_by=_of_both(
        {
            "name-number": "VCDM-NAME",
            "description-number": "VCDM-DESCRIPTION",
            "name-without-value": "VCDM-TEXT-VALUE",
            "name-language-malformed": "VCDM-TEXT-LANGUAGE",
            "name-direction-unknown": "VCDM-TEXT-DIRECTION",
            "name-further-member": "VCDM-TEXT-MEMBERS",
        }
    ),
)
async def texts_have_their_language(credential: IssuedCredential, expect: Expect) -> None:
    """``name`` and ``description`` are strings, or objects with text, language and direction."""
    text = "a string or language value objects"
    judge_model(
        expect,
        credential,
        ("name-form", "VCDM-NAME", text, None, "VCDM2-4.6-01"),
        ("description-form", "VCDM-DESCRIPTION", text, None, "VCDM2-4.6-02"),
        ("language-value", "VCDM-TEXT-VALUE", "an @value, a string", None, "VCDM2-11.1-01"),
        ("language-tag", "VCDM-TEXT-LANGUAGE", "an @language, a tag of BCP 47", None, "VCDM2-11.1-02"),
        ("language-direction", "VCDM-TEXT-DIRECTION", "ltr or rtl", None, "VCDM2-11.1-03"),
        ("language-members", "VCDM-TEXT-MEMBERS", "@value, @language and @direction", None, "VCDM2-11.1-04"),
    )


@check(
    "vcdm-related-resources",
    requires=[
        "VCDM2-5.3-01",
        "VCDM2-5.3-02",
        "VCDM2-5.3-03",
        "VCDM2-5.3-04",
        "VCDM2-5.3-05",
        "VCDM2-5.3-06",
        "VCDM2-5.3-07",
    ],
    applies=when.w3c_credential & when.data_model("2.0") & when.w3c_member("relatedResource"),
    proven_by=_of_both(
        {
            "resource-without-id": "VCDM-RESOURCE",
            "resource-twice": "VCDM-RESOURCE-TWICE",
            "resource-media-type-malformed": "VCDM-RESOURCE-MEDIA-TYPE",
            "resource-without-digest": "VCDM-RESOURCE-DIGEST-MISSING",
            "resource-digest-malformed": "VCDM-RESOURCE-DIGEST",
            "resource-multibase-malformed": "VCDM-RESOURCE-DIGEST",
            "resource-digest-weak": "VCDM-RESOURCE-DIGEST-WEAK",
        }
    ),
)
async def related_resources_have_digests(credential: IssuedCredential, expect: Expect) -> None:
    """Each object in ``relatedResource`` has an ``id`` of its own and a strong digest."""
    digest = "a digest of the named form"
    judge_model(
        expect,
        credential,
        ("resource-form", "VCDM-RESOURCE", "objects with an id that is a URL", None, "VCDM2-5.3-01"),
        ("resource-repeated", "VCDM-RESOURCE-TWICE", "each id once", None, "VCDM2-5.3-02"),
        ("resource-media-type", "VCDM-RESOURCE-MEDIA-TYPE", "a media type", None, "VCDM2-5.3-03"),
        ("resource-digest-missing", "VCDM-RESOURCE-DIGEST-MISSING", "a digest", None, "VCDM2-5.3-04"),
        ("resource-digest-sri", "VCDM-RESOURCE-DIGEST", digest, None, "VCDM2-5.3-05"),
        ("resource-digest-multibase", "VCDM-RESOURCE-DIGEST", digest, None, "VCDM2-5.3-06"),
        ("resource-digest-weak", "VCDM-RESOURCE-DIGEST-WEAK", "SHA-384 or stronger", None, "VCDM2-5.3-07"),
    )


@check(
    "vcdm-proof",
    requires=["VCDM1-4.7-03", "VCDM1-4.7-02"],
    applies=when.w3c_credential & when.data_model("1.1") & when.embedded_proof,
    proven_by={"ldp-vc:proof-missing": "VCDM-PROOF-MISSING", "ldp-vc:proof-type-missing": "VCDM-PROOF-TYPE"},
)
async def proofs_say_what_they_are(credential: IssuedCredential, expect: Expect) -> None:
    """A credential that is not in a JWT has ``proof``, and each proof has a ``type``."""
    expect.that(
        "proof" in credential.w3c.document,
        "VCDM-PROOF-MISSING",
        "a proof",
        "none",
        at=credential.exchange,
        pointer=credential.pointer,
        requirement="VCDM1-4.7-02",
    )
    judge_model(expect, credential, ("proof-type", "VCDM-PROOF-TYPE", "a type in each", "VCDM1-4.7-03", None))


# The holder's key


@check(
    "vcdm-bound",
    requires=["VCI-8.2-13", "VCJOSE-4.1.3-01"],
    applies=when.w3c_credential & when.key_binding,
    proven_by={
        **_of_both({"subject-id-missing": "VCDM-UNBOUND", "subject-other-key": "VCDM-OTHER-KEY"}),
        **_of_both({"subject-private-key": "VCDM-UNBOUND"}),
        "jwt-vc:cnf-missing": "VCDM-UNBOUND",
        "jwt-vc:cnf-other-key": "VCDM-OTHER-KEY",
    },
)
async def credential_is_bound_to_the_proof_key(credential: IssuedCredential, expect: Expect) -> None:
    """The credential names the key of the proof: by ``cnf``, or as its subject."""
    bound, right = holder_named(credential)
    that = partial(expect.that, at=credential.exchange, pointer=credential.pointer)
    if credential.format != "ldp_vc" and version(credential) is Version.V2_0:
        that(bound, "VCDM-UNBOUND", "a key that the holder has shown", "none", requirement="VCJOSE-4.1.3-01")
    if that(bound, "VCDM-UNBOUND", "a holder's key that can be read", "none"):
        that(right, "VCDM-OTHER-KEY", "the key of the proof", "another key")
