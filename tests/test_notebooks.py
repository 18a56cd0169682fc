"""Notebooks are stored without outputs, use public names, and run from the first cell to the last."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300
SOLVED = """
import shutil
import dcplan

def solved(case, *, output):
    assert case == "toy"
    return dcplan.open_plan(shutil.copytree({folder!r}, output))

dcplan.solve = solved
"""
"""The first notebook solves the tutorial case; the others open a copy of the plan that the tests share."""


def test_there_is_a_first_plan():
    assert NOTEBOOKS[0].name == "01_first_plan.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names_are_used(path: Path):
    notebook = nbformat.read(path, as_version=4)
    source = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_"), node.attr
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dcplan"):
            assert not any(alias.name.startswith("_") for alias in node.names)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path: Path, tmp_path: Path, toy_plan_folder: Path):
    notebook = nbformat.read(path, as_version=4)
    if path != NOTEBOOKS[0] and "dcplan.solve(" in "".join(cell.source for cell in notebook.cells):
        notebook.cells.insert(0, nbformat.v4.new_code_cell(SOLVED.format(folder=str(toy_plan_folder))))
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    errors = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert not errors
    noise = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert not noise
