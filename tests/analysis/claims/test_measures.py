"""Measures of runs by name."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.claims.measures import COLUMNS, measure
from hpsearch.analysis.claims.names import MEASURES, kind_of, less_is_better, worst
from hpsearch.analysis.claims.reduce import reduced, spread
from tests.claim_results import claimed
from tests.example_results import case

FACTORS = {"norm": ("with", "without")}
KEY = ("digits", "with")


def results(**measures):
    return claimed([], factors=FACTORS, measures=measures, repeats=2)


@pytest.mark.parametrize("name", [*MEASURES, "best.learning_rate", "diagnostic.edge", "layers.mean.first", "other"])
@pytest.mark.parametrize("example", ["usual", "nothing finished", "no curves", "all diverged", "factors, none tuned"])
def test_every_measure_has_the_same_columns(name, example):
    frame = measure(case(example), name)
    assert list(frame.columns) == COLUMNS
    assert frame["value"].dtype == float or frame.empty


def test_numbers_of_a_run_are_those_of_its_incumbent():
    made = case("usual")
    run = made.runs.iloc[0]
    key = (
        (made.trials["task"] == run["task"]) & (made.trials["variant"] == run["variant"]) & (made.trials["repeat"] == 0)
    )
    trial = made.trials[key & (made.trials["number"] == run["incumbent"])].iloc[0]
    for name, value in {
        "value": run["value"],
        "test": np.mean(run["test_values"]),
        "seconds": trial["seconds"],
        "best.learning_rate": trial["params_learning_rate"],
    }.items():
        frame = measure(made, name)
        assert len(frame) == len(made.runs)
        assert frame.iloc[0]["value"] == pytest.approx(value)
        assert frame["step"].isna().all()


def test_curves_are_those_of_the_incumbent():
    made = case("usual")
    frame = measure(made, "train_loss")
    assert frame.groupby(["variant", "repeat"]).size().max() == 4
    own = made.curves.merge(made.runs[["variant", "repeat", "incumbent"]], on=["variant", "repeat"])
    own = own[own["number"] == own["incumbent"]]
    assert frame["value"].sum() == pytest.approx(own["train_loss"].sum())
    assert measure(made, "penalized_train_loss")["value"].tolist() == frame["value"].tolist()


def test_the_loss_without_penalty_is_that_beside_the_history():
    made = case("usual")
    row = made.runs.iloc[0]
    own = pd.DataFrame([(row["task"], row["variant"], row["repeat"], 0, "train_loss", 1.0, 0.125)])
    own.columns = made.measures.columns
    frame = measure(replace(made, measures=own), "train_loss")
    of_run = (frame["variant"] == row["variant"]) & (frame["repeat"] == row["repeat"])
    assert frame[of_run]["value"].tolist() == [0.125]
    assert len(frame[~of_run]) == len(measure(made, "train_loss")) - 4


def test_the_gap_is_to_the_test_curve_and_without_one_to_validation():
    made = case("usual")
    train, validation = measure(made, "train_score"), measure(made, "validation_score")
    assert measure(made, "gap")["value"].to_numpy() == pytest.approx(train["value"].to_numpy() - validation["value"])
    test = validation.assign(number=0, measure="test_score", value=0.25)[made.measures.columns]
    tested = replace(made, measures=test)
    assert measure(tested, "gap")["value"].to_numpy() == pytest.approx(train["value"].to_numpy() - 0.25)
    less = replace(tested, direction="minimize")
    assert measure(less, "gap")["value"].to_numpy() == pytest.approx(0.25 - train["value"].to_numpy())


def test_a_diagnostic_warns_of_a_run_or_does_not():
    frame = measure(case("usual"), "diagnostic.infeasible")
    assert set(frame["value"]) <= {0.0, 1.0}
    assert len(frame)
    assert set(measure(case("all diverged"), "diagnostic.infeasible")["value"]) == {1.0}


def test_layers_have_places():
    rows = [
        ("digits", "with", 0, 0, step, kind, position, value * (step + 1))
        for step in (0, 5)
        for kind, values in (("activation", (8.0, 4.0, 2.0)), ("dense", (1.0, 1.0)))
        for position, value in enumerate(values, 1)
    ]
    columns = ["task", "variant", "repeat", "number", "step", "kind", "position", "gradient_norm"]
    made = replace(results(), layers=pd.DataFrame(rows, columns=columns))
    expected = {"first": 8, "last": 2, "2": 4, "ratio": 4, "mean": 14 / 3, "least": 2, "most": 8}
    for place, value in expected.items():
        frame = measure(made, f"layers.gradient_norm.{place}")
        assert frame["step"].tolist() == [0, 5]
        assert frame["value"].tolist() == pytest.approx([value, value if place == "ratio" else 6 * value])


@pytest.mark.parametrize(
    ("reduce", "value"),
    [("mean", 0.5), ("end", 0.8), (1, 0.4), (7, 0.8), ({"reaches": 0.3}, 1.0), ({"reaches": 0.9}, np.inf)],
)
def test_a_curve_is_reduced_to_a_number(reduce, value):
    made = results(test_score=lambda levels, repeat: [0.3 - 0.1, 0.4, 0.6, 0.8])
    numbers = reduced(made, "test_score", reduce)
    assert numbers.by_variant[KEY][1] == pytest.approx(value)
    assert numbers.has_steps
    assert not numbers.diverged


def test_a_loss_reaches_from_above():
    made = results(test_loss=lambda levels, repeat: [2.0, 1.0, 0.5, 0.7])
    assert reduced(made, "test_loss", {"reaches": 0.6}).by_variant[KEY][0] == 2
    assert reduced(made, "test_loss", {"reaches": 0.1}).by_variant[KEY][0] == np.inf


def test_a_number_has_no_steps_to_reduce():
    made = results(turns=lambda levels, repeat: 3.0)
    assert reduced(made, "turns", "end").by_variant[KEY] == {0: 3.0, 1: 3.0}
    assert reduced(made, "turns", {"reaches": 1.0}).by_variant == {}
    assert not reduced(made, "turns", "mean").has_steps


@pytest.mark.parametrize(("name", "value"), [("test_loss", np.inf), ("test_score", -np.inf), ("turns.x", 1.0)])
def test_a_diverged_run_has_the_worst_value(name, value):
    measures = {name: lambda levels, repeat: 1.0}
    made = claimed([], factors=FACTORS, measures=measures, repeats=2, diverged=lambda _, repeat: repeat == 1)
    numbers = reduced(made, name, "mean")
    assert numbers.by_variant[KEY] == {0: 1.0, 1: value}
    assert (("digits", "with", 1) in numbers.diverged) == np.isinf(value)


def test_a_number_that_is_not_finite_is_worst_where_a_side_is_better():
    made = results(test_loss=lambda levels, repeat: [1.0, np.nan], turns=lambda levels, repeat: np.nan)
    assert reduced(made, "test_loss", "mean").by_variant[KEY][0] == np.inf
    assert np.isnan(reduced(made, "turns", "mean").by_variant[KEY][0])
    assert len(reduced(made, "turns", "mean").diverged) == 4


def test_the_worst_score_depends_on_the_metric():
    assert (worst("test", 1), worst("test", -1)) == (-np.inf, np.inf)
    assert np.isnan(worst("seconds", 1))
    assert less_is_better("test_score", -1)
    assert not less_is_better("steps", -1)
    assert kind_of("layers.mean.first") == "number"


def test_a_spread_is_infinite_if_a_level_diverged():
    assert spread([1.0, 4.0, 2.0]) == 3.0
    assert spread([1.0, -np.inf]) == np.inf
    assert np.isnan(spread([1.0, np.nan]))
