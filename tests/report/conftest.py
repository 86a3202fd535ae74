import pytest

from hpsearch.report.write import report_files
from tests.example_results import case


@pytest.fixture(scope="session", params=["usual", "names of markup", "unfinished", "two tasks"])
def results_and_files(request):
    """Results of an example, and the text files of its report by name."""
    return case(request.param), {
        name: content.decode()
        for name, content in report_files(case(request.param)).items()
        if "." in name[-5:]
        if not name.endswith(".png")
    }
