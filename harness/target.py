"""What is under test: the team's issuer, or the bundled reference issuer for the length of a run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.settings import HttpHook, Settings

REFERENCE = "reference"
"""The value of ``--issuer-url`` that means the bundled reference issuer."""

_OFFERS = {
    "by-reference": {"by": "reference", "tx_code": False},
    "by-value": {"by": "value", "tx_code": False},
    "tx-code": {"by": "reference", "tx_code": True},
}
"""Ways in which the reference issuer is asked for offers; together they reach every check."""


@dataclass(frozen=True)
class Target:
    """An issuer that can be tested.

    Attributes:
        settings: the run's settings with the issuer's real address in them.
        close: ends what was started for the run.

    """

    settings: Settings
    close: Callable[[], None]


def open_target(settings: Settings, variant: str) -> Target:
    """Give the issuer under test; starts the reference issuer over loopback TLS when that is asked for.

    Args:
        variant: the clean variant of the reference issuer that fits the profile.

    """
    if settings.issuer_url != REFERENCE:
        return Target(settings, lambda: None)
    from harness.reference.serve import serving
    from harness.reference.variants import VARIANTS

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(VARIANTS[variant]))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        (folder / "tls-ca.pem").write_text(server.ca_pem or "")
        (folder / "trust-anchor.pem").write_text(server.issuer.trust_anchor_pem)
        hooks = tuple(
            HttpHook(
                name=name,
                url=f"{server.url}/assay/offers",
                method="POST",
                json={"configuration": "{configuration}", **wishes},
            )
            for name, wishes in _OFFERS.items()
        )
        trust = replace(settings.trust, tls_ca=folder / "tls-ca.pem", x5c=(folder / "trust-anchor.pem",))
        started = replace(settings, issuer_url=server.url, offers=settings.offers or hooks, trust=trust)
        close = stack.pop_all().close
    return Target(started, close)
