"""What commands share: finding a case or a plan, and printing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

SHIPPED = ("iij", "toy")
DEFAULT_CASE = "iij"
PLANS = Path("plans")

case_argument = click.argument("case", default=DEFAULT_CASE, metavar="[CASE]")
plan_argument = click.argument("folder", metavar="PLAN", type=click.Path(path_type=Path))
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document with its schema_version."
)


def find_case(name: str) -> Path:
    """Return the folder or workbook of a case; one of that name comes before a shipped case."""
    from dcplan.data.shipped import case_path
    from dcplan.data.workbook_layout import is_workbook

    if name in SHIPPED or Path(name).is_dir() or is_workbook(name):
        return case_path(name)
    shipped = ", ".join(SHIPPED)
    raise click.UsageError(f"no folder {name!r}, and no shipped case of that name (shipped: {shipped})")


def open_saved(folder: Path | None) -> Plan:
    """Open a plan folder, or the latest one under `plans/` when none is named."""
    from dcplan.plans.plan import open_plan

    return open_plan(folder if folder is not None else latest_plan())


def latest_plan() -> Path:
    """Return the plan folder under `plans/` whose manifest was written last."""
    manifests = sorted(PLANS.glob("*/manifest.json"), key=lambda path: (path.stat().st_mtime, path))
    if not manifests:
        raise click.UsageError(
            f"there is no plan under {PLANS}{os.sep}: make one with `dcplan solve`, or name a folder"
        )
    return manifests[-1].parent


def print_json(command: str, body: Mapping[str, Any]) -> None:
    """Print one JSON document on standard output."""
    from dcplan.report.document import to_json

    click.echo(to_json(command, body))
