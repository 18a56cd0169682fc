"""The walls between packages, read from the import statements of every module."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dcplan"
HEAVY = {"highspy", "matplotlib", "numpy", "pandas", "pulp", "pyomo"}
SOLVERS = {"highspy", "pulp", "pyomo", "pyscipopt"}
ALWAYS = {"errors", ""}  # dcplan.errors, and names of the package itself (__version__)

# package -> the packages of dcplan that it may import, besides itself and `ALWAYS`
MAY_IMPORT = {
    "lp": set(),
    "solvers": {"lp"},
    "data": set(),
    "finance": set(),
    "physics": {"data"},
    "model": {"data", "physics", "lp", "finance"},
    "metrics": {"finance"},
    "plans": {"solvers", "model", "data", "lp", "metrics", "physics"},
    "controls": {"plans", "metrics", "finance", "data"},
    "studies": {"plans", "solvers", "model", "data", "lp", "metrics", "physics", "finance"},
    "report": {"plans", "data", "metrics", "controls"},
    "cli": {"report", "studies", "controls", "plans", "solvers", "data"},
}
EXCEPTIONS = {
    "dcplan.data.check": {"physics"},  # `check` shows how the published PUE was fitted
    "dcplan.metrics.carbon.books": {"data"},  # the inputs saved beside a plan, read as the model read them
}
# module prefix -> module prefixes that it must not import, whatever its package may
MUST_NOT_IMPORT = {
    "dcplan.plans.audit": (
        "dcplan.model",
        "dcplan.lp",
        "dcplan.physics",
        "dcplan.finance",
        "dcplan.metrics",
        "dcplan.solvers",
        "dcplan.data.calendar",
    ),
    "dcplan.report": ("dcplan.plans.make", "dcplan.plans.publish"),
    "dcplan.cli": (
        "dcplan.solvers.highs",
        "dcplan.solvers.child",
        "dcplan.solvers.with_pulp",
        "dcplan.solvers.with_pyomo",
    ),
}
# modules that `dcplan --help` loads, or that others load for their names only
LIGHT = (
    "__init__",
    "__main__",
    "errors",
    "cli",
    "data/__init__",
    "plans/__init__",
    "report/__init__",
    "solvers/options",
)


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_cases" not in path.parts)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Yield the full names that a module imports; `from a import b` yields a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = top_level(tree) if top_only else ast.walk(tree)
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def top_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the statements that run on import; blocks for type checkers do not."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node


def room(name: str) -> str:
    """Return the package of a dcplan module name: `lp` for dcplan.lp.terms, '' for dcplan itself."""
    first = name.split(".")[1] if "." in name else ""
    return first if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file() else ""


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("path", [path for path in modules() if path.parent != PACKAGE], ids=name_of)
def test_a_package_imports_only_what_stands_below_it(path: Path):
    here = room(name_of(path))
    allowed = MAY_IMPORT[here] | EXCEPTIONS.get(name_of(path), set()) | {here} | ALWAYS
    crossed = [name for name in imports(path) if within(name, "dcplan") and room(name) not in allowed]
    assert not crossed, f"{name_of(path)} must not import {crossed}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_named_walls(path: Path):
    module = name_of(path)
    forbidden = [
        wall for prefix, walls in MUST_NOT_IMPORT.items() if within(module, prefix) for wall in walls
    ]
    crossed = [name for name in imports(path) for wall in forbidden if within(name, wall)]
    assert not crossed, f"{module} must not import {crossed}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_solvers_import_a_solver(path: Path):
    found = {name.split(".")[0] for name in imports(path)} & SOLVERS
    assert not found or room(name_of(path)) == "solvers", f"{name_of(path)} imports {found}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "lp").rglob("*.py")), ids=lambda path: path.stem)
def test_the_label_engine_knows_only_arrays_and_tables(path: Path):
    outside = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"dcplan"}
    assert outside <= {"numpy", "pandas", "scipy"}


@pytest.mark.parametrize("light", LIGHT)
def test_light_modules_import_nothing_heavy(light: str):
    place = PACKAGE / light
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for path in paths:
        found = {name.split(".")[0] for name in imports(path, top_only=True)} & HEAVY
        assert not found, f"{name_of(path)} imports {found}"


HELP = "import dcplan.cli; dcplan.cli.cli(['-h'], standalone_mode=False)"


@pytest.mark.parametrize("statement", ["", HELP], ids=["import dcplan", "dcplan --help"])
def test_help_loads_no_heavy_library(statement: str):
    """A stopwatch would test the machine; what is loaded decides how long `dcplan --help` takes."""
    code = f"import dcplan\n{statement}\nimport sys\nprint('LOADED', *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in done.stdout.partition("LOADED")[2].split()}
    assert not loaded & HEAVY


def test_every_package_has_its_walls():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    assert rooms <= set(MAY_IMPORT)


def test_relative_imports_and_names_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The reader of imports itself: relative, aliased, nested and type-checking imports."""
    module = PACKAGE / "lp" / "probe.py"
    text = "import numpy as np\nfrom . import terms\nfrom ..model import build\n"
    text += "if TYPE_CHECKING:\n    import pulp\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert list(imports(module)) == ["numpy", "dcplan.lp.terms", "dcplan.model.build", "pulp"]
    assert "pulp" not in list(imports(module, top_only=True))
