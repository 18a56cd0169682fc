"""The printed summary of a plan: what it costs, what it decides, what binds it; 80 columns wide."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.report import decisions
from dcplan.report.source import (
    OPTIMISED,
    PLAN_NAMES,
    fiscal_years,
    horizon,
    inputs_of,
    month,
    records,
    tables_of,
)

if TYPE_CHECKING:
    from dcplan.report.source import Inputs, PlanTables

WIDTH = 80
MOVES = 2
TERMS = 7
SCOPES = 3
CUTS = 4
EDITIONS = {
    "retrospective": "Retrospective edition: opens on {as_of}, knows later actual prices.",
    "foresight-2022": "Foresight edition: it knows only what was public by {as_of}.",
    "tutorial": "Tutorial case: invented figures.",
}
LIMITS = {
    "capex_budget": "CAPEX budget",
    "target": "targets",
    "move_limit_fleet": "fleet moves",
    "move_limit_site": "site moves",
    "site_power": "site power",
    "rack_places": "full halls",
}
NAMES_ONLY = ("move_limit_site", "rack_places")


def summary(plan: PlanTables, case: Inputs | None = None, which: str = OPTIMISED) -> str:
    """Return the summary of a plan, or of one of its reference plans, in at most 80 columns.

    Args:
        plan: a plan that is saved or opened.
        case: its inputs; read from the plan folder when not given.
        which: `optimised`, `as_announced`, `as_announced_2022` or `frozen`.
    """
    case = case if case is not None else inputs_of(plan)
    tables = tables_of(plan, which)
    made = decisions.Decided(tables, case)
    blocks = [headline(plan, which), years_table(made), decision_lines(made)]
    if which == OPTIMISED:
        blocks += [difference_lines(plan), binding_lines(tables)]
    blocks += [closing_lines(plan)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def headline(plan: PlanTables, which: str = OPTIMISED) -> list[str]:
    """Return the status with its gap, first of all, and the edition banner."""
    manifest = plan.manifest
    cost, bound = float(manifest["published_cost_mjpy"]), manifest.get("bound_mjpy")
    known = f"bound {_number(bound // 1)}" if bound is not None else "no bound"  # never above what is proven
    gap, asked = _share(manifest.get("gap")), _share(manifest["requested_gap"])
    proven = manifest["status"] == "optimal"
    if which != OPTIMISED:
        first = f"{manifest['case']}: the plan *{PLAN_NAMES[which]}*, a reference that is not optimised"
    elif proven:
        first = f"{manifest['case']}: optimal within {gap} ({asked} asked): {_number(cost)} M JPY, {known}"
    else:
        state = "INTERRUPTED, NOT PROVEN" if manifest["status"] == "interrupted" else "NOT PROVEN"
        first = f"{manifest['case']}: {state} within {asked}, gap {gap}: {_number(cost)} M JPY, {known}"
    if which == OPTIMISED and manifest.get("soft"):
        first = f"SOFT {str(manifest['soft']).upper()}. {first}"
    banner = EDITIONS.get(str(manifest["edition"]), "Edition: {edition}.").format(**manifest)
    audit = manifest.get("audit") or {}
    checked = "Audited." if audit.get("passed") else "NOT AUDITED."
    if which == OPTIMISED and manifest.get("objective") == "after_tax":
        checked += " Costs after tax."
    notes = manifest.get("notes") or [] if which == OPTIMISED else []
    said = [line for note in notes for line in _wrapped(note)]
    return [*_wrapped(first), *_wrapped(f"{banner} {checked}"), *said]


def years_table(made: decisions.Decided) -> list[str]:
    """Return one line a fiscal year: racks, changes, energy, PUE, renewable share, CO2, cash, CAPEX."""
    rows = made.tables["summary"].merge(made.changes_by_year(), on="fiscal_year")
    form = "{:<5}{:>6}{:>6}{:>6}{:>6}{:>6}{:>7}{:>7}{:>7}{:>7}{:>8}{:>8}"
    names = ("energy", "PUE", "renew.", "kt CO2", "cash", "CAPEX")
    units = ("GWh", "", "owned", "", "M JPY", "M JPY")
    lines = [
        form.format("FY", "racks", "sites", "halls", "sites", "lease", *names),
        form.format("", "", "", "start", "left", "cuts", *units),
    ]
    for row in records(rows):
        lines.append(
            form.format(
                int(row["fiscal_year"]),
                _number(row["racks"]),
                _number(row["sites"]),
                _count(row["starts"]),
                _count(row["exits"]),
                _count(row["cuts"]),
                f"{row['facility_mwh'] / 1000:,.1f}",
                f"{row['pue']:.3f}",
                f"{100 * row['renewable_share']:.0f} %" if pd.notna(row["renewable_share"]) else "-",
                f"{row['location_tco2e'] / 1000:,.1f}",
                _number(row["cash_mjpy"]),
                _number(row["capex_mjpy"]),
            )
        )
    lines.append(_total_line(form, rows))
    return lines


def _total_line(form: str, rows: pd.DataFrame) -> str:
    total = rows.sum(numeric_only=True)
    pue = total["facility_mwh"] / total["it_mwh"] if total["it_mwh"] else float("nan")
    return form.format(
        "sum",
        "",
        "",
        _count(total["starts"]),
        _count(total["exits"]),
        _count(total["cuts"]),
        f"{total['facility_mwh'] / 1000:,.1f}",
        f"{pue:.3f}",
        "",
        f"{total['location_tco2e'] / 1000:,.1f}",
        _number(total["cash_mjpy"]),
        _number(total["capex_mjpy"]),
    )


def decision_lines(made: decisions.Decided) -> list[str]:
    """Return what is built, left, made smaller or larger, renewed and moved, and when."""
    left = _by_date((row["date"], row["site"]) for row in records(made.exits))
    kept = _by_date((row["term_end"], row["site"]) for row in records(made.renewals))
    cuts = made.reductions
    largest = (cuts["before"] - cuts["after"]).nlargest(CUTS, keep="first").index
    cut = [
        f"{month(row['start'])} {row['site']} {_number(row['before'])} to {_number(row['after'])} racks"
        for row in records(cuts.loc[sorted(largest)])
    ]
    cut += [f"+{len(cuts) - CUTS} smaller"] * (len(cuts) > CUTS)
    more = [
        f"{months} {site} {_number(rows['before'].iloc[0])} to {_number(rows['after'].max())} racks"
        for site, rows in made.increases.groupby("site", sort=False)
        for months in [
            " to ".join(dict.fromkeys([month(rows["start"].iloc[0]), month(rows["start"].iloc[-1])]))
        ]
    ]
    moved = [
        f"{row['period']} {_number(row['racks'])} {row['class']} {row['from_hall']} to {row['to_hall']}"
        for row in records(decisions.largest_moves(made.tables, MOVES))
    ]
    bought = [
        f"FY{row['fiscal_year']} {row['site']} {row['amount']:,.4g} {row['what']}"
        for row in records(decisions.purchases(made.tables))
    ]
    chosen = [_build_words(row) for row in records(made.builds)]
    return [
        *_item("Build", chosen or ["none"], ", "),
        *(_item("Buy", bought, ", ") if bought else []),
        *_item("Leave", left or ["none"], "; "),
        *_item("Lease less", cut or ["none"], ", "),
        *(_item("Lease more", more, ", ") if more else []),
        *_item("Renew", kept or ["none"], "; "),
        *_item("Largest moves", moved or ["none"], ", "),
    ]


def _by_date(dated: Iterable[tuple[object, str]]) -> list[str]:
    """Return `2023-04 Kyoto, Tokyo-5` for every month, in order."""
    months: dict[str, list[str]] = {}
    for when, name in dated:
        months.setdefault(month(when), []).append(name)
    return [f"{when} {', '.join(names)}" for when, names in sorted(months.items())]


def _build_words(row: Mapping[str, Any]) -> str:
    service, announced, later = row["service_date"], row["announced_date"], row["months_later"]
    if pd.isna(service):
        return f"{row['hall']} never" + (f" (announced {month(announced)})" if announced else "")
    if pd.isna(later):
        return f"{row['hall']} {month(service)} (not announced)"
    if row["committed"]:
        return f"{row['hall']} {month(service)} (committed)"
    months = abs(int(later))
    words = "as announced" if not months else f"{months} month{'s' * (months != 1)}"
    side = "" if not months else " late" if later > 0 else " early"
    return f"{row['hall']} {month(service)} ({words}{side})"


def difference_lines(plan: PlanTables) -> list[str]:
    """Return the difference to *as announced* by cost term, then the part over *frozen* apart."""
    if "as_announced" not in plan.references:
        return []
    both = decisions.differences(plan, "as_announced")
    terms = decisions.cost_differences(both)
    shown = [
        (row["term"].replace("_", " "), row["difference"], row["theirs"])
        for row in records(terms.head(TERMS))
    ]
    rest = terms.iloc[TERMS:]
    if len(rest):
        shown.append((f"{len(rest)} other terms", rest["difference"].sum(), rest["theirs"].sum()))
    cells = [f"{name:<18}{_signed(change, base):<20}" for name, change, base in shown]
    half = (len(cells) + 1) // 2
    columns = zip(cells[:half], [*cells[half:], ""], strict=False)
    lines = [f"Against *as announced*: {_totals(terms)}"]
    lines += [f"  {left}{right}".rstrip() for left, right in columns]
    lines += _item("also", _other_measures(both), ", ")
    lines += _broken(plan)
    if "frozen" in plan.references:
        frozen = decisions.cost_differences(decisions.differences(plan, "frozen"))
        lines += _wrapped(f"Apart from that, against *frozen* (every lease kept): {_totals(frozen)}")
    return lines


def _totals(terms: pd.DataFrame) -> str:
    ours, theirs = terms["ours"].sum(), terms["theirs"].sum()
    change = f"{_signed(ours - theirs, theirs)} M JPY".replace(" (", " M JPY (").removesuffix(" M JPY")
    return f"{change}, {_number(ours)} instead of {_number(theirs)}"


def _other_measures(both: pd.DataFrame) -> list[str]:
    names = {
        "energy:facility_mwh": ("energy", 1000.0, "GWh"),
        "carbon:location_tco2e": ("CO2", 1000.0, "kt"),
        "capex": ("CAPEX", 1.0, "M JPY"),
    }
    words = []
    for measure, (name, divisor, unit) in names.items():
        rows = both[both["measure"] == measure]
        if len(rows):
            change = rows["difference"].sum() / divisor
            words.append(f"{name} {change:+,.1f} {unit}" if divisor > 1 else f"{name} {change:+,.0f} {unit}")
    return words


def _broken(plan: PlanTables) -> list[str]:
    tables = plan.references["as_announced"]
    years = fiscal_years(tables)
    targets = tables["targets"]
    missed = targets[(targets["miss"] > 0) & targets["fiscal_year"].isin(years)]
    order = [f"FY{year}" for year in years]
    words = []
    for metric, rows in missed.groupby("metric", sort=False):
        labels = _spans([f"FY{year}" for year in rows["fiscal_year"]], order)
        words.append(f"{str(metric).replace('_', ' ')} target {labels}")
    unserved = tables["unserved"].groupby("period")["unserved_racks"].sum()
    if len(unserved) and unserved.max() > 0:
        words.append(f"up to {_number(unserved.max())} racks unserved")
    return _item("which breaks", words, ", ") if words else []


def binding_lines(tables: decisions.Tables) -> list[str]:
    """Return the limits and targets that hold the plan back, with their periods."""
    found = decisions.binding(tables)
    years = [f"FY{year}" for year in fiscal_years(tables)]
    periods = list(horizon(tables)["period"])
    rank = {limit: place for place, limit in enumerate(LIMITS)}
    words = [
        f"budget FY{year} stops an earlier {', '.join(rows['project'])}"
        for year, rows in tables["earlier"].groupby("fiscal_year")
    ]
    for limit, rows in sorted(found.groupby("limit"), key=lambda item: rank.get(str(item[0]), len(rank))):
        name = LIMITS.get(str(limit), str(limit).replace("_", " "))
        if limit in NAMES_ONLY:
            scopes = [str(scope) for scope in rows["scope"].head(SCOPES)]
        else:
            scopes = [
                f"{row['scope'].replace('_', ' ')} {_spans(row['periods'], years + periods)}"
                for row in records(rows.head(SCOPES))
            ]
        more = f", +{len(rows) - SCOPES} more" if len(rows) > SCOPES else ""
        words.append(f"{name}: {', '.join(scopes)}{more}".replace(": fleet ", " "))
    return _item("Binding", words or ["none"], "; ", breakable=True)


def closing_lines(plan: PlanTables) -> list[str]:
    """Return what rests on assumptions, the forward-looking note, seconds, folder and the next commands."""
    manifest = plan.manifest
    assumed = manifest.get("assumptions") or {}
    note = str(manifest["note"])
    if assumed:
        note = (
            f"{_share(assumed['share_of_rows'], 0)} of the input rows ({_number(assumed['rows'])}) are "
            f"assumptions, each with a range and a reason. {note}"
        )
    seconds = manifest.get("seconds") or {}
    parts = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items() if value >= 0.5)
    lines = [*_wrapped(note), *_wrapped(f"{sum(seconds.values()):.1f} s ({parts})")]
    if plan.folder is None:
        return [*lines, "This plan is not saved."]
    return [
        *lines,
        f"Plan folder: {plan.folder}",
        f"Next: dcplan show {plan.folder} --plan as_announced",
        f"      dcplan charts {plan.folder}",
        f"      dcplan audit {plan.folder}",
    ]


def _item(label: str, words: list[str], between: str, *, breakable: bool = False) -> list[str]:
    """Return `label  words`, wrapped with a hanging indent; a word is kept whole unless `breakable`."""
    first = f"{label:<15}" if label[0].isupper() else f"  {label:<13}"
    glued = between.join(word if breakable else word.replace(" ", "\0") for word in words)
    lines = textwrap.wrap(
        glued,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _spans(labels: Sequence[str], order: Sequence[str]) -> str:
    """Return labels as runs of periods, `FY2023Q1-Q4, FY2025Q2`; more than three runs are only counted."""
    place = {label: index for index, label in enumerate(order)}
    runs: list[list[str]] = []
    for label in sorted(labels, key=place.__getitem__):
        if runs and place[label] == place[runs[-1][-1]] + 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    if len(runs) > 3:
        return f"{len(labels)} periods from {runs[0][0]} to {runs[-1][-1]}"
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{_end_label(run)}" for run in runs)


def _end_label(run: Sequence[str]) -> str:
    same_year = run[0][:6] == run[-1][:6] and run[0].startswith("FY")
    return run[-1][6:] if same_year else run[-1]


def _number(value: object) -> str:
    """Return a whole number with thousands separators; `-` when there is none."""
    number = float("nan") if value is None else float(value)  # type: ignore[arg-type]
    return "-" if math.isnan(number) else f"{round(number) + 0:,d}"


def _count(value: float) -> str:
    return str(int(value)) if value else "."


def _share(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{100.0 * value:.{digits}f} %"


def _signed(change: float, base: float) -> str:
    share = f" ({100.0 * change / abs(base):+.1f} %)" if base and abs(change / base) < 10 else ""
    return f"{round(change):+,d}{share}"
