"""What a run can tell a team whose issuer and the services that the run plays do not find each other.

Checks judge messages. Where an address is wrong there are none, or only refusals, and what is missing is seen by
the service that was not asked, or was asked for the wrong thing. Nothing of this is a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.formats.problems import shown
from harness.govuk.code_rules import JWKS_PATH
from harness.govuk.token_service import TOKEN_PATH

if TYPE_CHECKING:
    from harness.govuk.surroundings import Surroundings

_SAID_TO_ANY_SERVICE = frozenset({"access_denied", "login_required", "temporarily_unavailable"})
"""What One Login also answers to requests that are right."""


def mismatches(around: Surroundings, named_servers: Sequence[str]) -> list[str]:
    """Say in whole sentences which addresses do not seem to fit, and what to set.

    Args:
        around: the services, after some requests at least.
        named_servers: ``authorization_servers`` of the issuer's metadata.

    """
    return [*_servers(around, named_servers), *_tokens(around), *_one_login(around)]


def _servers(around: Surroundings, named: Sequence[str]) -> Iterator[str]:
    service = around.token_service.base_url
    if service not in (name.rstrip("/") for name in named):
        found = ", ".join(map(shown, named)) or "missing"
        yield (
            f"authorization_servers of the metadata is {found} and not {service},"
            " the token service of this run: set that in your service, or [govuk.token_service] url to the address"
            " by which your service knows it."
        )


def _tokens(around: Surroundings) -> Iterator[str]:
    service = around.token_service
    if not any(exchange.status == 200 for exchange in service.log.of(TOKEN_PATH)):
        if service.refusals:
            yield f"The token service of this run took none of the issuer's codes: {service.refusals[0].detail}."
    elif not service.log.of(JWKS_PATH):
        yield (
            f"The issuer never asked for {service.jwks_url}, with whose keys it has to verify Access Tokens: it"
            " cannot reach this address, looks elsewhere, or keeps the keys of an earlier run (each run has new"
            " ones)."
        )


def _one_login(around: Surroundings) -> Iterator[str]:
    requests = around.one_login.requests if around.one_login else ()
    if any(one.endpoint == "token" and one.status == 200 for one in requests):
        if around.one_login and not any(one.endpoint == "userinfo" for one in requests):
            yield (
                "The issuer's service redeemed a code at One Login and then never asked /userinfo: it seems to"
                f" refuse the ID token, whose issuer is {around.one_login.issuer} and whose algorithm is"
                f" {around.settings.one_login.id_token_signing_algorithm}: set the first in your service, or the"
                " second as [govuk.one_login] id_token_signing_algorithm."
            )
        return
    for one in requests:
        if one.endpoint in ("authorize", "token") and one.error and one.error not in _SAID_TO_ANY_SERVICE:
            registered = ", ".join(around.settings.one_login.redirect_uris)
            yield (
                f"One Login refused the issuer's service at /{one.endpoint}: {one.because or one.error}."
                f" [govuk] registers the client {shown(around.client_id)} with the redirect URI {registered}."
            )
            return
