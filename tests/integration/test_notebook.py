"""A notebook that is executed headless: results show themselves, progress is a bar, and nothing warns."""

import re
import subprocess

import pytest

from tests.chromium import BROWSER, FLAGS

CELLS = [
    """
import numpy as np
import pandas as pd
import hpsearch

rng = np.random.default_rng(0)
frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["age", "spent", "visits"])
frame["plan"] = rng.choice(["basic", "<b>plus</b>"], 200)
frame["churned"] = np.where(frame["spent"] + 0.3 * rng.normal(size=200) > 0, "yes", "no")
result = hpsearch.search(hpsearch.MLPObjective((frame, "churned"), model={"epochs": 5}), trials=6, progress=True)
""",
    "result",
    "result.best_model",
    "result.best_model.predict(frame.drop(columns='churned'))[:3]",
    """
compared = hpsearch.compare(
    lambda trial: (trial.suggest_float("x", -5, 5) - 1) ** 2,
    direction="minimize", strategies=["random", "qmc"], trials=10, repeats=5, progress=True,
)
""",
    "compared",
    "hpsearch.verdicts(compared)",
    "hpsearch.claims(compared)",
]

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore:.*:RuntimeWarning"),
]


@pytest.fixture(scope="module")
def outputs():
    """Outputs of each cell."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return [cell["outputs"] for cell in notebook.cells]


def html_of(cell):
    return "".join(output["data"].get("text/html", "") for output in cell if "data" in output)


def test_nothing_is_said_on_standard_error(outputs):
    streams = [output for cell in outputs for output in cell if output["output_type"] in ("stream", "error")]
    assert streams == []


def test_progress_is_one_bar_that_ends_full(outputs):
    for cell, planned in ((outputs[0], 6), (outputs[4], 100)):
        (shown,) = cell
        assert f'<progress value="{planned}" max="{planned}"' in shown["data"]["text/html"]


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        (1, r"The best accuracy of 6 trials is 0\.\d+|The best accuracy of 6 trials is 1"),
        (5, "random"),
        (6, "random"),
    ],
)
def test_results_show_answer_figure_and_table(outputs, place, answer):
    html = html_of(outputs[place])
    assert re.search(rf'<p class="answer">[^<]*({answer})', html)
    assert "<svg role=" in html
    assert "<table>" in html
    assert "<script" not in html


def test_a_model_and_claims_show_themselves(outputs):
    assert "Predicts churned, one of 2 classes, from 4 columns." in html_of(outputs[2])
    assert "&lt;b&gt;plus&lt;/b&gt;" in html_of(outputs[2])
    assert "The study makes no claims." in html_of(outputs[7])
    assert re.search("'(yes|no)'", outputs[3][0]["data"]["text/plain"])


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_shows_all_of_it(outputs, scheme, tmp_path):
    script = "document.title = document.documentElement.scrollWidth + ' ' + innerWidth"
    body = "".join(map(html_of, outputs))
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<html theme="{scheme}"><body>{body}<script>{script}</script>',
        encoding="utf-8",
    )
    command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path}", "--window-size=500,900", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wide, room = map(int, re.search(r"<title>(\d+) (\d+)", dom).groups())
    assert wide <= room
