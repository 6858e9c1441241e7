"""Where one tenant lives, and the paths of its endpoints."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from harness.reference.context import Context
from harness.vendors.mattr.variants import TenantVariant

JsonObject = dict[str, Any]

ADMIN_TOKEN = "/oauth/token"
OFFERS = "/v1/openid/offers/pre-authorized"
TOKEN = "/v1/oauth/token"
CREDENTIAL = "/v1/openid/credential"
AUTHORIZE = "/v1/oauth/authorize"
JWKS = "/v1/oauth/jwks"
IACAS = "/v1/openid/iacas"
"""Assumed: the documents name ``mdoc_iacas_uri`` and not what stands there."""
MOBILE = "/v2/credentials/mobile"
STATUS_LISTS = f"{MOBILE}/status-lists"


@dataclass(frozen=True, kw_only=True)
class TenantContext(Context):
    """What every document and every rule may ask about the tenant."""

    variant: TenantVariant

    def status_list_url(self, name: str) -> str:
        """Say where the status list of a name is published."""
        return f"{self.base_url}{STATUS_LISTS}/{name}/token"

    @property
    def status_lists_url(self) -> str:
        """Where all status lists are named."""
        return f"{self.base_url}{STATUS_LISTS}/distribution"

    @property
    def configurations(self) -> dict[str, JsonObject]:
        """A fresh copy of the credential configurations, by id."""
        read = [json.loads(_text(f"configurations/{name}.json")) for name in self.variant.configurations]
        return {data["id"]: data for data in read}

    def uuid(self) -> str:
        """Give a random UUID (RFC 9562 section 5.4)."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def url(self, path: str) -> str:
        """Give the URL of a path of the tenant."""
        return f"{self.base_url}{path}"


def sample_claims() -> JsonObject:
    """Give claims about a user that are enough for every configuration, but for those of the claims source."""
    claims: JsonObject = json.loads(_text("claims.json"))
    portrait = files("harness.reference").joinpath("portrait.jpg").read_bytes()
    return {**claims, "portrait": base64.b64encode(portrait).decode("ascii")}


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
