"""Imports point downward only: from floors below a module's own, or from its own wing, and never in a circle."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hpsearch"

FLOORS = {
    "hpsearch": 0,  # __init__: names that are loaded when first used
    "errors": 0,
    "space": 1,
    "storage": 1,
    "data": 1,
    "nn": 1,
    "estimators": 2,
    "strategies": 2,
    "pruners": 2,
    "config": 3,
    "blas": 1,
    "thresholds": 1,
    "content": 1,
    "run": 3,
    "model": 3,
    "objective": 4,
    "tables": 4,
    "analysis": 4,
    "study": 5,
    "execution": 6,
    "report": 5,
    "api": 7,
    "cli": 8,
    "__main__": 9,
}

Graph = dict[str, set[str]]


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, known: set[str]) -> set[str]:
    """The modules among `known` that `source` imports anywhere, but for type checking alone."""
    found = set()
    for node in runtime_nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known or {node.module}
    return {name for name in found if name in known and name != "hpsearch"}


def runtime_nodes(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from runtime_nodes(node)


def graph_of(sources: dict[str, str]) -> Graph:
    return {name: imports_of(source, set(sources)) - {name} for name, source in sources.items()}


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
    assert {wing(module) for module in sources} <= set(FLOORS)


def test_imports_point_downward_without_circles(sources):
    assert violations(graph_of(sources)) == []


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("hpsearch.nn.network", "from hpsearch.cli import main", "hpsearch.nn.network (floor 1) imports hpsearch.cli"),
        ("hpsearch.nn.network", "import hpsearch.data", "hpsearch.nn.network (floor 1) imports hpsearch.data"),
        ("hpsearch.errors", "from hpsearch import space", "hpsearch.errors (floor 0) imports hpsearch.space"),
        ("hpsearch.nn.losses", "def f():\n    from hpsearch.nn.training import Training", "circle: "),
    ],
)
def test_a_planted_import_is_found(sources, module, line, complaint):
    planted = sources | {module: f"{sources[module]}\n{line}\n"}
    assert any(found.startswith(complaint) for found in violations(graph_of(planted)))
