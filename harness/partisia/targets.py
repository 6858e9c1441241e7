"""What is under test in a run for Partisia: the bundled services, over sockets."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx

from harness.reference.serve import Place, serving
from harness.settings import HttpHook, Settings
from harness.target import REFERENCE, Target
from harness.transport import tls_context
from harness.vendors.partisia.app import Issuance
from harness.vendors.partisia.context import Addresses, dataset
from harness.vendors.partisia.variants import variants


def open_partisia(settings: Settings, variant: str) -> Target:
    """Start the bundled issuance service, authorization server and application where they are under test.

    Args:
        variant: of the services.

    """
    if settings.issuer_url != REFERENCE:
        return Target(settings, lambda: None)
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(serving(Place)) for _ in Addresses().all]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        ca, known = folder / "tls-ca.pem", folder / "dataset.json"
        ca.write_text(places[0].ca_pem)
        known.write_text(json.dumps(dataset()))
        context = tls_context(ca)
        issuance = Issuance(
            variants()[variant],
            addresses=Addresses(*(place.base_url for place in places)),
            http=lambda: httpx.AsyncClient(verify=context),
        )
        for place, app in zip(places, issuance.apps, strict=True):
            place.issuer.occupant = SimpleNamespace(app=app)
        # Its answer is ours: what a real application answers when it has begun an issuance is not documented.
        begin = HttpHook(
            name="new-session", url=f"{issuance.addresses.token}/assay/offers", method="POST", json={}
        )
        started = replace(
            settings,
            # A wallet knows the issuer by its offer, which spells it with a slash at the end.
            issuer_url=issuance.context.offered_issuer,
            offers=settings.offers or (begin,),
            trust=replace(settings.trust, tls_ca=ca),
            partisia=replace(settings.partisia, dataset=known),
        )
        return Target(started, stack.pop_all().close)
