"""Folds of a cross-validation, as ``[data] validation`` names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.checks import whole
from hpsearch.errors import UsageError, quoted

MOST_FOLDS = 100
"""Maximum number of folds, and of repetitions."""

_FORM = re.compile(r"(?:(?P<times>\d{1,9}) ?[x×] ?)?(?P<splits>\d{1,9})-fold", re.ASCII)
_LEAST_OF_NUMBERS = 2  # validation rows of a regression: one row has no R²


class Folds(NamedTuple):
    """Cross-validation: `splits` folds, drawn `times` times. Folds of classes are stratified.

    >>> folds("5-fold"), folds("3 x 10-fold")
    (Folds(splits=5, times=1), Folds(splits=10, times=3))
    """

    splits: int
    times: int = 1

    def split(self, y: NDArray[Any], seed: int, *, stratified: bool) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield the places of the train and the validation rows of each fold, in the rows of `y`."""
        from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

        kind = RepeatedStratifiedKFold if stratified else RepeatedKFold
        yield from kind(n_splits=self.splits, n_repeats=self.times, random_state=seed).split(np.zeros(len(y)), y)

    def least(self, *, stratified: bool) -> int:
        """Return the number of rows that are needed: of each class, if `stratified`."""
        return self.splits if stratified else self.splits * _LEAST_OF_NUMBERS


def folds(text: str) -> Folds:
    """Return the folds that a text such as ``"5-fold"`` or ``"3 x 5-fold"`` names.

    Raises
    ------
    UsageError
        If it has another form, or too few or too many folds.
    """
    matched = _FORM.fullmatch(text.strip())
    if matched is None:
        rule = 'a share, a number of rows, or folds such as "5-fold" or "3 x 5-fold"'
        raise UsageError(f"validation must be {rule}, got {quoted(text)}")
    splits = whole("validation: the number of folds", int(matched["splits"]), 2, MOST_FOLDS)
    return Folds(splits, whole("validation: the number of repetitions", int(matched["times"] or 1), 1, MOST_FOLDS))
