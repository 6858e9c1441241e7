"""Faults of offers for GOV.UK Wallet and of their Pre-Authorized Codes (docs.wallet.service.gov.uk)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.encoding import base64url
from harness.reference.faults import fault
from harness.reference.govuk import keys as department_keys
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.documents import DeepLink, SignedJwt
from harness.reference.govuk.pages import OfferShown
from harness.reference.govuk.records import Offered
from harness.reference.keys import SigningKey

Document = dict[str, Any]
_OTHER = "https://other.service.gov.uk"
_HOUR = 3600


# The link


@fault("govuk-offer-link:by-reference")
def by_reference(link: DeepLink, context: Context) -> None:
    """The link has a credential_offer_uri instead of the offer."""
    link.parameter, link.value = "credential_offer_uri", f"{context.issuer_url}/offer.json"


@fault("govuk-offer-link:both-ways")
def both_ways(link: DeepLink, context: Context) -> None:
    """The link has a credential_offer_uri beside the offer."""
    link.parameter = f"credential_offer_uri={quote(f'{context.issuer_url}/offer.json', safe='')}&{link.parameter}"


@fault("govuk-offer-link:plain")
def plain(link: DeepLink, _: Context) -> None:
    """The offer in the link is JSON that is not percent-encoded."""
    link.safe = '{}[]":,'


@fault("govuk-offer-link:base64url")
def base64url_offer(link: DeepLink, _: Context) -> None:
    """The offer in the link is base64url instead of percent-encoded JSON."""
    link.value = base64url(link.value.encode())


@fault("govuk-offer-link:no-json")
def no_json(link: DeepLink, _: Context) -> None:
    """The offer in the link is cut off."""
    link.value = link.value[:-2]


for _name, _start, _what in (
    ("other-host", "https://wallet.assay.test/wallet/add", "leads to a host that is not the wallet's"),
    ("other-environment", "https://mobile.staging.account.gov.uk/wallet/add", "is for another environment"),
    ("other-path", "https://mobile.account.gov.uk/add", "has another path than the wallet's"),
    ("plain-http", "http://mobile.account.gov.uk/wallet/add", "is plain http"),
    ("custom-scheme", "openid-credential-offer://", "is one for any wallet"),
):

    def _leading(link: DeepLink, _: Context, start: str = _start) -> None:
        link.start = start

    fault(f"govuk-offer-link:{_name}", f"The link {_what}.")(_leading)


# The page


@fault("govuk-offer-page:no-code")
def no_code(shown: OfferShown, _: Context) -> None:
    """The offer is on the page as a link only."""
    shown.code = None


@fault("govuk-offer-page:no-link")
def no_link(shown: OfferShown, _: Context) -> None:
    """The offer is on the page as a QR code only."""
    shown.link = None


@fault("govuk-offer-page:other-code")
def other_code(shown: OfferShown, _: Context) -> None:
    """The QR code on the page is of another link."""
    shown.code = f"{shown.code}&source=qr"


# The offer


def _change(identifier: str, description: str, change: Callable[[Document, Context], None]) -> None:
    fault(f"govuk-offer:{identifier}", description)(change)


def _other_configuration(context: Context, name: str) -> str:
    """Give another configuration of the department."""
    assert isinstance(context, GovukContext)
    return next(other for other in context.variant.configurations if other != name)


def _grant(document: Document) -> Document:
    found: Document = document["grants"][PRE_AUTHORIZED_CODE]
    return found


_change("issuer-missing", "The offer names no issuer.", lambda offer, _: offer.pop("credential_issuer"))
_change("issuer-other", "The offer is of another issuer.", lambda offer, _: offer.update(credential_issuer=_OTHER))
_change(
    "issuer-slash",
    "The issuer in the offer ends with a slash, unlike in the metadata.",
    lambda offer, _: offer.update(credential_issuer=f"{offer['credential_issuer']}/"),
)
_change(
    "configurations-missing",
    "The offer has no credential_configuration_ids.",
    lambda offer, _: offer.pop("credential_configuration_ids"),
)
_change(
    "configurations-empty",
    "The credential_configuration_ids of the offer are empty.",
    lambda offer, _: offer.update(credential_configuration_ids=[]),
)
_change(
    "issuer-host",
    "The issuer in the offer is a host without a scheme.",
    lambda offer, _: offer.update(credential_issuer=offer["credential_issuer"].removeprefix("https://")),
)
_change(
    "configurations-string",
    "The credential_configuration_ids of the offer are a string.",
    lambda offer, _: offer.update(credential_configuration_ids=offer["credential_configuration_ids"][0]),
)
_change(
    "configuration-twice",
    "The offer has the same configuration twice.",
    lambda offer, _: offer["credential_configuration_ids"].append(offer["credential_configuration_ids"][0]),
)
_change(
    "two-configurations",
    "The offer has two credential_configuration_ids.",
    lambda offer, context: offer["credential_configuration_ids"].append(
        _other_configuration(context, offer["credential_configuration_ids"][0])
    ),
)
_change(
    "configuration-unknown",
    "The offer is for a configuration that the metadata do not have.",
    lambda offer, _: offer.update(credential_configuration_ids=["another_document"]),
)
_change(
    "code-missing",
    "The grant of the offer has no code.",
    lambda offer, _: _grant(offer).pop("pre-authorized_code"),
)
_change(
    "code-opaque",
    "The code of the offer is no JWT.",
    lambda offer, context: _grant(offer).update({"pre-authorized_code": context.secret()}),
)
_change("grants-empty", "The offer has no grant.", lambda offer, _: offer["grants"].clear())
_change("grants-array", "The grants of the offer are an array.", lambda offer, _: offer.update(grants=[]))
_change("grants-missing", "The offer has no grants.", lambda offer, _: offer.pop("grants"))
_change(
    "code-grant",
    "The offer has the grant authorization_code too.",
    lambda offer, _: offer["grants"].update(authorization_code={}),
)
_change(
    "tx-code",
    "The offer asks for a Transaction Code.",
    lambda offer, _: _grant(offer).update(tx_code={"length": 6, "input_mode": "numeric"}),
)
_change(
    "authorization-server",
    "The offer names the authorization server.",
    lambda offer, _: _grant(offer).update(authorization_server="https://token.account.gov.uk"),
)
_change("further-member", "The offer has a member of its own.", lambda offer, _: offer.update(service="assay"))


# The Pre-Authorized Code


@fault("govuk-code:signature")
def signature(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code is signed with a key that is not published."""
    code.key = keys.stranger_key("ES256")


class _DerKey(SigningKey):
    """A key whose signatures have the form that X.509 has, and not that of JWS."""

    def sign(self, data: bytes) -> bytes:
        raw = super().sign(data)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


@fault("govuk-code:signature-der")
def signature_der(code: SignedJwt, _: Context) -> None:
    """The signature of the Pre-Authorized Code is in DER."""
    key = department_keys.service_key()
    code.key = _DerKey(key.algorithm, key.jwk)


@fault("govuk-code:algorithm-other")
def algorithm_other(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code is signed with ES384."""
    code.header["alg"], code.key = "ES384", keys.stranger_key("ES384")


@fault("govuk-code:unsigned")
def unsigned(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code has no signature."""
    code.header["alg"], code.key = "none", None


@fault("govuk-code:kid-did")
def kid_did(code: SignedJwt, context: Context) -> None:
    """The kid of the Pre-Authorized Code is a DID URL instead of the kid in the JWKS."""
    code.header["kid"] = f"did:web:{context.issuer_url.removeprefix('https://')}#{code.header['kid']}"


@fault("govuk-code:key-inside")
def key_inside(code: SignedJwt, _: Context) -> None:
    """The header of the Pre-Authorized Code has the key itself."""
    code.header["jwk"] = department_keys.public_jwk(department_keys.service_key())


def _header(identifier: str, description: str, name: str, value: Any) -> None:
    def spoil(code: SignedJwt, _: Context) -> None:
        _set(code.header, name, value)

    fault(f"govuk-code:{identifier}", description)(spoil)


def _claim(identifier: str, description: str, name: str, value: Any) -> None:
    def spoil(code: SignedJwt, _: Context) -> None:
        _set(code.claims, name, value)

    fault(f"govuk-code:{identifier}", description)(spoil)


def _set(members: Document, name: str, value: Any) -> None:
    if value is None:
        members.pop(name, None)
    else:
        members[name] = value


_header("kid-missing", "The Pre-Authorized Code has no kid.", "kid", None)
_header("kid-unknown", "The kid of the Pre-Authorized Code is not in the JWKS.", "kid", "another-key")
_header("typ-missing", "The Pre-Authorized Code has no typ.", "typ", None)
_header("typ-other", "The typ of the Pre-Authorized Code is not JWT.", "typ", "oauth-authz-req+jwt")
_claim("client-id-missing", "The Pre-Authorized Code has no clientId.", "clientId", None)
_claim("client-id-other", "The clientId of the Pre-Authorized Code is of another service.", "clientId", "another")
_claim("iss-missing", "The Pre-Authorized Code has no iss.", "iss", None)
_claim("iss-other", "The iss of the Pre-Authorized Code is another issuer.", "iss", _OTHER)
_claim("aud-missing", "The Pre-Authorized Code has no aud.", "aud", None)
_claim(
    "aud-provider", "The Pre-Authorized Code is for the OpenID Provider.", "aud", "https://oidc.account.gov.uk/"
)
_claim(
    "identifiers-missing", "The Pre-Authorized Code has no Credential Identifier.", "credential_identifiers", None
)
_claim(
    "configurations-missing",
    "The Pre-Authorized Code has no credential_configuration_ids.",
    "credential_configuration_ids",
    None,
)
_claim(
    "configurations-unknown",
    "The credential_configuration_ids of the Pre-Authorized Code are not in the metadata.",
    "credential_configuration_ids",
    ["another_document"],
)
_claim("iat-missing", "The Pre-Authorized Code has no iat.", "iat", None)
_claim("exp-missing", "The Pre-Authorized Code has no exp.", "exp", None)
_claim("further-claim", "The Pre-Authorized Code has a claim of its own.", "scope", "credentials")


@fault("govuk-code:ended")
def ended(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code has expired before it was made."""
    code.claims["exp"] = code.claims["iat"] - 60


@fault("govuk-code:client-id-spelled")
def client_id_spelled(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code spells its client client_id."""
    code.claims["client_id"] = code.claims.pop("clientId")


@fault("govuk-code:aud-slash")
def aud_slash(code: SignedJwt, _: Context) -> None:
    """The aud of the Pre-Authorized Code ends with a slash."""
    code.claims["aud"] += "/"


@fault("govuk-code:configurations-other")
def configurations_other(code: SignedJwt, context: Context) -> None:
    """The credential_configuration_ids of the Pre-Authorized Code are not those of the offer."""
    name = code.claims["credential_configuration_ids"][0]
    code.claims["credential_configuration_ids"] = [_other_configuration(context, name)]


@fault("govuk-code:identifiers-string")
def identifiers_string(code: SignedJwt, _: Context) -> None:
    """The credential_identifiers of the Pre-Authorized Code are a string."""
    code.claims["credential_identifiers"] = code.claims["credential_identifiers"][0]


@fault("govuk-code:times-strings")
def times_strings(code: SignedJwt, _: Context) -> None:
    """The times of the Pre-Authorized Code are strings."""
    for name in ("iat", "exp"):
        code.claims[name] = str(code.claims[name])


@fault("govuk-code:two-configurations")
def two_configurations(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code has two credential_configuration_ids."""
    code.claims["credential_configuration_ids"].append("another_document")


@fault("govuk-code:two-identifiers")
def two_identifiers(code: SignedJwt, context: Context) -> None:
    """The Pre-Authorized Code has two Credential Identifiers."""
    code.claims["credential_identifiers"].append(context.secret())


@fault("govuk-code:long")
def long(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code lives for two hours."""
    code.claims["exp"] = code.claims["iat"] + 2 * _HOUR


@fault("govuk-code:short")
def short(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code lives for one minute."""
    code.claims["exp"] = code.claims["iat"] + 60


@fault("govuk-code:future")
def future(code: SignedJwt, _: Context) -> None:
    """The Pre-Authorized Code was made in an hour."""
    code.claims["iat"] += _HOUR
    code.claims["exp"] += _HOUR


@fault("govuk-code:milliseconds")
def milliseconds(code: SignedJwt, _: Context) -> None:
    """The times of the Pre-Authorized Code are in milliseconds."""
    for name in ("iat", "exp"):
        code.claims[name] *= 1000


# The Credential Identifier


@fault("govuk-code:identifier-counted")
def identifier_counted(code: SignedJwt, context: Context) -> None:
    """Credential Identifiers are counted up."""
    code.claims["credential_identifiers"] = [f"document-{next(context.numbers):06}"]


@fault("govuk-code:identifier-of-document")
def identifier_of_document(code: SignedJwt, _: Context) -> None:
    """The Credential Identifier is the same for each offer of a configuration."""
    name = code.claims["credential_configuration_ids"][0]
    code.claims["credential_identifiers"] = [str(uuid.uuid5(uuid.NAMESPACE_URL, name))]


@fault("govuk-code:identifier-of-moment")
def identifier_of_moment(code: SignedJwt, context: Context) -> None:
    """The Credential Identifier is a UUID of a time and a counter."""
    moment = uuid.UUID(int=(int(context.clock()) << 64) + next(context.numbers), version=1)
    code.claims["credential_identifiers"] = [str(moment)]


@fault("govuk-offered:identifier-of-user")
def identifier_of_user(offered: Offered, _: Context) -> None:
    """The Credential Identifier begins with the wallet_subject_id."""
    offered.identifier = f"{offered.account.wallet_subject_id}:{offered.identifier}"
