"""What every reader of a credential format gives, and the readers by the name of their format.

Errors of :func:`read`, besides those of the readers:

- ``format-unknown``: no reader for this format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from harness.formats import jwt_vc, ldp_vc, mdoc, sd_jwt_vc
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference
from harness.model import Json


class Credential(Protocol):
    """A credential as read; nothing is said about its signature yet."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it by itself, whatever the time and whoever signed it."""

    @property
    def claims(self) -> Mapping[str, Json]:
        """What claims path pointers select from (OpenID4VCI 1.0 appendix C)."""

    @property
    def algorithm(self) -> str | int | None:
        """How it is signed, in the spelling of ``credential_signing_alg_values_supported`` for its format."""

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The public key it is bound to, as JWK; ``None`` when it names none that can be read."""

    @property
    def expires(self) -> float | None:
        """When it ends to be valid, in seconds since 1970; ``None`` when it does not say."""

    @property
    def signer(self) -> Signer:
        """What it says of the key that signed it."""

    @property
    def status_references(self) -> tuple[Reference, ...]:
        """Where its status is published, as far as that can be read."""

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge its times: problems of the kinds ``expired``, ``not-yet-valid`` and ``issued-in-future``.

        A time that is missing or malformed says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it.

        Raises:
            SignatureError: it did not (see ``signatures`` and the reader's own docstring).

        """


READERS: Mapping[str, Callable[[Any], Credential]] = {
    "ldp_vc": ldp_vc.read,
    "dc+sd-jwt": sd_jwt_vc.read,
    "vc+sd-jwt": sd_jwt_vc.read_earlier,
    "mso_mdoc": mdoc.read,
    "jwt_vc_json": jwt_vc.read,
    "jwt_vc_json-ld": jwt_vc.read_json_ld,
}
"""Reader by the name of its format (OpenID4VCI 1.0 appendix A; SD-JWT VCs also have the name that they had before
draft 15). It takes the value of ``credential``."""


def read(name: Any, raw: Any) -> Credential:
    """Read an issued credential.

    Args:
        name: the format that the configuration announces.
        raw: the value of ``credential`` in the Credential Response.

    Raises:
        FormatError: nothing can be read of it, or the format is not known.

    """
    reader = READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise FormatError("format-unknown", f"credentials of the format {shown(name)} are not read")
    return reader(raw)
