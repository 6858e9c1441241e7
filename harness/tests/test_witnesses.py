"""Libraries that nobody here wrote as witnesses: what they issue our readers accept, and so do they of ours.

Those of npm are in the folder ``witnesses`` and are installed for the run, in versions that are written there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from harness.formats import credential, did
from harness.formats.signatures import SignatureError
from harness.reference import credential_formats, did_web, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.holder_keys import Key
from harness.reference.variants import VARIANTS
from harness.tests.linked_data import contexts

FOLDER = Path(__file__).parent / "witnesses"
INSTALL_S = 300
ANSWER_S = 60
Json = dict[str, Any]
HOLDER = JWK.generate(kty="EC", crv="P-256")
LDP_VARIANTS = [name for name, v in VARIANTS.items() if v.configurations[0] == "identity_ldp_vc"]
SUITES = ["eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-jcs-2022", "ecdsa-jcs-2019", "Ed25519Signature2020"]


class Witness:
    """The process that answers with the libraries of npm."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, question: str, **details: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Who does not answer in time is ended, so that the line that is waited for comes to its end.
        limit = threading.Timer(ANSWER_S, self._process.kill)
        limit.start()
        self._process.stdin.write(json.dumps({"question": question, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        limit.cancel()
        assert line, "no answer"
        reply = json.loads(line)
        assert "answer" in reply, reply["error"]
        return reply["answer"]


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("npm") / "witnesses"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not install the witnesses in {INSTALL_S} s")
    if done.returncode != 0:
        pytest.skip("npm cannot install the witnesses here")
    with subprocess.Popen(
        ["node", "witness.mjs"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Witness(process)


def issuer_of(variant: str) -> ReferenceIssuer:
    return ReferenceIssuer(VARIANTS[variant])


def unchanged(_name: str, _draft: Any) -> None:
    """Let a draft pass."""


def issued(issuer: ReferenceIssuer, configuration: str, change: Callable[[str, Any], None] = unchanged) -> Any:
    """Give a credential as the reference issuer puts it into its response."""
    holder = Key(HOLDER.export_public(as_dict=True)) if issuer.variant.binding_methods else None
    if holder is not None and "jwk" not in issuer.variant.binding_methods:
        holder.did = did.did_key(dict(holder))
    data = documents.configurations(issuer.variant)[configuration]
    made = credential_formats.issued(issuer.context, data, holder, change)
    return json.loads(json.dumps(made))


def signing_key(algorithm: str = "ES256") -> Json:
    members: Json = keys.issuer_key(algorithm).jwk.export_public(as_dict=True)
    return members


# SD-JWT VC


PAYLOAD = {
    "vct": "https://credentials.example/identity",
    "iss": "https://issuer.example",
    "iat": 1_700_000_000,
    "exp": 4_000_000_000,
    "cnf": {"jwk": HOLDER.export_public(as_dict=True)},
    "given_name": "Erika",
    "address": {"locality": "Köln", "country": "DE"},
    "nationalities": ["DE", "FR"],
}
CLAIMS = {name: PAYLOAD[name] for name in ("given_name", "address", "nationalities")}


def assert_reads(text: str, key: JWK) -> None:
    """Our reader finds nothing wrong, resolves all claims and verifies."""
    read = credential.read("dc+sd-jwt", text)
    assert read.problems == ()
    assert read.validity(time.time()) == ()
    assert read.holder_key == HOLDER.export_public(as_dict=True)
    assert {name: read.claims[name] for name in CLAIMS} == CLAIMS
    read.verify(key.export_public(as_dict=True))
    with pytest.raises(SignatureError):
        read.verify(HOLDER.export_public(as_dict=True))


def test_an_sd_jwt_of_the_python_library_is_read() -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    hidden = {
        SDObj("given_name"): "Erika",
        SDObj("address"): {SDObj("locality"): "Köln", "country": "DE"},
        "nationalities": [SDObj("DE"), SDObj("FR")],
    }
    claims = {name: value for name, value in PAYLOAD.items() if name not in CLAIMS} | hidden
    made = SDJWTIssuer(claims, key, sign_alg="ES256", add_decoy_claims=True, extra_header_parameters=SD_JWT_HEADER)
    assert_reads(made.sd_jwt_issuance, key)


SD_JWT_HEADER = {"typ": "dc+sd-jwt", "kid": "key-1"}


@pytest.mark.parametrize("variant", ["default", "plain-sd-jwt", "did-web"])
def test_our_sd_jwt_is_read_by_the_python_library(variant: str) -> None:
    text = issued(issuer_of(variant), "identity_credential")
    key = JWK(**signing_key())
    claims = SDJWTVerifier(text, lambda _issuer, _header: key).get_verified_payload()
    assert claims["address"]["locality"] == "Köln"


def test_an_sd_jwt_of_npm_is_read(npm: Witness) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    disclosed = {
        "_sd": ["given_name", "address"],
        "_sd_decoy": 2,
        "address": {"_sd": ["locality"]},
        "nationalities": {"_sd": [0, 1]},
    }
    private = key.export_private(as_dict=True)
    text = npm.ask("issue-sd-jwt", payload=PAYLOAD, disclosed=disclosed, key=private, header={"kid": "key-1"})
    assert_reads(text, key)


@pytest.mark.parametrize("variant", ["default", "plain-sd-jwt", "did-web", "did-key"])
def test_our_sd_jwt_is_read_by_npm(npm: Witness, variant: str) -> None:
    text = issued(issuer_of(variant), "identity_credential")
    answer = npm.ask("verify-sd-jwt", credential=text, key=signing_key())
    assert answer["verified"], answer
    assert answer["payload"]["nationalities"] == ["DE", "FR"]
    assert not npm.ask("verify-sd-jwt", credential=text, key=HOLDER.export_public(as_dict=True))["verified"]


# W3C credentials with Data Integrity proofs


def web_documents(issuer: ReferenceIssuer) -> dict[str, Any]:
    """Give the DID document of an issuer, and each of its verification methods, by their URLs."""
    document = did_web.document(issuer.context)
    kinds = {
        "Multikey": "https://w3id.org/security/multikey/v1",
        "Ed25519VerificationKey2020": "https://w3id.org/security/suites/ed25519-2020/v1",
    }
    methods = {
        method["id"]: {"@context": kinds[method["type"]], **method}
        for method in document["verificationMethod"]
        if method["type"] in kinds
    }
    return {document["id"]: document, **methods}


def key_documents(url: str) -> dict[str, Any]:
    """Give the DID document of a did:key with its verification method, by their URLs."""
    identifier, _, multikey = url.partition("#")
    method = {"id": url, "type": "Multikey", "controller": identifier, "publicKeyMultibase": multikey}
    document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": identifier,
        "verificationMethod": [method],
        "assertionMethod": [url],
    }
    return {identifier: document, url: {"@context": "https://w3id.org/security/multikey/v1", **method}}


def published() -> dict[str, Any]:
    return {url: json.loads(text) for url, text in contexts().items()}


def with_named_contexts(_name: str, draft: Any) -> None:
    """Name contexts by URL only: of two equal objects this version of the JCS suites says that they differ."""
    if "jcs" in draft.proofs[0].suite:
        draft.document["@context"][1:] = ["https://www.w3.org/ns/credentials/examples/v2"]


@pytest.mark.parametrize("variant", LDP_VARIANTS)
def test_our_proofs_are_verified_by_npm(npm: Witness, variant: str) -> None:
    issuer = issuer_of(variant)
    secured = issued(issuer, "identity_ldp_vc", with_named_contexts)
    proofs = secured["proof"] if isinstance(secured["proof"], list) else [secured["proof"]]
    known = published() | web_documents(issuer)
    for proof in proofs:
        if proof["verificationMethod"].startswith("did:key:"):
            known |= key_documents(proof["verificationMethod"])
    answer = npm.ask("verify-proof", credential=secured, documents=known)
    assert answer == {"verified": True, "proofs": len(proofs), "errors": []}
    changed = {**secured, "credentialSubject": {**secured["credentialSubject"], "given_name": "Max"}}
    assert not npm.ask("verify-proof", credential=changed, documents=known)["verified"]


@pytest.mark.parametrize("suite", SUITES)
def test_proofs_of_npm_are_verified_by_our_reader(npm: Witness, suite: str) -> None:
    unsigned = {
        name: value for name, value in issued(issuer_of("ldp-vc"), "identity_ldp_vc").items() if name != "proof"
    }
    if suite == "Ed25519Signature2020":
        old = issued(issuer_of("ldp-vc-2020"), "identity_ldp_vc")
        unsigned = {name: value for name, value in old.items() if name != "proof"}
    secured = npm.ask("issue-proof", suite=suite, credential=unsigned, documents=published())
    read = credential.read("ldp_vc", secured)
    assert read.problems == ()
    assert read.validity(time.time()) == ()
    assert read.algorithm == suite
    assert read.claims["credentialSubject"] == unsigned["credentialSubject"]
    assert isinstance(read.signer.key_id, str)
    read.verify(did.resolve(read.signer.key_id))
    with pytest.raises(SignatureError):
        read.verify(signing_key("EdDSA" if suite.lower().startswith("ed") else "ES256"))


# W3C credentials as JWTs


@pytest.mark.parametrize("variant", ["jwt-vc", "jwt-vc-brief", "did-key"])
def test_our_jwt_is_verified_by_npm(npm: Witness, variant: str) -> None:
    text = issued(issuer_of(variant), "identity_jwt_vc")
    signer = credential.read("jwt_vc_json", text).signer
    assert isinstance(signer.key_id, str)
    assert isinstance(signer.issuer, str)
    method = {
        "id": signer.key_id,
        "type": "JsonWebKey2020",
        "controller": signer.issuer,
        "publicKeyJwk": signing_key(),
    }
    document = {"id": signer.issuer, "verificationMethod": [method], "assertionMethod": [signer.key_id]}
    answer = npm.ask("verify-jwt", jwt=text, documents={signer.issuer: document})
    assert answer["verified"], answer
    assert answer["credential"]["issuer"]["id"] == signer.issuer
    assert answer["credential"]["credentialSubject"]["given_name"] == "Erika"
    header, payload, signature = text.split(".")
    forged = f"{header}.{payload}.{signature[::-1]}"
    assert not npm.ask("verify-jwt", jwt=forged, documents={signer.issuer: document})["verified"]


def test_a_jwt_of_npm_is_verified_by_our_reader(npm: Witness) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    public, issuer = key.export_public(as_dict=True), did.did_key(key.export_public(as_dict=True))
    subject = did.did_key(HOLDER.export_public(as_dict=True))
    claims = {
        "sub": subject,
        "nbf": 1_700_000_000,
        "exp": 4_000_000_000,
        "vc": {
            "@context": ["https://www.w3.org/2018/credentials/v1"],
            "type": ["VerifiableCredential", "IdentityCredential"],
            "credentialSubject": {"given_name": "Erika"},
        },
    }
    private = key.export_private(as_dict=True)
    text = npm.ask("issue-jwt", credential=claims, key=private, did=issuer, kid=did.key_url(issuer))
    read = credential.read("jwt_vc_json", text)
    assert read.problems == ()
    assert read.validity(time.time()) == ()
    assert read.holder_key == HOLDER.export_public(as_dict=True)
    assert read.signer.issuer == issuer
    read.verify(public)
    with pytest.raises(SignatureError):
        read.verify(HOLDER.export_public(as_dict=True))
