"""The IACA certificates of the tenant: MATTR VII, configuration of mobile documents."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import x509
from harness.formats.problems import FormatError
from harness.formats.strict_json import JsonError
from harness.transport import Client, Reply
from harness.wallet.metadata import Issuer
from suites.oid4vci._problems import at

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")

check = partial(area("MATTR VII: root certificates", per=Per.SCENARIO), applies=when.mdoc)


@check(
    "mattr-iacas-published",
    requires=["MTR-CONFIG-03"],
    proven_by={
        "mattr-iacas-response:private": "MATTR-IACAS-PRIVATE",
        "mattr-metadata:iacas-missing": "MATTR-IACAS-URI",
    },
    per=Per.GRANT,
)
async def everyone_can_read_the_root_certificates(issuer: Issuer, client: Client, expect: Expect) -> None:
    """The metadata have mdoc_iacas_uri, and everyone can read what is there."""
    url = issuer.metadata.get("mdoc_iacas_uri")
    if not expect.that(
        isinstance(url, str) and url != "",
        "MATTR-IACAS-URI",
        "mdoc_iacas_uri",
        url,
        at=issuer.reply,
        pointer="/mdoc_iacas_uri",
    ):
        return
    reply = await client.send("the issuer's IACA certificates", "GET", str(url))
    expect.that(reply.status == 200, "MATTR-IACAS-PRIVATE", "HTTP 200", reply.gist, at=reply)


@check(
    "mattr-iacas-form",
    requires=["MTR-CONFIG-04"],
    proven_by={
        "mattr-iacas:empty": "MATTR-IACAS-FORM",
        "mattr-iacas:other-shape": "MATTR-IACAS-FORM",
    },
    per=Per.GRANT,
)
async def the_root_certificates_can_be_read(iacas: Reply, expect: Expect) -> None:
    """The document has an array iacas of objects, each with a certificate: DER in base64."""
    if not iacas.successful:
        raise Blocked(f"the IACA certificates cannot be read: {iacas.gist}")
    listed = iacas.object.get("iacas")
    expect.that(
        isinstance(listed, list) and bool(listed) and all(_certificate(each) is not None for each in listed),
        "MATTR-IACAS-FORM",
        "iacas: an array of objects with certificate",
        f"members {', '.join(iacas.object) or 'none'}" if listed is None else listed,
        at=iacas,
        pointer="/iacas",
    )


@check(
    "mattr-credential-below-iaca",
    requires=["MTR-CONFIG-01"],
    proven_by={
        "mattr-document-signer:stranger": "MATTR-NOT-BELOW-IACA",
    },
)
async def the_signer_is_below_a_root_of_the_tenant(
    credential: IssuedCredential, iacas: Reply, expect: Expect
) -> None:
    """The certificate of a mobile document's signer was issued by an IACA that the tenant publishes."""
    roots = list(_certificates(iacas)) if iacas.successful else []
    if not roots:
        raise Blocked("the tenant publishes no IACA certificate that can be read")
    try:
        chain = x509.parse_x5chain(credential.mdoc.signer.certificates)
    except FormatError as error:
        raise Blocked(f"the certificate of the signer cannot be read: {error.detail}") from error
    leaf = chain.certificates[0]
    expect.that(
        any(x509.is_issued_by(leaf, root) for root in roots),
        "MATTR-NOT-BELOW-IACA",
        "a certificate issued by an IACA of the tenant",
        f"one issued by {leaf.issuer.rfc4514_string()}",
        at=credential.exchange,
        pointer=at(credential).inside("issuerAuth/1"),
    )


def _certificates(reply: Reply) -> Iterator[Certificate]:
    """Give the certificates wherever they stand in a document, whose shape no document of the vendor tells."""
    for value in _PEM.findall(reply.body.decode("ascii", "replace").replace("\\n", "\n")):
        yield from _in_base64("".join(value.split()))
    try:
        left = [reply.document.value]
    except JsonError:
        return
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield from _in_base64(value)
        elif isinstance(value, dict | list):
            left += value.values() if isinstance(value, dict) else value


def _in_base64(text: str) -> Iterator[Certificate]:
    try:
        found = x509.in_der(base64.b64decode(text, validate=True))
    except ValueError:
        return
    if found is not None:
        yield found


def _certificate(entry: Any) -> Certificate | None:
    text = entry.get("certificate") if isinstance(entry, dict) else None
    return next(_in_base64(text), None) if isinstance(text, str) else None
