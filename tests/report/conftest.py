import pytest

from hpsearch.report.write import report_files
from tests.example_results import case


@pytest.fixture(scope="session", params=["usual", "names of markup", "unfinished", "two tasks"])
def told(request):
    """The results of a case, and its report's texts by file name."""
    return case(request.param), {
        name: content.decode()
        for name, content in report_files(case(request.param)).items()
        if "." in name[-5:]
        if not name.endswith(".png")
    }
