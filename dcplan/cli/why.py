"""`dcplan why` and `dcplan compare`: what a wish costs, and what differs between plans."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, open_saved, plan_argument, print_json
from dcplan.cli.calendar import limit_option, quiet_option, tell_progress, workers_option
from dcplan.errors import EXIT_INFEASIBLE


@click.command()
@plan_argument
@click.argument("words", metavar="WISH")
@click.option(
    "--break-even",
    "about",
    metavar="INPUT",
    help="Also find the value of INPUT at which the wish stops costing anything: table.column key=label.",
)
@limit_option
@workers_option
@quiet_option
@json_option
def why(
    folder: Path, words: str, about: str | None, time_limit: float, workers: int, quiet: bool, as_json: bool
) -> None:
    r"""Tell what it costs to force or to ban a decision in PLAN.

    \b
    A WISH is one or more statements, divided by ';', each perhaps after 'not':
      start hall=H by=D    start hall=H on=D    defer hall=H to=D    drop hall=H
      leave site=S by=D    keep site=S until=D  stay class=K hall=H
      place class=K hall=H racks=N from=D       limit class=K hall=H racks=N
      hold lease=L racks=N from=D

    The price is the best plan with the wish less the best plan, an interval that both proofs allow. Where it
    is not distinguishable from nothing, no difference is printed. Exit code 4: no plan keeps every promise.
    """
    plan = open_saved(folder)
    from dcplan.report.why_text import break_even_text, why_text
    from dcplan.studies.break_even import break_even
    from dcplan.studies.resolve import Limits
    from dcplan.studies.why import why as ask
    from dcplan.studies.why import why_document

    limits = Limits(seconds=time_limit, workers=workers)
    with tell_progress(quiet) as tell:
        told = why_document(ask(plan, words, limits=limits, tell=tell))
        even = break_even(plan, words, about, limits=limits, tell=tell) if about else None
    if as_json:
        print_json("why", {"folder": plan.folder, **told, "break_even": even})
    else:
        click.echo(why_text(told) + (break_even_text(even) if even else ""), nl=False)
    if told["verdict"] == "impossible":
        raise click.exceptions.Exit(EXIT_INFEASIBLE)


@click.command()
@click.argument("folders", metavar="PLAN PLAN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def compare(folders: tuple[Path, ...], as_json: bool) -> None:
    """Compare plans: decisions, then cost and emissions by cause.

    Each PLAN is laid beside the first one. Causes are demand, price, PUE, timing and scope; they add up to
    the difference without a residual. Stability counts the decisions that stayed.
    """
    if len(folders) == 1:
        raise click.UsageError("name two plans or more")
    from dcplan.report.why_text import comparison_text
    from dcplan.studies.compare import compare as split
    from dcplan.studies.compare import comparison_document

    first = open_saved(folders[0])
    told = [(folder, comparison_document(split(first, open_saved(folder)))) for folder in folders[1:]]
    if as_json:
        body = [{"folder": folder, **document} for folder, document in told]
        print_json("compare", {"first": folders[0], "others": body})
        return
    click.echo(
        "\n".join(f"{folders[0]} and {folder}\n{comparison_text(each)}" for folder, each in told), nl=False
    )
