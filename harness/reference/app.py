"""The reference issuer: an ASGI application that serves a Credential Issuer and its Authorization Server.

It speaks both flows of OpenID4VCI 1.0 and issues credentials of all its formats. Endpoints read a request, let
the rules judge it, build documents and let them pass the seam; which faults are on is not their business.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import attesters, clients, document_signer, documents, keys, token_rules
from harness.reference.authorization_server import AuthorizationServer
from harness.reference.context import Context
from harness.reference.credential_issuer import CredentialIssuer
from harness.reference.documents import Reply
from harness.reference.faults import Defects, check_known
from harness.reference.rules import Judge
from harness.reference.state import DAY, Grant, Outcome, Shelf
from harness.reference.status_lists import StatusLists
from harness.reference.tls_draft import TlsDraft
from harness.reference.token_guard import TokenGuard
from harness.reference.variants import Variant
from harness.reference.wire import Dated, body, emitted, response


@dataclass(frozen=True)
class MintedOffer:
    """A fresh Credential Offer as its link, with the Transaction Code the user would get another way."""

    offer: str
    tx_code: str | None


class ReferenceIssuer:
    """One issuer with its own memory.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far,
    ``met`` which rules requests broke, which tolerances they needed and which documents went out, and ``context``
    where the issuer lives. ``clock`` gives seconds since the epoch.

    Raises:
        ValueError: a fault id is unknown.

    """

    def __init__(
        self,
        variant: Variant,
        faults: Iterable[str] = (),
        *,
        base_url: str = "https://issuer.assay.test",
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        known = check_known(faults)
        self.variant = variant
        self.fired: set[str] = set()
        self.met: set[str] = set()
        self.context = Context(variant, base_url.rstrip("/"), clock, random_bytes)
        self._judge = Judge(known, self.fired, self.met)
        self._defects = Defects(known, self.fired, self.context, self.met)
        self._server = AuthorizationServer(self.context, self._judge, self._defects)
        ledger = self._server.ledger
        guard = TokenGuard(self.context, self._judge, ledger)
        self._issuer = CredentialIssuer(self.context, self._judge, self._defects, ledger.tokens, guard)
        self._statuses = StatusLists(self.context, self._defects)
        self._offers: Shelf[Any] = Shelf(clock, DAY)
        self.app = Dated(Starlette(routes=self._routes()), clock)

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.context.issuer_url

    def registrations(self) -> tuple[dict[str, Any], ...]:
        """Give what the registered wallets have to be told, first the wallet, then another of the same kind.

        The keys are those of a client's settings: ``client_id``, ``authentication``, ``redirect_uri`` and, as the
        method wants it, ``client_secret``, ``key`` (a private JWK), ``attester`` (``issuer`` and private ``key``),
        ``certificate`` and ``certificate_key`` (paths of PEM files). Empty where all wallets are anonymous.
        """
        return tuple(client.settings() for client in clients.registered(self.variant).values())

    def key_attester(self) -> dict[str, Any]:
        """Give the development attester that this issuer trusts to attest keys: ``issuer`` and private ``key``."""
        return attesters.key_attester(self.variant)

    def promises(self) -> dict[str, Any]:
        """Give what this issuer promises: wrong Transaction Codes it bears, and other numbers in seconds.

        Those are the lifetimes of codes and refresh tokens, and when an operation shows in the status lists. An
        issuer that keeps to HAIP promises signed metadata where it has any.
        """
        return {
            "tx_code_attempts": token_rules.MAX_WRONG_TX_CODES,
            "pre_authorized_code_s": self.variant.code_lifetime,
            "authorization_code_s": self.variant.authorization_code_lifetime,
            **(
                {"refresh_token_s": self.variant.refresh_lifetime}
                if "refresh_token" in self.variant.grants
                else {}
            ),
            **({"status_change_s": self.variant.status_ttl or STATUS_CHANGE} if self._publishes else {}),
            **(
                {"signed_metadata": True}
                if self.variant.signed_metadata and self.variant.security_profile == "haip"
                else {}
            ),
        }

    @property
    def iaca_pem(self) -> str:
        """The root certificate of the authority that certifies the signers of mobile documents, in PEM."""
        root = document_signer.authority(self.context.clock())
        self._defects.emit("iaca", root)
        return document_signer.pem(root)

    @property
    def trust_anchor_pem(self) -> str:
        """The root certificate to which ``x5c`` of the credentials leads, in PEM."""
        return keys.trust_anchor_pem()

    def tls(self) -> TlsDraft:
        """Say how TLS is to be done where this issuer is served."""
        draft = TlsDraft()
        self._defects.emit("tls", draft)
        return draft

    def mint_offer(
        self,
        configuration: str | None = None,
        *,
        by: str | None = None,
        tx_code: bool | None = None,
        outcome: Outcome = "issued",
        grants: Sequence[str] | None = None,
    ) -> MintedOffer:
        """Make a fresh Credential Offer.

        ``configuration`` is a Credential Configuration id, ``by`` is ``reference`` or ``value``, ``tx_code``
        says whether a Transaction Code is required; ``None`` leaves each to the variant. ``outcome`` is how
        the wish for the credential ends: ``issued`` or ``denied``. ``grants`` are some of the variant's
        ``pre-authorized_code`` and ``authorization_code``; ``None`` offers those it has.

        Raises:
            ValueError: there is no such configuration, way to pass an offer, outcome or grant.

        """
        known = self.context.variant.configurations
        name = known[0] if configuration is None else configuration
        if name not in known:
            raise ValueError(f"unknown configuration; there are {', '.join(known)}")
        way = self.variant.offer_by if by is None else by
        if way not in ("reference", "value"):
            raise ValueError("an offer is passed by reference or by value")
        if outcome not in get_args(Outcome):
            raise ValueError("the outcome is issued or denied")
        offered = [name for name in self.variant.grants if name != "refresh_token"]
        if grants is not None and (not grants or not set(grants) <= set(offered)):
            raise ValueError(f"an offer can have the grants {', '.join(offered)}")
        with_tx_code = self.variant.tx_code if tx_code is None else tx_code
        grant = Grant(
            (name,),
            self._fresh_tx_code() if with_tx_code else None,
            self.context.clock() + self.variant.code_lifetime,
            outcome=outcome,
        )
        document = documents.offer(
            self.context,
            name,
            code=self.context.secret(),
            with_tx_code=bool(with_tx_code),
            grants=offered if grants is None else grants,
        )
        self._defects.emit("offer", document)
        self._server.keep_offered(document, grant)
        link = documents.offer_link(self.context, document, by=way)
        self._defects.emit("offer-link", link)
        self._offers.put(link.by_reference.rpartition("/")[2], document)
        return MintedOffer(link.text(), grant.tx_code)

    @property
    def _publishes(self) -> bool:
        """Whether there are status lists."""
        return {self.variant.status, self.variant.credential_status} != {"none"}

    @property
    def operations(self) -> frozenset[str]:
        """What can be done: ``change_claims`` and, by its status, ``revoke``, ``suspend``, ``reinstate``."""
        variant = self.variant
        purposes = variant.status_purposes if variant.credential_status != "none" else ()
        found = {"change_claims"}
        if variant.status != "none" or "revocation" in purposes:
            found.add("revoke")
        if (variant.status == "status_list" and variant.status_bits > 1) or "suspension" in purposes:
            found |= {"suspend", "reinstate"}
        return frozenset(found)

    def operate(self, operation: str, credential: Any) -> None:
        """Do something to an issued credential: ``revoke``, ``suspend`` or ``reinstate`` it.

        To ``change_claims`` is to change what is known of the user, for credentials that are issued afterwards.

        Args:
            operation: what.
            credential: as it was issued, or as JSON text.

        Raises:
            ValueError: the credential is not known, or this cannot be done to it.

        """
        if operation not in self.operations:
            raise ValueError(f"this issuer does not {operation} credentials")
        if operation == "change_claims":
            self.context.dataset.change()
            return
        shows = self.context.clock() + self.variant.status_delay
        draft = self.context.statuses.operation(credential, _STATES[operation], shows)
        self._defects.emit("status-operation", draft)
        self.context.statuses.carry_out(draft)

    def _fresh_tx_code(self) -> str:
        secret = {"tx_code": documents.tx_code(self.context)}
        self._defects.emit("tx-code", secret)
        return secret["tx_code"]

    def _routes(self) -> list[Route]:
        path = self.variant.path
        return [
            *self._server.routes(),
            *self._issuer.routes(),
            *self._statuses.routes(),
            Route(f"{path}/offers/{{identifier}}", self._offer),
            Route(f"{path}/assay/offers", self._mint, methods=["POST"]),
            Route(f"{path}/assay/registrations", self._registrations),
            Route(f"{path}/assay/status", self._operate, methods=["POST"]),
            Route(f"{path}/assay/claims", self._change_claims, methods=["POST"]),
            Route(path or "/", self._page),
        ]

    def _reply(self, document: str, reply: Reply) -> Response:
        return emitted(self._defects, document, reply)

    # Discovery

    async def _offer(self, request: Request) -> Response:
        document = self._offers.get(request.path_params["identifier"])
        if document is None:
            raise HTTPException(404)
        return self._reply("offer", Reply(document))

    # For people who develop a wallet

    async def _mint(self, request: Request) -> Response:
        try:
            wishes = json.loads(await body(request) or b"{}")
            minted = self.mint_offer(
                wishes.get("configuration"),
                by=wishes.get("by"),
                tx_code=wishes.get("tx_code"),
                outcome=wishes.get("outcome", "issued"),
                grants=wishes.get("grants"),
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            return response(Reply({"error": f"cannot mint this offer: {error}"}, 400))
        answer = {
            "offer": minted.offer,
            "tx_code": minted.tx_code,
            "credential_issuer": self.issuer_url,
        }
        return response(Reply(answer, 201))

    def _what_can_be_done(self) -> str:
        """Say in HTML what the team can do to credentials; nothing where it can do nothing."""
        states = [f"<code>{state}</code>" for name, state in _STATES.items() if name in self.operations]
        if not states:
            return ""
        return f"""<p>Make the status of a credential {" or ".join(states)}:</p>
<pre>curl -X POST {html.escape(self.issuer_url)}/assay/status -H 'Content-Type: application/json' \\
  -d '{{"credential": "...", "status": "revoked"}}'</pre>
"""

    async def _operate(self, request: Request) -> Response:
        operations = {state: operation for operation, state in _STATES.items()}
        try:
            wish = json.loads(await body(request))
            self.operate(operations[wish["status"]], wish["credential"])
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            return response(Reply({"error": f"cannot do this: {error}"}, 400))
        return response(Reply(None, 204, {}))

    async def _change_claims(self, request: Request) -> Response:
        await body(request)
        self.operate("change_claims", None)
        return response(Reply(None, 204, {}))

    async def _registrations(self, _: Request) -> Response:
        told = [{name: _plain(value) for name, value in client.items()} for client in self.registrations()]
        return response(Reply(told))

    async def _page(self, _: Request) -> Response:
        url = html.escape(self.issuer_url)
        names = ", ".join(self.context.variant.configurations)
        text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Assay reference issuer</title>
<h1>Assay reference issuer</h1>
<p>A Credential Issuer for tests: OpenID4VCI 1.0, both flows, all formats of credentials.
Its credentials say nothing about anybody.</p>
<p>Credential Issuer Identifier: <code>{url}</code><br>
Variant: <code>{html.escape(self.variant.name)}</code>. {html.escape(self.variant.description)}</p>
<p>Make an offer:</p>
<pre>curl -X POST {url}/assay/offers -H 'Content-Type: application/json' -d '{{}}'</pre>
<p>The JSON body may have <code>configuration</code> ({html.escape(names)}), <code>by</code>
(<code>reference</code> or <code>value</code>), <code>tx_code</code> (<code>true</code> or
<code>false</code>) and <code>outcome</code> (<code>issued</code> or <code>denied</code>).</p>
{self._what_can_be_done()}</html>
"""
        return Response(text, media_type="text/html")


STATUS_CHANGE = 5
"""Seconds after which an operation shows in status lists that do not say how long copies of them may be kept."""
_STATES = {"revoke": "revoked", "suspend": "suspended", "reinstate": "valid"}
"""What can be done to a credential, and what it is then."""


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
