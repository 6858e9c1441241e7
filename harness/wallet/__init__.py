"""The protocol client: one module per message of OpenID4VCI."""
