"""What commands say of the trials that a study has taken over, and of likely values."""

import json
import shutil

import pandas as pd
import pytest
import tomli_w

from hpsearch.execution import execute
from hpsearch.report.sections.question import question_section
from hpsearch.results.load import load_results
from hpsearch.storage import open_storage
from hpsearch.study.plan import plan

RATE = {"low": 1e-3, "high": 1.0, "log": True}
OPTIMIZERS = {"choices": ["sgd", "momentum", "adam"]}


def file(name, *, rate=RATE, optimizers=OPTIMIZERS, search=None):
    return {
        "name": name,
        "model": {"family": "function", "function": "bowl", "steps": 3},
        "space": {"learning_rate": rate, "optimizer": optimizers},
        "search": {"strategies": ["random", "tpe"], "trials": 12, "repeats": 1} | (search or {}),
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the study "before", and "after", which goes on from it with likely values."""
    folder = tmp_path_factory.mktemp("studies")
    storage = open_storage(f"sqlite:///{folder / 'hpsearch.db'}")
    for tables in (
        file("before"),
        file(
            "after",
            rate=RATE | {"low": 1e-2, "likely": 0.1},
            optimizers={"choices": ["sgd", "momentum"], "likely": "sgd"},
            search={"from": "before"},
        ),
    ):
        path = folder / f"{tables['name']}.toml"
        path.write_text(tomli_w.dumps(tables))
        execute(plan(str(path)), storage)
    return folder


@pytest.fixture
def here(hpsearch, tmp_path, finished):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return open_storage("sqlite:///hpsearch.db")


def test_show_says_how_many_were_taken_over_and_why_others_were_not(run, here):
    document = json.loads(run("show", "after", "--json")[1])
    taken = document["taken_over"]
    assert taken["study"] == "before"
    assert [each["variant"] for each in taken["runs"]] == ["random", "tpe"]
    for each in taken["runs"]:
        assert 0 < each["trials"] < 24
        assert each["trials"] + sum(each["left_out"].values()) == 24
        assert "trials with another choice of optimizer" in each["left_out"]
    assert document["trials"] == {"COMPLETE": 24}
    output = run("show", "after")[1]
    assert f"a strategy was given {taken['runs'][0]['trials']} trials of the study before to learn from" in output
    assert "with another choice of optimizer" in output
    assert "trials: 24 complete" in output
    assert json.loads(run("show", "before", "--json")[1])["taken_over"] is None
    assert "was given" not in run("show", "before")[1]


def test_ls_names_the_study_that_another_one_goes_on_from(run, here):
    listed = {each["name"]: each for each in json.loads(run("ls", "--json")[1])}
    assert {name: each["goes_on_from"] for name, each in listed.items()} == {"before": None, "after": "before"}
    assert {each["trials"] for each in listed.values()} == {24}
    assert "goes on from" in run("ls")[1]
    assert run("rm", "after", "--yes")[0] == 0
    assert "goes on from" not in run("ls")[1]


def test_export_leaves_them_out_unless_they_are_asked_for(run, here):
    taken = load_results(here, "after").taken_over
    count = sum(len(each.trials) for each in taken.values())
    code, output, _ = run("export", "after", "--out", "own.csv")
    assert (code, output.splitlines()[0]) == (0, "24 trials: own.csv")
    assert f"{count} trials that its runs have taken over" in output
    assert "--taken-over" in output
    assert "taken_from" not in pd.read_csv("own.csv")
    said = json.loads(run("export", "after", "--out", "all.csv", "--taken-over", "--json")[1])
    assert (said["trials"], said["taken_over"]) == (24, count)
    rows = pd.read_csv("all.csv")
    earlier = rows[rows["taken_from"].notna()]
    own = rows[rows["taken_from"].isna()].drop(columns="taken_from")
    pd.testing.assert_frame_equal(own, pd.read_csv("own.csv"), check_dtype=False)
    assert len(earlier) == count
    first, kept = earlier.iloc[0], taken["bowl", "random", 0].trials[0]
    assert (first["taken_from"], first["number"], first["state"]) == (kept.run, kept.number, "COMPLETE")
    assert first["value"] == kept.value
    assert first["params_learning_rate"] == kept.params["learning_rate"]
    run("export", "before", "--out", "before.csv", "--taken-over")
    assert pd.read_csv("before.csv")["taken_from"].isna().all()


def test_a_dry_run_says_what_would_be_taken_over_and_what_is_likely(run, here):
    dry = json.loads(run("study", "after.toml", "--dry-run", "--json")[1])
    taken = load_results(here, "after").taken_over
    assert dry["goes_on_from"] == "before"
    assert dry["taken_over"] == [len(each.trials) for each in taken.values()]
    assert dry["likely"] == {"learning_rate": [0.1], "optimizer": ["sgd"]}
    assert dry["trials"] == 24
    output = run("study", "after.toml", "--dry-run")[1]
    assert f"each run goes on from {dry['taken_over'][0]} trials of before, not counted here" in output
    assert "drawn near learning_rate = 0.1 and optimizer = sgd" in output
    plain = json.loads(run("study", "before.toml", "--dry-run", "--json")[1])
    assert (plain["goes_on_from"], plain["taken_over"], plain["likely"]) == (None, [], {})


def test_a_dry_run_refuses_an_earlier_study_that_is_not_there(run, here):
    code, _, errors = run("study", "after.toml", "--dry-run", "--storage", "sqlite:///other.db")
    assert code == 2
    assert "[search] from: the storage holds no run of the study 'before'" in errors


def test_likely_values_stand_beside_their_ranges(run, here):
    output = run("show", "after")[1]
    assert "\n  learning_rate: 0.01 to 1, log, likely 0.1\n" in output
    assert "\n  optimizer: sgd or momentum, likely sgd\n" in output
    assert json.loads(run("show", "after", "--json")[1])["space"]["learning_rate"]["likely"] == [0.1]
    assert "likely" not in run("show", "before")[1]
    table = question_section(load_results(here, "after")).data["space"]
    assert table["likely"].tolist() == ["0.1", "sgd"]
    assert "likely" not in question_section(load_results(here, "before")).data["space"]


def test_list_names_the_keys_of_a_range(run, hpsearch):
    assert "keys of a range ([space]): low, high, log, step, choices, likely, when\n" in run("list")[1]


def test_likely_values_of_runs_of_earlier_versions_are_read_from_their_content(here):
    attributes = next(each for each in here.get_all_studies() if each.study_name == "after/tpe/00").user_attrs
    assert attributes["likely"] == {"learning_rate": 0.1, "optimizer": "sgd"}
    from hpsearch.results.attributes import likely_of

    assert likely_of({name: value for name, value in attributes.items() if name != "likely"}) == attributes["likely"]
