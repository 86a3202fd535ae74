"""Factors are read into levels, and levels are merged into the study file."""

from itertools import pairwise

import pytest

from hpsearch.errors import UsageError
from hpsearch.objectives.levels import merged
from hpsearch.study.factors import label_of, read_factors
from tests.factor_files import RATE, levels, over, planned


def of_range(**table):
    (factor,) = read_factors({"it": {"key": "model.x"} | table})
    return {label: tables["model"]["x"] for label, tables in factor.levels.items()}


def test_linked_levels_set_several_keys(tmp_path):
    both = levels(
        SGD={"model": {"optimizer": "sgd"}, "space": {"learning_rate": RATE}},
        Adam={"model": {"optimizer": "adam", "learning_rate": 0.002}},
    )
    ready = planned(tmp_path, changes=both)
    assert ready.factors == {"optimizer": ("SGD", "Adam"), "strategy": ("random",)}
    assert list(ready.variants) == ["SGD", "Adam"]
    sgd, adam = (variant.objectives["iris"] for variant in ready.variants.values())
    assert sgd.content["model"] == {"hidden_layer_sizes": [5], "epochs": 2, "batch_size": 64, "optimizer": "sgd"}
    assert list(sgd.space) == ["learning_rate"]
    assert adam.content["model"]["learning_rate"] == 0.002
    assert list(adam.space) == ["weight_decay"], "the family's default space, without what the level fixes"


def test_values_of_a_key_are_levels(tmp_path):
    ready = planned(tmp_path, changes=over("data.scaling", "none", "standard", factor="scaling"))
    assert ready.factors["scaling"] == ("none", "standard")
    contents = [variant.objectives["iris"].content["data"]["scaling"] for variant in ready.variants.values()]
    assert contents == ["none", "standard"]


SCALINGS = {"choices": ["none", "minmax"]}


def test_a_level_moves_a_key_of_the_data_between_fixed_and_searched():
    rate = {"learning_rate": RATE | {"when": {"data.scaling": "minmax"}}}
    base = {"data": {"source": "iris", "imputation": "mean"}, "model": {}, "space": {"data.scaling": SCALINGS} | rate}
    fixing = merged(base, [{"data": {"scaling": "none"}}])
    assert (fixing["data"], fixing["space"]) == ({**base["data"], "scaling": "none"}, {})
    assert merged(base, [{"data": {"scaling": "minmax"}}])["space"] == rate
    searching = merged(fixing, [{"space": {"data.scaling": SCALINGS}}])
    assert (searching["data"], searching["space"]) == (base["data"], {"data.scaling": SCALINGS})


def test_keys_of_the_data_need_no_quotes_in_a_space(tmp_path):
    text = """
        [space]
        data.scaling = { choices = ["none", "minmax"] }
        learning_rate = { low = 0.01, high = 1.0, when = { data.scaling = "none" } }
        [factors.it.levels]
        all = {}
        one = { space = { data.scaling = { choices = ["standard", "none"] } } }
        none = { data = { scaling = "none" } }
    """
    every, one, none = (cell.objectives["iris"] for cell in planned(tmp_path, text).variants.values())
    assert list(every.space) == ["data.scaling", "learning_rate"]
    assert every.conditions == {"learning_rate": {"data.scaling": ["none"]}}
    assert one.space["data.scaling"].choices == ("standard", "none")
    assert list(none.space) == ["learning_rate"]
    assert none.content["data"]["scaling"] == "none"
    with pytest.raises(UsageError, match=r"space: data.scaling stands there twice, with quotes and without"):
        planned(tmp_path, text.replace("learning_rate", '"data.scaling"'))


def test_a_key_of_the_data_is_in_one_place(tmp_path):
    changes = {"data": {"scaling": "standard"}, "space": {"data.scaling": SCALINGS}}
    with pytest.raises(UsageError, match=r"\[space\] data.scaling: is fixed in \[data\] too .at 'standard'.; leave it"):
        planned(tmp_path, changes=changes)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.1, 1e-5, 100.0], ["0.1", "1e-05", "100"]),
        ([0.1, 0.10001], ["0.1", "0.10001"]),
        ([True, False], ["true", "false"]),
        ([[10], [20, 10]], ["10", "20-10"]),
        ([1, 2.5], ["1", "2.5"]),
        ([1000000, 1000001], ["1000000", "1000001"]),
        ([1 / 3, 1 / 3 + 1e-15], ["0.333333333333333", "0.333333333333334"]),
    ],
)
def test_values_have_short_and_distinct_labels(values, labels):
    (factor,) = read_factors({"it": {"key": "model.x", "values": values}})
    assert list(factor.levels) == labels
    assert [tables["model"]["x"] for tables in factor.levels.values()] == values


def test_a_range_is_cut_into_points_with_equal_distances():
    points = of_range(low=0.0, high=1.0, points=5)
    assert points == {"0": 0.0, "0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "1": 1.0}


def test_a_log_range_is_cut_in_logarithms_with_the_ends_as_written():
    points = of_range(low=1e-4, high=1.0, log=True, points=16)
    assert len(points) == 16
    assert (min(points.values()), max(points.values())) == (1e-4, 1.0)
    assert list(points)[:3] == ["0.0001", "0.000185", "0.000341"]
    ordered = list(points.values())
    assert all(two / one == pytest.approx(10 ** (4 / 15)) for one, two in pairwise(ordered))


def test_a_range_of_whole_numbers_is_cut_into_whole_numbers():
    assert of_range(low=1, high=9, points=3) == {"1": 1, "5": 5, "9": 9}
    assert of_range(low=1, high=5, points=5) == {str(number): number for number in range(1, 6)}
    assert of_range(low=1, high=100, log=True, points=3) == {"1": 1, "10": 10, "100": 100}
    assert all(type(value) is int for value in of_range(low=4, high=512, log=True, points=8).values())


@pytest.mark.parametrize("points", [2, 3, 7, 100, 1000])
@pytest.mark.parametrize("log", [True, False])
def test_labels_of_points_are_distinct_and_short(points, log):
    labels = list(of_range(low=1e-6, high=0.5, log=log, points=points))
    assert len(set(labels)) == points
    assert max(map(len, labels)) <= 10


FILE = {
    "data": {"source": "iris"},
    "model": {"momentum": 0.5},
    "space": {"l1": "a range"},
    "search": {"first": "drawn"},
}


def model_and_space(*tables, base=FILE):
    both = merged(base, tables)
    return both["model"], both["space"]


def test_a_level_that_fixes_a_searched_key_removes_it_from_the_space():
    assert model_and_space({"model": {"l1": 0.1}}) == ({"momentum": 0.5, "l1": 0.1}, {})


def test_a_level_that_searches_a_fixed_key_removes_it_from_the_model():
    assert model_and_space({"space": {"momentum": "mine"}}) == ({}, {"l1": "a range", "momentum": "mine"})


def test_an_empty_space_empties_it_and_the_model_stays():
    assert model_and_space({"space": {}}) == ({"momentum": 0.5}, {})


def test_levels_are_merged_key_by_key():
    both = model_and_space({"model": {"dropout": 0.1}}, {"space": {"l1": "mine"}}, {"model": {"momentum": 0.9}})
    assert both == ({"momentum": 0.9, "dropout": 0.1}, {"l1": "mine"})


def test_a_level_of_another_family_starts_from_an_empty_model_and_space():
    assert model_and_space({"model": {"family": "svc"}}) == ({"family": "svc"}, None)
    own = {"model": {"family": "svc", "C": 1.0}, "space": {"gamma": "a range"}}
    assert model_and_space(own) == ({"family": "svc", "C": 1.0}, {"gamma": "a range"})
    assert model_and_space({"model": {"family": "svc"}, "space": {}}) == ({"family": "svc"}, {})


def test_a_level_that_names_the_family_of_the_file_keeps_its_model_and_space():
    for base in (FILE, FILE | {"model": {"family": "mlp", "momentum": 0.5}}):
        model, space = model_and_space({"model": {"family": "mlp"}}, base=base)
        assert model == {"family": "mlp", "momentum": 0.5}
        assert space == {"l1": "a range"}


def test_without_a_space_it_is_none_until_a_level_has_one():
    base = FILE | {"space": None}
    assert model_and_space({}, base=base) == ({"momentum": 0.5}, None)
    assert model_and_space({"model": {"l1": 0.1}}, base=base) == ({"momentum": 0.5, "l1": 0.1}, None)
    assert model_and_space({"space": {"l1": "mine"}}, base=base) == ({"momentum": 0.5}, {"l1": "mine"})


def test_merging_changes_neither_the_file_nor_the_levels():
    base = {table: dict(settings) for table, settings in FILE.items()}
    level = {"model": {"l1": 0.1}, "space": {"momentum": "mine"}, "data": {"scaling": "none"}, "search": {"confirm": 1}}
    merged(base, [level, {"space": {}}])
    assert base == FILE
    assert level["model"] == {"l1": 0.1}
    assert merged(FILE, [level])["data"] == {"source": "iris", "scaling": "none"}


def test_labels_leave_out_factors_of_a_single_level():
    factors = {"a": ("x", "y"), "b": ("one",), "c": ("u", "v")}
    assert label_of({"a": "y", "b": "one", "c": "u"}, factors) == "y, u"
    assert label_of({"b": "one"}, {"b": ("one",)}) == "one"
