"""The CAPEX review pack: the money tables of a plan as an Excel workbook and as a CSV package.

Formatting only: every figure comes from `dcplan.metrics.money` or from the plan's own tables.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.controls.engine import ControlReport, books_of, run_controls
from dcplan.errors import AuditError
from dcplan.plans.plan import open_plan, refuse_existing
from dcplan.report.budget_text import announced_of
from dcplan.report.pack_folder import pages_of, refuse_unaudited, write_folder, write_pack
from dcplan.report.pack_lines import read_me
from dcplan.report.source import inputs_of

if TYPE_CHECKING:
    from dcplan.controls.control import Books
    from dcplan.plans.plan import Plan
    from dcplan.report.source import Inputs

PACK = "capex"
CONTROLS = "controls"


def export_capex(plan: str | Path, output: str | Path, *, lang: str = "en") -> list[Path]:
    """Write the CAPEX review pack of a saved plan into a new folder and return its files.

    The folder holds `capex.xlsx`, `data/<table>.csv` and `datapackage.json`. It is written under another name
    beside the target and renamed when complete. The same plan gives the same bytes.

    Args:
        plan: a plan folder.
        output: the folder to write; it must not exist.
        lang: language of labels in the workbook, `en` or `ja`; the CSV package carries both.

    Raises:
        InputError: the output exists, or the plan folder is no plan.
        AuditError: the plan fails its audit, or a control of its money tables; nothing is written.
    """
    target = Path(output)
    refuse_existing(target)
    saved = open_plan(plan)
    refuse_unaudited(Path(plan))
    case = inputs_of(saved)
    books = books_of(saved, announced_of(saved), case)
    controls = run_controls(books)
    if not controls.passed:
        raise AuditError(controls.findings())
    return write_folder(target, lambda folder: _write(saved, case, (books, controls), folder, lang))


def _write(
    plan: Plan, case: Inputs, found: tuple[Books, ControlReport], folder: Path, lang: str
) -> list[Path]:
    books, controls = found
    pages = pages_of(PACK, {**books.tables, CONTROLS: controls.table()})
    book = read_me(plan, case, pages, lang, [_picture(plan, case, lang)], controls.table())
    return write_pack(PACK, book, plan.manifest, {"controls": _told(plan, books)}, folder)


def _picture(plan: Plan, case: Inputs, lang: str) -> bytes:
    """Return the picture of CAPEX by fiscal year and project against the budget, as PNG."""
    from dcplan.report import style
    from dcplan.report.capex_chart import capex_chart

    held = BytesIO()
    with style.look(lang):
        made = style.marked(capex_chart(plan.tables, case, lang), plan.manifest, lang)
        made.savefig(held, format="png", dpi=style.DPI, metadata={"Software": None})
    return held.getvalue()


def _told(plan: Plan, books: Books) -> dict[str, Any]:
    """Return the settings that the money rests on, and what the plan and the announced one cost."""
    settings = ("horizon_end", "discount_rate", "tax_rate", "borrowing_rate", "objective", "terminal_value")
    told = {name: plan.manifest[name] for name in (*settings, "asset_tax_rate")}
    return told | {"published_cost_mjpy": books.objective_mjpy, "announced_cost_mjpy": books.announced_mjpy}
