"""A replay in words: what full physics changes, and how much of the renewable share stands at its hour."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

LARGE = 0.01


def replay_text(tables: Mapping[str, pd.DataFrame], linear_error: Mapping[str, float], name: str) -> str:
    """Return a replay as text.

    Args:
        tables: `site_years`, `matching`, `worst_periods`, `batteries` and `bills` of a replay.
        linear_error: largest relative difference of the linear replay to the plan, of energy and of peak.
        name: the plan, in words.
    """
    years, matching, worst = (tables[key] for key in ("site_years", "matching", "worst_periods"))
    hours = int(years.loc[years["site"] == "fleet", "hours"].sum())
    sites = int((~years["site"].isin(["owned", "fleet"])).sum() / max(years["fiscal_year"].nunique(), 1))
    lines = [
        f"{name}: {hours:,} hours at {sites} sites",
        f"The linear replay gives the plan's energy within {linear_error['energy']:.0e} and its peaks within "
        f"{linear_error['peak']:.0e}.",
        "",
        "Full physics against the linear curve, owned sites and fleet",
        f"{'site':<12}{'FY':>5}{'MWh':>10}{'full':>10}{'error':>8}{'PUE':>8}{'full':>8}"
        f"{'peak kW':>9}{'full':>8}{'error':>8}{'load f.':>9}",
    ]
    shown = years[(years["ownership"] != "leased") & (years["linear_mwh"] > 0.0)]
    for row in shown.to_dict("records"):
        lines.append(
            f"{row['site']:<12}{row['fiscal_year']:>5}{row['linear_mwh']:>10,.0f}{row['full_mwh']:>10,.0f}"
            f"{row['mwh_error']:>+8.2%}{row['linear_pue']:>8.3f}{row['full_pue']:>8.3f}"
            f"{row['linear_peak_kw']:>9,.0f}{row['full_peak_kw']:>8,.0f}{row['peak_error']:>+8.1%}"
            f"{row['load_factor']:>9.2f}"
        )
    lines += ["", *_verdict(years, worst), "", *_bills(tables["bills"]), "", *_matching(matching)]
    lines += _batteries(tables["batteries"])
    return "\n".join(lines) + "\n"


def _verdict(years: pd.DataFrame, worst: pd.DataFrame) -> list[str]:
    """Say where the linear curve is off by more than a hundredth."""
    single = years[~years["site"].isin(["owned", "fleet"])]
    energy = single[single["mwh_error"].abs() > LARGE]
    peak = single[single["peak_error"].abs() > LARGE]
    found = [_where("Energy", energy, "mwh_error"), _where("Peak", peak, "peak_error")]
    if not worst.empty:
        text = ", ".join(
            f"{r['site']} {r['period']} ({r['mwh_error']:+.1%})" for r in worst.to_dict("records")
        )
        found.append(f"Periods whose energy is off by more than 1 %: {text}.")
    return found


def _where(what: str, rows: pd.DataFrame, column: str) -> str:
    if rows.empty:
        return f"{what} is within 1 % at every site and in every fiscal year."
    by_site = rows.groupby("site", sort=False)
    parts = [
        f"{site} FY{', '.join(str(y) for y in group['fiscal_year'])} (up to {group[column].abs().max():.1%})"
        for site, group in by_site
    ]
    return f"{what} is off by more than 1 % at {'; '.join(parts)}."


def _matching(table: pd.DataFrame) -> list[str]:
    """Show the yearly share beside the hourly ones."""
    lines = [
        "Renewable share of owned sites: by the year, and by the hour, claims spread flat or like the sun",
        f"{'site':<12}{'FY':>5}{'load MWh':>11}{'on site':>9}{'claimed':>9}{'yearly':>8}"
        f"{'flat':>8}{'solar':>8}{'CFE flat':>10}{'solar':>8}",
    ]
    both = table[table["profile"] == "flat"].merge(
        table[table["profile"] == "solar"], on=["site", "fiscal_year"], suffixes=("", "_solar")
    )
    for row in both.to_dict("records"):
        shares = (row["yearly_share"], row["hourly_share"], row["hourly_share_solar"])
        scores = (row["cfe_score"], row["cfe_score_solar"])
        lines.append(
            f"{row['site']:<12}{row['fiscal_year']:>5}{row['load_mwh']:>11,.0f}{row['onsite_mwh']:>9,.0f}"
            f"{row['claimed_mwh']:>9,.0f}{''.join(f'{_percent(share):>8}' for share in shares)}"
            f"{_percent(scores[0]):>10}{_percent(scores[1]):>8}"
        )
    notes = [note for note in dict.fromkeys(table["note"]) if note]
    return lines + [f"Empty shares: {note}." for note in notes]


def _bills(table: pd.DataFrame) -> list[str]:
    """Show what full physics would cost beside what the plan pays."""
    lines = [
        "Bill of the owned sites by full physics, M JPY without tax",
        f"{'site':<12}{'FY':>5}{'plan':>10}{'full':>10}{'more':>8}{'energy':>9}{'demand':>9}",
    ]
    for row in table[table["site"] == "owned"].to_dict("records"):
        lines.append(
            f"{row['site']:<12}{row['fiscal_year']:>5}{row['plan_mjpy']:>10,.1f}{row['full_mjpy']:>10,.1f}"
            f"{row['difference_mjpy'] / row['plan_mjpy']:>+8.2%}{row['energy_mjpy']:>+9.1f}"
            f"{row['demand_mjpy']:>+9.1f}"
        )
    return lines


def _batteries(table: pd.DataFrame) -> list[str]:
    """Show what batteries cut off the highest hour of their site."""
    if table.empty:
        return []
    lines = [
        "",
        "Batteries: cut of the year's highest hour, its worth in demand charge, and the cut in the plan",
        f"{'site':<12}{'FY':>5}{'kW':>7}{'kWh':>7}{'peak kW':>9}{'cut kW':>8}{'cut':>7}{'days':>6}"
        f"{'MWh':>7}{'lost':>6}{'M JPY':>7}{'plan kW':>9}",
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"{row['site']:<12}{row['fiscal_year']:>5}{row['power_kw']:>7,.0f}{row['usable_kwh']:>7,.0f}"
            f"{row['peak_kw']:>9,.0f}{row['cut_kw']:>8,.0f}{row['cut_share']:>7.1%}{row['days']:>6}"
            f"{row['discharged_mwh']:>7.2f}{row['loss_mwh']:>6.2f}{row['worth_mjpy']:>7.2f}"
            f"{row['plan_cut_kw']:>9,.0f}"
        )
    return lines


def _percent(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.1%}"
