"""What stands behind GOV.UK Wallet in a run, which the harness plays: its services, and who uses the wallet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.govuk.environments import Environment, environment
from harness.govuk.people import PEOPLE, Person, sector_host_of, wallet_subject_id
from harness.settings import GovukSettings

if TYPE_CHECKING:
    import httpx

    from harness.govuk.status_service import StatusListService
    from harness.govuk.token_service import TokenService
    from harness.one_login.provider import OneLogin


class SurroundingsError(Exception):
    """The ``[govuk]`` settings cannot be; the message is one line."""


@dataclass(frozen=True)
class Surroundings:
    """The services behind GOV.UK Wallet and what the run knows of the issuer's service.

    Attributes:
        settings: what the run was told.
        token_service: redeems the issuer's codes; where its ``user`` is signed in, that is who uses the wallet.
        one_login: where the issuer's web service signs its users in; ``None`` when that is not under test.
        status_service: where the issuer keeps the status of credentials; ``None`` when it uses none, or another.
        sector_host: what pairwise identifiers of the issuer's users are derived from.
        credential_issuer: the Credential Issuer Identifier.

    """

    settings: GovukSettings
    token_service: TokenService
    one_login: OneLogin | None
    status_service: StatusListService | None
    sector_host: str
    credential_issuer: str

    @property
    def environment(self) -> Environment:
        """For whom the issuer's offers are.

        Raises:
            SurroundingsError: there is no such environment.

        """
        try:
            return environment(self.settings.environment)
        except Exception as error:
            raise SurroundingsError(f"govuk.environment: {error}") from error

    @property
    def client_id(self) -> str | None:
        """The One Login client id of the issuer's service; ``None`` when nobody told it."""
        return self.settings.client_id

    @property
    def official_strict(self) -> bool:
        """Whether to judge as the official test harness does where documents differ."""
        return self.settings.official_strict

    @property
    def user(self) -> Person:
        """Who uses the wallet."""
        return person(self.settings.user)

    @property
    def other_user(self) -> Person:
        """Somebody who never had a credential of the issuer."""
        return person(self.settings.other_user)

    @property
    def subject(self) -> str:
        """The ``wallet_subject_id`` of who uses the wallet."""
        return self.settings.wallet_subject_id or self.subject_of(self.user)

    @property
    def holder(self) -> Mapping[str, str]:
        """Who uses the wallet, as the placeholders of the hook that makes offers."""
        return {"wallet_subject_id": self.subject, "email": self.user.email}

    def subject_of(self, who: Person) -> str:
        """Give the ``wallet_subject_id`` of a person for the issuer's service."""
        return wallet_subject_id(who, self.sector_host)

    def sign_in(self, who: Person | None = None) -> None:
        """Let a person be the one who signs in next at One Login; by default who uses the wallet."""
        if self.one_login is not None:
            self.one_login.signs_in((who or self.user).name)

    def redeem_as(self, who: Person | None = None) -> None:
        """Let a person be signed in to the wallet; by default who uses it."""
        self.token_service.user = self.subject if who is None else self.subject_of(who)


def person(name: str) -> Person:
    """Give a bundled person.

    Raises:
        SurroundingsError: there is none of this name.

    """
    if name not in PEOPLE:
        raise SurroundingsError(f'[govuk] nobody is called "{name}"; there are {", ".join(PEOPLE)}')
    return PEOPLE[name]


def sector_host(settings: GovukSettings, credential_issuer: str) -> str:
    """Give the host that the issuer's pairwise identifiers are derived from.

    It is that of the sector identifier, else of the first redirect URI, else of the Credential Issuer.
    """
    registered = settings.one_login
    uris = (registered.sector_identifier, *registered.redirect_uris, credential_issuer)
    return next((sector_host_of(uri) for uri in uris if uri and urlsplit(uri).hostname), "")


def mounts(surroundings: Surroundings) -> Mapping[str, httpx.AsyncBaseTransport]:
    """Give the ways to the services without a socket, by scheme and authority.

    The wallet is in the same process, and the URLs that the issuer knows may lead here from outside only.
    """
    import httpx

    played = (surroundings.token_service, surroundings.one_login, surroundings.status_service)
    return {
        "{0.scheme}://{0.netloc}".format(urlsplit(service.base_url)): httpx.ASGITransport(
            service.app, raise_app_exceptions=False
        )
        for service in played
        if service is not None
    }
