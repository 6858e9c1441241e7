"""Keys in certificates that come with the credential: ``x5c`` (RFC 7515) and ``x5chain`` (RFC 9360).

Problems: the errors and problems of ``harness.formats.x509``, with pointers that begin with ``header/x5c`` or
``header/x5chain``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness.formats import x509
from harness.formats.problems import Problem, located
from harness.trust.files import anchors
from harness.trust.found import IssuerKey, Search

X5C = "x5c"
X5CHAIN = "x5chain"


async def from_x5c(search: Search) -> IssuerKey | None:
    """Take the key of the first certificate in ``x5c``.

    Raises:
        TrustError: a trust anchor cannot be read.

    """
    return _from_header(search, X5C, x509.parse_x5c, "x5c", search.trust.x5c)


async def from_x5chain(search: Search) -> IssuerKey | None:
    """Take the key of the first certificate in ``x5chain``.

    Raises:
        TrustError: a trust anchor cannot be read.

    """
    return _from_header(search, X5CHAIN, x509.parse_x5chain, "iaca", search.trust.iaca)


def _from_header(
    search: Search, name: str, parse: Callable[[Any], x509.X5c], setting: str, paths: tuple[Path, ...]
) -> IssuerKey | None:
    if search.signer.certificates is None:
        search.tried.append(f"its header has no {name}")
        return None
    place = f"header/{name}"
    broken = partial(IssuerKey, name)
    try:
        parsed = parse(search.signer.certificates)
    except x509.X509Error as error:
        problem = Problem(error.kind, error.detail, place)
        return broken(problems=(problem,), missing=f"{name} gives no key: {error.detail}")
    certificates = parsed.certificates
    trusted = anchors(tuple(paths), setting) if search.anchors is None else search.anchors
    chain = x509.check_chain(certificates, search.now, trusted)
    problems = located(place, (*parsed.problems, *chain.problems))
    try:
        jwk = x509.public_jwk(certificates[0])
    except x509.X509Error as error:
        problem = Problem(error.kind, error.detail, f"{place}/0")
        return broken(
            chain=chain,
            problems=(problem, *problems),
            certificates=certificates,
            missing=f"{name} gives no key: {error.detail}",
        )
    further = []
    for certificate in certificates[1:]:
        with contextlib.suppress(x509.X509Error):
            further.append(x509.public_jwk(certificate))
    return IssuerKey(name, jwk, chain, problems=problems, further=tuple(further), certificates=certificates)
