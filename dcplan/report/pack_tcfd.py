"""The TCFD pack: energy, KPIs, instruments and emissions of a plan as an Excel workbook and a CSV package.

Formatting only: every figure comes from `dcplan.metrics.energy` and `dcplan.metrics.carbon`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.controls.statements import run_quantities, statements_of
from dcplan.errors import AuditError
from dcplan.plans.audit.engine import OPTIMISED
from dcplan.plans.plan import open_plan, refuse_existing
from dcplan.report.pack_folder import pages_of, refuse_unaudited, write_folder, write_pack
from dcplan.report.pack_tcfd_lines import read_me
from dcplan.report.source import inputs_of

if TYPE_CHECKING:
    from dcplan.controls.quantity import QuantityReport, Statements
    from dcplan.plans.plan import Plan
    from dcplan.report.source import Inputs

PACK = "tcfd"
CONTROLS = "quantity_controls"


def export_tcfd(plan: str | Path, output: str | Path, *, lang: str = "en") -> list[Path]:
    """Write the TCFD pack of a saved plan into a new folder and return its files.

    The folder holds `tcfd.xlsx`, `data/<table>.csv` and `datapackage.json`. It is written under another name
    beside the target and renamed when complete. The same plan gives the same bytes.

    Args:
        plan: a plan folder.
        output: the folder to write; it must not exist.
        lang: language of labels in the workbook, `en` or `ja`; the CSV package carries both.

    Raises:
        InputError: the output exists, the folder is no plan, or the plan lacks a table that is needed.
        AuditError: the plan fails its audit, or a control of energy or emissions; nothing is written.
    """
    target = Path(output)
    refuse_existing(target)
    saved = open_plan(plan)
    reports = refuse_unaudited(Path(plan))
    case = inputs_of(saved)
    statements = statements_of(saved, case, reports[OPTIMISED])
    controls = run_quantities(statements)
    if not controls.passed:
        raise AuditError(controls.findings())
    return write_folder(target, lambda folder: _write(saved, case, (statements, controls), folder, lang))


def _write(
    plan: Plan, case: Inputs, found: tuple[Statements, QuantityReport], folder: Path, lang: str
) -> list[Path]:
    statements, controls = found
    pages = pages_of(PACK, {**statements.tables, CONTROLS: controls.table()})
    book = read_me(plan, case, pages, lang, controls.table())
    told = {
        "boundary_policy": "operational control",
        "tenant_it_policy": "view A; view B beside it",
        "grid_factor_set": str(case.info.grid_factor_set),  # type: ignore[attr-defined]
    }
    return write_pack(PACK, book, plan.manifest, told, folder)
