"""Credential Configurations by their format: OpenID4VCI 1.0 appendices A.1 (W3C), A.2 (mdoc) and A.3 (SD-JWT VC).

The checks look at every configuration of the format in the metadata.
"""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.formats.cose import MDOC_SIGNATURE_NAMES
from harness.formats.jose import JWS_ALGORITHMS
from harness.formats.signature_suites import SIGNATURE_SUITES
from harness.wallet.metadata import Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of

check = area("Credential Issuer Metadata")


_JWT_FORMATS = {"dc+sd-jwt": "VCI-A.3.2-01", "vc+sd-jwt": "VCI-A.3.2-01", "jwt_vc_json": "VCI-A.1.1.2-01"}
_STRINGS_OF_DRAFTS = ("VCI15-11.2.3-14", "VCID14-10.2.3-14", "VCI13-11.2.3-17")
_MDOC_OF_DRAFTS = ("VCI15-A.2.2-01", "VCID14-A.2.2-01", "VCI13-A.2.2-09")
_DEFINED = {
    "jwt_vc_json": ("VCI-A.1.1.2-02", "VCI-A.1.1.2-03", "VCI-A.1.1.2-04", None),
    "ldp_vc": ("VCI-A.1.2.2-02", "VCI-A.1.2.2-04", "VCI-A.1.2.2-05", "VCI-A.1.2.2-03"),
    "jwt_vc_json-ld": ("VCI-A.1.3.2-02", "VCI-A.1.3.2-04", "VCI-A.1.3.2-05", "VCI-A.1.3.2-03"),
}
"""Format to what is asked of ``credential_definition``, of its ``type`` (presence, form), of its ``@context``."""


def _of_format(issuer: Issuer, *formats: str) -> list[Part]:
    return [part for part in configurations_of(issuer) if part.members.get("format") in formats]


@check(
    "metadata-credential-algorithms",
    requires=[
        "VCI-A.3.2-01",
        "VCI-12.2.4-25",
        *_STRINGS_OF_DRAFTS,
        "VCI-A.1.1.2-01",
        "VCI-A.1.2.2-01",
        "VCI-A.1.3.2-01",
        "VCI-A.2.2-01",
        *_MDOC_OF_DRAFTS,
    ],
    proven_by={
        "draft-metadata:credential-algorithms-numbers": "METADATA-CREDENTIAL-ALGORITHM-TYPE",
        "draft-metadata:mdoc-algorithms-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
        "metadata:credential-algs-empty": "METADATA-CREDENTIAL-ALGORITHMS",
        "metadata:credential-algs-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
        "metadata:jwt-vc-algs-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
        "metadata:ldp-vc-algs-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
        "metadata:jwt-vc-ld-algs-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
        "metadata:mdoc-algs-names": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
    },
    applies=when.some_configuration_has("credential_signing_alg_values_supported"),
)
async def credential_algorithms_are_known(issuer: Issuer, expect: Expect) -> None:
    """credential_signing_alg_values_supported is a non-empty array of algorithms that fit the format."""
    judge, name = Judge(expect, issuer.reply.exchange), "credential_signing_alg_values_supported"
    for configuration in configurations_of(issuer):
        if name not in configuration:
            continue
        listed, kind = configuration[name], str(configuration.members.get("format"))
        strings = isinstance(listed.value, list) and all(isinstance(item, str) for item in listed.value)
        code = "METADATA-CREDENTIAL-ALGORITHM-TYPE"
        judge.that(strings, code, "an array of strings", listed, _STRINGS_OF_DRAFTS)
        kinds: Any = {"of": str, "called": "strings"}
        if kind not in (*_JWT_FORMATS, "ldp_vc", "jwt_vc_json-ld"):
            # Mobile documents have the integers of COSE here (appendix A.2.2).
            kinds = {"of": (str, int), "called": "identifiers"}
        if judge.array(listed, "METADATA-CREDENTIAL-ALGORITHMS", "VCI-12.2.4-25", **kinds):
            for algorithm in listed.parts():
                _expect_algorithm(judge, kind, algorithm)


def _expect_algorithm(judge: Judge, credential_format: str, algorithm: Part) -> None:
    code = "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN"
    if credential_format in _JWT_FORMATS:
        right = algorithm.value in JWS_ALGORITHMS
        wanted, requirement = "a JWS algorithm of the IANA registry", _JWT_FORMATS[credential_format]
    elif credential_format == "ldp_vc":
        right = algorithm.value in SIGNATURE_SUITES
        wanted, requirement = "a registered signature suite", "VCI-A.1.2.2-01"
    elif credential_format == "jwt_vc_json-ld":
        # It is signed as a JWT, though its clause names the suites of Data Integrity.
        right = algorithm.value in SIGNATURE_SUITES | JWS_ALGORITHMS
        wanted, requirement = "a registered signature suite or JWS algorithm", "VCI-A.1.3.2-01"
    elif credential_format == "mso_mdoc":
        if isinstance(algorithm.value, str):
            named = algorithm.value in MDOC_SIGNATURE_NAMES
            judge.that(named, code, "an algorithm of ISO/IEC 18013-5", algorithm, _MDOC_OF_DRAFTS)
        right = isinstance(algorithm.value, int)
        wanted, requirement = "a numeric COSE algorithm identifier", "VCI-A.2.2-01"
    else:
        return
    judge.that(right, code, wanted, algorithm, requirement)


@check(
    "metadata-credential-definition",
    requires=[name for names in _DEFINED.values() for name in names if name],
    proven_by={
        "metadata:jwt-vc-definition-missing": "METADATA-CREDENTIAL-DEFINITION",
        "metadata:jwt-vc-definition-array": "METADATA-CREDENTIAL-DEFINITION",
        "metadata:jwt-vc-type-missing": "METADATA-CREDENTIAL-TYPE-MISSING",
        "metadata:jwt-vc-type-string": "METADATA-CREDENTIAL-TYPE",
        "metadata:ldp-vc-definition-missing": "METADATA-CREDENTIAL-DEFINITION",
        "metadata:ldp-vc-type-missing": "METADATA-CREDENTIAL-TYPE-MISSING",
        "metadata:ldp-vc-type-string": "METADATA-CREDENTIAL-TYPE",
        "metadata:ldp-vc-context-missing": "METADATA-CREDENTIAL-CONTEXT",
        "metadata:ldp-vc-context-string": "METADATA-CREDENTIAL-CONTEXT",
        "metadata:jwt-vc-ld-definition-missing": "METADATA-CREDENTIAL-DEFINITION",
        "metadata:jwt-vc-ld-type-missing": "METADATA-CREDENTIAL-TYPE-MISSING",
        "metadata:jwt-vc-ld-type-string": "METADATA-CREDENTIAL-TYPE",
        "metadata:jwt-vc-ld-context-missing": "METADATA-CREDENTIAL-CONTEXT",
        "metadata:jwt-vc-ld-context-string": "METADATA-CREDENTIAL-CONTEXT",
        "metadata:jwt-vc-ld-definition-array": "METADATA-CREDENTIAL-DEFINITION",
        "metadata:ldp-vc-definition-array": "METADATA-CREDENTIAL-DEFINITION",
    },
    applies=when.format_configuration(*_DEFINED),
)
async def w3c_credentials_are_defined(issuer: Issuer, expect: Expect) -> None:
    """A W3C format has credential_definition, an object with type and, for JSON-LD, @context."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _of_format(issuer, *_DEFINED):
        defined, presence, form, with_context = _DEFINED[configuration.members["format"]]
        definition = configuration.get("credential_definition")
        if not judge.that(
            isinstance(definition.value, dict),
            "METADATA-CREDENTIAL-DEFINITION",
            "credential_definition, a JSON object",
            definition,
            defined,
        ):
            continue
        if judge.has(definition, "type", "METADATA-CREDENTIAL-TYPE-MISSING", presence):
            types = definition["type"]
            right = isinstance(types.value, list) and all(isinstance(name, str) for name in types.value)
            judge.that(right, "METADATA-CREDENTIAL-TYPE", "an array of strings", types, form)
        if with_context:
            context = definition.get("@context")
            right = isinstance(context.value, list)
            judge.that(right, "METADATA-CREDENTIAL-CONTEXT", "@context, an array", context, with_context)


@check(
    "metadata-mdoc-type",
    requires=["VCI-A.2.2-03", "VCI-A.2.2-04"],
    proven_by={
        "metadata:mdoc-doctype-missing": "METADATA-DOCTYPE-MISSING",
        "metadata:mdoc-doctype-number": "METADATA-DOCTYPE-TYPE",
    },
    applies=when.format_configuration("mso_mdoc"),
)
async def mobile_documents_have_a_type(issuer: Issuer, expect: Expect) -> None:
    """Each configuration of the format mso_mdoc has doctype, a string."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _of_format(issuer, "mso_mdoc"):
        if judge.has(configuration, "doctype", "METADATA-DOCTYPE-MISSING"):
            doctype = configuration["doctype"]
            right = isinstance(doctype.value, str)
            judge.that(right, "METADATA-DOCTYPE-TYPE", "a string", doctype, "VCI-A.2.2-04")


@check(
    "metadata-sd-jwt-vc-format",
    requires=["VCI-A.3.1-01", "VCID14-A.3.1-01", "VCI13-A.3.1-01"],
    proven_by={
        "metadata:format-earlier-draft": "METADATA-FORMAT-SD-JWT-VC",
        "draft-metadata:format-later": "METADATA-FORMAT-SD-JWT-VC",
    },
    applies=when.some_configuration_has("vct"),
)
async def sd_jwt_vcs_have_their_format(issuer: Issuer, expect: Expect) -> None:
    """Each type of SD-JWT VC the metadata names is offered with the format of SD-JWT VCs, dc+sd-jwt."""
    # An issuer may serve wallets of earlier drafts beside, by further configurations of the same type.
    judge, configurations, name = Judge(expect, issuer.reply.exchange), configurations_of(issuer), _name(issuer)
    current = [part.members.get("vct") for part in configurations if part.members.get("format") == name]
    for configuration in configurations:
        if "vct" in configuration:
            found = configuration.members.get("format")
            # Formats that OpenID4VCI does not define may have a vct as well.
            judge.that(
                configuration["vct"].value in current or not _is_called_sd_jwt(found),
                "METADATA-FORMAT-SD-JWT-VC",
                f"the format {name}, here or in another configuration with this vct",
                Part(found, f"{configuration.pointer}/format"),
            )


def _name(issuer: Issuer) -> str:
    """Give what the format of SD-JWT VCs is called: ``dc+sd-jwt``, and ``vc+sd-jwt`` before draft 15."""
    return issuer.dialect.sd_jwt_vc


def _is_called_sd_jwt(name: Any) -> bool:
    return isinstance(name, str) and "sd-jwt" in name.lower().replace("_", "-")


@check(
    "metadata-sd-jwt-vc-type",
    requires=["VCI-A.3.2-02", "VCI-A.3.2-03"],
    proven_by={
        "metadata:vct-missing": "METADATA-VCT-MISSING",
        "metadata:vct-number": "METADATA-VCT-TYPE",
    },
    applies=when.sd_jwt_vc_configuration,
)
async def sd_jwt_vcs_have_a_type(issuer: Issuer, expect: Expect) -> None:
    """Each configuration of the format of SD-JWT VCs has vct, a string."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _of_format(issuer, _name(issuer)):
        if judge.has(configuration, "vct", "METADATA-VCT-MISSING"):
            vct = configuration["vct"]
            judge.that(isinstance(vct.value, str), "METADATA-VCT-TYPE", "a string", vct, "VCI-A.3.2-03")
