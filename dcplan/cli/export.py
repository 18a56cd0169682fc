"""The command `export`: the tables of a saved plan as a workbook and a CSV package. It solves nothing."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, plan_argument, print_json

PACKS = ("capex", "tcfd")


@click.command()
@plan_argument
@click.option("--pack", type=click.Choice(PACKS), required=True, help="Which tables.")
@click.option(
    "--lang",
    type=click.Choice(["en", "ja"]),
    default="en",
    show_default=True,
    help="Language of the labels in the workbook; the CSV package carries both.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="New folder for the files."
)
@json_option
def export(folder: Path, pack: str, lang: str, output: Path, as_json: bool) -> None:
    """Write tables of PLAN as an Excel workbook and as CSV.

    The pack `capex` holds projects, cash flow, construction in progress, fixed assets, depreciation, leases
    under IFRS 16 and the Japanese standard, the budget review and the payments behind them. The pack `tcfd`
    holds energy, KPIs, instruments, emissions by scope and method, targets and the factor register, each
    column with its clause. Both have a dictionary of every column. The folder must be new. Exit code 6, and
    nothing written: PLAN fails its audit, or a control of the pack.
    """
    if pack == "tcfd":
        from dcplan.report.pack_tcfd import export_tcfd

        files = export_tcfd(folder, output, lang=lang)
    else:
        from dcplan.report.pack_capex import export_capex

        files = export_capex(folder, output, lang=lang)
    if as_json:
        print_json("export", {"pack": pack, "lang": lang, "folder": output, "files": files})
    else:
        click.echo("\n".join(str(path) for path in files))
