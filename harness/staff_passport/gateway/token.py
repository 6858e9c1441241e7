"""The token endpoint, and the ID token with what the wallet shared or was issued."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Any

from harness.formats import base64url
from harness.one_login import keys
from harness.reference import staff_passport_gateway as rules
from harness.reference.encoding import json_text
from harness.reference.rules import Refusal
from harness.staff_passport.gateway import answers
from harness.staff_passport.gateway.core import Answer, Code, Core, Exchange

_SUBJECTS = uuid.UUID("6f0b8f0e-2c8c-4f9a-9c53-2d6a4f0f7a61")


@dataclass
class IdToken:
    """An ID token before it is signed."""

    key: keys.SigningKey
    header: dict[str, Any]
    claims: dict[str, Any]

    def compact(self) -> str:
        """Sign it; with the algorithm ``none`` there is no signature."""
        signed = ".".join(base64url.encode(json_text(part).encode()) for part in (self.header, self.claims))
        signature = b"" if self.header.get("alg") == "none" else self.key.sign(signed.encode())
        return f"{signed}.{base64url.encode(signature)}"


async def token(core: Core, exchange: Exchange) -> Answer:
    """Answer a token request (RFC 6749 sections 4.1.3 and 4.1.4)."""
    form = exchange.parameters
    code = core.codes.get(form.get("code"))
    exchange.mode = code.asked.mode if code else None
    if "token-unavailable" in core.misbehaving:
        return answers.problem(exchange, "temporarily_unavailable", "The gateway is made unavailable.", 503)
    if "code-error" in core.misbehaving:
        return answers.problem(exchange, "invalid_grant", "The gateway is made to refuse.")
    call = rules.Call(form, core.client(form.get("client_id")))
    try:
        unsound = core.judge.uphold(rules.TOKEN_CLIENT, call)
        client = core.client_or_any(form.get("client_id"))
        exchange.client_id = client.client_id
        unsound |= core.judge.uphold(rules.TOKEN, call, unsound=unsound)
        redemption = rules.Redemption(
            parameters=form,
            client=client,
            owner=code.asked.client if code else None,
            redirect_uri=code.asked.redirect_uri if code else "",
            ends_at=code.ends_at if code else 0,
            used=code.used if code else False,
            now=core.clock(),
            proven=code is None or _proven(core, code, form.get("code_verifier")),
        )
        core.judge.uphold(rules.REDEMPTION, redemption, unsound=unsound)
        code = code or core.latest_code
        if code is None:
            raise Refusal(400, "invalid_grant", "No code was given so far.")
    except Refusal as refusal:
        return answers.refused(exchange, refusal)
    code.used = True
    return answers.json(_answer(core, client.client_id, code))


def _answer(core: Core, client_id: str, code: Code) -> dict[str, Any]:
    answer: dict[str, Any] = {"id_token": _id_token(core, client_id, code), "scope": code.asked.scope}
    if core.ways.token_members:
        answer |= {
            "access_token": core.secret(),
            "token_type": "Bearer",
            "expires_in": core.ways.id_token_seconds,
        }
    if "id-token-missing" in core.misbehaving:
        del answer["id_token"]
    return answer


def _id_token(core: Core, client_id: str, code: Code) -> str:
    asked, now, key = code.asked, core.now, core.key
    subject = code.claims.get("Identity.UniqueIdentifier") or asked.attributes.get("UniqueIdentifier", "")
    draft = IdToken(
        key,
        {"alg": "RS256", "typ": "JWT", "kid": f"{key.kid}{'RS256' if core.ways.kid_with_algorithm else ''}"},
        {
            "iss": asked.issuer,
            "aud": client_id,
            "sub": str(uuid.uuid5(_SUBJECTS, f"{client_id} {subject}")),
            "iat": now,
            "exp": now + core.ways.id_token_seconds,
            **({"nonce": asked.nonce} if asked.nonce is not None else {}),
            **code.claims,
        },
    )
    _misbehave(core, draft)
    core.defects.emit("dsp-gateway-id-token", draft)
    return draft.compact()


def _misbehave(core: Core, draft: IdToken) -> None:
    asked = core.misbehaving
    if "id-token-signature" in asked:
        draft.key = keys.stranger("RS256")
    if "id-token-algorithm" in asked:
        draft.header["alg"] = "none"
    if "kid-without-algorithm" in asked:
        draft.header["kid"] = core.key.kid
    if "kid-with-algorithm" in asked:
        draft.header["kid"] = f"{core.key.kid}RS256"
    if "kid-unknown" in asked:
        draft.header["kid"] = keys.stranger("RS256").kid
    if "id-token-issuer" in asked:
        draft.claims["iss"] = "https://gateway.invalid/oidc"
    if "id-token-audience" in asked:
        draft.claims["aud"] = "another-external-system"
    if "id-token-expired" in asked:
        draft.claims |= {"iat": core.now - 7_200, "exp": core.now - 3_600}
    if "id-token-nonce" in asked:
        draft.claims["nonce"] = "the-nonce-of-another-request"
    if "id-token-nonce-missing" in asked:
        draft.claims.pop("nonce", None)


def _proven(core: Core, code: Code, verifier: str | None) -> bool:
    """Say whether a verifier is that of the challenge (RFC 7636 section 4.6), as far as that is demanded."""
    challenge = code.asked.code_challenge
    if challenge is None:
        return True
    if not verifier:
        return not core.ways.pkce_enforced
    plain = verifier.encode()
    # A public client pads the challenge.
    made = plain if code.asked.challenge_method in (None, "plain") else _digest(plain)
    return hmac.compare_digest(made, challenge.rstrip("=").encode())


def _digest(verifier: bytes) -> bytes:
    return base64url.encode(hashlib.sha256(verifier).digest()).encode()
