"""Dialects: how messages are spelled in one version of OpenID4VCI, or by an ecosystem that has its own way.

A dialect is a TOML file of this package and says nothing but what the wallet has to know to speak it. It may
extend another one, of which it then tells the differences only. Another draft is another file; what none of the
dialects so far does differently is in the wallet's own code, and becomes a key here when the first one does.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from harness import toml_file

NONCE_SOURCES = ("nonce-endpoint", "token-response", "credential-response", "access-token")
"""Where a ``c_nonce`` can come from."""
CREDENTIAL_NAMES = ("credential_identifier", "credential_configuration_id", "format")
"""Members by which a Credential Request can name the credential."""


class DialectError(Exception):
    """There is no such dialect, or its file is broken; the message is one line."""


@dataclass(frozen=True)
class Dialect:
    """How messages are spelled."""

    name: str
    """As ``[dialect] oid4vci`` spells it."""
    title: str
    well_known: str
    """Where the well-known path goes in the URL of issuer metadata: ``inserted`` before the path of the
    identifier, or ``appended`` to it."""
    request_names: tuple[str, ...]
    """Members that name the credential in a Credential Request, of which the first is used that can be: some of
    ``CREDENTIAL_NAMES``; none where the Access Token says it."""
    format_members: Mapping[str, tuple[str, ...]]
    """Credential format to the members of its metadata that a request by ``format`` repeats; a dot leads into an
    object."""
    one_proof: str
    """Member for the key proof of a request for one key: ``proof``, or ``proofs`` as for several keys."""
    nonce_from: tuple[str, ...]
    """Where the ``c_nonce`` of a key proof comes from, the first choice first: some of ``NONCE_SOURCES``."""
    credentials: tuple[str, ...]
    """JSON Pointers to the credentials of a Credential Response; ``*`` stands for every index of an array."""
    proof_type: str | None = None
    """The proof type of every request, whatever the metadata says; ``None``: the metadata says it."""
    proof_algorithms: tuple[str, ...] = ()
    """JWS algorithms of every proof; empty: the metadata says it."""
    key_form: str | None = None
    """How every proof carries its key; ``None``: the metadata says it."""
    proof_issuer: str | None = None
    """``iss`` of every proof; ``None``: the ``client_id``, where the wallet has one."""
    authorization_server: Mapping[str, Any] = field(default_factory=dict)
    """Metadata of every Authorization Server, which the wallet then does not ask for; ``{server}`` stands for its
    identifier."""

    @property
    def fixed_servers(self) -> bool:
        """Whether the wallet knows its Authorization Servers without asking for their metadata."""
        return bool(self.authorization_server)

    def server_metadata(self, identifier: str) -> dict[str, Any]:
        """Give the metadata of an Authorization Server that the wallet does not ask for any."""
        server = identifier.rstrip("/")
        return {
            name: value.replace("{server}", server) if isinstance(value, str) else value
            for name, value in self.authorization_server.items()
        }

    def credential_name(
        self, configuration_id: str, identifier: str | None, configuration: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the members of a Credential Request that name the credential.

        Args:
            configuration_id: of the Credential Configuration.
            identifier: one of the ``credential_identifiers`` of the Token Response, when it returned any.
            configuration: the metadata of the configuration.

        """
        for name in self.request_names:
            if name == "credential_identifier" and identifier is not None:
                return {name: identifier}
            if name == "credential_configuration_id":
                return {name: configuration_id}
            if name == "format":
                asked = configuration.get("format")
                return {name: asked, **_copied(configuration, self.format_members.get(str(asked), ()))}
        return {}

    def proofs(self, proof_type: str, values: Sequence[Any]) -> dict[str, Any]:
        """Give the member of a Credential Request that carries key proofs of one type; none for no proofs."""
        if not values:
            return {}
        if self.one_proof == "proof" and len(values) == 1:
            return {"proof": {"proof_type": proof_type, proof_type: values[0]}}
        return {"proofs": {proof_type: list(values)}}

    def issued(self, response: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Give the credentials of a Credential Response, well-formed or not, each after its JSON Pointer."""
        return [found for pointer in self.credentials for found in _at(response, pointer.split("/")[1:], "")]


def names() -> tuple[str, ...]:
    """Give the names of the dialects, sorted."""
    files = importlib.resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def load(name: str) -> Dialect:
    """Read a dialect.

    Raises:
        DialectError: no such dialect, or its file is none.

    """
    table = _table(name)
    sections = {key: table.pop(key, {}) for key in ("metadata", "request", "proof", "response")}
    proof = sections["proof"]
    try:
        made = Dialect(
            name=table.pop("name"),
            title=table.pop("title"),
            well_known=sections["metadata"]["well_known"],
            request_names=tuple(sections["request"]["names"]),
            format_members={key: tuple(value) for key, value in sections["request"]["format_members"].items()},
            one_proof=sections["request"]["one_proof"],
            nonce_from=tuple(proof["nonce_from"]),
            credentials=tuple(sections["response"]["credentials"]),
            proof_type=proof.get("type"),
            proof_algorithms=tuple(proof.get("algorithms", ())),
            key_form=proof.get("key_form"),
            proof_issuer=proof.get("issuer"),
            authorization_server=table.pop("authorization_server", {}),
        )
    except KeyError as error:
        raise DialectError(f"{name}.toml: there is no {error.args[0]!r}") from error
    _refuse_unknown(made, table)
    return made


def _table(name: str) -> dict[str, Any]:
    if name not in names():
        raise DialectError(f'there is no dialect "{name}"; known are {", ".join(names())}')
    table = toml_file.read(importlib.resources.files(__name__).joinpath(f"{name}.toml"), DialectError)
    below = table.pop("extends", None)
    return table if below is None else _over(_table(below), table)


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a dialect over the one it extends, table by table."""
    both = {**lower, **upper}
    for key in lower.keys() & upper.keys():
        if isinstance(lower[key], dict) and isinstance(upper[key], dict):
            both[key] = _over(lower[key], upper[key])
    return both


def _refuse_unknown(made: Dialect, rest: Mapping[str, Any]) -> None:
    known: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
        ("metadata.well_known", (made.well_known,), ("inserted", "appended")),
        ("request.names", made.request_names, CREDENTIAL_NAMES),
        ("request.one_proof", (made.one_proof,), ("proof", "proofs")),
        ("proof.nonce_from", made.nonce_from, NONCE_SOURCES),
        ("a key", tuple(rest), ()),
    )
    for place, said, allowed in known:
        for value in said:
            if value not in allowed:
                raise DialectError(f'{made.name}.toml: {place} cannot be "{value}"')


def _copied(source: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """Copy those members that are there."""
    copy: dict[str, Any] = {}
    for path in paths:
        outer, _, inner = path.partition(".")
        value = source.get(outer)
        if inner and isinstance(value, Mapping) and inner in value:
            copy.setdefault(outer, {})[inner] = value[inner]
        elif not inner and outer in source:
            copy[outer] = value
    return copy


def _at(value: Any, path: Sequence[str], here: str) -> Iterator[tuple[str, Any]]:
    if not path:
        yield here, value
    elif path[0] == "*":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _at(item, path[1:], f"{here}/{index}")
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:], f"{here}/{path[0]}")


LATEST = load("1.0")
"""The dialect of the final specification, which the wallet speaks unless it is told otherwise."""
