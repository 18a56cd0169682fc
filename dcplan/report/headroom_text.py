"""Headroom as printed text: a row a hall, the least of each fiscal year, and when it runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.metrics.headroom import CLOSED, IT_KW, PLACES, RECEIVING_KW

if TYPE_CHECKING:
    from dcplan.report.headroom_chart import HeadroomLike

LETTERS = {PLACES: "p", IT_KW: "i", RECEIVING_KW: "g", CLOSED: ""}
COLUMNS = (
    "hall", "site", "period", "free_places", "free_it_kw", "free_receiving_kw", "rack_kw", "headroom_racks",
    "binds",
)  # fmt: skip


def headroom_text(room: HeadroomLike, years: pd.DataFrame) -> str:
    """Return the headroom of a plan in racks: by hall and fiscal year, with the month that it runs out.

    Args:
        room: the headroom.
        years: relation period -> fiscal_year.
    """
    share = f"{100 * room.sales_higher:g} %"
    rows = room.halls.merge(years, on="period")
    order = list(dict.fromkeys(rows["hall"]))
    opened = rows[rows["binds"] != CLOSED]
    least = opened.loc[opened.groupby(["hall", "fiscal_year"])["headroom_racks"].idxmin()]
    cells = [
        f"{racks:,.0f}{LETTERS[str(binds)]}"
        for racks, binds in zip(least["headroom_racks"], least["binds"], strict=True)
    ]
    columns = "FY" + least["fiscal_year"].astype(str)
    table = (
        pd.DataFrame({"hall": least["hall"], "year": columns, "cell": cells})
        .pivot(index="hall", columns="year", values="cell")
        .reindex(order)
        .fillna("-")
    )
    mixes = opened.groupby("hall")["rack_kw"].mean().reindex(order)
    table.insert(0, "kW/rack", [f"{kw:.2f}" if kw == kw else "-" for kw in mixes])  # noqa: PLR0124 - NaN
    months = room.run_out[room.run_out["scope"] == "hall"].set_index("name")["month"]
    table["full from"] = [months.get(hall) or "-" for hall in order]
    lines = [
        "Further racks of the typical mix, the least of each fiscal year (p places, i IT kW, g grid kW bind)",
        table.rename_axis(None, axis=1).rename_axis("hall").reset_index().to_string(index=False),
        "",
        f"{'runs out':<20}{'in the plan':>14}{f'sales {share} higher':>22}",
        *_run_out(room.run_out),
    ]
    return "\n".join(lines) + "\n"


def _run_out(table: pd.DataFrame) -> list[str]:
    rows = table[table["scope"].isin(["fleet", "class"])].to_dict("records")
    return [
        f"{row['name']:<20}{row['month'] or 'not by the end':>14}"
        f"{row['month_higher_sales'] or 'not by the end':>22}"
        for row in rows
    ]


def headroom_document(room: HeadroomLike) -> dict[str, Any]:
    """Return headroom as plain data: by hall and period, by month with higher sales, and when it runs out."""
    return {
        "sales_higher": room.sales_higher,
        "halls": room.halls[list(COLUMNS)],
        "months": room.months,
        "run_out": room.run_out,
    }
