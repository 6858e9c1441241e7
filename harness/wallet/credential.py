"""Credential Requests and Responses: OpenID4VCI 1.0 section 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.transport import Reply


def body(
    *,
    configuration_id: str,
    identifier: str | None = None,
    proofs: Sequence[str | Mapping[str, Any]] = (),
    proof_type: str = "jwt",
) -> dict[str, Any]:
    """Give the body of a right Credential Request (section 8.2).

    Args:
        configuration_id: used when the Token Response returned no identifiers.
        identifier: one of the ``credential_identifiers`` of the Token Response, when it returned any.
        proofs: of one type, as they stand in the request; none for a configuration without key binding.
        proof_type: ``jwt``, ``attestation`` or ``di_vp`` (appendix F).

    """
    request: dict[str, Any] = (
        {"credential_configuration_id": configuration_id}
        if identifier is None
        else {"credential_identifier": identifier}
    )
    if proofs:
        request["proofs"] = {proof_type: list(proofs)}
    return request


def credentials(reply: Reply) -> list[Any]:
    """Give the values of ``credential`` in a successful Credential Response, well-formed or not."""
    items = reply.object.get("credentials") if reply.successful else None
    if not isinstance(items, list):
        return []
    return [item["credential"] for item in items if isinstance(item, dict) and "credential" in item]


def carries_credential(reply: Reply) -> bool:
    """Whether an answer hands anything out: a credential, or the promise of one, whatever its status."""
    members = reply.object
    return any(members.get(name) for name in ("credentials", "credential", "transaction_id"))
