"""Checks of what the FAPI 2.0 Security Profile asks beyond OpenID4VCI, in the order of its clauses."""

PREFIXES = frozenset({"FAPI2", "RFC9325"})

MODULES: tuple[str, ...] = (
    "tls_versions",
    "tls_cipher_suites",
    "tls_recommendations",
    "plain_http",
    "clients",
    "client_assertions",
    "clocks",
    "access_tokens",
    "refresh_tokens",
    "authorization_code",
    "authorization_requests",
    "pushed_requests",
    "redirects",
    "token_use",
    "jwt_algorithms",
    "keys",
)
