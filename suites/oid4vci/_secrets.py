"""Values that nobody may guess, as far as they can be judged from outside."""

from __future__ import annotations

from collections.abc import Sequence

from harness.expect import Expect
from harness.formats import text
from harness.transport import Reply

_LEAST_BITS = 128
_ADVISED_BITS = 160
_LEAST_DIFFERENCE_BITS = 64
"""How much of one value at least differs from the next; random ones share a few characters at most."""


def expect_hard_to_guess(
    expect: Expect,
    code: str,
    values: Sequence[str],
    requirement: str,
    *,
    advice: str | None = None,
    at: Reply | None = None,
    pointer: str | None = None,
) -> None:
    """Expect room for 128 random bits in a value, and values that share no long beginning (RFC 6749 10.10).

    Args:
        code: how the finding codes begin.
        values: one value, or several that were given out one after another; the random parts only.
        requirement: what an evident weakness violates.
        advice: the requirement that recommends 160 bits, if any.
        at: the exchange that brought the first value.
        pointer: where it stands.

    """
    first = values[0]
    bits = text.capacity_bits(first)
    observed = f"{len(first)} characters, which hold {bits:.0f} bits at most"
    if not expect.that(
        bits >= _LEAST_BITS,
        f"{code}-GUESSABLE",
        f"room for {_LEAST_BITS} random bits",
        observed,
        at=at,
        pointer=pointer,
        requirement=requirement,
    ):
        return
    if advice is not None:
        expect.that(
            bits >= _ADVISED_BITS,
            f"{code}-SHORT",
            f"room for {_ADVISED_BITS} random bits",
            observed,
            at=at,
            pointer=pointer,
            requirement=advice,
        )
    for another in values[1:]:
        expect_unrelated(expect, code, first, another, requirement, at=at, pointer=pointer)


def expect_unrelated(
    expect: Expect,
    code: str,
    one: str,
    another: str,
    requirement: str,
    *,
    at: Reply | None = None,
    pointer: str | None = None,
) -> None:
    """Expect two values that were given out one after another to share no long beginning; arguments as above."""
    shared = shared_beginning(one, another)
    expect.that(
        text.capacity_bits(another[shared:]) >= _LEAST_DIFFERENCE_BITS,
        f"{code}-COUNTED",
        "values that do not follow from each other",
        f"two values in a row have the same first {shared} of {len(another)} characters",
        at=at,
        pointer=pointer,
        requirement=requirement,
    )


def shared_beginning(one: str, other: str) -> int:
    """Give how many characters two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
