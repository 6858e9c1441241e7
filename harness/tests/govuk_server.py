"""Serves the bundled department over TLS until its standard input ends, as a team's service in its own process.

Told as JSON on the first line of the standard input: ``variant``, ``token_service``, ``one_login``,
``status_service``. Says one line of JSON: ``issuer``, ``tls_ca`` and ``iaca`` (both PEM), ``client_id``.
"""

from __future__ import annotations

import json
import sys

from harness.reference.govuk.app import GovukIssuer
from harness.reference.govuk.variants import govuk_variant
from harness.reference.serve import serving


def main() -> None:
    told = json.loads(sys.stdin.readline())

    def department(base_url: str) -> GovukIssuer:
        return GovukIssuer(
            govuk_variant(told["variant"]),
            base_url=base_url,
            token_service_url=told["token_service"],
            one_login_url=told["one_login"],
            status_service_url=told["status_service"],
        )

    with serving(department) as served:
        issuer: GovukIssuer = served.issuer
        says = {
            "issuer": served.url,
            "tls_ca": served.ca_pem,
            "iaca": issuer.iaca_pem,
            "client_id": issuer.client_id,
        }
        sys.stdout.write(json.dumps(says) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
