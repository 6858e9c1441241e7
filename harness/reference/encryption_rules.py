"""What an encrypted request and a wish for an encrypted response must be like (OpenID4VCI 8.2, 9.1 and 10).

They are the same at the Credential Endpoint and at the Deferred Credential Endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import keys
from harness.reference.access_rules import ProtectedRequest, json_object
from harness.reference.encryption import (
    MEDIA_TYPE,
    REQUEST_ENC,
    RESPONSE_ALG,
    RESPONSE_ENC,
    ZIP,
    Envelope,
    Terms,
    open_envelope,
    public_members,
    suits,
)
from harness.reference.holder_keys import PRIVATE_MEMBERS
from harness.reference.rules import rule, tolerance

WISH = "credential_response_encryption"
_ERROR = "invalid_encryption_parameters"


@dataclass
class EncryptableRequest(ProtectedRequest):
    """A request that may be encrypted and may ask for an encrypted response."""

    in_clear = False
    """Whether drafts before 16, where no request is encrypted, always answer such a request in clear."""

    @property
    def encrypted(self) -> bool:
        """Whether the request comes encrypted to an issuer that offers that."""
        return self.media_type == MEDIA_TYPE and self.context.variant.request_encryption != "none"

    @cached_property
    def envelope(self) -> Envelope:
        """The encrypted request; an empty one for a request in clear."""
        return open_envelope(self.body) if self.encrypted else Envelope({}, None)

    @cached_property
    def sent(self) -> dict[str, Any] | None:
        """The request's JSON object, decrypted where it came encrypted; ``None`` when it is none."""
        if self.encrypted:
            return json_object(self.envelope.plaintext or b"")
        return json_object(self.body) if self.media_type == "application/json" else None

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The request's JSON object in the words of OpenID4VCI 1.0."""
        return self.sent

    @property
    def wishes(self) -> bool:
        """Whether an encrypted response is asked for where that is offered."""
        return WISH in self.parameters and self.context.variant.response_encryption != "none"

    @property
    def wish(self) -> Mapping[str, Any]:
        """How the response shall be encrypted; empty when nothing readable is said."""
        value = self.parameters.get(WISH) if self.wishes else None
        return value if isinstance(value, dict) else {}

    @property
    def wished_key(self) -> Mapping[str, Any]:
        """The ``jwk`` the response shall be encrypted to; empty when there is none."""
        jwk = self.wish.get("jwk")
        return jwk if isinstance(jwk, dict) else {}

    @property
    def terms(self) -> Terms | None:
        """How the response is to be encrypted; ``None`` for one in clear."""
        return Terms.wished(self.wish) if self.wishes else None


@rule("encryption.request-required", _ERROR)
def request_required(request: EncryptableRequest) -> str | None:
    """Where requests must be encrypted, a request is."""
    if request.encrypted or request.context.variant.request_encryption != "required":
        return None
    return "The request must be encrypted."


@rule("encryption.request-readable", _ERROR)
def request_readable(request: EncryptableRequest) -> str | None:
    """An encrypted request is a JWE that a key of the metadata opens."""
    if request.encrypted and request.envelope.plaintext is None:
        return "The request cannot be decrypted."
    return None


def _named_key(request: EncryptableRequest) -> Mapping[str, Any] | None:
    """Give the request key that the JWE names."""
    kid = request.envelope.header.get("kid")
    return next((key for key in keys.request_keys() if key["kid"] == kid), None)


@rule("encryption.request-kid", _ERROR, presumes=["encryption.request-readable"])
def request_kid(request: EncryptableRequest) -> str | None:
    """An encrypted request names its key by a kid of the metadata."""
    if request.encrypted and _named_key(request) is None:
        return "The kid is missing or names no key of the metadata."
    return None


@rule("encryption.request-algorithm", _ERROR, presumes=["encryption.request-readable", "encryption.request-kid"])
def request_algorithm(request: EncryptableRequest) -> str | None:
    """The alg of an encrypted request is the alg of its key."""
    key = _named_key(request)
    if key is None or request.envelope.header.get("alg") == key["alg"]:
        return None
    return "The alg is not that of the key."


@rule("encryption.request-critical", _ERROR, presumes=["encryption.request-readable"])
def request_critical(request: EncryptableRequest) -> str | None:
    """An encrypted request calls no header parameter critical; this issuer knows none that could be."""
    return "The crit is not understood." if "crit" in request.envelope.header else None


@rule("encryption.request-enc", _ERROR, presumes=["encryption.request-readable"])
def request_enc(request: EncryptableRequest) -> str | None:
    """The enc of an encrypted request is one the metadata lists."""
    if request.encrypted and request.envelope.header.get("enc") not in REQUEST_ENC:
        return "The enc is not in enc_values_supported."
    return None


@rule("encryption.request-zip", _ERROR, presumes=["encryption.request-readable"])
def request_zip(request: EncryptableRequest) -> str | None:
    """An encrypted request is compressed as the metadata list, or not at all."""
    if "zip" in request.envelope.header and not request.context.variant.compression:
        return "The zip is not in zip_values_supported."
    return None


@rule("credential.encryption", _ERROR, presumes=["credential.json", "deferred.json"])
def response_offered(request: EncryptableRequest) -> str | None:
    """A request asks for no encryption where the issuer offers none."""
    if WISH in request.parameters and not request.wishes:
        return "Encrypted responses are not supported."
    return None


@rule("encryption.response-required", _ERROR, presumes=["credential.json", "deferred.json"])
def response_required(request: EncryptableRequest) -> str | None:
    """Where responses must be encrypted, a request says how."""
    if request.wishes or request.context.variant.response_encryption != "required":
        return None
    if request.in_clear and not request.context.wording.encrypts_requests:
        return None
    return "The response must be encrypted, but the request does not say how."


@rule("encryption.wish-protected", _ERROR, presumes=["encryption.request-required"])
def wish_protected(request: EncryptableRequest) -> str | None:
    """A request that says how to encrypt the response is encrypted itself."""
    if request.wishes and not request.encrypted and request.context.wording.encrypts_requests:
        return "A request that asks for an encrypted response must be encrypted."
    return None


@rule("encryption.wish-object", _ERROR)
def wish_object(request: EncryptableRequest) -> str | None:
    """The credential_response_encryption is a JSON object."""
    if request.wishes and not isinstance(request.parameters[WISH], dict):
        return "The credential_response_encryption is not an object."
    return None


@rule("encryption.jwk-present", _ERROR, presumes=["encryption.wish-object"])
def jwk_present(request: EncryptableRequest) -> str | None:
    """The credential_response_encryption has a jwk that is an object."""
    if request.wishes and not isinstance(request.wish.get("jwk"), dict):
        return "The jwk is missing or not an object."
    return None


@rule("encryption.jwk-public", _ERROR)
def jwk_public(request: EncryptableRequest) -> str | None:
    """The jwk of credential_response_encryption is a public key."""
    # A symmetric key is no public key either, but that is not what can be put right by leaving a member out.
    if request.wished_key.get("kty") != "oct" and not PRIVATE_MEMBERS.isdisjoint(request.wished_key):
        return "The jwk contains a private key."
    return None


@rule("encryption.alg-present", _ERROR, presumes=["encryption.wish-object", "encryption.jwk-present"])
def alg_present(request: EncryptableRequest) -> str | None:
    """The jwk of credential_response_encryption has an alg."""
    if request.wishes and not isinstance(request.wished_key.get("alg"), str):
        return "The jwk has no alg."
    return None


@rule("encryption.alg-supported", _ERROR, presumes=["encryption.alg-present"])
def alg_supported(request: EncryptableRequest) -> str | None:
    """The alg of the jwk is one the metadata lists."""
    if request.wishes and request.wished_key.get("alg") not in RESPONSE_ALG:
        return "The alg is not in alg_values_supported."
    return None


@rule("encryption.jwk-usable", _ERROR, presumes=["encryption.jwk-present"])
def jwk_usable(request: EncryptableRequest) -> str | None:
    """The jwk of credential_response_encryption can be read and suits its alg."""
    if not request.wishes:
        return None
    members = public_members(request.wished_key)
    if members and suits(request.wished_key.get("alg"), members) and request.wished_key.get("use") != "sig":
        return None
    return "The jwk cannot be used for encryption."


@rule("encryption.enc-present", _ERROR, presumes=["encryption.wish-object"])
def enc_present(request: EncryptableRequest) -> str | None:
    """The credential_response_encryption has an enc."""
    return "The enc is missing." if request.wishes and "enc" not in request.wish else None


@rule("encryption.enc-supported", _ERROR, presumes=["encryption.enc-present"])
def enc_supported(request: EncryptableRequest) -> str | None:
    """The enc of credential_response_encryption is one the metadata lists."""
    if request.wishes and request.wish.get("enc") not in RESPONSE_ENC:
        return "The enc is not in enc_values_supported."
    return None


@rule("encryption.zip-supported", _ERROR)
def zip_supported(request: EncryptableRequest) -> str | None:
    """The zip of credential_response_encryption is one the metadata lists."""
    offered = ZIP if request.context.variant.compression else ()
    if "zip" in request.wish and request.wish["zip"] not in offered:
        return "The zip is not in zip_values_supported."
    return None


@tolerance("encryption.request")
def encrypted_request(request: EncryptableRequest) -> bool:
    """A request may be encrypted where that is offered."""
    return request.encrypted and request.context.variant.request_encryption == "optional"


@tolerance("encryption.response")
def wished_response(request: EncryptableRequest) -> bool:
    """A request may ask for an encrypted response where that is offered."""
    return request.wishes and request.context.variant.response_encryption == "optional"


@tolerance("encryption.request-other-key")
def other_request_key(request: EncryptableRequest) -> bool:
    """A request may be encrypted to any key of the metadata, not only the first."""
    return _named_key(request) in keys.request_keys()[1:]


@tolerance("encryption.request-other-enc")
def other_request_enc(request: EncryptableRequest) -> bool:
    """A request may be encrypted with any enc the metadata list, not only the first."""
    return request.envelope.header.get("enc") in REQUEST_ENC[1:]


@tolerance("encryption.request-compressed")
def compressed_request(request: EncryptableRequest) -> bool:
    """An encrypted request may be compressed where that is offered."""
    return request.envelope.header.get("zip") in ZIP and request.context.variant.compression


@tolerance("encryption.request-party-information")
def request_party_information(request: EncryptableRequest) -> bool:
    """The key of an encrypted request may be derived with apu and apv (RFC 7518 section 4.6.1)."""
    return not {"apu", "apv"}.isdisjoint(request.envelope.header)


@tolerance("encryption.other-alg")
def other_alg(request: EncryptableRequest) -> bool:
    """A request may ask for any alg the metadata list, not only the first."""
    return request.wished_key.get("alg") in RESPONSE_ALG[1:]


@tolerance("encryption.other-enc")
def other_enc(request: EncryptableRequest) -> bool:
    """A request may ask for any enc the metadata list, not only the first."""
    return request.wish.get("enc") in RESPONSE_ENC[1:]


@tolerance("encryption.compressed")
def compressed(request: EncryptableRequest) -> bool:
    """A request may ask for a compressed response where that is offered."""
    return request.wish.get("zip") in ZIP and request.context.variant.compression


REQUEST_RULES = (
    request_required,
    request_readable,
    request_critical,
    request_kid,
    request_algorithm,
    request_enc,
    request_zip,
)
"""To be judged before the contents are looked at."""
RESPONSE_RULES = (
    response_offered,
    response_required,
    wish_protected,
    wish_object,
    jwk_present,
    jwk_public,
    alg_present,
    alg_supported,
    jwk_usable,
    enc_present,
    enc_supported,
    zip_supported,
)
TOLERANCES = (
    encrypted_request,
    wished_response,
    other_request_key,
    other_request_enc,
    compressed_request,
    request_party_information,
    other_alg,
    other_enc,
    compressed,
)
