"""What BCP 195 recommends beyond versions and forbidden suites: RFC 9325 sections 3 and 4.

FAPI 2.0 Security Profile section 5.2.1 item 3 makes servers follow it. So what breaks a MUST of RFC 9325 violates
that item as well, and what is a SHOULD there is advice here, too.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.tls import suites
from harness.tls.hello import (
    CURVES,
    EXTENDED_MASTER_SECRET,
    P_256,
    RENEGOTIATION_INFO,
    TLS_1_2,
    TLS_1_3,
    TRUNCATED_HMAC,
    VERSIONS,
    WEAK_CURVES,
    X25519,
)
from harness.tls.scan import Scan
from suites.fapi2._tls import telling

check = area("FAPI 2.0: TLS")

_PROFILE = "FAPI2-5.2.1-04"
_BCP_195 = "FAPI2-TLS-BCP-195"
_SMALLEST_RSA = _SMALLEST_DH = 2048
_SMALLEST_CURVE = 224
_WEAK_SCHEMES = {1: "MD5", 2: "SHA-1"}
"""By the first byte of a signature scheme of TLS 1.2 (RFC 5246 section 7.4.1.4.1)."""


class _Host:
    """The expectations of one server; what is a MUST counts for the profile's own rule as well."""

    def __init__(self, scan: Scan, expect: Expect) -> None:
        self._origin = scan.place.origin
        self._expect = expect
        self._violated: list[str] = []

    def should(self, holds: bool, code: str, requirement: str, expected: str, observed: str) -> None:
        """Expect what RFC 9325 says with SHOULD."""
        self._expect.that(holds, code, f"{self._origin}: {expected}", observed, requirement=requirement)

    def must(self, holds: bool, code: str, requirement: str, expected: str, observed: str) -> None:
        """Expect what RFC 9325 says with MUST."""
        self.should(holds, code, requirement, expected, observed)
        if not holds:
            self._violated.append(observed)

    def conclude(self) -> None:
        """Judge by the profile."""
        self._expect.that(
            not self._violated,
            _BCP_195,
            f"{self._origin} follows BCP 195",
            "; ".join(self._violated),
            requirement=_PROFILE,
        )


@check(
    "fapi2-tls-newer-versions",
    requires=[_PROFILE, "RFC9325-3.1.1-05", "RFC9325-3.1.1-06", "RFC9325-3.1.1-07"],
    proven_by={
        "tls:without-1.2": "TLS-1.2-MISSING",
        "tls:without-1.3": "TLS-1.3-MISSING",
        "tls:prefers-1.2": (_BCP_195, "TLS-1.3-NOT-PREFERRED"),
    },
    applies=when.https & when.own_connections,
)
async def new_versions_are_offered(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """Every server has TLS 1.2 and TLS 1.3, and prefers TLS 1.3."""
    for scan in telling(tls_hosts):
        host = _Host(scan, expect)
        refused = scan.outcomes["tls-1.2"].refused
        host.should(
            scan.taken_1_2 is not None, "TLS-1.2-MISSING", "RFC9325-3.1.1-05", "TLS 1.2 is supported", refused
        )
        host.should(
            scan.has_1_3,
            "TLS-1.3-MISSING",
            "RFC9325-3.1.1-06",
            "TLS 1.3 is supported",
            "a hello with it is refused",
        )
        chosen = scan.version("both")
        if scan.has_1_3 and chosen is not None:
            host.must(
                chosen == TLS_1_3,
                "TLS-1.3-NOT-PREFERRED",
                "RFC9325-3.1.1-07",
                "of TLS 1.3 and TLS 1.2, TLS 1.3 is chosen",
                f"{VERSIONS[chosen]} is chosen of both",
            )
        host.conclude()


@check(
    "fapi2-tls-preferred-suites",
    requires=[_PROFILE, "RFC9325-4.1-07", "RFC9325-4.2-01", "RFC9325-4.2.1-01"],
    proven_by={
        "tls:suite-missing": "TLS-SUITE-MISSING",
        "tls:prefers-static-rsa": (_BCP_195, "TLS-FORWARD-SECRECY", "TLS-SUITE-NOT-PREFERRED"),
        "tls:prefers-cbc": (_BCP_195, "TLS-SUITE-NOT-PREFERRED"),
    },
    applies=when.https & when.own_connections,
)
async def recommended_suites_are_preferred(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """With TLS 1.2, every server has the recommended cipher suites that fit its certificate, and prefers them."""
    for scan in telling(tls_hosts):
        host = _Host(scan, expect)
        if scan.taken_1_2 is not None:
            _prefers(scan, host)
            _has_recommended(scan, host)
        host.conclude()


def _prefers(scan: Scan, host: _Host) -> None:
    chosen = scan.answer("preference") or scan.taken_1_2
    name = suites.name(chosen.suite) if chosen else ""
    host.must(
        chosen is not None and suites.key_exchange(chosen.suite) != "static",
        "TLS-FORWARD-SECRECY",
        "RFC9325-4.1-07",
        "a cipher suite with forward secrecy is chosen",
        f"{name} is chosen",
    )
    if scan.answer("preference") is not None and scan.answer("suite:c02f") is not None:
        host.must(
            chosen is None or chosen.suite not in suites.WEAKER,
            "TLS-SUITE-NOT-PREFERRED",
            "RFC9325-4.2.1-01",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is preferred to weaker cipher suites",
            f"{name} is chosen",
        )


def _has_recommended(scan: Scan, host: _Host) -> None:
    own = scan.certificate
    kind = {"rsa": "_RSA_", "ec": "_ECDSA_"}.get(own.key if own else "")
    if kind is None:
        return
    missing = [
        name
        for code, name in suites.RECOMMENDED.items()
        if kind in name and scan.answer(f"suite:{code:04x}") is None
    ]
    host.should(
        not missing,
        "TLS-SUITE-MISSING",
        "RFC9325-4.2-01",
        "the recommended cipher suites that fit the certificate are supported",
        f"refused: {', '.join(missing)}",
    )


@check(
    "fapi2-tls-extensions",
    requires=[_PROFILE, "RFC9325-3.3-01", "RFC9325-3.5-01", "RFC9325-3.5-02", "RFC9325-4.6-01"],
    proven_by={"tls:without-extended-master-secret": (_BCP_195, "TLS-EXTENDED-MASTER-SECRET")},
    applies=when.https & when.own_connections,
)
async def extensions_protect_connections(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """With TLS 1.2, every server has the extensions that protect connections, and none that weakens them."""
    for scan in telling(tls_hosts):
        host = _Host(scan, expect)
        answer = scan.taken_1_2
        if answer is not None:
            host.must(
                RENEGOTIATION_INFO in answer.extensions,
                "TLS-RENEGOTIATION-INFO",
                "RFC9325-3.5-01",
                "renegotiation_info is answered",
                "the ServerHello has no renegotiation_info",
            )
            host.must(
                EXTENDED_MASTER_SECRET in answer.extensions,
                "TLS-EXTENDED-MASTER-SECRET",
                "RFC9325-3.5-02",
                "extended_master_secret is answered",
                "the ServerHello has no extended_master_secret",
            )
            host.should(
                not answer.compressed,
                "TLS-COMPRESSION",
                "RFC9325-3.3-01",
                "no compression is used",
                "DEFLATE is chosen",
            )
        # Truncated HMACs are for suites in CBC mode, so only these are asked for with them.
        old = scan.answer("suites:cbc")
        host.must(
            old is None or TRUNCATED_HMAC not in old.extensions,
            "TLS-TRUNCATED-HMAC",
            "RFC9325-4.6-01",
            "truncated HMACs are not used",
            "the ServerHello has truncated_hmac",
        )
        host.conclude()


@check(
    "fapi2-tls-names",
    requires=[_PROFILE, "RFC9325-3.8-01", "RFC9325-3.7-02", "RFC9325-3.8-02"],
    proven_by={
        "tls:no-alpn": (_BCP_195, "TLS-ALPN-MISSING"),
        "tls:any-protocol": "TLS-UNKNOWN-PROTOCOL-SERVED",
        "tls:any-name": "TLS-UNKNOWN-NAME-SERVED",
    },
    applies=when.https & when.own_connections,
)
async def protocols_and_names_are_negotiated(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """Every server negotiates the application protocol, and refuses unknown protocols and names of other hosts.

    Without a certificate that could be read, or for an IP address, some of this cannot be asked and is not judged.

    """
    for scan in telling(tls_hosts):
        host = _Host(scan, expect)
        host.must(
            scan.protocol is not None,
            "TLS-ALPN-MISSING",
            "RFC9325-3.8-01",
            "one of the application protocols h2 and http/1.1 is chosen",
            "no application protocol is chosen",
        )
        if scan.protocol is not None and scan.took_unknown_protocol is not None:
            host.should(
                not scan.took_unknown_protocol,
                "TLS-UNKNOWN-PROTOCOL-SERVED",
                "RFC9325-3.8-02",
                "a connection for none but unknown application protocols is refused",
                "the connection is set up",
            )
        if "unknown-name" in scan.outcomes:
            host.should(
                scan.answer("unknown-name") is None,
                "TLS-UNKNOWN-NAME-SERVED",
                "RFC9325-3.7-02",
                "a connection for a host name that the server does not know is refused",
                "the connection is set up",
            )
        host.conclude()


@check(
    "fapi2-tls-keys",
    requires=[
        *(_PROFILE, "RFC9325-4.5-03", "RFC9325-4.5-04", "RFC9325-4.5-01", "RFC9325-4.5-02"),
        *("RFC9325-4.2-03", "RFC9325-4.2.1-02"),
    ],
    proven_by={
        "tls:certificate-rsa-1024": (_BCP_195, "TLS-CERTIFICATE-KEY-SHORT"),
        "tls:certificate-sha-1": (_BCP_195, "TLS-CERTIFICATE-HASH", "TLS-HANDSHAKE-HASH"),
        "tls:handshake-sha-1": (_BCP_195, "TLS-HANDSHAKE-HASH"),
        "tls:version-1.0": (_BCP_195, "TLS-HANDSHAKE-HASH"),
        "tls:version-1.1": (_BCP_195, "TLS-HANDSHAKE-HASH"),
        "tls:suite-null": (_BCP_195, "TLS-HANDSHAKE-HASH"),
        "tls:certificate-p-384": "TLS-CERTIFICATE-CURVE",
        "tls:dh-1024": (_BCP_195, "TLS-DH-SHORT"),
        "tls:without-x25519": "TLS-CURVE-MISSING",
    },
    applies=when.https & when.own_connections,
)
async def keys_and_signatures_are_strong(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """Keys of certificates and key exchanges are long enough, on good curves, and signed with good hashes."""
    for scan in telling(tls_hosts):
        host = _Host(scan, expect)
        _judge_certificates(scan, host)
        _judge_key_exchange(scan, host)
        _judge_curves(scan, host)
        host.conclude()


def _judge_certificates(scan: Scan, host: _Host) -> None:
    own = scan.certificate
    if own is not None:
        host.must(
            own.key != "rsa" or own.bits >= _SMALLEST_RSA,
            "TLS-CERTIFICATE-KEY-SHORT",
            "RFC9325-4.5-03",
            "an RSA key of the certificate has 2048 bits at least",
            f"the RSA key of the certificate has {own.bits} bits",
        )
        host.should(
            own.key != "ec" or own.curve == "P-256",
            "TLS-CERTIFICATE-CURVE",
            "RFC9325-4.2-03",
            "the ECDSA key of the certificate is on P-256",
            f"it is on {own.curve}",
        )
    # What names itself as its issuer is trusted as it is, whatever its signature.
    weak = [each for each in scan.certificates if each.weak_hash is not None and not each.self_signed]
    host.must(
        not weak,
        "TLS-CERTIFICATE-HASH",
        "RFC9325-4.5-04",
        "no certificate is signed with SHA-1 or MD5",
        ", ".join(f"{each.subject!r} is signed with {each.weak_hash}" for each in weak),
    )
    answer = scan.answer("sha-1")
    scheme = answer.key_exchange.signature if answer and answer.key_exchange else None
    hash_name = _WEAK_SCHEMES.get((scheme or 0) >> 8)
    host.must(
        hash_name is None or answer is None or answer.version != TLS_1_2,
        "TLS-HANDSHAKE-HASH",
        "RFC9325-4.5-04",
        "no handshake is signed with SHA-1 or MD5",
        f"offered nothing else, the server signs with {hash_name}",
    )


def _judge_key_exchange(scan: Scan, host: _Host) -> None:
    exchanges = [
        outcome.answer.key_exchange
        for outcome in scan.outcomes.values()
        if outcome.answer is not None and outcome.answer.key_exchange is not None
    ]
    shortest = min((each.dh_bits for each in exchanges if each.dh_bits is not None), default=_SMALLEST_DH)
    host.must(
        shortest >= _SMALLEST_DH,
        "TLS-DH-SHORT",
        "RFC9325-4.5-01",
        "Diffie-Hellman keys on finite fields have 2048 bits at least",
        f"Diffie-Hellman keys have {shortest} bits",
    )
    weak = sorted({WEAK_CURVES[each.curve] for each in exchanges if each.curve in WEAK_CURVES})
    own = scan.certificate
    if own is not None and own.key == "ec" and own.bits < _SMALLEST_CURVE:
        weak.append(f"{own.curve} in the certificate")
    host.must(
        not weak,
        "TLS-CURVE-WEAK",
        "RFC9325-4.5-02",
        "no curve of less than 224 bits is used",
        f"used: {', '.join(weak)}",
    )


def _judge_curves(scan: Scan, host: _Host) -> None:
    # In TLS 1.2 a certificate must be on an offered curve, too, so a refusal says nothing of the key exchange.
    own = scan.certificate
    if scan.version("both") != TLS_1_3 and (own is None or own.key != "rsa"):
        return
    refused = [CURVES[group] for group in (P_256, X25519) if scan.answer(f"group:{group}") is None]
    host.should(
        not refused,
        "TLS-CURVE-MISSING",
        "RFC9325-4.2.1-02",
        "P-256 and X25519 are supported",
        f"refused: {', '.join(refused)}",
    )
