"""Faults of the issuer's DID document (DID Core 1.0, did:web Method Specification)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.reference import did_web, keys
from harness.reference.context import Context
from harness.reference.documents import Reply, Text
from harness.reference.encoding import base64url
from harness.reference.faults import fault

Document = dict[str, Any]


def _signing(document: Document, context: Context) -> Document:
    """Give the verification method that signs JWTs."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    name = f"{document['id']}#{did_web.fragment(key, 'JsonWebKey')}"
    found: Document = next(method for method in document["verificationMethod"] if method["id"] == name)
    return found


def _idle(document: Document, context: Context, kind: str) -> Document:
    """Give a verification method of a kind that signs nothing in JWTs."""
    signing = _signing(document, context)
    methods = document["verificationMethod"]
    found: Document = next(method for method in methods if method["type"] == kind and method is not signing)
    return found


# Where it is


@fault("did-document-response:missing")
def missing(reply: Reply, _: Context) -> None:
    """There is no DID document where the did:web leads."""
    reply.status, reply.body = 404, None


@fault("did-document-response:web-page")
def web_page(reply: Reply, _: Context) -> None:
    """A web page is where the did:web leads."""
    reply.body = Text("<!doctype html><title>Assay</title>")
    reply.headers["Content-Type"] = "text/html"


@fault("did-document-response:redirect-http")
def redirect_http(reply: Reply, context: Context) -> None:
    """The DID document is redirected to plain http."""
    reply.status, reply.body = 302, None
    reply.headers["Location"] = f"http://{urlsplit(context.issuer_url).netloc}/did.json"


# What it is about


@fault("did-document:id-other")
def id_other(document: Document, _: Context) -> None:
    """The id is of another DID."""
    document["id"] += ":other"


@fault("did-document:id-missing")
def id_missing(document: Document, _: Context) -> None:
    """There is no id."""
    del document["id"]


@fault("did-document:context-other")
def context_other(document: Document, _: Context) -> None:
    """The context of DIDs is not the first."""
    document["@context"].reverse()


# Its verification methods


@fault("did-document:methods-object")
def methods_object(document: Document, context: Context) -> None:
    """The verificationMethod is an object."""
    document["verificationMethod"] = _signing(document, context)
    document["assertionMethod"] = [document["verificationMethod"]["id"]]


@fault("did-document:method-type-missing")
def method_type_missing(document: Document, context: Context) -> None:
    """A verification method has no type."""
    del _idle(document, context, "JsonWebKey")["type"]


@fault("did-document:method-id-bare")
def method_id_bare(document: Document, context: Context) -> None:
    """The id of a verification method is the bare name of the key."""
    method = _idle(document, context, "JsonWebKey")
    document["assertionMethod"].remove(method["id"])
    method["id"] = method["publicKeyJwk"]["kid"]


@fault("did-document:method-id-twice")
def method_id_twice(document: Document, context: Context) -> None:
    """Two verification methods have one id."""
    first, second = (_idle(document, context, kind) for kind in ("JsonWebKey", "Multikey"))
    document["assertionMethod"].remove(second["id"])
    second["id"] = first["id"]


@fault("did-document:controller-url")
def controller_url(document: Document, context: Context) -> None:
    """The controller of a verification method is an https URL."""
    _idle(document, context, "JsonWebKey")["controller"] = context.issuer_url


@fault("did-document:urls-relative")
def urls_relative(document: Document, _: Context) -> None:
    """The URLs of verification methods are relative."""
    for method in document["verificationMethod"]:
        method["id"] = method["id"].removeprefix(document["id"])
    document["assertionMethod"] = [method["id"] for method in document["verificationMethod"]]


# Their keys


@fault("did-document:material-missing")
def material_missing(document: Document, context: Context) -> None:
    """A verification method has no key."""
    del _idle(document, context, "JsonWebKey")["publicKeyJwk"]


@fault("did-document:multikey-malformed")
def multikey_malformed(document: Document, context: Context) -> None:
    """A Multikey is in base64url without its prefix."""
    _idle(document, context, "Multikey")["publicKeyMultibase"] = base64url(b"\xed\x01" + bytes(32))


@fault("did-document:jwk-malformed")
def jwk_malformed(document: Document, context: Context) -> None:
    """A publicKeyJwk lacks a coordinate."""
    del _idle(document, context, "JsonWebKey")["publicKeyJwk"]["x"]


@fault("did-document:jwk-private")
def jwk_private(document: Document, context: Context) -> None:
    """A publicKeyJwk has the private key, too."""
    _idle(document, context, "JsonWebKey")["publicKeyJwk"]["d"] = base64url(context.random_bytes(32))


@fault("did-document:material-twice")
def material_twice(document: Document, context: Context) -> None:
    """A verification method has its key in two forms."""
    method = _signing(document, context)
    method["publicKeyMultibase"] = keys.issuer_key(context.variant.signing_algorithm).multikey


# What they may be used for


@fault("did-document:method-missing")
def method_missing(document: Document, context: Context) -> None:
    """The verification method that signs is not in the document."""
    method = _signing(document, context)
    document["verificationMethod"].remove(method)
    document["assertionMethod"].remove(method["id"])


@fault("did-document:assertion-missing")
def assertion_missing(document: Document, _: Context) -> None:
    """There is no assertionMethod."""
    del document["assertionMethod"]


@fault("did-document:authentication-only")
def authentication_only(document: Document, context: Context) -> None:
    """The verification method that signs is for authentication only."""
    name = _signing(document, context)["id"]
    document["assertionMethod"].remove(name)
    document["authentication"] = [name]


@fault("did-document:assertion-string")
def assertion_string(document: Document, context: Context) -> None:
    """The assertionMethod is a string."""
    document["assertionMethod"] = _signing(document, context)["id"]


@fault("did-document:assertion-dangling")
def assertion_dangling(document: Document, _: Context) -> None:
    """The assertionMethod names a verification method that is not in the document."""
    document["assertionMethod"].append(f"{document['id']}#retired")
