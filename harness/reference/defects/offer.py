"""Faults of the Credential Offer and of the link that carries it (OpenID4VCI 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, OfferLink, Reply
from harness.reference.encoding import Twin
from harness.reference.faults import fault

Offer = dict[str, Any]


def _grant(offer: Offer) -> dict[str, Any]:
    grant: dict[str, Any] = offer["grants"][PRE_AUTHORIZED_CODE]
    return grant


def _tx_code(offer: Offer) -> Iterator[dict[str, Any]]:
    """Give the description of the Transaction Code where the offer has one."""
    if "tx_code" in _grant(offer):
        yield _grant(offer)["tx_code"]


@fault("offer-link:both-parameters")
def both_parameters(link: OfferLink, _: Context) -> None:
    """The link carries the offer by value and by reference at once."""
    link.parameters = {"credential_offer": link.by_value, "credential_offer_uri": link.by_reference}


@fault("offer-link:uri-http")
def uri_http(link: OfferLink, _: Context) -> None:
    """The credential_offer_uri has the scheme http."""
    uri = link.parameters.get("credential_offer_uri", "")
    if uri.startswith("https:"):
        link.parameters["credential_offer_uri"] = f"http:{uri.removeprefix('https:')}"


@fault("offer-link:value-array")
def value_array(link: OfferLink, _: Context) -> None:
    """The credential_offer is an array instead of an object."""
    if "credential_offer" in link.parameters:
        link.parameters["credential_offer"] = f"[{link.by_value}]"


@fault("offer-link:uri-reused")
def uri_reused(link: OfferLink, context: Context) -> None:
    """All offers have the same credential_offer_uri."""
    if "credential_offer_uri" in link.parameters:
        link.by_reference = f"{context.issuer_url}/offers/current"
        link.parameters["credential_offer_uri"] = link.by_reference


@fault("offer-response:array")
def response_array(reply: Reply, _: Context) -> None:
    """The offer that is served is an array instead of an object."""
    reply.body = [reply.body]


@fault("offer-response:content-type")
def response_content_type(reply: Reply, _: Context) -> None:
    """The offer is served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("offer:issuer-missing")
def issuer_missing(offer: Offer, _: Context) -> None:
    """The offer has no credential_issuer."""
    del offer["credential_issuer"]


@fault("offer:issuer-other")
def issuer_other(offer: Offer, context: Context) -> None:
    """The offer names another Credential Issuer."""
    offer["credential_issuer"] = f"{context.base_url}/another-issuer"


@fault("offer:ids-missing")
def ids_missing(offer: Offer, _: Context) -> None:
    """The offer has no credential_configuration_ids."""
    del offer["credential_configuration_ids"]


@fault("offer:ids-empty")
def ids_empty(offer: Offer, _: Context) -> None:
    """The offer names no configuration."""
    offer["credential_configuration_ids"] = []


@fault("offer:ids-string")
def ids_string(offer: Offer, _: Context) -> None:
    """The credential_configuration_ids are a string instead of an array."""
    offer["credential_configuration_ids"] = offer["credential_configuration_ids"][0]


@fault("offer:ids-duplicate")
def ids_duplicate(offer: Offer, _: Context) -> None:
    """The offer names a configuration twice."""
    offer["credential_configuration_ids"] *= 2


@fault("offer:ids-unknown")
def ids_unknown(offer: Offer, _: Context) -> None:
    """The offer names a configuration that is not in the metadata."""
    offer["credential_configuration_ids"].append("unknown_credential")


@fault("offer:ids-not-strings")
def ids_not_strings(offer: Offer, _: Context) -> None:
    """One of the credential_configuration_ids is a number."""
    offer["credential_configuration_ids"].append(42)


@fault("offer:grants-array")
def grants_array(offer: Offer, _: Context) -> None:
    """The grants are an array instead of an object."""
    offer["grants"] = [offer["grants"]]


@fault("offer:issuer-state-number")
def issuer_state_number(offer: Offer, _: Context) -> None:
    """The issuer_state of another grant is a number."""
    offer["grants"]["authorization_code"] = {"issuer_state": 42}


@fault("offer:code-missing")
def code_missing(offer: Offer, _: Context) -> None:
    """The grant has no pre-authorized_code."""
    del _grant(offer)["pre-authorized_code"]


@fault("offer:code-not-string")
def code_not_string(offer: Offer, _: Context) -> None:
    """The pre-authorized_code is a number."""
    _grant(offer)["pre-authorized_code"] = 4711


@fault("offer:code-short")
def code_short(offer: Offer, context: Context) -> None:
    """The pre-authorized_code is six digits, which can be guessed."""
    number = int.from_bytes(context.random_bytes(4), "big")
    _grant(offer)["pre-authorized_code"] = f"{number % 10**6:06}"


@fault("offer:tx-code-array")
def tx_code_array(offer: Offer, _: Context) -> None:
    """The tx_code is an array instead of an object."""
    for tx_code in _tx_code(offer):
        _grant(offer)["tx_code"] = [tx_code]


@fault("offer:tx-code-description-long")
def tx_code_description_long(offer: Offer, _: Context) -> None:
    """The description of the Transaction Code has 301 characters."""
    for tx_code in _tx_code(offer):
        tx_code["description"] = "Enter the code. ".ljust(301, "x")


@fault("offer:tx-code-description-number")
def tx_code_description_number(offer: Offer, _: Context) -> None:
    """The description of the Transaction Code is a number."""
    for tx_code in _tx_code(offer):
        tx_code["description"] = 42


@fault("offer:tx-code-input-mode")
def tx_code_input_mode(offer: Offer, _: Context) -> None:
    """The input_mode of the Transaction Code is none the specification knows."""
    for tx_code in _tx_code(offer):
        tx_code["input_mode"] = "digits"


@fault("offer:tx-code-length")
def tx_code_length(offer: Offer, _: Context) -> None:
    """The length of the Transaction Code is a string."""
    for tx_code in _tx_code(offer):
        tx_code["length"] = str(tx_code["length"])


@fault("offer:tx-code-length-other")
def tx_code_length_other(offer: Offer, _: Context) -> None:
    """The announced length is not that of the Transaction Code."""
    for tx_code in _tx_code(offer):
        tx_code["length"] += 2


@fault("tx-code:letters")
def tx_code_letters(secret: dict[str, str], _: Context) -> None:
    """The Transaction Code has letters though digits are announced."""
    secret["tx_code"] = secret["tx_code"].translate(str.maketrans("0123456789", "ABCDEFGHJK"))


@fault("offer:authorization-server-unknown")
def authorization_server_unknown(offer: Offer, context: Context) -> None:
    """The offer names an Authorization Server that is not in the metadata."""
    if "authorization_server" in _grant(offer):
        _grant(offer)["authorization_server"] = f"{context.base_url}/as/unknown"


@fault("offer:authorization-server-needless")
def authorization_server_needless(offer: Offer, context: Context) -> None:
    """The offer names an Authorization Server though there is only one."""
    _grant(offer).setdefault("authorization_server", context.authorization_server_url)


@fault("offer:duplicate-key")
def duplicate_key(offer: Offer, _: Context) -> None:
    """The offer has a member twice."""
    offer[Twin("credential_issuer")] = offer["credential_issuer"]
