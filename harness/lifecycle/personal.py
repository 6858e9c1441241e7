"""Whether the URI of a status list tells whose credential it is for.

The URI is disclosed in every presentation and asked for by every verifier, so nothing in it may be the person's or
the one credential's own. What is looked for are values that the credential itself has: its identifiers, those of
its subject, the key it is bound to, and claims by which a person is known; as they are, or as a hash of them.
Values that many people share, such as a country or a kind of card, are not looked for: lists may go by these.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.formats import jwk
from harness.formats.base64url import encode
from harness.formats.credential import Credential

_PERSONAL = frozenset(
    {
        *("given_name", "family_name", "name", "nickname", "preferred_username", "username", "givenName"),
        *("familyName", "full_name", "birth_date", "birthdate", "birthDate", "family_name_birth"),
        *("given_name_birth", "given_name_national_character", "family_name_national_character"),
        *("email", "email_address", "phone_number", "mobile_phone_number", "telephone", "street_address"),
        *("resident_address", "personal_administrative_number", "administrative_number", "document_number"),
        *("person_id", "user_id", "account", "account_id", "customer_id", "member_id", "student_id"),
    }
)
"""Names of claims by which a person is known: OpenID Connect, ISO/IEC 18013-5, the PID Rulebook, and others."""
_IDENTIFIERS = ("sub", "jti", "id")
_NOT_OF_SUBJECT = frozenset({"iss", "vct", "cnf", "status"})
_SHORTEST = 5
"""Characters from which on it is no accident that a word of a URI is a value of the credential."""
_SHORTEST_PART = 8
"""The same of the last part of an identifier."""


def identifying_values(credential: Credential) -> dict[str, str]:
    """Give the values by which a person or the one credential can be known, each with a name for it."""
    found = {value: name for name, value in _values(credential.claims) if len(value) >= _SHORTEST}
    key = credential.holder_key
    if key is not None:
        found[jwk.thumbprint(key)] = "the thumbprint of the key"
        if isinstance(key.get("x"), str):
            found[key["x"]] = "the key"
    return found


def told_by(uri: str, values: Mapping[str, str], home: str = "") -> list[str]:
    """Give the names of the values that stand in a URI, in its path, query or fragment.

    Args:
        uri: of a status list.
        values: with their names.
        home: the identifier of the issuer; what stands in it is nobody's own.

    """
    text, at_home = _tail(uri), _tail(home)
    return sorted(
        {
            name
            for value, name in values.items()
            if any(_stands_in(form, text) and not _stands_in(form, at_home) for form in _forms(value))
        }
    )


def _values(claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _IDENTIFIERS:
        if isinstance(claims.get(name), str):
            yield name, claims[name]
    if "credentialSubject" in claims:
        # What else a W3C credential has is about the credential, or about its issuer.
        yield from _personal("credentialSubject", claims["credentialSubject"])
        return
    for name, members in claims.items():
        if name not in _NOT_OF_SUBJECT:
            yield from _personal(name, members)


def _personal(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for inner, member in value.items():
            yield from _personal(str(inner), member)
    elif isinstance(value, list):
        for item in value:
            yield from _personal(name, item)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        text = str(value)
        if name in _PERSONAL or name in _IDENTIFIERS or "@" in text:
            yield name, text


def _tail(uri: str) -> str:
    """Give what comes after the host, decoded."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return unquote(uri)
    return unquote(f"{parts.path}?{parts.query}#{parts.fragment}")


def _forms(value: str) -> Iterator[str]:
    """Give a value as it may stand in a URI: itself, the last part of an identifier, and hashes."""
    yield value
    last = re.split("[:/#]", value)[-1]
    if len(last) >= _SHORTEST_PART:
        yield last
    data = value.encode()
    for name in ("sha256", "sha1", "md5"):
        digest = hashlib.new(name, data, usedforsecurity=False)
        yield digest.hexdigest()
        yield encode(digest.digest())


def _stands_in(form: str, text: str) -> bool:
    """Say whether a text has this as whole words."""
    return re.search(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", text, re.IGNORECASE) is not None
