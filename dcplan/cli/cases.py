"""Commands about inputs: `init` copies a shipped case, `check` lists what is wrong with one."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from dcplan.cli.arguments import DEFAULT_CASE, SHIPPED, case_argument, find_case, json_option, print_json


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--case",
    type=click.Choice(SHIPPED),
    default=DEFAULT_CASE,
    show_default=True,
    help="The shipped case to copy.",
)
@click.option("--empty", is_flag=True, help="Write empty tables with their headers instead.")
@click.option("--excel", is_flag=True, help="Write one Excel workbook instead of CSV files.")
def init(folder: Path, case: str, empty: bool, excel: bool) -> None:
    """Copy a shipped case into DIR, to edit its tables.

    DIR must be new or empty; nothing is ever overwritten. With --empty every table of the data dictionary is
    written with its header alone, to fill in. With --excel the whole case is one workbook: a sheet a table,
    with units, notes and drop-down lists, and the hourly temperatures in the sheet `weather`.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: name a new folder, so that nothing is overwritten")
    target = folder
    if excel:
        from dcplan.data.workbook_write import write_shipped

        target = write_shipped(folder, None if empty else find_case(case))
        click.echo(f"Wrote the workbook {target}.")
    elif empty:
        from dcplan.data.templates import write_templates

        click.echo(f"Wrote {len(write_templates(folder))} empty files to {folder}.")
    else:
        shutil.copytree(find_case(case), folder, dirs_exist_ok=True)
        click.echo(f"Copied the case {case} to {folder}.")
    click.echo(f"Next: edit the tables, then  dcplan check {target}  and  dcplan solve {target}", err=True)


@click.command()
@case_argument
@json_option
def check(case: str, as_json: bool) -> None:
    """List every problem of CASE at once, before any solve.

    CASE is a case folder, an .xlsx workbook or a shipped name (default: iij). Every problem comes with its
    file, row or cell, column, rule and remedy. The check also proves whether capacity can meet demand, shows
    how the published PUE was fitted, how large the numbers of the program are, and which share of the inputs
    rests on assumptions. Exit code 3: the case is refused; 4: demand cannot be placed.
    """
    from dcplan.plans.check import check as check_case

    report = check_case(find_case(case))
    if as_json:
        print_json("check", report.to_dict())
    else:
        from dcplan.report.check_text import check_text

        click.echo(check_text(report), nl=False)
    raise click.exceptions.Exit(report.exit_code)
