"""Assay: a wallet simulator and conformance test harness for OpenID4VCI credential issuers."""

__version__ = "0.1.0"
