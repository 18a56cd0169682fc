"""The audit stands alone: of dcplan it uses its own modules and the errors, so no fault can be shared."""

from __future__ import annotations

import ast
from pathlib import Path

import dcplan.plans.audit


def test_the_audit_imports_nothing_of_dcplan_but_itself_and_the_errors():
    foreign = set()
    for path in Path(dcplan.plans.audit.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name} imports relatively"
                names = {f"{node.module}.{alias.name}" for alias in node.names}
            else:
                names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            foreign |= {name for name in names if name.split(".")[0] == "dcplan"}
    allowed = ("dcplan.errors.", "dcplan.plans.audit.")
    assert {name for name in foreign if not f"{name}.".startswith(allowed)} == set()
