"""The folder of a pack: its pages and its head, written under another name beside the target."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.errors import AuditError
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import refuse_existing
from dcplan.report.data_package import write_data_package
from dcplan.report.dictionary import Sheet, dictionary_table, sheets
from dcplan.report.pack_lines import inputs_digest
from dcplan.report.workbook import Book, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from dcplan.plans.audit.report import AuditReport

DICTIONARY = "data_dictionary"
FORMAT_VERSION = 1


def write_folder(target: Path, write: Callable[[Path], list[Path]]) -> list[Path]:
    """Let `write` fill a draft folder, give it its name, and return its files.

    Raises:
        InputError: the target exists.
    """
    refuse_existing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".exporting-", dir=target.parent))
    try:
        (draft / "pack").mkdir()
        files = write(draft / "pack")
        (draft / "pack").rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return [target / path.relative_to(draft / "pack") for path in files]


def refuse_unaudited(folder: Path) -> dict[str, AuditReport]:
    """Audit every plan of a folder and return the reports by name.

    Raises:
        AuditError: one of them fails.
    """
    reports = audit_all(folder)
    findings = [finding for report in reports.values() for finding in report.findings]
    if findings:
        raise AuditError(findings)
    return reports


def pages_of(pack: str, tables: Mapping[str, pd.DataFrame]) -> list[tuple[Sheet, pd.DataFrame]]:
    """Return the tables of a pack with their dictionary, in its order; the dictionary is one of them.

    Raises:
        LookupError: the dictionary of the pack does not hold a table.
    """
    known = sheets(pack)
    held = [sheet for name, sheet in known.items() if name in tables or name == DICTIONARY]
    contents = {**tables, DICTIONARY: dictionary_table(held)}
    unknown = sorted(set(contents) - set(known))
    if unknown:
        raise LookupError(f"the dictionary of the pack {pack} does not hold the tables {unknown}")
    return [(sheet, contents[sheet.name]) for sheet in held]


def write_pack(
    pack: str, book: Book, manifest: Mapping[str, Any], told: Mapping[str, Any], folder: Path
) -> list[Path]:
    """Write the workbook and the CSV package of a pack into a folder and return their files.

    Args:
        pack: its name.
        book: the workbook, whose pages are the tables of the package.
        manifest: of the plan.
        told: what the descriptor of the package says beside what every pack says.
        folder: an empty folder.
    """
    write_workbook(book, folder / f"{pack}.xlsx")
    head = {
        "name": f"dcplan-{pack}",
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
        **told,
    }
    return [folder / f"{pack}.xlsx", *write_data_package(book.sheets, folder, head)]
