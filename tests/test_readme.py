"""What the README shows works as it stands there."""

import io
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch.study.plan import plan
from tests.benchmarks.benchmark_nn import head
from tests.cli.conftest import BLANK
from tests.commands import call

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

SVM = """name = "svm"
[data]
source = "csv"
path = "measurements.csv"
target = "species"
[model]
family = "estimator"
estimator = "svm"
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_python_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(block, names)
    assert len(names["found"].trials) == 30
    assert (tmp_path / names["compared"].report).is_file()
    assert len(names["study"].trials) == 20


def test_the_study_file_is_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, space = blocks("toml")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    path = tomllib.loads(text)["data"]["path"]
    species = ["a", "b", "c"] * 20
    pd.DataFrame({"length": [n / 10 for n in range(60)], "species": species}).to_csv(tmp_path / path, index=False)
    ready = plan("mine.toml")
    [objective] = ready.objectives.values()
    assert set(objective.space) == {"learning_rate", "weight_decay", "hidden_layer_sizes"}
    (tmp_path / "svm.toml").write_text(SVM + space, encoding="utf-8")
    [objective] = plan("svm.toml").objectives.values()
    assert set(objective.space) == {"C", "data.scaling", "data.imputation", "data.max_categories"}


def test_the_five_commands_lead_from_a_table_to_predictions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPSEARCH_STORAGE", raising=False)
    # Few fast trainings in this process, which are not timed before.
    monkeypatch.setattr("hpsearch.study.proposal.TRIALS", 2)
    monkeypatch.setattr("hpsearch.study.proposal.SMALL", "logistic_regression")
    monkeypatch.setattr("hpsearch.execution.planned_work.expected_seconds", lambda *_, **__: 1.0)
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    monkeypatch.setattr("hpsearch.report.write.picture", lambda _figure: BLANK)
    rng = np.random.default_rng(0)
    age, plans = rng.integers(18, 80, size=120), rng.choice(["basic", "plus"], size=120)
    churned = np.where(age + rng.normal(scale=10, size=120) < 45, "yes", "no")
    frame = pd.DataFrame({"id": range(120), "age": age, "plan": plans, "spend": rng.normal(size=120)})
    frame.loc[::9, "spend"] = np.nan
    frame.assign(churned=churned).to_csv("customers.csv", index=False, sep=";", decimal=",")
    frame.to_csv("new.csv", index=False)
    lines = [line.partition("#")[0].split() for line in blocks("console")[0].splitlines()]
    assert [line[1] for line in lines] == ["init", "study", "fit", "predict", "best"]
    for program, *arguments in lines:
        jobs = ["--jobs", "1"] if arguments[0] == "study" else []
        result = call(*arguments, *jobs)
        assert (program, result.returncode) == ("hpsearch", 0), result.stderr
        if arguments[0] == "predict":
            predictions = pd.read_csv(io.StringIO(result.stdout))
            assert list(predictions) == ["prediction", "probability_no", "probability_yes"]
            assert (predictions["prediction"] == churned).mean() > 0.6


def test_ci_finds_the_test_command():
    [command] = re.findall(r"^python3 -m venv .*pytest$", README, re.MULTILINE)
    assert "'.[test]'" in command


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()


def test_the_ladder_leads_to_its_parts():
    text = (ROOT / "LADDER.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    parts = {"#" + re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    found = set(re.findall(r"\]\((#[^)]+)\)", text))
    assert found
    assert found <= parts


def test_the_options_in_the_pages_are_those_of_the_commands():
    commands = re.findall(r"^  (\w+) ", call("--help", columns=200).stdout.partition("Commands:")[2], re.MULTILINE)
    assert {"study", "worker", "best", "rm"} <= set(commands)
    help_ = "".join(call(command, "--help", columns=200).stdout for command in commands)
    for page in ("README.md", "LADDER.md"):
        blocks_ = re.findall(r"^```(?:console|bash)\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.S | re.M)
        lines = [line for block in blocks_ for line in block.splitlines() if "hpsearch " in line and "pip" not in line]
        assert lines
        for option in re.findall(r"(?<= )--[a-z-]+", "\n".join(lines)):
            assert option in help_, option


def tables(text: str) -> list[list[str]]:
    """The lines of each table outside code."""
    prose = re.sub(r"^(```+).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    return [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", prose + "\n", re.MULTILINE)]


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_a_table_with_a_cell_too_many_would_be_seen():
    ((head, rule, row),) = tables("text\n\n| a | b\\| |\n| --- | --- | --- |\n| 1 | 2 |\n\n```\n| code |\n```\n")
    assert [cells(line) for line in (head, rule, row)] == [2, 3, 2]


PAGES = ["README.md", "LADDER.md", "CONTRIBUTING.md"]
PAGES += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("reports/*/*.md"))


@pytest.mark.parametrize("path", PAGES)
def test_the_rows_of_a_table_have_as_many_cells_as_its_head(path):
    for table in tables((ROOT / path).read_text(encoding="utf-8")):
        assert {cells(line) for line in table} == {cells(table[0])}, table[0]


def test_the_benchmark_prints_the_head_that_the_table_has():
    assert head(["hpsearch", "floor", "scikit-learn", "PyTorch"]) in README
