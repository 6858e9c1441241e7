"""How places in status lists are given away: whether chance explains the indices, or who has a list of their own.

A random index tells nothing of the credentials beside it. Whoever counts betrays which credentials were issued
together and how many there are (Token Status List draft 12 sections 12.4 and 12.5.1). Regular indices come about
by chance as well, the easier the shorter the list is, so :func:`chance` says how easily.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

RARE = 1e-12
"""Probability below which nobody takes a regularity for chance."""
FEW = 8
"""Entries of the smallest list there is: one byte of one bit each."""
_COMPARED = 3
"""Credentials each with a list of their own, from which on that is no matter of choosing among a few lists."""


def chance(indices: Sequence[int], size: int) -> float:
    """Give an upper bound of the probability that random indices are as regular as these.

    Two things count: that each index is near the one before, as with a counter, be it that others were served in
    between; and that it is always as far from the one before, as with a counter of any step.

    Args:
        indices: in the order in which they were given away.
        size: entries of the list.

    Returns:
        1 where nothing can be said: of a single index, and of indices that the list does not have.

    """
    if len(indices) < 2 or not all(0 <= index < size for index in indices):
        return 1.0
    steps = [(after - before) % size for before, after in pairwise(indices)]
    return min(1.0, 2 * min(_of_nearness(steps, size), _of_equal_steps(steps, size)))


def _of_nearness(steps: Sequence[int], size: int) -> float:
    """Judge by the distances, which are independent and uniform on the circle of random indices.

    The product of the probabilities of n of them is at most x with the probability x · Σ (-ln x)^k / k!, k < n.
    """
    logarithm = sum(min(0.0, math.log(2 * min(step, size - step) + 1) - math.log(size)) for step in steps)
    return math.exp(logarithm) * sum((-logarithm) ** k / math.factorial(k) for k in range(len(steps)))


def _of_equal_steps(steps: Sequence[int], size: int) -> float:
    """Judge by the longest run of equal steps, each of which but the first has one of ``size`` values."""
    longest = max(len(list(run)) for _, run in groupby(steps))
    return min(1.0, (len(steps) - longest + 1) * math.exp((1 - longest) * math.log(size)))


@dataclass(frozen=True)
class Allotted:
    """What one credential got.

    Attributes:
        uri: of its list.
        index: its place; ``None`` in a list of identifiers.
        size: entries of the list; ``None`` where that is not known.
        subject: what the list says of itself where it is; ``None`` where it says nothing.

    """

    uri: str
    index: int | None = None
    size: int | None = None
    subject: Hashable = None


def lists_of_their_own(places: Sequence[Allotted]) -> str | None:
    """Say by what it shows that credentials have lists, or URIs of lists, of their own.

    That there are several lists is as it should be, and that is why different URIs alone show nothing.

    Args:
        places: those of credentials that may all be in one list.

    """
    uris = {place.uri for place in places}
    subjects = {place.uri: place.subject for place in places if place.subject is not None}
    if len(subjects) > len(set(subjects.values())):
        return "their URIs differ and lead to one list"
    if len(uris) < max(_COMPARED, len(places)):
        return None
    sizes = [place.size for place in places if place.size is not None]
    if len(sizes) == len(places) and max(sizes) <= FEW:
        return f"each is in another list, none of which has more than {FEW} entries"
    indices = {place.index for place in places}
    alike = len(indices) == 1 and None not in indices and len(sizes) == len(places)
    if alike and math.prod(1 / size for size in sizes[1:]) < RARE:
        return f"each has the index {indices.pop()} of another list"
    return None


def indices_in_uris(places: Sequence[Allotted]) -> bool:
    """Say whether each URI holds the index of its credential, which no numbering of lists explains."""
    found = {(place.uri, place.index) for place in places}
    told = all(index is not None and str(index) in _numbers(uri) for uri, index in found)
    indices = {index for _, index in found}
    digits = sum(len(str(index)) for index in indices)
    return told and len(indices) == len(found) > 1 and digits >= -math.log10(RARE)


def _numbers(uri: str) -> list[str]:
    """Give the numbers in a URI."""
    return "".join(each if each in "0123456789" else " " for each in uri).split()
