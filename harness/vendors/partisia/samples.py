"""Values that Partisia's page shows in its requests, which nobody must get anything for."""

from __future__ import annotations

from importlib import resources

from harness import toml_file
from harness.vendors.partisia.variants import PartisiaError

_SAMPLES = toml_file.read(resources.files(__package__).joinpath("samples.toml"), PartisiaError)

CODE: str = _SAMPLES["code"]
"""A pre-authorized code, which is not the one of the offer on the same page."""
ACCESS_TOKEN: str = _SAMPLES["access_token"]
PROOF: str = _SAMPLES["proof"]
"""A key proof of 2023 for another issuer, with a nonce of that one; its signature is right."""
