"""Commands about saved plans: `show`, `charts` and `audit`. None of them solves."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json
from dcplan.errors import EXIT_AUDIT

WHICH = ("optimised", "as_announced", "as_announced_2022", "frozen")


@click.command()
@click.argument("folder", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--plan",
    "which",
    type=click.Choice(WHICH),
    default=WHICH[0],
    show_default=True,
    help="Which plan of the folder.",
)
@json_option
def show(folder: Path | None, which: str, as_json: bool) -> None:
    """Print the summary of PLAN, by default of the latest one.

    Without PLAN it is the latest plan under plans/. By fiscal year: racks, halls that start, sites left,
    leases made smaller, energy, PUE, renewable share, emissions, cash and CAPEX; then the decisions, the
    difference to the reference plans and what binds.
    """
    plan = open_saved(folder)
    if which != WHICH[0] and which not in plan.references:
        held = ", ".join([WHICH[0], *plan.references])
        raise click.UsageError(f"{plan.folder} holds no plan {which!r} (it holds {held})")
    if as_json:
        from dcplan.report.document import plan_document

        print_json("show", plan_document(plan, which=which))
    else:
        from dcplan.report.text import summary

        click.echo(summary(plan, which=which), nl=False)


@click.command()
@plan_argument
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Language of the labels."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder for the pictures [PLAN/charts]."
)
@json_option
def charts(folder: Path, lang: str, output: Path | None, as_json: bool) -> None:
    """Draw the pictures of PLAN as PNG and SVG.

    Phases and lease exits over time, racks over capacity, cost and CAPEX by fiscal year. The same plan
    gives the same files, byte by byte.
    """
    from dcplan.report.charts import write_charts

    files = write_charts(open_saved(folder), output, lang=lang)
    if as_json:
        print_json("charts", {"files": files})
    else:
        click.echo("\n".join(str(path) for path in files))


@click.command()
@plan_argument
@json_option
def audit(folder: Path, as_json: bool) -> None:
    """Recompute PLAN without the model that made it.

    From its saved inputs and decisions: every promise, hour count, energy figure, bill, cost and emission,
    for the optimised plan and for its reference plans. Exit code 6 when anything is broken.
    """
    from dcplan.plans.audit import audit_all

    reports = audit_all(folder)
    if as_json:
        print_json(
            "audit", {"folder": folder, "plans": {name: report.to_dict() for name, report in reports.items()}}
        )
    else:
        for name, report in reports.items():
            click.echo(f"{name.replace('_', ' ')}: {report}")
    if not all(report.passed for report in reports.values()):
        raise click.exceptions.Exit(EXIT_AUDIT)
