"""Issuers of vendors that speak in their own way, simulated as their public documents tell it."""
