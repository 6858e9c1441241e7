"""The life of a credential after issuance: its status and its renewal (OpenID4VCI 1.0 sections 13.7, 14)."""
