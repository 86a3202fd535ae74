"""The studies that are disturbed, and what an undisturbed one stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hpsearch.execution import execute
from hpsearch.study.plan import plan
from tests.stored import contents

_FILE = """
name = "{name}"

[model]
hidden_layer_sizes = [16]
epochs = 6

[space]
learning_rate = {{ low = 1e-4, high = 1.0, log = true }}
weight_decay = {{ low = 1e-8, high = 0.1, log = true }}

[search]
strategies = {strategies}
trials = {trials}
repeats = {repeats}
retrain = 1
{more}
"""


@dataclass(frozen=True)
class Study:
    """A study file, and the options that it is run with."""

    name: str
    strategies: Sequence[str]
    trials: int
    repeats: int
    more: str = ""
    options: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The file."""
        strategies = "[" + ", ".join(f'"{each}"' for each in self.strategies) + "]"
        return _FILE.format(
            name=self.name, strategies=strategies, trials=self.trials, repeats=self.repeats, more=self.more
        )

    def write(self, folder: Path) -> Path:
        """Write the file into a folder."""
        path = folder / f"{self.name}.toml"
        path.write_text(self.text, encoding="utf-8")
        return path


@cache
def expected(study: Study) -> dict[str, str]:
    """Return what the storage holds after a study has been run in one process, undisturbed."""
    batch = {"batch": int(study.options[1])} if study.options else {}
    with TemporaryDirectory(prefix="hpsearch-soak-") as folder:
        url = f"sqlite:///{folder}/expected.db"
        execute(plan(str(study.write(Path(folder))), batch), url)
        return contents(url)


STUDIES = (
    Study("small", ("random", "narrowing", "tpe"), trials=12, repeats=2),
    Study("pruned", ("random", "tpe"), trials=14, repeats=2, more='pruner = "median"'),
    Study("batched", ("tpe",), trials=40, repeats=1, options=("--batch", "4")),
)
