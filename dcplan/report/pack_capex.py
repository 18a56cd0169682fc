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
from dcplan.report.data_package import write_data_package
from dcplan.report.dictionary import Sheet, dictionary_table, sheets
from dcplan.report.pack_folder import refuse_unaudited, write_folder
from dcplan.report.pack_lines import inputs_digest, read_me
from dcplan.report.source import inputs_of
from dcplan.report.workbook import Book, write_workbook

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.controls.control import Books
    from dcplan.plans.plan import Plan
    from dcplan.report.source import Inputs

PACK = "capex"
DICTIONARY = "data_dictionary"
CONTROLS = "controls"
FORMAT_VERSION = 1


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
    known = sheets(PACK)
    tables = {**books.tables, CONTROLS: controls.table()}
    held = [sheet for name, sheet in known.items() if name in tables or name == DICTIONARY]
    contents = {**tables, DICTIONARY: dictionary_table(held)}
    unknown = sorted(set(contents) - set(known))
    if unknown:
        raise LookupError(f"the dictionary of the pack {PACK} does not hold the tables {unknown}")
    pages: list[tuple[Sheet, pd.DataFrame]] = [(sheet, contents[sheet.name]) for sheet in held]
    book = read_me(plan, case, pages, lang, [_picture(plan, case, lang)], controls.table())
    write_workbook(book, folder / "capex.xlsx")
    files = write_data_package(pages, folder, _head(plan, book, books))
    return [folder / "capex.xlsx", *files]


def _picture(plan: Plan, case: Inputs, lang: str) -> bytes:
    """Return the picture of CAPEX by fiscal year and project against the budget, as PNG."""
    from dcplan.report import style
    from dcplan.report.capex_chart import capex_chart

    held = BytesIO()
    with style.look(lang):
        made = style.marked(capex_chart(plan.tables, case, lang), plan.manifest, lang)
        made.savefig(held, format="png", dpi=style.DPI, metadata={"Software": None})
    return held.getvalue()


def _head(plan: Plan, book: Book, books: Books) -> dict[str, Any]:
    manifest = plan.manifest
    settings = ("horizon_end", "discount_rate", "tax_rate", "borrowing_rate", "objective", "terminal_value")
    told = {name: manifest[name] for name in (*settings, "asset_tax_rate")}
    told |= {"published_cost_mjpy": books.objective_mjpy, "announced_cost_mjpy": books.announced_mjpy}
    return {
        "name": "dcplan-capex",
        "title": book.title,
        "version": str(FORMAT_VERSION),
        "created": book.created.isoformat(),
        "dcplan_version": manifest["dcplan_version"],
        "case": manifest["case"],
        "scenario": manifest.get("scenario", ""),
        "as_of": manifest["as_of"],
        "status": manifest["status"],
        "gap": manifest["gap"],
        "notice": manifest["note"],
        "inputs_sha256": inputs_digest(manifest),
        "controls": told,
    }
