"""Faults of signed metadata (OpenID4VCI 12.2.2 and 12.2.3)."""

from __future__ import annotations

from collections.abc import Callable

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.encoding import Twin
from harness.reference.faults import fault
from harness.reference.signed_metadata import ALGORITHM, Form, SignedMetadata


def _claim(name: str, value: Callable[[Context], object]) -> Callable[[SignedMetadata, Context], None]:
    def spoil(draft: SignedMetadata, context: Context) -> None:
        draft.claims[name] = value(context)

    return spoil


def _no_claim(name: str) -> Callable[[SignedMetadata, Context], None]:
    def spoil(draft: SignedMetadata, _: Context) -> None:
        del draft.claims[name]

    return spoil


for _defect, _told, _spoil in (
    ("sub-missing", "have no sub", _no_claim("sub")),
    ("sub-other", "have a sub that is not the issuer", _claim("sub", lambda _: "https://other.assay.test")),
    ("iat-missing", "have no iat", _no_claim("iat")),
    ("iat-string", "have an iat that is a string", _claim("iat", lambda context: str(context.now()))),
    ("iat-future", "have an iat an hour ahead", _claim("iat", lambda context: context.now() + 3600)),
    ("expired", "have expired", _claim("exp", lambda context: context.now() - 3600)),
    ("iss-number", "have an iss that is a number", _claim("iss", lambda _: 42)),
    ("exp-string", "have an exp that is a string", _claim("exp", lambda context: str(context.now() + 3600))),
    (
        "differing",
        "name another Credential Endpoint than the unsigned ones",
        _claim("credential_endpoint", lambda context: f"{context.issuer_url}/other"),
    ),
    ("configurations-missing", "have no configurations", _no_claim("credential_configurations_supported")),
):
    fault(f"signed-metadata:{_defect}", f"The signed metadata {_told}.")(_spoil)


@fault("signed-metadata:nested")
def nested(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata have the parameters inside a claim instead of at the top."""
    own = {"iss", "sub", "iat", "exp"}
    inner = {name: value for name, value in draft.claims.items() if name not in own}
    draft.claims = {name: value for name, value in draft.claims.items() if name in own} | {"metadata": inner}


@fault("signed-metadata:typ-other")
def typ_other(draft: SignedMetadata, _: Context) -> None:
    """The typ of the signed metadata is JWT."""
    draft.header["typ"] = "JWT"


@fault("signed-metadata:typ-missing")
def typ_missing(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata have no typ."""
    del draft.header["typ"]


@fault("signed-metadata:alg-none")
def alg_none(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata are not signed, with alg none."""
    draft.header["alg"] = "none"
    draft.key = None


@fault("signed-metadata:alg-symmetric")
def alg_symmetric(draft: SignedMetadata, _: Context) -> None:
    """The alg of the signed metadata is HS256."""
    draft.header["alg"] = "HS256"


@fault("signed-metadata:alg-missing")
def alg_missing(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata do not say how they are signed."""
    del draft.header["alg"]


@fault("signed-metadata:duplicate-claim")
def duplicate_claim(draft: SignedMetadata, _: Context) -> None:
    """The signed metadata have a claim twice."""
    draft.claims[Twin("sub")] = draft.claims["sub"]


@fault("signed-metadata:signature")
def signature(draft: SignedMetadata, _: Context) -> None:
    """The signature of the signed metadata is made with another key."""
    draft.key = keys.stranger_key(ALGORITHM)


@fault("signed-metadata:x5c-expired")
def x5c_expired(draft: SignedMetadata, context: Context) -> None:
    """The certificate of the signer of the metadata has expired."""
    leaf = keys.leaf(keys.issuer_key(ALGORITHM), context.issuer_url, end=keys.EXPIRED_END)
    draft.header["x5c"] = [leaf]


@fault("signed-metadata:x5c-wrong-chain")
def x5c_wrong_chain(draft: SignedMetadata, context: Context) -> None:
    """The certificate of the signer of the metadata leads to no trust anchor."""
    key = keys.issuer_key(ALGORITHM)
    draft.header["x5c"] = [keys.leaf(key, context.issuer_url, authority=keys.foreign_root())]


@fault("signed-metadata:x5c-broken-chain")
def x5c_broken_chain(draft: SignedMetadata, context: Context) -> None:
    """The second certificate did not certify the one of the signer."""
    leaf = keys.leaf(keys.issuer_key(ALGORITHM), context.issuer_url)
    draft.header["x5c"] = [leaf, keys.in_x5c(keys.foreign_root().certificate)]


@fault("signed-metadata:x5c-base64url")
def x5c_base64url(draft: SignedMetadata, _: Context) -> None:
    """The certificate of the signer is in base64url without padding."""
    translation = str.maketrans("+/", "-_", "=")
    draft.header["x5c"] = [f"{text.translate(translation)}_" for text in draft.header["x5c"]]


@fault("signed-metadata-response:json")
def unsigned_as_jwt(reply: Reply, _: Context) -> None:
    """What is served as signed metadata is a JSON document."""
    reply.body = {"sub": "https://issuer.assay.test"}


@fault("signed-metadata-response:content-type")
def content_type(reply: Reply, _: Context) -> None:
    """The signed metadata are served as application/json."""
    reply.headers["Content-Type"] = "application/json"


@fault("signed-metadata-response:status-201")
def status(reply: Reply, _: Context) -> None:
    """The signed metadata are served with status 201."""
    reply.status = 201


@fault("metadata-form:always-signed")
def always_signed(form: Form, _: Context) -> None:
    """The metadata are signed even for a wallet that asks for application/json."""
    form.signed = True
