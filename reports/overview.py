"""The issuer at a glance: what it offers, which algorithms it uses, whose certificates and keys were seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.model import Json

_COSE = {-7: "ES256", -8: "EdDSA", -9: "ESP256", -19: "Ed25519", -35: "ES384", -36: "ES512", -51: "ESP384",
         -52: "ESP512", -53: "Ed448"}  # fmt: skip
"""Names of COSE algorithms (IANA registry of COSE algorithms)."""
_NO_KEYS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
"""Members of a JWK that are secret; a document of an issuer may carry them by mistake."""


@dataclass(frozen=True)
class Configuration:
    """One Credential Configuration: what the metadata announces beside what was issued."""

    name: str
    format: str
    type: str
    announced: str
    """Algorithms that the metadata announces for its signature."""
    used: str
    """Those that were seen; empty when no credential was."""
    bound_by: str
    """Key proofs, or the absence of them."""
    issued: int


@dataclass(frozen=True)
class Certificate:
    """One certificate of a credential's signer."""

    facts: Mapping[str, Json]
    algorithm: str
    credentials: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A key that a credential names without a certificate, or that the metadata publishes."""

    name: str
    kind: str
    use: str


@dataclass(frozen=True)
class Overview:
    """The tables above the documents."""

    endpoints: tuple[tuple[str, str], ...]
    """Name in the metadata and URL."""
    configurations: tuple[Configuration, ...]
    certificates: tuple[Certificate, ...]
    keys: tuple[Key, ...]


def overview(issuer: Mapping[str, Json]) -> Overview:
    """Gather the tables from ``issuer`` of a report, whatever the issuer published."""
    metadata = _object(issuer.get("metadata"))
    signers = [_object(signer) for signer in _list(issuer.get("signers"))]
    return Overview(
        tuple(_endpoints(metadata, issuer.get("authorization_servers"))),
        tuple(_configurations(metadata, _object(issuer.get("credentials")), signers)),
        tuple(_certificates(signers)),
        tuple(_keys(metadata, signers)),
    )


def _endpoints(metadata: Mapping[str, Json], servers: Json) -> Iterator[tuple[str, str]]:
    documents = [
        metadata,
        *map(_object, _object(servers).values() if isinstance(servers, Mapping) else _list(servers)),
    ]
    seen: set[tuple[str, str]] = set()
    for document in documents:
        for name, value in document.items():
            if name.endswith("_endpoint") and isinstance(value, str) and (name, value) not in seen:
                seen.add((name, value))
                yield name, value


def _configurations(
    metadata: Mapping[str, Json], credentials: Mapping[str, Json], signers: list[Mapping[str, Json]]
) -> Iterator[Configuration]:
    for name, value in _object(metadata.get("credential_configurations_supported")).items():
        described = _object(value)
        labels = [label for label in credentials if _belongs(label, name)]
        used = [
            _algorithm(signer.get("algorithm"))
            for signer in signers
            if any(_belongs(str(label), name) for label in _list(signer.get("credentials")))
        ]
        proofs = _object(described.get("proof_types_supported"))
        yield Configuration(
            name=name,
            format=_text(described.get("format")),
            type=_type(described),
            announced=_words(map(_algorithm, _list(described.get("credential_signing_alg_values_supported")))),
            used=_words(used),
            bound_by=_words(proofs),
            issued=sum(len(_list(credentials[label])) for label in labels),
        )


def _certificates(signers: list[Mapping[str, Json]]) -> Iterator[Certificate]:
    found: dict[str, tuple[Mapping[str, Json], list[str], list[str]]] = {}
    for signer in signers:
        for entry in map(_object, _list(signer.get("certificates"))):
            _, algorithms, labels = found.setdefault(str(entry.get("sha256")), (entry, [], []))
            algorithms.append(_algorithm(signer.get("algorithm")))
            labels += map(str, _list(signer.get("credentials")))
    for entry, algorithms, labels in found.values():
        yield Certificate(entry, _words(algorithms), tuple(dict.fromkeys(labels)))


def _keys(metadata: Mapping[str, Json], signers: list[Mapping[str, Json]]) -> Iterator[Key]:
    for signer in signers:
        if not signer.get("certificates"):
            name = signer.get("key_id") or signer.get("issuer")
            labels = dict.fromkeys(str(label).partition(":")[0] for label in _list(signer.get("credentials")))
            yield Key(_text(name) or "not named", _algorithm(signer.get("algorithm")), f"signs {_words(labels)}")
    encryption = _object(metadata.get("credential_request_encryption"))
    for key in map(_object, _list(_object(encryption.get("jwks")).get("keys"))):
        kind = _words([_text(key.get(name)) for name in ("kty", "crv", "alg")])
        secret = ", with secret members" if _NO_KEYS.intersection(key) else ""
        yield Key(_text(key.get("kid")) or "not named", kind, f"encrypts Credential Requests{secret}")


def _belongs(label: str, configuration: str) -> bool:
    return label == configuration or label.startswith(f"{configuration}:")


def _type(described: Mapping[str, Json]) -> str:
    types = _list(_object(described.get("credential_definition")).get("type"))
    return _text(described.get("vct") or described.get("doctype")) or _words(map(_text, types))


def _algorithm(value: Json) -> str:
    """Name an algorithm; the numbers of COSE with their names."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{_COSE[value]} ({value})" if value in _COSE else str(value)
    return _text(value)


def _words(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _text(value: Json) -> str:
    return "" if value is None else str(value)


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
