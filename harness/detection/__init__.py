"""Which version of OpenID4VCI an issuer speaks, by its offers and metadata."""
