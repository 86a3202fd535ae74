"""Measures of runs by name, for claims and figures.

Numbers of a run: ``value`` (what the search selected by), ``test`` (mean test value), ``seconds`` and ``steps`` (of the
incumbent's training), ``best.<hyperparameter>``, ``diagnostic.<key>`` (1 if the diagnostic warns of the run, else 0).
Curves of the incumbent: ``validation_score``, ``validation_loss``, ``train_score``, ``train_loss`` (without penalty),
``penalized_train_loss``, ``gap`` (training score − test score, or validation score without test curve; the sign is
turned where less is better), ``layers.<column>.<place>``. All others are measures that the family records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from hpsearch.analysis.claims.names import BEST, DIAGNOSTIC, LAYERS
from hpsearch.analysis.comparison.run_values import failed_tests, test_means
from hpsearch.analysis.diagnostics import DIAGNOSTICS, TaskSearch
from hpsearch.analysis.incumbents import KEYS
from hpsearch.analysis.views import of_run
from hpsearch.results.results import PARAM, Results

COLUMNS = [*KEYS, "step", "value"]
_DENSE = ("weight_gradient_norm",)  # columns of dense layers; others are of activation layers


def measure(results: Results, name: str) -> pd.DataFrame:
    """Return a measure of each run.

    Returns
    -------
    Columns task, variant, repeat, step (NaN for a number of the run; otherwise ascending) and value (NaN after a
    divergence). Runs without the measure have no row.
    """
    for beginning, read in _BEGINNINGS.items():
        if name.startswith(beginning):
            return read(results, name.removeprefix(beginning))
    return _NUMBERS.get(name, partial(_recorded_or_curve, name=name))(results)


def _by_run(runs: pd.DataFrame, values: pd.Series[float]) -> pd.DataFrame:
    frame = runs[KEYS].assign(step=float("nan"), value=values)
    return frame[COLUMNS].reset_index(drop=True)


def _value(results: Results) -> pd.DataFrame:
    return _by_run(results.runs, results.runs["value"].astype(float))


def _test(results: Results) -> pd.DataFrame:
    """Return the mean test value; NaN if a retraining failed, so that a failure is not averaged away."""
    failed = failed_tests(results.runs)
    tested = results.runs["test_values"].map(len) + failed > 0
    means = test_means(results.runs).where(failed == 0)
    return _by_run(results.runs[tested], means[tested])


def _incumbents(results: Results) -> pd.DataFrame:
    """Return the incumbent's row of `trials` for each run that has one."""
    runs = results.runs[results.runs["incumbent"].notna()][[*KEYS, "incumbent"]]
    return runs.merge(results.trials, left_on=[*KEYS, "incumbent"], right_on=[*KEYS, "number"])


def _seconds(results: Results) -> pd.DataFrame:
    return _of_trials(results, "seconds")


def _of_trials(results: Results, column: str) -> pd.DataFrame:
    trials = _incumbents(results)
    if column not in trials:
        return pd.DataFrame(columns=COLUMNS)
    return _by_run(trials, pd.to_numeric(trials[column], errors="coerce")).dropna(subset="value")


def _best(results: Results, parameter: str) -> pd.DataFrame:
    return _of_trials(results, PARAM + parameter)


def _diagnostic(results: Results, key: str) -> pd.DataFrame:
    """Return whether a diagnostic warns of each run alone; runs that it does not judge have no row."""
    rows = []
    for task, variant, repeat in results.runs[KEYS].itertuples(index=False, name=None):
        if variant in results.untuned:
            continue
        view = of_run(results, task, variant, repeat)
        level = DIAGNOSTICS[key](TaskSearch(view, task)).level if len(view.trials) else "unknown"
        if level != "unknown":
            rows.append((task, variant, repeat, float("nan"), float(level != "pass")))
    return pd.DataFrame(rows, columns=COLUMNS)


def _recorded(results: Results, name: str) -> pd.DataFrame:
    frame = results.measures[results.measures["measure"] == name]
    return frame[COLUMNS].astype({"value": float}).reset_index(drop=True)


def _recorded_or_curve(results: Results, name: str) -> pd.DataFrame:
    """Return a measure as recorded beside the training, and for runs without it the curve of that name."""
    recorded = _recorded(results, name)
    column = _CURVES.get(name)
    if column is None or results.curves.empty:
        return recorded
    runs = results.runs[results.runs["incumbent"].notna()][[*KEYS, "incumbent"]]
    curves = runs.merge(results.curves, left_on=[*KEYS, "incumbent"], right_on=[*KEYS, "number"])
    curves = curves.rename(columns={"epoch": "step", column: "value"})[COLUMNS]
    having = curves.groupby(KEYS)["value"].transform(lambda values: values.notna().any())
    curves = curves[having.astype(bool)] if len(curves) else curves
    if recorded.empty:
        return curves.reset_index(drop=True)
    both = curves.merge(recorded[KEYS].drop_duplicates(), on=KEYS, how="left", indicator=True)
    return pd.concat([recorded, both[both["_merge"] == "left_only"][COLUMNS]], ignore_index=True)


def _gap(results: Results) -> pd.DataFrame:
    """Return training score − test score at the steps that have both; of runs without a test curve, − validation."""
    train, test = measure(results, "train_score"), measure(results, "test_score")
    validation = measure(results, "validation_score")
    tested = set(test[KEYS].itertuples(index=False, name=None))
    untested = [key not in tested for key in validation[KEYS].itertuples(index=False, name=None)]
    parts = [each for each in (test, validation[untested]) if len(each)]
    if not parts or train.empty:
        return pd.DataFrame(columns=COLUMNS)
    other = pd.concat(parts, ignore_index=True)
    both = train.merge(other, on=[*KEYS, "step"], suffixes=("_train", "_other"))
    return both.assign(value=results.sign * (both["value_train"] - both["value_other"]))[COLUMNS]


def _layers(results: Results, name: str) -> pd.DataFrame:
    """Return a statistic of layers at each recorded step, at one place or as one number of all layers."""
    column, _, place = name.partition(".")
    layers = results.layers
    if layers.empty or column not in layers:
        return pd.DataFrame(columns=COLUMNS)
    kind = "dense" if column in _DENSE else "activation"
    rows = layers[(layers["kind"] == kind) & layers["position"].notna()].sort_values("position", kind="stable")
    rows = rows.assign(value=pd.to_numeric(rows[column], errors="coerce"))
    by_step = rows.groupby([*KEYS, "step"], sort=True)["value"]
    if place.isdecimal():
        frame = rows[rows["position"] == int(place)][COLUMNS]
    else:
        frame = _PLACES[place](by_step).reset_index()[COLUMNS]
    return frame.astype({"value": float}).sort_values([*KEYS, "step"], kind="stable").reset_index(drop=True)


_PLACES: Mapping[str, Callable[..., pd.Series[float]]] = {
    "first": lambda by_step: by_step.agg(lambda values: values.iloc[0]),
    "last": lambda by_step: by_step.agg(lambda values: values.iloc[-1]),
    "ratio": lambda by_step: by_step.agg(lambda values: _divided(values.iloc[0], values.iloc[-1])),
    "mean": lambda by_step: by_step.agg(lambda values: values.mean(skipna=False)),
    "least": lambda by_step: by_step.agg(lambda values: values.min(skipna=False)),
    "most": lambda by_step: by_step.agg(lambda values: values.max(skipna=False)),
}
"""Place in ``layers.<column>.<place>`` → one number of the layers' values, in order from the input."""


def _divided(first: float, last: float) -> float:
    return first / last if last else float("nan")


_NUMBERS: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "value": _value,
    "test": _test,
    "seconds": _seconds,
    "gap": _gap,
}
_CURVES = {
    "validation_score": "validation_score",
    "train_score": "train_score",
    "validation_loss": "validation_loss",
    "train_loss": "train_loss",
    "penalized_train_loss": "train_loss",
}  # measures that the history has, too: column of `Results.curves`
_BEGINNINGS: Mapping[str, Callable[[Results, str], pd.DataFrame]] = {
    BEST: _best,
    DIAGNOSTIC: _diagnostic,
    LAYERS: _layers,
}
