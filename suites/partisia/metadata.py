"""The metadata of the issuance service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.transport import Client
from harness.wallet.metadata import Issuer, issuer_metadata_urls, request
from harness.wallet.offer import ReceivedOffer
from suites.partisia._answers import is_url, json_object

check = area("Partisia: metadata", per=Per.ISSUER)
of_offer = area("Partisia: metadata", per=Per.OFFER)

_CONFIGURATIONS = "credential_configurations_supported"
_JSON_LD = "jwt_vc_json-ld"
_CONTEXT = "https://www.w3.org/2018/credentials/v1"
_ENDPOINTS = {"credential_endpoint": "PAR-METADATA-03", "nonce_endpoint": "PAR-METADATA-04"}


@check(
    "partisia-metadata-answer",
    requires=["PAR-METADATA-01"],
    proven_by={
        "partisia-metadata-response:media-type": "PARTISIA-METADATA-ANSWER",
    },
)
async def the_metadata_are_json(issuer: Issuer, expect: Expect) -> None:
    """A GET to the well-known place of the issuer brings a JSON object."""
    json_object(expect, issuer.reply, "PARTISIA-METADATA-ANSWER", "the metadata")


@of_offer(
    "partisia-metadata-by-the-letter",
    requires=["PAR-METADATA-13"],
    proven_by={
        "partisia-offer:issuer-slash": "PARTISIA-METADATA-ELSEWHERE",
    },
)
async def the_metadata_are_where_the_offer_leads(offer: ReceivedOffer, client: Client, expect: Expect) -> None:
    """The metadata are found where the path is inserted into the issuer of the offer as it is, slash and all."""
    named = offer.object.get("credential_issuer")
    if not is_url(named, "https", "http") or "?" in str(named) or "#" in str(named):
        raise Blocked("the issuer of the offer is no URL into which a path could be inserted")
    # A plain http URL is for another check to judge; nothing is sent there.
    letter = issuer_metadata_urls(str(named).replace("http://", "https://", 1))[0]
    reply = await request(client, letter)
    expect.that(
        reply.successful and bool(reply.object),
        "PARTISIA-METADATA-ELSEWHERE",
        f"metadata at {letter}",
        reply.gist,
        at=reply,
    )


@of_offer(
    "partisia-metadata-issuer",
    requires=["PAR-METADATA-02"],
    proven_by={
        "partisia-metadata:issuer-other": "PARTISIA-METADATA-ISSUER",
        "partisia-metadata:issuer-missing": "PARTISIA-METADATA-ISSUER",
        "partisia-offer:issuer-plain-http": "PARTISIA-METADATA-ISSUER",
        "partisia-offer:issuer-query": "PARTISIA-METADATA-ISSUER",
    },
)
async def the_metadata_are_those_of_the_offer(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """The issuer of the metadata is the one of the offer, apart from a slash at the end."""
    offered, named = _offered(offer), issuer.metadata.get("credential_issuer")
    expect.that(
        isinstance(named, str) and named.rstrip("/") == offered.rstrip("/"),
        "PARTISIA-METADATA-ISSUER",
        offered,
        named,
        at=issuer.reply,
        pointer="/credential_issuer",
    )


@of_offer(
    "partisia-metadata-issuer-spelled",
    requires=["PAR-METADATA-12"],
    proven_by={
        "partisia-offer:issuer-slash": "PARTISIA-METADATA-ISSUER-SLASH",
    },
)
async def the_issuer_is_spelled_in_one_way(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """The issuer ends with a slash in both offer and metadata, or in neither."""
    offered, named = _offered(offer), issuer.metadata.get("credential_issuer")
    if not isinstance(named, str) or named.rstrip("/") != offered.rstrip("/"):
        raise Blocked("the metadata are those of another issuer")
    expect.that(
        named == offered,
        "PARTISIA-METADATA-ISSUER-SLASH",
        offered,
        named,
        at=issuer.reply,
        pointer="/credential_issuer",
    )


@of_offer(
    "partisia-metadata-offered",
    requires=["PAR-METADATA-07"],
    proven_by={
        "partisia-metadata:offered-missing": "PARTISIA-METADATA-CONFIGURATION",
        "partisia-metadata:configurations-missing": "PARTISIA-METADATA-CONFIGURATIONS",
        "partisia-offer:ids-unknown": "PARTISIA-METADATA-CONFIGURATION",
    },
)
async def what_is_offered_is_described(offer: ReceivedOffer, issuer: Issuer, expect: Expect) -> None:
    """Each configuration of the offer is one that the metadata describe."""
    listed = issuer.metadata.get(_CONFIGURATIONS)
    if not expect.that(
        isinstance(listed, dict),
        "PARTISIA-METADATA-CONFIGURATIONS",
        "an object",
        listed,
        at=issuer.reply,
        pointer=f"/{_CONFIGURATIONS}",
    ):
        return
    for name in dict.fromkeys(offer.configuration_ids):
        expect.that(
            name in issuer.configurations,
            "PARTISIA-METADATA-CONFIGURATION",
            f"the configuration {name}",
            f"configurations {list(issuer.configurations)}",
            at=issuer.reply,
            pointer=f"/{_CONFIGURATIONS}",
        )


@check(
    "partisia-metadata-endpoints",
    requires=["PAR-METADATA-03", "PAR-METADATA-04", "PAR-METADATA-05"],
    proven_by={
        "partisia-metadata:credential-endpoint-missing": "PARTISIA-METADATA-ENDPOINT",
        "partisia-metadata:nonce-endpoint-missing": "PARTISIA-METADATA-ENDPOINT",
        "partisia-metadata:credential-endpoint-plain-http": "PARTISIA-METADATA-ENDPOINT-SCHEME",
        "partisia-metadata:nonce-endpoint-plain-http": "PARTISIA-METADATA-ENDPOINT-SCHEME",
    },
)
async def the_endpoints_are_named(issuer: Issuer, expect: Expect) -> None:
    """The metadata have the URLs of the credential endpoint and the nonce endpoint, both of https."""
    for name, requirement in _ENDPOINTS.items():
        value = issuer.metadata.get(name)
        if expect.that(
            is_url(value, "https", "http"),
            "PARTISIA-METADATA-ENDPOINT",
            f"the URL of the {name}",
            value,
            at=issuer.reply,
            pointer=f"/{name}",
            requirement=requirement,
        ):
            expect.that(
                is_url(value, "https"),
                "PARTISIA-METADATA-ENDPOINT-SCHEME",
                "an https URL",
                value,
                at=issuer.reply,
                pointer=f"/{name}",
                requirement="PAR-METADATA-05",
            )


@check(
    "partisia-metadata-servers",
    requires=["PAR-METADATA-06"],
    proven_by={
        "partisia-metadata:servers-missing": "PARTISIA-METADATA-SERVERS",
        "partisia-metadata:servers-empty": "PARTISIA-METADATA-SERVERS",
    },
)
async def the_authorization_servers_are_named(issuer: Issuer, expect: Expect) -> None:
    """The metadata name an authorization server at least."""
    named = issuer.metadata.get("authorization_servers")
    expect.that(
        isinstance(named, list) and bool(named) and all(is_url(each, "https", "http") for each in named),
        "PARTISIA-METADATA-SERVERS",
        "a list of URLs",
        named,
        at=issuer.reply,
        pointer="/authorization_servers",
    )


@check(
    "partisia-metadata-configurations",
    requires=["PAR-METADATA-08", "PAR-METADATA-09", "PAR-METADATA-10"],
    proven_by={
        "partisia-metadata:format-missing": "PARTISIA-METADATA-FORMAT",
        "partisia-metadata:definition-missing": "PARTISIA-METADATA-DEFINITION",
        "partisia-metadata:type-missing": "PARTISIA-METADATA-DEFINITION",
        "partisia-metadata:context-missing": "PARTISIA-METADATA-DEFINITION",
        "partisia-metadata:binding-missing": "PARTISIA-METADATA-BINDING",
    },
)
async def the_configurations_are_described(issuer: Issuer, expect: Expect) -> None:
    """Each configuration has its format, what that wants to be told, and how keys are proven."""

    def judge(name: str, configuration: dict[str, Any]) -> None:
        asked, definition = configuration.get("format"), _definition(configuration)
        of = f"/{_CONFIGURATIONS}/{name}"
        expect.that(
            isinstance(asked, str) and asked != "",
            "PARTISIA-METADATA-FORMAT",
            "a format",
            asked,
            at=issuer.reply,
            pointer=f"{of}/format",
        )
        lacks = [member for member in ("type", "@context") if not isinstance(definition.get(member), list)]
        expect.that(
            asked != _JSON_LD or not lacks,
            "PARTISIA-METADATA-DEFINITION",
            "type and @context",
            f"without {' and '.join(lacks)}",
            at=issuer.reply,
            pointer=f"{of}/credential_definition",
            requirement="PAR-METADATA-09",
        )
        told = ("cryptographic_binding_methods_supported", "proof_types_supported")
        untold = [member for member in told if not configuration.get(member)]
        expect.that(
            not untold,
            "PARTISIA-METADATA-BINDING",
            " and ".join(told),
            f"without {' and '.join(untold)}",
            at=issuer.reply,
            pointer=of,
            requirement="PAR-METADATA-10",
        )

    _each(issuer, judge)


@check(
    "partisia-metadata-claims",
    requires=["PAR-METADATA-14"],
    proven_by={
        "partisia-metadata:claims-in-definition": "PARTISIA-METADATA-CLAIMS",
    },
)
async def the_claims_are_not_where_earlier_drafts_have_them(issuer: Issuer, expect: Expect) -> None:
    """No configuration describes its claims where drafts 13 and 14 of OpenID4VCI have them."""

    def judge(name: str, configuration: dict[str, Any]) -> None:
        expect.that(
            "credentialSubject" not in _definition(configuration),
            "PARTISIA-METADATA-CLAIMS",
            "claims beside credential_definition",
            "they are in credentialSubject",
            at=issuer.reply,
            pointer=f"/{_CONFIGURATIONS}/{name}/credential_definition/credentialSubject",
        )

    _each(issuer, judge)


@check(
    "partisia-metadata-data-model",
    requires=["PAR-METADATA-15"],
    proven_by={
        "partisia-metadata:context-2-0": "PARTISIA-METADATA-DATA-MODEL",
    },
)
async def the_context_is_the_one_of_the_format(issuer: Issuer, expect: Expect) -> None:
    """A configuration of jwt_vc_json-ld has the context for which that format is defined."""

    def judge(name: str, configuration: dict[str, Any]) -> None:
        contexts = _definition(configuration).get("@context")
        if configuration.get("format") == _JSON_LD and isinstance(contexts, list):
            expect.that(
                contexts[:1] == [_CONTEXT],
                "PARTISIA-METADATA-DATA-MODEL",
                _CONTEXT,
                contexts,
                at=issuer.reply,
                pointer=f"/{_CONFIGURATIONS}/{name}/credential_definition/@context/0",
            )

    _each(issuer, judge)
    if not expect.evaluated:
        raise Blocked(f"no configuration of format {_JSON_LD} has a context")


def _each(issuer: Issuer, judge: Callable[[str, dict[str, Any]], None]) -> None:
    if not issuer.configurations:
        raise Blocked("the metadata describe no configuration")
    for name, configuration in issuer.configurations.items():
        judge(name, configuration)


def _definition(configuration: dict[str, Any]) -> dict[str, Any]:
    value = configuration.get("credential_definition")
    return value if isinstance(value, dict) else {}


def _offered(offer: ReceivedOffer) -> str:
    named = offer.object.get("credential_issuer")
    if not isinstance(named, str):
        raise Blocked("the offer names no issuer")
    return named
