"""What the department asks of a proven identity (docs.sign-in.service.gov.uk, prove your user's identity)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference.govuk.context import CLIENT_ID, GovukContext
from harness.reference.govuk.key_sets import Found
from harness.reference.jwt import Jwt
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance

UNPROVEN = "identity_unproven"
CORE_IDENTITY = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
RETURN_CODE = "https://vocab.account.gov.uk/v1/returnCode"
_LEVEL = "P2"


@dataclass(frozen=True)
class CoreIdentity:
    """A core identity JWT with the key that it names."""

    context: GovukContext
    jwt: Jwt | None
    given: bool
    """Whether there was any, readable or not."""
    key: Found
    subject: Any
    """``sub`` of the ID token."""

    def claim(self, name: str) -> Any:
        """Give a claim; ``None`` where there is none."""
        return self.jwt.claims.get(name) if self.jwt else None

    @property
    def controller(self) -> str | None:
        """The DID before the fragment of ``kid``; ``None`` without a ``kid``."""
        kid = self.jwt.header.get("kid") if self.jwt else None
        return kid.partition("#")[0] if isinstance(kid, str) else None


def _rule(identifier: str, *presumes: str) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    return rule(f"govuk-identity.{identifier}", UNPROVEN, presumes=[f"govuk-identity.{name}" for name in presumes])


@_rule("present")
def present(identity: CoreIdentity) -> str | None:
    """A user whose identity is proved has a core identity."""
    return None if identity.given else "There is no core identity."


@_rule("wellformed", "present")
def wellformed(identity: CoreIdentity) -> str | None:
    """A core identity is a JWT."""
    return None if identity.jwt else "The core identity is no JWT."


@_rule("controller", "wellformed")
def controller(identity: CoreIdentity) -> str | None:
    """A core identity names a key of the DID of GOV.UK One Login."""
    return None if identity.controller == identity.context.identity_did else "The kid is of another DID."


@_rule("key-known", "wellformed", "controller")
def key_known(identity: CoreIdentity) -> str | None:
    """A core identity names a key that is an assertion method of GOV.UK One Login."""
    return None if identity.key.jwk else "The kid is of no assertion method."


@_rule("algorithm", "wellformed", "key-known")
def algorithm(identity: CoreIdentity) -> str | None:
    """The alg of a core identity is that of its key."""
    return None if identity.key.matches(identity.jwt) else "The alg is not that of the key."


@_rule("signature", "algorithm")
def signature(identity: CoreIdentity) -> str | None:
    """The signature of a core identity verifies with its key."""
    return None if identity.key.verifies(identity.jwt) else "The signature does not verify."


@_rule("issuer", "wellformed")
def issuer(identity: CoreIdentity) -> str | None:
    """A core identity was made by the identity service of GOV.UK One Login."""
    wanted = identity.context.identity_issuer
    return None if identity.claim("iss") == wanted else "The iss is not the identity service."


@_rule("audience", "wellformed")
def audience(identity: CoreIdentity) -> str | None:
    """A core identity is for this client."""
    return None if identity.claim("aud") in (CLIENT_ID, [CLIENT_ID]) else "The aud is not this client."


@_rule("subject", "wellformed")
def subject(identity: CoreIdentity) -> str | None:
    """A core identity is of the user of the ID token."""
    return None if identity.claim("sub") == identity.subject else "The sub is not that of the ID token."


@_rule("unexpired", "wellformed")
def unexpired(identity: CoreIdentity) -> str | None:
    """A core identity has not expired."""
    until = identity.jwt.date("exp") if identity.jwt else None
    good = until is not None and identity.context.clock() < until
    return None if good else "The core identity has expired or does not say when it does."


@_rule("level", "wellformed")
def level(identity: CoreIdentity) -> str | None:
    """A core identity was proved at the level that was asked for."""
    return None if identity.claim("vot") == _LEVEL else "The vot is not P2."


@tolerance("govuk-identity.rotated", error=UNPROVEN)
def rotated(identity: CoreIdentity) -> bool:
    """A core identity may be signed with a key that GOV.UK One Login published lately."""
    return identity.key.again


RULES_BEFORE_KEY: tuple[Rule[Any], ...] = (present, wellformed, controller)
RULES: tuple[Rule[Any], ...] = (
    key_known,
    algorithm,
    signature,
    issuer,
    audience,
    subject,
    unexpired,
    level,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (rotated,)


def named(claims: Mapping[str, Any]) -> dict[str, str] | None:
    """Give the names and the date of birth of a core identity; ``None`` where they cannot be read."""
    try:
        subject_claims = claims["vc"]["credentialSubject"]
        parts = subject_claims["name"][-1]["nameParts"]
        given = [part["value"] for part in parts if part["type"] == "GivenName"]
        family = [part["value"] for part in parts if part["type"] == "FamilyName"]
        return {
            "given_name": " ".join(given),
            "family_name": " ".join(family),
            "birth_date": str(subject_claims["birthDate"][0]["value"]),
        }
    except (LookupError, TypeError):
        return None
