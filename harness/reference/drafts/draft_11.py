"""OpenID4VCI draft 11 (sections of that draft)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.reference import credential_formats, documents
from harness.reference.drafts import Wording, batch_endpoint, formats, metadata, requests, responses, rules
from harness.reference.drafts.responses import each

if TYPE_CHECKING:
    from harness.reference.context import Context
    from harness.reference.documents import Reply

ERRORS = {
    "credential_request_denied": "invalid_request",
    "invalid_credential_request": "invalid_request",
    "invalid_encryption_parameters": "invalid_request",
    "invalid_nonce": "invalid_or_missing_proof",
    "invalid_proof": "invalid_or_missing_proof",
    "unknown_credential_configuration": "unsupported_credential_type",
    "unknown_credential_identifier": "invalid_request",
}
"""Section 7.3.1; it has no code for what an issuer decides against."""
_SUITES = {"ldp_vc": ["JsonWebSignature2020"]}
"""What signs Linked Data with the keys of the wallet, which is not named as in JOSE (section 10.2.3.1)."""
_DISPLAY = ("name", "locale", "logo", "description", "background_color", "text_color")
_DETAIL_MEMBERS = ("credential_configuration_id", "credential_identifiers", "claims")


# The Credential Offer (section 4.1.1 and appendix E)


def _offer(offer: Any, context: Context) -> None:
    """Name Credentials by the ``id`` of the metadata, or describe them, and tell of a PIN."""
    if "credential_configuration_ids" in offer:
        ids = offer.pop("credential_configuration_ids")
        described = context.variant.offers_describe and isinstance(ids, list)
        offer["credentials"] = [_described(name, context) for name in ids] if described else ids
    grants = offer.get("grants")
    for grant in grants.values() if isinstance(grants, dict) else ():
        if isinstance(grant, dict):
            grant.pop("authorization_server", None)
            if "tx_code" in grant:
                del grant["tx_code"]
                grant["user_pin_required"] = True


def _described(name: Any, context: Context) -> Any:
    """Describe a Credential as a request does; give back what is no id."""
    data = documents.configurations(context.variant).get(name) if isinstance(name, str) else None
    return name if data is None else named_by_format(data, context)


def named_by_format(data: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Give what names a Credential in offers, authorization details and Credential Requests (appendix E)."""
    described = credential_formats.described(context, data)
    definition = described.get("credential_definition")
    if definition is None:
        member = "doctype" if data["format"] == "mso_mdoc" else "vct"
        return {"format": formats.name(data["format"], context), member: described[member]}
    if data["format"] == "jwt_vc_json":
        return {"format": data["format"], "types": definition["type"]}
    named = {"@context": definition["@context"], "types": definition["type"]}
    return {"format": data["format"], "credential_definition": named}


# The metadata (sections 10.2.3 and 10.2.3.1 and appendix E)


def _one_server(document: Any, _: Context) -> None:
    servers = document.pop("authorization_servers", None)
    if isinstance(servers, list) and servers:
        document["authorization_server"] = servers[0]
    elif servers is not None:
        document["authorization_server"] = servers


def _no_later_members(document: Any, _: Context) -> None:
    for member in ("notification_endpoint", "credential_request_encryption", "credential_response_encryption"):
        document.pop(member, None)
    shown = document.get("display")
    for item in shown if isinstance(shown, list) else ():
        if isinstance(item, dict):
            item.pop("logo", None)


def _suites(document: Any, _: Context) -> None:
    """Name the algorithms of key proofs beside the binding methods, and nothing else of proofs."""
    for item in metadata.configurations(document):
        item.pop("credential_signing_alg_values_supported", None)
        item.pop("scope", None)
        types = item.pop("proof_types_supported", None)
        terms = types.get("jwt") if isinstance(types, dict) else None
        if isinstance(terms, dict) and "proof_signing_alg_values_supported" in terms:
            named = _SUITES.get(item.get("format", ""), terms["proof_signing_alg_values_supported"])
            item["cryptographic_suites_supported"] = named


def _order(document: Any, _: Context) -> None:
    """Put the claims in order by the names that people are shown, in the first language there is."""
    for item in metadata.configurations(document):
        definition = item.get("credential_definition")
        found = definition.get("credentialSubject") if isinstance(definition, dict) else item.get("claims")
        if item.pop("order", None) and (names := list(_shown(found))):
            item["order"] = names


def _shown(claims: Any) -> Iterator[str]:
    """Give the names of the claims that have one, from outside in."""
    for claim in claims.values() if isinstance(claims, dict) else ():
        if not isinstance(claim, dict):
            continue
        shown = claim.get("display")
        if isinstance(shown, list) and shown and isinstance(shown[0], dict) and "name" in shown[0]:
            yield shown[0]["name"]
        yield from _shown(claim)


def _types_on_top(document: Any, _: Context) -> None:
    """Put types, context and claims of W3C credentials into the object itself."""
    for item in metadata.configurations(document):
        definition = item.pop("credential_definition", None)
        if not isinstance(definition, dict):
            if definition is not None:
                item["types"] = definition
            continue
        item.update({"types" if name == "type" else name: value for name, value in definition.items()})


def _logos(document: Any, _: Context) -> None:
    """Call the address of a logo ``url``."""
    for item in metadata.configurations(document):
        shown = item.get("display")
        if not isinstance(shown, list):
            continue
        for place, display in enumerate(shown):
            if not isinstance(display, dict):
                continue
            kept = {name: value for name, value in display.items() if name in _DISPLAY}
            if isinstance(kept.get("logo"), dict):
                logo = kept["logo"]
                kept["logo"] = {"url" if name == "uri" else name: value for name, value in logo.items()}
            shown[place] = kept


def _as_array(document: Any, _: Context) -> None:
    found = document.pop("credential_configurations_supported", None)
    if isinstance(found, dict):
        document["credentials_supported"] = [
            {"id": name, **item} if isinstance(item, dict) else item for name, item in found.items()
        ]
    elif found is not None:
        document["credentials_supported"] = found


METADATA = each(
    _one_server,
    metadata.no_nonce_endpoint,
    metadata.no_batches,
    _no_later_members,
    metadata.described_beside,
    metadata.element_paths,
    metadata.nested_claims,
    _order,
    metadata.format_names,
    _suites,
    _types_on_top,
    _logos,
    _as_array,
    batch_endpoint.announced,
)


# Authorization details (section 5.1.1 and appendix E)


def _detail(item: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear authorization details, of which the claims that the wallet would like are left aside."""
    heard = {name: value for name, value in item.items() if name not in (*_DETAIL_MEMBERS, "credentialSubject")}
    return requests.detail_by_format(heard, context)


# The Token Endpoint (sections 6.1 and 6.2)


def _token_request(parameters: dict[str, str], _: Context) -> dict[str, str]:
    """Hear the PIN."""
    kept = {name: value for name, value in parameters.items() if name not in ("tx_code", "user_pin")}
    return {**kept, "tx_code": parameters["user_pin"]} if "user_pin" in parameters else kept


def _token(document: Any, context: Context) -> None:
    """Add a nonce, and tell what was granted as it was asked for."""
    responses.with_nonce(document, context)
    granted = document.get("authorization_details") if isinstance(document, dict) else None
    if not isinstance(granted, list):
        return
    for place, item in enumerate(granted):
        name = item.get("credential_configuration_id") if isinstance(item, dict) else None
        data = documents.configurations(context.variant).get(name) if isinstance(name, str) else None
        if data is not None:
            kept = {member: value for member, value in item.items() if member not in _DETAIL_MEMBERS}
            granted[place] = {**kept, **named_by_format(data, context)}


# The Credential Endpoint (sections 7.2, 7.3 and 7.3.1)


def _credential_request(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hear a Credential Request, which knows no identifiers and no encryption."""
    unknown = ("credential_identifier", "credential_response_encryption", "proofs")
    kept = {name: value for name, value in request.items() if name not in unknown}
    return requests.one_proof(requests.by_format(kept, context), context)


def _with_format(document: Any, context: Context) -> None:
    """Say beside a Credential which format it has."""
    if isinstance(document, dict) and "credential" in document:
        document["format"] = _format(document["credential"], context)


def _format(credential: Any, context: Context) -> str:
    """Tell the format of a Credential from its looks, among those of the issuer."""
    known = [formats.name(data["format"], context) for data in documents.configurations(context.variant).values()]
    if isinstance(credential, Mapping):
        fitting = ["ldp_vc"]
    elif "~" in str(credential):
        fitting = ["vc+sd-jwt"]
    elif "." in str(credential):
        fitting = ["jwt_vc_json", "jwt_vc_json-ld"]
    else:
        fitting = ["mso_mdoc"]
    return str(next((name for name in known if name in fitting), known[0]))


def _deferral(document: Any, context: Context) -> None:
    """Call the transaction an ``acceptance_token``."""
    if not isinstance(document, dict):
        return
    responses.no_interval(document, context)
    if "transaction_id" in document:
        document["acceptance_token"] = document.pop("transaction_id")
    responses.with_nonce(document, context)


def _status_200(reply: Reply, _: Context) -> None:
    """Give a deferral the status of the example of section 7.3."""
    if reply.status == 202:
        reply.status = 200


WORDING = Wording(
    "draft-11",
    spoken={
        "offer": _offer,
        "tx-code": responses.as_it_is,
        "metadata": METADATA,
        "token": _token,
        "credential": each(responses.alone, _with_format, responses.with_nonce),
        # Section 9.2.
        "deferred": each(responses.alone, _with_format),
        "deferral": _deferral,
        "deferral-response": _status_200,
        "credential-challenge-response": responses.as_it_is,
        "credential-error": responses.renamed(ERRORS, ["invalid_or_missing_proof"]),
        "batch-error": responses.renamed(ERRORS, ["invalid_or_missing_proof"]),
        "batch-error-response": responses.as_it_is,
        "deferred-error": responses.renamed(ERRORS),
    },
    credential_request=_credential_request,
    authorization_detail=_detail,
    token_request=_token_request,
    credential_rules=(*rules.BY_FORMAT_ALONE, *rules.ONE_PROOF, rules.nonce_given),
    authorization_rules=rules.DETAILS_BY_FORMAT,
    deferred_rules=rules.BY_ACCEPTANCE_TOKEN,
    deferred_tolerances=(rules.acceptance_token,),
    appends=True,
    sd_jwt_vc="vc+sd-jwt",
    nonce_endpoint=False,
    transaction="acceptance_token",
)
