from types import SimpleNamespace

import pytest

from hpsearch.report import figures
from tests.combinations import more
from tests.example_results import case
from tests.report.built import report_of


@pytest.fixture(scope="session", params=["usual", "names of markup", more("unfinished"), more("two tasks")])
def example(request):
    """Name of an example."""
    return request.param


@pytest.fixture(scope="session")
def results_and_files(example):
    """Results of the example, and the text files of its report by name."""
    return case(example), {
        name: content.decode()
        for name, content in report_of(example).items()
        if "." in name[-5:]
        if not name.endswith(".png")
    }


@pytest.fixture
def without_pixels(monkeypatch):
    """Draw figures as SVG only: their pixels take half of the time, and no page contains them."""
    monkeypatch.setattr(figures, "FigureCanvasAgg", lambda _figure: SimpleNamespace(draw=lambda: None))
    monkeypatch.setattr(figures, "_png", lambda _canvas: b"\x89PNG")
