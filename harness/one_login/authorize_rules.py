"""The rules of ``/authorize`` (docs: authenticate your user), for requests in the query and in request objects.

Each rule looks at one thing and refuses, or says nothing. They are asked in the order of the real service, which
decides what a request with several mistakes is answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats.problems import shown
from harness.one_login import vectors
from harness.one_login.authorization_request import AuthorizationRequest, Destination
from harness.one_login.refusals import RedirectedRefusal
from harness.one_login.relying_party import CLAIMS, SCOPES, RelyingParty

RESPONSE_MODES = ("query", "fragment")
_PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_LONGEST_LOGIN_HINT = 256
_CHANNELS = ("web", "generic_app")
_IN_THE_QUERY = frozenset({"response_type", "scope", "client_id"})
"""What stands in the query beside a request object, with the same values."""


@dataclass(frozen=True)
class Asked:
    """An authorization request whose answer can be sent to the service."""

    client: RelyingParty
    query: Mapping[str, str]
    repeated: tuple[str, ...]
    """Parameters of the query that stand there more than once."""
    request_object: Mapping[str, Any] | None
    """Claims of the request object, where there is one."""
    audience: str
    """What ``aud`` of a request object has to be."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The parameters that count."""
        return self.query if self.request_object is None else self.request_object

    def text(self, name: str) -> str | None:
        """Give a parameter that is a text with something in it."""
        value = self.values.get(name)
        return value if isinstance(value, str) and value else None


def _invalid_request(because: str, description: str = "Invalid request") -> RedirectedRefusal:
    return RedirectedRefusal("invalid_request", description, because)


def _request_object_where_required(asked: Asked) -> None:
    if asked.client.request_object_required and asked.request_object is None:
        told = "JAR required for client but request does not contain Request Object"
        raise RedirectedRefusal("access_denied", told)


def _no_repetition(asked: Asked) -> None:
    if asked.repeated:
        raise _invalid_request(f"stands there more than once: {', '.join(asked.repeated)}")


def _state(asked: Asked) -> None:
    if asked.text("state") is None:
        raise _invalid_request("state is missing", "Request is missing state parameter")


def _no_request_uri(asked: Asked) -> None:
    if asked.query.get("request_uri"):
        raise RedirectedRefusal("request_uri_not_supported", "Request URI parameter not supported")


def _response_type(asked: Asked) -> None:
    for values in (asked.query, asked.values):
        if not values.get("response_type"):
            raise _invalid_request("response_type is missing")
        if values["response_type"] != "code":
            told = f"response_type is {shown(values['response_type'])} and not code"
            raise RedirectedRefusal("unsupported_response_type", "Unsupported response type", told)


def _scope(asked: Asked) -> None:
    for values in (asked.query, asked.values):
        scope = values.get("scope")
        if not isinstance(scope, str) or not scope:
            raise _invalid_request("scope is missing")
        names = scope.split(" ")
        unknown = [name for name in names if name not in SCOPES or name not in asked.client.scopes]
        if unknown:
            told = f"scope {' '.join(unknown)!r} is unknown, or the client is not registered for it"
            raise RedirectedRefusal("invalid_scope", "Invalid, unknown or malformed scope", told)
        if "openid" not in names:
            raise _invalid_request("scope has no openid")


def _request_object_is_the_clients(asked: Asked) -> None:
    claims = asked.request_object
    if claims is None:
        return
    if claims.get("client_id") != asked.client.client_id:
        raise RedirectedRefusal(
            "unauthorized_client", "Unauthorized client", "client_id of the request object is another"
        )
    if claims.get("request") is not None or claims.get("request_uri") is not None:
        raise _invalid_request("a request object holds neither request nor request_uri")
    audience = claims.get("aud")
    if asked.audience not in (audience if isinstance(audience, list) else [audience]):
        told = "Access denied by resource owner or authorization server"
        found = f"aud of the request object is {shown(audience)} and not {asked.audience}"
        raise RedirectedRefusal("access_denied", told, found)
    if claims.get("iss") != asked.client.client_id:
        raise RedirectedRefusal(
            "unauthorized_client", "Unauthorized client", "iss of the request object is not the client_id"
        )


def _request_object_agrees(asked: Asked) -> None:
    if asked.request_object is None:
        return
    for name in sorted(_IN_THE_QUERY):
        if asked.query.get(name) != asked.request_object.get(name):
            raise _invalid_request(
                f"{name} differs between the query and the request object, or is missing in one"
            )


def _claims(asked: Asked) -> None:
    allowed = {name for name in CLAIMS if name in asked.client.claims}
    unknown = [name for name in _claims_asked_for(asked) if name not in allowed]
    if unknown:
        told = f"the claim {shown(unknown[0])} is unknown, or the client is not registered for it"
        raise _invalid_request(told, "Request contains invalid claims")


def _nonce(asked: Asked) -> None:
    if asked.client.nonce_required and asked.text("nonce") is None:
        raise _invalid_request("nonce is missing", "Request is missing nonce parameter")


def _vtr(asked: Asked) -> None:
    told = "Request vtr not valid"
    try:
        asked_for = vectors.read(asked.values.get("vtr") or None)
    except vectors.VectorError as problem:
        raise _invalid_request(str(problem), told) from None
    if not any(vector.identity for vector in asked_for):
        return
    if asked.client.client_secret is not None:
        raise _invalid_request("client_secret_post allows no identity", told)
    unknown = sorted({vector.confidence for vector in asked_for} - set(asked.client.levels))
    if unknown:
        raise _invalid_request(f"the client is not registered for {unknown[0]}", "Request vtr is not permitted")


def _ui_locales(asked: Asked) -> None:
    if asked.request_object is None:
        return  # what cannot be read is passed over there
    value = asked.values.get("ui_locales")
    if value is not None and not (
        isinstance(value, str) and all(_LOCALE.fullmatch(tag) for tag in value.split(" "))
    ):
        raise _invalid_request("ui_locales holds no language tags", "ui_locales parameter is invalid")


def _max_age(asked: Asked) -> None:
    value = asked.values.get("max_age")
    if value in (None, ""):
        return
    in_object = asked.request_object is not None
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,15}", str(value)):
        description = "Max age could not be parsed to an integer" if in_object else "Invalid request"
        raise _invalid_request("max_age is no integer", description)
    if int(value) < 0:
        place = "request object" if in_object else "query params"
        raise _invalid_request("max_age is negative", f"Max age is negative in {place}")


def _pkce(asked: Asked) -> None:
    challenge, method = asked.values.get("code_challenge"), asked.text("code_challenge_method")
    if challenge is None:
        if asked.client.pkce_required:
            told = "Request is missing code_challenge parameter, but PKCE is enforced."
            raise _invalid_request("code_challenge is missing", told)
        return
    if not isinstance(challenge, str) or not challenge.strip():
        raise _invalid_request("code_challenge is empty", "Invalid value for code_challenge parameter.")
    if method is None:
        told = "Request is missing code_challenge_method parameter. "
        told += "code_challenge_method is required when code_challenge is present."
        raise _invalid_request("code_challenge_method is missing", told)
    if method != "S256":
        raise _invalid_request("only S256 is supported", "Invalid value for code_challenge_method parameter.")


def _login_hint(asked: Asked) -> None:
    if asked.request_object is not None and len(asked.text("login_hint") or "") > _LONGEST_LOGIN_HINT:
        raise _invalid_request("login_hint is too long", "login_hint parameter is invalid")


def _channel(asked: Asked) -> None:
    if asked.values.get("channel") not in (None, "", *_CHANNELS):
        raise _invalid_request("channel is unknown", "Invalid value for channel parameter.")


def _prompt(asked: Asked) -> None:
    prompts = _prompts(asked)
    if not set(prompts) <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise _invalid_request("prompt has a value that OpenID Connect does not define, or none with others")
    if "select_account" in prompts:
        told = "Unmet authentication requirements"
        raise RedirectedRefusal("unmet_authentication_requirements", told, "prompt=select_account is unsupported")


def _active(asked: Asked) -> None:
    if asked.client.deactivated:
        raise RedirectedRefusal("unauthorized_client", "client deactivated")


RULES: tuple[Callable[[Asked], None], ...] = (
    _active,
    _request_object_where_required,
    _no_repetition,
    _state,
    _no_request_uri,
    _response_type,
    _scope,
    _request_object_is_the_clients,
    _request_object_agrees,
    _claims,
    _nonce,
    _vtr,
    _ui_locales,
    _max_age,
    _pkce,
    _login_hint,
    _channel,
    _prompt,
)


def accepted(asked: Asked, destination: Destination) -> AuthorizationRequest:
    """Give what is asked for.

    Raises:
        RedirectedRefusal: a rule is broken.

    """
    for rule in RULES:
        rule(asked)
    max_age = asked.values.get("max_age")
    prompts = _prompts(asked)
    again = asked.request_object is not None and "login" in prompts
    return AuthorizationRequest(
        client=asked.client,
        destination=destination,
        scopes=tuple(str(asked.text("scope")).split(" ")),
        nonce=asked.text("nonce"),
        vector=vectors.read(asked.values.get("vtr") or None)[0],
        claims=_claims_asked_for(asked),
        prompt=prompts,
        max_age=None if max_age in (None, "") else int(str(max_age)),
        language=_language(asked),
        code_challenge=asked.text("code_challenge"),
        id_token_hint=asked.text("id_token_hint") if again else None,
    )


def _prompts(asked: Asked) -> tuple[str, ...]:
    value = asked.text("prompt")
    return tuple(value.split(" ")) if value else ()


def _language(asked: Asked) -> str:
    tags = (asked.text("ui_locales") or "").split(" ")
    return next((known for tag in tags if (known := tag.partition("-")[0].lower()) in ("en", "cy")), "en")


def _claims_asked_for(asked: Asked) -> tuple[str, ...]:
    value = asked.values.get("claims")
    if value in (None, ""):
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise _invalid_request("claims is no JSON") from None
    at_userinfo = value.get("userinfo", {}) if isinstance(value, dict) else None
    if not isinstance(at_userinfo, dict):
        raise _invalid_request("claims is no JSON object with an object userinfo")
    return tuple(at_userinfo)
