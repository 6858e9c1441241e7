"""Dialects: how messages are spelled in one version of OpenID4VCI, or by an ecosystem that has its own way.

A dialect is a TOML file of this package and says nothing but what the wallet has to know to speak it. It may
extend another one, of which it then tells the differences only. A team can have one of its own, which is asked for
by its path. Another draft is another file; what none of the
dialects so far does differently is in the wallet's own code, and becomes a key here when the first one does.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from harness import toml_file

NONCE_SOURCES = ("nonce-endpoint", "token-response", "credential-response", "access-token")
"""Where a ``c_nonce`` can come from."""
CREDENTIAL_NAMES = ("credential_identifier", "credential_configuration_id", "format")
"""Members by which a Credential Request can name the credential."""
CONFIGURATIONS = ("credential_configurations_supported", "credentials_supported")
"""Members of the issuer metadata with the Credential Configurations: an object by id, or an array of objects, each
with its ``id`` if it has one."""
SERVERS = ("authorization_servers", "authorization_server")
"""Members of the issuer metadata that name Authorization Servers: an array of identifiers, or one of them."""
PROOFS_NEEDED = ("proof_types_supported", "cryptographic_binding_methods_supported", "always")
"""What says that a Credential Request needs a key proof: a member of the Credential Configuration, or nothing."""

ENCRYPTING_ENDPOINTS = ("credential", "deferred-credential")
"""Endpoints whose responses can be encrypted."""


class DialectError(Exception):
    """There is no such dialect, or its file is broken; the message is one line."""


@dataclass(frozen=True)
class Way:
    """One of several ways in which an issuer may have keys proven."""

    one_proof: str
    """As :attr:`Dialect.one_proof`."""
    key_form: str
    """As :attr:`Dialect.key_form`."""


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
    offered: str
    """Member of the Credential Offer with what it offers: an array of ids of Credential Configurations, where
    ``credentials`` may also have objects that describe one."""
    offer_tx_code: str
    """Member of the pre-authorized code grant that tells of a Transaction Code: the object ``tx_code``, or the
    boolean ``user_pin_required``."""
    tx_code: str
    """Parameter of the Token Request with the Transaction Code: ``tx_code`` or ``user_pin``."""
    configurations: str
    """Member of the issuer metadata with the Credential Configurations: one of ``CONFIGURATIONS``."""
    described_in: str
    """Where a Credential Configuration tells how its credential is shown and what claims it has: in the member
    ``credential_metadata``, or beside its other members, in the ``configuration``."""
    claims: str
    """How claims are described: by an array of objects with a path each, the ``paths`` of OpenID4VCI 1.0 appendix
    B.2, or by ``objects`` that are nested as in the credential."""
    sd_jwt_vc: str
    """What the credential format of SD-JWT VCs is called."""
    servers: str
    """Member of the issuer metadata that names Authorization Servers: one of ``SERVERS``."""
    details_name: str
    """How authorization details name the credential: by ``credential_configuration_id``, or by ``format`` as in a
    Credential Request."""
    proof_needed: str
    """What says that a Credential Request needs a key proof: one of ``PROOFS_NEEDED``."""
    transaction: str
    """Member of a Credential Response that defers issuance: ``transaction_id``, which the wallet comes back with,
    or ``acceptance_token``, which then is its Access Token."""
    pending: str
    """How a Credential that is not ready yet is told at the Deferred Credential Endpoint: by a ``response`` that
    defers it further, or by the ``error`` ``issuance_pending``."""
    encryption_alg: str
    """Where a request for an encrypted response names the JWE ``alg``: in the ``key`` that it gives, or in a
    ``member`` beside that."""
    encryption_for: tuple[str, ...]
    """Endpoints at which a request can ask for an encrypted response: some of ``ENCRYPTING_ENDPOINTS``."""
    encrypted_requests: bool
    """Whether a request can be encrypted, and is where it asks for an encrypted response."""
    key_attestation_type: str
    """``typ`` of a key attestation."""
    batches: bool = True
    """Whether one Credential Request can be for several keys, where the issuer metadata says so."""
    signed_metadata: str = "response"
    """Where issuer metadata are that are signed: in a ``response`` of their own, or in the ``member``
    ``signed_metadata`` of those that are not."""
    member_sources: Mapping[str, str] = field(default_factory=dict)
    """Member of a request by ``format`` to the member of the metadata that it repeats, where that has another
    place; a dot leads into an object."""
    unnamed_binding: tuple[str, ...] = ()
    """Binding methods where a Credential Configuration that asks for a key proof names none; empty: it has to."""
    nonce_with_refusal: bool = False
    """Whether each request that is refused for its key proof brings a ``c_nonce``."""
    proof_on_refusal: bool = False
    """Whether an issuer may ask for a key proof by no more than a refusal with a ``c_nonce``."""
    proof_algorithms_in: str | None = None
    """Member of the Credential Configuration with the JWS algorithms of every proof; ``None``: the metadata of the
    proof type has them."""
    any_did: bool = False
    """Whether ``did`` among the binding methods stands for every DID method."""
    jwk_methods: tuple[str, ...] = ()
    """Binding methods that stand for a JWK in the key proof, besides those of the specification."""
    server_members: tuple[str, ...] = ()
    """Members of the issuer metadata that the wallet takes for those of an Authorization Server that has no
    metadata."""
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Error code of OpenID4VCI 1.0 to the codes that stand for it, where they are others; none where there is no
    code for the matter."""
    proof_type: str | None = None
    """The proof type of every request, whatever the metadata says; ``None``: the metadata says it."""
    proof_algorithms: tuple[str, ...] = ()
    """JWS algorithms of every proof; empty: the metadata says it."""
    key_form: str | None = None
    """How every proof carries its key; ``None``: the metadata says it."""
    proof_issuer: str | None = None
    """``iss`` of every proof; ``None``: the ``client_id``, where the wallet has one."""
    ways: tuple[Way, ...] = ()
    """Ways to prove keys that the wallet tries until the issuer takes one, and then stays with; empty: there is
    one way, which ``one_proof`` and ``key_form`` tell."""
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
                return self.by_format(configuration)
        return {}

    def by_format(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """Give ``format`` and the members that go with it, as they name a credential in a request or an offer."""
        asked = configuration.get("format")
        paths = self.format_members.get(str(asked), ())
        return {"format": asked, **_copied(configuration, paths, self.member_sources)}

    def named_in_details(self, configuration_id: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """Give the members of authorization details that name the credential."""
        if self.details_name == "format":
            return self.by_format(configuration)
        return {"credential_configuration_id": configuration_id}

    def configurations_in(self, metadata: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Give the well-formed Credential Configurations of issuer metadata by id.

        An element of an array that has no ``id`` is named by its JSON Pointer.
        """
        value = metadata.get(self.configurations)
        if isinstance(value, list) and self.configurations == "credentials_supported":
            found: dict[str, dict[str, Any]] = {}
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    name = item.get("id")
                    found.setdefault(name if isinstance(name, str) else f"/{self.configurations}/{index}", item)
            return found
        # Draft 12 had an object under the name that was an array in draft 11.
        return (
            {name: item for name, item in value.items() if isinstance(item, dict)}
            if isinstance(value, dict)
            else {}
        )

    def servers_in(self, metadata: Mapping[str, Any]) -> list[str]:
        """Give the identifiers of Authorization Servers that issuer metadata names."""
        value = metadata.get(self.servers)
        if self.servers == "authorization_server":
            return [value] if isinstance(value, str) else []
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def offered_in(self, offer: Mapping[str, Any], configurations: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Give the ids of the Credential Configurations that a Credential Offer names, in their order.

        Args:
            offer: the offer.
            configurations: those of the metadata by id, in which an object of the offer is looked up.

        """
        found = []
        items = offer.get(self.offered)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str):
                found.append(item)
            elif isinstance(item, Mapping) and self.offered == "credentials":
                found += [name for name, each in configurations.items() if self._describes(item, each)][:1]
        return found

    def _describes(self, offered: Mapping[str, Any], configuration: Mapping[str, Any]) -> bool:
        named = self.by_format(configuration)
        return all(offered.get(name) == value for name, value in named.items())

    def wants_tx_code(self, grant: Mapping[str, Any]) -> bool:
        """Whether the pre-authorized code grant of an offer tells of a Transaction Code."""
        if self.offer_tx_code == "user_pin_required":
            return grant.get(self.offer_tx_code) is True
        return self.offer_tx_code in grant

    @property
    def compression(self) -> bool:
        """Whether a request can ask for a compressed response, which is as old as encrypted requests."""
        return self.encrypted_requests

    @property
    def transaction_is_token(self) -> bool:
        """Whether the wallet comes back for a credential with an Access Token that stands for the transaction."""
        return self.transaction == "acceptance_token"

    def error_codes(self, code: str) -> tuple[str, ...]:
        """Give the error codes that stand for one of OpenID4VCI 1.0: itself where it has not changed.

        None where the version has no code for the matter.
        """
        return self.errors.get(code, (code,))

    def worded(self, codes: Collection[str]) -> frozenset[str]:
        """Give the error codes that stand for some of OpenID4VCI 1.0."""
        return frozenset(own for code in codes for own in self.error_codes(code))

    @property
    def naming_members(self) -> frozenset[str]:
        """Top-level members by which a Credential Request can name a credential, in this version or another."""
        paths = (path for members in self.format_members.values() for path in members)
        return frozenset((*CREDENTIAL_NAMES, *(path.split(".")[0] for path in paths)))

    @property
    def credential_members(self) -> frozenset[str]:
        """Top-level members of a Credential Response that carry credentials."""
        return frozenset(pointer.split("/")[1] for pointer in self.credentials)

    def proofs(self, proof_type: str, values: Sequence[Any]) -> dict[str, Any]:
        """Give the member of a Credential Request that carries key proofs of one type; none for no proofs."""
        if not values:
            return {}
        if self.one_proof == "proof" and len(values) == 1:
            return {"proof": {"proof_type": proof_type, proof_type: values[0]}}
        return {"proofs": {proof_type: list(values)}}

    def in_way(self, way: Way) -> Dialect:
        """Give the same with keys proven in one of its ways."""
        return replace(self, one_proof=way.one_proof, key_form=way.key_form)

    def response_encryption(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Give ``credential_response_encryption`` of a request.

        Args:
            asked: as OpenID4VCI 1.0 section 8.2 defines it, with the ``alg`` in the ``jwk``.

        """
        jwk = asked.get("jwk")
        if self.encryption_alg == "member" and isinstance(jwk, Mapping) and "alg" in jwk:
            return {"jwk": jwk, "alg": jwk["alg"], **asked}
        return dict(asked)

    def still_pending(self, status: int, answer: Mapping[str, Any]) -> bool:
        """Whether an error of the Deferred Credential Endpoint says no more than that the wallet has to wait.

        Args:
            status: the HTTP status code.
            answer: the body.

        """
        return self.pending == "error" and status >= 400 and answer.get("error") == "issuance_pending"

    def issued(self, response: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Give the credentials of a Credential Response, well-formed or not, each after its JSON Pointer."""
        return [found for pointer in self.credentials for found in _at(response, pointer.split("/")[1:], "")]


def names() -> tuple[str, ...]:
    """Give the names of the dialects, sorted."""
    files = importlib.resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def load(name: str) -> Dialect:
    """Read a dialect by its name, or any one by the path of its TOML file.

    Raises:
        DialectError: no such dialect, or its file is none.

    """
    table = _table(name)
    names_ = ("offer", "metadata", "authorization", "token", "request", "proof", "response")
    sections = {key: table.pop(key, {}) for key in names_}
    proof, metadata, request = sections["proof"], sections["metadata"], sections["request"]
    try:
        made = Dialect(
            name=table.pop("name"),
            title=table.pop("title"),
            well_known=sections["metadata"].pop("well_known"),
            request_names=tuple(sections["request"].pop("names")),
            format_members={key: tuple(value) for key, value in sections["request"].pop("format_members").items()},
            one_proof=sections["request"].pop("one_proof"),
            nonce_from=tuple(proof.pop("nonce_from")),
            credentials=tuple(sections["response"].pop("credentials")),
            offered=sections["offer"].pop("credentials"),
            offer_tx_code=sections["offer"].pop("tx_code"),
            tx_code=sections["token"].pop("tx_code"),
            configurations=metadata.pop("configurations"),
            described_in=metadata.pop("described_in"),
            signed_metadata=metadata.pop("signed", "response"),
            claims=metadata.pop("claims"),
            sd_jwt_vc=metadata.pop("sd_jwt_vc"),
            servers=metadata.pop("servers"),
            server_members=tuple(metadata.pop("server_members", ())),
            any_did=metadata.pop("any_did", False),
            jwk_methods=tuple(metadata.pop("jwk_methods", ())),
            details_name=sections["authorization"].pop("details_name"),
            member_sources=request.pop("member_sources", {}),
            proof_needed=proof.pop("needed"),
            unnamed_binding=tuple(proof.pop("unnamed_binding", ())),
            nonce_with_refusal=proof.pop("nonce_with_refusal", False),
            proof_on_refusal=proof.pop("on_refusal", False),
            proof_algorithms_in=proof.pop("algorithms_in", None),
            transaction=sections["response"].pop("transaction"),
            errors={key: tuple(value) for key, value in table.pop("errors", {}).items()},
            pending=sections["response"].pop("pending"),
            encryption_alg=sections["request"].pop("encryption_alg"),
            encryption_for=tuple(sections["request"].pop("encryption_for")),
            encrypted_requests=request.pop("encrypted"),
            batches=request.pop("batches", True),
            key_attestation_type=proof.pop("key_attestation_type"),
            proof_type=proof.pop("type", None),
            proof_algorithms=tuple(proof.pop("algorithms", ())),
            key_form=proof.pop("key_form", None),
            proof_issuer=proof.pop("issuer", None),
            ways=tuple(Way(way["one_proof"], way["key_form"]) for way in table.pop("ways", ())),
            authorization_server=table.pop("authorization_server", {}),
        )
        rest = (*table, *(f"{section}.{key}" for section, keys in sections.items() for key in keys))
        _refuse_unknown(made, rest, _file(name))
    except KeyError as error:
        raise DialectError(f"{_file(name)}: there is no {error.args[0]!r}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise DialectError(f"{_file(name)}: a key has a value of another kind than a dialect's") from error
    return made


def _file(name: str) -> str:
    return Path(name).name if toml_file.is_path(name) else f"{name}.toml"


def _table(name: str) -> dict[str, Any]:
    if toml_file.is_path(name):
        table = toml_file.read(Path(name), DialectError, shown=f"the dialect {name}")
    elif name in names():
        table = toml_file.read(importlib.resources.files(__name__).joinpath(f"{name}.toml"), DialectError)
    else:
        raise DialectError(f'there is no dialect "{name}"; known are {", ".join(names())}')
    below = table.pop("extends", None)
    if below is None:
        return table
    if below not in names():
        raise DialectError(f'{_file(name)}: "extends" has to be one of {", ".join(names())}')
    return _over(_table(below), table)


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a dialect over the one it extends, table by table."""
    both = {**lower, **upper}
    for key in lower.keys() & upper.keys():
        if isinstance(lower[key], dict) and isinstance(upper[key], dict):
            both[key] = _over(lower[key], upper[key])
    return both


def _refuse_unknown(made: Dialect, rest: Sequence[str], file: str) -> None:
    known: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
        ("metadata.well_known", (made.well_known,), ("inserted", "appended")),
        ("request.names", made.request_names, CREDENTIAL_NAMES),
        ("request.one_proof", (made.one_proof, *(way.one_proof for way in made.ways)), ("proof", "proofs")),
        ("proof.nonce_from", made.nonce_from, NONCE_SOURCES),
        ("offer.credentials", (made.offered,), ("credential_configuration_ids", "credentials")),
        ("offer.tx_code", (made.offer_tx_code,), ("tx_code", "user_pin_required")),
        ("token.tx_code", (made.tx_code,), ("tx_code", "user_pin")),
        ("metadata.configurations", (made.configurations,), CONFIGURATIONS),
        ("metadata.described_in", (made.described_in,), ("credential_metadata", "configuration")),
        ("metadata.signed", (made.signed_metadata,), ("response", "member")),
        ("metadata.claims", (made.claims,), ("paths", "objects")),
        ("metadata.sd_jwt_vc", (made.sd_jwt_vc,), ("dc+sd-jwt", "vc+sd-jwt")),
        ("metadata.servers", (made.servers,), SERVERS),
        ("authorization.details_name", (made.details_name,), ("credential_configuration_id", "format")),
        ("proof.needed", (made.proof_needed,), PROOFS_NEEDED),
        ("response.transaction", (made.transaction,), ("transaction_id", "acceptance_token")),
        ("response.pending", (made.pending,), ("response", "error")),
        ("request.encryption_alg", (made.encryption_alg,), ("key", "member")),
        ("request.encryption_for", made.encryption_for, ENCRYPTING_ENDPOINTS),
        ("a key", rest, ()),
    )
    for place, said, allowed in known:
        for value in said:
            if value not in allowed:
                raise DialectError(f'{file}: {place} cannot be "{value}"')


def _copied(source: Mapping[str, Any], paths: Sequence[str], places: Mapping[str, str]) -> dict[str, Any]:
    """Copy those members that are there, from where ``places`` has them if it names them."""
    copy: dict[str, Any] = {}
    for path in paths:
        for value in _member(source, places.get(path, path)):
            outer, _, inner = path.partition(".")
            if inner:
                copy.setdefault(outer, {})[inner] = value
            else:
                copy[outer] = value
    return copy


def _member(source: Mapping[str, Any], path: str) -> Iterator[Any]:
    """Give the member at a path, if it is there."""
    outer, _, inner = path.partition(".")
    if inner and isinstance(source.get(outer), Mapping):
        yield from _member(source[outer], inner)
    elif not inner and outer in source:
        yield source[outer]


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
