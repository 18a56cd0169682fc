"""Documents that cannot go stale, and the size and hygiene of the source."""

import ast
import re
import sys
from pathlib import Path

import pytest

from dcplan.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import generate_docs  # noqa: E402

LONGEST_FILE = 420
LONGEST_FUNCTION = 60
SOURCES = sorted(path for top in ("dcplan", "scripts", "tests") for path in (ROOT / top).rglob("*.py"))
SOURCES = [path for path in SOURCES if "_cases" not in path.parts]
PAGES = sorted(
    path for path in ROOT.rglob("*.md") if not {".venv", "plans"} & set(path.relative_to(ROOT).parts)
)


@pytest.mark.parametrize("name", generate_docs.PAGES)
def test_generated_pages_are_current(name: str):
    page = ROOT / "docs" / name
    assert page.is_file(), f"docs/{name} is missing: run `make docs`"
    assert page.read_text(encoding="utf-8") == generate_docs.PAGES[name](), f"docs/{name}: run `make docs`"


def test_stale_pages_are_found(tmp_path: Path):
    assert generate_docs.stale_pages(tmp_path) == list(generate_docs.PAGES)


def test_every_command_is_documented():
    page = generate_docs.cli_page()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## dcplan {name}\n" in page
        assert f"dcplan {name}" in readme, f"README.md does not name `dcplan {name}`"


def test_every_exit_code_is_documented():
    codes = re.findall(r"^\| (\d+) \|", generate_docs.cli_page(), flags=re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "5", "6", "130"]


def test_every_family_is_in_the_page_with_its_formula():
    from dcplan.model import FAMILIES

    page = generate_docs.model_page()
    for family in FAMILIES:
        section = page.partition(f"### {family.__name__}\n")[2].partition("\n### ")[0]
        assert "$$" in section, f"{family.__name__} has no formula in its docstring"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sources_stay_small(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            documented = ast.get_docstring(node) is not None
            assert length <= LONGEST_FUNCTION or documented, (
                f"{node.name} has {length} lines and no docstring"
            )


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_sources_name_no_machine(path: Path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:work|tmp|home|root)/\w", text), "a path of one machine"
    assert "\t" not in text or path.suffix == ".md"
