"""Status List Aggregation: Token Status List draft 12 section 9.

An aggregation names the Status List Tokens of an issuer, for verifiers that fetch them before they need them. A
list may lead to one, and the metadata of the Authorization Server may; both are optional.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import status_aggregation, status_list_token, text
from harness.formats.problems import FormatError
from harness.formats.status_aggregation import StatusAggregation
from harness.formats.status_document import ACCEPT
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus
from harness.transport import Client, Reply
from harness.trust.fetching import Fetched, Fetcher
from harness.wallet.metadata import Issuer
from suites.oid4vci._problems import Place, Rule, judge
from suites.oid4vci._status_lists import UNREACHED, lists

check = area("Status List Aggregation")

_LINKED = when.status_by(Mechanism.STATUS_LIST) & when.status_aggregation
_ENDPOINT = "status_list_aggregation_endpoint"
_FORM, _URIS, _MEDIA_TYPE = "TSL-9.3-01", "TSL-9.3-02", "TSL-9.3-03"
_MOST_FETCHED = 3
"""Lists of one aggregation that are fetched."""


@check(
    "status-aggregation-of-list",
    requires=["TSL-9.2-01", "TSL-9.2-02", _FORM, _URIS, _MEDIA_TYPE],
    per=Per.SHAPE,
    applies=_LINKED,
    proven_by={
        "sd-jwt:status-uri-with-key": "STATUS-AGGREGATION-INCOMPLETE",
        "status-list:aggregation-uri-dead": "STATUS-AGGREGATION-MISSING",
        "status-aggregation-response:missing": "STATUS-AGGREGATION-MISSING",
        "status-aggregation-response:media-type": "STATUS-AGGREGATION-MEDIA-TYPE",
        "status-aggregation-response:array": "STATUS-AGGREGATION-FORM",
        "status-aggregation:lists-missing": ("STATUS-AGGREGATION-FORM", "STATUS-AGGREGATION-INCOMPLETE"),
        "status-aggregation:lists-string": ("STATUS-AGGREGATION-FORM", "STATUS-AGGREGATION-INCOMPLETE"),
        "status-aggregation:lists-objects": ("STATUS-AGGREGATION-FORM", "STATUS-AGGREGATION-INCOMPLETE"),
        "status-aggregation:lists-relative": ("STATUS-AGGREGATION-URI", "STATUS-AGGREGATION-INCOMPLETE"),
        "status-aggregation:lists-empty": "STATUS-AGGREGATION-INCOMPLETE",
    },
)
async def list_leads_to_an_aggregation(
    status: CredentialStatus, issuer: Issuer, client: Client, expect: Expect
) -> None:
    """The ``aggregation_uri`` of a list leads to an aggregation, and that names the list."""
    for uri, named in _linked(status).items():
        fetched = await _fetch(uri, issuer, client)
        reply = _arrived(fetched, expect, "TSL-9.2-01")
        aggregation = None if reply is None else _judged(reply, expect)
        if aggregation is not None:
            for own in named:
                expect.that(
                    own in aggregation.uris,
                    "STATUS-AGGREGATION-INCOMPLETE",
                    f"{own} among the lists",
                    list(aggregation.uris),
                    at=reply,
                    pointer="/status_lists",
                    requirement="TSL-9.2-02",
                )


@check(
    "status-aggregation-lists",
    requires=[_URIS],
    per=Per.SHAPE,
    applies=_LINKED,
    proven_by={
        "status-aggregation:list-dead": "STATUS-AGGREGATION-LIST",
        "status-aggregation:lists-empty": "STATUS-AGGREGATION-EMPTY",
    },
)
async def aggregation_leads_to_lists(
    status: CredentialStatus, issuer: Issuer, client: Client, expect: Expect
) -> None:
    """The first and the last lists that an aggregation names are Status List Tokens."""
    for uri in _linked(status):
        reply = (await _fetch(uri, issuer, client)).reply
        aggregation = _read(reply)
        if aggregation is None:
            raise Blocked(f"there is no Status List Aggregation at {uri}")
        if any(problem.kind != "duplicate-name" for problem in aggregation.problems):
            raise Blocked("the lists of the aggregation are malformed")
        if not expect.that(
            bool(aggregation.uris),
            "STATUS-AGGREGATION-EMPTY",
            "one list or more",
            "none",
            at=reply,
            pointer="/status_lists",
        ):
            continue
        for own in dict.fromkeys([*aggregation.uris[: _MOST_FETCHED - 1], aggregation.uris[-1]]):
            fetched = await _fetch(own, issuer, client, accept=ACCEPT[Mechanism.STATUS_LIST])
            if fetched.problem is not None and fetched.problem.kind in UNREACHED:
                raise Blocked(fetched.problem.detail)
            token = _token(fetched.reply)
            expect.that(
                token is not None,
                "STATUS-AGGREGATION-LIST",
                f"a Status List Token at {own}",
                _told(fetched),
                at=fetched.replies[-1] if fetched.replies else reply,
            )


@check(
    "status-aggregation-of-server",
    requires=["TSL-9.1-02", _FORM, _URIS, _MEDIA_TYPE],
    applies=when.server_metadata_has(_ENDPOINT),
    proven_by={
        "as-metadata:status-aggregation-path": "STATUS-AGGREGATION-ENDPOINT",
        "as-metadata:status-aggregation-dead": "STATUS-AGGREGATION-MISSING",
        "status-aggregation-response:missing": "STATUS-AGGREGATION-MISSING",
        "status-aggregation-response:media-type": "STATUS-AGGREGATION-MEDIA-TYPE",
        "status-aggregation-response:array": "STATUS-AGGREGATION-FORM",
        "status-aggregation:lists-missing": "STATUS-AGGREGATION-FORM",
        "status-aggregation:lists-string": "STATUS-AGGREGATION-FORM",
        "status-aggregation:lists-objects": "STATUS-AGGREGATION-FORM",
        "status-aggregation:lists-relative": "STATUS-AGGREGATION-URI",
    },
)
async def metadata_lead_to_an_aggregation(issuer: Issuer, client: Client, expect: Expect) -> None:
    """The ``status_list_aggregation_endpoint`` of an Authorization Server is the URL of an aggregation."""
    for server in issuer.servers:
        if _ENDPOINT not in server.metadata:
            continue
        url: Any = server.metadata[_ENDPOINT]
        if expect.that(
            text.is_url(url),
            "STATUS-AGGREGATION-ENDPOINT",
            "a URL",
            url,
            at=server.exchange,
            pointer=f"/{_ENDPOINT}",
        ):
            reply = _arrived(await _fetch(url, issuer, client), expect, "TSL-9.1-02")
            if reply is not None:
                _judged(reply, expect)


def _linked(status: CredentialStatus) -> dict[str, Collection[str]]:
    """Give each aggregation that lists lead to, with the URIs of these lists."""
    found: dict[str, list[str]] = {}
    for entry, document, _ in lists(status, Mechanism.STATUS_LIST):
        uri = document.status_list.aggregation_uri if isinstance(document, StatusListToken) else None
        if uri is not None:
            found.setdefault(uri, []).append(entry.reference.uri)
    return dict(found)


async def _fetch(uri: str, issuer: Issuer, client: Client, accept: str = "application/json") -> Fetched:
    return await Fetcher(client, issuer.identifier).get("status list aggregation", uri, accept=accept)


def _arrived(fetched: Fetched, expect: Expect, requirement: str) -> Reply | None:
    """Expect an answer with an aggregation, and give it."""
    if fetched.problem is not None and fetched.problem.kind in UNREACHED:
        raise Blocked(fetched.problem.detail)
    reply = fetched.reply
    arrived = expect.that(
        reply is not None and reply.successful,
        "STATUS-AGGREGATION-MISSING",
        f"a Status List Aggregation at {fetched.url}",
        _told(fetched),
        at=fetched.replies[-1] if fetched.replies else None,
        requirement=requirement,
    )
    return reply if arrived else None


def _judged(reply: Reply, expect: Expect) -> StatusAggregation | None:
    """Judge what came, and give it when it can be read."""
    expect.that(
        reply.media_type == "application/json",
        "STATUS-AGGREGATION-MEDIA-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement=_MEDIA_TYPE,
    )
    found = _read(reply)
    if found is None:
        expect.that(
            False,
            "STATUS-AGGREGATION-FORM",
            "a JSON object with status_lists",
            reply.gist,
            at=reply,
            requirement=_FORM,
        )
        return None
    form = "duplicate-name status-lists-missing status-lists-form"
    judge(
        expect,
        Place(reply.exchange),
        found.problems,
        Rule(form, "STATUS-AGGREGATION-FORM", "status_lists, an array of strings", _FORM),
        Rule("status-lists-uri", "STATUS-AGGREGATION-URI", "URIs", _URIS),
    )
    return found


def _read(reply: Reply | None) -> StatusAggregation | None:
    if reply is None or not reply.successful:
        return None
    try:
        return status_aggregation.read(reply.body)
    except FormatError:
        return None


def _token(reply: Reply | None) -> StatusListToken | None:
    if reply is None or not reply.successful:
        return None
    try:
        return status_list_token.read(reply.body, reply.media_type)
    except FormatError:
        return None


def _told(fetched: Fetched) -> str:
    if fetched.problem is not None:
        return fetched.problem.detail
    return fetched.reply.gist if fetched.reply else "no answer"
