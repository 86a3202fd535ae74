import subprocess
import sys

import hpsearch.data


def test_importing_loads_nothing_heavy():
    code = "import sys, hpsearch.data; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "hpsearch.data.split" in loaded
    assert not {"sklearn", "pandas", "scipy", "pydantic", "optuna", "matplotlib"} & set(loaded)


def test_the_public_names_exist():
    assert all(hasattr(hpsearch.data, name) for name in hpsearch.data.__all__)
