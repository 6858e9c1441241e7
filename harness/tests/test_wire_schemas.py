"""The wire schemas accept what the specifications allow and point at what they do not."""

import base64
import copy
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMAS: dict[str, Any] = {
    file.name.removesuffix(".schema.json"): json.loads(file.read_text("utf-8"))
    for file in (resources.files("schemas") / "wire").iterdir()
    if file.name.endswith(".schema.json")
}
SHARED = Path(__file__).resolve().parents[2].parent / "shared"
EXAMPLES = SHARED / "vectors" / "openid4vci-1.0"
CAPTURED = SHARED / "metadata"
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"the published examples are not at {EXAMPLES}")
needs_captured = pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"the captured documents are not at {CAPTURED}")


def errors(schema: str, document: object) -> dict[str, set[str]]:
    """Give the violations as JSON Pointer to the keywords that object there."""
    found: dict[str, set[str]] = {}
    for error in jsonschema.Draft202012Validator(SCHEMAS[schema]).iter_errors(document):
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        found.setdefault(pointer, set()).add(str(error.validator))
    return found


CONFIGURATION = {
    "format": "dc+sd-jwt",
    "vct": "https://type.example/identity",
    "scope": "identity",
    "credential_signing_alg_values_supported": ["ES256"],
    "cryptographic_binding_methods_supported": ["jwk"],
    "proof_types_supported": {
        "jwt": {
            "proof_signing_alg_values_supported": ["ES256"],
            "key_attestations_required": {"key_storage": ["iso_18045_high"], "user_authentication": ["x"]},
        },
        "other": {"proof_signing_alg_values_supported": [-7]},
    },
    "credential_metadata": {
        "display": [
            {
                "name": "Identity",
                "locale": "en",
                "logo": {"uri": "data:image/png;base64,AA", "alt_text": "a lion"},
                "background_image": {"uri": "https://issuer.example/card.png"},
                "background_color": "#102030",
                "text_color": "#ffffff",
                "description": "Who you are.",
            }
        ],
        "claims": [{"path": ["nationalities", None], "mandatory": True, "display": [{"name": "Nationality"}]}],
    },
}

VALID: dict[str, dict[str, Any]] = {
    "credential-offer": {
        "credential_issuer": "https://issuer.example/tenant",
        "credential_configuration_ids": ["identity", "card"],
        "grants": {
            "authorization_code": {"issuer_state": "s", "authorization_server": "https://as.example"},
            PRE_AUTHORIZED: {
                "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
                "tx_code": {"input_mode": "text", "length": 4, "description": "See your letter."},
            },
        },
    },
    "credential-issuer-metadata": {
        "credential_issuer": "https://issuer.example/tenant",
        "authorization_servers": ["https://as.example"],
        "credential_endpoint": "https://issuer.example/credential?tenant=1",
        "nonce_endpoint": "https://issuer.example/nonce",
        "deferred_credential_endpoint": "https://issuer.example/deferred",
        "notification_endpoint": "https://issuer.example/notification",
        "credential_request_encryption": {
            "jwks": {"keys": [{"kty": "EC", "kid": "1", "alg": "ECDH-ES", "crv": "P-256", "x": "x", "y": "y"}]},
            "enc_values_supported": ["A128GCM"],
            "zip_values_supported": ["DEF"],
            "encryption_required": False,
        },
        "credential_response_encryption": {
            "alg_values_supported": ["ECDH-ES"],
            "enc_values_supported": ["A128GCM"],
            "encryption_required": False,
        },
        "batch_credential_issuance": {"batch_size": 2},
        "display": [{"name": "Issuer", "locale": "en-GB", "logo": {"uri": "https://issuer.example/logo.png"}}],
        "credential_configurations_supported": {
            "identity": CONFIGURATION,
            "bare": {"format": "com.example.own"},
            "w3c": {"format": "jwt_vc_json", "credential_definition": {"type": ["VerifiableCredential"]}},
            "ldp": {"format": "ldp_vc", "credential_definition": {"@context": ["c"], "type": ["t"]}},
            "mdl": {
                "format": "mso_mdoc",
                "doctype": "org.iso.18013.5.1.mDL",
                "credential_signing_alg_values_supported": [-7],
            },
        },
    },
    "authorization-server-metadata": {
        "issuer": "https://as.example/tenant",
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "jwks_uri": "https://as.example/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", PRE_AUTHORIZED],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "attest_jwt_client_auth"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "pushed_authorization_request_endpoint": "https://as.example/par",
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "authorization_details_types_supported": ["openid_credential"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.as.example/token"},
        "challenge_endpoint": "https://as.example/challenge",
        "client_attestation_signing_alg_values_supported": ["ES256"],
        "client_attestation_pop_signing_alg_values_supported": ["ES256"],
        "pre-authorized_grant_anonymous_access_supported": True,
    },
    "token-response": {
        "access_token": "eyJhbGciOi",
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": "r",
        "scope": "identity card",
        "authorization_details": [
            {
                "type": "openid_credential",
                "credential_configuration_id": "identity",
                "credential_identifiers": ["CivilEngineering-2023", "Electrical-2023"],
            },
            {"type": "something_else"},
        ],
    },
    "token-error": {
        "error": "invalid_grant",
        "error_description": "The code has been used (twice).",
        "error_uri": "https://as.example/help#used",
    },
    "nonce-response": {"c_nonce": "wKI4LT17ac15ES9bw8ac4"},
    "credential-response": {"credentials": [{"credential": "eyJ~"}, {"credential": {}}], "notification_id": "n"},
    "credential-error": {"error": "invalid_nonce", "error_description": "Fetch a new one."},
}

ALSO_VALID: list[tuple[str, dict[str, Any]]] = [
    ("credential-offer", {"credential_issuer": "https://i.example:8443", "credential_configuration_ids": ["a"]}),
    (
        "credential-offer",
        {**VALID["credential-offer"], "grants": {PRE_AUTHORIZED: {"pre-authorized_code": "c", "tx_code": {}}}},
    ),
    (
        "authorization-server-metadata",
        {
            "issuer": "https://as.example",
            "token_endpoint": "https://as.example/token",
            "grant_types_supported": [PRE_AUTHORIZED, "refresh_token"],
        },
    ),
    ("token-response", {"access_token": "t", "token_type": "DPoP"}),
    ("token-error", {"error": "invalid_request"}),
    ("credential-response", {"transaction_id": "8xLOxBtZp8", "interval": 3600}),
    ("credential-response", {"transaction_id": "8xLOxBtZp8", "interval": 0.5}),
    ("credential-error", {"error": "an_own_code"}),
]


class Drop:
    """Stands for the removal of a member."""

    def __repr__(self) -> str:
        return "removed"


DROP = Drop()
METADATA = "credential-issuer-metadata"
TX_CODE = f"/grants/{PRE_AUTHORIZED}/tx_code"
CONFIGURATIONS = "/credential_configurations_supported"
IDENTITY = f"{CONFIGURATIONS}/identity"
JWT = f"{IDENTITY}/proof_types_supported/jwt"
DISPLAY = f"{IDENTITY}/credential_metadata/display"
CLAIMS = f"{IDENTITY}/credential_metadata/claims"
DETAILS = "/authorization_details"

# Per schema: the place to change in its valid sample, the new value, and the keyword that must object there
# (one level up where a member is removed).
BROKEN: dict[str, list[tuple[str, object, str]]] = {
    "credential-offer": [
        ("/credential_issuer", DROP, "required"),
        ("/credential_issuer", "http://issuer.example", "pattern"),
        ("/credential_issuer", "https://issuer.example?x", "pattern"),
        ("/credential_issuer", "https://issuer.example\n", "pattern"),
        ("/credential_configuration_ids", DROP, "required"),
        ("/credential_configuration_ids", [], "minItems"),
        ("/credential_configuration_ids", ["a", "a"], "uniqueItems"),
        ("/credential_configuration_ids/0", 1, "type"),
        ("/grants", [], "type"),
        ("/grants/other", "x", "type"),
        ("/grants/authorization_code/issuer_state", 7, "type"),
        (f"/grants/{PRE_AUTHORIZED}/pre-authorized_code", DROP, "required"),
        (f"/grants/{PRE_AUTHORIZED}/pre-authorized_code", 123456, "type"),
        (TX_CODE, True, "type"),
        (f"{TX_CODE}/input_mode", "digits", "enum"),
        (f"{TX_CODE}/length", "4", "type"),
        (f"{TX_CODE}/description", "x" * 301, "maxLength"),
    ],
    METADATA: [
        ("/credential_issuer", DROP, "required"),
        ("/authorization_servers", [], "minItems"),
        ("/authorization_servers/0", "https://as.example#f", "pattern"),
        ("/credential_endpoint", DROP, "required"),
        ("/credential_endpoint", "http://issuer.example/c", "pattern"),
        ("/nonce_endpoint", "/nonce", "pattern"),
        ("/deferred_credential_endpoint", None, "type"),
        ("/notification_endpoint", "http://issuer.example/n", "pattern"),
        ("/credential_request_encryption/jwks/keys", [], "minItems"),
        ("/credential_request_encryption/jwks/keys/0/kid", DROP, "required"),
        ("/credential_request_encryption/jwks/keys/0/alg", DROP, "required"),
        ("/credential_request_encryption/jwks/keys/0/use", "sig", "const"),
        ("/credential_request_encryption/jwks/keys/0/d", "secret", "not"),
        ("/credential_request_encryption/zip_values_supported", [], "minItems"),
        ("/credential_request_encryption/encryption_required", "false", "type"),
        ("/credential_response_encryption/encryption_required", DROP, "required"),
        ("/credential_response_encryption/alg_values_supported", [], "minItems"),
        ("/batch_credential_issuance/batch_size", DROP, "required"),
        ("/batch_credential_issuance/batch_size", 1, "minimum"),
        ("/batch_credential_issuance/batch_size", "2", "type"),
        ("/display", [], "minItems"),
        ("/display/0", "Issuer", "type"),
        ("/display/0/logo/uri", DROP, "required"),
        ("/display/0/logo/uri", "logo.png", "pattern"),
        ("/display/0/locale", 1, "type"),
        (CONFIGURATIONS, DROP, "required"),
        (CONFIGURATIONS, [], "type"),
        (f"{IDENTITY}/format", DROP, "required"),
        (f"{IDENTITY}/scope", ["identity"], "type"),
        (f"{IDENTITY}/credential_signing_alg_values_supported", [], "minItems"),
        (f"{IDENTITY}/credential_signing_alg_values_supported/0", -7, "type"),
        (f"{IDENTITY}/cryptographic_binding_methods_supported", DROP, "dependentRequired"),
        (f"{IDENTITY}/cryptographic_binding_methods_supported", [], "minItems"),
        (f"{IDENTITY}/proof_types_supported", DROP, "dependentRequired"),
        (f"{JWT}/proof_signing_alg_values_supported", DROP, "required"),
        (f"{JWT}/proof_signing_alg_values_supported", [], "minItems"),
        (f"{JWT}/proof_signing_alg_values_supported/0", -7, "type"),
        (f"{JWT}/key_attestations_required", [], "type"),
        (f"{JWT}/key_attestations_required/key_storage", [], "minItems"),
        (f"{JWT}/key_attestations_required/user_authentication/0", 1, "type"),
        (DISPLAY, [], "minItems"),
        (f"{DISPLAY}/0/name", DROP, "required"),
        (f"{DISPLAY}/0/logo/alt_text", 1, "type"),
        (f"{DISPLAY}/0/background_image/uri", DROP, "required"),
        (f"{DISPLAY}/0/text_color", 0, "type"),
        (CLAIMS, [], "minItems"),
        (f"{CLAIMS}/0/path", DROP, "required"),
        (f"{CLAIMS}/0/path", [], "minItems"),
        (f"{CLAIMS}/0/path/1", -1, "minimum"),
        (f"{CLAIMS}/0/path/1", 0.5, "type"),
        (f"{CLAIMS}/0/mandatory", "true", "type"),
        (f"{CLAIMS}/0/display", [], "minItems"),
        (f"{IDENTITY}/vct", DROP, "required"),
        (f"{IDENTITY}/vct", {"id": 1}, "type"),
        (f"{CONFIGURATIONS}/mdl/doctype", DROP, "required"),
        (f"{CONFIGURATIONS}/mdl/credential_signing_alg_values_supported/0", "ES256", "type"),
        (f"{CONFIGURATIONS}/w3c/credential_definition", DROP, "required"),
        (f"{CONFIGURATIONS}/w3c/credential_definition/type", "T", "type"),
        (f"{CONFIGURATIONS}/ldp/credential_definition/@context", DROP, "required"),
    ],
    "authorization-server-metadata": [
        ("/issuer", DROP, "required"),
        ("/issuer", "https://as.example?x=1", "pattern"),
        ("/authorization_endpoint", DROP, "required"),
        ("/token_endpoint", DROP, "required"),
        ("/token_endpoint", "http://as.example/token", "pattern"),
        ("/token_endpoint", "https://as.example/token#x", "pattern"),
        ("/response_types_supported", DROP, "required"),
        ("/jwks_uri", "http://as.example/jwks", "pattern"),
        ("/grant_types_supported", "authorization_code", "type"),
        ("/pre-authorized_grant_anonymous_access_supported", "true", "type"),
        ("/pushed_authorization_request_endpoint", "http://as.example/par", "pattern"),
        ("/require_pushed_authorization_requests", "true", "type"),
        ("/authorization_response_iss_parameter_supported", "true", "type"),
        ("/authorization_details_types_supported/0", 7, "type"),
        ("/dpop_signing_alg_values_supported/0", "HS256", "not"),
        ("/mtls_endpoint_aliases", "text", "type"),
        ("/challenge_endpoint", "/challenge", "pattern"),
        ("/token_endpoint_auth_signing_alg_values_supported", DROP, "required"),
        ("/client_attestation_signing_alg_values_supported", DROP, "required"),
        ("/client_attestation_pop_signing_alg_values_supported/0", "none", "not"),
        ("/some_extension", [], "not"),
    ],
    "token-response": [
        ("/access_token", DROP, "required"),
        ("/access_token", "", "pattern"),
        ("/access_token", "tök", "pattern"),
        ("/token_type", DROP, "required"),
        ("/expires_in", "300", "type"),
        ("/expires_in", -1, "minimum"),
        ("/scope", "two  spaces", "pattern"),
        ("/scope", "newline\n", "pattern"),
        (DETAILS, [], "minItems"),
        (f"{DETAILS}/0/type", DROP, "required"),
        (f"{DETAILS}/0/credential_configuration_id", DROP, "required"),
        (f"{DETAILS}/0/credential_configuration_id", 1, "type"),
        (f"{DETAILS}/0/credential_identifiers", DROP, "required"),
        (f"{DETAILS}/0/credential_identifiers", [], "minItems"),
        (f"{DETAILS}/0/credential_identifiers", ["a", "a"], "uniqueItems"),
    ],
    "token-error": [
        ("/error", DROP, "required"),
        ("/error", "ungültig", "pattern"),
        ("/error", "", "pattern"),
        ("/error_description", 'the "code"', "pattern"),
        ("/error_description", "two\nlines", "pattern"),
        ("/error_uri", "has space", "pattern"),
    ],
    "nonce-response": [
        ("/c_nonce", DROP, "required"),
        ("/c_nonce", 7, "type"),
        ("/c_nonce", "", "minLength"),
    ],
    "credential-response": [
        ("/credentials", [], "minItems"),
        ("/credentials/0", "eyJ~", "type"),
        ("/credentials/0/credential", DROP, "required"),
        ("/credentials/0/credential", None, "type"),
        ("/notification_id", 1, "type"),
    ],
    "credential-error": [
        ("/error", DROP, "required"),
        ("/error", ["invalid_nonce"], "type"),
        ("/error_description", "Ungültig.", "pattern"),
    ],
}


def changed(document: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    """Give a copy of ``document`` with ``value`` at the JSON Pointer ``place``."""
    result = copy.deepcopy(document)
    *parents, last = place.split("/")[1:]
    target: Any = result
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if value is DROP:
        del target[last]
    elif isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return result


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_is_one_and_bears_its_name(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"https://assay.invalid/wire/{name}"


def test_every_message_has_a_schema_and_a_sample() -> None:
    assert set(SCHEMAS) == set(VALID) == set(BROKEN)


@pytest.mark.parametrize(("schema", "document"), [*VALID.items(), *ALSO_VALID])
def test_valid_message_is_accepted(schema: str, document: dict[str, Any]) -> None:
    assert errors(schema, document) == {}


@pytest.mark.parametrize(
    ("schema", "place", "value", "keyword"),
    [
        pytest.param(schema, *case, id=f"{schema}{case[0]} {repr(case[1])[:30]}")
        for schema, cases in BROKEN.items()
        for case in cases
    ],
)
def test_broken_message_is_refused_at_its_place(schema: str, place: str, value: object, keyword: str) -> None:
    at = place.rpartition("/")[0] if value is DROP else place
    assert errors(schema, changed(VALID[schema], place, value)).get(at) == {keyword}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"transaction_id": "t"},
        {"transaction_id": "t", "interval": 0},
        {"transaction_id": "t", "interval": "5"},
        {"transaction_id": 1, "interval": 5},
        {"transaction_id": "t", "interval": 5, "credentials": [{"credential": "c"}]},
        {"transaction_id": "t", "interval": 5, "notification_id": "n"},
        {"credentials": [{"credential": "c"}], "interval": 5},
    ],
    ids=str,
)
def test_a_response_is_either_immediate_or_deferred(document: dict[str, Any]) -> None:
    assert errors("credential-response", document)


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
@pytest.mark.parametrize("document", [[], "text", None, 1, True], ids=str)
def test_only_objects_are_messages(schema: str, document: object) -> None:
    assert "type" in errors(schema, document)[""]


# Objects whose members are named by the issuer and have a form of their own.
MAPS = {"grants", "credential_configurations_supported", "proof_types_supported"}


def objects(value: object, name: str = "") -> Iterator[dict[str, Any]]:
    """Walk through all objects below ``value`` that may have members nobody has defined."""
    if isinstance(value, dict):
        if name not in MAPS:
            yield value
        for key, item in value.items():
            yield from objects(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_additional_members_are_allowed_everywhere(schema: str) -> None:
    document = copy.deepcopy(VALID[schema])
    for item in list(objects(document)):
        item["com.example.extension"] = {"of": ["any", "form"]}
    assert errors(schema, document) == {}


def example(name: str) -> dict[str, Any]:
    """Read a published example: JSON, an HTTP response, or the payload of a JWT."""
    text = (EXAMPLES / name).read_text("utf-8")
    if name.endswith("_jwt.txt"):
        payload = "".join(text.split()).split(".")[1]
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode("utf-8")
    # The values of some examples are broken over lines for display.
    result: dict[str, Any] = json.loads(text[text.index("{") :], strict=False)
    return result


@needs_examples
@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("credential-offer", "credential_offer_authz_code.txt"),
        ("credential-offer", "credential_offer_by_reference.json"),
        ("credential-offer", "credential_offer_multiple_credentials.json"),
        ("credential-offer", "credential_offer_pre-authz_code.json"),
        (METADATA, "credential_issuer_metadata_sd_jwt_long.json"),
        (METADATA, "credential_issuer_metadata_sd_jwt_jwt.txt"),
        ("credential-response", "credential_response_jwt_vc_json.txt"),
        ("credential-response", "credential_response_ldp_vc.txt"),
        ("credential-response", "credential_response_mso_mdoc.txt"),
        ("credential-response", "credential_response_sd_jwt_vc.txt"),
    ],
)
def test_published_example_is_accepted(schema: str, name: str) -> None:
    assert errors(schema, example(name)) == {}


@needs_examples
@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("credential_metadata_sd_jwt_vc.json", None),
        ("credential_metadata_jwt_vc_json.json", None),
        # These two name binding methods and no proof types, which 12.2.4 of the same text forbids.
        ("credential_metadata_ldp_vc.json", "UniversityDegree_LDP_VC"),
        ("credential_metadata_mso_mdoc.json", "org.iso.18013.5.1.mDL"),
    ],
)
def test_published_configurations_are_accepted_but_for_their_own_slips(name: str, at: str | None) -> None:
    document = {
        "credential_issuer": "https://issuer.example",
        "credential_endpoint": "https://issuer.example/credential",
        **example(name),
    }
    expected = {} if at is None else {f"{CONFIGURATIONS}/{at}": {"dependentRequired"}}
    assert errors(METADATA, document) == expected


@needs_captured
def test_deployed_metadata_of_version_1_0_breaks_one_rule_only() -> None:
    document = json.loads((CAPTURED / "findyProvicisCredentialIssuerMetadataJson.json").read_text("utf-8"))
    (configuration,) = document["credential_configurations_supported"].values()
    assert list(errors(METADATA, document).values()) == [{"type"}]
    # A JSON null where the specification has an object or nothing.
    del configuration["proof_types_supported"]["jwt"]["key_attestations_required"]
    assert errors(METADATA, document) == {}


@needs_captured
def test_an_offer_of_an_early_draft_is_told_apart() -> None:
    document = json.loads((CAPTURED / "paradymDraft11.json").read_text("utf-8"))
    assert "required" in errors("credential-offer", document["credentialOfferObject"])[""]
