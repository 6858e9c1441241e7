"""What binds an access token to more than its text, judged at every endpoint that takes one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cryptography import x509
from starlette.requests import Request

from harness.reference import dpop_rules, issued_tokens, tls
from harness.reference.authorization_documents import dpop_algorithms
from harness.reference.context import Context
from harness.reference.dpop_rules import NONCE_HEADER, USE_NONCE, DpopRequest
from harness.reference.rules import CHALLENGE, MISREPORTED, Judge, Refusal, rule
from harness.reference.state import Access, Ledger
from harness.reference.wire import field_names


@rule("code.tokens-revoked", "invalid_token", status=401)
def tokens_revoked(access: Access) -> str | None:
    """An access token is dead once its code or a refresh token was replayed (RFC 6749 section 4.1.2)."""
    return "The access token was revoked." if access.revoked else None


@rule("access-token.revoked", "invalid_token", status=401)
def withdrawn(access: Access) -> str | None:
    """An access token is dead once its client had it revoked (RFC 7009 section 2)."""
    return "The access token was revoked." if access.withdrawn else None


@dataclass(frozen=True)
class Presented:
    """An access token with the TLS certificate of the connection that it came over."""

    access: Access
    certificate: x509.Certificate | None
    as_issued: bool = True
    """Whether its text is what was given out."""


@rule("access-token.intact", "invalid_token", status=401)
def intact(presented: Presented) -> str | None:
    """An access token that is a JWT is as the Authorization Server signed it (RFC 9068 section 4)."""
    return None if presented.as_issued else "The access token is not as it was signed."


@rule("tls.certificate", "invalid_token", status=401)
def certificate(presented: Presented) -> str | None:
    """A token that is bound to a certificate comes over a connection with that (RFC 8705 section 3)."""
    shown = None if presented.certificate is None else tls.thumbprint(presented.certificate)
    bound_to = presented.access.certificate
    return "The access token is bound to another certificate." if bound_to not in (None, shown) else None


RULES = (tokens_revoked, withdrawn)


class TokenGuard:
    """Judges the DPoP proof beside an access token, and whether the token still lives."""

    def __init__(self, context: Context, judge: Judge, ledger: Ledger) -> None:
        self._context = context
        self._judge = judge
        self._ledger = ledger

    def judge(self, request: Request) -> None:
        """Judge a request to an endpoint of the issuer; one whose token is unknown is left to other rules.

        Raises:
            Refusal: a rule is broken; the refusal has the challenge that answers it.

        """
        asked = self._read(request)
        if asked.access is None:
            return
        try:
            as_issued = self._ledger.tokens.get(asked.access_token) is asked.access
            presented = Presented(asked.access, tls.client_certificate(request.scope), as_issued)
            self._judge.uphold((intact,), presented)
            self._judge.uphold(RULES, asked.access)
            self._judge.uphold((certificate,), presented)
        except Refusal as refusal:
            raise _challenge(refusal, CHALLENGE) from None
        try:
            self._judge.uphold(dpop_rules.RULES, asked)
            self._judge.tolerate(dpop_rules.TOLERANCES, asked)
        except Refusal as refusal:
            raise self._dpop_challenge(refusal) from None
        asked.remember()

    def offering(self, refusal: Refusal) -> Refusal:
        """Let a Bearer challenge name what the issuer takes: DPoP beside or instead (RFC 9449 7.1 and 7.2)."""
        header = refusal.headers.get("WWW-Authenticate", "")
        if self._context.variant.dpop == "none" or not header.startswith("Bearer"):
            return refusal
        if self._context.variant.dpop == "offered":
            said = f"{header}, DPoP {self._algorithms}"
        else:
            said = f"DPoP{header.removeprefix('Bearer')}, {self._algorithms}"
        return replace(refusal, headers={**refusal.headers, "WWW-Authenticate": said})

    def nonce_header(self) -> dict[str, str]:
        """Give the header field with a fresh DPoP nonce, where the issuer wants nonces (OpenID4VCI 7.2)."""
        if not self._context.variant.dpop_nonce:
            return {}
        return {NONCE_HEADER: dpop_rules.fresh_nonce(self._context, self._ledger, "issuer")}

    @property
    def _algorithms(self) -> str:
        return f'algs="{" ".join(dpop_algorithms(self._context))}"'

    def _read(self, request: Request) -> DpopRequest:
        spelled, _, value = request.headers.get("authorization", "").partition(" ")
        token = value.strip() if spelled.lower() in self._context.token_schemes else ""
        access = issued_tokens.find(self._ledger.tokens, token)
        bound = access is not None and access.dpop_key is not None
        return DpopRequest(
            self._context,
            self._ledger,
            request.method,
            f"{self._context.base_url}{request.scope['path']}",
            request.headers.getlist("dpop") if bound else [],
            required=bound,
            spelled=spelled,
            access_token=token,
            access=access,
            field_names=field_names(request),
        )

    def _dpop_challenge(self, refusal: Refusal) -> Refusal:
        if refusal.error == USE_NONCE:
            refusal.headers[NONCE_HEADER] = dpop_rules.fresh_nonce(self._context, self._ledger, "issuer")
        bearer = f", {CHALLENGE}" if self._context.variant.dpop == "offered" else ""
        return _challenge(refusal, 'DPoP realm="assay"', f", {self._algorithms}{bearer}")


def _challenge(refusal: Refusal, start: str, end: str = "") -> Refusal:
    """Turn a refusal into an authorization error (RFC 6750 section 3, RFC 9449 section 7.1).

    What ``misreports:`` a rule becomes a 500 without a challenge; what ``rejects:`` a tolerance stays as it is.
    """
    if refusal.error == MISREPORTED:
        return replace(refusal, status=500)
    if refusal.error == "invalid_request":
        return refusal
    said = f'{start}, error="{refusal.error}", error_description="{refusal.description}"{end}'
    return Refusal(401, None, refusal.description, {**refusal.headers, "WWW-Authenticate": said})
