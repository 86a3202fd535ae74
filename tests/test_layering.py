"""Imports point downward only: from floors below a module's own, or from its own wing, and never in a circle."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hpsearch"

CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"
FLOORS = {
    module: int(floor)
    for floor, modules in re.findall(
        r"^\| (\d+) \| (`[^|]*`) \|", CONTRIBUTING.read_text(encoding="utf-8"), re.MULTILINE
    )
    for module in re.findall(r"`(\w+)`", modules)
}

Graph = dict[str, set[str]]


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def import_statements(source: str) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]


def imports_of(module: str, source: str, known: set[str]) -> set[str]:
    """The modules among `known` that `source` imports anywhere: also in functions, relatively, or for types alone."""
    imported = set()
    for node in import_statements(source):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        else:
            origin = absolute(module, node, known)
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                imported.add(submodule if submodule in known else origin)
    return imported & known


def absolute(module: str, node: ast.ImportFrom, known: set[str]) -> str:
    """The module that an import is from; one dot is the package of `module`, or `module` itself if it is a package."""
    if not node.level:
        return node.module or ""
    is_package = any(name.startswith(f"{module}.") for name in known)
    parts = module.split(".") if is_package else module.split(".")[:-1]
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def graph_of(sources: dict[str, str]) -> Graph:
    return {name: imports_of(name, source, set(sources)) - {name} for name, source in sources.items()}


def wing(module: str) -> str:
    return [*module.split("."), module][1]


def violations(graph: Graph) -> list[str]:
    upward = [
        f"{module} (floor {FLOORS[wing(module)]}) imports {other} (floor {FLOORS[wing(other)]})"
        for module, others in graph.items()
        for other in others
        if wing(module) != wing(other) and FLOORS[wing(other)] >= FLOORS[wing(module)]
    ]
    return sorted(upward) + [f"circle: {' -> '.join(circle)}" for circle in circles(graph)]


def circles(graph: Graph) -> list[list[str]]:
    found, done = [], set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
        elif module not in done:
            for other in sorted(graph[module]):
                visit(other, [*path, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return found


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {module_name(path, PACKAGE): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


def test_every_module_has_a_floor(sources):
    assert {wing(module) for module in sources} == set(FLOORS)


def test_imports_point_downward_without_circles(sources):
    assert violations(graph_of(sources)) == []


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("hpsearch.nn.network", "from hpsearch.cli import main", "hpsearch.nn.network (floor 4) imports hpsearch.cli"),
        ("hpsearch.nn.network", "import hpsearch.data", "hpsearch.nn.network (floor 4) imports hpsearch.data"),
        ("hpsearch.errors", "from hpsearch import space", "hpsearch.errors (floor 0) imports hpsearch.space"),
        (
            "hpsearch.nn.network",
            "if TYPE_CHECKING:\n    from hpsearch.run import Run",
            "hpsearch.nn.network (floor 4) imports",
        ),
        (
            "hpsearch.run.budget",
            "from hpsearch import __version__",
            "hpsearch.run.budget (floor 9) imports hpsearch (fl",
        ),
        ("hpsearch.nn.losses", "if TYPE_CHECKING:\n    from hpsearch.nn.training import Training", "circle: "),
        (
            "hpsearch.nn.network",
            "from ..run.budget import Budget",
            "hpsearch.nn.network (floor 4) imports hpsearch.run.b",
        ),
        ("hpsearch.nn", "from .. import cli", "hpsearch.nn (floor 4) imports hpsearch.cli"),
        ("hpsearch.nn.losses", "from . import training", "circle: "),
        ("hpsearch.nn.losses", "def f():\n    from hpsearch.nn.training import Training", "circle: "),
    ],
)
def test_a_planted_import_is_found(sources, module, line, complaint):
    planted = sources | {module: f"{sources[module]}\n{line}\n"}
    assert any(found.startswith(complaint) for found in violations(graph_of(planted)))
