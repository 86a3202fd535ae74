"""What differs among the repeats of a study whose rows belong together, or have weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from hpsearch.analysis.belonging import row_keys
from hpsearch.analysis.incumbents import tasks
from hpsearch.report.precision import LEAST_GROUPS, groups_of_test, rows_half
from hpsearch.results.results import Results


class Repeats(NamedTuple):
    """Words for what repeats share and what no interval contains.

    Attributes
    ----------
    differ
        What the page speaks for, after "for".
    one
        The same of a study with one repeat.
    note
        What the intervals leave out, as a sentence.
    """

    differ: str
    one: str
    note: str


REPEATS: Mapping[str, Repeats] = {
    "time": Repeats(
        "other seeds, with the same training, validation and test rows",
        "one split by time, with the latest rows for the test",
        "Rows are split by time, so that repeats differ in their seeds alone; the chance of the split and of the test "
        "rows is in no interval, and later times can differ.",
    ),
    "group": Repeats(
        "other seeds and other splits of the groups into training and validation, with the same test groups",
        "one split, with its test groups",
        "Groups are kept whole; the chance of the test groups is in no interval.",
    ),
    "weight": Repeats(
        "other seeds and other splits into training and validation rows, with the same test rows",
        "one split, with its test rows",
        "Rows have weights; the chance of the test rows is in no interval.",
    ),
}
"""Words by key of ``[data]``; the first key that the data has decides."""

_IN_ONE = "Groups are kept whole; the chance of the test groups is in the interval of the expected score alone."
_FEW = (
    "Groups are kept whole; the chance of the test groups is in no interval, for {} groups are too few: at least "
    f"{LEAST_GROUPS} would say how large it is."
)


def repeats(results: Results) -> Repeats | None:
    """Return the words for the repeats; None for independent rows, and for tasks that differ in this."""
    keys = {next((key for key in REPEATS if key in row_keys(results, task)), "") for task in tasks(results)}
    words = REPEATS.get(keys.pop()) if len(keys) == 1 else None
    counts = [groups_of_test(results, task) for task in tasks(results)]
    if words is None or not all(counts):
        return words
    if all(not math.isnan(rows_half(results, task)) for task in tasks(results)):
        return words._replace(note=_IN_ONE)
    return words._replace(note=_FEW.format(min(counts))) if min(counts) < LEAST_GROUPS else words
