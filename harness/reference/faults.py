"""The faults of the reference issuer: named defects, each of which can be switched on alone.

Faults on documents are small functions registered with ``@fault("document:defect")`` in the ``defects``
package; faults on requests follow from the rules and tolerances. ``catalogue`` lists them all.
"""

from __future__ import annotations

import copy
import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any

from harness.reference import rules
from harness.reference.context import Context

Spoiler = Callable[[Any, Context], None]
"""Spoils a draft in place; leaves a draft alone that has nothing to spoil."""

_DESCRIPTIONS: dict[str, str] = {}
_SPOILERS: dict[str, dict[str, Spoiler]] = defaultdict(dict)
_MODULES = (
    "offer",
    "issuer_metadata",
    "server_metadata",
    "published_keys",
    "authorization",
    "grants",
    "authorization_front",
    "dpop",
    "messages",
    "challenges",
    "sd_jwt",
    "disclosures",
    "type_metadata",
    "status_claim",
    "status_lists",
    "revocation",
    "w3c_model",
    "jwt_vc",
    "ldp_vc",
    "mdoc",
    "mdoc_signature",
    "mdoc_certificates",
    "deferred",
    "notification",
    "encryption",
    "encrypted_messages",
    "signed_metadata",
    "languages",
    "key_attestation",
    "did_document",
    "signer_keys",
    "status_places",
    "status_signatures",
    "bitstring_status_lists",
    "identifier_lists",
    "renewal",
    "govuk_offers",
    "govuk_published",
    "govuk_credentials",
    "govuk_messages",
    "govuk_journeys",
    "govuk_sign_ins",
    "govuk_sessions",
    "staff_passport_gateway",
    "staff_passport_portal",
    "mattr",
    "partisia",
    "drafts_messages",
    "draft_11",
    "drafts_metadata",
    "tls",
    "fapi2_tokens",
    "fapi2_keys",
    "haip_metadata",
    "haip_credentials",
    "fapi2_authorization",
)


def fault(identifier: str, description: str | None = None) -> Callable[[Spoiler], Spoiler]:
    """Register a function that spoils a document; without ``description`` its docstring tells the defect."""

    def register(spoiler: Spoiler) -> Spoiler:
        document = identifier.partition(":")[0]
        _SPOILERS[document][identifier] = spoiler
        _DESCRIPTIONS[identifier] = description or " ".join((spoiler.__doc__ or "").split())
        return spoiler

    return register


@cache
def _load() -> None:
    rules.load()
    for module in _MODULES:
        import_module(f"{__package__}.defects.{module}")


@cache
def _catalogue() -> dict[str, str]:
    _load()
    found = dict(_DESCRIPTIONS)
    for rule in rules.RULES.values():
        found[f"accepts:{rule.id}"] = f"Not enforced: {rule.statement}"
        found[f"misreports:{rule.id}"] = f"Enforced with the wrong status and error: {rule.statement}"
    for tolerance in rules.TOLERANCES.values():
        found[f"rejects:{tolerance.id}"] = f"Not tolerated: {tolerance.statement}"
    return dict(sorted(found.items()))


def catalogue() -> dict[str, str]:
    """Give every fault id with one sentence that describes it, sorted by id."""
    return dict(_catalogue())


def defined_in(module: str) -> frozenset[str]:
    """Give the ids of the document faults of one module of the ``defects`` package."""
    _load()
    home = f"{__package__}.defects.{module}"
    return frozenset(
        identifier
        for spoilers in _SPOILERS.values()
        for identifier, spoiler in spoilers.items()
        if spoiler.__module__ == home
    )


def check_known(identifiers: Iterable[str]) -> frozenset[str]:
    """Give the ids as a set.

    Raises:
        ValueError: an id is unknown; the message names the nearest one.

    """
    asked = frozenset(identifiers)
    # Who asks for none need not wait until all are loaded.
    known = _catalogue() if asked else {}
    for identifier in sorted(asked - known.keys()):
        nearest = difflib.get_close_matches(identifier, known, n=1, cutoff=0.0)
        raise ValueError(f'unknown fault "{identifier}"; did you mean "{nearest[0]}"?')
    return asked


class Defects:
    """The seam every document passes on its way out.

    ``fired`` collects the faults that changed something, ``met`` the documents that passed.
    """

    def __init__(
        self, faults: Iterable[str], fired: set[str], context: Context, met: set[str] | None = None
    ) -> None:
        asked = sorted(faults)
        if asked:
            _load()
        self._met: set[str] = set() if met is None else met
        self._context = context
        self._fired = fired
        self._active: dict[str, dict[str, Spoiler]] = defaultdict(dict)
        for identifier in asked:
            document = identifier.partition(":")[0]
            if identifier in _SPOILERS[document]:
                self._active[document][identifier] = _SPOILERS[document][identifier]

    def emit(self, document: str, draft: Any) -> None:
        """Let a draft pass, spoiled in place by the faults switched on for this document.

        An issuer of an earlier version words it then, and what spoils the wording comes last.

        """
        self._pass(document, draft)
        wording = self._context.wording
        if document in wording.spoken:
            wording.speak(document, draft, self._context)
            self._pass(f"draft-{document}", draft)

    def _pass(self, document: str, draft: Any) -> None:
        self._met.add(document)
        for number, (identifier, spoil) in enumerate(self._active.get(document, {}).items()):
            before = copy.deepcopy(draft)
            try:
                spoil(draft, self._context)
            except (LookupError, TypeError, ValueError, AttributeError):
                # Among several faults, one may have taken away what the next would spoil.
                if number == 0:
                    raise
            if draft != before:
                self._fired.add(identifier)
