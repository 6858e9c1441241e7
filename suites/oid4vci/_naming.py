"""How Credential Requests name another credential, or carry other proofs, in the words of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.access import Access

_UNKNOWN = "assay-unknown-type"
_AS_THEY_ARE = ("credential_configuration_id", "format")


def without_name(access: Access, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body without what names the credential."""
    return {name: value for name, value in body.items() if name not in access.dialect.naming_members}


def naming(access: Access, body: Mapping[str, Any], configuration_id: str) -> dict[str, Any]:
    """Give the body with the name of a configuration of the metadata, whatever it named before."""
    configuration = access.flow.issuer.configurations.get(configuration_id, {})
    return {
        **without_name(access, body),
        **access.dialect.credential_name(configuration_id, None, configuration),
    }


def naming_unknown(access: Access, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the body with the name of a configuration that does not exist.

    Where requests name a format and a type, the format is known and the type is not.
    """
    configuration = access.flow.issuer.configurations.get(access.configuration_id, {})
    named = access.dialect.credential_name("assay-unknown-configuration", None, configuration)
    return {
        **without_name(access, body),
        **{name: value if name in _AS_THEY_ARE else other_type(value) for name, value in named.items()},
    }


def other_type(value: Any) -> Any:
    """Give a type that nobody knows in the place of another."""
    if isinstance(value, Mapping):
        return {name: of if name == "@context" else other_type(of) for name, of in value.items()}
    if isinstance(value, list):
        return [*value[:1], _UNKNOWN]
    return _UNKNOWN


def with_proofs(body: Mapping[str, Any], **member: Any) -> dict[str, Any]:
    """Give the body with another ``proof`` or ``proofs``, and no more of either."""
    return {**{name: value for name, value in body.items() if name not in ("proof", "proofs")}, **member}
