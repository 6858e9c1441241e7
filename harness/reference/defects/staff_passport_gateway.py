"""Faults of the bundled Staff Passport credential gateway."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from harness.reference.context import Context
from harness.reference.faults import fault

if TYPE_CHECKING:
    from harness.staff_passport.gateway.authorize import Return, Shown
    from harness.staff_passport.gateway.core import Answer, Sharing
    from harness.staff_passport.gateway.revocation import Revocation
    from harness.staff_passport.gateway.token import IdToken

_OK, _CREATED, _NOT_FOUND, _BROKEN = 200, 201, 404, 500
_ELSEWHERE = "https://elsewhere.assay.test"
_IDENTITY = "Identity."


# Discovery


@fault("dsp-gateway-discovery:absent")
def discovery_absent(answer: Answer, _: Context) -> None:
    """There is no discovery document."""
    answer.status, answer.body = _NOT_FOUND, {"error": "not_found"}


@fault("dsp-gateway-discovery:no-json")
def discovery_no_json(answer: Answer, _: Context) -> None:
    """The discovery document is a page."""
    answer.body, answer.headers = "<p>Gateway</p>", {"Content-Type": "text/html"}


def _without(member: str) -> Any:
    def spoil(answer: Answer, _: Context) -> None:
        answer.body.pop(member)

    return spoil


for _name, _member in (
    ("par", "pushed_authorization_request_endpoint"),
    ("authorize", "authorization_endpoint"),
    ("token", "token_endpoint"),
    ("jwks", "jwks_uri"),
):
    fault(f"dsp-gateway-discovery:{_name}-missing", f"The discovery document does not name {_member}.")(
        _without(_member)
    )


@fault("dsp-gateway-discovery:issuer-missing")
def issuer_missing(answer: Answer, _: Context) -> None:
    """The discovery document has no issuer."""
    answer.body.pop("issuer")


@fault("dsp-gateway-discovery:response-types")
def response_types(answer: Answer, _: Context) -> None:
    """The discovery document supports tokens in the redirect, and no code."""
    answer.body["response_types_supported"] = ["id_token"]


@fault("dsp-gateway-discovery:grants")
def grants(answer: Answer, _: Context) -> None:
    """The discovery document does not support the grant of a code."""
    answer.body["grant_types_supported"] = ["implicit"]


@fault("dsp-gateway-discovery:algorithms")
def algorithms(answer: Answer, _: Context) -> None:
    """The discovery document does not support RS256."""
    answer.body["id_token_signing_alg_values_supported"] = ["HS256"]


@fault("dsp-gateway-discovery:other-host")
def other_host(answer: Answer, context: Context) -> None:
    """The discovery document names a key set on another host."""
    answer.body["jwks_uri"] = answer.body["jwks_uri"].replace(context.base_url, _ELSEWHERE)


@fault("dsp-gateway-discovery:plain-http")
def plain_http(answer: Answer, context: Context) -> None:
    """The discovery document names an authorization endpoint without TLS on another host."""
    path = answer.body["authorization_endpoint"].removeprefix(context.base_url)
    answer.body["authorization_endpoint"] = f"http://elsewhere.assay.test{path}"


@fault("dsp-gateway-elsewhere:credential-issuer")
def credential_issuer(answer: Answer, context: Context) -> None:
    """The metadata of a Credential Issuer stand at every path where nothing else is."""
    answer.status = _OK
    answer.body = {
        "credential_issuer": context.base_url,
        "credential_endpoint": f"{context.base_url}/credential",
        "credential_configurations_supported": {},
    }


# The key set


@fault("dsp-gateway-jwks:absent")
def jwks_absent(answer: Answer, _: Context) -> None:
    """There is no key set."""
    answer.status, answer.body = _NOT_FOUND, {"error": "not_found"}


@fault("dsp-gateway-jwks:empty")
def jwks_empty(answer: Answer, _: Context) -> None:
    """The key set is empty."""
    answer.body["keys"] = []


@fault("dsp-gateway-jwks:private")
def jwks_private(answer: Answer, _: Context) -> None:
    """The key set has a private key."""
    answer.body["keys"][0]["d"] = answer.body["keys"][0]["n"]


@fault("dsp-gateway-jwks:symmetric")
def jwks_symmetric(answer: Answer, _: Context) -> None:
    """The key set has a symmetric key beside the right one."""
    answer.body["keys"].append({"kty": "oct", "kid": "shared", "k": "c2hhcmVkLXdpdGgtZXZlcnlib2R5"})


# Pushed requests


@fault("dsp-gateway-par:absent")
def par_absent(answer: Answer, _: Context) -> None:
    """There is no endpoint for pushed requests."""
    answer.status, answer.body = _NOT_FOUND, {"error": "not_found"}


@fault("dsp-gateway-par:refused")
def par_refused(answer: Answer, _: Context) -> None:
    """Right pushed requests are refused."""
    if answer.status == _CREATED:
        answer.status, answer.body = 400, {"error": "invalid_request"}


@fault("dsp-gateway-par:status-ok")
def par_status(answer: Answer, _: Context) -> None:
    """A right pushed request is answered with 200."""
    if answer.status == _CREATED:
        answer.status = _OK


@fault("dsp-gateway-par:no-request-uri")
def no_request_uri(answer: Answer, _: Context) -> None:
    """The answer to a pushed request has no request_uri."""
    answer.body.pop("request_uri", None)


@fault("dsp-gateway-par:no-expiry")
def no_expiry(answer: Answer, _: Context) -> None:
    """The answer to a pushed request has no expires_in."""
    answer.body.pop("expires_in", None)


@fault("dsp-gateway-par:expiry-zero")
def expiry_zero(answer: Answer, _: Context) -> None:
    """A pushed request lives no second, as its answer says."""
    if "expires_in" in answer.body:
        answer.body["expires_in"] = 0


@fault("dsp-gateway-par:expiry-text")
def expiry_text(answer: Answer, _: Context) -> None:
    """The life of a pushed request is told as a text."""
    if "expires_in" in answer.body:
        answer.body["expires_in"] = str(answer.body["expires_in"])


@fault("dsp-gateway-par:client-bad-request")
def client_bad_request(answer: Answer, _: Context) -> None:
    """A client that is not known or has the wrong secret is refused with 400 and invalid_request."""
    if answer.status == 401:
        answer.status = 400
        answer.body["error"] = "invalid_request"


@fault("dsp-gateway-par:errors-broken")
def par_broken(answer: Answer, _: Context) -> None:
    """A pushed request that is refused becomes an error of the server."""
    if answer.status >= 400:
        answer.status, answer.body = _BROKEN, {"error": "server_error"}


# The browser at the gateway


@fault("dsp-gateway-authorize:broken")
def authorize_broken(answer: Answer, _: Context) -> None:
    """Browsers that come with a right request see an error of the server."""
    if answer.location is not None:
        answer.status, answer.body, answer.location = _BROKEN, "<h1>Internal Server Error</h1>", None
        answer.headers = {"Content-Type": "text/html; charset=utf-8"}


@fault("dsp-gateway-authorize:errors-broken")
def errors_broken(answer: Answer, _: Context) -> None:
    """Browsers that come with a wrong request see an error of the server."""
    if answer.location is None:
        answer.status = _BROKEN


@fault("dsp-gateway-qr:absent")
def qr_absent(shown: Shown, _: Context) -> None:
    """The page has neither QR code nor link."""
    shown.html = "<!doctype html><html lang='en'><title>Please wait</title><h1>Please wait</h1></html>"


@fault("dsp-gateway-qr:no-picture")
def qr_no_picture(shown: Shown, _: Context) -> None:
    """The page has the link and no QR code."""
    shown.picture = False


@fault("dsp-gateway-qr:other-scheme")
def qr_scheme(shown: Shown, _: Context) -> None:
    """The QR code is a link for browsers, and not for the wallet."""
    shown.link = shown.link.replace("openid-vc://", f"{_ELSEWHERE}/")


@fault("dsp-gateway-return:state-altered")
def state_altered(draft: Return, _: Context) -> None:
    """The browser comes back with another state."""
    if draft.parameters.get("state"):
        draft.parameters["state"] = f"{draft.parameters['state']}-altered"


@fault("dsp-gateway-return:state-missing")
def state_missing(draft: Return, _: Context) -> None:
    """The browser comes back without a state."""
    draft.parameters["state"] = None


@fault("dsp-gateway-return:no-code")
def no_code(draft: Return, _: Context) -> None:
    """The browser comes back without a code."""
    if draft.parameters.get("code"):
        draft.parameters["code"] = None


@fault("dsp-gateway-return:error")
def error_instead(draft: Return, _: Context) -> None:
    """The browser comes back with an error though the wallet did what was asked."""
    if draft.parameters.pop("code", None):
        draft.parameters["error"] = "server_error"


@fault("dsp-gateway-return:refused")
def refused_after_all(draft: Return, _: Context) -> None:
    """The browser comes back with an error that blames the request."""
    if draft.parameters.pop("code", None):
        draft.parameters["error"] = "invalid_scope"


# The token response


@fault("dsp-gateway-token:secret-elsewhere")
def secret_elsewhere(answer: Answer, _: Context) -> None:
    """The client is not known by a secret in the body."""
    if answer.status == _OK:
        answer.status, answer.body = 401, {"error": "invalid_client"}


@fault("dsp-gateway-token:refused")
def token_refused(answer: Answer, _: Context) -> None:
    """Right token requests are refused."""
    if answer.status == _OK:
        answer.status, answer.body = 400, {"error": "invalid_grant"}


@fault("dsp-gateway-token:no-id-token")
def no_id_token(answer: Answer, _: Context) -> None:
    """The token response has no ID token."""
    answer.body.pop("id_token", None)


@fault("dsp-gateway-token:no-access-token")
def no_access_token(answer: Answer, _: Context) -> None:
    """The token response has no access token."""
    answer.body.pop("access_token", None)


@fault("dsp-gateway-token:no-token-type")
def no_token_type(answer: Answer, _: Context) -> None:
    """The token response has no token type."""
    answer.body.pop("token_type", None)


@fault("dsp-gateway-token:kept")
def kept(answer: Answer, _: Context) -> None:
    """The token response may be kept in caches."""
    answer.headers.pop("Cache-Control", None)
    answer.headers.pop("Pragma", None)


@fault("dsp-gateway-token:errors-broken")
def token_broken(answer: Answer, _: Context) -> None:
    """A token request that is refused becomes an error of the server."""
    if answer.status >= 400:
        answer.status, answer.body = _BROKEN, {"error": "server_error"}


@fault("dsp-gateway-token:other-error")
def token_other_error(answer: Answer, _: Context) -> None:
    """A code that is not redeemed is refused with invalid_request."""
    if answer.body.get("error") == "invalid_grant":
        answer.body["error"] = "invalid_request"


# The ID token


@fault("dsp-gateway-id-token:signature")
def id_token_signature(draft: IdToken, _: Context) -> None:
    """The ID token is signed by a key that is not published."""
    draft.key = type(draft.key)("RS256")


@fault("dsp-gateway-id-token:unsigned")
def id_token_unsigned(draft: IdToken, _: Context) -> None:
    """The ID token has no signature."""
    draft.header["alg"] = "none"


@fault("dsp-gateway-id-token:other-algorithm")
def id_token_algorithm(draft: IdToken, _: Context) -> None:
    """The ID token is signed by the published key, with PS256."""
    draft.key = copy(draft.key)
    draft.key.algorithm = draft.header["alg"] = "PS256"
    draft.header["kid"] = draft.key.kid


@fault("dsp-gateway-id-token:kid-unknown")
def kid_unknown(draft: IdToken, _: Context) -> None:
    """The ID token names a key that is not published."""
    draft.header["kid"] = "another-key"


@fault("dsp-gateway-id-token:issuer")
def id_token_issuer(draft: IdToken, _: Context) -> None:
    """The issuer of the ID token is not that of the discovery document."""
    draft.claims["iss"] = f"{_ELSEWHERE}/oidc"


@fault("dsp-gateway-id-token:audience")
def id_token_audience(draft: IdToken, _: Context) -> None:
    """The ID token is meant for another client."""
    draft.claims["aud"] = "another-external-system"


@fault("dsp-gateway-id-token:expired")
def id_token_expired(draft: IdToken, _: Context) -> None:
    """The ID token has expired when it is given."""
    draft.claims["exp"] = draft.claims["iat"] - 3_600


@fault("dsp-gateway-id-token:no-expiry")
def id_token_no_expiry(draft: IdToken, _: Context) -> None:
    """The ID token has no exp."""
    del draft.claims["exp"]


@fault("dsp-gateway-id-token:no-issue-time")
def id_token_no_issue_time(draft: IdToken, _: Context) -> None:
    """The ID token has no iat."""
    del draft.claims["iat"]


@fault("dsp-gateway-id-token:no-subject")
def id_token_no_subject(draft: IdToken, _: Context) -> None:
    """The ID token has no sub."""
    del draft.claims["sub"]


@fault("dsp-gateway-id-token:nonce-other")
def nonce_other(draft: IdToken, _: Context) -> None:
    """The ID token has another nonce."""
    if "nonce" in draft.claims:
        draft.claims["nonce"] = "another-nonce"


@fault("dsp-gateway-id-token:nonce-missing")
def nonce_missing(draft: IdToken, _: Context) -> None:
    """The ID token has no nonce."""
    draft.claims.pop("nonce", None)


def _claim_missing(claim: str) -> Any:
    def spoil(draft: IdToken, _: Context) -> None:
        draft.claims.pop(claim, None)

    return spoil


for _name, _claim, _what in (
    ("no-first-name", f"{_IDENTITY}ID-LegalFirstName", "first name"),
    ("no-surname", f"{_IDENTITY}ID-LegalSurname", "surname"),
    ("no-unique-identifier", f"{_IDENTITY}UniqueIdentifier", "unique identifier"),
    ("no-serial-number", "SerialNumber", "serial number"),
):
    fault(f"dsp-gateway-id-token:{_name}", f"The ID token has no {_what}.")(_claim_missing(_claim))


@fault("dsp-gateway-id-token:names-other")
def names_other(draft: IdToken, _: Context) -> None:
    """The attributes of the identity are named as no public client knows them."""
    for name in [name for name in draft.claims if name.startswith(_IDENTITY)]:
        value = draft.claims.pop(name)
        draft.claims["".join(filter(str.isupper, name)).lower()] = value


@fault("dsp-gateway-id-token:names-bare")
def names_bare(draft: IdToken, _: Context) -> None:
    """The attributes of the identity are named without the template before them."""
    for name in [name for name in draft.claims if name.startswith(_IDENTITY)]:
        draft.claims[name.removeprefix(_IDENTITY)] = draft.claims.pop(name)


@fault("dsp-gateway-id-token:serial-number-renamed")
def serial_renamed(draft: IdToken, _: Context) -> None:
    """The serial number of an issued credential has another name."""
    if "SerialNumber" in draft.claims:
        draft.claims["serial_number"] = draft.claims.pop("SerialNumber")


@fault("dsp-gateway-id-token:serial-number-no-guid")
def serial_no_guid(draft: IdToken, _: Context) -> None:
    """The serial number of an issued credential is no GUID."""
    if "SerialNumber" in draft.claims:
        draft.claims["SerialNumber"] = "000123"


# Revocation


@fault("dsp-gateway-revocation:absent")
def revocation_absent(answer: Answer, _: Context) -> None:
    """There is no endpoint for revocations."""
    answer.status, answer.body = _NOT_FOUND, None


@fault("dsp-gateway-revocation:done-but-refused")
def done_but_refused(answer: Answer, _: Context) -> None:
    """A revocation that was done is answered as if it were not."""
    if answer.status < 300:
        answer.status = 400


@fault("dsp-gateway-revocation:broken")
def revocation_broken(answer: Answer, _: Context) -> None:
    """Every revocation is answered with an error of the server."""
    answer.status = _BROKEN


@fault("dsp-gateway-revocation:unknown-broken")
def unknown_broken(answer: Answer, _: Context) -> None:
    """A revocation of a credential that is not known becomes an error of the server."""
    if answer.status == _NOT_FOUND:
        answer.status = _BROKEN


@fault("dsp-gateway-revoking:again-broken")
def again_broken(draft: Revocation, _: Context) -> None:
    """A revocation that is repeated becomes an error of the server."""
    if draft.again:
        draft.status = _BROKEN


@fault("dsp-gateway-revoking:forgotten")
def forgotten(draft: Revocation, _: Context) -> None:
    """A revocation is answered well and not done."""
    draft.happens = False


@fault("dsp-gateway-sharing:revoked-too")
def revoked_too(sharing: Sharing, _: Context) -> None:
    """A revoked credential can be shared."""
    sharing.allowed = True
