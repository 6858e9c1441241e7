"""What the portal asks of browsers, of the gateway and of identities.

A broken rule ends on a page of the portal; it is no answer to a client, so there is no error code of a protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from harness.reference.jwt import Jwt
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance
from harness.reference.staff_passport.context import PortalContext
from harness.reference.staff_passport.names import same_name, without_accents
from harness.reference.staff_passport.session import Chosen, Pending, Verified

if TYPE_CHECKING:
    from harness.staff_passport.employees import Employee


SIGN_IN_REQUIRED = "sign_in_required"
CONFIRMATION_REQUIRED = "confirmation_required"
IDENTITY_REQUIRED = "identity_required"
NOT_SHARED = "not_shared"
NOT_ADDED = "not_added"
NOT_VERIFIED = "not_verified"
FAILED = "failed"
IDENTITY = "Identity."
"""How the names of the claims about an identity begin."""
FIRST_NAME = f"{IDENTITY}ID-LegalFirstName"
SURNAME = f"{IDENTITY}ID-LegalSurname"
BIRTH_DATE = f"{IDENTITY}ID-BirthDate"
UNIQUE_IDENTIFIER = f"{IDENTITY}UniqueIdentifier"


@dataclass(frozen=True)
class Visit:
    """A request for a page about an employee."""

    signed_in: bool


@dataclass(frozen=True)
class Download:
    """A request for a download."""

    confirmed: Chosen | None
    verified: Verified | None


@dataclass(frozen=True)
class Callback:
    """What the browser brings back from the gateway."""

    parameters: Mapping[str, str]
    pending: Pending | None
    """With what this browser was sent away."""


@dataclass(frozen=True)
class IdToken:
    """An ID token with the key that it names."""

    context: PortalContext
    jwt: Jwt | None
    jwk: Mapping[str, Any] | None
    nonce: str | None
    """What was sent."""

    def claim(self, name: str) -> Any:
        """Give a claim; ``None`` where there is none."""
        return self.jwt.claims.get(name) if self.jwt else None


@dataclass(frozen=True)
class Shared:
    """An identity that a wallet shared, and who is signed in."""

    claims: Mapping[str, Any]
    employee: Employee
    birth_dates: bool

    def text(self, name: str) -> str:
        """Give a claim that is text; empty where there is none."""
        value = self.claims.get(name)
        return value if isinstance(value, str) else ""

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The names that were shared, each with that of the employee."""
        return (
            (self.text(FIRST_NAME), self.employee.first_name),
            (self.text(SURNAME), self.employee.surname),
        )


def _rule(
    identifier: str, *presumes: str, error: str = FAILED, status: int = 400
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    group = identifier.partition(".")[0]
    return rule(identifier, error, status=status, presumes=[f"{group}.{name}" for name in presumes])


@_rule("dsp-visit.signed-in", error=SIGN_IN_REQUIRED, status=403)
def signed_in(visit: Visit) -> str | None:
    """A page about an employee is for that employee, signed in."""
    return None if visit.signed_in else "Nobody is signed in."


@_rule("dsp-download.confirmed", error=CONFIRMATION_REQUIRED, status=403)
def confirmed(download: Download) -> str | None:
    """What is downloaded was shown to the employee and confirmed."""
    return None if download.confirmed else "Nothing was confirmed."


@_rule("dsp-download.verified", error=IDENTITY_REQUIRED, status=403)
def verified(download: Download) -> str | None:
    """Before a download, the identity of the employee is verified with the identity credential."""
    return None if download.verified else "The identity was not verified."


# What the browser brings back


@_rule("dsp-callback.state")
def state(callback: Callback) -> str | None:
    """The state that comes back is the one that this browser was sent away with."""
    # Where none was sent there is nothing to compare.
    same = callback.pending is not None and callback.parameters.get("state") == callback.pending.state
    return None if same else "This is not the answer to what your browser asked for."


@_rule("dsp-callback.shared", "state", error=NOT_SHARED)
def shared(callback: Callback) -> str | None:
    """An identity counts as verified only where the gateway sends a code and no error."""
    return _ended_well(callback, "verifying")


@_rule("dsp-callback.added", "state", error=NOT_ADDED)
def added(callback: Callback) -> str | None:
    """A credential counts as downloaded only where the gateway sends a code and no error."""
    return _ended_well(callback, "issuing")


def _ended_well(callback: Callback, mode: str) -> str | None:
    if callback.pending is None or callback.pending.mode != mode:
        return None
    good = "error" not in callback.parameters and callback.parameters.get("code")
    return None if good else "The gateway sent no code."


# The ID token (OpenID Connect Core section 3.1.3.7)


@_rule("dsp-id-token.wellformed")
def wellformed(token: IdToken) -> str | None:
    """An ID token is a JWT."""
    return None if token.jwt else "The ID token is no JWT."


@_rule("dsp-id-token.signature", "wellformed")
def signature(token: IdToken) -> str | None:
    """The signature of an ID token verifies with a key of the gateway."""
    good = token.jwt is not None and token.jwt.asymmetric and token.jwt.verified_by(token.jwk)
    return None if good else "The signature does not verify."


@_rule("dsp-id-token.issuer", "wellformed")
def issuer(token: IdToken) -> str | None:
    """An ID token was made by the gateway."""
    return None if token.claim("iss") == token.context.gateway_issuer else "The iss is not the gateway."


@_rule("dsp-id-token.audience", "wellformed")
def audience(token: IdToken) -> str | None:
    """An ID token is for this client."""
    client = token.context.registration.client_id
    return None if token.claim("aud") in (client, [client]) else "The aud is not this client."


@_rule("dsp-id-token.unexpired", "wellformed")
def unexpired(token: IdToken) -> str | None:
    """An ID token has not expired."""
    until = token.jwt.date("exp") if token.jwt else None
    good = until is not None and token.context.clock() < until
    return None if good else "The ID token has expired or does not say when it does."


@_rule("dsp-id-token.nonce", "wellformed")
def nonce(token: IdToken) -> str | None:
    """The nonce of an ID token is the one that was sent."""
    return None if token.claim("nonce") == token.nonce else "The nonce is not the one that was sent."


@tolerance("dsp-id-token.kid-with-algorithm")
def kid_with_algorithm(token: IdToken) -> bool:
    """The kid of an ID token may be that of the key with the algorithm behind it."""
    return token.jwt is not None and token.jwk is not None and token.jwt.header.get("kid") != token.jwk.get("kid")


@tolerance("dsp-id-token.kid-plain")
def kid_plain(token: IdToken) -> bool:
    """The kid of an ID token may be that of the key as it is."""
    return token.jwt is not None and token.jwk is not None and token.jwt.header.get("kid") == token.jwk.get("kid")


# The identity, compared with who is signed in


@_rule("dsp-identity.first-name", error=NOT_VERIFIED)
def first_name(shared: Shared) -> str | None:
    """The first name is that of the employee."""
    return None if same_name(*shared.names[0]) else "The first name is not that of the employee."


@_rule("dsp-identity.surname", error=NOT_VERIFIED)
def surname(shared: Shared) -> str | None:
    """The surname is that of the employee."""
    return None if same_name(*shared.names[1]) else "The surname is not that of the employee."


@_rule("dsp-identity.birth-date", error=NOT_VERIFIED)
def birth_date(shared: Shared) -> str | None:
    """The date of birth is that of the employee, where the portal holds it."""
    same = not shared.birth_dates or shared.text(BIRTH_DATE)[:10] == str(shared.employee.birth_date)
    return None if same else "The date of birth is not that of the employee."


@_rule("dsp-identity.unique-identifier", error=NOT_VERIFIED)
def unique_identifier(shared: Shared) -> str | None:
    """The identity credential tells the DSP unique identifier."""
    return None if shared.text(UNIQUE_IDENTIFIER) else "There is no unique identifier."


@tolerance("dsp-identity.case")
def case(shared: Shared) -> bool:
    """Names may be written in other cases."""
    return any(one != other and one.casefold() == other.casefold() for one, other in shared.names)


@tolerance("dsp-identity.accents")
def accents(shared: Shared) -> bool:
    """Names may have accents in one place and none in the other."""
    return any(
        one.casefold() != other.casefold() and without_accents(one.casefold()) == without_accents(other.casefold())
        for one, other in shared.names
    )


@tolerance("dsp-identity.hyphens")
def hyphens(shared: Shared) -> bool:
    """Names may have hyphens, apostrophes and spaces in one place and others or none in the other."""
    return any(
        without_accents(one.casefold()) != without_accents(other.casefold()) and same_name(one, other)
        for one, other in shared.names
    )


@_rule("dsp-issued.serial-number")
def serial_number(token: IdToken) -> str | None:
    """The ID token tells the Serial Number of what was issued, which is a GUID."""
    given = token.claim("SerialNumber")
    try:
        UUID(given if isinstance(given, str) else "")
    except ValueError:
        return "There is no Serial Number."
    return None


VISIT_RULES: tuple[Rule[Visit], ...] = (signed_in,)
DOWNLOAD_RULES: tuple[Rule[Download], ...] = (confirmed, verified)
CALLBACK_RULES: tuple[Rule[Callback], ...] = (state, shared, added)
ID_TOKEN_RULES: tuple[Rule[IdToken], ...] = (wellformed, signature, issuer, audience, unexpired, nonce)
ID_TOKEN_TOLERANCES: tuple[Tolerance[IdToken], ...] = (kid_with_algorithm, kid_plain)
IDENTITY_RULES: tuple[Rule[Shared], ...] = (first_name, surname, birth_date, unique_identifier)
IDENTITY_TOLERANCES: tuple[Tolerance[Shared], ...] = (case, accents, hyphens)
ISSUED_RULES: tuple[Rule[IdToken], ...] = (serial_number,)
