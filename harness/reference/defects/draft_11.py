"""Faults of what draft 11 of OpenID4VCI words otherwise than later versions (sections of that draft)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply
from harness.reference.faults import Spoiler, fault

Document = dict[str, Any]
_OF_W3C = ("types", "@context", "credentialSubject")


def _with(member: str, value: Any) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        if member in document:
            document[member] = copy.deepcopy(value)

    return spoil


def _without(member: str) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        document.pop(member, None)

    return spoil


# Metadata (sections 10.2.3 and 10.2.3.1, appendix E)


def _listed(document: Document) -> Iterator[Document]:
    """Give the objects of the array; drafts that have no array have none."""
    found = document.get("credentials_supported")
    yield from (item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict))


def _each(change: Callable[[Document], Any]) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        for item in _listed(document):
            change(item)

    return spoil


def _changed(member: str, change: Callable[[Any], Any]) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        for item in _listed(document):
            if member in item:
                item[member] = change(item[member])

    return spoil


def _displays(change: Callable[[Document], Any]) -> Spoiler:
    return _each(lambda item: [change(shown) for shown in item.get("display", ())])


def _logo(value: Any) -> Spoiler:
    return _displays(lambda shown: shown.update({"logo": copy.deepcopy(value)}) if "logo" in shown else None)


@fault("draft-metadata:11-server-array")
def server_array(document: Document, _: Context) -> None:
    """The authorization_server is an array, as later versions have it under another name."""
    if "authorization_server" in document:
        document["authorization_server"] = [document["authorization_server"]]


@fault("draft-metadata:11-credentials-object")
def credentials_object(document: Document, _: Context) -> None:
    """The credentials_supported are an object by id, as in draft 12."""
    if "credentials_supported" in document:
        document["credentials_supported"] = {item["id"]: item for item in _listed(document)}


@fault("draft-metadata:11-credentials-string")
def credentials_string(document: Document, _: Context) -> None:
    """One of the credentials_supported is a string."""
    if "credentials_supported" in document:
        document["credentials_supported"].append("assay")


@fault("draft-metadata:11-format-missing")
def format_missing(document: Document, _: Context) -> None:
    """The last of the credentials_supported has no format."""
    list(_listed(document))[-1].pop("format", None)


@fault("draft-metadata:11-format-number")
def format_number(document: Document, _: Context) -> None:
    """The format of the last of the credentials_supported is a number."""
    list(_listed(document))[-1]["format"] = 11


@fault("draft-metadata:11-id-number")
def id_number(document: Document, _: Context) -> None:
    """The id of the last of the credentials_supported is a number."""
    list(_listed(document))[-1]["id"] = 11


@fault("draft-metadata:11-id-twice")
def id_twice(document: Document, _: Context) -> None:
    """Two of the credentials_supported have one id."""
    items = list(_listed(document))
    items[-1]["id"] = items[0].get("id")


@fault("draft-metadata:11-did-with-identifier")
def did_with_identifier(document: Document, _: Context) -> None:
    """A DID method among the binding methods goes on as a DID does."""
    for item in _listed(document):
        item.setdefault("cryptographic_binding_methods_supported", []).append("did:example:123")


@fault("draft-metadata:11-suites-unregistered")
def suites_unregistered(document: Document, _: Context) -> None:
    """There is a cryptographic suite that no registry has."""
    for item in _listed(document):
        if "cryptographic_suites_supported" in item:
            item["cryptographic_suites_supported"] = [*item["cryptographic_suites_supported"], "assay-suite"]


@fault("draft-metadata:11-suites-number")
def suites_number(document: Document, _: Context) -> None:
    """One of the cryptographic suites is a number."""
    for item in _listed(document):
        if "cryptographic_suites_supported" in item:
            item["cryptographic_suites_supported"] = [*item["cryptographic_suites_supported"], -7]


@fault("draft-metadata:11-suites-too-many")
def suites_too_many(document: Document, _: Context) -> None:
    """There is an algorithm among the cryptographic suites whose proofs are refused."""
    for item in _listed(document):
        if "cryptographic_suites_supported" in item:
            item["cryptographic_suites_supported"] = [*item["cryptographic_suites_supported"], "ES384"]


fault("draft-metadata:11-credentials-missing", "There are no credentials_supported.")(
    _without("credentials_supported")
)
fault("draft-metadata:11-suites-string", "The cryptographic suites are a string.")(
    _changed("cryptographic_suites_supported", lambda suites: suites[0])
)
fault("draft-metadata:11-display-object", "The display of credentials is an object.")(
    _changed("display", lambda shown: shown[0])
)
fault("draft-metadata:11-logo-string", "The logo of credentials is a string.")(
    _logo("https://assay.test/logo.png")
)
fault("draft-metadata:11-logo-url-malformed", "The url of the logo of credentials is none.")(
    _logo({"url": "logo.png"})
)
fault("draft-metadata:11-types-missing", "The credentials have no types.")(
    _each(lambda item: item.pop("types", None))
)
fault("draft-metadata:11-types-string", "The types of credentials are a string.")(
    _changed("types", lambda types: types[-1])
)
fault("draft-metadata:11-types-number", "One of the types of credentials is a number.")(
    _changed("types", lambda types: [*types, 11])
)
fault("draft-metadata:11-context-missing", "The credentials have no context.")(
    _each(lambda item: item.pop("@context", None))
)
fault("draft-metadata:11-context-string", "The context of credentials is a string.")(
    _changed("@context", lambda contexts: contexts[0])
)


# The Credential Offer (section 4.1.1, appendix E) and the PIN (section 6.1)


def _offered(offer: Document) -> Iterator[Document]:
    """Give the objects of the offer."""
    found = offer.get("credentials")
    yield from (item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict))


@fault("draft-offer:11-credentials-string")
def offer_credentials_string(offer: Document, _: Context) -> None:
    """The credentials of the offer are a string."""
    if "credentials" in offer:
        offer["credentials"] = offer["credentials"][0]


@fault("draft-offer:11-credentials-number")
def offer_credentials_number(offer: Document, _: Context) -> None:
    """One of the credentials of the offer is a number."""
    if "credentials" in offer:
        offer["credentials"] = [*offer["credentials"], 11]


@fault("draft-offer:11-id-unknown")
def offer_id_unknown(offer: Document, _: Context) -> None:
    """The offer names a credential that the metadata do not have."""
    if "credentials" in offer:
        offer["credentials"] = [*offer["credentials"], "assay-unknown"]


@fault("draft-offer:11-format-missing")
def offer_format_missing(offer: Document, _: Context) -> None:
    """The offer describes a further credential without a format."""
    for item in list(_offered(offer)):
        offer["credentials"].append({name: value for name, value in item.items() if name != "format"})


@fault("draft-offer:11-types-missing")
def offer_types_missing(offer: Document, _: Context) -> None:
    """The offer describes a further credential by nothing but its format."""
    for item in list(_offered(offer)):
        offer["credentials"].append({"format": item["format"]})


@fault("draft-offer:11-types-number")
def offer_types_number(offer: Document, _: Context) -> None:
    """The offer describes a further credential whose type is a number."""
    for item in list(_offered(offer)):
        definition = item.get("credential_definition", item)
        other = {name: [11] if name == "types" else value for name, value in definition.items()}
        offer["credentials"].append({**item, "credential_definition": other} if definition is not item else other)


def _grant(offer: Document) -> Document:
    grant: Document = offer["grants"][PRE_AUTHORIZED_CODE]
    return grant


@fault("draft-offer:11-pin-string")
def pin_string(offer: Document, _: Context) -> None:
    """Whether a PIN is needed is told by a string."""
    _grant(offer)["user_pin_required"] = "false"


@fault("draft-offer:11-pin-untold")
def pin_untold(offer: Document, _: Context) -> None:
    """The offer does not say that a PIN is needed."""
    _grant(offer).pop("user_pin_required", None)


@fault("draft-offer:11-pin-needless")
def pin_needless(offer: Document, _: Context) -> None:
    """The offer says that a PIN is needed where none is."""
    _grant(offer)["user_pin_required"] = True


fault("draft-offer:11-credentials-missing", "The offer has no credentials.")(_without("credentials"))


def _pin(text: str) -> Spoiler:
    def spoil(secret: Document, _: Context) -> None:
        if secret["tx_code"] is not None:
            secret["tx_code"] = text

    return spoil


fault("draft-tx-code:11-nine-digits", "The PIN has nine digits.")(_pin("493536221"))
fault("draft-tx-code:11-letters", "The PIN has letters.")(_pin("assay1"))


# Token and Credential Responses (sections 6.2, 7.3 and 9.2)

for _endpoint, _response in (("token", "Token"), ("credential", "Credential")):
    fault(
        f"draft-{_endpoint}:11-nonce-lifetime-text",
        f"The lifetime of the nonce of a {_response} Response is a text.",
    )(_with("c_nonce_expires_in", "300"))


def _adding(member: str, value: Any) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        document[member] = copy.deepcopy(value)

    return spoil


fault("draft-token:11-nonce-lifetime-fraction", "The lifetime of the nonce is a fraction.")(
    _with("c_nonce_expires_in", 300.5)
)
fault("draft-token:11-pending-text", "Whether confirmation is pending is a text.")(
    _adding("authorization_pending", "false")
)
fault("draft-token:11-interval-text", "The interval of the Token Response is a text.")(_adding("interval", "5"))
fault("draft-credential:11-credential-missing", "The Credential Response has no credential.")(
    _without("credential")
)
fault("draft-credential:11-credential-number", "The credential of the Credential Response is a number.")(
    _with("credential", 11)
)
fault("draft-credential:11-format-missing", "The Credential Response has no format.")(_without("format"))
fault("draft-credential:11-format-number", "The format of the Credential Response is a number.")(
    _with("format", 11)
)
fault("draft-credential:11-format-other", "The format of the Credential Response is another one.")(
    _with("format", "assay-format")
)
fault("draft-deferred:11-credential-missing", "The Deferred Credential Response has no credential.")(
    _without("credential")
)
fault("draft-deferred:11-format-missing", "The Deferred Credential Response has no format.")(_without("format"))
fault("draft-deferral:11-token-number", "The acceptance token is a number.")(_with("acceptance_token", 11))


# Errors (sections 7.3.1 and 7.3.2)


def _renamed(code: str, other: str) -> Spoiler:
    def spoil(document: Document, _: Context) -> None:
        if document.get("error") == code:
            document["error"] = other

    return spoil


fault("draft-credential-error:11-malformed-code", "A malformed request gets the error of one with a wrong proof.")(
    _renamed("invalid_request", "invalid_or_missing_proof")
)
fault("draft-credential-error:11-proof-code", "A request without a right proof gets the error of later drafts.")(
    _renamed("invalid_or_missing_proof", "invalid_proof")
)
fault("draft-credential-error:11-nonce-number", "The c_nonce that comes with a refusal is a number.")(
    _with("c_nonce", 11)
)
fault("draft-credential-error:11-nonce-missing", "No c_nonce comes with a refusal.")(_without("c_nonce"))


def _challenge(text: str) -> Spoiler:
    def spoil(reply: Reply, _: Context) -> None:
        said = reply.headers.get("WWW-Authenticate", "")
        reply.headers["WWW-Authenticate"] = said.replace(', error="invalid_token"', text)

    return spoil


fault("draft-credential-challenge-response:11-error-other", "A wrong token gets another error.")(
    _challenge(', error="invalid_request"')
)
fault("draft-credential-challenge-response:11-error-missing", "A wrong token gets a challenge without an error.")(
    _challenge("")
)
