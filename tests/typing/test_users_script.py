"""A user's script passes mypy's strict mode, and no result in it is `Any`."""

import re
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("users_script.py")
CONFIG = """
[mypy]
strict = True
follow_imports = silent
[mypy-{name}]
disallow_any_expr = True
[mypy-sklearn.*,joblib.*,cloudpickle.*,threadpoolctl.*]
ignore_missing_imports = True
"""


def checked(script, tmp_path):
    api = pytest.importorskip("mypy.api")
    config = tmp_path / "mypy.ini"
    config.write_text(CONFIG.format(name=script.stem))
    output, errors, _ = api.run(["--config-file", str(config), "--cache-dir", str(tmp_path / "cache"), str(script)])
    assert errors == ""
    return output


@pytest.mark.long
def test_mypy_accepts_the_script_and_sees_what_is_wrong(tmp_path):
    assert "Success" in checked(SCRIPT, tmp_path)
    wrong = tmp_path / "wrong.py"
    wrong.write_text(SCRIPT.read_text().replace("return result.best_value", "return result.best_params"))
    assert re.search(r"wrong\.py:\d+: error: Incompatible return value type", checked(wrong, tmp_path))
