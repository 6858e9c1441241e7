"""Strict readers of what an issuer sends: JSON, JOSE, X.509, DIDs, SD-JWT VC. Pure functions, no network."""
