"""Credential Issuer Metadata: docs.wallet.service.gov.uk, Metadata; draft 14 section 10.2.

The checks look at every configuration in the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import text
from harness.govuk.surroundings import Surroundings
from harness.transport import Reply
from harness.wallet import notification
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of, metadata_of
from suites.oid4vci._urls import is_secure_url

check = area("GOV.UK Wallet: metadata")

_MDOC, _JWT = "mso_mdoc", "jwt_vc_json"
_REFRESH, _DAYS = "credential_refresh_web_journey_url", "credential_validity_period_max_days"
_OFFICIAL_PATHS = {
    "credential_endpoint": "/credential",
    "notification_endpoint": "/notification",
    "mdoc_iacas_uri": "/iacas",
}
_VETERAN_CARD = "veterancard"


@check(
    "govuk-metadata-published",
    requires=["GOVUK-METADATA-02", "GOVUK-METADATA-01", "VCI14-10.2.2-01", "VCI14-10.2.2-02"],
    proven_by={
        "govuk-metadata-response:created": "GOVUK-METADATA-STATUS",
        "govuk-metadata-response:content-type": "GOVUK-METADATA-CONTENT-TYPE",
    },
)
async def the_metadata_is_published(issuer: Issuer, expect: Expect) -> None:
    """Whoever asks for the metadata at its place gets it with status 200 and the media type application/json."""
    # A run without metadata stops before its first check.
    reply = issuer.reply
    expect.that(reply.status == 200, "GOVUK-METADATA-STATUS", "status 200", str(reply.status), at=reply)
    expect.that(
        reply.media_type == "application/json",
        "GOVUK-METADATA-CONTENT-TYPE",
        "application/json",
        reply.headers.get("content-type", "no Content-Type"),
        at=reply,
        pointer="header Content-Type",
        requirement="VCI14-10.2.2-02",
    )


@check(
    "govuk-metadata-tls",
    requires=[
        "VCI14-10.2.3-01",
        "VCI14-7-01",
        "VCI14-9-03",
        "VCI14-10.2.1-01",
        "VCI14-10.2.2-03",
        "VCI14-10.2.3-02",
    ],
    proven_by={
        "govuk-metadata:endpoint-http": "GOVUK-ENDPOINT-WITHOUT-TLS",
        "govuk-metadata:notification-http": "GOVUK-ENDPOINT-WITHOUT-TLS",
        "govuk-metadata:issuer-query": "GOVUK-METADATA-ISSUER-URL",
    },
    applies=when.https,
)
async def everything_is_reached_over_tls(issuer: Issuer, expect: Expect) -> None:
    """The issuer is an https URL without query and fragment, and so are its endpoints https URLs."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    expect.that(
        text.is_https_url(issuer.reply.url),
        "GOVUK-ENDPOINT-WITHOUT-TLS",
        "metadata that is reached over TLS",
        issuer.reply.url,
        at=issuer.reply,
        requirement="VCI14-10.2.2-03",
    )
    named = metadata.get("credential_issuer")
    if _is_web_url(named.value):
        judge.that(
            text.is_https_url(named.value) and not text.has_query_or_fragment(named.value),
            "GOVUK-METADATA-ISSUER-URL",
            "an https URL without query and fragment",
            named,
            "VCI14-10.2.1-01",
        )
    for name, requirement in (
        ("credential_endpoint", "VCI14-10.2.3-01"),
        ("notification_endpoint", "VCI14-10.2.3-02"),
    ):
        endpoint = metadata.get(name)
        if _is_web_url(endpoint.value):
            secure = text.is_https_url(endpoint.value)
            judge.that(secure, "GOVUK-ENDPOINT-WITHOUT-TLS", "an https URL", endpoint, requirement)


def _is_web_url(value: Any) -> bool:
    return text.is_https_url(value) or text.is_http_url(value)


@check(
    "govuk-metadata-issuer",
    requires=["GOVUK-METADATA-03"],
    proven_by={
        "govuk-metadata:issuer-missing": "GOVUK-METADATA-ISSUER",
        "govuk-metadata:issuer-other": "GOVUK-METADATA-ISSUER",
        "govuk-metadata:issuer-slash": "GOVUK-METADATA-ISSUER",
        "govuk-metadata:issuer-query": "GOVUK-METADATA-ISSUER",
    },
)
async def the_metadata_names_its_issuer(issuer: Issuer, expect: Expect) -> None:
    """The credential_issuer is the URL that the metadata was found at, character by character."""
    named = metadata_of(issuer).get("credential_issuer")
    Judge(expect, issuer.reply.exchange).that(
        named.value == issuer.identifier, "GOVUK-METADATA-ISSUER", f"credential_issuer {issuer.identifier}", named
    )


@check(
    "govuk-metadata-servers",
    requires=["GOVUK-METADATA-04", "GOVUK-METADATA-05", "GOVUK-METADATA-23"],
    proven_by={
        "govuk-metadata:servers-missing": "GOVUK-METADATA-SERVERS",
        "govuk-metadata:servers-string": "GOVUK-METADATA-SERVERS",
        "govuk-metadata:servers-own": "GOVUK-METADATA-SERVERS",
        "govuk-metadata:servers-two": "GOVUK-METADATA-SERVERS-FURTHER",
        "govuk-metadata:servers-slash": "GOVUK-METADATA-SERVERS-SLASH",
    },
)
async def the_metadata_names_one_login(issuer: Issuer, surroundings: Surroundings, expect: Expect) -> None:
    """The authorization_servers are an array with the URL of GOV.UK One Login, and with nothing else."""
    judge, servers = Judge(expect, issuer.reply.exchange), metadata_of(issuer).get("authorization_servers")
    right = surroundings.token_service.base_url
    spellings = (right, f"{right}/")
    named = servers.value if isinstance(servers.value, list) else []
    found = any(server in spellings for server in named)
    if judge.that(found, "GOVUK-METADATA-SERVERS", f"an array with {right}", servers):
        judge.that(right in named, "GOVUK-METADATA-SERVERS-SLASH", right, servers, "GOVUK-METADATA-23")
        alone = all(server in spellings for server in named)
        judge.that(alone, "GOVUK-METADATA-SERVERS-FURTHER", f"{right} alone", servers, "GOVUK-METADATA-05")


@check(
    "govuk-metadata-endpoints",
    requires=["GOVUK-METADATA-06", "GOVUK-METADATA-10", "GOVUK-NOTIFY-02"],
    proven_by={
        "govuk-metadata:endpoint-missing": "GOVUK-METADATA-ENDPOINT",
        "govuk-metadata:endpoint-relative": "GOVUK-METADATA-ENDPOINT",
        "govuk-metadata:notification-relative": "GOVUK-METADATA-NOTIFICATION",
    },
)
async def the_endpoints_can_be_found(issuer: Issuer, expect: Expect) -> None:
    """The credential_endpoint is a URL, and so is the notification_endpoint of an issuer that has one."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    endpoint = metadata.get("credential_endpoint")
    judge.that(_is_web_url(endpoint.value), "GOVUK-METADATA-ENDPOINT", "credential_endpoint, a URL", endpoint)
    if "notification_endpoint" in metadata:
        place = metadata["notification_endpoint"]
        judge.that(_is_web_url(place.value), "GOVUK-METADATA-NOTIFICATION", "a URL", place, "GOVUK-METADATA-10")


@check(
    "govuk-metadata-notification",
    requires=["GOVUK-RESPONSE-03"],
    proven_by={
        "govuk-metadata:notification-missing": "GOVUK-METADATA-NOTIFICATION-MISSING",
        "govuk-credential:notification-id-idle": "GOVUK-METADATA-NOTIFICATION-MISSING",
    },
    per=Per.SHAPE,
)
async def ids_for_notifications_have_an_endpoint(issuer: Issuer, issuance: Reply, expect: Expect) -> None:
    """A Credential Response with a notification_id comes from an issuer that has a notification_endpoint."""
    if not issuance.successful:
        raise Blocked(f"no credential was issued: {issuance.gist}")
    given = notification.notification_id(issuance) is not None
    expect.that(
        not given or "notification_endpoint" in issuer.metadata,
        "GOVUK-METADATA-NOTIFICATION-MISSING",
        "no notification_id, or a notification_endpoint in the metadata",
        "a notification_id, and no notification_endpoint",
        at=issuance,
        pointer="/notification_id",
    )


@check(
    "govuk-metadata-paths",
    requires=["GOVUK-METADATA-20"],
    proven_by={
        "govuk-metadata:endpoint-query": "GOVUK-METADATA-PATH",
        "govuk-metadata:notification-query": "GOVUK-METADATA-PATH",
        "govuk-metadata:iacas-query": "GOVUK-METADATA-PATH",
    },
)
async def endpoints_pass_the_official_harness(issuer: Issuer, expect: Expect) -> None:
    """The endpoints are /credential, /notification and /iacas below the URL of the issuer."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    places = {
        name: path
        for name, path in _OFFICIAL_PATHS.items()
        # Of an issuer without mdocs the official test harness does not read where roots are.
        if _is_web_url(metadata.get(name).value) and (name != "mdoc_iacas_uri" or _has_mdocs(issuer))
    }
    if not places:
        raise Blocked("the metadata has no URL of an endpoint")
    for name, path in places.items():
        right = issuer.identifier.rstrip("/") + path
        # That an endpoint is plain http is for another check to say.
        given = metadata[name].value.replace("http:", "https:", 1)
        judge.that(given == right.replace("http:", "https:", 1), "GOVUK-METADATA-PATH", right, metadata[name])


@check(
    "govuk-metadata-iacas",
    requires=["GOVUK-METADATA-07", "GOVUK-METADATA-08"],
    proven_by={
        "govuk-metadata:iacas-missing": ["GOVUK-METADATA-IACAS", "GOVUK-METADATA-IACAS-OF-NO-MDOC"],
        "govuk-metadata:iacas-relative": "GOVUK-METADATA-IACAS",
    },
)
async def the_roots_of_mdocs_can_be_found(issuer: Issuer, expect: Expect) -> None:
    """The metadata has mdoc_iacas_uri, a URL, also where there are no mdocs."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    place = metadata.get("mdoc_iacas_uri")
    if _has_mdocs(issuer) or "mdoc_iacas_uri" in metadata:
        judge.that(_is_web_url(place.value), "GOVUK-METADATA-IACAS", "mdoc_iacas_uri, a URL", place)
    else:
        judge.has(metadata, "mdoc_iacas_uri", "GOVUK-METADATA-IACAS-OF-NO-MDOC", "GOVUK-METADATA-08")


def _has_mdocs(issuer: Issuer) -> bool:
    return any(True for _ in _of_format(issuer, _MDOC))


@check(
    "govuk-metadata-configurations",
    requires=[
        "GOVUK-METADATA-09",
        "GOVUK-METADATA-14",
        "GOVUK-METADATA-15",
        "VCI14-10.2.3-04",
        "VCI14-10.2.3-05",
    ],
    proven_by={
        "govuk-metadata:configurations-missing": "GOVUK-METADATA-CONFIGURATIONS",
        "govuk-metadata:format-missing": "GOVUK-METADATA-FORMAT-MISSING",
        "govuk-metadata:binding-missing": "GOVUK-METADATA-BINDING",
        "govuk-metadata:binding-other": "GOVUK-METADATA-BINDING",
        "govuk-metadata:algorithms-missing": "GOVUK-METADATA-ALGORITHMS",
        "govuk-metadata:algorithms-numbers": "GOVUK-METADATA-ALGORITHMS",
        "govuk-metadata:proof-algorithms-missing": "GOVUK-METADATA-PROOF-ALGORITHMS",
    },
)
async def configurations_have_their_members(issuer: Issuer, expect: Expect) -> None:
    """Each credential of the metadata has its format, its binding methods and ES256 as an algorithm."""
    judge = Judge(expect, issuer.reply.exchange)
    supported = metadata_of(issuer).get("credential_configurations_supported")
    if not judge.that(
        isinstance(supported.value, dict) and bool(supported.value),
        "GOVUK-METADATA-CONFIGURATIONS",
        "credential_configurations_supported, a JSON object that is not empty",
        supported,
    ):
        return
    for one in supported.parts():
        found = one.get("format").value
        right = isinstance(found, str)
        judge.that(
            right, "GOVUK-METADATA-FORMAT-MISSING", "format, a string", one.get("format"), "VCI14-10.2.3-04"
        )
        methods = one.get("cryptographic_binding_methods_supported")
        # Which method a JWT has to have is only in the official test harness.
        wanted, told = ("cose_key", " with cose_key") if found == _MDOC else (None, "")
        judge.that(
            _strings(methods.value) and (wanted is None or wanted in methods.value),
            "GOVUK-METADATA-BINDING",
            f"cryptographic_binding_methods_supported, an array of strings{told}",
            methods,
            "GOVUK-METADATA-14",
        )
        algorithms = one.get("credential_signing_alg_values_supported")
        judge.that(
            _strings(algorithms.value) and "ES256" in algorithms.value,
            "GOVUK-METADATA-ALGORITHMS",
            "credential_signing_alg_values_supported, an array of strings with ES256",
            algorithms,
            "GOVUK-METADATA-15",
        )
        for proof_type in one.get("proof_types_supported").parts():
            proof_algorithms = proof_type.get("proof_signing_alg_values_supported")
            judge.that(
                _strings(proof_algorithms.value),
                "GOVUK-METADATA-PROOF-ALGORITHMS",
                "proof_signing_alg_values_supported, an array of strings",
                proof_algorithms,
                "VCI14-10.2.3-05",
            )


def _strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


@check(
    "govuk-metadata-format",
    requires=["GOVUK-METADATA-11", "GOVUK-METADATA-12"],
    proven_by={
        "govuk-metadata:format-other": "GOVUK-METADATA-FORMAT",
        "govuk-metadata:definition-other": "GOVUK-METADATA-FORMAT-JWT",
    },
    applies=when.some_configuration_has("format"),
)
async def formats_are_those_of_the_wallet(issuer: Issuer, expect: Expect) -> None:
    """Each credential is an mdoc; the Veteran Card alone may be a JWT."""
    judge = Judge(expect, issuer.reply.exchange)
    for one in _having(issuer, "format"):
        found = one["format"]
        if judge.that(
            found.value in (_MDOC, _JWT),
            "GOVUK-METADATA-FORMAT",
            f"{_MDOC}, or {_JWT} for the Veteran Card",
            found,
        ):
            judge.that(
                found.value == _MDOC or _is_veteran_card(one),
                "GOVUK-METADATA-FORMAT-JWT",
                f"{_MDOC} for a credential that is no Veteran Card",
                found,
                "GOVUK-METADATA-12",
            )


def _having(issuer: Issuer, name: str) -> Iterator[Part]:
    return (one for one in configurations_of(issuer) if name in one)


def _is_veteran_card(configuration: Part) -> bool:
    types = configuration.get("credential_definition").get("type")
    # One of another form is for another check to judge.
    return not _strings(types.value) or any(_VETERAN_CARD in name.casefold() for name in types.value)


@check(
    "govuk-metadata-mdoc",
    requires=["GOVUK-METADATA-13", "VCI14-A.2.2-01"],
    proven_by={
        "govuk-metadata:doctype-missing": "GOVUK-METADATA-DOCTYPE",
        "govuk-metadata:doctype-array": "GOVUK-METADATA-DOCTYPE",
    },
    applies=when.govuk_any_mdoc,
)
async def mdocs_name_their_type(issuer: Issuer, expect: Expect) -> None:
    """Each mdoc of the metadata has its doctype, a string."""
    judge = Judge(expect, issuer.reply.exchange)
    for one in _of_format(issuer, _MDOC):
        doctype = one.get("doctype")
        named = isinstance(doctype.value, str) and bool(doctype.value)
        judge.that(named, "GOVUK-METADATA-DOCTYPE", "doctype, a string", doctype)


def _of_format(issuer: Issuer, name: str) -> Iterator[Part]:
    return (one for one in configurations_of(issuer) if one.members.get("format") == name)


@check(
    "govuk-metadata-jwt",
    requires=["VCI14-A.1.1.2-01", "GOVUK-METADATA-21"],
    proven_by={
        "govuk-metadata:definition-missing": "GOVUK-METADATA-DEFINITION",
        "govuk-metadata:definition-type": "GOVUK-METADATA-JWT-TYPE",
        "govuk-metadata:binding-other": "GOVUK-METADATA-JWT-BINDING",
        "govuk-metadata:proof-types-missing": "GOVUK-METADATA-JWT-PROOF",
    },
    applies=when.govuk_any_jwt,
)
async def jwts_have_their_members(issuer: Issuer, expect: Expect) -> None:
    """Each JWT of the metadata has its two types, the method did:key and proofs that are JWTs with ES256."""
    judge, official = Judge(expect, issuer.reply.exchange), "GOVUK-METADATA-21"
    for one in _of_format(issuer, _JWT):
        types = one.get("credential_definition").get("type")
        if judge.that(
            _strings(types.value), "GOVUK-METADATA-DEFINITION", "credential_definition with type, an array", types
        ):
            judge.that(
                len(types.value) == 2 and "VerifiableCredential" in types.value,
                "GOVUK-METADATA-JWT-TYPE",
                "VerifiableCredential and one other type",
                types,
                official,
            )
        methods = one.get("cryptographic_binding_methods_supported")
        if _strings(methods.value):
            bound = "did:key" in methods.value
            judge.that(bound, "GOVUK-METADATA-JWT-BINDING", "did:key among the methods", methods, official)
        proofs = one.get("proof_types_supported")
        algorithms = proofs.get("jwt").get("proof_signing_alg_values_supported")
        if "jwt" not in proofs or _strings(algorithms.value):
            judge.that(
                _strings(algorithms.value) and "ES256" in algorithms.value,
                "GOVUK-METADATA-JWT-PROOF",
                "proof_types_supported with jwt and ES256",
                proofs,
                official,
            )


@check(
    "govuk-metadata-refresh-url",
    requires=["GOVUK-METADATA-16", "GOVUK-METADATA-17", "GOVUK-METADATA-22"],
    proven_by={
        "govuk-metadata:refresh-missing": "GOVUK-METADATA-REFRESH-URL",
        "govuk-metadata:refresh-relative": "GOVUK-METADATA-REFRESH-URL",
        "govuk-metadata:refresh-http": "GOVUK-METADATA-REFRESH-WITHOUT-TLS",
        "govuk-metadata:refresh-other-domain": "GOVUK-METADATA-REFRESH-DOMAIN",
        "govuk-metadata:refresh-lookalike": "GOVUK-METADATA-REFRESH-DOMAIN",
    },
    applies=when.configurations,
)
async def credentials_can_be_refreshed(issuer: Issuer, surroundings: Surroundings, expect: Expect) -> None:
    """Each credential says where its refresh journey begins: at a URL of a gov.uk domain, which is best https."""
    judge, further = Judge(expect, issuer.reply.exchange), surroundings.settings.journey_hosts
    for one in configurations_of(issuer):
        url = one.get(_REFRESH)
        if judge.that(_is_web_url(url.value), "GOVUK-METADATA-REFRESH-URL", f"{_REFRESH}, a URL", url):
            secure = is_secure_url(url.value)
            judge.that(secure, "GOVUK-METADATA-REFRESH-WITHOUT-TLS", "an https URL", url, "GOVUK-METADATA-22")
            host = (urlsplit(url.value).hostname or "").rstrip(".")
            judge.that(
                host == "gov.uk" or host.endswith(".gov.uk") or host in further,
                "GOVUK-METADATA-REFRESH-DOMAIN",
                "a host of gov.uk" + (f" or {' or '.join(further)}" if further else ""),
                url,
                "GOVUK-METADATA-17",
            )


@check(
    "govuk-metadata-validity",
    requires=["GOVUK-METADATA-18"],
    proven_by={
        "govuk-metadata:days-missing": "GOVUK-METADATA-VALIDITY",
        "govuk-metadata:days-string": "GOVUK-METADATA-VALIDITY",
        "govuk-metadata:days-zero": "GOVUK-METADATA-VALIDITY",
        "govuk-metadata:days-negative": "GOVUK-METADATA-VALIDITY",
    },
    applies=when.configurations,
)
async def credentials_say_how_long_they_last(issuer: Issuer, expect: Expect) -> None:
    """Each credential has credential_validity_period_max_days, a number above zero."""
    judge = Judge(expect, issuer.reply.exchange)
    for one in configurations_of(issuer):
        days = one.get(_DAYS)
        number = isinstance(days.value, (int, float)) and not isinstance(days.value, bool)
        judge.that(number and days.value > 0, "GOVUK-METADATA-VALIDITY", f"{_DAYS}, a number above zero", days)


@check(
    "govuk-metadata-display",
    requires=["VCI14-10.2.3-03"],
    proven_by={
        "govuk-metadata:display-twice": "GOVUK-METADATA-DISPLAY-LANGUAGE",
        "govuk-metadata:display-logo": "GOVUK-METADATA-DISPLAY-LOGO",
        "govuk-metadata:display-nameless": "GOVUK-METADATA-DISPLAY-NAME",
    },
    applies=when.govuk_displays,
)
async def displays_are_complete(issuer: Issuer, expect: Expect) -> None:
    """A display has one object for each language, a logo in it has its uri, and a credential's has a name."""
    judge = Judge(expect, issuer.reply.exchange)
    _expect_display(judge, metadata_of(issuer).get("display"))
    for one in configurations_of(issuer):
        # Version 1.0 has it in credential_metadata, which draft 14 does not know.
        for display in one.get("display").parts():
            named = isinstance(display.get("name").value, str)
            judge.that(named, "GOVUK-METADATA-DISPLAY-NAME", "name, a string", display)
        _expect_display(judge, one.get("display"))


def _expect_display(judge: Judge, displays: Part) -> None:
    locales = [display.get("locale").value for display in displays.parts()]
    tags = [locale.lower() for locale in locales if isinstance(locale, str)]
    distinct = len(tags) == len(set(tags))
    judge.that(
        distinct,
        "GOVUK-METADATA-DISPLAY-LANGUAGE",
        "one object for each language",
        Part(locales, displays.pointer),
    )
    for display in displays.parts():
        if "logo" in display:
            uri = display["logo"].get("uri")
            judge.that(
                text.is_uri(uri.value), "GOVUK-METADATA-DISPLAY-LOGO", "a logo with its uri", display["logo"]
            )
