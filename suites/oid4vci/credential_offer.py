"""Credential Offers: OpenID4VCI 1.0 chapter 4, and RFC 6749 section 10.10 for the Pre-Authorized Code."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import text
from harness.formats.problems import json_type
from harness.formats.strict_json import integer, pointer
from harness.wallet.metadata import Issuer
from harness.wallet.offer import PRE_AUTHORIZED_CODE, OfferLink, ReceivedOffer
from suites.oid4vci._urls import is_secure_url

check = area("Credential Offer", per=Per.OFFER)

_GRANT = pointer("grants", PRE_AUTHORIZED_CODE)
_LONGEST_DESCRIPTION = 300


@check(
    "offer-link-parameter",
    requires=["VCI-4.1-02", "VCI-4.1-01", "HAIP-4-07"],
    proven_by={"offer-link:both-parameters": "OFFER-LINK-BOTH-PARAMETERS"},
    applies=when.offer_as_link,
)
async def the_link_has_one_parameter(link: OfferLink, expect: Expect) -> None:
    """The link carries the offer by value or by reference, and never both."""
    names = [name for name, _ in link.parameters]
    found = [name for name in names if name in ("credential_offer", "credential_offer_uri")]
    expect.that(
        bool(found),
        "OFFER-LINK-NO-PARAMETER",
        "credential_offer or credential_offer_uri in the query of the link",
        names,
        requirement="VCI-4.1-01",
    )
    expect.that(
        len(set(found)) <= 1,
        "OFFER-LINK-BOTH-PARAMETERS",
        "either credential_offer or credential_offer_uri",
        found,
    )
    expect.that(
        len(set(found)) == len(found),
        "OFFER-LINK-PARAMETER-REPEATED",
        "a single credential_offer or credential_offer_uri",
        found,
        requirement="VCI-4.1-01",
    )


@check(
    "offer-value-object",
    requires=["VCI-4.1-03", "RFC8259-4-01", "HAIP-4-07"],
    proven_by={"offer:duplicate-key": "OFFER-DUPLICATE-NAME", "offer-link:value-array": "OFFER-NOT-OBJECT"},
    applies=~when.offer_by_reference,
)
async def the_value_is_an_object(offer: ReceivedOffer, expect: Expect) -> None:
    """An offer sent by value is one JSON object whose members have distinct names."""
    _expect_object(offer, expect, "VCI-4.1-03")


@check(
    "offer-uri-scheme",
    requires=["VCI-4.1-04"],
    proven_by={"offer-link:uri-http": "OFFER-URI-SCHEME"},
    applies=when.offer_uri,
)
async def the_uri_is_secure(link: OfferLink, expect: Expect) -> None:
    """An offer sent by reference is fetched from a URL with the scheme https."""
    url = link.by_reference
    expect.that(is_secure_url(url), "OFFER-URI-SCHEME", "a URL with the scheme https", url)


@check(
    "offer-uri-object",
    requires=["VCI-4.1-05", "RFC8259-4-01", "HAIP-4-07"],
    proven_by={"offer:duplicate-key": "OFFER-DUPLICATE-NAME", "offer-response:array": "OFFER-NOT-OBJECT"},
    applies=when.offer_by_reference,
)
async def the_uri_leads_to_an_object(offer: ReceivedOffer, expect: Expect) -> None:
    """A GET of the credential_offer_uri returns one JSON object whose members have distinct names."""
    _expect_object(offer, expect, "VCI-4.1-05")


def _expect_object(offer: ReceivedOffer, expect: Expect, requirement: str) -> None:
    expect.that(
        isinstance(offer.document.value, dict),
        "OFFER-NOT-OBJECT",
        "a JSON object",
        json_type(offer.document.value),
        at=offer.exchange,
        requirement=requirement,
    )
    repeated = [problem.pointer for problem in offer.document.problems]
    expect.that(
        not repeated,
        "OFFER-DUPLICATE-NAME",
        "each member name once in its object",
        f"repeated: {show(repeated)}",
        at=offer.exchange,
        requirement="RFC8259-4-01",
    )


@check(
    "offer-issuer",
    requires=["VCI-4.1.1-02", "VCI-4.1.1-01", "HAIP-4-07"],
    proven_by={
        "offer:issuer-missing": "OFFER-ISSUER-MISSING",
        "offer:issuer-other": "OFFER-ISSUER-OTHER",
    },
    applies=when.offer_object,
)
async def the_issuer_is_named(issuer: Issuer, offer: ReceivedOffer, expect: Expect) -> None:
    """credential_issuer is the identifier under which the issuer publishes its metadata."""
    named = offer.object.get("credential_issuer")
    if expect.that(
        "credential_issuer" in offer.object,
        "OFFER-ISSUER-MISSING",
        "the member credential_issuer",
        list(offer.object),
        at=offer.exchange,
        requirement="VCI-4.1.1-01",
    ):
        expect.that(
            named == issuer.identifier,
            "OFFER-ISSUER-OTHER",
            issuer.identifier,
            named,
            at=offer.exchange,
            pointer="/credential_issuer",
        )


@check(
    "offer-configuration-ids",
    requires=["VCI-4.1.1-03", "VCI-4.1.1-04", "VCI-4.1.1-05", "HAIP-4-07"],
    proven_by={
        "offer:ids-missing": "OFFER-CONFIGURATIONS-MISSING",
        "offer:ids-empty": "OFFER-CONFIGURATIONS-EMPTY",
        "offer:ids-string": "OFFER-CONFIGURATIONS-TYPE",
        "offer:ids-not-strings": "OFFER-CONFIGURATIONS-TYPE",
        "offer:ids-duplicate": "OFFER-CONFIGURATIONS-REPEATED",
    },
    applies=when.offer_object,
)
async def configurations_are_named(offer: ReceivedOffer, expect: Expect) -> None:
    """credential_configuration_ids is a non-empty array of distinct strings."""
    where: Any = {"at": offer.exchange, "pointer": "/credential_configuration_ids"}
    ids = offer.object.get("credential_configuration_ids")
    if not expect.that(
        "credential_configuration_ids" in offer.object,
        "OFFER-CONFIGURATIONS-MISSING",
        "the member credential_configuration_ids",
        list(offer.object),
        at=offer.exchange,
    ):
        return
    strings = isinstance(ids, list) and all(isinstance(item, str) for item in ids)
    form: Any = {"requirement": "VCI-4.1.1-04", **where}
    expect.that(strings, "OFFER-CONFIGURATIONS-TYPE", "an array of strings", ids, **form)
    expect.that(ids != [], "OFFER-CONFIGURATIONS-EMPTY", "at least one string", ids, **form)
    expect.that(
        len(offer.configuration_ids) == len(set(offer.configuration_ids)),
        "OFFER-CONFIGURATIONS-REPEATED",
        "each string once",
        ids,
        requirement="VCI-4.1.1-05",
        **where,
    )


@check(
    "offer-configurations-known",
    requires=["VCI-4.1.1-06", "HAIP-4-07"],
    proven_by={
        "offer:ids-unknown": "OFFER-CONFIGURATION-UNKNOWN",
        "metadata:configurations-missing": "OFFER-CONFIGURATION-UNKNOWN",
        "metadata:configurations-array": "OFFER-CONFIGURATION-UNKNOWN",
    },
    applies=when.offered_configurations,
)
async def configurations_are_known(issuer: Issuer, offer: ReceivedOffer, expect: Expect) -> None:
    """Every offered configuration is a key of credential_configurations_supported."""
    known = issuer.metadata.get("credential_configurations_supported")
    for name in offer.configuration_ids:
        expect.that(
            isinstance(known, dict) and name in known,
            "OFFER-CONFIGURATION-UNKNOWN",
            f"a key of credential_configurations_supported: {show(list(issuer.configurations))}",
            name,
            at=offer.exchange,
            pointer="/credential_configuration_ids",
        )


@check(
    "offer-grants",
    requires=["VCI-4.1.1-07", "VCI-4.1.1-08", "HAIP-4-07"],
    proven_by={
        "offer:grants-array": "OFFER-GRANTS-TYPE",
        "offer:code-grant-array": "OFFER-GRANTS-TYPE",
        "offer:issuer-state-number": "OFFER-ISSUER-STATE-TYPE",
        "offer:issuer-state-object": "OFFER-ISSUER-STATE-TYPE",
    },
    applies=when.offered_grants,
)
async def grants_are_objects(offer: ReceivedOffer, expect: Expect) -> None:
    """The member grants is an object with one object per grant type."""
    value = offer.object["grants"]
    expect.that(
        isinstance(value, dict) and all(isinstance(grant, dict) for grant in value.values()),
        "OFFER-GRANTS-TYPE",
        "a JSON object whose values are JSON objects",
        _types(value),
        at=offer.exchange,
        pointer="/grants",
    )
    code_grant = offer.grants.get("authorization_code")
    state = code_grant.get("issuer_state", "") if isinstance(code_grant, dict) else ""
    expect.that(
        isinstance(state, str),
        "OFFER-ISSUER-STATE-TYPE",
        "issuer_state, when present, is a string",
        state,
        at=offer.exchange,
        pointer="/grants/authorization_code/issuer_state",
        requirement="VCI-4.1.1-08",
    )


def _types(grants: Any) -> str:
    """Name the JSON types; the values hold secrets."""
    if not isinstance(grants, dict):
        return json_type(grants)
    return show({grant_type: json_type(grant) for grant_type, grant in grants.items()})


@check(
    "offer-authorization-server",
    requires=["VCI-4.1.1-10", "VCI-4.1.1-09"],
    proven_by={
        "offer:authorization-server-needless": "OFFER-AUTHORIZATION-SERVER-NEEDLESS",
        "offer:code-grant-server-needless": "OFFER-AUTHORIZATION-SERVER-NEEDLESS",
        "offer:code-grant-server-unknown": "OFFER-AUTHORIZATION-SERVER-UNKNOWN",
        "offer:authorization-server-unknown": "OFFER-AUTHORIZATION-SERVER-UNKNOWN",
    },
    applies=when.offered_grants,
)
async def the_authorization_server_is_known(issuer: Issuer, offer: ReceivedOffer, expect: Expect) -> None:
    """A grant names an Authorization Server only to choose among several, and one of these."""
    listed = issuer.metadata.get("authorization_servers", [issuer.identifier])
    servers = listed if isinstance(listed, list) else []
    named = {
        grant_type: grant["authorization_server"]
        for grant_type, grant in offer.grants.items()
        if isinstance(grant, dict) and "authorization_server" in grant
    }
    expect.that(
        not named or len(servers) != 1,
        "OFFER-AUTHORIZATION-SERVER-NEEDLESS",
        "no authorization_server, since the metadata has no choice of authorization_servers",
        named,
        at=offer.exchange,
        pointer="/grants",
        requirement="VCI-4.1.1-09",
    )
    unknown = {grant_type: server for grant_type, server in named.items() if server not in servers}
    expect.that(
        not unknown or len(servers) <= 1,
        "OFFER-AUTHORIZATION-SERVER-UNKNOWN",
        f"one of the authorization_servers {show(servers)}",
        unknown,
        at=offer.exchange,
        pointer="/grants",
    )


@check(
    "offer-code",
    requires=["VCI-4.1.1-11"],
    proven_by={"offer:code-missing": "OFFER-CODE-MISSING", "offer:code-not-string": "OFFER-CODE-TYPE"},
    applies=when.pre_authorized_grant,
)
async def the_code_is_a_string(offer: ReceivedOffer, expect: Expect) -> None:
    """The pre-authorized code grant contains pre-authorized_code, a string."""
    if expect.that(
        "pre-authorized_code" in offer.pre_authorized,
        "OFFER-CODE-MISSING",
        "the member pre-authorized_code",
        list(offer.pre_authorized),
        at=offer.exchange,
        pointer=_GRANT,
    ):
        code = offer.pre_authorized["pre-authorized_code"]
        expect.that(
            isinstance(code, str) and code != "",
            "OFFER-CODE-TYPE",
            "a non-empty string",
            json_type(code) if code != "" else "an empty string",
            at=offer.exchange,
            pointer=f"{_GRANT}/pre-authorized_code",
        )


@check(
    "offer-code-guessing",
    requires=["RFC6749-10.10-03", "RFC6749-10.10-04", "FAPI2-5.4.1-09"],
    proven_by={"offer:code-short": "OFFER-CODE-GUESSABLE"},
    applies=when.pre_authorized_code,
)
async def the_code_is_hard_to_guess(offer: ReceivedOffer, expect: Expect) -> None:
    """The pre-authorized code is long enough to be hard to guess: 128 bits at least, 160 are recommended."""
    code = offer.code or ""
    bits = text.capacity_bits(code)
    observed = f"{len(code)} characters, which hold {bits:.0f} bits at most"
    where: Any = {"at": offer.exchange, "pointer": f"{_GRANT}/pre-authorized_code"}
    if expect.that(bits >= 128, "OFFER-CODE-GUESSABLE", "room for 128 random bits", observed, **where):
        expect.that(
            bits >= 160,
            "OFFER-CODE-SHORT",
            "room for 160 random bits",
            observed,
            requirement="RFC6749-10.10-04",
            **where,
        )


@check(
    "offer-tx-code",
    requires=["VCI-4.1.1-14", "VCI-4.1.1-17", "VCI-4.1.1-18", "VCI-4.1.1-21", "VCI-4.1.1-22"],
    proven_by={
        "offer:tx-code-array": "OFFER-TX-CODE-TYPE",
        "offer:tx-code-input-mode": "OFFER-TX-CODE-INPUT-MODE",
        "offer:tx-code-length": "OFFER-TX-CODE-LENGTH-TYPE",
        "offer:tx-code-description-number": "OFFER-TX-CODE-DESCRIPTION-TYPE",
        "offer:tx-code-description-long": "OFFER-TX-CODE-DESCRIPTION-LONG",
    },
    applies=when.tx_code,
)
async def the_tx_code_is_described(offer: ReceivedOffer, expect: Expect) -> None:
    """tx_code is an object that describes the Transaction Code in the terms of the specification."""
    described = offer.pre_authorized["tx_code"]
    at, place = offer.exchange, f"{_GRANT}/tx_code"
    if not expect.that(
        isinstance(described, dict), "OFFER-TX-CODE-TYPE", "a JSON object", described, at=at, pointer=place
    ):
        return
    mode = described.get("input_mode", "numeric")
    expect.that(
        mode in ("numeric", "text"),
        "OFFER-TX-CODE-INPUT-MODE",
        "numeric or text",
        mode,
        at=at,
        pointer=f"{place}/input_mode",
        requirement="VCI-4.1.1-17",
    )
    length = described.get("length", 0)
    expect.that(
        integer(length) is not None,
        "OFFER-TX-CODE-LENGTH-TYPE",
        "an integer",
        length,
        at=at,
        pointer=f"{place}/length",
        requirement="VCI-4.1.1-18",
    )
    description = described.get("description", "")
    if expect.that(
        isinstance(description, str),
        "OFFER-TX-CODE-DESCRIPTION-TYPE",
        "a string",
        description,
        at=at,
        pointer=f"{place}/description",
        requirement="VCI-4.1.1-21",
    ):
        expect.that(
            len(description) <= _LONGEST_DESCRIPTION,
            "OFFER-TX-CODE-DESCRIPTION-LONG",
            f"at most {_LONGEST_DESCRIPTION} characters",
            f"{len(description)} characters",
            at=at,
            pointer=f"{place}/description",
            requirement="VCI-4.1.1-22",
        )


@check(
    "offer-tx-code-as-described",
    requires=["VCI-4.1.1-19", "VCI-4.1.1-20"],
    proven_by={
        "tx-code:letters": "OFFER-TX-CODE-NOT-DIGITS",
        "offer:tx-code-length-other": "OFFER-TX-CODE-LENGTH",
    },
    applies=when.tx_code_at_hand,
)
async def the_tx_code_is_as_described(offer: ReceivedOffer, expect: Expect) -> None:
    """The Transaction Code that the user received has the announced length and characters."""
    described = offer.pre_authorized["tx_code"]
    described = described if isinstance(described, dict) else {}
    code = offer.tx_code or ""
    at, place = offer.exchange, f"{_GRANT}/tx_code"
    # The code itself is a secret; findings show its form only.
    if described.get("input_mode", "numeric") == "numeric":
        expect.that(
            code.isascii() and code.isdigit(),
            "OFFER-TX-CODE-NOT-DIGITS",
            "a Transaction Code of digits, since input_mode is numeric",
            "a Transaction Code with other characters",
            at=at,
            pointer=f"{place}/input_mode",
        )
    length = integer(described.get("length"))
    expect.that(
        length is None or len(code) == length,
        "OFFER-TX-CODE-LENGTH",
        f"a Transaction Code of {show(length)} characters",
        f"a Transaction Code of {len(code)} characters",
        at=at,
        pointer=f"{place}/length",
        requirement="VCI-4.1.1-20",
    )


@check(
    "offer-uri-distinct",
    requires=["VCI-4.1.3-01"],
    proven_by={"offer-link:uri-reused": "OFFER-URI-REUSED"},
    applies=when.offer_by_reference,
)
async def offers_have_distinct_uris(offer: ReceivedOffer, flow: Flow, expect: Expect) -> None:
    """Two different offers have two different credential_offer_uri, or are kept out of caches."""
    other = await flow.offer()
    reusable = other.reply is not None and not other.reply.directives("Cache-Control") & {"no-store", "no-cache"}
    expect.that(
        other.link.by_reference != offer.link.by_reference or other.object == offer.object or not reusable,
        "OFFER-URI-REUSED",
        "another credential_offer_uri for another offer, or Cache-Control: no-store",
        f"{other.link.by_reference} for both",
        at=other.exchange,
    )


@check(
    "offer-media-type",
    requires=["VCI-4.1.3-02", "VCI-4.1.3-03"],
    proven_by={"offer-response:content-type": "OFFER-CONTENT-TYPE"},
    applies=when.offer_by_reference,
)
async def the_offer_is_plain_json(offer: ReceivedOffer, expect: Expect) -> None:
    """The response behind credential_offer_uri has the media type application/json."""
    found = offer.reply.media_type if offer.reply else None
    where: Any = {"at": offer.exchange, "pointer": "header Content-Type"}
    expect.that(found == "application/json", "OFFER-CONTENT-TYPE", "application/json", found, **where)
    expect.that(
        found != "application/jwt",
        "OFFER-JWT",
        "an offer that is no JWT",
        found,
        requirement="VCI-4.1.3-03",
        **where,
    )
