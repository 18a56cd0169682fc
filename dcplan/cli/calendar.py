"""Commands about decisions and their prices, found by solving again: `calendar`, `pins`, `defer`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dcplan.cli.arguments import find_case, json_option, open_saved, plan_argument, print_json
from dcplan.cli.parameters import DURATION

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.studies.deferral import Deferral
    from dcplan.studies.resolve import Limits
    from dcplan.studies.resolve_interval import Interval
    from dcplan.studies.slips import DecisionCalendar

WIDTH = 100
OPEN, SIGN, IMPOSSIBLE = "not distinguishable", "sign proven", "impossible"

limit_option = click.option(
    "--time-limit",
    type=DURATION,
    default="2m",
    show_default=True,
    help="Longest time of one solve (90s, 5m); what is not proven by then is told as it stands.",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=2,
    show_default=True,
    help="Processes that solve side by side; 0 solves in this one.",
)
quiet_option = click.option("--quiet", is_flag=True, help="No progress.")


@click.command()
@plan_argument
@click.option("--no-prices", is_flag=True, help="The dates alone, without solving.")
@limit_option
@workers_option
@quiet_option
@json_option
def calendar(
    folder: Path, no_prices: bool, time_limit: float, workers: int, quiet: bool, as_json: bool
) -> None:
    """List every decision of PLAN, the last day it stays open, and the price of slipping it.

    Orders and applications for grid power, notices to leases, renewals, options: by the last day on which
    each can still be taken or not taken. The price is the best plan in which it slips by one period or to
    the lease's next window, all else planned anew, less the best plan: M JPY present value, an interval that
    both proofs allow. A renewal that comes by itself cannot slip: its price is that of giving notice
    instead. 'not distinguishable': the proof is coarser than the difference; 'impossible': a promise would
    break.
    """
    plan = open_saved(folder)
    from dcplan.studies.slips import decision_calendar

    with tell_progress(quiet or no_prices) as tell:
        found = decision_calendar(
            plan, prices=not no_prices, limits=limits_of(time_limit, workers), tell=tell
        )
    frame = found.frame()
    if as_json:
        base = found.answers.base.proof if found.answers else None
        body: dict[str, Any] = {"folder": plan.folder, "decisions": frame}
        if base is not None and found.answers is not None:
            body |= {
                "cost_mjpy": base.cost,
                "bound_mjpy": base.bound,
                "proven_share": found.answers.proven_share,
            }
        print_json("calendar", body)
        return
    click.echo("\n".join(_calendar_lines(found, frame, str(plan.manifest["as_of"]))))


@click.command()
@click.argument("source", metavar="CASE|PLAN")
@limit_option
@workers_option
@quiet_option
@json_option
def pins(source: str, time_limit: float, workers: int, quiet: bool, as_json: bool) -> None:
    """List every pin of CASE or PLAN with its reason and its price.

    The price of a pin is the best plan with all pins less the best plan without this one: M JPY present
    value, an interval that both proofs allow.
    """
    folder = Path(source) if (Path(source) / "manifest.json").is_file() else find_case(source)
    from dcplan.studies.pin_prices import pin_prices

    with tell_progress(quiet) as tell:
        frame = pin_prices(folder, limits=limits_of(time_limit, workers), tell=tell)
    if as_json:
        print_json("pins", {"source": folder, "pins": frame})
    elif frame.empty:
        click.echo("There is no pin (pins.csv).")
    else:
        rows = frame.to_dict("records")
        lines = [f"{'pin':<16}{'price, M JPY':>24}  decision"]
        for row in rows:
            lines.append(f"{row['pin']:<16}{_price(row):>24}  {row['decision']}")
            lines += textwrap.wrap(
                f"because: {row['reason']}", WIDTH, initial_indent=" " * 42, subsequent_indent=" " * 42
            )
        click.echo("\n".join([*lines, *_notes(rows)]))


@click.command()
@plan_argument
@limit_option
@workers_option
@quiet_option
@json_option
def defer(folder: Path, time_limit: float, workers: int, quiet: bool, as_json: bool) -> None:
    """Defer each open phase of PLAN by a year: its net present value.

    The net present value of a phase is the best plan without it less the best plan with it. Waiting a year
    is worth at least the value of the deferred phase; what deciding later, with demand known, is worth on top
    is not in it.
    """
    plan = open_saved(folder)
    from dcplan.studies.deferral import deferrals

    with tell_progress(quiet) as tell:
        found = deferrals(plan, limits=limits_of(time_limit, workers), tell=tell)
    if as_json:
        print_json("defer", {"folder": plan.folder, "phases": [_deferral_document(each) for each in found]})
    elif not found:
        click.echo("No open project starts within the horizon of this plan.")
    else:
        click.echo("\n\n".join("\n".join(_deferral_lines(each)) for each in found))


def limits_of(seconds: float, workers: int) -> Limits:
    """Return how far to solve."""
    from dcplan.studies.resolve import Limits

    return Limits(seconds=seconds, workers=workers)


def tell_progress(quiet: bool) -> AbstractContextManager[Callable[[str], None] | None]:
    """Return where progress is told; nowhere where it shall be quiet."""
    from dcplan.cli.progress import ProgressPrinter

    return nullcontext() if quiet else ProgressPrinter()


def _calendar_lines(found: DecisionCalendar, frame: pd.DataFrame, as_of: str) -> list[str]:
    priced = found.answers is not None
    head = f"{'open until':<12}{'decision':<48}{'if it slips':<24}"
    lines = [head + (f"{'M JPY':>16}" if priced else "")]
    for row in frame.to_dict("records"):
        words = textwrap.wrap(str(row["decision"]), 46)
        slips = textwrap.wrap(str(row["slip"]), 22)
        price = _price(row) if priced else ""
        for place in range(max(len(words), len(slips))):
            day = str(row["last_open"]) if place == 0 else ""
            word = words[place] if place < len(words) else ""
            slip = slips[place] if place < len(slips) else ""
            lines.append(f"{day:<12}{word:<48}{slip:<24}{price if place == 0 else '':>16}".rstrip())
    count = len(frame)
    if found.answers is None:
        return [*lines, "", f"{count} decision{'' if count == 1 else 's'}."]
    known = round(found.answers.proven_share * count)
    base = found.answers.base.proof
    text = (
        f"{known} of {count} prices known beyond the gaps. Present value at {as_of} of the best plan with "
        f"the slip less the best ({base.cost:,.0f} M JPY, bound {base.bound:,.0f}), all else planned anew."
    )
    return [*lines, "", *textwrap.wrap(text, WIDTH), *_notes(frame.to_dict("records"))]


def _price(row: Any) -> str:
    """Return a price as text: one number when both ends read the same, else the interval."""
    if row["verdict"] == IMPOSSIBLE:
        return IMPOSSIBLE
    low, high = (_number(row[name]) for name in ("low_mjpy", "high_mjpy"))
    text = low if low == high else f"{low} .. {high}"
    return f"{text} ?" if row["verdict"] == OPEN else text


def _number(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "?"
    return f"{value + 0.0:,.1f}".replace("-0.0", "0.0")


def _notes(rows: Iterable[Any]) -> list[str]:
    listed = list(rows)
    lines = []
    if any(row["verdict"] == OPEN for row in listed):
        lines.append("?  not distinguishable: the proof is coarser than the difference.")
    if any(row["verdict"] == IMPOSSIBLE for row in listed):
        lines.append("impossible: no plan keeps every promise then.")
    lines += [f"{row['decision']}: {row['note']}" for row in listed if row["note"]]
    return lines


def _deferral_lines(each: Deferral) -> list[str]:
    day = f"to {each.deferred_to}" if each.deferred_to else "beyond the optimised span"
    lines = [f"{each.decision.words}, deferred {day}"]
    named: list[tuple[str, Interval | None]] = [
        ("net present value now", each.npv_now),
        ("net present value deferred", each.npv_deferred),
        ("price of the deferral", each.price),
    ]
    for name, interval in named:
        price = _price({"verdict": "" if interval else IMPOSSIBLE, **_ends(interval)})
        lines.append(f"  {name:<30}{price:>24} M JPY")
    if each.verdict.value == OPEN:
        lines.append("  The price is not distinguishable from zero.")
    terms = each.terms[each.terms["difference_mjpy"].abs() >= 0.05]
    order = terms["difference_mjpy"].abs().sort_values(ascending=False, kind="stable").index
    for term, amount in terms.loc[order, ["term", "difference_mjpy"]].itertuples(index=False):
        lines.append(f"    {term.replace('_', ' '):<28}{amount:>+24,.1f}")
    if not terms.empty:
        total = each.terms["difference_mjpy"].sum()
        lines.append(f"    {'of the best plans found':<28}{total:>+24,.1f}")
    return [*lines, *textwrap.wrap(each.note, WIDTH, initial_indent="  ", subsequent_indent="  ")]


def _ends(interval: Interval | None) -> dict[str, float | None]:
    return {
        "low_mjpy": interval.low if interval else None,
        "high_mjpy": interval.high if interval else None,
    }


def _deferral_document(each: Deferral) -> dict[str, Any]:
    return {
        "project": each.decision.item,
        "decision": each.decision.words,
        "service_date": each.decision.effective,
        "deferred_to": each.deferred_to,
        "verdict": each.verdict.value,
        "price": _ends(each.price),
        "npv_now": _ends(each.npv_now),
        "npv_deferred": _ends(each.npv_deferred),
        "terms": each.terms,
        "note": each.note,
    }
