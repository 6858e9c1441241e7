"""Versions of TLS: FAPI 2.0 Security Profile section 5.2.1 item 2, RFC 9325 section 3.1.1."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.tls.hello import TLS_1_2, VERSIONS
from harness.tls.scan import OLD_VERSIONS, Scan
from suites.fapi2._tls import telling

check = area("FAPI 2.0: TLS")

_VERSIONS = {
    "ssl-2": ("TLS-SSL-2", "RFC9325-3.1.1-01"),
    "ssl-3": ("TLS-SSL-3", "RFC9325-3.1.1-02"),
    "tls-1.0": ("TLS-1.0", "RFC9325-3.1.1-03"),
    "tls-1.1": ("TLS-1.1", "RFC9325-3.1.1-04"),
}


@check(
    "fapi2-tls-versions",
    requires=["FAPI2-5.2.1-03", *(requirement for _, requirement in _VERSIONS.values())],
    proven_by={
        "tls:version-1.0": ("FAPI2-TLS-BELOW-1.2", "TLS-1.0", "TLS-1.1"),
        "tls:version-1.1": ("FAPI2-TLS-BELOW-1.2", "TLS-1.1"),
    },
    applies=when.https & when.own_connections,
)
async def no_old_version_is_taken(tls_hosts: tuple[Scan, ...], expect: Expect) -> None:
    """Every server refuses a client that offers nothing newer than SSL 2, SSL 3, TLS 1.0 or TLS 1.1."""
    for host in telling(tls_hosts):
        taken = set()
        for name, (code, requirement) in _VERSIONS.items():
            asked, chosen = OLD_VERSIONS[name], host.version(name)
            if chosen is not None:
                taken.add(VERSIONS[chosen])
            expect.that(
                chosen != asked,
                code,
                f"{host.place.origin} sets up no connection with {VERSIONS[asked]}",
                f"{VERSIONS[asked]} was chosen",
                requirement=requirement,
            )
        lower = {
            VERSIONS[version] for name in host.outcomes if (version := host.version(name) or TLS_1_2) < TLS_1_2
        }
        expect.that(
            not taken | lower,
            "FAPI2-TLS-BELOW-1.2",
            f"{host.place.origin} takes TLS 1.2 and later only",
            f"connections were set up with {', '.join(sorted(taken | lower))}",
        )
