"""On which variants of the department a fault is tried, and which faults no check looks for."""

from __future__ import annotations

import fnmatch

DEFAULT = "govuk-mdl"
_VARIANTS: dict[str, tuple[str, ...]] = {
    "govuk-vc:*": ("govuk-jwt",),
    "govuk-did-document*": ("govuk-jwt",),
    "govuk-credential:object": ("govuk-mdl", "govuk-jwt"),
    "govuk-credential:encoded-again": ("govuk-mdl", "govuk-jwt"),
    "govuk-credential:notification-id-idle": ("govuk-quiet",),
    "govuk-making:other-key": ("govuk-mdl", "govuk-jwt"),
    # Without an entry in a status list, which would be kept for too short a time then.
    "govuk-making:too-long": ("govuk-jwt",),
    "govuk-metadata:notification-idle": ("govuk-quiet",),
    "govuk-metadata:iacas-missing": ("govuk-mdl", "govuk-jwt"),
    "govuk-metadata:binding-other": ("govuk-mdl", "govuk-jwt"),
    "govuk-metadata:definition-*": ("govuk-jwt",),
    "govuk-metadata:proof-*": ("govuk-jwt",),
    "*govuk-identity.*": ("govuk-identity",),
    "govuk-sign-in-failure:*": ("govuk-jwt",),
    "*govuk-id-token.auth-time": ("govuk-identity",),
    "govuk-authorization-request:return-code-not-asked": ("govuk-identity",),
    "govuk-authorization-request:identity-by-secret": ("govuk-quiet",),
    "govuk-authorization-request:identity-*": ("govuk-identity",),
    "govuk-authorization-request:claims-missing": ("govuk-identity",),
    "govuk-authorization-request:object-*": ("govuk-jwt",),
    "govuk-token-request:verifier-unasked": ("govuk-jwt",),
    "govuk-remembered:no-identity-keys": ("govuk-identity",),
}
"""Pattern of fault ids to the variants that have what the fault spoils; the first that fits counts."""
_ISO = "The checks of ISO/IEC 18013-5, which are shared with OpenID4VCI 1.0, find it."
_SEEN_OF_LICENCE = (
    *(
        f"no-{element}"
        for element in (
            "birth-date",
            "document-number",
            "driving-privileges",
            "expiry-date",
            "family-name",
            "given-name",
            "issue-date",
            "issuing-authority",
            "issuing-country",
            "portrait",
            "un-distinguishing-sign",
        )
    ),
    "portrait-gif",
)
_LEFT_OUT = "Only the official test harness asks for it, and the catalogue has no such requirement."
_MORE_OF_LICENCE = (
    "no-birth-place",
    "no-domestic-namespace",
    "no-resident-address",
    "no-resident-city",
    "no-resident-postal-code",
    "no-welsh-licence",
    "welsh-licence-text",
    "further-element",
    "further-namespace",
)
_PORTRAIT = "The page on photos is about JWT credentials; ISO/IEC 18013-5 allows such a portrait."
_PORTRAITS = ("cut", "exif", "exif-first", "jpeg-2000", "large")
_OF_NOTIFICATIONS = {
    "token-one-configuration": "The page on notifications asks nothing of credential_configuration_ids.",
    "token-configuration-supported": "The page on notifications asks nothing of credential_configuration_ids.",
    "token-configuration-offered": "The page on notifications asks nothing of credential_configuration_ids.",
    "token-refreshed-configuration": "The page on notifications asks nothing of credential_configuration_ids.",
    "token-id": "What a jti is good for at this endpoint cannot be judged: GOVUK-NOTIFY-09.",
    "owner": "It takes a credential of a second user; the offers of a run are for one.",
}
_LOGOUT_ANSWER = "A wrong logout token must close no session; one page has it answered with 200, others with 400."
_NO_SUBJECT = "A logout token that names nobody has no session to close, whatever the service makes of it."
_NONCE = "The ten steps by which the page has a logout token validated do not look for a nonce."
_NO_JWT = "GOV.UK One Login sends JWTs only; signatures of nobody and unknown keys are tried."
_LEVEL = "The pages have the vot of the ID token looked at, not that of the core identity."
UNPROVEN: dict[str, str] = {
    "govuk-attempt:spent": "It is left open what becomes of an offer after a bad proof.",
    **{
        f"{way}:govuk-notification.{rule}": reason
        for way in ("accepts", "misreports")
        for rule, reason in _OF_NOTIFICATIONS.items()
    },
    "govuk-page:english-only": "How a service chooses the language of its pages is its own; Welsh is no must.",
    "misreports:govuk-credential.refresh-allowed": "No page says how a refresh of what is withdrawn is refused.",
    "govuk-metadata-response:missing": "A run without metadata stops before its first check, and says why.",
    "govuk-metadata-response:no-json": "A run without metadata stops before its first check, and says why.",
    "govuk-did-document:alg-missing": _LEFT_OUT,
    "govuk-making:begins-tomorrow": _ISO,
    "govuk-mdoc:signed-tomorrow": _ISO,
    "govuk-mdoc:device-key-named": "A COSE key may have a kid (RFC 9052 section 7.1).",
    "govuk-vc:type-other": "No page says that the types of a credential are those of the metadata.",
    **{f"govuk-mdoc:{fault}": _ISO for fault in _SEEN_OF_LICENCE},
    **{f"govuk-mdoc:{fault}": _LEFT_OUT for fault in _MORE_OF_LICENCE},
    **{f"govuk-mdoc:portrait-{fault}": _PORTRAIT for fault in _PORTRAITS},
    "misreports:govuk-logout.algorithm": _LOGOUT_ANSWER,
    "misreports:govuk-logout.audience": _LOGOUT_ANSWER,
    "misreports:govuk-logout.event": _LOGOUT_ANSWER,
    "misreports:govuk-logout.issuer": _LOGOUT_ANSWER,
    "misreports:govuk-logout.key-known": _LOGOUT_ANSWER,
    "misreports:govuk-logout.made-already": _LOGOUT_ANSWER,
    "misreports:govuk-logout.signature": _LOGOUT_ANSWER,
    "misreports:govuk-logout.unexpired": _LOGOUT_ANSWER,
    "misreports:govuk-logout.unseen": _LOGOUT_ANSWER,
    "accepts:govuk-logout.wellformed": _NO_SUBJECT,
    "misreports:govuk-logout.wellformed": _NO_SUBJECT,
    "accepts:govuk-logout.subject": _NO_SUBJECT,
    "misreports:govuk-logout.subject": _NO_SUBJECT,
    "accepts:govuk-logout.no-nonce": _NONCE,
    "misreports:govuk-logout.no-nonce": _NONCE,
    "rejects:govuk-logout.untyped": "GOV.UK One Login sends the typ logout+jwt, so a service may insist on it.",
    "accepts:govuk-id-token.wellformed": _NO_JWT,
    "misreports:govuk-id-token.wellformed": _NO_JWT,
    "accepts:govuk-identity.wellformed": _NO_JWT,
    "misreports:govuk-identity.wellformed": _NO_JWT,
    "accepts:govuk-identity.level": _LEVEL,
    "misreports:govuk-identity.level": _LEVEL,
    "rejects:govuk-id-token.rsa": "ID tokens are signed with RS256 only for services that are registered for it.",
}
"""Fault to the reason why no check can or may find it."""


def variants_for(fault: str) -> tuple[str, ...]:
    """Give the variants on which a fault is tried."""
    for pattern, names in _VARIANTS.items():
        if fnmatch.fnmatch(fault, pattern):
            return names
    return (DEFAULT,)
