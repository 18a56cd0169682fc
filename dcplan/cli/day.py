"""Commands of a planner's day: `headroom`, `place`, `update`."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from pathlib import Path

import click

from dcplan.cli.arguments import case_argument, find_case, json_option, open_saved, plan_argument, print_json
from dcplan.cli.parameters import DAY, DURATION, PERCENT


@click.command()
@plan_argument
@click.option(
    "--sales", type=PERCENT, default="20%", show_default=True, help="By how much sales may be higher."
)
@click.option("--chart", type=click.Path(path_type=Path), help="Draw it into this PNG, SVG or PDF file.")
@click.option(
    "--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Language of the chart."
)
@json_option
def headroom(folder: Path, sales: float, chart: Path | None, lang: str, as_json: bool) -> None:
    """Print what still fits PLAN, hall by hall, and when it runs out.

    Free places, IT kW and receiving kW of every hall and period in racks of its typical mix: the classes
    that may stand there by their racks in demand. With higher sales: new racks, also those that replace
    churn, are higher by --sales from the opening on.
    """
    plan = open_saved(folder)
    from dcplan.report.headroom_text import headroom_document, headroom_text
    from dcplan.studies.headroom import headroom as find

    room = find(plan, sales_higher=sales)
    if chart is not None:
        from dcplan.report.headroom_chart import FORMATS, write_headroom_chart

        if chart.suffix.lower() not in FORMATS:
            raise click.UsageError(f"--chart {chart}: must end in one of {', '.join(FORMATS)}")
        write_headroom_chart(room, plan, chart, lang=lang)
    if as_json:
        print_json("headroom", {"plan": plan.folder, **headroom_document(room), "chart": chart})
        return
    click.echo(headroom_text(room, plan.tables["periods"][["period", "fiscal_year"]]), nl=False)
    if chart is not None:
        click.echo(str(chart))


gap_option = click.option("--gap", type=PERCENT, help="Proven distance from the optimum [0.1%].")
limit_option = click.option("--time-limit", type=DURATION, help="Stop each solve after this time (90s, 5m).")


@click.command()
@case_argument
@click.option("--class", "rack_class", required=True, help="Class of the racks.")
@click.option("--racks", required=True, type=click.IntRange(min=1), help="How many.")
@click.option("--region", default="", help="A region, East (50 Hz) or West (60 Hz) [anywhere].")
@click.option("--from", "start", required=True, type=DAY, help="First day on which they stand.")
@click.option("--until", type=DAY, help="Day on which they go again [they stay].")
@gap_option
@limit_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Keep the plan with the order here.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def place(
    case: str,
    rack_class: str,
    racks: int,
    region: str,
    start: date,
    until: date | None,
    gap: float | None,
    time_limit: float | None,
    output: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Answer an order enquiry: where, at what cost, or from when.

    Also what it changes: starts, exits, leases, moves. CASE is a case, or a plan folder, which saves the
    solve without the order. The order comes on top of demand; in a region it arrives there beside what
    stands there. Its cost is an interval that the gaps of both solves allow. Exit
    code 4: it fits on no day of the horizon.
    """
    folder = Path(case) if (Path(case) / "manifest.json").is_file() else find_case(case)
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.report.place_text import enquiry_text
    from dcplan.studies.place import Order, enquiry_document
    from dcplan.studies.place import place as ask

    asked = {name: value for name, value in (("gap", gap), ("time_limit", time_limit)) if value is not None}
    order = Order(rack_class, racks, start, region, until)
    with nullcontext() if quiet else ProgressPrinter() as progress:
        answer = ask(folder, order, output=output, progress=progress, **asked)
    told = enquiry_document(answer)
    if as_json:
        print_json("place", {"case": case, **told, "plan": output})
        return
    click.echo(enquiry_text(told), nl=False)
    if output is not None:
        click.echo(f"\n{output}")


@click.command()
@plan_argument
@click.option(
    "--actuals",
    "files",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="A CSV file of actuals, named like its table; give one or more.",
)
@click.option("--as-of", required=True, type=DAY, help="The new opening day: the start of a period.")
@click.option(
    "--change",
    type=click.FloatRange(min=0),
    default=50.0,
    show_default=True,
    help="Shadow price of changing a start or exit planned for the next months, M JPY; 0 for none.",
)
@click.option(
    "--within", type=click.IntRange(0, 120), default=12, show_default=True, help="How many months these are."
)
@gap_option
@limit_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def update(
    folder: Path,
    files: tuple[Path, ...],
    as_of: date,
    change: float,
    within: int,
    gap: float | None,
    time_limit: float | None,
    output: Path,
    quiet: bool,
    as_json: bool,
) -> None:
    """Move PLAN on to a new opening day with actuals, and solve it again.

    Actuals replace plan before the day. Writes OUTPUT/case (the updated case), OUTPUT/plan and OUTPUT/bridge
    (plan against actual by fiscal year, site and cause), and prints the bridge and the decisions that change.
    Tables of actuals: actual_occupancy (required), actual_peaks, actual_spend, actual_projects and
    actual_energy.
    """
    plan = open_saved(folder)
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.report.update_text import update_text
    from dcplan.studies.update import update as move_on
    from dcplan.studies.update import update_document

    asked = {name: value for name, value in (("gap", gap), ("time_limit", time_limit)) if value is not None}
    with nullcontext() if quiet else ProgressPrinter() as progress:
        done = move_on(
            plan, files, as_of, output, change_mjpy=change, within_months=within, progress=progress, **asked
        )
    told = update_document(done)
    if as_json:
        print_json("update", told)
    else:
        click.echo(update_text(told) + f"\n{output}")


@click.command()
@case_argument
@click.option("--known-on", type=DAY, help="What the first plan knows [the day before the opening].")
@click.option("--until", type=DAY, help="Carry only starts and exits before this day over [all].")
@click.option("--over-budget", is_flag=True, help="Pay for what is carried over even beyond the budget.")
@gap_option
@limit_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def regret(
    case: str,
    known_on: date | None,
    until: date | None,
    over_budget: bool,
    gap: float | None,
    time_limit: float | None,
    output: Path,
    quiet: bool,
    as_json: bool,
) -> None:
    """Price what it costs not to have known what came later.

    Solves CASE as it was known (edition foresight-2022), CASE itself (or takes it from a plan folder), and
    CASE with the starts and exits of the first plan pinned, while racks, moves, lease sizes and certificates
    adapt. The regret is the third cost less the second, as an interval that the gaps allow.
    """
    folder = Path(case) if (Path(case) / "manifest.json").is_file() else find_case(case)
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.report.regret_text import regret_text
    from dcplan.studies.regret import opening_knowledge, regret_document
    from dcplan.studies.regret import regret as price

    asked = {name: value for name, value in (("gap", gap), ("time_limit", time_limit)) if value is not None}
    day = known_on if known_on is not None else opening_knowledge(folder)
    with nullcontext() if quiet else ProgressPrinter() as progress:
        found = price(folder, day, output, until=until, over_budget=over_budget, progress=progress, **asked)
    told = regret_document(found)
    if as_json:
        print_json("regret", told)
    else:
        click.echo(regret_text(told) + f"\n{output}")
