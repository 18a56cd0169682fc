"""The electricity bill as text."""

from __future__ import annotations

import pandas as pd

LINES = {
    "energy_mjpy": "energy",
    "fuel_adjustment_mjpy": "fuel adj.",
    "surcharge_mjpy": "surcharge",
    "demand_mjpy": "demand",
    "power_factor_mjpy": "p. factor",
    "excess_mjpy": "excess",
    "net_mjpy": "net",
    "consumption_tax_mjpy": "tax",
}


def bill_text(yearly: pd.DataFrame) -> str:
    """Return bills by site and fiscal year as text [M JPY], a leased site as its landlord's energy.

    Args:
        yearly: site, fiscal_year, kwh, billed_kw (the highest of the year) and the lines of a bill.
    """
    head = f"{'site':<12}{'FY':>5}{'MWh':>9}{'kW':>8}" + "".join(f"{name:>10}" for name in LINES.values())
    lines = ["Electricity bill, M JPY nominal, without consumption tax but for the last column", head]
    for row in yearly.to_dict("records"):
        if row["kwh"] == 0.0 and row["net_mjpy"] == 0.0:
            continue
        amounts = "".join(f"{row[name] + 0.0:>10,.1f}" for name in LINES)  # no -0.0
        meter = f"{row['kwh'] / 1e3:>9,.0f}{row['billed_kw']:>8,.0f}"
        lines.append(f"{row['site']:<12}{row['fiscal_year']:>5}{meter}{amounts}")
    lines.append("Input tax is credited against the tax on sales: it stands on the invoice and is no cost.")
    return "\n".join(lines) + "\n"
