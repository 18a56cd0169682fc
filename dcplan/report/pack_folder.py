"""The folder of a pack: written under another name beside the target, and renamed when complete."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.errors import AuditError
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import refuse_existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcplan.plans.audit.report import AuditReport


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
