"""The core identity: a credential with name and date of birth (docs: prove your user's identity)."""

from __future__ import annotations

from typing import Any

from harness.govuk.people import Person
from harness.one_login import injectable
from harness.one_login.context import Context, SignIn
from harness.one_login.did_document import FOREIGN_PATH, did_of
from harness.one_login.draft import Draft, spoil
from harness.one_login.keys import stranger
from harness.one_login.people import subject_of

SECONDS = 1_800


def core_identity(context: Context, sign_in: SignIn) -> str | None:
    """Make the core identity JWT of a sign-in, with the errors that are switched on.

    ``None`` where the identity was not proven, or the error is that there is none.
    """
    errors = injectable.within(context.injected, "CORE_IDENTITY_")
    if not sign_in.identity.proven or "ABSENT" in errors:
        return None
    request, now = sign_in.request, context.now
    key = context.identity_keys.signing("ES256")
    claims = {
        "iss": f"{context.identity_url}/",
        "sub": subject_of(sign_in.person, request.client),
        "aud": request.client.client_id,
        "nbf": now,
        "iat": now,
        "exp": now + SECONDS,
        "vot": request.vector.confidence,
        "vtm": context.trustmark_url,
        "vc": _credential(sign_in.person),
    }
    draft = Draft(key, {"alg": key.algorithm, "kid": f"{did_of(context.identity_url)}#{key.kid}"}, claims)
    spoil(draft, errors)
    if "FOREIGN_CONTROLLER" in errors:
        draft.key = stranger("ES256")
        draft.header["kid"] = f"{did_of(context.identity_url, FOREIGN_PATH)}#{draft.key.kid}"
    return draft.compact()


def _credential(person: Person) -> dict[str, Any]:
    parts = [{"value": name, "type": "GivenName"} for name in person.given_name.split()]
    parts.append({"value": person.family_name, "type": "FamilyName"})
    return {
        "type": ["VerifiableCredential", "VerifiableIdentityCredential"],
        "credentialSubject": {
            "name": [{"nameParts": parts}],
            "birthDate": [{"value": person.birth_date}],
        },
    }
