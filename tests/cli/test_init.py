"""The command init: from a table to a study file that runs as it is written."""

import json
import os
import tomllib

import numpy as np
import pandas as pd
import pytest

from hpsearch.study.plan import plan


@pytest.fixture(autouse=True)
def _short(hpsearch, monkeypatch):
    """Time no trial, which the tests of the expected time do."""
    monkeypatch.setattr("hpsearch.execution.planned_work.expected_seconds", lambda *_, **__: 150.0)


def customers(rows=120):
    rng = np.random.default_rng(1)
    age = rng.integers(18, 80, rows)
    return pd.DataFrame(
        {
            "age": age,
            "plan": rng.choice(["basic", "plus"], rows),
            "spend": rng.lognormal(3, 1, rows).round(2),
            "churned": np.where(age + rng.normal(0, 10, rows) < 45, "yes", "no"),
        }
    )


@pytest.fixture
def csv(tmp_path):
    customers().to_csv(tmp_path / "customers.csv", index=False, sep=";", decimal=",")
    return "customers.csv"


def test_the_file_is_a_search_that_runs_as_it_is(run, csv, tmp_path):
    code, output, _ = run("init", csv, "--target", "churned")
    assert code == 0
    assert output.endswith("  hpsearch study customers.toml\n")
    ready = plan("customers.toml")
    (objective,) = ready.objectives.values()
    assert (ready.name, ready.repeats, len(ready.runs()), list(ready.strategies)) == ("customers", 1, 1, ["narrowing"])
    assert (objective.family, objective.metric) == ("estimator", "accuracy")
    assert objective.content["data"]["target"] == "churned"


def test_the_file_says_why(run, csv, tmp_path):
    run("init", csv, "--target", "churned")
    text = (tmp_path / "customers.toml").read_text()
    counts = customers()["churned"].value_counts()
    classes = ", ".join(f"{label} {count}" for label, count in counts.items())
    assert "# Read with separator semicolon, decimal comma, encoding utf-8." in text
    assert f"# 2 different values: {classes}\n" in text
    assert "#   plan: category, 2 different texts\n" in text
    assert "about 2 min with" in text
    assert all(len(line) <= 120 for line in text.splitlines())


def test_a_path_in_another_folder_starts_from_the_file(run, csv, tmp_path):
    (tmp_path / "studies").mkdir()
    assert run("init", csv, "--target", "churned", "--out", "studies/own.toml")[0] == 0
    assert tomllib.loads((tmp_path / "studies" / "own.toml").read_text())["data"]["path"] == "../customers.csv"
    assert plan("studies/own.toml").objectives


def test_a_target_that_is_missing_is_asked_for_with_all_columns(run, csv):
    wanted = "--target must name the column to predict, such as 'churned': choose from age, plan, spend, churned"
    assert run("init", csv) == (2, "", f"hpsearch: {wanted}\n")


def test_a_file_that_is_there_stays(run, csv, tmp_path):
    (tmp_path / "customers.toml").write_text("mine")
    code, _, errors = run("init", csv, "--target", "churned")
    assert (code, (tmp_path / "customers.toml").read_text()) == (2, "mine")
    assert errors == "hpsearch: customers.toml is there already: --force overwrites it, --out FILE writes another one\n"
    assert run("init", csv, "--target", "churned", "--force")[0] == 0
    assert (tmp_path / "customers.toml").read_text() != "mine"


def test_an_error_leaves_no_file(run, csv, tmp_path):
    assert run("init", csv, "--target", "chruned")[2].startswith("hpsearch: --target: unknown column 'chruned'")
    assert run("init", "none.csv", "--target", "churned")[0] == 2
    assert run("init", csv, "--target", "churned", "--separator", "abc")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]


def test_names_of_files_can_be_odd(run, tmp_path):
    customers().to_csv(tmp_path / "a\tb\n[c].csv", index=False)
    assert run("init", "a\tb\n[c].csv", "--target", "churned", "--out", "my\nown.toml")[0] == 0
    assert plan("my\nown.toml").name == "a-b-c"
    assert "#   hpsearch study 'my own.toml'    " in (tmp_path / "my\nown.toml").read_text()
    customers().to_csv(tmp_path / os.fsdecode(b"\xff.csv"), index=False)
    code, _, errors = run("init", os.fsdecode(b"\xff.csv"), "--target", "churned")
    assert (code, errors) == (
        2,
        "hpsearch: \\udcff.csv: a study file can't hold a name that is no UTF-8 text: rename the file\n",
    )


def test_a_target_that_is_infinite_is_told_with_its_line(run, tmp_path):
    customers().assign(churned=[np.inf, 0, 1] * 40).to_csv(tmp_path / "c.csv", index=False)
    code, _, errors = run("init", "c.csv", "--target", "churned")
    assert code == 2
    assert "column 'churned': the value is infinite, or too large for float32 in line 2, line 5" in errors


def test_a_tab_can_be_written_as_shells_pass_it_on(run, tmp_path):
    customers().to_csv(tmp_path / "c.csv", index=False, sep="\t")
    assert run("init", "c.csv", "--target", "churned", "--separator", r"\t")[0] == 0


def test_how_it_is_read_can_be_set(run, tmp_path):
    frame = customers()
    frame["spend"] = [f"{value:.2f}".replace(".", ",") for value in frame["spend"]]
    frame.to_csv(tmp_path / "odd.csv", index=False, sep="|")
    assert run("init", "odd.csv", "--target", "churned", "--separator", "|", "--decimal", ",")[0] == 0
    data = tomllib.loads((tmp_path / "odd.toml").read_text())["data"]
    assert (data["separator"], data["decimal"]) == ("|", ",")


def test_json_holds_what_is_printed(run, csv):
    code, output, _ = run("init", csv, "--target", "churned", "--json")
    content = json.loads(output)
    assert code == 0
    assert (content["file"], content["rows"], content["task"]) == ("customers.toml", 120, "classification")
    assert {each["name"]: each["role"] for each in content["columns"]} == {
        "age": "number", "plan": "category", "spend": "number", "churned": "target",
    }  # fmt: skip
    assert content["next"] == "hpsearch study customers.toml"
    assert content["expected_seconds"] == 150.0


def test_signs_for_missing_values_are_written_into_the_file(run, tmp_path):
    frame = customers().astype({"age": str})
    frame.loc[:5, "age"] = "?"
    frame.loc[7:20, "spend"] = 99999
    frame.to_csv(tmp_path / "customers.csv", index=False)
    code, output, _ = run("init", "customers.csv", "--target", "churned")
    assert code == 0
    assert "missing values written as 99999 and ?" in output
    assert "with missing values: age (6), spend (14)" in output
    assert tomllib.loads((tmp_path / "customers.toml").read_text())["data"]["missing"] == ["99999", "?"]
    (objective,) = plan("customers.toml").objectives.values()
    assert list(objective.content["data"]["missing"]) == ["99999", "?"]


def test_they_can_be_named(run, tmp_path):
    frame = customers().assign(spend="none of these")
    frame.to_csv(tmp_path / "customers.csv", index=False)
    run("init", "customers.csv", "--target", "churned", "--missing", "none of these", "--missing", "?")
    data = tomllib.loads((tmp_path / "customers.toml").read_text())["data"]
    assert (data["missing"], data["ignore"]) == (["none of these", "?"], ["spend"])


def test_a_long_search_is_given_a_limit(run, csv, monkeypatch):
    monkeypatch.setattr("hpsearch.execution.planned_work.expected_seconds", lambda *_, **__: 3000.0)
    assert run("init", csv, "--target", "churned")[1].endswith("  hpsearch study customers.toml --for 20m\n")


def test_another_kind_of_model_can_be_asked_for(run, csv):
    code, output, _ = run("init", csv, "--target", "churned", "--estimator", "random_forest")
    assert (code, "60 trials of random_forest" in output) == (0, True)
    (objective,) = plan("customers.toml").objectives.values()
    assert objective.content["model"]["estimator"] == "random_forest"


def test_an_unknown_kind_of_model_is_refused(run, csv):
    code, _, error = run("init", csv, "--target", "churned", "--estimator", "forest")
    assert code == 2
    assert error.startswith("hpsearch: --estimator: unknown estimator 'forest'")
    assert error.count("\n") == 1
