"""Before the first check: is the issuer there, and does what the team configured fit it?

Most failed runs fail because of the configuration. So the questions that decide whether a run makes sense
are asked first, and a wrong answer stops it with one message that says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from harness import dialects
from harness.evidence import WALLET_INITIATED, Blocked, Grant, Scenario, Tools, proof_types
from harness.flow import Flow
from harness.offer_sources import OfferSource
from harness.transport import TransportFailure, is_loopback
from harness.wallet import metadata, token
from harness.wallet.metadata import Issuer, MetadataError
from harness.wallet.offer import ReceivedOffer


class PreflightError(Exception):
    """The run makes no sense; the message is one line that says why and what to do."""


async def discover(identifier: str, tools: Tools, *, allow_http: bool = False) -> Issuer:
    """Fetch the issuer's metadata and that of its Authorization Servers.

    Raises:
        PreflightError: the identifier is no URL for this, or there is no metadata to work with.

    """
    try:
        parts = urlsplit(identifier)
        scheme = parts.scheme if parts.hostname else ""
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise PreflightError(f"--issuer-url {identifier!r} is not an http or https URL")
    if scheme == "http" and not (allow_http or is_loopback(identifier)):
        raise PreflightError(
            f"{identifier} is plain http on another machine; use https, or --vci-allow-http in a closed network"
        )
    try:
        return await metadata.discover(tools.client, identifier, dialect=tools.dialect)
    except TransportFailure as failure:
        hint = '; to trust its CA: [trust] tls_ca = "ca.pem" in assay.toml' if failure.kind == "tls" else ""
        raise PreflightError(f"{failure.message}{hint}") from failure
    except MetadataError as error:
        raise PreflightError(f"{error}{await _elsewhere(identifier, tools)}") from error


async def _elsewhere(identifier: str, tools: Tools) -> str:
    """Say that there are metadata where other versions have them, if there are."""
    own = metadata.issuer_metadata_urls(identifier, tools.dialect)
    other = dialects.LATEST if tools.dialect.well_known == "appended" else dialects.load("draft-15")
    for url in metadata.issuer_metadata_urls(identifier, other):
        if url in own:
            continue
        try:
            reply = await metadata.request(tools.client, url)
        except TransportFailure:
            continue
        if reply.successful and reply.object:
            return f"; some are at {url}, where other versions have them: `assay detect {identifier}` tells which"
    return ""


async def scenarios(
    issuer: Issuer,
    wanted: Sequence[str],
    sources: Mapping[str, OfferSource],
    tools: Tools,
) -> tuple[list[Scenario], dict[Scenario, Flow]]:
    """Decide which configurations are tested through which offer sources and grants.

    The first source is used for every configuration, each further one for the first configuration that it
    can offer; the Authorization Code Flow that the wallet begins counts as the last source. An offer with both
    grants is redeemed by each. Where a configuration takes several proof types, each is tested. One offer of each
    source is fetched for this and kept for the shared issuance.

    Args:
        wanted: configuration ids of the settings; empty to follow metadata and offers.

    Returns:
        The scenarios, and the flows that hold the offers fetched already.

    Raises:
        PreflightError: a configuration does not exist or is not offered, or an offer cannot be had or used.

    """
    for name in wanted:
        if name not in issuer.configurations:
            known = ", ".join(issuer.configurations) or "none"
            raise PreflightError(f"the issuer has no configuration {name!r}; its metadata lists: {known}")
    candidates = list(wanted) or list(issuer.configurations) or [""]
    alone = wallet_can_begin(issuer, tools)
    if not sources and not alone:
        # Without an offer nothing can be issued; naming the configurations lets the report say what is missing.
        names = wanted or list(issuer.configurations)[:1]
        return [Scenario(name, "none", name) for name in names], {}
    flows: dict[Scenario, Flow] = {}
    found: list[Scenario] = []
    several = len(sources) + alone > 1
    for source in sources.values():
        first = Flow(issuer, Scenario(candidates[0], source.name, candidates[0]), source, tools)
        received = await _usable_offer(first, source)
        names = candidates if source.mints_for_configuration else _offered(received, candidates, wanted)
        if found or source.single:
            names = names[:1]
        grants = _grants(received, tools)
        for grant in grants:
            new = [
                Scenario(name, source.name, _label(name, source.name if several else None, grant, grants), grant)
                for name in (names if grant is grants[0] else names[:1])
            ]
            flows[new[0]] = first.with_grant(new[0])
            found += new
    if alone:
        names = candidates if not found else candidates[:1]
        found += [
            Scenario(
                name, WALLET_INITIATED, f"{name}:{WALLET_INITIATED}" if several else name, Grant.AUTHORIZATION_CODE
            )
            for name in names
        ]
    single = {source.name for source in sources.values() if source.single}
    return found + _further_proof_types(issuer, [each for each in found if each.source not in single]), flows


def _further_proof_types(issuer: Issuer, found: Sequence[Scenario]) -> list[Scenario]:
    """Give the scenarios by which the proof types are tested that the wallet would not choose by itself.

    One for each such type of the first configuration of its format that takes these types.
    """
    firsts: dict[tuple[object, ...], Scenario] = {}
    for scenario in found:
        members = issuer.configurations.get(scenario.configuration, {})
        firsts.setdefault((members.get("format"), *proof_types(members)), scenario)
    return [
        replace(scenario, label=f"{scenario.label}:{kind}", proof_type=kind)
        for (_, *kinds), scenario in firsts.items()
        for kind in map(str, kinds[1:])
    ]


def wallet_can_begin(issuer: Issuer, tools: Tools) -> bool:
    """Say whether the wallet can begin the Authorization Code Flow by itself: it is registered and may."""
    client = tools.wallet_client
    return (
        tools.options.authorization.wallet_initiated
        and client.client_id is not None
        and client.redirect_uri is not None
        and any(server.serves(Grant.AUTHORIZATION_CODE) for server in issuer.servers)
    )


def _label(name: str, source: str | None, grant: Grant, grants: Sequence[Grant]) -> str:
    parts = [name]
    if source is not None:
        parts.append(source)
    if grant is not grants[0]:
        parts.append("code-flow")
    return ":".join(parts)


def _grants(received: ReceivedOffer | None, tools: Tools) -> list[Grant]:
    """Give the grants of an offer that are tested.

    An offer may leave them out, so that the wallet finds out from the metadata (section 4.1.1).

    Raises:
        PreflightError: the offer has only the Authorization Code grant and the wallet is not registered.

    """
    registered = tools.wallet_client.client_id is not None and tools.wallet_client.redirect_uri is not None
    if received is None:
        return [Grant.PRE_AUTHORIZED_CODE]
    offered = [grant for grant in Grant if grant in received.grants]
    if not offered and registered:
        return [Grant.AUTHORIZATION_CODE]
    if offered == [Grant.AUTHORIZATION_CODE] and not registered:
        raise PreflightError(
            "the offer is for the Authorization Code Flow, which needs a registered client: "
            "give --vci-client-id and --vci-redirect-uri"
        )
    usable = [grant for grant in offered if registered or grant is Grant.PRE_AUTHORIZED_CODE]
    return usable or [Grant.PRE_AUTHORIZED_CODE]


def _offered(received: ReceivedOffer | None, candidates: Sequence[str], wanted: Sequence[str]) -> Sequence[str]:
    """Give the candidates an offer is for; all of them when it names none that the issuer has."""
    offered = received.configuration_ids if received else []
    names = [name for name in offered if name in candidates]
    if received and wanted and not names:
        raise PreflightError(f"the offer is for {offered}, not for {list(wanted)}")
    return names or candidates[:1]


async def _usable_offer(flow: Flow, source: OfferSource) -> ReceivedOffer | None:
    """Give the source's first offer; ``None`` when its URL is one that a wallet must not fetch from."""
    try:
        received = await flow.offer()
    except Blocked as error:
        cause = error.__cause__
        if isinstance(cause, TransportFailure) and cause.kind == "insecure":
            return None
        if flow.tools.govuk is not None and flow.taken("link") is not None:
            # This wallet is judged by what a link says, also where the link is of no use to it.
            return None
        if flow.tools.mattr is not None and flow.tools.mattr.admitted:
            # What the offers API answers to an administrator is for checks to judge.
            return None
        raise PreflightError(f"no usable offer from {source.name!r}: {error}") from error
    return received


async def redeem_single(flows: Mapping[Scenario, Flow], sources: Mapping[str, OfferSource]) -> None:
    """Redeem each single offer at once: that it was used or has expired before is no defect of the issuer.

    Args:
        flows: those that hold the offers fetched already.
        sources: offer sources by name.

    Raises:
        PreflightError: one was refused as such.

    """
    for scenario, flow in flows.items():
        if sources[scenario.source].single and scenario.grant is Grant.PRE_AUTHORIZED_CODE:
            await _still_good(flow, flow.taken("offer"))


async def _still_good(flow: Flow, received: ReceivedOffer | None) -> None:
    if received is None or not received.code:
        return
    try:
        reply = await flow.token()
    except Blocked:
        return
    if reply.object.get("reason") == "pre-authorized_code_invalid":
        # Of a code that says so much, what is wrong with it is for checks to judge.
        return
    if token.access_token(reply) is None and reply.object.get("error") == "invalid_grant":
        wrong = ", or its Transaction Code is another one" if received.wants_tx_code else ""
        raise PreflightError(
            f"the offer was refused with invalid_grant: it has expired or was used before{wrong}; get a fresh one"
        )
