"""Notebooks are stored without outputs, use public names, and run from the first cell to the last."""

import ast
from collections.abc import Iterator
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

really, dcplan.solve = dcplan.solve, solved
"""
"""The first notebook solves the tutorial case; the others open a copy of the plan that the tests share."""
AFRESH = """
import os
import sys

os.chdir({folder!r})
if "really" in globals():
    sys.modules["dcplan"].solve = really
get_ipython().run_line_magic("reset", "-f")
"""
"""A notebook begins in a folder of its own and without a name that another has left behind."""


@pytest.fixture(scope="module")
def kernel() -> Iterator[NotebookClient]:
    """Return the client of a kernel that runs one notebook after the other: it imports libraries once."""
    first = NotebookClient(nbformat.v4.new_notebook())
    with first.setup_kernel():
        yield first


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
def test_runs(path: Path, tmp_path: Path, toy_plan_folder: Path, kernel: NotebookClient):
    notebook = nbformat.read(path, as_version=4)
    begin = [AFRESH.format(folder=str(tmp_path))]
    if path != NOTEBOOKS[0] and "dcplan.solve(" in "".join(cell.source for cell in notebook.cells):
        begin.append(SOLVED.format(folder=str(toy_plan_folder)))
    notebook.cells[:0] = map(nbformat.v4.new_code_cell, begin)
    client = NotebookClient(notebook, km=kernel.km, timeout=SECONDS)
    client.kc = kernel.kc
    client.execute()
    errors = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert not errors
    noise = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert not noise
