"""Credential Requests and Responses: OpenID4VCI 1.0 section 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.dialects import LATEST, Dialect
from harness.transport import Reply


def body(
    *,
    configuration_id: str,
    identifier: str | None = None,
    proofs: Sequence[str | Mapping[str, Any]] = (),
    proof_type: str = "jwt",
    configuration: Mapping[str, Any] | None = None,
    dialect: Dialect = LATEST,
) -> dict[str, Any]:
    """Give the body of a right Credential Request (section 8.2).

    Args:
        configuration_id: used when the Token Response returned no identifiers.
        identifier: one of the ``credential_identifiers`` of the Token Response, when it returned any.
        proofs: of one type, as they stand in the request; none for a configuration without key binding.
        proof_type: ``jwt``, ``attestation`` or ``di_vp`` (appendix F).
        configuration: the metadata of the configuration, which some dialects repeat.
        dialect: how the wallet speaks.

    """
    return {
        **dialect.credential_name(configuration_id, identifier, configuration or {}),
        **dialect.proofs(proof_type, proofs),
    }


def issued(reply: Reply, dialect: Dialect = LATEST) -> list[tuple[str, Any]]:
    """Give the credentials of a successful Credential Response, each after its JSON Pointer."""
    return dialect.issued(reply.object) if reply.successful else []


def credentials(reply: Reply, dialect: Dialect = LATEST) -> list[Any]:
    """Give the credentials of a successful Credential Response, well-formed or not."""
    return [raw for _, raw in issued(reply, dialect)]


_HANDED_OUT = ("credentials", "credential", "transaction_id", "acceptance_token")


def carries_credential(reply: Reply) -> bool:
    """Whether an answer hands anything out: a credential, or the promise of one, whatever its status."""
    members = reply.object
    return any(members.get(name) for name in _HANDED_OUT)
