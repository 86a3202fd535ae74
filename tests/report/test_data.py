"""Content of a report's CSV files: each measured number once, and data for each figure."""

import doctest
import io
import math
import re
from collections import Counter

import pandas as pd
import pytest

from hpsearch.analysis.closing_in import closing_in
from hpsearch.analysis.incumbents import incumbents
from hpsearch.report import data
from hpsearch.report.data import SHARED, by_run, changes, data_files
from hpsearch.report.section import Section
from hpsearch.report.sections import SECTIONS
from hpsearch.results.results import PARAM
from tests.combinations import more
from tests.example_results import case, make_results
from tests.report.built import EXAMPLES, applicable, narrowing, sections_of, tiled

LONG = re.compile(r"-?\d\.\d{9,}(?:e-\d+)?")  # a number so long that two measurements do not agree by chance


def files_of(name):
    return data_files(case(name), sections_of(name).values())


def read(files):
    """Parse the CSV files; return data frames by name."""
    return {path[len("data/") : -len(".csv")]: pd.read_csv(io.BytesIO(text)) for path, text in files.items()}


def test_the_example():
    assert doctest.testmod(data).failed == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_figure_names_data_and_every_file_that_is_named_is_there(name):
    sections = sections_of(name)
    named = [path for section in sections.values() for path in section.files]
    assert set(named) == set(data_files(case(name), sections.values()))
    for key, section in sections.items():
        assert section.files or section.drawing is None, key
        assert len(set(section.files)) == len(section.files), key
        assert not set(section.data) & set(SHARED), key
    own = Counter(name for section in sections.values() for name in section.data)
    assert max(own.values(), default=1) == 1


TRIALS = ["usual", "two tasks", more("tasks of their own"), "some confirmed", more("pruned"), "unfinished"]


@pytest.mark.parametrize("name", TRIALS)
def test_the_trials_are_all_there_and_name_their_run(name):
    results = case(name)
    files = read(files_of(name))
    trials = files["trials"].merge(files["runs"], on="run", validate="many_to_one")
    assert len(trials) == len(results.trials)
    both = trials.merge(results.trials, on=["task", "variant", "repeat", "number"], suffixes=("", "_made"))
    assert len(both) == len(results.trials)
    for column in ("value", *(PARAM + parameter for parameter in results.searched)):
        pd.testing.assert_series_equal(both[column], both[f"{column}_made"], check_names=False)
    seen = results.sign * trials["value"].where(trials["confirms"].isna() & (trials["state"] == "COMPLETE"))
    trials["best"] = results.sign * seen.groupby(trials["run"]).cummax().groupby(trials["run"]).ffill()
    both = trials.merge(incumbents(results), on=["task", "variant", "repeat", "number"], suffixes=("", "_of_run"))
    assert len(both) == len(results.trials)
    assert both["best"].tolist() == pytest.approx(both["value_of_run"].tolist(), nan_ok=True)


def test_the_runs_hold_their_test_values_and_when_they_reached_the_target():
    results, files = case("two tasks"), read(files_of("two tasks"))
    runs = files["runs"]
    tests = runs[[name for name in runs if name.startswith("test_")]]
    assert tests.to_numpy().tolist() == results.runs["test_values"].tolist()
    assert runs["name"].tolist() == results.runs["name"].tolist()
    targets = files["tasks"].set_index("task")["target"]
    trials = files["trials"].merge(runs, on="run")
    reached = trials[trials["value"] >= trials["task"].map(targets)].groupby("run")["number"].min() + 1
    assert runs["trials_to_target"].tolist() == [reached.get(run, math.inf) for run in runs["run"]]


def in_one_place(results, files):
    """Check that each measured number is in exactly one file, and return the numbers with their counts."""
    counts_by_file = {path: Counter(LONG.findall(text.decode())) for path, text in files.items()}
    sampled = results.trials[[PARAM + name for name in results.searched]].select_dtypes(float).to_numpy().ravel()
    measured = Counter(map(repr, map(float, sampled)))  # strategies may share their first points
    measured += Counter(repr(value) for values in results.runs["test_values"] for value in values)
    measured = {value: times for value, times in measured.items() if LONG.fullmatch(value)}
    for value, times in measured.items():
        assert [counts[value] for counts in counts_by_file.values() if value in counts] == [times], value
    return measured


@pytest.mark.parametrize("name", ["usual", more("confirmed"), "two tasks"])
def test_no_measured_number_is_in_two_places(name):
    assert len(in_one_place(case(name), files_of(name))) > 50


def test_ranges_are_there_once_a_round():
    results, _ = narrowing(2, 60)
    files = data_files(results, [SECTIONS["closing_in"](results)])
    ranges = read(files)["ranges"]
    by_trial = by_run(results, closing_in(results)[["task", "variant", "repeat", "number", "parameter", "low", "high"]])
    assert len(ranges) < 0.6 * len(by_trial)
    again = by_trial[["run", "number", "parameter"]].merge(ranges, on=["run", "number", "parameter"], how="left")
    again[["low", "high"]] = again.groupby(["run", "parameter"])[["low", "high"]].ffill()
    assert again[["low", "high"]].to_numpy() == pytest.approx(by_trial[["low", "high"]].to_numpy())


@pytest.mark.long
def test_what_figures_compute_takes_less_room_than_the_trials():
    results = tiled(make_results(tasks=("one", "two", "three"), repeats=5, trials=50, curves=False), 4)
    files = data_files(results, applicable(results).values())
    sizes = {path: len(text) for path, text in files.items()}
    trials = sizes.pop("data/trials.csv")
    assert sum(sizes.values()) < 0.5 * trials
    assert trials < 100 * len(results.trials)


def test_changes_keep_both_ends_and_see_no_change_in_what_is_missing():
    curve = pd.DataFrame(
        {"of": list("aaaabb"), "n": [1, 2, 3, 4, 1, 2], "best": [math.nan, math.nan, 3.0, 3.0, 3.0, 3.0]}
    )
    assert changes(curve, ["of"], ["best"]).index.tolist() == [0, 2, 3, 4, 5]


def test_names_are_written_as_they_are_and_files_end_lines_alike():
    names = pd.Series(['a"b', "\udc80", "c,d"], dtype=object)
    frame = pd.DataFrame({"name": names, "value": [0.1, math.nan, -math.inf]})
    (text,) = data_files(case("usual"), [Section("k", "K", (), data={"mine": frame})]).values()
    assert text == b'name,value\n"a""b",0.1\n\\udc80,\n"c,d",-inf\n'
