"""Finds what a run left undecided because of how it was set up, and names the setting that would change it.

Reasons name most settings themselves. What follows from the choice of a flow or an offer counts only for checks
that nothing else kept from deciding: where another flow was tried too, its reason is the one that tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model import Json, Verdict

_UNDECIDED = frozenset({Verdict.BLOCKED, Verdict.NOT_APPLICABLE})
_NAMED = re.compile(
    r"--vci-[a-z][a-z-]+"
    r"|\[\[?(?!dialect\b)[a-z_]+(?:\.[a-z_]+)?\]\]?(?: (?:key|jwks|x5c|iaca|contexts|status_lists|metadata)\b)?"
    r"|\b(?:client|second_client|trust|limits|promises|authorization|user|proof)\.[a-z_]+\b"
)
"""A setting as reasons spell it. The dialect of SD-JWT VC is a choice between drafts and leaves nothing out."""
_REGISTERED: tuple[tuple[str, str, str], ...] = (
    (
        r"the wallet is registered with client authentication",
        "[client] authentication",
        "Register the wallet with another way of client authentication that the server supports; run with each.",
    ),
    (
        r"the wallet is registered as a client",
        "[client]",
        "Run once without client_id, where the authorization server allows anonymous access.",
    ),
    (
        r"the wallet shows no TLS certificate",
        "[client] certificate",
        "Give the wallet a TLS certificate with its key, where the authorization server binds tokens to it.",
    ),
    (
        r"the redirect URI .* has no query",
        "[client] redirect_uri",
        "Register a redirect URI that has a query, and run once with it.",
    ),
)
"""How reasons begin that follow from the wallet's registration; the setting; what to do."""
_CHOSEN: tuple[tuple[str, str, str], ...] = (
    (
        r"the offer asks for no Transaction Code",
        "[[offer]] tx_code",
        "Let an offer ask for a Transaction Code, and tell the run where it gets the code.",
    ),
    (
        r"the offer (?:came by|came without|has no issuer_state)",
        "[[offer]]",
        "Give offers of other kinds: by value, by reference, for each grant.",
    ),
    (
        r"(?:the run was given no Credential Offer|the flow is not the Pre-Authorized Code Flow)",
        "--vci-offer, [[offer]]",
        "Tell the run how to get fresh offers.",
    ),
    (
        r"the flow is not the Authorization Code Flow",
        "--vci-client-id, --vci-redirect-uri",
        "Register the wallet as a client, so that it can take the Authorization Code Flow.",
    ),
)
"""The same of reasons that follow from the flow or the offer."""
_ADVICE = {
    "[second_client]": "Register a second client, which tries to use what was issued to the first.",
    "[[offer]]": "Tell the run how to get fresh offers.",
    "limits.max_wait_s": "Let the run wait longer, until the code or token that is looked at has expired.",
    "[revoke]": "Tell the run how a credential is revoked, so that it can look at the status afterwards.",
    "[suspend]": "Tell the run how a credential is suspended, so that it can look at the status afterwards.",
    "[key_attester]": "Give the run the key of an attester that the issuer trusts.",
    "[trust]": "Tell the run whom it may trust.",
}


@dataclass(frozen=True)
class Setting:
    """A setting that would let more be tested."""

    name: str
    """As ``assay.toml`` or the command line spells it."""
    advice: str
    """What to do, in a sentence; empty when the reasons say it already."""
    reasons: tuple[str, ...]
    checks: tuple[str, ...]
    """Those that no configuration of the run decided."""


def settings_needed(results: Iterable[Mapping[str, Json]]) -> list[Setting]:
    """Give the settings that would let checks decide which this run left undecided; what helps most first."""
    reasons: dict[str, list[str]] = {}
    decided: set[str] = set()
    for result in results:
        if result["verdict"] not in _UNDECIDED:
            decided.add(result["check"])
        elif result["reason"]:
            reasons.setdefault(result["check"], []).append(result["reason"])
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for check, told in reasons.items():
        if check in decided:
            continue
        chosen = {reason: setting for reason in told if (setting := _of(_CHOSEN, reason))}
        settled = {reason: setting for reason in told if (setting := _named(reason) or _of(_REGISTERED, reason))}
        for reason, setting in (chosen if len(chosen) == len(set(told)) else settled).items():
            texts, checks = found.setdefault(setting, ({}, {}))
            texts[reason] = checks[check] = None
    settings = [
        Setting(name, advice, tuple(texts), tuple(checks)) for (name, advice), (texts, checks) in found.items()
    ]
    return sorted(settings, key=lambda setting: (-len(setting.checks), setting.name))


def names_setting(reason: str) -> bool:
    """Whether a reason says that a setting of the run kept a check from deciding."""
    return _NAMED.search(reason) is not None


def _named(reason: str) -> tuple[str, str] | None:
    """Give the settings that a reason names, with the advice for the first that has one."""
    names = list(dict.fromkeys(_NAMED.findall(reason)))
    if not names:
        return None
    return ", ".join(names), next((_ADVICE[name] for name in names if name in _ADVICE), "")


def _of(implied: Iterable[tuple[str, str, str]], reason: str) -> tuple[str, str] | None:
    return next(((setting, what) for pattern, setting, what in implied if re.match(pattern, reason)), None)
