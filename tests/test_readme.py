"""What the README shows works as it stands there."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from hpsearch.study.plan import plan

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
    [text] = blocks("toml")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    path = tomllib.loads(text)["data"]["path"]
    species = ["a", "b", "c"] * 20
    pd.DataFrame({"length": range(60), "species": species}).to_csv(tmp_path / path, index=False)
    ready = plan("mine.toml")
    [objective] = ready.objectives.values()
    assert set(objective.space) == {"learning_rate", "weight_decay", "hidden_layer_sizes"}


def test_ci_finds_the_test_command():
    [command] = re.findall(r"^python3 -m venv .*pytest$", README, re.MULTILINE)
    assert "'.[test]'" in command


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()
