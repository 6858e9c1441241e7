"""Authorization requests and responses: OpenID4VCI 1.0 section 5, RFC 6749 section 4.1, RFC 7636, RFC 9207.

The functions give what is right; a check changes single parameters before the request is sent.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from jwcrypto.common import base64url_encode

CREDENTIAL = "openid_credential"
"""Type of the authorization details that ask for a credential (OpenID4VCI 1.0 section 5.1.1)."""

_VERIFIER_BYTES = 32
"""As many as RFC 7636 section 4.1 recommends: 43 characters."""


@dataclass(frozen=True)
class Pkce:
    """A code verifier and the S256 code challenge made of it (RFC 7636 section 4)."""

    verifier: str
    challenge: str
    method: str = "S256"


def pkce(random: Callable[[int], bytes] = secrets.token_bytes) -> Pkce:
    """Make a code verifier and its challenge.

    Args:
        random: gives as many random bytes as it is asked for.

    """
    verifier = base64url_encode(random(_VERIFIER_BYTES))
    return Pkce(verifier, challenge_of(verifier))


def challenge_of(verifier: str) -> str:
    """Give the S256 code challenge of a code verifier (RFC 7636 section 4.2)."""
    challenge: str = base64url_encode(hashlib.sha256(verifier.encode("ascii")).digest())
    return challenge


def details(
    configuration_ids: Sequence[str],
    *,
    locations: Sequence[str] | None = None,
    claims: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    naming: Callable[[str], Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Give the ``authorization_details`` that ask for credentials (section 5.1.1, RFC 9396 section 2).

    Args:
        configuration_ids: one object is made for each.
        locations: the Credential Issuer Identifier, where its metadata names Authorization Servers.
        claims: Credential Configuration id to claims descriptions (appendix B.1), for those that have any.
        naming: gives the members that name a credential, where the id of its configuration does not.

    """
    found = []
    for configuration_id in configuration_ids:
        by_id = {"credential_configuration_id": configuration_id}
        item: dict[str, Any] = {"type": CREDENTIAL, **(naming(configuration_id) if naming else by_id)}
        if locations is not None:
            item["locations"] = list(locations)
        if claims and configuration_id in claims:
            item["claims"] = [dict(description) for description in claims[configuration_id]]
        found.append(item)
    return found


def parameters(
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    pkce: Pkce | None = None,
    scope: str | None = None,
    authorization_details: Sequence[Mapping[str, Any]] | None = None,
    issuer_state: str | None = None,
    resource: str | None = None,
    dpop_jkt: str | None = None,
) -> dict[str, str]:
    """Give the parameters of a right Authorization Request (section 5.1).

    Args:
        state: ties the response to this request (RFC 6749 section 10.12).
        scope: scope values, separated by spaces.
        authorization_details: as :func:`details` gives them; both may be asked for at once.
        issuer_state: from the Credential Offer.
        resource: the Credential Issuer Identifier (RFC 8707 section 2).
        dpop_jkt: thumbprint of the DPoP key that the code is to be bound to (RFC 9449 section 10).

    """
    given = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": pkce.challenge if pkce else None,
        "code_challenge_method": pkce.method if pkce else None,
        "scope": scope,
        "authorization_details": None if authorization_details is None else written(authorization_details),
        "issuer_state": issuer_state,
        "resource": resource,
        "dpop_jkt": dpop_jkt,
    }
    return {name: value for name, value in given.items() if value is not None}


def written(authorization_details: Sequence[Mapping[str, Any]]) -> str:
    """Give ``authorization_details`` as the value of the parameter (RFC 9396 section 2)."""
    return json.dumps(list(authorization_details), ensure_ascii=False, separators=(",", ":"))


def url(endpoint: str, parameters: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Give the URL that the user is sent to; what the endpoint's query holds already stays (RFC 6749 section 3.1).

    Args:
        parameters: pairs where one parameter is sent more than once.

    """
    before, _, _ = endpoint.partition("#")
    joint = "" if before.endswith(("?", "&")) else "&" if "?" in before else "?"
    return f"{before}{joint}{urlencode(parameters)}"


@dataclass(frozen=True)
class AuthorizationResponse:
    """What came back to the Redirection Endpoint (RFC 6749 sections 4.1.2 and 4.1.2.1).

    Attributes:
        redirected: the whole URL as the server gave it.
        parameters: query parameters in their order, with those that the redirect URI had itself.
        fragment: what stands after "#", where no parameter of a code flow belongs.

    """

    redirected: str
    parameters: tuple[tuple[str, str], ...]
    fragment: str

    def values(self, name: str) -> list[str]:
        """Give all values of a parameter; more than one breaks RFC 6749 section 3.1."""
        return [value for key, value in self.parameters if key == name]

    def get(self, name: str) -> str | None:
        """Give the first value of a parameter, or ``None`` when it is missing."""
        return next(iter(self.values(name)), None)

    @property
    def code(self) -> str | None:
        """The authorization code."""
        return self.get("code") or None

    @property
    def state(self) -> str | None:
        """The state of the request."""
        return self.get("state")

    @property
    def iss(self) -> str | None:
        """Issuer identifier of the server that answers (RFC 9207 section 2)."""
        return self.get("iss")

    @property
    def error(self) -> str | None:
        """The error code."""
        return self.get("error")


def leads_to(url: str, redirect_uri: str) -> bool:
    """Whether a URL is the redirect URI, but for what the server added to its query or as a fragment."""
    try:
        return _place(urlsplit(url)) == _place(urlsplit(redirect_uri))
    except ValueError:
        return False


def _place(parts: SplitResult) -> str:
    # Scheme and host have no case, and an empty path is "/" (RFC 3986 sections 6.2.2.1 and 6.2.3).
    path = parts.path or ("/" if parts.netloc else "")
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, "", ""))


def read_response(url: str, redirect_uri: str) -> AuthorizationResponse | None:
    """Read the URL that the user was sent back to; ``None`` when it does not lead to the redirect URI."""
    if not leads_to(url, redirect_uri):
        return None
    parts = urlsplit(url)
    return AuthorizationResponse(url, tuple(parse_qsl(parts.query, keep_blank_values=True)), parts.fragment)
