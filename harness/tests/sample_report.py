"""Hand-built run reports for the tests of the renderers: one with every verdict, one hostile, one large."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from harness.model import (
    CheckInfo,
    CheckResult,
    Exchange,
    Finding,
    HttpMessage,
    Json,
    Level,
    Requirement,
    RequirementResult,
    RunReport,
    RunVerdict,
    Severity,
    Timing,
    Verdict,
    Waiver,
)

ISSUER = "https://issuer.example"
SERVER = "https://login.issuer.example"
CONFIGURATION = "person-id-sd-jwt"
OTHER_CONFIGURATION = "residence-sd-jwt"
_VCI = "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html"
_RFC6749 = "https://www.rfc-editor.org/rfc/rfc6749.html"

METADATA: dict[str, Json] = {
    "credential_issuer": ISSUER,
    "authorization_servers": [SERVER],
    "credential_endpoint": f"{ISSUER}/credential",
    "nonce_endpoint": f"{ISSUER}/nonce",
    "display": [{"name": "Office for Samples", "locale": "en"}, {"name": "مكتب العينات", "locale": "ar"}],
    "credential_configurations_supported": {
        CONFIGURATION: {
            "format": "dc+sd-jwt",
            "vct": "https://issuer.example/vct/person",
            "cryptographic_binding_methods_supported": ["jwk"],
            "credential_signing_alg_values_supported": ["ES256"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        },
        OTHER_CONFIGURATION: {"format": "dc+sd-jwt", "vct": "https://issuer.example/vct/residence"},
    },
}
SERVER_METADATA: dict[str, Json] = {
    "issuer": SERVER,
    "token_endpoint": f"{SERVER}/token",
    "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code"],
    "pre-authorized_grant_anonymous_access_supported": True,
}
_NOT_FOUND = "The issuer publishes no %s, so there is nothing to test."
_ENCRYPTION = _NOT_FOUND % "credential_response_encryption"


def sample_report() -> RunReport:
    """A run that fails, with every verdict, all states of waivers and a conversation between four parties."""
    checks = _checks()
    results = _results()
    return RunReport(
        tool={"name": "Assay", "version": "0.1.0", "commit": "3f2c9d1a7b60"},
        target={
            "issuer": ISSUER,
            "profile": "oid4vci-1.0",
            "configurations": [CONFIGURATION, OTHER_CONFIGURATION],
            "vendor": "Office for Samples",
            "product": "Sample Issuer",
            "version": "2026.11",
            "contact": "conformance@issuer.example",
        },
        verdict=RunVerdict.NOT_CONFORMANT,
        summary="3 of 15 checks fail, and 1 of them is critical.",
        notices=["1 check was blocked and 1 is in error; what they test is not decided by this run."],
        started="2026-11-20T10:26:05Z",
        results=results,
        checks=checks,
        requirements=_requirements(results),
        exchanges=_exchanges(),
        waivers=_waivers(),
        configuration={
            "profile": "oid4vci-1.0",
            "client": {"client_id": "assay-wallet"},
            "offers": [
                {
                    "name": "by value",
                    "kind": "http",
                    "url": f"{ISSUER}/test/offer",
                    "secret": "‹from ${OFFER_KEY}›",
                }
            ],
        },
        issuer={
            "metadata": METADATA,
            "authorization_servers": [SERVER_METADATA],
            "offers": [
                {
                    "credential_issuer": ISSUER,
                    "credential_configuration_ids": [CONFIGURATION],
                    "grants": {
                        "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                            "pre-authorized_code": "‹redacted sha256:9f86d081›",
                            "tx_code": {"input_mode": "numeric", "length": 6},
                        }
                    },
                }
            ],
            "signers": [
                {
                    "credentials": [CONFIGURATION],
                    "algorithm": "ES256",
                    "issuer": ISSUER,
                    "key_id": None,
                    "certificates": [
                        {
                            "subject": "CN=Office for Samples,C=XX",
                            "issuer": "CN=Sample Root,C=XX",
                            "serial_number": "2a",
                            "not_before": "2026-01-01T00:00:00Z",
                            "not_after": "2027-01-01T00:00:00Z",
                            "key": "EC secp256r1",
                            "signed_with": "ecdsa-with-SHA256",
                            "sha256": "5f" * 32,
                        }
                    ],
                },
                {
                    "credentials": [OTHER_CONFIGURATION],
                    "algorithm": "EdDSA",
                    "issuer": "did:web:issuer.example",
                    "key_id": "did:web:issuer.example#key-1",
                    "certificates": [],
                },
            ],
            "credentials": [
                {
                    "configuration": CONFIGURATION,
                    "format": "dc+sd-jwt",
                    "header": {"alg": "ES256", "typ": "dc+sd-jwt", "kid": "key-1"},
                    "payload": {"iss": ISSUER, "vct": "https://issuer.example/vct/person", "exp": 1795170365},
                    "disclosures": [["‹redacted›", "given_name", "‹redacted›"]],
                }
            ],
        },
        timing=Timing(wall_s=48.2, issuer_s=9.4, waiting_s=32.0, harness_s=6.8, exchanges=14),
        command=f"pytest --issuer-url {ISSUER} --vci-config assay.toml",
        gate={
            "bar": "new",
            "passes": False,
            "exit_code": 1,
            "reason": "1 failing finding is new since the baseline of 2026-11-13T10:00:00Z.",
        },
        baseline=_baseline(),
    )


def _baseline() -> dict[str, Json]:
    """What changed: one finding new, one seen otherwise, one fixed, and one whose check was blocked."""
    audience, cached, scheme = (
        {
            "check": check,
            "configuration": CONFIGURATION,
            "verdict": "fail",
            "failing": True,
            "code": code,
            "requirement": requirement,
            "level": "MUST",
            "expected": expected,
            "observed": observed,
            "pointer": None,
            "exchange": None,
        }
        for check, code, requirement, expected, observed in (
            ("nonce-unknown-refused", "NONCE-ACCEPTED", "VCI-8.3.1.2-04", "a refusal", "HTTP 200"),
            ("token-not-cached", "TOKEN-CACHEABLE", "VCI-6.2-04", "no-store", "no Cache-Control"),
            ("offer-scheme", "OFFER-SCHEME", "VCI-4.1-02", "openid-credential-offer", "haip"),
        )
    )
    changed = {**audience, "exchange": 12, "observed": "HTTP 200 with a credential", "configuration": None}
    return {
        "since": {
            "issuer": ISSUER,
            "profile": "oid4vci-1.0",
            "tool": "0.1.0",
            "started": "2026-11-13T10:00:00Z",
            "verdict": "not-conformant",
            "summary": "4 of 15 checks fail.",
        },
        "warnings": ["The catalogue of requirements is another one: 2 added."],
        "new": [{**audience, "exchange": 11}],
        "fixed": [cached],
        "changed": [
            {
                **changed,
                "before": {
                    "verdict": "warn",
                    "failing": False,
                    "level": "SHOULD",
                    "expected": "a refusal",
                    "observed": "HTTP 201",
                },
            }
        ],
        "removed": [{**scheme, "reason": "the check was blocked: no offer came"}],
        "unchanged": 2,
        "undecided": [
            {"check": "offer-scheme", "configuration": CONFIGURATION, "reason": "the check was blocked"}
        ],
        "requirements": [{"id": "VCI-8.3.1.2-04", "before": "pass", "after": "fail"}],
        "checks_added": ["nonce-unknown-refused"],
        "checks_removed": ["retired-check"],
    }


def _hostile_baseline(text: str) -> dict[str, Json]:
    baseline = _baseline()
    words = ("check", "configuration", "code", "requirement", "expected", "observed", "pointer")
    hostile = {**baseline["new"][0], **dict.fromkeys(words, text)}
    before = {"verdict": "warn", "failing": False, "level": "SHOULD", "expected": text, "observed": "another"}
    return {
        **baseline,
        "since": {**baseline["since"], **dict.fromkeys(("issuer", "profile", "tool", "started", "summary"), text)},
        "warnings": [text],
        "new": [hostile],
        "fixed": [hostile],
        "changed": [{**hostile, "before": before}],
        "removed": [{**hostile, "reason": text}],
        "undecided": [{"check": text, "configuration": text, "reason": text}],
        "requirements": [{"id": text, "before": "pass", "after": "fail"}],
        "checks_added": [text],
        "checks_removed": [text],
    }


def hostile_report(text: str) -> RunReport:
    """The sample with ``text`` in every place that a hostile issuer, or a tampered file, could fill."""
    report = sample_report()
    message = HttpMessage(headers=((text, text), ("Content-Type", text)), body=text, size=len(text))
    finding = Finding(text, "VCI-8.3.1.2-04", Level.MUST, text, text, pointer=text, exchange=1)
    requirement = dataclasses.replace(
        _requirement("VCI-1-01", "1", "MUST", "high", text, text), link=text, note=text, aliases=(text,)
    )
    return dataclasses.replace(
        report,
        target={"issuer": text, "profile": text, "configurations": [text], text: text},
        tool={"name": text, "version": text, "commit": text},
        summary=text,
        notices=[text],
        started=text,
        results=[
            *report.results,
            *(
                CheckResult(
                    text, verdict, (text,), configuration=text, findings=(finding,), reason=text, exchanges=(1,)
                )
                for verdict in Verdict
            ),
        ],
        checks=[*report.checks, CheckInfo(text, text, Level.MUST, text, (text,), {text: (text,)})],
        requirements=[
            *report.requirements,
            RequirementResult(requirement, Verdict.FAIL, (text,)),
            RequirementResult(
                dataclasses.replace(requirement, id=text, spec=text, clause=text, untestable=text), None, (), text
            ),
        ],
        exchanges=[
            Exchange(1, text, text, text, message, text, 0.1, 200, message),
            Exchange(2, text, text, text, message, text, 0.1, failure=text),
        ],
        waivers=[{**Waiver(text, text, text, text, text, text).to_json(), "state": "used", "days_left": 1}],
        configuration={text: text},
        issuer={"metadata": {text: text}, "offers": [text], "credentials": {text: [text]}, text: text},
        command=text,
        gate={"bar": "new", "passes": False, "exit_code": 1, "reason": text},
        baseline=_hostile_baseline(text),
    )


def large_report(exchanges: int = 1000, body_lines: int = 200) -> RunReport:
    """The sample with many different exchanges, each with bodies of ``body_lines`` lines."""
    report = sample_report()
    headers = tuple((f"X-Header-{n}", "value " * 8) for n in range(12))

    def message(number: int) -> HttpMessage:
        body = json.dumps({f"member-{n}": f'a "quoted" value {number}' for n in range(body_lines)}, indent=2)
        return HttpMessage(headers, body, len(body))

    many = [
        Exchange(
            n,
            "credential request",
            "POST",
            f"{ISSUER}/credential",
            message(n),
            _at(n % 60),
            0.02,
            200,
            message(-n),
        )
        for n in range(1, exchanges + 1)
    ]
    return dataclasses.replace(report, exchanges=many)


def full_report(failing: int = 60) -> RunReport:
    """A report of the size that a run with every format and every capability has, with room for growth.

    Args:
        failing: how many of its checks fail, each on all configurations.

    """
    report = large_report(exchanges=4_000, body_lines=20)
    text = "A Credential Request with a proof of another kind is refused with the error invalid_proof."
    requirements = [
        dataclasses.replace(
            _requirement(
                f"VCI-{n // 4}.{n % 7}-{n % 100:02d}-{n}", f"{n // 40}.{n % 40 // 3}", "MUST", "high", text, text
            ),
            spec=f"Specification {n // 50}",
            note="What is compared, and what may differ in it." * (n % 3 == 0) or None,
        )
        for n in range(1_750)
    ]
    labels = [f"identity_credential_{n}:by-reference" for n in range(9)]
    checks: list[CheckInfo] = []
    results: list[CheckResult] = []
    for n in range(940):
        name, own = (
            f"request-of-kind-{n}-refused",
            tuple(r.id for r in requirements[2 * n % 1_700 :][:2]),
        )
        faults = {f"accepts:credential.kind-{n}-{m}": ("CODE",) for m in range(3)}
        checks.append(CheckInfo(name, f"Area {n // 25}", Level.MUST, text, own, faults))
        for place, label in enumerate(labels if n % 10 < 8 else labels[:1]):
            number = 1 + (4 * n + place) % 4_000
            fails = n < failing
            idle = not fails and place % 3 > 0
            seen = Finding(
                f"CODE-{n}", own[0], Level.MUST, text, f"HTTP 200, {n} bytes, as asked", exchange=number
            )
            verdict = Verdict.FAIL if fails else Verdict.NOT_APPLICABLE if idle else Verdict.PASS
            reason = f"configuration '{label}' has the format 'format-{(n + place) % 12}'" if idle else None
            results.append(
                CheckResult(name, verdict, own, label, (seen,) if fails else (), reason, (number, number), 2, 0.01)
            )
    entries = [
        RequirementResult(each, Verdict.PASS, (checks[n % 940].id, checks[n * 7 % 940].id)[: 1 + (n % 4 == 0)])
        for n, each in enumerate(requirements)
    ]
    return dataclasses.replace(report, requirements=entries, checks=checks, results=results)


def _requirement(name: str, clause: str, level: str, severity: str, text: str, why: str) -> Requirement:
    rfc = name.startswith("RFC6749")
    return Requirement(
        id=name,
        spec="RFC 6749" if rfc else "OpenID4VCI 1.0",
        clause=clause,
        level=Level(level),
        actor="as" if rfc or clause.startswith("6") else "issuer",
        text=text,
        link=f"{_RFC6749 if rfc else _VCI}#section-{clause}",
        severity=Severity(severity),
        why=why,
    )


def _catalogue() -> list[Requirement]:
    return [
        _requirement(
            "VCI-4.1.1-01",
            "4.1.1",
            "MUST",
            "high",
            "The Credential Offer names the Credential Issuer that made it.",
            "Without it a wallet cannot tell whom to ask for the credential.",
        ),
        _requirement(
            "VCI-4.1.1-04",
            "4.1.1",
            "MUST",
            "high",
            "The Credential Offer names at least one Credential Configuration, each only once.",
            "A wallet that gets an empty list has nothing to offer to its user.",
        ),
        _requirement(
            "VCI-4.1.3-02",
            "4.1.3",
            "MUST",
            "medium",
            "A Credential Offer given by reference is served with the media type application/json.",
            "Wallets that check the media type refuse the offer, and the user sees an error.",
        ),
        _requirement(
            "VCI-6.1-03",
            "6.1",
            "MUST",
            "critical",
            "A token request with a wrong transaction code is refused with invalid_grant.",
            "Whoever photographs the QR code gets the credential of somebody else.",
        ),
        _requirement(
            "VCI-6.2-01",
            "6.2",
            "SHOULD",
            "low",
            "The token response names the credential identifiers when authorization details were used.",
            "A wallet must guess which of several credentials it may ask for.",
        ),
        _requirement(
            "VCI-7.2-01",
            "7.2",
            "MUST",
            "high",
            "The nonce response carries a c_nonce that is a string.",
            "A wallet cannot build a proof of possession.",
        ),
        _requirement(
            "VCI-7.2-03",
            "7.2",
            "MUST",
            "medium",
            "The nonce response is not cached: it carries Cache-Control: no-store.",
            "A proxy hands the same nonce to two wallets, and one of them is refused.",
        ),
        dataclasses.replace(
            _requirement(
                "VCI-8.3.1.2-04",
                "8.3.1.2",
                "MUST",
                "critical",
                "A proof whose nonce the issuer did not provide is refused with the error invalid_nonce.",
                "A replayed proof lets a stolen credential request be used again.",
            ),
            aliases=("OID4VCI-1FINAL-8.3.1.2",),
        ),
        dataclasses.replace(
            _requirement(
                "VCI-8.3.1.2-06",
                "8.3.1.2",
                "SHOULD",
                "low",
                "A request for an unknown Credential Configuration is refused with its own error code.",
                "The wallet cannot tell its user what went wrong.",
            ),
            note="Status 400 and a code of this list are mandatory; which code of the list is a recommendation.",
        ),
        _requirement(
            "VCI-10-02",
            "10",
            "MUST",
            "medium",
            "The response is encrypted when the request asks for encryption.",
            "Personal data crosses proxies in the clear.",
        ),
        _requirement(
            "VCI-11.1-01",
            "11.1",
            "MAY",
            "low",
            "The issuer accepts notifications about what became of a credential.",
            "The issuer does not learn that a credential was never stored.",
        ),
        _requirement(
            "VCI-12.2.4-01",
            "12.2.4",
            "MUST",
            "high",
            "The metadata names the credential endpoint as an https URL.",
            "A wallet has no place to ask, or asks where others can listen.",
        ),
        dataclasses.replace(
            _requirement(
                "VCI-13.8-01",
                "13.8",
                "MUST",
                "high",
                "Pre-Authorized Codes cannot be guessed.",
                "Somebody who guesses a code gets a credential that is not theirs.",
            ),
            untestable="The entropy of a generator cannot be told from a few of its values.",
        ),
        dataclasses.replace(
            _requirement(
                "VCI-13.9-01",
                "13.9",
                "SHOULD",
                "medium",
                "The issuer keeps personal data no longer than it needs.",
                "A leak exposes more people than it must.",
            ),
            untestable="What the issuer stores cannot be seen from outside.",
        ),
        _requirement(
            "RFC6749-5.1-02",
            "5.1",
            "MUST",
            "high",
            "A response that carries a token forbids caching.",
            "A shared cache gives one user the token of another.",
        ),
        _requirement(
            "RFC6749-5.2-01",
            "5.2",
            "MUST",
            "medium",
            "An error of the token endpoint is a JSON object with the member error.",
            "The wallet cannot react to what went wrong.",
        ),
        _requirement(
            "RFC6749-10.10-01",
            "10.10",
            "SHOULD",
            "medium",
            "Tokens are long enough that guessing them is hopeless.",
            "A guessed token gives access to a stranger's credential.",
        ),
    ]


def _check(name: str, area: str, text: str, *requirements: str, **proven_by: str) -> CheckInfo:
    levels = {entry.id: entry.level for entry in _catalogue()}
    strongest = min((levels[item] for item in requirements), key=list(Level).index)
    proofs = {fault.replace("__", ":").replace("_", "."): (code,) for fault, code in proven_by.items()}
    return CheckInfo(name, area, strongest, text, requirements, proofs)


def _checks() -> list[CheckInfo]:
    return [
        _check(
            "offer-issuer",
            "offer",
            "The offer names its Credential Issuer.",
            "VCI-4.1.1-01",
            offer__issuer="OFFER-ISSUER",
        ),
        _check(
            "offer-configurations",
            "offer",
            "The offer names at least one Credential Configuration.",
            "VCI-4.1.1-04",
        ),
        _check(
            "offer-media-type",
            "offer",
            "An offer given by reference is JSON and says so.",
            "VCI-4.1.3-02",
            offer__media_type="OFFER-MEDIA-TYPE",
        ),
        _check(
            "token-tx-code-wrong-refused",
            "token",
            "A wrong transaction code is refused with invalid_grant.",
            "VCI-6.1-03",
            accepts__token_tx_code="TX-CODE-ACCEPTED",
            misreports__token_tx_code="TX-CODE-MISREPORTED",
        ),
        _check(
            "token-credential-identifiers",
            "token",
            "The token response names credential identifiers.",
            "VCI-6.2-01",
        ),
        _check(
            "token-not-cached",
            "token",
            "A token response forbids caching.",
            "RFC6749-5.1-02",
            token__cacheable="TOKEN-CACHEABLE",
        ),
        _check(
            "token-error-form", "token", "An error of the token endpoint has the form of OAuth.", "RFC6749-5.2-01"
        ),
        _check("token-length", "token", "Tokens are too long to be guessed.", "RFC6749-10.10-01"),
        _check("nonce-response", "nonce", "The nonce endpoint gives a c_nonce.", "VCI-7.2-01"),
        _check(
            "nonce-not-cached",
            "nonce",
            "The nonce response forbids caching.",
            "VCI-7.2-03",
            nonce__cacheable="NONCE-CACHEABLE",
        ),
        _check(
            "nonce-unknown-refused",
            "credential",
            "A proof carrying a nonce this issuer never gave out is refused with invalid_nonce.",
            "VCI-8.3.1.2-04",
            accepts__proof_nonce="NONCE-ACCEPTED",
        ),
        _check(
            "configuration-unknown-refused",
            "credential",
            "A request for an unknown configuration is refused with its own code.",
            "VCI-8.3.1.2-06",
        ),
        _check(
            "response-encrypted", "encryption", "The credential response is encrypted on request.", "VCI-10-02"
        ),
        _check("notification-accepted", "notification", "A notification is accepted.", "VCI-11.1-01"),
        _check(
            "metadata-credential-endpoint",
            "metadata",
            "The metadata names an https credential endpoint.",
            "VCI-12.2.4-01",
        ),
    ]


def _results() -> list[CheckResult]:
    def result(check: str, verdict: Verdict, *exchanges: int, **more: Json) -> CheckResult:
        requirements = next(entry.requirements for entry in _checks() if entry.id == check)
        evaluated = 0 if verdict in (Verdict.NOT_APPLICABLE, Verdict.BLOCKED, Verdict.ERROR) else 3
        return CheckResult(
            check,
            verdict,
            requirements,
            exchanges=exchanges,
            evaluated=evaluated,
            elapsed_s=0.01 * sum(exchanges),
            **more,
        )

    nonce = Finding(
        "NONCE-ACCEPTED",
        "VCI-8.3.1.2-04",
        Level.MUST,
        expected="status 400 with the error invalid_nonce and no credential",
        observed="status 200 with a credential",
        pointer="/credentials/0/credential",
        exchange=11,
    )
    return [
        result("offer-issuer", Verdict.PASS, 1),
        result("offer-configurations", Verdict.PASS, 1),
        result(
            "offer-media-type",
            Verdict.FAIL,
            1,
            findings=(
                Finding(
                    "OFFER-MEDIA-TYPE",
                    "VCI-4.1.3-02",
                    Level.MUST,
                    expected="Content-Type: application/json",
                    observed="Content-Type: text/html; charset=utf-8",
                    pointer="header Content-Type",
                    exchange=1,
                ),
            ),
        ),
        result(
            "token-tx-code-wrong-refused",
            Verdict.BLOCKED,
            reason="No offer asks for a transaction code; add [[offer]] with tx_code to assay.toml.",
        ),
        result(
            "token-credential-identifiers",
            Verdict.WARN,
            5,
            findings=(
                Finding(
                    "NO-CREDENTIAL-IDENTIFIERS",
                    "VCI-6.2-01",
                    Level.SHOULD,
                    expected="authorization_details with credential_identifiers",
                    observed="the member is absent",
                    pointer="/authorization_details",
                    exchange=5,
                ),
            ),
        ),
        result(
            "token-not-cached",
            Verdict.WAIVED,
            5,
            reason="Accepted by the team until 2026-12-31.",
            findings=(
                Finding(
                    "TOKEN-CACHEABLE",
                    "RFC6749-5.1-02",
                    Level.MUST,
                    expected="Cache-Control: no-store",
                    observed="Cache-Control: max-age=60",
                    pointer="header Cache-Control",
                    exchange=5,
                ),
            ),
        ),
        result("token-error-form", Verdict.PASS, 6),
        result("token-length", Verdict.ERROR, 7, reason="Exchange 7 got no answer: timed out after 10 s."),
        result("nonce-response", Verdict.PASS, 8),
        result(
            "nonce-not-cached",
            Verdict.FAIL,
            8,
            findings=(
                Finding(
                    "NONCE-CACHEABLE",
                    "VCI-7.2-03",
                    Level.MUST,
                    expected="Cache-Control: no-store",
                    observed="no Cache-Control header",
                    pointer="header Cache-Control",
                    exchange=8,
                ),
            ),
        ),
        result("nonce-unknown-refused", Verdict.FAIL, 10, 11, configuration=CONFIGURATION, findings=(nonce,)),
        result(
            "nonce-unknown-refused",
            Verdict.FAIL,
            10,
            12,
            configuration=OTHER_CONFIGURATION,
            findings=(dataclasses.replace(nonce, exchange=12),),
        ),
        result(
            "configuration-unknown-refused",
            Verdict.WARN,
            13,
            findings=(
                Finding(
                    "ERROR-CODE-GENERAL",
                    "VCI-8.3.1.2-06",
                    Level.SHOULD,
                    expected="the error unknown_credential_configuration",
                    observed="the error invalid_credential_request",
                    pointer="/error",
                    exchange=13,
                ),
            ),
        ),
        result("response-encrypted", Verdict.NOT_APPLICABLE, reason=_ENCRYPTION),
        result("notification-accepted", Verdict.NOT_APPLICABLE, reason=_NOT_FOUND % "notification_endpoint"),
        result("metadata-credential-endpoint", Verdict.PASS, 2, configuration=CONFIGURATION),
        result("metadata-credential-endpoint", Verdict.PASS, 2, configuration=OTHER_CONFIGURATION),
    ]


def _requirements(results: list[CheckResult]) -> list[RequirementResult]:
    worst = [Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.WAIVED, Verdict.WARN, Verdict.PASS]
    worst.append(Verdict.NOT_APPLICABLE)
    entries = []
    for requirement in _catalogue():
        own = [result for result in results if requirement.id in result.requirements]
        verdict = min((result.verdict for result in own), key=worst.index, default=None)
        checks = tuple(dict.fromkeys(result.check for result in own))
        entries.append(RequirementResult(requirement, verdict, checks, None if own else requirement.untestable))
    return entries


def _waivers() -> list[Mapping[str, Json]]:
    used = Waiver(
        "token-not-cached",
        "TOKEN-CACHEABLE",
        "The gateway adds the header; the vendor repairs it in December.",
        "Sam Poole",
        "2026-12-31",
        f"{ISSUER}/issues/41",
    )
    stale = Waiver("offer-issuer", "OFFER-ISSUER", "Known since the pilot.", "Sam Poole", "2026-12-01")
    idle = Waiver("token-length", "TOKEN-SHORT", "The test system issues short tokens.", "Sam Poole", "2026-11-20")
    return [
        {**used.to_json(), "state": "used", "days_left": 41},
        {**stale.to_json(), "state": "stale", "days_left": 11},
        {**idle.to_json(), "state": "not-run", "days_left": 0},
    ]


def _at(second: int) -> str:
    return f"2026-11-20T10:26:{second:02d}Z"


def _json_message(value: Json, *headers: tuple[str, str], media_type: str = "application/json") -> HttpMessage:
    body = json.dumps(value, indent=2, ensure_ascii=False)
    return HttpMessage((("Content-Type", media_type), *headers), body, len(body.encode()))


def _form(body: str) -> HttpMessage:
    return HttpMessage((("Content-Type", "application/x-www-form-urlencoded"),), body, len(body))


def _exchanges() -> list[Exchange]:
    accept = HttpMessage((("Accept", "application/json"),))
    offer = {
        "credential_issuer": ISSUER,
        "credential_configuration_ids": [CONFIGURATION],
        "grants": {
            "urn:ietf:params:oauth:grant-type:pre-authorized_code": {
                "pre-authorized_code": "‹redacted sha256:9f86d081›"
            }
        },
    }
    token_request = _form(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code"
        "&pre-authorized_code=‹redacted sha256:9f86d081›"
    )
    token = {"access_token": "‹redacted sha256:1a2b3c4d›", "token_type": "Bearer", "expires_in": 300}
    asked = {
        "credential_configuration_id": CONFIGURATION,
        "proofs": {"jwt": ["eyJ0eXAiOiJvcGVuaWQ0dmNpLXByb29mK2p3dCJ9.‹redacted sha256:77aa10c2›"]},
    }
    bearer = ("Authorization", "Bearer ‹redacted sha256:1a2b3c4d›")
    issued = {
        "credentials": [{"credential": "eyJ0eXAiOiJkYytzZC1qd3QiLCJhbGciOiJFUzI1NiJ9.‹redacted sha256:c0ffee11›~"}]
    }
    form_error = _json_message(
        {"error": "invalid_grant", "error_description": "code unknown"}, ("Cache-Control", "no-store")
    )
    unknown = _json_message({"error": "invalid_credential_request"}, ("Cache-Control", "no-store"))
    rows: list[tuple[str, str, str, HttpMessage, int | None, HttpMessage | None, float]] = [
        (
            "credential offer",
            "GET",
            f"{ISSUER}/offers/7c1e",
            accept,
            200,
            _json_message(offer, media_type="text/html; charset=utf-8"),
            0.061,
        ),
        (
            "issuer metadata",
            "GET",
            f"{ISSUER}/.well-known/openid-credential-issuer",
            accept,
            200,
            _json_message(METADATA),
            0.084,
        ),
        (
            "authorization server metadata",
            "GET",
            f"{SERVER}/.well-known/oauth-authorization-server",
            accept,
            200,
            _json_message(SERVER_METADATA),
            0.047,
        ),
        (
            "type metadata",
            "GET",
            "https://vct.registry.example/person",
            accept,
            404,
            HttpMessage((("Content-Type", "text/plain"),), "no such type", 12),
            0.21,
        ),
        (
            "token request",
            "POST",
            f"{SERVER}/token",
            token_request,
            200,
            _json_message(token, ("Cache-Control", "max-age=60")),
            0.132,
        ),
        ("token request, used code", "POST", f"{SERVER}/token", token_request, 400, form_error, 0.098),
        ("token request, timing", "POST", f"{SERVER}/token", token_request, None, None, 10.0),
        (
            "nonce request",
            "POST",
            f"{ISSUER}/nonce",
            HttpMessage(),
            200,
            _json_message({"c_nonce": "‹redacted sha256:5be1ffa0›"}),
            0.033,
        ),
        (
            "issuer metadata, again",
            "GET",
            f"{ISSUER}/.well-known/openid-credential-issuer",
            accept,
            200,
            _json_message(METADATA),
            0.039,
        ),
        (
            "credential request",
            "POST",
            f"{ISSUER}/credential",
            _json_message(asked, bearer),
            200,
            _json_message(issued),
            0.188,
        ),
        (
            "credential request, foreign nonce",
            "POST",
            f"{ISSUER}/credential",
            _json_message(asked, bearer),
            200,
            _json_message(issued),
            0.174,
        ),
        (
            "credential request, foreign nonce",
            "POST",
            f"{ISSUER}/credential",
            _json_message({**asked, "credential_configuration_id": OTHER_CONFIGURATION}, bearer),
            200,
            _json_message(issued),
            0.181,
        ),
        (
            "credential request, unknown configuration",
            "POST",
            f"{ISSUER}/credential",
            _json_message({**asked, "credential_configuration_id": "assay-unknown"}, bearer),
            400,
            unknown,
            0.052,
        ),
        (
            "issuer keys",
            "GET",
            f"{ISSUER}/.well-known/jwt-vc-issuer",
            accept,
            200,
            _json_message({"issuer": ISSUER, "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "key-1"}]}}),
            0.044,
        ),
    ]
    return [
        Exchange(
            number,
            purpose,
            method,
            url,
            request,
            _at(4 + number),
            elapsed,
            status,
            response,
            None if response else "timed out after 10 s",
        )
        for number, (purpose, method, url, request, status, response, elapsed) in enumerate(rows, start=1)
    ]
