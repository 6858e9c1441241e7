"""Faults of the simulated MATTR VII tenant."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.reference import cose, document_signer, keys
from harness.reference.context import Context
from harness.reference.cose import Sign1
from harness.reference.document_signer import Certificate
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply, Text
from harness.reference.faults import Spoiler, fault
from harness.reference.mdoc import Mdoc, tdate
from harness.reference.statuses import Operation

if TYPE_CHECKING:
    from harness.vendors.mattr.credentials import Making
    from harness.vendors.mattr.documents import OfferLink
    from harness.vendors.mattr.management import Deletion, Minting, Offering

Document = dict[str, Any]
_OTHER = "https://other.assay.test"
_DAY = 24 * 3600
_TOO_LONG = 3_650 * _DAY
"""Longer than the documents let any mobile document live."""
_ERRORS_FROM = 400


def _without(member: str) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        document.pop(member, None)

    return spoil


def _with(member: str, value: Any) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        document[member] = copy.deepcopy(value)

    return spoil


# Making an offer


@fault("mattr-minting:same-code")
def same_code(minting: Minting, _: Context) -> None:
    """Every offer has the same Pre-Authorized Code."""
    minting.code = "c2FtZSBmb3IgZXZlcnlib2R5IGFuZCBmb3IgZXZlcg=="


@fault("mattr-minting:claims-lost")
def claims_lost(minting: Minting, _: Context) -> None:
    """The claims of the user are not kept with the offer."""
    minting.claims = dict.fromkeys(minting.claims, "Doe")


@fault("mattr-minting:no-lifetime")
def no_lifetime(minting: Minting, _: Context) -> None:
    """Offers have expired when they are made."""
    minting.expires_at -= _DAY


@fault("mattr-minting:long-lived")
def long_lived(minting: Minting, _: Context) -> None:
    """Offers live for a day, whatever was asked for."""
    minting.expires_at += _DAY


fault("mattr-offer-answer:uri-missing", "The answer of the offers API has no URI for a wallet.")(_without("uri"))
fault("mattr-offer-answer:id-missing", "The answer of the offers API has no id.")(_without("id"))
fault("mattr-offer-answer:expiry-missing", "The answer of the offers API does not say when the offer expires.")(
    _without("expiresAt")
)


@fault("mattr-offer-answer:transaction-code-missing")
def transaction_code_untold(answer: Document, _: Context) -> None:
    """The issuer is not told the transaction code that the wallet is asked for."""
    answer.pop("transactionCode", None)


@fault("mattr-offer-answer:transaction-code-other")
def transaction_code_other(answer: Document, _: Context) -> None:
    """The issuer is told another transaction code than the tenant expects."""
    if "transactionCode" in answer:
        answer["transactionCode"] = "000000"


@fault("mattr-offer-answer:expiry-number")
def expiry_number(answer: Document, context: Context) -> None:
    """The answer of the offers API tells the expiry in no form that was agreed."""
    answer["expiresAt"] = f"in {int(context.clock())}"


@fault("mattr-offer-response:refused")
def offer_refused(reply: Reply, _: Context) -> None:
    """Right requests for an offer are refused."""
    reply.status, reply.body = 500, {"code": "InternalServerError", "message": "Something went wrong"}


# The offer


@fault("mattr-offer-link:other-scheme")
def other_scheme(link: OfferLink, _: Context) -> None:
    """The link has a scheme that is the vendor's own."""
    link.scheme = "mattr-offer"


@fault("mattr-offer-link:both-ways")
def both_ways(link: OfferLink, context: Context) -> None:
    """The link has a credential_offer_uri beside the offer."""
    link.parameters["credential_offer_uri"] = f"{context.base_url}/offer.json"


@fault("mattr-offer-link:by-reference")
def by_reference(link: OfferLink, context: Context) -> None:
    """The link leads to the offer, which the wallets of the vendor do not follow."""
    link.parameters = {"credential_offer_uri": f"{context.base_url}/offer.json"}


@fault("mattr-offer-link:empty")
def link_empty(link: OfferLink, _: Context) -> None:
    """The link has no offer."""
    link.parameters.clear()


@fault("mattr-offer-link:no-json")
def link_no_json(link: OfferLink, _: Context) -> None:
    """The offer in the link is cut off."""
    link.parameters["credential_offer"] = link.parameters["credential_offer"][:-2]


def _offering(change: Callable[[Document, Offering], None]) -> Spoiler:
    def spoil(offering: Offering, _: Context) -> None:
        change(offering.document, offering)

    return spoil


def _grant(document: Document) -> Document:
    grant: Document = document["grants"][PRE_AUTHORIZED_CODE]
    return grant


def _ids(document: Document, value: Callable[[list[str]], Any]) -> None:
    for name in ("credentials", "credential_configuration_ids"):
        if name in document:
            document[name] = value(document[name])


_ID = "credential_configuration_ids"
_OFFERINGS: dict[str, tuple[str, Callable[[Document, Any], None]]] = {
    "grant-missing": ("The offer has no grant.", lambda offer, _: offer["grants"].clear()),
    "code-missing": (
        "The grant of the offer has no Pre-Authorized Code.",
        lambda offer, _: _grant(offer).pop("pre-authorized_code"),
    ),
    "issuer-other": (
        "The offer names another issuer.",
        lambda offer, _: offer.update(credential_issuer=_OTHER),
    ),
    "issuer-slash": (
        "The issuer in the offer ends with a slash, the one in the metadata does not.",
        lambda offer, _: offer.update(credential_issuer=f"{offer['credential_issuer']}/"),
    ),
    "ids-missing": (
        "The offer has no credential_configuration_ids.",
        lambda offer, _: offer.pop(_ID, None),
    ),
    "ids-empty": ("The offer names no configuration.", lambda offer, _: _ids(offer, lambda _names: [])),
    "ids-twice": ("The offer names a configuration twice.", lambda offer, _: _ids(offer, lambda names: names * 2)),
    "ids-unknown": (
        "The offer names a configuration that the metadata do not have.",
        lambda offer, _: _ids(offer, lambda _names: ["00000000-0000-4000-8000-000000000000"]),
    ),
    "tx-code-missing": (
        "The offer does not say that a transaction code is needed.",
        lambda offer, _: _grant(offer).pop("tx_code", None),
    ),
    "tx-code-uninvited": (
        "The offer asks for a transaction code that nobody wished for.",
        lambda offer, _: _grant(offer).setdefault("tx_code", {"length": 6, "input_mode": "numeric"}),
    ),
}
for _name, (_what, _change) in _OFFERINGS.items():
    fault(f"mattr-offer:{_name}", _what)(_offering(_change))


@fault("mattr-offer:tx-code-inside")
def tx_code_inside(offering: Offering, _: Context) -> None:
    """The offer has the transaction code in it."""
    if offering.tx_code is not None:
        _grant(offering.document)["tx_code"]["description"] = f"Your code is {offering.tx_code}"


@fault("mattr-deletion:ignored")
def deletion_ignored(deletion: Deletion, _: Context) -> None:
    """An offer that was deleted is still good."""
    deletion.deleted = False


# Metadata and root certificates


@fault("mattr-metadata-response:private")
def metadata_private(reply: Reply, _: Context) -> None:
    """The metadata are for those who are signed in."""
    reply.status, reply.body = 401, Text("Unauthorized")
    reply.headers = {"Content-Type": "text/plain"}


@fault("mattr-metadata-response:text")
def metadata_text(reply: Reply, _: Context) -> None:
    """The metadata are of the type text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("mattr-metadata-response:absent")
def metadata_absent(reply: Reply, _: Context) -> None:
    """There are no metadata."""
    reply.status, reply.body = 404, {"code": "NotFound", "message": "Resource not found"}


fault("mattr-metadata:issuer-other", "The metadata name another issuer.")(_with("credential_issuer", _OTHER))
fault("mattr-metadata:credential-endpoint-missing", "The metadata do not name the credential endpoint.")(
    _without("credential_endpoint")
)
fault("mattr-metadata:iacas-missing", "The metadata do not say where the root certificates are.")(
    _without("mdoc_iacas_uri")
)


@fault("mattr-metadata:credential-endpoint-http")
def credential_endpoint_http(document: Document, _: Context) -> None:
    """The credential endpoint is without TLS."""
    document["credential_endpoint"] = document["credential_endpoint"].replace("https://", "http://")


@fault("mattr-metadata:configurations-missing")
def configurations_missing(document: Document, _: Context) -> None:
    """The metadata describe no credential."""
    document.pop("credentials_supported", None)
    document.pop("credential_configurations_supported", None)


@fault("mattr-metadata:configuration-absent")
def configuration_absent(document: Document, _: Context) -> None:
    """The metadata leave out the first configuration."""
    for name in list(document.get("credential_configurations_supported", {}))[:1]:
        document["credential_configurations_supported"].pop(name)
    del document.get("credentials_supported", [])[:1]


@fault("mattr-metadata:token-endpoint-missing")
def token_endpoint_missing(document: Document, _: Context) -> None:
    """The metadata of the issuer do not name the token endpoint."""
    document.pop("token_endpoint", None)


@fault("mattr-metadata:format-missing")
def format_missing(document: Document, _: Context) -> None:
    """The metadata do not say of which formats the credentials are."""
    for each in _described(document):
        each.pop("format")


@fault("mattr-metadata:doctype-other")
def doctype_other(document: Document, _: Context) -> None:
    """The metadata name other document types than the credentials have."""
    for each in _described(document):
        if "doctype" in each:
            each["doctype"] = "nz.assay.other.1"


@fault("mattr-metadata:display-missing")
def display_missing(document: Document, _: Context) -> None:
    """The metadata do not say how a credential looks."""
    for each in document.get("credential_configurations_supported", {}).values():
        each["credential_metadata"].pop("display")


@fault("mattr-metadata:display-other")
def display_other(document: Document, _: Context) -> None:
    """The metadata name and colour credentials otherwise than was configured."""
    for each in document.get("credential_configurations_supported", {}).values():
        each["credential_metadata"]["display"] = [{"name": "Credential", "background_color": "#000000"}]


@fault("mattr-metadata:nonce-endpoint-idle")
def nonce_endpoint_idle(document: Document, context: Context) -> None:
    """The metadata name a nonce endpoint that is not there."""
    document["nonce_endpoint"] = f"{context.base_url}/v1/openid/nonce"


def _described(document: Document) -> list[Document]:
    configurations = document.get("credential_configurations_supported", {}).values()
    return [*configurations, *document.get("credentials_supported", [])]


@fault("mattr-server-metadata-response:absent")
def server_metadata_absent(reply: Reply, _: Context) -> None:
    """There are no metadata of the authorization server."""
    reply.status, reply.body = 404, {"code": "NotFound", "message": "Resource not found"}


fault("mattr-server-metadata:issuer-other", "The metadata of the authorization server name another one.")(
    _with("issuer", _OTHER)
)
fault("mattr-server-metadata:token-endpoint-missing", "The metadata of the server have no token endpoint.")(
    _without("token_endpoint")
)
fault("mattr-server-metadata:not-anonymous", "The metadata do not say that wallets may be anonymous.")(
    _with("pre-authorized_grant_anonymous_access_supported", False)
)


@fault("mattr-iaca:stranger")
def iaca_stranger(root: Certificate, _: Context) -> None:
    """The tenant publishes the root certificate of another authority."""
    stranger = document_signer.stranger()
    root.public_key, root.signing_key = stranger.public_key(), stranger


fault("mattr-iacas:empty", "The document with the root certificates has none.")(_with("iacas", []))


@fault("mattr-iacas:other-shape")
def iacas_shape(document: Document, _: Context) -> None:
    """The document with the root certificates has another shape than public clients read."""
    document["certificates"] = [each["certificate"] for each in document.pop("iacas")]


@fault("mattr-iacas-response:private")
def iacas_private(reply: Reply, _: Context) -> None:
    """The root certificates are for those who are signed in."""
    reply.status, reply.body = 401, Text("Unauthorized")


# Tokens


fault("mattr-token:access-token-missing", "The token response has no access token.")(_without("access_token"))
fault("mattr-token:token-type-missing", "The token response has no token_type.")(_without("token_type"))
fault("mattr-token:token-type-other", "The access token is of a type that no wallet knows.")(
    _with("token_type", "mattr")
)
fault("mattr-token:expiry-text", "The lifetime of the access token is a text.")(_with("expires_in", "3600"))
fault("mattr-token:access-token-guessable", "The access token can be guessed.")(_with("access_token", "token-1"))


@fault("mattr-token-response:cacheable")
def token_cacheable(reply: Reply, _: Context) -> None:
    """The token response may be kept."""
    reply.headers.pop("Cache-Control", None)
    reply.headers.pop("Pragma", None)


@fault("mattr-token-response:created")
def token_created(reply: Reply, _: Context) -> None:
    """The token response has the status 201."""
    reply.status = 201


@fault("mattr-token-error-response:ok")
def token_error_ok(reply: Reply, _: Context) -> None:
    """Token requests that are refused are answered with 200."""
    reply.status = 200


@fault("mattr-token-error-response:broken")
def token_error_broken(reply: Reply, _: Context) -> None:
    """Token requests that are refused become an error of the server."""
    reply.status, reply.body = 500, Text("")


@fault("mattr-token-error-response:envelope")
def token_error_envelope(reply: Reply, _: Context) -> None:
    """Errors of the token endpoint are in an envelope of the vendor's own."""
    if isinstance(reply.body, dict) and "error" in reply.body:
        reply.body = {"code": "BadRequest", "message": "Validation Error", "details": []}


@fault("mattr-token-error-response:silent")
def token_error_silent(reply: Reply, _: Context) -> None:
    """Errors of the token endpoint say nothing of what is wrong."""
    reply.body = {}


# Credential requests


@fault("mattr-challenge-response:no-header")
def challenge_missing(reply: Reply, _: Context) -> None:
    """Who has no good access token is not told by which scheme to show one."""
    reply.headers.pop("WWW-Authenticate", None)


@fault("mattr-challenge-response:bad-request")
def challenge_bad_request(reply: Reply, _: Context) -> None:
    """Who has no good access token is answered with 400."""
    reply.status, reply.body = 400, Text("Bad Request")


@fault("mattr-credential-error-response:ok")
def credential_error_ok(reply: Reply, _: Context) -> None:
    """Credential requests that are refused are answered with 200."""
    reply.status = 200


fault("mattr-credential:empty", "The credential response has no credential.")(lambda document, _: document.clear())
fault("mattr-credential:format-other", "The credential response names another format.")(
    lambda document, _: document.update(format="jwt_vc_json") if "format" in document else None
)


@fault("mattr-credential:deferred")
def deferred(document: Document, _: Context) -> None:
    """The credential is not delivered but promised."""
    document.clear()
    document["transaction_id"] = "8xLOxBtZp8"


@fault("mattr-credential:singular")
def singular(document: Document, _: Context) -> None:
    """The credential response has a credential in the place of an array."""
    if "credentials" in document:
        document["credential"] = document.pop("credentials")[0]["credential"]


@fault("mattr-credential:cut")
def credential_cut(document: Document, _: Context) -> None:
    """The credential is cut off."""
    if "credentials" in document:
        document["credentials"][0]["credential"] = document["credentials"][0]["credential"][:40]
    else:
        document["credential"] = document["credential"][:40]


@fault("mattr-credential-response:text")
def credential_text(reply: Reply, _: Context) -> None:
    """The credential response is of the type text/plain."""
    reply.headers["Content-Type"] = "text/plain"


# What the credential says


@fault("mattr-claims:source-ignored")
def source_ignored(sources: Document, _: Context) -> None:
    """What the claims source gives does not reach the credential."""
    sources["claimsSource"] = {}


@fault("mattr-claims:source-altered")
def source_altered(sources: Document, _: Context) -> None:
    """What the claims source gives is altered on the way."""
    sources["claimsSource"] = {
        name: f"{value}-altered" if isinstance(value, str) else 0
        for name, value in sources["claimsSource"].items()
    }


def _first(making: Making) -> Document:
    """Give the claims of the first namespace, or those of the subject."""
    mobile = making.data["format"] == "mso_mdoc"
    claims: Document = next(iter(making.claims.values())) if mobile else making.claims
    return claims


@fault("mattr-making:claim-missing")
def claim_missing(making: Making, _: Context) -> None:
    """A claim that was offered and is mapped is not in the credential."""
    claims = _first(making)
    claims.pop(next(iter(claims)))


@fault("mattr-making:claim-altered")
def claim_altered(making: Making, _: Context) -> None:
    """A claim has another value than was offered."""
    claims = _first(making)
    claims[next(iter(claims))] = "Doe"


@fault("mattr-making:claim-unmapped")
def claim_unmapped(making: Making, _: Context) -> None:
    """A claim that the configuration does not map is in the credential."""
    _first(making)["loyalty_tier"] = "gold"


@fault("mattr-making:namespace-other")
def namespace_other(making: Making, _: Context) -> None:
    """The claims are in another namespace than the configuration says."""
    if making.data["format"] == "mso_mdoc":
        making.claims = {f"{name}.other": claims for name, claims in making.claims.items()}


@fault("mattr-making:doctype-other")
def made_of_other_type(making: Making, _: Context) -> None:
    """The mobile document is of another type than was asked for."""
    making.data["doctype"] = "nz.assay.other.1"


@fault("mattr-making:longer")
def longer(making: Making, _: Context) -> None:
    """The credential is valid for longer than the configuration says."""
    making.lifetime += 7 * _DAY


@fault("mattr-making:shorter")
def shorter(making: Making, _: Context) -> None:
    """The credential is valid for a shorter time than the configuration says."""
    making.lifetime = _DAY


@fault("mattr-making:too-long")
def too_long(making: Making, _: Context) -> None:
    """The credential is valid for longer than the documents allow."""
    making.lifetime = _TOO_LONG


@fault("mattr-making:status-missing")
def status_missing(making: Making, _: Context) -> None:
    """A credential that can be revoked does not say where its status is."""
    making.listed = False


@fault("mattr-making:status-uninvited")
def status_uninvited(making: Making, _: Context) -> None:
    """A credential that cannot be revoked says where its status is."""
    making.listed = True


@fault("mattr-mdoc:device-key-other")
def device_key_other(mdoc: Mdoc, _: Context) -> None:
    """The mobile document is bound to a key that nobody proved."""
    mdoc.device_key = cose.cose_key(keys.stranger_key("ES256").public_jwk)


@fault("mattr-mdoc:expired")
def mdoc_expired(mdoc: Mdoc, _: Context) -> None:
    """The mobile document has expired when it is issued."""
    mdoc.validity["validUntil"] = tdate(mdoc.issued)


@fault("mattr-document-signer:stranger")
def signer_stranger(certificate: Certificate, _: Context) -> None:
    """The certificate of the document signer is by an authority that the tenant does not publish."""
    certificate.signing_key = document_signer.stranger()


@fault("mattr-issuer-auth:other-key")
def signed_with_other_key(signature: Sign1, _: Context) -> None:
    """The mobile document is signed with another key than its document signer's."""
    signature.key = keys.stranger_key("ES256")


@fault("mattr-issuer-auth:unsigned")
def unsigned(signature: Sign1, _: Context) -> None:
    """The signature of the mobile document is empty."""
    signature.key = None


@fault("mattr-vc:signed-with-other-key")
def vc_signed_with_other_key(draft: Any, _: Context) -> None:
    """A JSON credential is signed with a key that is not in the DID of its issuer."""
    for proof in draft.proofs:
        proof.key = keys.stranger_key(proof.key.algorithm)


# Status


@fault("mattr-status:ignored")
def status_ignored(operation: Operation, _: Context) -> None:
    """A changed status does not show in the status list."""
    operation.changes.clear()


@fault("mattr-status:suspension-lasting")
def suspension_lasting(operation: Operation, _: Context) -> None:
    """The end of a suspension does not show in the status list."""
    if operation.before == "suspended" and operation.state == "valid":
        operation.changes.clear()


@fault("mattr-status:reversible")
def status_reversible(operation: Operation, _: Context) -> None:
    """A credential that was made invalid can be made valid again."""
    if operation.before == "revoked":
        operation.refusal = None


@fault("mattr-status-list-response:private")
def status_list_private(reply: Reply, _: Context) -> None:
    """The status list is for those who are signed in."""
    reply.status, reply.body = 401, b"Unauthorized"


@fault("mattr-status-list-response:absent")
def status_list_absent(reply: Reply, _: Context) -> None:
    """The status list that credentials name is not there."""
    reply.status, reply.body = 404, b""


@fault("mattr-status-response:refused")
def status_refused(reply: Reply, _: Context) -> None:
    """The status of a credential cannot be changed."""
    if reply.status < _ERRORS_FROM:
        reply.status, reply.body = 500, {"code": "InternalServerError", "message": "Something went wrong"}
