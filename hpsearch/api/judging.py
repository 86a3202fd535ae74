"""What a comparison decides: the verdict of each pair of levels, and the claims of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpsearch.api.returned import Comparison
from hpsearch.errors import UsageError, quoted

if TYPE_CHECKING:
    from hpsearch.report.cards.tuples import Claims, Verdicts
    from hpsearch.results.results import Results


def verdicts(comparison: Comparison | Results) -> Verdicts:
    """Return the verdict of each pair of levels that a comparison compares, as its report does.

    Each verdict is read off the interval of its pair. The intervals hold for all pairs together, and for all calls of
    `compare` with more `repeats` on the same storage: a study has a false verdict with a probability of at most 5 %.
    The arguments of the first call are the plan, which is stored before the first trial.

    Parameters
    ----------
    comparison
        What `compare` returns, or its `results`.

    Raises
    ------
    UsageError
        If it is neither.

    Returns
    -------
    A tuple with one verdict for each pair, in a fixed order: each level with the reference of its factor (random search
    for strategies, else the first level), and narrowing with TPE. `verdict` is "better", "worse", "equivalent" or "not
    resolved"; `low` and `high` are the interval of `effect`, the mean advantage of `level` over `against`.

    Examples
    --------
    >>> from hpsearch import compare, verdicts
    >>> def objective(trial):
    ...     return trial.suggest_float("x", 0, 1)
    >>> comparison = compare(objective, strategies=["random", "qmc"], trials=3, direction="minimize")
    >>> [(each.level, each.against, each.repeats) for each in verdicts(comparison)]
    [('qmc', 'random', 5)]
    """
    from hpsearch.report.cards.tuples import Verdicts
    from hpsearch.results.results import Results

    results = comparison.results if isinstance(comparison, Comparison) else comparison
    if not isinstance(results, Results):
        raise UsageError(f"comparison must be what compare returns, or its results, got {quoted(comparison)}")
    return Verdicts.of(results)


def claims(comparison: Comparison | Results) -> Claims:
    """Decide each claim of a study's file: holds, does not hold, or not resolved.

    Parameters
    ----------
    comparison
        What `compare` returns, or the results of a study loaded from a storage.

    Returns
    -------
    A tuple with one decision for each claim, in the order of the file; empty for a study without claims.

    Examples
    --------
    >>> from hpsearch import claims, compare
    >>> def objective(trial):
    ...     return trial.suggest_float("x", -5, 5) ** 2
    >>> claims(compare(objective, strategies=["random"], trials=2, repeats=1, direction="minimize"))
    ()
    """
    from hpsearch.report.cards.tuples import Claims

    return Claims.of(comparison.results if isinstance(comparison, Comparison) else comparison)
