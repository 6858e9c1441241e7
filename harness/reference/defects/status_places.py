"""Faults of the places in status lists that credentials are given: who looks at them learns too much."""

from __future__ import annotations

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.sd_jwt import SdJwt
from harness.reference.statuses import Place
from harness.reference.token_status_list import ENTRIES, StatusList

_STEP = 7919
_SMALL = 8
"""Bytes of a list that hides nobody."""
_PERSON = "Erika"
"""What the holder of all credentials of this issuer is called."""


@fault("status-place:reused")
def reused(place: Place, _: Context) -> None:
    """All credentials have the same place in a status list."""
    place.index = 4711


@fault("status-place:counted")
def counted(place: Place, context: Context) -> None:
    """The indices in a status list are counted up."""
    place.index = next(context.numbers)


@fault("status-place:constant-step")
def constant_step(place: Place, context: Context) -> None:
    """Each index in a status list is as far from the one before as that from its own predecessor."""
    place.index = next(context.numbers) * _STEP % ENTRIES


@fault("status-place:list-for-each")
def list_for_each(place: Place, context: Context) -> None:
    """Each credential has the first place in a status list of its own."""
    place.list_name, place.index = f"{next(context.numbers)}.{place.list_name}", 0


@fault("status-place:index-in-name")
def index_in_name(place: Place, _: Context) -> None:
    """Each credential has a status list whose URL has the index in it."""
    place.list_name = f"{place.index}.{place.list_name}"


@fault("status-place:person-in-name")
def person_in_name(place: Place, _: Context) -> None:
    """The URL of the status list has the name of the holder in it."""
    place.list_name = f"{_PERSON}.{place.list_name}"


@fault("sd-jwt:status-uri-with-key")
def uri_with_key(sd_jwt: SdJwt, _: Context) -> None:
    """The URI of the status list has the holder's key in it."""
    listed = sd_jwt.payload.get("status", {}).get("status_list")
    if listed is not None and "cnf" in sd_jwt.payload:
        listed["uri"] += f"?key={sd_jwt.payload['cnf']['jwk']['x']}"


@fault("status-list:small")
def small(draft: StatusList, _: Context) -> None:
    """The status list has no more than a few dozen entries, all of which are in use."""
    draft.array = draft.array[:_SMALL]
