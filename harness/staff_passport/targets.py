"""What is under test in a run for the Staff Passport: a team's system, or the bundled one, over sockets."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from harness.evidence import Tools
from harness.preflight import PreflightError
from harness.reference.serve import Place, Served, serving
from harness.reference.staff_passport.variants import portal_variant
from harness.settings import EmployeeSettings, HttpHook, Settings, StaffPassportSettings
from harness.staff_passport import templates
from harness.staff_passport.bundled import EMPLOYEE, INAPPLICABLE, OTHER, Addresses, bundled, system_of
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway import GatewayError
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.setup import ways
from harness.staff_passport.invalidation import HookTeam
from harness.staff_passport.mailbox import Mailbox, MailboxError, served
from harness.staff_passport.portal_under_test import PortalUnderTest, Surroundings
from harness.staff_passport.templates import TemplatesError
from harness.subject import Subject
from harness.target import GATEWAY, REFERENCE, Target
from harness.transport import TransportFailure, is_loopback, tls_context

Look = Callable[[Tools], Awaitable[Subject]]


def open_staff_passport(settings: Settings, variant: str, judges: str) -> Target:
    """Start what the run plays, and the bundled subject where that is under test.

    Args:
        variant: of the bundled subject.
        judges: a key of :data:`harness.target.BUNDLED`.

    Raises:
        PreflightError: the settings cannot be, or a port is taken.

    """
    if judges == GATEWAY:
        from harness.staff_passport.gateway_targets import open_gateway

        return open_gateway(settings, variant)
    with contextlib.ExitStack() as stack:
        try:
            if settings.issuer_url == REFERENCE:
                started, around = stack.enter_context(_bundled(settings, variant))
                return Target(started, stack.pop_all().close, look=_looking(started, around))
            around = stack.enter_context(_standing(settings))
        except (MailboxError, TemplatesError, GatewayError) as error:
            raise PreflightError(str(error)) from error
        mounts = {f"all://{urlsplit(around.gateway.base_url).netloc}": httpx.ASGITransport(around.gateway.app)}
        look = _looking(settings, around)
        return Target(settings, stack.pop_all().close, mounts=mounts, played=_played(around), look=look)


def _looking(settings: Settings, around: Surroundings) -> Look:
    async def look(tools: Tools) -> Subject:
        url = settings.issuer_url or ""
        if urlsplit(url).scheme not in ("http", "https"):
            raise PreflightError(f"--issuer-url {url!r} is not an http or https URL")
        if url.startswith("http:") and not (settings.allow_http or is_loopback(url)):
            raise PreflightError(
                f"{url} is plain http on another machine; use https, or --vci-allow-http in a closed network"
            )
        try:
            await tools.client.send("user: portal", "GET", around.settings.start_url or url)
        except TransportFailure as failure:
            hint = '; to trust its CA: [trust] tls_ca = "ca.pem" in assay.toml' if failure.kind == "tls" else ""
            raise PreflightError(f"{failure.message}{hint}") from failure
        return PortalUnderTest(url, around, tools)

    return look


def _played(around: Surroundings) -> list[str]:
    """Say where the services are that the run plays, for whoever has to tell the portal."""
    told = around.settings
    lines = [
        f"Played here, and to be named in the settings of the portal: gateway {around.gateway.base_url}, with"
        f" client_id {told.client_id}, organisation id {told.organisation_id}."
    ]
    if told.client_secret == StaffPassportSettings.client_secret:
        lines.append(f"The client secret is {told.client_secret}, the signing key {told.signing_key} (base64).")
    if around.mailbox.address:
        lines.append(f"The mail server is {around.mailbox.address} (SMTP, without a password).")
    names = [each.username for each in (around.employee, around.other, around.inapplicable) if each]
    return [*lines, f"Employees who sign in: {', '.join(names)}."]


@contextlib.contextmanager
def _standing(settings: Settings) -> Iterator[Surroundings]:
    """Serve what stands around a team's portal while the context lasts.

    Raises:
        PreflightError: the settings cannot be, or a port is taken.

    """
    told = settings.staff_passport
    if told.gateway.listen.endswith(":0"):
        raise PreflightError(
            "the portal has to know the gateway that this run plays: give it a port in assay.toml, such as"
            ' [staff_passport.gateway] listen = "127.0.0.1:3001", and name its URL in the settings of the portal'
        )
    if not told.redirect_uris:
        raise PreflightError(
            "the gateway that this run plays has to know where it sends browsers back to: give"
            " [staff_passport] redirect_uris in assay.toml"
        )
    with contextlib.ExitStack() as stack:
        place = _served(stack, told.gateway.listen)
        system = system_of(told)
        attributes = templates.with_own(told.schema)
        people = _people(told)
        gateway = Gateway(
            told.gateway.url or place.base_url,
            clients=[system],
            templates=attributes,
            employees={each.name: each for each in people if each is not None},
            ways=ways(told.ways),
        )
        place.issuer.occupant = gateway
        mailbox = Mailbox()
        if not told.mailbox.listen.endswith(":0"):
            stack.enter_context(served(mailbox, told.mailbox.listen))
        employee, other, inapplicable = people
        assert employee is not None
        yield Surroundings(
            settings=told,
            gateway=gateway,
            system=system,
            mailbox=mailbox,
            team=HookTeam(told, mailbox, settings.trust.tls_ca),
            attributes=attributes,
            employee=employee,
            other=other,
            inapplicable=inapplicable,
        )


def _people(told: StaffPassportSettings) -> tuple[Employee | None, Employee | None, Employee | None]:
    """Give the first employee, another one, and one to whom the Staff Passport does not apply."""
    if told.employee is None:
        return EMPLOYEES[EMPLOYEE], EMPLOYEES[OTHER], EMPLOYEES[INAPPLICABLE]
    return _person(EMPLOYEE, told.employee), _person(OTHER, told.other), _person(INAPPLICABLE, told.inapplicable)


def _person(name: str, told: EmployeeSettings | None) -> Employee | None:
    if told is None:
        return None
    return Employee(
        name=name,
        first_name=told.first_name,
        surname=told.surname,
        birth_date=told.birth_date,
        unique_identifier=told.unique_identifier or str(uuid.uuid4()),
        username=told.username,
        password=told.password,
        email=told.email,
        records={template: {} for template in told.templates},
    )


def _served(stack: contextlib.ExitStack, listen: str) -> Served:
    host, _, port = listen.rpartition(":")
    try:
        return stack.enter_context(serving(Place, host=host, port=int(port), tls=False))
    except (OSError, OverflowError, RuntimeError) as error:
        raise PreflightError(f"staff_passport.gateway.listen: {listen} cannot be used: {error}") from error


@contextlib.contextmanager
def _bundled(settings: Settings, variant: str) -> Iterator[tuple[Settings, Surroundings]]:
    with contextlib.ExitStack() as stack:
        portal, gateway = (stack.enter_context(serving(Place)) for _ in range(2))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        ca = folder / "tls-ca.pem"
        ca.write_text(portal.ca_pem)
        mailbox = Mailbox()
        stack.enter_context(served(mailbox, "127.0.0.1:0"))
        context = tls_context(ca)
        hook = HttpHook(
            name="invalidate",
            url=f"{portal.base_url}/assay/invalidate",
            method="POST",
            json={"username": "{username}", "template": "{template}"},
        )
        told = settings.staff_passport
        told = replace(told, invalidate=told.invalidate or hook)
        made = bundled(
            portal_variant(variant),
            addresses=Addresses(portal.base_url, gateway.base_url),
            http=lambda: httpx.AsyncClient(verify=context),
            settings=told,
            mailbox=mailbox,
            team=HookTeam(told, mailbox, ca),
        )
        portal.issuer.occupant, gateway.issuer.occupant = made.portal, made.around.gateway
        started = replace(
            settings,
            issuer_url=made.portal.issuer_url,
            trust=replace(settings.trust, tls_ca=ca),
            staff_passport=made.around.settings,
        )
        yield started, made.around
