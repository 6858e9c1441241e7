"""The root certificates behind mdocs, at mdoc_iacas_uri: docs.wallet.service.gov.uk, Metadata.

The pages give no form of the answer. That of the official example issuer is advice.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import document_signer, x509
from harness.formats.clock import SKEW_S
from harness.formats.jwk import same_key
from harness.transport import Reply
from harness.trust.found import IssuerKey
from suites.govuk_wallet._documents import is_json
from suites.oid4vci._problems import at

if TYPE_CHECKING:
    from cryptography import x509 as pyca

check = partial(area("GOV.UK Wallet: IACA certificates"), applies=when.govuk_any_mdoc)

_FIRST = "/data/0"
"""The entry that the official test harness reads."""
_MOST = 50
"""Certificates of one answer that are read."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_DATA = ("notAfter", "notBefore", "country", "commonName")
_MEMBERS: dict[str, type] = {
    "id": str,
    "active": bool,
    "certificatePem": str,
    "certificateData": dict,
    "certificateFingerprint": str,
    "publicKeyJwk": dict,
}


def _texts(value: Any) -> Iterator[str]:
    """Give all texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _in_pem(text: Any) -> pyca.Certificate | None:
    """Give the first certificate in a text; ``None`` without one that can be read."""
    found = _PEM.search(text) if isinstance(text, str) else None
    if found is None:
        return None
    with contextlib.suppress(ValueError):
        return x509.in_der(ssl.PEM_cert_to_DER_cert(found[0]))
    return None


def _certificates(reply: Reply) -> list[pyca.Certificate]:
    """Give all certificates of an answer, whatever its form.

    Raises:
        Blocked: there is none; the check of what is published says so.

    """
    if reply.status != 200:
        raise Blocked(f"the IACA certificates cannot be fetched: {reply.gist}")
    whole = reply.body.decode("utf-8", "replace")
    texts = [pem for text in (*_texts(reply.object), whole) for pem in _PEM.findall(text)]
    found = [x509.in_der(reply.body), *map(_in_pem, texts[:_MOST])]
    certificates = [certificate for certificate in found if certificate is not None]
    if not certificates:
        raise Blocked("there is no certificate at mdoc_iacas_uri")
    return certificates


def _entries(reply: Reply) -> list[tuple[str, dict[str, Any], pyca.Certificate]]:
    """Give each entry that has a certificate, after its JSON Pointer.

    Raises:
        Blocked: there is none.

    """
    data = reply.object.get("data")
    listed = enumerate(data[:_MOST]) if isinstance(data, list) else ()
    found = [
        (f"/data/{index}", entry, certificate)
        for index, entry in listed
        if isinstance(entry, dict) and (certificate := _in_pem(entry.get("certificatePem")))
    ]
    if not found:
        raise Blocked("no entry of the answer at mdoc_iacas_uri has a certificate")
    return found


@check(
    "govuk-iacas-published",
    requires=["GOVUK-IACA-01"],
    proven_by={
        "govuk-iacas-response:missing": "GOVUK-IACAS-MISSING",
        "govuk-iacas-response:no-json": "GOVUK-IACAS-NONE",
        "govuk-iacas:data-missing": "GOVUK-IACAS-NONE",
        "govuk-iacas:empty": "GOVUK-IACAS-NONE",
        "govuk-iacas:certificate-missing": "GOVUK-IACAS-NONE",
        "govuk-iacas:certificate-cut": "GOVUK-IACAS-NONE",
    },
)
async def certificates_are_published(iacas: Reply, expect: Expect) -> None:
    """At mdoc_iacas_uri anybody gets a root certificate."""
    if not expect.that(iacas.status == 200, "GOVUK-IACAS-MISSING", "HTTP 200", iacas.gist, at=iacas):
        return
    try:
        observed = f"{len(_certificates(iacas))}"
    except Blocked:
        observed = "none"
    expect.that(observed != "none", "GOVUK-IACAS-NONE", "a certificate that can be read", observed, at=iacas)


@check(
    "govuk-iacas-entries",
    requires=["GOVUK-IACA-03"],
    proven_by={
        "govuk-iacas-response:content-type": "GOVUK-IACAS-CONTENT-TYPE",
        "govuk-iacas:id-missing": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:active-missing": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:active-string": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:data-of-certificate-missing": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:key-missing": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:second-without-certificate": "GOVUK-IACAS-MEMBER",
        "govuk-iacas:array": "GOVUK-IACAS-DATA",
    },
)
async def entries_are_like_those_of_the_example(iacas: Reply, expect: Expect) -> None:
    """The answer is JSON with an array data, whose entries have the members of the official example issuer."""
    _certificates(iacas)
    that = partial(expect.that, at=iacas)
    that(
        is_json(iacas),
        "GOVUK-IACAS-CONTENT-TYPE",
        "the media type application/json",
        iacas.media_type or "no media type",
        pointer="header Content-Type",
    )
    data: Any = iacas.object.get("data")
    if not that(
        isinstance(data, list) and all(isinstance(entry, dict) for entry in data),
        "GOVUK-IACAS-DATA",
        "an array data of objects",
        "something else",
        pointer="/data",
    ):
        return
    for index, entry in enumerate(data[:_MOST]):
        inner = entry.get("certificateData")
        wrong = [name for name, kind in _MEMBERS.items() if not isinstance(entry.get(name), kind)]
        if isinstance(inner, dict):
            wrong += [f"certificateData.{name}" for name in _DATA if not isinstance(inner.get(name), str)]
        that(
            not wrong,
            "GOVUK-IACAS-MEMBER",
            f"the members {', '.join(_MEMBERS)}",
            f"none of the right type called {', '.join(wrong)}",
            pointer=f"/data/{index}",
        )


@check(
    "govuk-iacas-data",
    requires=["GOVUK-IACA-04", "GOVUK-IACA-06"],
    proven_by={
        "govuk-iacas:end-other": "GOVUK-IACAS-END",
        "govuk-iacas:begin-other": "GOVUK-IACAS-BEGIN",
        "govuk-iacas:country-other": "GOVUK-IACAS-COUNTRY",
        "govuk-iacas:name-other": "GOVUK-IACAS-NAME",
        "govuk-iacas:fingerprint-other": "GOVUK-IACAS-FINGERPRINT",
        "govuk-iacas:fingerprint-upper": "GOVUK-IACAS-FINGERPRINT",
        "govuk-iacas:second-bad": "GOVUK-IACAS-FINGERPRINT",
        "govuk-iacas:key-other": "GOVUK-IACAS-KEY",
    },
)
async def entries_say_what_their_certificates_say(iacas: Reply, expect: Expect) -> None:
    """Dates, names, fingerprint and key of each entry are those of its certificate."""
    for place, entry, certificate in _entries(iacas):
        requirement = "GOVUK-IACA-04" if place == _FIRST else "GOVUK-IACA-06"
        data = entry.get("certificateData")
        said: dict[str, Any] = data if isinstance(data, dict) else {}
        for member, value, wanted, code in (
            ("certificateData/notAfter", said.get("notAfter"), _written(certificate.not_valid_after_utc), "END"),
            (
                "certificateData/notBefore",
                said.get("notBefore"),
                _written(certificate.not_valid_before_utc),
                "BEGIN",
            ),
            ("certificateData/country", said.get("country"), document_signer.country(certificate), "COUNTRY"),
            (
                "certificateData/commonName",
                said.get("commonName"),
                document_signer.common_name(certificate),
                "NAME",
            ),
            (
                "certificateFingerprint",
                entry.get("certificateFingerprint"),
                x509.fingerprint(certificate),
                "FINGERPRINT",
            ),
        ):
            # What is not there at all is a matter of the form.
            expect.that(
                value is None or value == wanted,
                f"GOVUK-IACAS-{code}",
                f"{wanted}, as in the certificate",
                value,
                at=iacas,
                pointer=f"{place}/{member}",
                requirement=requirement,
            )
        key = entry.get("publicKeyJwk")
        expect.that(
            key is None or same_key(key, _key(certificate)),
            "GOVUK-IACAS-KEY",
            "the key of the certificate",
            "another key",
            at=iacas,
            pointer=f"{place}/publicKeyJwk",
            requirement=requirement,
        )


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _key(certificate: pyca.Certificate) -> dict[str, str] | None:
    try:
        return x509.public_jwk(certificate)
    except x509.X509Error:
        return None


@check(
    "govuk-iacas-roots",
    requires=["GOVUK-IACA-05", "GOVUK-IACA-06"],
    proven_by={
        "govuk-iacas:second-expired": "GOVUK-IACAS-EXPIRED",
        "govuk-iacas:second-issued": "GOVUK-IACAS-NOT-SELF-SIGNED",
    },
    applies=when.govuk_mdoc,
    per=Per.SHAPE,
)
async def roots_in_use_are_roots(credential: IssuedCredential, iacas: Reply, expect: Expect) -> None:
    """The certificate of each active entry is signed by itself and has not expired."""
    now = datetime.fromtimestamp(credential.received - SKEW_S, UTC)
    active = [(place, one) for place, entry, one in _entries(iacas) if entry.get("active") is True]
    if not active:
        raise Blocked("no entry of the answer at mdoc_iacas_uri is active")
    for place, certificate in active:
        that = partial(expect.that, at=iacas, pointer=f"{place}/certificatePem")
        that(
            x509.is_self_signed(certificate),
            "GOVUK-IACAS-NOT-SELF-SIGNED",
            "a certificate that is signed with its own key",
            x509.subject(certificate),
            requirement="GOVUK-IACA-05" if place == _FIRST else "GOVUK-IACA-06",
        )
        that(
            now <= certificate.not_valid_after_utc,
            "GOVUK-IACAS-EXPIRED",
            "a certificate that has not expired",
            _written(certificate.not_valid_after_utc),
            requirement="GOVUK-IACA-06",
        )


@check(
    "govuk-iacas-chain",
    requires=["GOVUK-IACA-02", "GOVUK-IACA-06"],
    proven_by={
        "govuk-iacas:root-other": "GOVUK-IACAS-CHAIN",
        "govuk-iacas:inactive": "GOVUK-IACAS-INACTIVE",
    },
    applies=when.govuk_mdoc,
    per=Per.SCENARIO,
)
async def the_chain_leads_to_a_published_root(
    credential: IssuedCredential, issuer_key: IssuerKey, iacas: Reply, expect: Expect
) -> None:
    """The certificate chain of the mdoc leads to a root certificate at mdoc_iacas_uri that is active."""
    chain, roots = issuer_key.certificates, _certificates(iacas)
    if not chain:
        raise Blocked(issuer_key.missing or "the mdoc has no certificates that can be read")

    def certifies(root: pyca.Certificate) -> bool:
        return any(one == root or x509.is_issued_by(one, root) for one in chain)

    if expect.that(
        any(map(certifies, roots)),
        "GOVUK-IACAS-CHAIN",
        "an x5chain that one of the certificates at mdoc_iacas_uri has signed",
        x509.subject(chain[-1]),
        at=credential.exchange,
        pointer=at(credential).inside("issuerAuth/x5chain"),
    ):
        with contextlib.suppress(Blocked):
            told = [entry.get("active") for _, entry, root in _entries(iacas) if certifies(root)]
            expect.that(
                not told or any(active is not False for active in told),
                "GOVUK-IACAS-INACTIVE",
                "an active entry for the root certificate of the mdoc",
                "an entry that is not active",
                at=iacas,
                pointer="/data",
                requirement="GOVUK-IACA-06",
            )
