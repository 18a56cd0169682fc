"""What `dcplan check` prints: problems first, then the proof of capacity, the PUE fit and what is assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dcplan.report.source import records

if TYPE_CHECKING:
    from dcplan.data.check import CheckReport

WIDTH = 80


def check_text(report: CheckReport) -> str:
    """Return a check report as text: what refuses the case, what cannot be placed, what is worth knowing."""
    verdict = "refused" if report.problems else "demand cannot be placed" if report.shortfalls else "sound"
    counts = [(report.problems, "problem"), (report.shortfalls, "shortfall"), (report.warnings, "warning")]
    found = ", ".join(f"{len(each)} {name}{'s' * (len(each) != 1)}" for each, name in counts)
    blocks = [[f"{report.name}: {verdict} ({found})"]]
    for each, name in counts:
        if each:
            blocks.append([f"{name.capitalize()}s", *_list(map(str, each))])
    blocks += [_capacity(report), _pue(report), _numbers(report), _basis(report)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _list(items: Iterable[str]) -> list[str]:
    lines = []
    for item in items:
        lines += textwrap.wrap(
            item, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False
        )
    return lines


def _capacity(report: CheckReport) -> list[str]:
    """Return, by class, the period with the least room between demand and the most that could stand."""
    if report.capacity.empty:
        return []
    tightest = report.capacity.loc[report.capacity.groupby("classes", sort=False)["spare_racks"].idxmin()]
    form = "  {:<18}{:>10}{:>10}{:>10}{:>10}"
    lines = ["Capacity against demand (racks), every class in its tightest period"]
    lines.append(form.format("class", "period", "demand", "largest", "spare"))
    for row in records(tightest):
        demand, largest, spare = (
            f"{row[name]:,.0f}" for name in ("demand_racks", "largest_racks", "spare_racks")
        )
        lines.append(form.format(row["classes"], row["period"], demand, largest, spare))
    return lines


def _pue(report: CheckReport) -> list[str]:
    if report.pue_fit.empty:
        return []
    form = "  {:<18}{:>7}{:>9}{:>9}{:>9}{:>9}"
    lines = ["PUE = 1 + fixed share / load + weather + proportional share (the last is fitted)"]
    lines.append(form.format("hall", "PUE", "load", "fixed", "weather", "fitted"))
    columns = ("pue", "reference_load", "fixed_share", "mean_overhead", "proportional_share")
    for row in records(report.pue_fit):
        lines.append(form.format(row["hall"], *(f"{row[name]:.3f}" for name in columns)))
    return lines


def _numbers(report: CheckReport) -> list[str]:
    """Return the size of the program and the family with the widest coefficients."""
    if report.numbers.empty:
        return []
    *families, whole = records(report.numbers)
    low, high = (
        pick(families, key=lambda row: row[end]) for pick, end in ((min, "smallest"), (max, "largest"))
    )
    lowest, highest = f"{low['smallest']:.3g}", f"{high['largest']:,.6g}"
    return [
        f"Program: {whole['rows']:,} rows of {len(families)} families, {whole['terms']:,} coefficients",
        f"  smallest {lowest} in {low['family']}, largest {highest} in {high['family']}",
    ]


def _basis(report: CheckReport) -> list[str]:
    if report.basis.empty:
        return []
    whole = records(report.basis)[-1]
    shares = ", ".join(
        f"{100 * whole[name]:.0f} % {name}" for name in ("disclosed", "public", "derived", "assumption")
    )
    return textwrap.wrap(f"Basis of {whole['rows']:,} input rows: {shares}", WIDTH, subsequent_indent="  ")
