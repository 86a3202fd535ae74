import pytest


@pytest.fixture
def in_process(monkeypatch):
    """Train in this process, where the start of another one is not the point: it takes a second."""
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
