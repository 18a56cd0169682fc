"""`dcplan solve`: make, audit and save the plan of a case."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dcplan.cli.arguments import PLANS, case_argument, find_case, json_option, print_json
from dcplan.cli.parameters import DAY, DURATION, PERCENT, SOLVER
from dcplan.errors import EXIT_AUDIT, EXIT_INTERRUPTED, EXIT_SOLVED, EXIT_STOPPED

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

GAP_SLACK = 1e-9  # a gap that equals the requested one but for the last digits of a float is proven


@click.command()
@case_argument
@click.option("--by", type=click.Choice(["year", "half", "quarter", "month"]), help="Length of a period.")
@click.option(
    "--gap", type=PERCENT, default="0.1%", show_default=True, help="Proven distance from the optimum."
)
@click.option(
    "--time-limit", type=DURATION, help="Stop after this time (90s, 5m, 1h) with the best plan so far."
)
@click.option(
    "--solver", type=SOLVER, default="highs", show_default=True, help="highs, pulp:NAME or pyomo:NAME."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed of the solver."
)
@click.option(
    "--plain", is_flag=True, help="HiGHS's own search on the plain promises: slower, a second opinion."
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the solver.")
@click.option(
    "--edition",
    type=click.Choice(["retrospective", "foresight-2022"]),
    help="All that is known, or only what was known before the opening [the case's own].",
)
@click.option("--as-of", "known_on", type=DAY, help="Use only rows known by this day.")
@click.option(
    "--tail", type=click.IntRange(0, 20), help="Years optimised after the horizon, never reported as plan."
)
@click.option(
    "--terminal-value",
    type=click.Choice(["annuity", "book", "none"]),
    help="Worth of assets at the end of the tail.",
)
@click.option(
    "--soft",
    type=click.Choice(["demand"]),
    help="Let racks find no place at the case's price; every output of the plan says so.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The new plan folder [plans/<case>-<time>]."
)
@click.option(
    "--certificate",
    is_flag=True,
    help="Also write a proof of the bound, which `dcplan verify` checks in exact arithmetic.",
)
@click.option("--charts", is_flag=True, help="Also draw the pictures into <plan>/charts/.")
@click.option("--quiet", is_flag=True, help="No progress and no summary: print the plan folder only.")
@json_option
def solve(
    case: str,
    by: str | None,
    gap: float,
    time_limit: float | None,
    solver: str,
    seed: int,
    plain: bool,
    threads: int | None,
    edition: str | None,
    known_on: date | None,
    tail: int | None,
    terminal_value: str | None,
    soft: str | None,
    output: Path | None,
    certificate: bool,
    charts: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Solve CASE, audit the plan, save it and print its summary.

    CASE is a case folder or a shipped name (default: iij). Ctrl-C keeps the best plan so far. Options that
    are not given come from case.toml. Exit code 0: solved to the gap and audited; 3: inputs refused; 4: no
    plan can keep every promise; 5: stopped early, the best plan is saved; 6: the audit failed; 130:
    interrupted, the best plan is saved.
    """
    folder = find_case(case)
    target = output if output is not None else new_folder(case)
    if certificate and (plain or solver != "highs"):
        other, option = ("HiGHS's own search", "--plain") if plain else (solver, "--solver")
        raise click.UsageError(f"--certificate: {other} hands out no leaves to prove; leave {option} out")
    if target.exists():
        raise click.UsageError(f"{target} exists: name a new folder with -o")
    from dcplan.cli.progress import ProgressPrinter
    from dcplan.data.knowledge import as_known
    from dcplan.plans.make import solve_case

    with (
        nullcontext() if quiet else ProgressPrinter() as progress,
        as_known(folder, edition, known_on) as known,
    ):
        plan = solve_case(
            known,
            by=by,
            gap=gap,
            time_limit=time_limit,
            solver=solver,
            seed=seed,
            threads=threads,
            plain=plain,
            tail_years=tail,
            terminal_value=terminal_value,
            soft=soft or "",
            output=target,
            progress=progress,
            certificate=certificate,
        )
    if charts:
        from dcplan.report.charts import write_charts

        write_charts(plan)
    _print(plan, quiet, as_json)
    raise click.exceptions.Exit(exit_code(plan))


def new_folder(case: str, now: datetime | None = None) -> Path:
    """Return a new folder name: `plans/<case>-<YYYYmmdd-HHMMSS>`, numbered if that one is taken."""
    name = f"{Path(case).resolve().name.removesuffix('.xlsx')}-{now or datetime.now():%Y%m%d-%H%M%S}"
    folder, count = PLANS / name, 1
    while folder.exists():
        count += 1
        folder = PLANS / f"{name}-{count}"
    return folder


def exit_code(plan: Plan) -> int:
    """Return the exit code that a saved plan stands for."""
    manifest = plan.manifest
    if not (manifest.get("audit") or {}).get("passed"):
        return EXIT_AUDIT
    if manifest["status"] == "interrupted":
        return EXIT_INTERRUPTED
    gap = manifest.get("gap")
    proven = gap is not None and gap <= manifest["requested_gap"] + GAP_SLACK
    return EXIT_SOLVED if proven else EXIT_STOPPED


def _print(plan: Plan, quiet: bool, as_json: bool) -> None:
    if as_json:
        from dcplan.report.document import plan_document

        print_json("solve", plan_document(plan))
    elif quiet:
        click.echo(str(plan.folder))
    else:
        from dcplan.report.text import summary

        click.echo(summary(plan), nl=False)
