"""Cipher suites of TLS 1.2: FAPI 2.0 Security Profile sections 5.2.2 and 5.2.3, RFC 9325 sections 4.1 and 4.2."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.tls import suites
from harness.tls.scan import Scan
from suites.fapi2._tls import telling

check = area("FAPI 2.0: TLS")

_GROUPS = {
    "null": ("TLS-SUITE-NULL", "RFC9325-4.1-01", "NULL encryption"),
    "rc4": ("TLS-SUITE-RC4", "RFC9325-4.1-02", "RC4"),
    "weak": ("TLS-SUITE-BELOW-112", "RFC9325-4.1-03", "less than 112 bits of security"),
    "3des": ("TLS-SUITE-BELOW-128", "RFC9325-4.1-04", "less than 128 bits of security"),
    "static-rsa": ("TLS-SUITE-STATIC-RSA", "RFC9325-4.1-05", "RSA key transport"),
    "static-dh": ("TLS-SUITE-STATIC-DH", "RFC9325-4.1-06", "a static Diffie-Hellman key"),
    "dhe": ("TLS-SUITE-DHE", "RFC9325-4.1-08", "Diffie-Hellman keys on finite fields"),
    "cbc": ("TLS-SUITE-CBC", "RFC9325-4.2-02", "CBC mode without encrypt_then_mac"),
}
_FORBIDDEN = ("null", "rc4", "weak")


@check(
    "fapi2-tls-suites",
    requires=["FAPI2-5.2.2-01", "FAPI2-5.2.3-02", *(requirement for _, requirement, _ in _GROUPS.values())],
    proven_by={
        "tls:suite-null": ("FAPI2-TLS-SUITE-FORBIDDEN", "TLS-SUITE-NULL", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:suite-static-rsa": ("TLS-SUITE-STATIC-RSA", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:suite-dhe": ("TLS-SUITE-DHE", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:dh-1024": ("TLS-SUITE-DHE", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:suite-cbc": ("TLS-SUITE-CBC", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:version-1.0": ("TLS-SUITE-CBC", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:version-1.1": ("TLS-SUITE-CBC", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:prefers-static-rsa": ("TLS-SUITE-STATIC-RSA", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
        "tls:prefers-cbc": ("TLS-SUITE-CBC", "FAPI2-TLS-SUITE-NOT-RECOMMENDED"),
    },
    applies=when.https & when.own_connections,
)
async def only_good_cipher_suites_are_used(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """With TLS 1.2, no server takes a cipher suite that it must not take or should not take."""
    for host in telling(tls_hosts):
        origin = host.place.origin
        taken = {
            group: suites.name(answer.suite)
            for group in suites.GROUPS
            if (answer := host.answer(f"suites:{group}")) is not None
        }
        for group, (code, requirement, what) in _GROUPS.items():
            expect.that(
                group not in taken,
                code,
                f"{origin} takes no cipher suite with {what}",
                f"{taken.get(group)} was chosen",
                requirement=requirement,
            )
        if host.place.for_browsers:
            forbidden = [taken[group] for group in _FORBIDDEN if group in taken]
            expect.that(
                not forbidden,
                "FAPI2-TLS-SUITE-FORBIDDEN",
                f"{origin}, where the Authorization Endpoint is, takes no cipher suite that BCP 195 forbids",
                f"taken: {', '.join(forbidden)}",
                requirement="FAPI2-5.2.3-02",
            )
        # One address has one set of suites: the stricter rule holds where other endpoints share it.
        if host.place.for_clients:
            expect.that(
                not taken,
                "FAPI2-TLS-SUITE-NOT-RECOMMENDED",
                f"{origin}, which is not for browsers alone, takes only the cipher suites that BCP 195 recommends",
                f"taken: {', '.join(taken.values())}",
            )
