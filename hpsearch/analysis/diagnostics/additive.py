"""Additive regression of the values on the positions in the ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM

Floats = NDArray[np.float64]

_OUTER = 0.7  # the second regression fits a line to the positions beyond it
_SECOND = 0.1  # level of the second regression, which only guards against plateaus
_SPARE = 7  # minimum degrees of freedom
_FEWEST_OUTER = 4


class Additive:
    """Regression of the values of trials on all their positions in the ranges, as a sum of parabolas.

    The normal scores of the values' ranks, z, are fitted by z = Σ (a x + b x²) over the numeric parameters, with
    indicators of the choices and of the repeats, whose rows differ. Ranks make it independent of the metric's scale.
    """

    def __init__(self, search: TaskSearch, trials: pd.DataFrame) -> None:
        self._places = {name: places for name in search.numeric if _usable(places := search.positions(trials, name))}
        groups = [
            trials["repeat"],
            *(trials[PARAM + each].map(str) for each in search.categorical if PARAM + each in trials),
        ]
        self._common = np.column_stack([np.ones(len(trials)), *(_indicators(group) for group in groups)])
        self._scores = _normal_scores(search.results.sign * trials["value"].to_numpy(dtype=np.float64))
        self._spare = len(trials) - self._common.shape[1] - 2 * len(self._places)

    def matters(self, name: str) -> float:
        """Return the p value of the F test of a numeric parameter without effect; NaN if undefined."""
        if name not in self._places or self._spare < _SPARE:
            return math.nan
        others = [_parabola(places) for each, places in self._places.items() if each != name]
        without = np.column_stack([self._common, *others])
        whole = np.column_stack([without, _parabola(self._places[name])])
        small, large = _residuals(without, self._scores), _residuals(whole, self._scores)
        if large <= 0:
            return math.nan
        return float(stats.f.sf((small - large) / 2 / (large / self._spare), 2, self._spare))

    def improves(self, name: str, end: str, share: float, level: float) -> bool:
        """Return whether the values still improve at the inner side of the outer `share` of the range.

        Two t tests must agree. The first, at `level`, tests the slope of the parabola there. The second, at 0.1, tests
        the slope of a line that is fitted to the outer 30 % of the range, with a separate parabola for the rest. It
        guards against plateaus: a parabola fitted to values that level off still rises there.

        Parameters
        ----------
        name
            Numeric parameter; False if it is unusable, or with fewer than 7 degrees of freedom.
        end
            ``"low"`` or ``"high"``.
        level
            Of the first test.
        """
        if name not in self._places or self._spare < _SPARE:
            return False
        x = self._places[name] if end == "high" else 1 - self._places[name]
        others = [self._common] + [_parabola(places) for each, places in self._places.items() if each != name]
        whole = np.column_stack([x, x**2, *others])
        if _p_value(whole, self._scores, [1.0, 2 * (1 - share)]) > level:
            return False
        outer = x > _OUTER
        if outer.sum() < _FEWEST_OUTER:
            return False
        parts = np.column_stack(
            [np.where(outer, x, 0), outer, np.where(outer, 0, x), np.where(outer, 0, x**2), *others]
        )
        return _p_value(parts, self._scores, [1.0]) <= _SECOND


def _usable(places: Floats) -> bool:
    return not np.isnan(places).any() and len(np.unique(places)) > 2


def _parabola(x: Floats) -> Floats:
    return np.column_stack([x, x**2])


def _indicators(group: pd.Series[str]) -> Floats:
    return pd.get_dummies(group, drop_first=True).to_numpy(dtype=np.float64)


def _normal_scores(values: Floats) -> Floats:
    scores: Floats = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    return scores


def _residuals(design: Floats, values: Floats) -> float:
    fit = np.linalg.lstsq(design, values, rcond=None)[0]
    return float(((values - design @ fit) ** 2).sum())


def _p_value(design: Floats, values: Floats, weights: Sequence[float]) -> float:
    """Return the one-sided p value of a weighted sum of the first coefficients being positive; 1 if undefined."""
    spare = len(values) - int(np.linalg.matrix_rank(design))
    inverse = np.linalg.pinv(design.T @ design)
    fit = inverse @ design.T @ values
    variance = float(((values - design @ fit) ** 2).sum()) / spare if spare > 0 else 0.0
    count = len(weights)
    scale = float(np.asarray(weights) @ inverse[:count, :count] @ np.asarray(weights)) * variance
    return float(stats.t.sf(fit[:count] @ np.asarray(weights) / np.sqrt(scale), spare)) if scale > 0 else 1.0
