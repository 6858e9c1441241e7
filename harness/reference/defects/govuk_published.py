"""Faults of what the department publishes: metadata, JWKS, DID document and IACAs (docs.wallet.service.gov.uk)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.document_signer import Certificate
from harness.reference.documents import Reply, Text
from harness.reference.faults import fault
from harness.reference.govuk import credentials, documents
from harness.reference.govuk import keys as department_keys
from harness.reference.govuk.context import GovukContext
from harness.reference.multikey import multikey

Document = dict[str, Any]
Change = Callable[[Document], Any]
_OTHER = "https://other.service.gov.uk"
_NEVER = "2001-01-01T00:00:00.000Z"
_YEAR = 365 * 24 * 3600


def _document(document: str, changes: dict[str, tuple[str, Change]]) -> None:
    for identifier, (description, change) in changes.items():

        def spoil(draft: Document, _: Context, change: Change = change) -> None:
            change(draft)

        fault(f"{document}:{identifier}", description)(spoil)


for _name, _what in (
    ("govuk-metadata", "The metadata"),
    ("govuk-jwks", "The JWKS"),
    ("govuk-did-document", "The DID document"),
    ("govuk-iacas", "The IACAs"),
):

    @fault(f"{_name}-response:missing", f"{_what} are not there.".replace("JWKS are", "JWKS is"))
    def _missing(reply: Reply, _: Context) -> None:
        reply.status, reply.body = 404, None

    @fault(f"{_name}-response:content-type", f"{_what} come as text/plain.".replace("JWKS come", "JWKS comes"))
    def _content_type(reply: Reply, _: Context) -> None:
        reply.headers["Content-Type"] = "text/plain"

    @fault(f"{_name}-response:no-json", f"{_what} are no JSON.".replace("JWKS are", "JWKS is"))
    def _no_json(reply: Reply, _: Context) -> None:
        reply.body = Text("<!doctype html><title>Assay</title>")


# Metadata


@fault("govuk-metadata-response:created")
def created(reply: Reply, _: Context) -> None:
    """The metadata come with status 201."""
    reply.status = 201


def _every(change: Change) -> Change:
    """Change every configuration."""

    def spoil(document: Document) -> None:
        for configuration in document["credential_configurations_supported"].values():
            change(configuration)

    return spoil


def _without(name: str) -> Change:
    return lambda members: members.pop(name, None)


def _with(**values: Any) -> Change:
    """Replace members that are there."""
    return lambda members: members.update({name: value for name, value in values.items() if name in members})


def _query(name: str) -> Change:
    """Give an endpoint a query, with which it is still found."""
    return lambda document: document.update({name: f"{document[name]}?v=1"})


def _plain(name: str) -> Change:
    return lambda document: document.update({name: document[name].replace("https:", "http:", 1)})


def _display_twice(document: Document) -> None:
    document["display"].append({"locale": "EN", "name": "Another Department"})


_REFRESH, _DAYS = "credential_refresh_web_journey_url", "credential_validity_period_max_days"
_document(
    "govuk-metadata",
    {
        "issuer-missing": ("The metadata name no issuer.", _without("credential_issuer")),
        "issuer-other": ("The metadata are of another issuer.", _with(credential_issuer=_OTHER)),
        "issuer-slash": (
            "The issuer in the metadata ends with a slash.",
            lambda document: document.update(credential_issuer=f"{document['credential_issuer']}/"),
        ),
        "servers-missing": ("The metadata have no authorization_servers.", _without("authorization_servers")),
        "servers-string": (
            "The authorization_servers are a string.",
            lambda document: document.update(authorization_servers=document["authorization_servers"][0]),
        ),
        "servers-own": (
            "The authorization server is the issuer itself.",
            lambda document: document.update(authorization_servers=[document["credential_issuer"]]),
        ),
        "servers-slash": (
            "The URL of the authorization server ends with a slash.",
            lambda document: document.update(
                authorization_servers=[f"{server}/" for server in document["authorization_servers"]]
            ),
        ),
        "servers-two": (
            "The metadata have a second authorization server.",
            lambda document: document["authorization_servers"].append(document["credential_issuer"]),
        ),
        "issuer-query": ("The issuer in the metadata has a query.", _query("credential_issuer")),
        "endpoint-missing": ("The metadata have no credential_endpoint.", _without("credential_endpoint")),
        "endpoint-relative": ("The credential_endpoint is relative.", _with(credential_endpoint="/credential")),
        "endpoint-http": ("The credential_endpoint is plain http.", _plain("credential_endpoint")),
        "endpoint-query": ("The credential_endpoint has a query.", _query("credential_endpoint")),
        "notification-relative": (
            "The notification_endpoint is relative.",
            _with(notification_endpoint="/notification"),
        ),
        "notification-http": ("The notification_endpoint is plain http.", _plain("notification_endpoint")),
        "notification-query": ("The notification_endpoint has a query.", _query("notification_endpoint")),
        "iacas-relative": ("The mdoc_iacas_uri is relative.", _with(mdoc_iacas_uri="/iacas")),
        "iacas-query": ("The mdoc_iacas_uri has a query.", _query("mdoc_iacas_uri")),
        "iacas-missing": ("The metadata have no mdoc_iacas_uri.", _without("mdoc_iacas_uri")),
        "notification-missing": (
            "The metadata have no notification_endpoint, though responses have a notification_id.",
            _without("notification_endpoint"),
        ),
        "notification-idle": (
            "The metadata have a notification_endpoint, though responses have no notification_id.",
            lambda document: document.setdefault(
                "notification_endpoint", f"{document['credential_issuer']}/notification"
            ),
        ),
        "configurations-missing": (
            "The metadata have no configurations.",
            _without("credential_configurations_supported"),
        ),
        "refresh-missing": (f"The configurations have no {_REFRESH}.", _every(_without(_REFRESH))),
        "refresh-other-domain": (
            f"The {_REFRESH} is on no gov.uk domain.",
            _every(_with(**{_REFRESH: "https://refresh.assay.test/"})),
        ),
        "refresh-lookalike": (
            f"The {_REFRESH} is on a domain that only ends like gov.uk.",
            _every(_with(**{_REFRESH: "https://notgov.uk/refresh"})),
        ),
        "refresh-http": (
            f"The {_REFRESH} is plain http.",
            _every(lambda one: one.update({_REFRESH: one[_REFRESH].replace("https:", "http:")})),
        ),
        "refresh-relative": (f"The {_REFRESH} is relative.", _every(_with(**{_REFRESH: "/refresh"}))),
        "refresh-elsewhere": (
            f"There is no page at the {_REFRESH}.",
            _every(lambda one: one.update({_REFRESH: one[_REFRESH].replace("/refresh/", "/renew/")})),
        ),
        "days-missing": (f"The configurations have no {_DAYS}.", _every(_without(_DAYS))),
        "days-string": (f"The {_DAYS} is a string.", _every(lambda one: one.update({_DAYS: str(one[_DAYS])}))),
        "days-zero": (f"The {_DAYS} is 0.", _every(_with(**{_DAYS: 0}))),
        "days-negative": (f"The {_DAYS} is negative.", _every(_with(**{_DAYS: -90}))),
        "days-few": (f"The {_DAYS} is less than credentials last.", _every(_with(**{_DAYS: 7}))),
        "format-missing": ("The configurations have no format.", _every(_without("format"))),
        "format-other": ("The format is dc+sd-jwt.", _every(_with(format="dc+sd-jwt"))),
        "doctype-missing": ("The configurations have no doctype.", _every(_without("doctype"))),
        "doctype-array": (
            "The doctype is an array.",
            _every(lambda one: one.update(doctype=[one["doctype"]])),
        ),
        "doctype-other": ("The doctype is not that of the credentials.", _every(_with(doctype="uk.gov.other.1"))),
        "binding-missing": (
            "The configurations have no cryptographic_binding_methods_supported.",
            _every(_without("cryptographic_binding_methods_supported")),
        ),
        "binding-other": (
            "The binding method is jwk.",
            _every(_with(cryptographic_binding_methods_supported=["jwk"])),
        ),
        "algorithms-missing": (
            "The configurations have no credential_signing_alg_values_supported.",
            _every(_without("credential_signing_alg_values_supported")),
        ),
        "algorithms-numbers": (
            "The signing algorithms are COSE numbers.",
            _every(_with(credential_signing_alg_values_supported=[-7])),
        ),
        "definition-missing": (
            "The configurations have no credential_definition.",
            _every(_without("credential_definition")),
        ),
        "definition-type": (
            "The types in the metadata lack VerifiableCredential.",
            _every(_with(credential_definition={"type": ["DigitalVeteranCard"]})),
        ),
        "definition-other": (
            "The types in the metadata are not those of the Veteran Card.",
            _every(_with(credential_definition={"type": ["VerifiableCredential", "LibraryCard"]})),
        ),
        "proof-types-missing": (
            "The configurations have no proof_types_supported.",
            _every(_without("proof_types_supported")),
        ),
        "proof-algorithms-missing": (
            "The proof types have no algorithms.",
            _every(_with(proof_types_supported={"jwt": {}})),
        ),
        "display-twice": ("The issuer has two displays in one language.", _display_twice),
        "display-logo": (
            "The logo of the issuer has no uri.",
            lambda document: document["display"][0].update(logo={"alt_text": "A crown"}),
        ),
        "display-nameless": (
            "The display of the configurations has no name.",
            _every(lambda one: one.update(display=[{"locale": "en"}])),
        ),
    },
)


# JWKS


def _first(change: Change) -> Change:
    return lambda document: change(document["keys"][0])


def _two_further(document: Document) -> None:
    document["keys"].extend((_further(1), _further(2)))


def _rsa_too(document: Document) -> None:
    public = keys.rsa_key().export_public(as_dict=True)
    document["keys"].append({**public, "kid": "rsa", "alg": "RS256", "use": "sig"})


def _further(number: int) -> Document:
    return {**department_keys.public_jwk(department_keys.retired_key()), "kid": f"old-{number}", "use": "sig"}


_document(
    "govuk-jwks",
    {
        "empty": ("The JWKS has no key.", lambda document: document["keys"].clear()),
        "keys-missing": ("The JWKS has no keys.", _without("keys")),
        "kid-missing": ("A key in the JWKS has no kid.", _first(_without("kid"))),
        "kid-other": ("A key in the JWKS has another kid.", _first(_with(kid="another-key"))),
        "use-missing": ("A key in the JWKS has no use.", _first(_without("use"))),
        "use-other": ("A key in the JWKS is for encryption.", _first(_with(use="enc"))),
        "alg-missing": ("A key in the JWKS has no alg.", _first(_without("alg"))),
        "alg-other": ("A key in the JWKS is for ES384.", _first(_with(alg="ES384"))),
        "further-member": (
            "A key in the JWKS has a member that is not for it.",
            _first(lambda key: key.update(key_ops=["verify"])),
        ),
        "private": (
            "A key in the JWKS is private.",
            _first(lambda key: key.update(department_keys.service_key().jwk.export_private(as_dict=True))),
        ),
        "key-cut": (
            "The coordinates of a key in the JWKS are cut off.",
            _first(lambda key: key.update(x=key["x"][:20], y=key["y"][:20])),
        ),
        "three-keys": ("The JWKS has three keys.", _two_further),
        "rsa": (
            "The JWKS has an RSA key too.",
            _rsa_too,
        ),
        "kid-twice": (
            "Two keys in the JWKS have the same kid.",
            lambda document: document["keys"].insert(0, {**_further(1), "kid": document["keys"][0]["kid"]}),
        ),
    },
)


# DID document


_METHODS = ("verificationMethod", "assertionMethod")


def _method(change: Change) -> Change:
    return lambda document: change(document["verificationMethod"][0])


def _jwk(change: Change) -> Change:
    return _method(lambda method: change(method["publicKeyJwk"]))


_document(
    "govuk-did-document",
    {
        "context-missing": ("The DID document has no @context.", _without("@context")),
        "context-other": (
            "The second context of the DID document is another one.",
            lambda document: document["@context"].__setitem__(1, "https://w3id.org/security/jwk/v1"),
        ),
        "id-missing": ("The DID document has no id.", _without("id")),
        "id-other": ("The id of the DID document is of another domain.", _with(id="did:web:other.service.gov.uk")),
        "methods-missing": ("The DID document has no verificationMethod.", _without("verificationMethod")),
        "signer-missing": (
            "The key that signs is not in the DID document.",
            lambda document: document["verificationMethod"].pop(0),
        ),
        "assertion-missing": ("The DID document has no assertionMethod.", _without("assertionMethod")),
        "signer-not-asserting": (
            "The key that signs is no assertionMethod.",
            lambda document: document["assertionMethod"].pop(0),
        ),
        "assertion-objects": (
            "The assertionMethod has keys instead of ids.",
            lambda document: document.update(assertionMethod=list(document["verificationMethod"])),
        ),
        "assertion-fragments": (
            "The assertionMethod has ids without the DID.",
            lambda document: document.update(
                assertionMethod=[f"#{name.partition('#')[2]}" for name in document["assertionMethod"]]
            ),
        ),
        "method-id-relative": (
            "A verification method that does not sign has an id without the DID.",
            lambda document: document["verificationMethod"][1].update(
                id=f"#{document['verificationMethod'][1]['id'].partition('#')[2]}"
            ),
        ),
        "key-multibase": (
            "A verification method that does not sign has its key in publicKeyMultibase.",
            lambda document: document["verificationMethod"][1].update(
                publicKeyMultibase=multikey(document["verificationMethod"][1].pop("publicKeyJwk"))
            ),
        ),
        "type-other": ("A verification method is of type JsonWebKey.", _method(_with(type="JsonWebKey"))),
        "controller-missing": ("A verification method has no controller.", _method(_without("controller"))),
        "controller-other": (
            "A verification method is controlled by another DID.",
            _method(_with(controller="did:web:other.service.gov.uk")),
        ),
        "fragment-other": ("The kid of a key is not in the id of its method.", _jwk(_with(kid="another-key"))),
        "kid-missing": ("A key in the DID document has no kid.", _jwk(_without("kid"))),
        "alg-missing": ("A key in the DID document has no alg.", _jwk(_without("alg"))),
        "private": (
            "A key in the DID document is private.",
            _jwk(lambda key: key.update(department_keys.credential_key().jwk.export_private(as_dict=True))),
        ),
        "key-other": (
            "The key in the DID document is not the one that signs.",
            _jwk(lambda key: key.update({name: _stranger()[name] for name in ("x", "y")})),
        ),
        "further-member": (
            "The DID document has a member that is not for it.",
            lambda document: document.update(alsoKnownAs=[]),
        ),
        "retired-missing": (
            "The keys that signed credentials which are still valid are gone, but for the one that signs.",
            lambda document: [document[name].__delitem__(slice(1, None)) for name in _METHODS],
        ),
    },
)


def _stranger() -> Document:
    return keys.stranger_key("ES256").public_jwk


# IACAs


def _entry(change: Change) -> Change:
    return lambda document: change(document["data"][0])


def _certificate_data(change: Change) -> Change:
    return _entry(lambda entry: change(entry["certificateData"]))


def _upper(document: Document) -> None:
    entry = document["data"][0]
    entry["certificateFingerprint"] = entry["certificateFingerprint"].upper()


_document(
    "govuk-iacas",
    {
        "data-missing": ("The IACAs have no data.", _without("data")),
        "empty": ("There is no IACA.", lambda document: document["data"].clear()),
        "id-missing": ("An IACA has no id.", _entry(_without("id"))),
        "active-missing": ("An IACA does not say whether it is active.", _entry(_without("active"))),
        "active-string": ("The active of an IACA is a string.", _entry(_with(active="true"))),
        "inactive": ("The IACA of the signer is not active.", _entry(_with(active=False))),
        "certificate-missing": ("An IACA has no certificatePem.", _entry(_without("certificatePem"))),
        "certificate-cut": (
            "The certificate of an IACA is cut off.",
            _entry(lambda entry: entry.update(certificatePem=entry["certificatePem"][:200])),
        ),
        "data-of-certificate-missing": ("An IACA has no certificateData.", _entry(_without("certificateData"))),
        "end-other": ("The notAfter is not that of the certificate.", _certificate_data(_with(notAfter=_NEVER))),
        "begin-other": (
            "The notBefore is not that of the certificate.",
            _certificate_data(_with(notBefore=_NEVER)),
        ),
        "country-other": ("The country is not that of the certificate.", _certificate_data(_with(country="GG"))),
        "name-other": (
            "The commonName is not that of the certificate.",
            _certificate_data(_with(commonName="CA")),
        ),
        "fingerprint-other": (
            "The fingerprint is not that of the certificate.",
            _entry(_with(certificateFingerprint="00" * 32)),
        ),
        "fingerprint-upper": ("The fingerprint is in upper case.", _upper),
        "key-missing": ("An IACA has no publicKeyJwk.", _entry(_without("publicKeyJwk"))),
        "key-other": (
            "The key is not that of the certificate.",
            _entry(lambda entry: entry["publicKeyJwk"].update({name: _stranger()[name] for name in ("x", "y")})),
        ),
        "second-without-certificate": (
            "A second IACA has no certificatePem.",
            lambda document: document["data"].append(
                {name: value for name, value in document["data"][0].items() if name != "certificatePem"}
            ),
        ),
        "array": (
            "The IACAs are an array that stands in another member.",
            lambda document: document.update(certificates=document.pop("data")),
        ),
        "second-bad": (
            "A second IACA has a fingerprint of another certificate.",
            lambda document: document["data"].append(
                {**document["data"][0], "id": "assay-iaca-2", "certificateFingerprint": "00" * 32}
            ),
        ),
    },
)


def _further_root(document: Document, root: Certificate) -> None:
    document["data"].append({**documents.iacas(root)["data"][0], "id": f"assay-iaca-{len(document['data']) + 1}"})


def _root(context: Context, moment: float) -> Certificate:
    assert isinstance(context, GovukContext)
    return credentials.authority(context, moment)


@fault("govuk-iacas:second-expired")
def second_expired(document: Document, context: Context) -> None:
    """A second IACA is active, though it has expired."""
    _further_root(document, _root(context, context.now() - 20 * _YEAR))


@fault("govuk-iacas:second-issued")
def second_issued(document: Document, context: Context) -> None:
    """A second IACA is a certificate that the first has issued."""
    root = _root(context, context.now())
    issued = _root(context, context.now())
    issued.common_name, issued.issuer, issued.public_key = (
        "Assay Department Branch",
        root.subject,
        keys.stranger_key("ES256").public_key,
    )
    _further_root(document, issued)


@fault("govuk-iacas:root-other")
def root_other(document: Document, context: Context) -> None:
    """The IACA is of the same name, but not the one that certifies the signer."""
    root = _root(context, context.now())
    stranger = keys.stranger_key("ES256")
    root.public_key, root.signing_key = stranger.public_key, stranger.jwk.get_op_key("sign")
    document["data"].clear()
    _further_root(document, root)
