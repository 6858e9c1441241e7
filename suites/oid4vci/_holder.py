"""Whom a W3C credential names as its holder."""

from __future__ import annotations

from collections.abc import Mapping

from harness.evidence import Blocked, IssuedCredential
from harness.formats import jose, jwk, vcdm
from harness.formats.jwt_vc import JwtVc
from harness.formats.problems import shown
from harness.model import Json
from suites.oid4vci._w3c import model_problems, place


def holder_named(credential: IssuedCredential) -> tuple[bool, bool]:
    """Say whether a credential names a key of its holder, and whether that is the key of the proof.

    Raises:
        Blocked: the key may be named in a way that is not known here, or what should name it is malformed.

    """
    document = credential.w3c
    _stop_without_names(credential)
    own = document.holder_key
    named = [*([own] if own else []), *vcdm.subject_keys(document.document)]
    right = any(jose.same_key(key, proof) for key in named for proof in credential.keys)
    right = right or _is_named_by_thumbprint(credential)
    if not right:
        _stop_at_strange_names(credential)
    return bool(named) or right or "jkt" in _confirmation(credential), right


def _confirmation(credential: IssuedCredential) -> Mapping[str, Json]:
    document = credential.w3c
    found = document.confirmation if isinstance(document, JwtVc) else None
    return found if isinstance(found, dict) else {}


def _is_named_by_thumbprint(credential: IssuedCredential) -> bool:
    """Say whether the subject, ``kid`` or ``jkt`` is the thumbprint of the proof's key (RFC 9278, RFC 9449)."""
    prints = [jwk.thumbprint(proof) for proof in credential.keys]
    uris = {f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{each}" for each in prints}
    confirmation = _confirmation(credential)
    return not uris.isdisjoint(vcdm.subject_ids(credential.w3c.document)) or any(
        confirmation.get(name) in (*prints, *uris) for name in ("kid", "jkt")
    )


def _stop_at_strange_names(credential: IssuedCredential) -> None:
    """Block a check of the holder's key when it may be named in a way that is not known here."""
    strange = vcdm.strange_subjects(credential.w3c.document)
    if strange:
        raise Blocked(f"the subject is {shown(strange[0])}, and keys of such DIDs are not read here")
    confirmation = _confirmation(credential)
    if confirmation and not {"jwk", "jkt"}.intersection(confirmation) and not credential.document.holder_key:
        raise Blocked(f"cnf names the holder's key by {', '.join(confirmation)}, which is not read here")


def _stop_without_names(credential: IssuedCredential) -> None:
    """Block a check of the holder's key when what should name it is malformed."""
    for problem in (*credential.document.problems, *model_problems(credential)):
        where = problem.pointer or ""
        of_subject = (
            where.startswith(f"{place(credential)}/credentialSubject") or problem.kind == "subject-missing"
        )
        of_key = of_subject or where.startswith(("/cnf", "header/cnf"))
        if of_key and problem.kind not in ("cnf-private-key", "duplicate-name"):
            raise Blocked(f"what names the holder's key cannot be read: {problem.detail}")
