"""Faults of what the messages of drafts 13 to 15 have otherwise than OpenID4VCI 1.0, in the words of the draft."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.defects.disclosures import contents
from harness.reference.defects.sd_jwt import vct_other
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply
from harness.reference.drafts.batch_endpoint import Outcome
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc
from harness.reference.ldp_vc import LdpVc
from harness.reference.sd_jwt import SdJwt, digest

Document = dict[str, Any]


def _omit(name: str) -> Any:
    def spoil(document: Document, _: Context) -> None:
        document.pop(name, None)

    return spoil


def _set(name: str, value: Any) -> Any:
    def spoil(document: Document, _: Context) -> None:
        if name in document:
            document[name] = value

    return spoil


def _as_text(reply: Reply, _: Context) -> None:
    if reply.status < 300:
        reply.headers["Content-Type"] = "text/plain"


# Offers


@fault("draft-offer:configuration-id-number")
def configuration_id_number(offer: Document, _: Context) -> None:
    """The offer has a number among its credential_configuration_ids."""
    offer["credential_configuration_ids"].append(42)


@fault("draft-offer:interval-string")
def interval_string(offer: Document, _: Context) -> None:
    """The interval of the pre-authorized code grant is a string."""
    grant = offer.get("grants", {}).get(PRE_AUTHORIZED_CODE)
    if grant is not None:
        grant["interval"] = "5"


# Nonces in responses

for _document, _what in (
    ("draft-token", "token response"),
    ("draft-credential", "credential response"),
    ("draft-credential-error", "credential error response"),
    ("draft-batch", "batch credential response"),
):
    fault(f"{_document}:c-nonce-number", f"The c_nonce of the {_what} is a number.")(_set("c_nonce", 42))
for _document, _what in (("draft-token", "token response"), ("draft-credential", "credential response")):
    fault(f"{_document}:c-nonce-expires-in-string", f"The c_nonce_expires_in of the {_what} is a string.")(
        _set("c_nonce_expires_in", "300")
    )
for _document in ("draft-credential-error", "draft-batch-error"):
    fault(f"{_document}:c-nonce-missing", "The refusal of a proof brings no c_nonce.")(_omit("c_nonce"))


@fault("draft-token:c-nonce-constant")
def c_nonce_constant(token: Document, context: Context) -> None:
    """Every token response brings the same c_nonce."""
    if "c_nonce" in token:
        constant = "the-c-nonce-that-everybody-gets"
        context.nonce_owners.pop(token["c_nonce"], None)
        context.nonces.keep(constant, True)
        token["c_nonce"] = constant


# Authorization details in token responses


@fault("draft-token:details-unasked")
def details_unasked(token: Document, _: Context) -> None:
    """The token response has authorization_details that nobody asked for."""
    if "authorization_details" not in token:
        token["authorization_details"] = [
            {
                "type": "openid_credential",
                "credential_configuration_id": "assay-unasked",
                "credential_identifiers": ["assay-unasked"],
            }
        ]


def _details(token: Document) -> list[Any]:
    found = token.get("authorization_details")
    return found if isinstance(found, list) else []


@fault("draft-token:details-element-text")
def details_element_text(token: Document, _: Context) -> None:
    """The authorization_details have a string beside the objects."""
    if "authorization_details" in token:
        token["authorization_details"].append("openid_credential")


@fault("draft-token:details-unnamed")
def details_unnamed(token: Document, _: Context) -> None:
    """An authorization detail names no credential."""
    if "authorization_details" in token:
        token["authorization_details"].append({"type": "openid_credential"})


@fault("draft-token:details-named-twice")
def details_named_twice(token: Document, _: Context) -> None:
    """An authorization detail names the credential by its configuration and by its format."""
    for item in _details(token):
        item |= {"format": "vc+sd-jwt", "vct": "https://credentials.assay.test/other"}


@fault("draft-token:identifier-number")
def identifier_number(token: Document, _: Context) -> None:
    """The credential_identifiers have a number among them."""
    for item in _details(token):
        item["credential_identifiers"].append(42)


# Credential responses


@fault("draft-credential:credential-missing")
def credential_missing(document: Document, _: Context) -> None:
    """The credential response has no credential."""
    for name in ("credential", "credentials"):
        document.pop(name, None)


@fault("draft-credential:credential-twice")
def credential_twice(document: Document, context: Context) -> None:
    """The credential response has a transaction_id beside the credential."""
    if "credential" in document:
        document["transaction_id"] = context.secret()


fault("draft-credential:credential-number", "The credential is a number.")(_set("credential", 42))


@fault("draft-credential:credentials-wrapped")
def credentials_wrapped(document: Document, _: Context) -> None:
    """Each of several credentials has an object around it."""
    if "credentials" in document:
        document["credentials"] = [{"credential": item} for item in document["credentials"]]


@fault("draft-credential:format-other")
def format_other(document: Document, _: Context) -> None:
    """The credential is the JWT of an SD-JWT VC alone, as another format has it."""
    if isinstance(document.get("credential"), str) and "~" in document["credential"]:
        document["credential"] = document["credential"].partition("~")[0]


@fault("draft-credential:mdoc-padded")
def mdoc_padded(document: Document, _: Context) -> None:
    """The mdoc has padding behind its base64url."""
    if isinstance(document.get("credential"), str):
        document["credential"] += "=="


fault("draft-sd-jwt:vct-other", "The vct is not the one that was asked for.")(vct_other)


@fault("draft-sd-jwt:optional-claim-missing")
def optional_claim_missing(sd_jwt: SdJwt, _: Context) -> None:
    """A claim is missing that the metadata do not call mandatory."""
    for disclosure in sd_jwt.disclosures:
        if contents(disclosure)[1] == "address":
            sd_jwt.disclosures.remove(disclosure)
            sd_jwt.payload["_sd"].remove(digest(disclosure, sd_jwt.hash_name))
            break


@fault("draft-mdoc:doc-type-other")
def doc_type_other(mdoc: Any, _: Context) -> None:
    """The docType is not the one that was asked for."""
    mdoc.doc_type = "test.assay.other"


def _other_types(types: list[str]) -> list[str]:
    return [*types[:1], "OtherCredential"]


@fault("draft-jwt-vc:type-other")
def jwt_vc_type_other(credential: JwtVc, _: Context) -> None:
    """The types are not those that were asked for."""
    document = credential.payload.get("vc", credential.payload)
    document["type"] = _other_types(document["type"])


@fault("draft-ldp-vc:type-other")
def ldp_vc_type_other(credential: LdpVc, _: Context) -> None:
    """The types are not those that were asked for."""
    credential.document["type"] = _other_types(credential.document["type"])


# Errors


@fault("draft-credential-error:code-unknown")
def code_unknown(document: Document, _: Context) -> None:
    """The error of a request that is no JSON is a code that the draft does not have."""
    if "JSON" in document["error_description"]:
        document["error"] = "assay_failure"


def _other_for_proofs(document: Document, _: Context) -> None:
    if document["error"] == "invalid_proof" and "c_nonce" not in document["error_description"]:
        document["error"] = "invalid_credential_request"


for _document in ("draft-credential-error", "draft-batch-error"):
    fault(f"{_document}:proof-error-other", "The refusal of a proof has another error.")(_other_for_proofs)


# Deferred issuance


@fault("draft-deferred:credential-moved")
def credential_moved(document: Document, _: Context) -> None:
    """The deferred credential stands in an array."""
    if "credential" in document:
        document["credentials"] = [document.pop("credential")]


fault("draft-deferred-response:content-type", "The deferred credential response is served as text/plain.")(
    _as_text
)


@fault("draft-pending-response:status-202")
def pending_status_202(reply: Reply, _: Context) -> None:
    """A credential that is not ready yet is told with status 202."""
    reply.status = 202


@fault("draft-pending:error-other")
def pending_error_other(document: Document, _: Context) -> None:
    """A credential that is not ready yet is told by another error."""
    document["error"] = "slow_down"


fault("draft-pending:interval-missing", "The error issuance_pending has no interval.")(_omit("interval"))
fault("draft-pending:interval-string", "The interval beside issuance_pending is a string.")(_set("interval", "1"))


# Batch Credential Endpoint

fault("draft-batch:responses-missing", "The batch credential response has no credential_responses.")(
    _omit("credential_responses")
)


@fault("draft-batch:response-fewer")
def response_fewer(document: Document, _: Context) -> None:
    """The batch credential response lacks the last credential."""
    del document["credential_responses"][-1]


@fault("draft-batch:responses-swapped")
def responses_swapped(document: Document, _: Context) -> None:
    """The batch credential response has the credentials in another order."""
    document["credential_responses"].reverse()


fault("draft-batch-response:content-type", "The batch credential response is served as text/plain.")(_as_text)


@fault("draft-batch-outcome:partial")
def batch_partial(outcome: Outcome, _: Context) -> None:
    """What could be granted of a batch is issued though the rest is refused."""
    outcome.partial = bool(outcome.answers) and bool(outcome.refusals)


@fault("draft-batch-error:transaction-id")
def batch_error_transaction_id(document: Document, context: Context) -> None:
    """The refusal of a batch in which another request was right has a transaction_id."""
    if document["error"].startswith("unsupported_"):
        document["transaction_id"] = context.secret()


@fault("draft-batch-error-response:status-500")
def batch_error_status_500(reply: Reply, _: Context) -> None:
    """The refusal of a batch has the status 500."""
    reply.status = 500
