"""The `dcplan` command: a thin twin of the library.

Commands live in one file per group and are imported when they run, so that `dcplan --help` loads none of
pandas, matplotlib, Pyomo, PuLP or HiGHS. Data goes to standard output, everything else to standard error.
Exit codes:

| code | meaning |
|---|---|
| 0 | solved to the requested gap and audited |
| 1 | a fault of dcplan itself |
| 2 | the command line was not understood |
| 3 | the inputs were refused |
| 4 | no plan can keep every promise of the case |
| 5 | stopped before the requested gap was proven; the best plan is saved |
| 6 | a plan failed its audit |
| 130 | interrupted; the best plan so far is saved |
"""

import atexit
import gc
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from dcplan import __version__
from dcplan.errors import EXIT_FAULT, EXIT_INTERRUPTED, EXIT_USAGE, DcplanError

# command -> module that holds it, and the line that `dcplan --help` shows without importing that module
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("dcplan.cli.cases", "Copy a shipped case into DIR, to edit its tables."),
    "check": ("dcplan.cli.cases", "List every problem of CASE at once, before any solve."),
    "solve": ("dcplan.cli.solve", "Solve CASE, audit the plan, save it and print its summary."),
    "show": ("dcplan.cli.plans", "Print the summary of PLAN, by default of the latest one."),
    "charts": ("dcplan.cli.plans", "Draw the pictures of PLAN as PNG and SVG."),
    "headroom": ("dcplan.cli.day", "Print what still fits PLAN, hall by hall, and when it runs out."),
    "place": ("dcplan.cli.day", "Answer an order enquiry: where, at what cost, or from when."),
    "update": ("dcplan.cli.day", "Move PLAN on to a new opening day with actuals, and solve it again."),
    "regret": ("dcplan.cli.day", "Price what it costs not to have known what came later."),
    "audit": ("dcplan.cli.plans", "Recompute PLAN without the model that made it."),
    "verify": ("dcplan.cli.verify", "Recompute PLAN without a solver and print every control of it."),
    "budget": ("dcplan.cli.budget", "Print CAPEX of PLAN against its budget, and the bridge between."),
    "export": ("dcplan.cli.export", "Write tables of PLAN as an Excel workbook and as CSV."),
    "calendar": (
        "dcplan.cli.calendar",
        "List every decision of PLAN, the last day it stays open, and the price of slipping it.",
    ),
    "pins": ("dcplan.cli.calendar", "List every pin of CASE or PLAN with its reason and its price."),
    "targets": ("dcplan.cli.targets", "Print the marginal price of every target of PLAN."),
    "defer": ("dcplan.cli.calendar", "Defer each open phase of PLAN by a year: its net present value."),
    "frontier": (
        "dcplan.cli.frontier",
        "Make the plans of CASE that no other plan beats in cost, emissions and CAPEX.",
    ),
    "explain": (
        "dcplan.cli.explain",
        "Explain why CASE has no plan, and rank what would repair it.",
    ),
    "alternatives": (
        "dcplan.cli.alternatives",
        "Tell which decisions of PLAN are forced, preferred or free within a margin.",
    ),
    "why": ("dcplan.cli.why", "Tell what it costs to force or to ban a decision in PLAN."),
    "marginals": ("dcplan.cli.alternatives", "Price one step more in PLAN: racks, power, renewable share."),
    "compare": ("dcplan.cli.why", "Compare plans: decisions, then cost and emissions by cause."),
    "bill": ("dcplan.cli.bill", "Print the electricity bill of PLAN, line by line, by site and fiscal year."),
    "replay": ("dcplan.cli.replay", "Replay every hour of PLAN, linear and by full physics."),
    "tails": ("dcplan.cli.studies", "List the decisions of CASE that change with the number of tail years."),
}
DEBUG = "DCPLAN_DEBUG"


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs, and turns errors into prose."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of a planner's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command list from `COMMANDS`, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors become prose on standard error and an exit code."""
        if "NO_COLOR" in os.environ:
            ctx.color = False
        return _guarded(lambda: super(LazyGroup, self).invoke(ctx), ctx)


def _guarded(run: Callable[[], Any], ctx: click.Context) -> Any:
    try:
        return run()
    except DcplanError as error:
        click.echo(f"{click.style('dcplan:', fg='red')} {error}", err=True)
        ctx.exit(error.exit_code)
    except KeyboardInterrupt as error:
        said = str(error) or "interrupted before a first plan was found; nothing was saved"
        click.echo(f"dcplan: {said}", err=True)
        ctx.exit(EXIT_INTERRUPTED)
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except OSError as error:
        click.echo(f"{click.style('dcplan:', fg='red')} {_file_problem(error)}", err=True)
        ctx.exit(EXIT_USAGE)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        click.echo(
            f"dcplan: this is a fault of dcplan, not of your case: {type(error).__name__}: {error}\n"
            f"Run the command again with {DEBUG}=1 and report what it prints.",
            err=True,
        )
        ctx.exit(EXIT_FAULT)


def _file_problem(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
EXAMPLES = """\b
A first plan:
  dcplan solve
Your own inputs:
  dcplan init mycase
  dcplan check mycase
  dcplan solve mycase"""


@click.group(cls=LazyGroup, context_settings=SETTINGS, epilog=EXAMPLES)
@click.version_option(__version__, prog_name="dcplan")
def cli() -> None:
    """Plan a fleet of data centers: what to build, lease, leave and move, and when.

    CASE is a case folder or the name of a shipped case (iij, toy). PLAN is a plan folder that `dcplan solve`
    wrote.
    """


OBJECTS_BEFORE_COLLECTION = 500_000
"""Objects of a command live to its end: to look for garbage among them after each 700 costs a tenth of it."""


def main() -> None:
    """Run the `dcplan` command and exit."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads that have nothing to do
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    atexit.register(gc.freeze)  # what lives to the end ends with the process: a last look at it takes 0.3 s
    cli(prog_name="dcplan")
