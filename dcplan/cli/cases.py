"""Commands about inputs: `init` copies a shipped case, `check` lists what is wrong with one."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from dcplan.cli.arguments import DEFAULT_CASE, SHIPPED, case_argument, find_case, json_option, print_json
from dcplan.errors import EXIT_INPUT, InputError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--case",
    type=click.Choice(SHIPPED),
    default=DEFAULT_CASE,
    show_default=True,
    help="The shipped case to copy.",
)
def init(folder: Path, case: str) -> None:
    """Copy a shipped case into DIR, to edit its tables.

    DIR must be new or empty; nothing is ever overwritten.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: name a new folder, so that nothing is overwritten")
    shutil.copytree(find_case(case), folder, dirs_exist_ok=True)
    click.echo(f"Copied the case {case} to {folder}.")
    click.echo(f"Next: edit the tables, then  dcplan check {folder}  and  dcplan solve {folder}", err=True)


@click.command()
@case_argument
@json_option
def check(case: str, as_json: bool) -> None:
    """List every problem of CASE at once, before any solve.

    CASE is a case folder or a shipped name (default: iij). Every problem comes with its file, row, column,
    rule and remedy. The check also proves whether capacity can meet demand, shows how the published PUE was
    fitted, and says which share of the inputs rests on assumptions.
    Exit code 3 when the case is refused.
    """
    from dcplan.data.check import check as check_case

    try:
        report = check_case(find_case(case))
    except InputError as error:
        if not as_json:
            raise
        print_json(
            "check", {"case": case, "passed": False, "problems": [p.to_dict() for p in error.problems]}
        )
        raise click.exceptions.Exit(EXIT_INPUT) from error
    if as_json:
        print_json("check", {"case": case, **report.to_dict()})
    else:
        click.echo(str(report))
    if not report.passed:
        raise click.exceptions.Exit(EXIT_INPUT)
