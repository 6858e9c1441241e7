"""The clean configurations of the reference issuer.

Each variant keeps to the letter of OpenID4VCI 1.0; they differ where the specification leaves a choice.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Variant:
    """One way to be a conformant Credential Issuer. Durations are seconds."""

    name: str
    description: str
    version: str = "1.0"
    """Of OpenID4VCI: 1.0, or a draft as ``harness.reference.drafts`` names it."""
    security_profile: Literal["none", "fapi2", "haip"] = "none"
    """What it keeps to beyond OpenID4VCI: the FAPI 2.0 Security Profile, or HAIP, which demands most of that."""
    path: str = ""
    """Path component of the Credential Issuer Identifier."""
    authorization_servers: Sequence[str] = ()
    """Paths of the Authorization Server identifiers; the first one works, others only have metadata.
    Empty when the Credential Issuer is its own Authorization Server."""
    offer_by: Literal["reference", "value"] = "reference"
    offer_link: str = "openid-credential-offer://"
    """What stands before the query of the link that carries an offer."""
    offers_describe: bool = False
    """Whether offers of draft 11 describe what they offer instead of naming it by an id."""
    tx_code: bool = False
    client_id: str | None = None
    """The registered wallet; ``None`` where token requests with a Pre-Authorized Code may be anonymous."""
    grants: Sequence[str] = ("pre-authorized_code",)
    """The grant types: ``pre-authorized_code``, ``authorization_code``, ``refresh_token``."""
    par: Literal["none", "offered", "required"] = "none"
    """Pushed Authorization Requests (RFC 9126)."""
    request_lifetime: float = 30
    """How long a pushed request can be used."""
    login: Literal["none", "page"] = "none"
    """Whether the user signs in and consents on HTML pages; otherwise consent is taken for granted."""
    redirect_query: str = ""
    """What the redirect URIs of the registered wallets have as query, with its question mark."""
    iss_parameter: bool = True
    """Whether authorization responses carry ``iss`` (RFC 9207)."""
    authorization_code_lifetime: float = 60
    challenge_methods: Sequence[str] = ("S256",)
    """``code_challenge_methods_supported`` (RFC 7636)."""
    pkce: Literal["optional", "required"] = "required"
    details_only: bool = False
    """Whether configurations have no scope, so that ``authorization_details`` are the only way to ask."""
    client_authentication: str = "none"
    """How the registered wallets authenticate, as ``token_endpoint_auth_methods_supported`` spells it."""
    certificate_bound: bool = False
    """Whether what a client is given is bound to its TLS certificate (RFC 8705 sections 3 and 4)."""
    attestation_challenge: bool = False
    """Whether proofs of possession of Client Attestations need a challenge of the server."""
    dpop: Literal["none", "offered", "required"] = "none"
    """Whether access tokens can or must be bound with DPoP (RFC 9449)."""
    dpop_nonce: bool = False
    """Whether DPoP proofs need a nonce, of the Authorization Server and of the issuer."""
    identifiers: bool = False
    """Whether every token response names Credential Identifiers."""
    token_lifetime: float = 300
    access_tokens: Literal["opaque", "jwt"] = "opaque"
    code_lifetime: float = 600
    single_access: bool = False
    """Whether an access token is good for one successful Credential Request only."""
    nonce: bool = True
    token_nonce: bool = True
    """Whether a Token Response brings a nonce, in drafts that have one there; where not, a refusal does."""
    nonce_status: int = 200
    nonce_lifetime: float = 300
    nonce_once: bool = False
    """Whether a nonce is used up by the first successful Credential Request."""
    proof_window: float = 300
    """How far ``iat`` of a proof may lie from now; only looked at without a Nonce Endpoint."""
    binding_methods: Sequence[str] = ("jwk",)
    """``cryptographic_binding_methods_supported``; empty for credentials that are bound to no key."""
    proof_algorithms: Sequence[str] = ("ES256",)
    batch_size: int | None = None
    signing_algorithm: str = "ES256"
    key_mechanism: Literal["x5c", "jwt-vc-issuer", "jwks-uri", "did", "did:key", "did:web"] = "x5c"
    """How a verifier finds the key that signed a credential (SD-JWT VC section 3.5); ``did`` is did:jwk."""
    data_model: Literal["1.1", "2.0"] = "2.0"
    """Which version of the W3C data model credentials have."""
    proof_suites: Sequence[str] = ("eddsa-rdfc-2022",)
    """The Data Integrity proofs of one credential, as ``credential_signing_alg_values_supported`` spells them."""
    every_member: bool = False
    """Whether W3C credentials have every optional member of their data model."""
    issuer_object: bool = False
    """Whether the ``issuer`` of a W3C credential is an object with an ``id``."""
    vc_counterparts: bool = True
    """Whether the claim ``vc`` repeats what registered claims say (VC Data Model 1.1 section 6.3.1)."""
    sd_jwt_vc: Literal["draft-11", "draft-13", "draft-18"] = "draft-11"
    """The draft of SD-JWT VC that credentials and Type Metadata follow."""
    type_metadata: Literal["none", "plain", "schema"] = "none"
    """Whether the ``vct`` of an SD-JWT VC leads to Type Metadata, and whether these have JSON Schemas."""
    status: Literal["none", "status_list", "identifier_list"] = "none"
    """How the status of SD-JWT VCs and mobile documents is published, as their member ``status`` says."""
    credential_status: Literal["none", "bitstring", "status-list-2021"] = "none"
    """How the status of W3C credentials is published, as their ``credentialStatus`` says."""
    status_bits: int = 1
    """``bits`` of a Token Status List, or ``statusSize`` of a Bitstring Status List."""
    status_token: Literal["jwt", "cwt"] = "jwt"
    """The format of a Token Status List."""
    status_purposes: Sequence[str] = ("revocation",)
    """``statusPurpose`` of the entries of a W3C credential, one list each."""
    status_ttl: int | None = 30
    """Seconds that a status list may be kept; ``None`` where it does not say."""
    status_certificate: bool = False
    """Whether another authority certifies who signs the lists of mobile documents, which name its certificate."""
    status_delay: float = 0
    """How long it takes until what is done to a credential shows in its status list."""
    refresh_policy: Literal["rotating", "fixed"] = "rotating"
    """Whether each use of a refresh token brings another one in its place."""
    refresh_lifetime: float = 30 * 24 * 3600
    """How long a refresh token can be used."""
    credential_lifetime: float = 90 * 24 * 3600
    """From the time of issuance on."""
    disclosure: Literal["flat", "rich", "none"] = "flat"
    hash_name: Literal["sha-256", "sha-384"] = "sha-256"
    detail: Literal["full", "required"] = "full"
    """Whether documents carry optional members."""
    proof_types: Sequence[str] = ("jwt",)
    """``jwt``, ``attestation``, ``di_vp``; meaningless for credentials that are bound to no key."""
    cryptosuites: Sequence[str] = ("ecdsa-jcs-2019", "eddsa-jcs-2022", "eddsa-rdfc-2022", "ecdsa-rdfc-2019")
    """The Data Integrity cryptosuites that a ``di_vp`` proof may be made with."""
    key_attestation: Mapping[str, Sequence[str]] | None = None
    """``key_attestations_required``; ``None`` where a ``jwt`` proof needs none."""
    deferred: Literal["never", "always"] = "never"
    deferred_polls: int = 1
    """How often the Deferred Credential Endpoint says that the credential is still not ready."""
    interval: int = 1
    """What the wallet is told to wait between two polls."""
    notification: bool = False
    request_encryption: Literal["none", "optional", "required"] = "none"
    response_encryption: Literal["none", "optional", "required"] = "none"
    compression: bool = False
    """Whether encrypted messages may be compressed."""
    signed_metadata: bool = False
    batch_endpoint: bool = False
    """Whether there is a Batch Credential Endpoint, which only drafts 11 and 13 have."""
    configurations: Sequence[str] = ("identity_credential", "loyalty_card")
    """The ids of the Credential Configurations; the data of each are in the folder ``configurations``."""
    languages: Sequence[str] = ()
    """Among which languages ``Accept-Language`` chooses; where empty, that header is ignored."""
    intermediates: bool = False
    """Whether an intermediate authority stands between the trust anchors and those who sign credentials, status
    lists, metadata and attestations."""
    revocation_endpoint: bool = False
    """Whether clients can revoke their tokens (RFC 7009)."""
    openid_connect: bool = False
    """Whether the Authorization Server lists the scope of OpenID Connect."""

    @property
    def of_fapi(self) -> bool:
        """Whether it keeps to what the FAPI 2.0 Security Profile and HAIP both demand."""
        return self.security_profile != "none"


DEFAULT = Variant("default", "Offer by reference, jwk binding, ES256, nonces, two configurations.")
CODE_FLOW = replace(
    DEFAULT,
    name="code-flow",
    description="Authorization Code Flow of a public client, plain front channel, PKCE.",
    client_id="wallet-dev",
    grants=("authorization_code",),
)
W3C = replace(DEFAULT, binding_methods=("did:key", "did:jwk"))
JWT_VC = replace(
    W3C,
    name="jwt-vc",
    description="W3C credentials as JWTs, data model 1.1; the issuer is a did:jwk.",
    configurations=("identity_jwt_vc", "loyalty_jwt_vc"),
    key_mechanism="did",
    data_model="1.1",
)
JWT_VC_2 = replace(
    JWT_VC,
    name="jwt-vc-2",
    description="W3C credentials as JWTs, data model 2.0; the issuer is a did:web.",
    key_mechanism="did:web",
    data_model="2.0",
)
LDP_VC = replace(
    W3C,
    name="ldp-vc",
    description="W3C credentials with proofs of eddsa-rdfc-2022; the issuer is a did:web.",
    configurations=("identity_ldp_vc", "loyalty_ldp_vc"),
    key_mechanism="did:web",
)
TYPE_METADATA = replace(
    DEFAULT,
    name="type-metadata",
    description="The types of SD-JWT VCs are URLs that lead to Type Metadata with hashes.",
    type_metadata="plain",
)
DEFERRED = replace(
    DEFAULT,
    name="deferred",
    description="Credentials are always deferred, and ready when they are asked for the second time.",
    deferred="always",
)
NOTIFYING = replace(
    DEFAULT,
    name="notification",
    description="The wallet may say what became of the credentials.",
    notification=True,
)
ENCRYPTING = replace(
    DEFAULT,
    name="encryption-optional",
    description="Requests and responses may be encrypted.",
    request_encryption="optional",
    response_encryption="optional",
)
MDOC = replace(
    DEFAULT,
    name="mdoc",
    description="Mobile documents: a driving licence and person identification data.",
    configurations=("driving_licence", "pid_mdoc"),
)

VARIANTS: dict[str, Variant] = {
    clean.name: clean
    for clean in (
        DEFAULT,
        replace(DEFAULT, name="tx-code", description="A Transaction Code is required.", tx_code=True),
        replace(
            DEFAULT, name="offer-by-value", description="The link carries the offer itself.", offer_by="value"
        ),
        replace(
            DEFAULT,
            name="https-offer",
            description="The offer comes as an https universal link.",
            offer_link="https://wallet.assay.test/credential-offer",
        ),
        replace(DEFAULT, name="no-nonce", description="No Nonce Endpoint; proofs are fresh by iat.", nonce=False),
        replace(DEFAULT, name="nonce-201", description="The Nonce Endpoint answers 201.", nonce_status=201),
        replace(DEFAULT, name="nonce-once", description="A nonce works once.", nonce_once=True),
        replace(
            DEFAULT,
            name="identifiers",
            description="Token responses name Credential Identifiers, which requests must use.",
            identifiers=True,
        ),
        replace(
            DEFAULT,
            name="did-binding",
            description="Keys are did:key or did:jwk.",
            binding_methods=("did:key", "did:jwk"),
        ),
        replace(
            DEFAULT, name="x5c-proof", description="Made for wallets that send their key as x5c in the proof."
        ),
        replace(DEFAULT, name="unbound", description="Credentials are bound to no key.", binding_methods=()),
        replace(DEFAULT, name="batch", description="Up to three proofs in a request.", batch_size=3),
        replace(
            DEFAULT,
            name="with-path",
            description="Issuer and its one separate Authorization Server have identifiers with a path.",
            path="/tenants/assay",
            authorization_servers=("/as/assay",),
        ),
        replace(
            DEFAULT,
            name="several-as",
            description="Two Authorization Servers; the offer says which one.",
            authorization_servers=("/as/assay", "/as/other"),
        ),
        replace(
            DEFAULT,
            name="client-id",
            description="No anonymous token requests; the public client wallet-dev is registered.",
            client_id="wallet-dev",
        ),
        CODE_FLOW,
        replace(CODE_FLOW, name="code-flow-par", description="Requests may be pushed.", par="offered"),
        replace(
            CODE_FLOW,
            name="code-flow-par-brief",
            description="Pushed requests can be used for half a minute.",
            par="offered",
            request_lifetime=30,
        ),
        replace(CODE_FLOW, name="code-flow-par-required", description="Requests must be pushed.", par="required"),
        replace(
            CODE_FLOW,
            name="code-flow-pkce-optional",
            description="PKCE is left to the wallet, and may be plain.",
            pkce="optional",
            challenge_methods=("S256", "plain"),
        ),
        replace(
            CODE_FLOW,
            name="code-flow-details",
            description="Configurations have no scope; authorization_details are the only way to ask.",
            details_only=True,
        ),
        replace(
            CODE_FLOW,
            name="code-flow-login",
            description="The user signs in and consents on HTML pages.",
            login="page",
        ),
        replace(
            CODE_FLOW,
            name="code-flow-no-iss",
            description="Authorization responses carry no iss.",
            iss_parameter=False,
        ),
        replace(
            CODE_FLOW,
            name="code-flow-redirect-query",
            description="The registered redirect URI has a query of its own.",
            redirect_query="?from=assay",
        ),
        replace(
            CODE_FLOW,
            name="code-flow-refresh",
            description="Refresh tokens are handed out.",
            grants=("authorization_code", "refresh_token"),
        ),
        replace(
            CODE_FLOW,
            name="refresh-fixed",
            description="Refresh tokens of clients with a signed assertion, each good for any number of uses;"
            " SD-JWT VCs live for less than a minute.",
            client_authentication="private_key_jwt",
            grants=("authorization_code", "refresh_token"),
            refresh_policy="fixed",
            credential_lifetime=50,
        ),
        replace(
            CODE_FLOW,
            name="refresh-brief",
            description="Refresh tokens live for half a minute.",
            grants=("authorization_code", "refresh_token"),
            refresh_lifetime=30,
        ),
        replace(
            DEFAULT,
            name="pre-authorized-refresh",
            description="Refresh tokens are handed out for a Pre-Authorized Code, with Credential Identifiers;"
            " SD-JWT VCs have a status, and there are up to three at once.",
            identifiers=True,
            client_id="wallet-dev",
            grants=("pre-authorized_code", "refresh_token"),
            status="status_list",
            batch_size=3,
        ),
        replace(
            CODE_FLOW,
            name="code-flow-path",
            description="Two Authorization Servers with a path, requests may be pushed.",
            path="/tenants/assay",
            authorization_servers=("/as/assay", "/as/other"),
            par="offered",
        ),
        replace(
            CODE_FLOW,
            name="both-grants",
            description="Offers carry both grants; token requests with a Pre-Authorized Code are anonymous.",
            client_id=None,
            grants=("pre-authorized_code", "authorization_code"),
        ),
        replace(
            CODE_FLOW,
            name="client-secret-basic",
            description="Clients authenticate with their secret in the Authorization header.",
            client_authentication="client_secret_basic",
            par="offered",
        ),
        replace(
            CODE_FLOW,
            name="client-secret-post",
            description="Clients authenticate with their secret in the form, for both grants.",
            client_authentication="client_secret_post",
            grants=("pre-authorized_code", "authorization_code"),
        ),
        replace(
            CODE_FLOW,
            name="private-key-jwt",
            description="Clients authenticate with a signed assertion.",
            client_authentication="private_key_jwt",
            par="offered",
        ),
        replace(
            CODE_FLOW,
            name="attested-client",
            description="Client Attestations, with challenges of the server; refresh tokens are handed out.",
            client_authentication="attest_jwt_client_auth",
            attestation_challenge=True,
            par="offered",
            grants=("authorization_code", "refresh_token"),
        ),
        replace(
            CODE_FLOW,
            name="attested-client-no-challenge",
            description="Client Attestations without challenges, for both grants.",
            client_authentication="attest_jwt_client_auth",
            grants=("pre-authorized_code", "authorization_code"),
        ),
        replace(
            CODE_FLOW,
            name="mtls-client",
            description="Clients authenticate with a certificate of a certification authority.",
            client_authentication="tls_client_auth",
            par="offered",
        ),
        replace(
            CODE_FLOW,
            name="mtls-client-self-signed",
            description="Clients authenticate with a self-signed certificate.",
            client_authentication="self_signed_tls_client_auth",
        ),
        replace(
            CODE_FLOW,
            name="mtls-bound",
            description="Tokens of public clients are bound to their certificates; access tokens are JWTs.",
            certificate_bound=True,
            access_tokens="jwt",
            grants=("authorization_code", "refresh_token"),
        ),
        replace(
            CODE_FLOW,
            name="dpop",
            description="Access tokens must be bound with DPoP; both grants.",
            client_id=None,
            grants=("pre-authorized_code", "authorization_code", "refresh_token"),
            par="offered",
            dpop="required",
        ),
        replace(
            CODE_FLOW,
            name="dpop-nonce",
            description="DPoP proofs need a nonce of the Authorization Server and of the issuer.",
            client_id=None,
            grants=("pre-authorized_code", "authorization_code"),
            par="offered",
            dpop="required",
            dpop_nonce=True,
        ),
        replace(
            CODE_FLOW,
            name="dpop-deferred",
            description="DPoP at every endpoint that takes proofs; access tokens are JWTs.",
            par="offered",
            dpop="required",
            access_tokens="jwt",
            deferred="always",
            notification=True,
        ),
        replace(
            CODE_FLOW,
            name="dpop-optional",
            description="Access tokens are bound with DPoP when the wallet sends a proof.",
            client_id=None,
            grants=("pre-authorized_code", "authorization_code", "refresh_token"),
            dpop="offered",
        ),
        replace(
            DEFAULT,
            name="algorithms",
            description="Many proof algorithms; credentials are signed with EdDSA.",
            proof_algorithms=("ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"),
            signing_algorithm="EdDSA",
        ),
        replace(DEFAULT, name="single-access", description="An access token works once.", single_access=True),
        replace(
            DEFAULT,
            name="issuer-metadata-key",
            description="The signing key comes from JWT VC Issuer Metadata.",
            key_mechanism="jwt-vc-issuer",
        ),
        replace(
            DEFAULT,
            name="issuer-metadata-key-set",
            description="JWT VC Issuer Metadata refers to a key set; the identifier has a path.",
            path="/tenants/assay",
            key_mechanism="jwks-uri",
        ),
        replace(
            DEFAULT,
            name="did-issuer",
            description="The credential's issuer is a did:jwk, which is its own key.",
            key_mechanism="did",
        ),
        replace(
            DEFAULT,
            name="rich-sd-jwt",
            description="Nested, recursive and array disclosures, decoys, sha-384.",
            disclosure="rich",
            hash_name="sha-384",
        ),
        TYPE_METADATA,
        replace(
            TYPE_METADATA,
            name="type-metadata-schema",
            description="Types of SD-JWT VCs have JSON Schemas besides.",
            type_metadata="schema",
        ),
        replace(
            TYPE_METADATA,
            name="type-metadata-18",
            description="SD-JWT VCs and their types follow draft 18.",
            sd_jwt_vc="draft-18",
        ),
        replace(
            DEFAULT, name="status", description="SD-JWT VCs have a place in a status list.", status="status_list"
        ),
        *(
            replace(
                DEFAULT,
                name=f"status-{bits}-bits",
                description=f"SD-JWT VCs have a place of {bits} bits in a status list; they can be suspended.",
                status="status_list",
                status_bits=bits,
            )
            for bits in (2, 4, 8)
        ),
        replace(
            DEFAULT,
            name="status-delayed",
            description="SD-JWT VCs have a place in a status list, where a change shows after 1.5 seconds.",
            status="status_list",
            status_bits=2,
            status_ttl=3,
            status_delay=1.5,
        ),
        replace(
            DEFAULT,
            name="status-cwt",
            description="SD-JWT VCs have a place in a status list, which is a CWT.",
            status="status_list",
            status_token="cwt",  # noqa: S106 - no secret
        ),
        replace(
            DEFAULT,
            name="status-batch",
            description="Up to three SD-JWT VCs at once, each with a place in a status list.",
            batch_size=3,
            status="status_list",
        ),
        replace(
            DEFAULT,
            name="plain-sd-jwt",
            description="Nothing is selectively disclosable.",
            disclosure="none",
        ),
        replace(
            DEFAULT,
            name="nonce-once-batch",
            description="One nonce works once, for all the proofs of a batch.",
            batch_size=3,
            nonce_once=True,
        ),
        DEFERRED,
        replace(
            DEFERRED,
            name="deferred-at-once",
            description="Credentials are always deferred, and ready when they are first asked for.",
            deferred_polls=0,
        ),
        NOTIFYING,
        replace(
            DEFERRED,
            name="notification-deferred",
            description="Credentials are deferred; the wallet may say what became of them.",
            notification=True,
        ),
        ENCRYPTING,
        replace(
            ENCRYPTING,
            name="encryption-required",
            description="Requests and responses must be encrypted.",
            request_encryption="required",
            response_encryption="required",
        ),
        replace(
            ENCRYPTING,
            name="encryption-response-required",
            description="Responses must be encrypted, and so must requests, since they all say how.",
            response_encryption="required",
        ),
        replace(
            ENCRYPTING,
            name="encryption-request-only",
            description="Requests must be encrypted; responses cannot be.",
            request_encryption="required",
            response_encryption="none",
        ),
        replace(
            ENCRYPTING,
            name="compression",
            description="Requests and responses may be encrypted, and compressed before.",
            compression=True,
        ),
        replace(
            ENCRYPTING,
            name="encryption-deferred",
            description="Credentials are deferred; requests and responses may be encrypted and compressed.",
            deferred="always",
            compression=True,
        ),
        replace(
            ENCRYPTING,
            name="encryption-deferred-required",
            description="Credentials are deferred; requests and responses must be encrypted.",
            deferred="always",
            request_encryption="required",
            response_encryption="required",
        ),
        MDOC,
        replace(
            MDOC,
            name="mdoc-pid",
            description="Mobile documents: person identification data.",
            configurations=("pid_mdoc", "driving_licence"),
        ),
        replace(
            MDOC,
            name="mdoc-photo-id",
            description="Mobile documents: a photo ID.",
            configurations=("photo_id", "pid_mdoc"),
        ),
        replace(
            MDOC,
            name="mdoc-eddsa",
            description="Mobile documents that are signed with EdDSA and bound to Ed25519 keys.",
            proof_algorithms=("EdDSA",),
            signing_algorithm="EdDSA",
        ),
        replace(
            MDOC,
            name="mdoc-es384",
            description="Mobile documents with ES384, SHA-384 and digests of elements that are not handed out.",
            proof_algorithms=("ES384",),
            signing_algorithm="ES384",
            hash_name="sha-384",
            disclosure="rich",
        ),
        replace(
            CODE_FLOW,
            name="mdoc-code-flow",
            description="Authorization Code Flow for mobile documents.",
            configurations=MDOC.configurations,
        ),
        replace(
            MDOC,
            name="mdoc-status",
            description="Mobile documents have a place in a status list.",
            status="status_list",
            status_token="cwt",  # noqa: S106 - no secret
        ),
        replace(
            MDOC,
            name="mdoc-identifier-list",
            description="Mobile documents that are revoked are named in a list of identifiers.",
            status="identifier_list",
        ),
        replace(
            MDOC,
            name="mdoc-status-certificate",
            description="Mobile documents name the authority of who signs their status list.",
            status="status_list",
            status_token="cwt",  # noqa: S106 - no secret
            status_certificate=True,
        ),
        replace(MDOC, name="mdoc-batch", description="Up to three mobile documents at once.", batch_size=3),
        replace(
            MDOC, name="mdoc-deferred", description="Mobile documents are always deferred.", deferred="always"
        ),
        replace(
            DEFAULT,
            name="signed-metadata",
            description="Metadata are also there as a signed JWT.",
            signed_metadata=True,
        ),
        replace(
            DEFAULT,
            name="languages",
            description="Metadata come in the languages that Accept-Language asks for.",
            languages=("en-GB", "de-DE"),
        ),
        replace(
            DEFAULT,
            name="key-attestation",
            description="A jwt proof carries an attestation of its keys, with levels.",
            batch_size=3,
            key_attestation={
                "key_storage": ("iso_18045_moderate", "iso_18045_high"),
                "user_authentication": ("iso_18045_moderate", "iso_18045_high"),
            },
        ),
        replace(
            DEFAULT,
            name="attestation-proof",
            description="The proof is a key attestation, of any level.",
            batch_size=3,
            proof_types=("attestation",),
            key_attestation={},
        ),
        replace(
            DEFAULT,
            name="di-vp",
            description="The proof is a Verifiable Presentation with a Data Integrity proof.",
            proof_types=("di_vp",),
            binding_methods=("did:key", "did:jwk"),
        ),
        replace(
            DEFAULT,
            name="di-vp-rdfc",
            description="The proof is a Verifiable Presentation, of which the RDF is signed.",
            proof_types=("di_vp",),
            cryptosuites=("ecdsa-rdfc-2019", "eddsa-rdfc-2022"),
            binding_methods=("did:key", "did:jwk"),
        ),
        replace(
            DEFAULT,
            name="proof-types",
            description="The wallet may choose among all proof types.",
            proof_types=("jwt", "attestation", "di_vp"),
            binding_methods=("jwk", "did:key"),
        ),
        JWT_VC,
        JWT_VC_2,
        replace(
            JWT_VC,
            name="jwt-vc-brief",
            description="W3C credentials as JWTs, data model 1.1; what registered claims say is said once.",
            vc_counterparts=False,
        ),
        replace(
            JWT_VC,
            name="jwt-vc-x5c",
            description="W3C credentials as JWTs, data model 1.1; the key comes in x5c, the issuer is an object.",
            key_mechanism="x5c",
            issuer_object=True,
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-confirmed",
            description="W3C credentials as JWTs, data model 2.0, bound by cnf; keys come from issuer metadata.",
            key_mechanism="jwt-vc-issuer",
            binding_methods=("jwk",),
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-unbound",
            description="W3C credentials as JWTs, data model 2.0, bound to no key.",
            binding_methods=(),
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-every-member",
            description="W3C credentials as JWTs with every optional member of data model 2.0.",
            every_member=True,
            credential_status="bitstring",
        ),
        replace(
            LDP_VC,
            name="ldp-vc-every-member",
            description="W3C credentials with proofs and every optional member of data model 2.0.",
            every_member=True,
            credential_status="bitstring",
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-batch",
            description="W3C credentials as JWTs with a status, data model 2.0, up to three at once.",
            batch_size=3,
            credential_status="bitstring",
            status_purposes=("revocation", "suspension"),
        ),
        replace(
            LDP_VC,
            name="ldp-vc-batch",
            description="Up to three W3C credentials with proofs and a status.",
            batch_size=3,
            credential_status="bitstring",
            status_purposes=("revocation", "suspension"),
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-status",
            description="W3C credentials as JWTs, data model 2.0, that can be revoked and suspended.",
            credential_status="bitstring",
            status_purposes=("revocation", "suspension"),
        ),
        replace(
            LDP_VC,
            name="ldp-vc-status",
            description="W3C credentials with proofs, whose status is a message besides whether they are revoked.",
            credential_status="bitstring",
            status_bits=2,
            status_purposes=("revocation", "message"),
        ),
        replace(
            LDP_VC,
            name="status-list-2021",
            description="W3C credentials of data model 1.1, as JWTs and with proofs, in a StatusList2021.",
            configurations=("identity_jwt_vc", "loyalty_jwt_vc", "identity_ldp_vc", "loyalty_ldp_vc"),
            data_model="1.1",
            credential_status="status-list-2021",
            status_purposes=("revocation", "suspension"),
        ),
        replace(
            JWT_VC_2,
            name="jwt-vc-json-ld",
            description="W3C credentials as JWTs that announce their JSON-LD context, data model 2.0.",
            configurations=("identity_jwt_vc_ld", "loyalty_jwt_vc_ld"),
        ),
        LDP_VC,
        replace(
            LDP_VC,
            name="ldp-vc-ecdsa-rdfc",
            description="W3C credentials with proofs of ecdsa-rdfc-2019; the issuer is a did:key.",
            proof_suites=("ecdsa-rdfc-2019",),
            key_mechanism="did:key",
        ),
        replace(
            LDP_VC,
            name="ldp-vc-eddsa-jcs",
            description="W3C credentials with proofs of eddsa-jcs-2022; the issuer is a did:key.",
            proof_suites=("eddsa-jcs-2022",),
            key_mechanism="did:key",
        ),
        replace(
            LDP_VC,
            name="ldp-vc-ecdsa-jcs",
            description="W3C credentials with proofs of ecdsa-jcs-2019; the issuer is an object.",
            proof_suites=("ecdsa-jcs-2019",),
            issuer_object=True,
        ),
        replace(
            LDP_VC,
            name="ldp-vc-2020",
            description="W3C credentials with proofs of Ed25519Signature2020, data model 1.1.",
            proof_suites=("Ed25519Signature2020",),
            data_model="1.1",
        ),
        replace(
            LDP_VC,
            name="ldp-vc-1",
            description="W3C credentials with Data Integrity proofs, data model 1.1, bound to no key.",
            data_model="1.1",
            binding_methods=(),
        ),
        replace(
            LDP_VC,
            name="ldp-vc-proof-set",
            description="W3C credentials with two proofs, of two cryptosuites.",
            proof_suites=("eddsa-rdfc-2022", "ecdsa-rdfc-2019"),
        ),
        replace(
            W3C,
            name="did-web",
            description="The issuer is a did:web with a path, of SD-JWT VCs and of W3C credentials as JWTs.",
            path="/tenants/assay",
            configurations=("identity_credential", "loyalty_card", "identity_jwt_vc", "loyalty_jwt_vc"),
            key_mechanism="did:web",
        ),
        replace(
            W3C,
            name="did-key",
            description="The issuer is a did:key, of SD-JWT VCs and of W3C credentials as JWTs.",
            configurations=("identity_credential", "loyalty_card", "identity_jwt_vc", "loyalty_jwt_vc"),
            key_mechanism="did:key",
            data_model="1.1",
        ),
        replace(
            DEFAULT,
            name="brief",
            description="Codes and access tokens live for half a minute.",
            client_id="wallet-dev",
            grants=("pre-authorized_code", "authorization_code"),
            code_lifetime=30,
            authorization_code_lifetime=30,
            token_lifetime=30,
        ),
        replace(
            DEFAULT,
            name="complete",
            description="Much of what there is: both grants, pages, PAR, attested clients, DPoP, refresh tokens, "
            "batches, all proof types, notifications, encryption, signed metadata, languages, several formats, "
            "Type Metadata, status lists.",
            configurations=(
                *("identity_credential", "loyalty_card", "driving_licence"),
                *("identity_jwt_vc", "identity_jwt_vc_ld", "identity_ldp_vc"),
            ),
            client_id="wallet-dev",
            grants=("pre-authorized_code", "authorization_code", "refresh_token"),
            par="offered",
            request_lifetime=10,
            authorization_code_lifetime=10,
            login="page",
            client_authentication="attest_jwt_client_auth",
            attestation_challenge=True,
            dpop="required",
            dpop_nonce=True,
            batch_size=3,
            proof_types=("jwt", "attestation", "di_vp"),
            binding_methods=("jwk", "did:key", "did:jwk"),
            notification=True,
            request_encryption="optional",
            response_encryption="optional",
            compression=True,
            signed_metadata=True,
            type_metadata="plain",
            status="status_list",
            credential_status="bitstring",
            status_ttl=2,
            languages=("en", "de"),
        ),
        replace(
            DEFAULT,
            name="minimal",
            description="Only what is required or recommended in every document.",
            detail="required",
        ),
    )
}
"""All clean configurations of 1.0 by name."""


def everything() -> dict[str, Variant]:
    """Give all clean configurations by name, with those of earlier drafts and of stricter profiles."""
    # Those of drafts are made of these.
    from harness.reference.drafts.variants import DRAFT_VARIANTS
    from harness.reference.high_assurance import HIGH_ASSURANCE

    return {**VARIANTS, **DRAFT_VARIANTS, **HIGH_ASSURANCE}


def variant(name: str) -> Variant:
    """Give a clean configuration by its name.

    Raises:
        ValueError: there is none; the message names the nearest one.

    """
    known = everything()
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        raise ValueError(f'unknown variant "{name}"; did you mean "{nearest[0]}"?')
    return known[name]
