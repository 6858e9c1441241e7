"""Credential Configurations: what OpenID4VCI 1.0 section 12.2.4 and appendices D.2 and F ask of them all.

The checks look at every configuration in the metadata.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import text
from harness.formats.cose import SIGNATURE_NAMES
from harness.formats.jose import JWS_ALGORITHMS, SYMMETRIC_ALGORITHMS
from harness.formats.signature_suites import CRYPTOSUITES, SIGNATURE_SUITES
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of, metadata_of
from suites.oid4vci._traits import traits

check = area("Credential Issuer Metadata")

_BINDING_OF_DRAFTS = ("VCI15-11.2.3-13", "VCID14-10.2.3-13", "VCI13-11.2.3-16", "VCI11-10.2.3.1-04")
_PROVING_OF_DRAFTS = ("VCI15-11.2.3-15", "VCID14-10.2.3-15", "VCI13-11.2.3-18")
_LEVELS_OF_DRAFTS = {"key_storage": "VCI15-11.2.3-16", "user_authentication": "VCI15-11.2.3-17"}


@check(
    "metadata-configurations",
    requires=["VCI-12.2.4-21", "VCI-12.2.4-22"],
    proven_by={
        "metadata:configurations-missing": "METADATA-CONFIGURATIONS-MISSING",
        "metadata:configurations-array": "METADATA-CONFIGURATIONS-TYPE",
        "metadata:format-missing": "METADATA-FORMAT-MISSING",
        "metadata:format-number": "METADATA-FORMAT-TYPE",
    },
)
async def configurations_have_a_format(issuer: Issuer, expect: Expect) -> None:
    """credential_configurations_supported is an object whose values are objects with format, a string."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    if not judge.has(metadata, "credential_configurations_supported", "METADATA-CONFIGURATIONS-MISSING"):
        return
    supported = metadata["credential_configurations_supported"]
    if judge.that(isinstance(supported.value, dict), "METADATA-CONFIGURATIONS-TYPE", "a JSON object", supported):
        for configuration in supported.parts():
            if judge.has(configuration, "format", "METADATA-FORMAT-MISSING", "VCI-12.2.4-22"):
                found = configuration["format"]
                right = isinstance(found.value, str)
                judge.that(right, "METADATA-FORMAT-TYPE", "a string", found, "VCI-12.2.4-22")


@check(
    "metadata-scope",
    requires=["VCI-12.2.4-23"],
    proven_by={"metadata:scope-malformed": "METADATA-SCOPE"},
    applies=when.some_configuration_has("scope"),
)
async def scopes_are_single_values(issuer: Issuer, expect: Expect) -> None:
    """The scope of a configuration is one scope value as OAuth 2.0 spells it."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        if "scope" in configuration:
            scope = configuration["scope"]
            judge.that(text.is_scope_value(scope.value), "METADATA-SCOPE", "a string with one scope value", scope)


@check(
    "metadata-binding-methods",
    requires=["VCI-12.2.4-29", "VCI-12.2.4-27", *_BINDING_OF_DRAFTS],
    proven_by={
        "draft-metadata:binding-methods-numbers": "METADATA-BINDING-METHODS",
        "metadata:binding-methods-empty": "METADATA-BINDING-METHODS",
        "metadata:binding-method-did-syntax": "METADATA-BINDING-METHOD-DID",
    },
    applies=when.some_configuration_has("cryptographic_binding_methods_supported"),
)
async def binding_methods_are_named(issuer: Issuer, expect: Expect) -> None:
    """cryptographic_binding_methods_supported is a non-empty array of strings; DID methods stand without more."""
    judge, name = Judge(expect, issuer.reply.exchange), "cryptographic_binding_methods_supported"
    for configuration in configurations_of(issuer):
        if name not in configuration:
            continue
        methods = configuration[name]
        code = "METADATA-BINDING-METHODS"
        judge.array(methods, code, "VCI-12.2.4-27", of=str, called="strings", drafts=_BINDING_OF_DRAFTS)
        for method in methods.parts():
            if isinstance(method.value, str) and method.value.lower().split(":", 1)[0] == "did":
                judge.that(
                    text.is_did_method(method.value),
                    "METADATA-BINDING-METHOD-DID",
                    "did: and a method name",
                    method,
                    "VCI-12.2.4-29",
                )


@check(
    "metadata-binding-and-proofs",
    requires=["VCI-12.2.4-30", "VCI-12.2.4-31"],
    proven_by={
        "metadata:binding-without-proof-types": "METADATA-PROOF-TYPES-MISSING",
        "metadata:proof-types-without-binding": "METADATA-PROOF-TYPES-NEEDLESS",
    },
    applies=when.configurations,
)
async def binding_and_proofs_go_together(issuer: Issuer, expect: Expect) -> None:
    """A configuration has proof_types_supported exactly when it has cryptographic_binding_methods_supported."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        binds = "cryptographic_binding_methods_supported" in configuration
        proves = "proof_types_supported" in configuration
        names = Part(list(configuration.members), configuration.pointer)
        judge.that(
            proves or not binds,
            "METADATA-PROOF-TYPES-MISSING",
            "proof_types_supported beside cryptographic_binding_methods_supported",
            names,
        )
        judge.that(
            binds or not proves,
            "METADATA-PROOF-TYPES-NEEDLESS",
            "no proof_types_supported without cryptographic_binding_methods_supported",
            names,
            "VCI-12.2.4-31",
        )


_NAMING_SUBJECTS = frozenset({"jwt_vc_json", "jwt_vc_json-ld", "ldp_vc"})


_UNNAMED_SUBJECT = (
    "subject-array-empty",
    "subject-empty",
    "subject-id-missing",
    "subject-missing",
    "subject-string",
)
"""Faults of W3C credentials whose subject has no ``id``."""


@check(
    "metadata-binding-as-issued",
    requires=["VCI-12.2.4-28"],
    proven_by={
        "sd-jwt:cnf-missing": "METADATA-BINDING-NOT-AS-ISSUED",
        **{
            f"{document}:{defect}": "METADATA-BINDING-NOT-AS-ISSUED"
            for document in ("jwt-vc", "ldp-vc")
            for defect in _UNNAMED_SUBJECT
        },
        "jwt-vc:cnf-missing": "METADATA-BINDING-NOT-AS-ISSUED",
        "jwt-vc:vc-string": "METADATA-BINDING-NOT-AS-ISSUED",
        "mso:device-key-missing": "METADATA-BINDING-NOT-AS-ISSUED",
        "mso:device-key-info-missing": "METADATA-BINDING-NOT-AS-ISSUED",
    },
    applies=when.readable_format,
    per=Per.SCENARIO,
)
async def binding_is_as_announced(shared: Flow, credential: IssuedCredential, expect: Expect) -> None:
    """A credential is bound to a key exactly when its configuration announces binding methods."""
    announced = "cryptographic_binding_methods_supported" in shared.configuration
    bound = traits(credential).key is not None
    expect.that(
        # The subject of a W3C credential may have an id whether or not the wallet can prove that it is meant.
        bound == announced or (bound and credential.format in _NAMING_SUBJECTS),
        "METADATA-BINDING-NOT-AS-ISSUED",
        f"a credential {'with' if announced else 'without'} a holder's key, as its configuration announces",
        f"a credential {'with' if bound else 'without'} one",
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "metadata-proof-types",
    requires=["VCI-12.2.4-32", "VCI-12.2.4-33", "VCI-12.2.4-34", *_PROVING_OF_DRAFTS, "VCI-12.2.4-81"],
    proven_by={
        "draft-metadata:proof-algorithms-numbers": "METADATA-PROOF-ALGORITHMS-TYPE",
        "draft-metadata:ldp-vp-algorithms-numbers": "METADATA-PROOF-ALGORITHMS-TYPE",
        "metadata:proof-types-array": "METADATA-PROOF-TYPES-TYPE",
        "metadata:proof-types-empty": "METADATA-PROOF-TYPES-EMPTY",
        "metadata:proof-algs-missing": "METADATA-PROOF-ALGORITHMS-MISSING",
        "metadata:proof-algs-empty": "METADATA-PROOF-ALGORITHMS-EMPTY",
    },
    applies=when.some_configuration_has("proof_types_supported"),
)
async def proof_types_are_described(issuer: Issuer, expect: Expect) -> None:
    """proof_types_supported has at least one proof type, and each lists its algorithms."""
    judge, name = Judge(expect, issuer.reply.exchange), "proof_signing_alg_values_supported"
    for configuration in configurations_of(issuer):
        if "proof_types_supported" not in configuration:
            continue
        types = configuration["proof_types_supported"]
        judge.that(
            isinstance(types.value, dict) and all(isinstance(part.value, dict) for part in types.parts()),
            "METADATA-PROOF-TYPES-TYPE",
            "a JSON object whose values are JSON objects",
            types,
        )
        judge.that(types.value != {}, "METADATA-PROOF-TYPES-EMPTY", "a proof type", types, "VCI-12.2.4-81")
        for kind in types.members:
            proof_type = types[kind]
            if isinstance(proof_type.value, dict) and judge.has(
                proof_type, name, "METADATA-PROOF-ALGORITHMS-MISSING", "VCI-12.2.4-33"
            ):
                listed = proof_type[name]
                strings = isinstance(listed.value, list) and all(isinstance(item, str) for item in listed.value)
                judge.that(
                    strings, "METADATA-PROOF-ALGORITHMS-TYPE", "an array of strings", listed, _PROVING_OF_DRAFTS
                )
                judge.that(
                    isinstance(listed.value, list) and bool(listed.value),
                    "METADATA-PROOF-ALGORITHMS-EMPTY",
                    "a non-empty array",
                    listed,
                    "VCI-12.2.4-34",
                )


class _Algorithms(NamedTuple):
    """What the algorithms of a proof type have to be, and by which requirements."""

    strings: str | None
    known: str | tuple[str, ...]
    registered: frozenset[str]
    where: str
    safe: str | None


_ALGORITHMS_OF = {
    "jwt": _Algorithms("VCI-F.1-06", "VCI-F.1-07", JWS_ALGORITHMS, "of the IANA registry", "VCI-F.1-08"),
    "di_vp": _Algorithms("VCI-F.2-04", "VCI-F.2-05", CRYPTOSUITES, "of Data Integrity", None),
    "attestation": _Algorithms("VCI-F.3-03", "VCI-F.3-04", JWS_ALGORITHMS, "of the IANA registry", "VCI-F.3-07"),
    "ldp_vp": _Algorithms(
        "VCI13-7.2.1.2-07",
        ("VCI15-8.2.1.2-07", "VCID14-7.2.1.2-07", "VCI13-7.2.1.2-08"),
        SIGNATURE_SUITES,
        "of the Linked Data Cryptographic Suite Registry",
        None,
    ),
    "cwt": _Algorithms(None, "VCI13-7.2.1.3-07", SIGNATURE_NAMES, "of the IANA registry for COSE", None),
}
"""Proof type to its algorithms; those of the last two are of drafts."""
_ALGORITHM_REQUIREMENTS = [
    name
    for asked in _ALGORITHMS_OF.values()
    for names in (asked.strings, asked.known, asked.safe)
    if names
    for name in ((names,) if isinstance(names, str) else names)
]


@check(
    "metadata-proof-algorithms",
    requires=_ALGORITHM_REQUIREMENTS,
    proven_by={
        "draft-metadata:ldp-vp-algorithms-numbers": "METADATA-PROOF-ALGORITHM-TYPE",
        "draft-metadata:ldp-vp-algorithms-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "draft-metadata:cwt-algorithms-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "metadata:proof-algs-numbers": "METADATA-PROOF-ALGORITHM-TYPE",
        "metadata:proof-algs-none": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:proof-algs-symmetric": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:proof-algs-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "metadata:attestation-algs-numbers": "METADATA-PROOF-ALGORITHM-TYPE",
        "metadata:attestation-algs-none": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:attestation-algs-symmetric": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:attestation-algs-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "metadata:di-vp-algs-numbers": "METADATA-PROOF-ALGORITHM-TYPE",
        "metadata:di-vp-algs-none": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "metadata:di-vp-algs-symmetric": "METADATA-PROOF-ALGORITHM-UNKNOWN",
        "metadata:di-vp-algs-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
    },
    applies=when.listed_proof_algorithms,
)
async def proof_algorithms_are_known(issuer: Issuer, expect: Expect) -> None:
    """The algorithms of the proof types jwt, di_vp and attestation are strings that name digital signatures."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in configurations_of(issuer):
        for kind, asked in _ALGORITHMS_OF.items():
            listed = configuration.get("proof_types_supported").get(kind).get("proof_signing_alg_values_supported")
            for algorithm in listed.parts() if isinstance(listed.value, list) else ():
                _expect_algorithm(judge, algorithm, asked)


def _expect_algorithm(judge: Judge, algorithm: Part, asked: _Algorithms) -> None:
    name = algorithm.value
    if not isinstance(name, str):
        if asked.strings:
            judge.that(False, "METADATA-PROOF-ALGORITHM-TYPE", "a string", algorithm, asked.strings)
        return
    known = name in asked.registered
    judge.that(known, "METADATA-PROOF-ALGORITHM-UNKNOWN", f"an algorithm {asked.where}", algorithm, asked.known)
    if asked.safe:
        judge.that(
            name not in SYMMETRIC_ALGORITHMS | {"none"},
            "METADATA-PROOF-ALGORITHM-UNSAFE",
            "a digital signature algorithm",
            algorithm,
            asked.safe,
        )


@check(
    "metadata-key-attestations",
    requires=["VCI-12.2.4-35", "VCI-12.2.4-37", "VCI-12.2.4-38", *_LEVELS_OF_DRAFTS.values()],
    proven_by={
        "draft-metadata:key-storage-string": "METADATA-KEY-ATTESTATION-LEVELS",
        "draft-metadata:user-authentication-string": "METADATA-KEY-ATTESTATION-LEVELS",
        "metadata:key-attestations-array": "METADATA-KEY-ATTESTATIONS-TYPE",
        "metadata:key-attestations-empty-storage": "METADATA-KEY-ATTESTATION-LEVELS",
    },
    applies=when.some_proof_type,
)
async def key_attestations_are_described(issuer: Issuer, expect: Expect) -> None:
    """Where a proof type has key_attestations_required, it is an object with non-empty arrays of levels."""
    judge, name = Judge(expect, issuer.reply.exchange), "key_attestations_required"
    levels = {"key_storage": "VCI-12.2.4-37", "user_authentication": "VCI-12.2.4-38"}
    for configuration in configurations_of(issuer):
        for proof_type in configuration.get("proof_types_supported").parts():
            required = proof_type.get(name)
            judge.that(
                name not in proof_type or isinstance(required.value, dict),
                "METADATA-KEY-ATTESTATIONS-TYPE",
                "a JSON object",
                required,
            )
            for level, requirement in levels.items():
                if level in required:
                    code = "METADATA-KEY-ATTESTATION-LEVELS"
                    judge.array(required[level], code, requirement, of=str, called="strings")
                    right = isinstance(required[level].value, list)
                    judge.that(right, code, "an array", required[level], _LEVELS_OF_DRAFTS[level])
