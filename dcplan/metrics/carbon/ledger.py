"""T05, the instrument ledger: what was acquired, claimed and let go, by instrument, site and fiscal year."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.metrics.carbon.books import CarbonBooks

RE100_FROM = date(2024, 1, 1)
RE100_YEARS = 15
"""RE100 counts plants of at most 15 years for what is procured from January 2024 on."""
PPA = "physical_ppa"
MENUS = ("green_menu", PPA)
"""Kinds that come with the power itself: the retailer's rate is zero for them under the reporting law."""
LEDGER = (
    "instrument_id", "instrument_type", "site_id", "fiscal_year", "basis", "vintage_start", "vintage_end",
    "technology", "renewable", "fit", "tracked", "commissioned_on", "contracted_on", "purchased_on",
    "retired_on", "market", "opening_mwh", "acquired_mwh", "retired_mwh", "expired_mwh", "closing_mwh",
    "ef_kg_per_kwh", "cost_jpy", "qc1_conveys_rate", "qc2_unique_claim", "qc3_tracked_and_retired",
    "qc4_vintage_close", "qc5_same_market", "qc6_residual_consistent", "re100_eligible", "re100_reason",
    "value_status", "source_ref",
)  # fmt: skip


def instrument_ledger(books: CarbonBooks, residual_areas: pd.DataFrame) -> pd.DataFrame:
    r"""Return the ledger: (instrument_id, site_id, fiscal_year), `LEDGER`.

    $$ \text{closing} = \text{opening} + \text{acquired} - \text{retired} - \text{expired} $$

    An attribute is claimed in the year in which its power was made, once, at one site: nothing is banked, so
    that every balance is 0 and what a take-or-pay contract gave beyond its claims expires. Self-generation
    has a row of its own (`onsite:<site>`).

    Args:
        books: of the plan.
        residual_areas: subject, fiscal_year with a residual factor (quality criterion 6).
    """
    rows = pd.concat([_claimed(books), _contracts(books), _onsite(books)], ignore_index=True)
    years = rows["fiscal_year"].astype(int)
    rows["vintage_start"] = [date(y, 4, 1) for y in years]
    rows["vintage_end"] = [date(y + 1, 3, 31) for y in years]
    rows["retired_on"] = rows["vintage_end"]
    rows["purchased_on"] = [c or e for c, e in zip(rows["contracted_on"], rows["vintage_end"], strict=True)]
    rows["opening_mwh"], rows["closing_mwh"], rows["ef_kg_per_kwh"] = 0.0, 0.0, 0.0
    rows["expired_mwh"] = rows["acquired_mwh"] - rows["retired_mwh"]
    rows = rows.merge(
        books.inputs["sites"][["site", "grid_area"]].rename(columns={"site": "site_id"}), on="site_id"
    )
    known = set(zip(residual_areas["subject"], residual_areas["fiscal_year"], strict=True))
    rows["qc6_residual_consistent"] = [
        key in known for key in zip(rows["grid_area"], rows["fiscal_year"], strict=True)
    ]
    rows["qc1_conveys_rate"] = rows["qc2_unique_claim"] = rows["qc5_same_market"] = True
    rows["qc4_vintage_close"] = True
    rows["qc3_tracked_and_retired"] = rows["tracked"]
    rows["market"], rows["basis"], rows["value_status"] = "JP", "plan", "calculated"
    rows["re100_reason"] = re100_reason(rows)
    rows["re100_eligible"] = ~rows["re100_reason"].isin(NOT_ELIGIBLE)
    order = ["fiscal_year", "instrument_id", "site_id"]
    return rows[list(LEDGER)].sort_values(order, kind="stable", ignore_index=True)


NOT_ELIGIBLE = ("not_renewable", "untracked", "commissioning_unknown", "over_15_years")
"""Reasons for which RE100 does not count a claim."""


def re100_reason(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return why RE100 counts a claim, or why not.

    Renewable and tracked come first. Self-generation and power bought from one plant directly (physical
    PPAs) are exempt from the limit of 15 years, and so is what was contracted before January 2024
    (grandfathered). Otherwise the plant first ran less than 15 years before the vintage began; where nobody
    tells when, it is not counted. The mark of 15 % of a company's use that RE100 forgives is not used.
    """
    limit = [
        date(c.year + RE100_YEARS, c.month, min(c.day, 28)) if isinstance(c, date) else None
        for c in rows["commissioned_on"]
    ]
    young = np.array([d is not None and d > s for d, s in zip(limit, rows["vintage_start"], strict=True)])
    dated = np.array([d is not None for d in limit], dtype=bool)
    before = np.array([d < RE100_FROM for d in rows["purchased_on"]], dtype=bool)
    kind = rows["instrument_type"]
    cases = [
        (~rows["renewable"].astype(bool), "not_renewable"),
        (kind == "onsite_pv", "exempt_self_generation"),
        (~rows["tracked"].astype(bool), "untracked"),
        (kind == "physical_ppa", "exempt_direct_ppa"),
        (before, "grandfathered"),
        (~dated, "commissioning_unknown"),
        (~young, "over_15_years"),
    ]
    return np.select([np.asarray(mask) for mask, _ in cases], [name for _, name in cases], "within_15_years")


def claims_of(books: CarbonBooks) -> pd.DataFrame:
    """Return the claims of the reported years above 0: instrument, site, fiscal_year, claimed_mwh, kind,
    renewable.
    """  # noqa: D205
    claims = books.tables["claims"]
    rows = claims[claims["fiscal_year"].isin(books.years) & (claims["claimed_mwh"] > 0)]
    return rows.merge(books.inputs["instruments"][["instrument", "kind", "renewable"]], on="instrument")


def _claimed(books: CarbonBooks) -> pd.DataFrame:
    instruments = books.inputs["instruments"]
    columns = ["instrument", "technology", "tracked", "commissioned_on", "contracted_on", "source"]
    rows = claims_of(books).merge(instruments[columns], on="instrument")
    rows = rows[rows["kind"] != PPA]
    prices = books.inputs["instrument_years"][["instrument", "fiscal_year", "price_jpy_per_kwh"]]
    rows = rows.merge(prices, how="left", on=["instrument", "fiscal_year"])
    rows["cost_jpy"] = rows["claimed_mwh"] * 1000.0 * rows["price_jpy_per_kwh"]
    rows["acquired_mwh"] = rows["claimed_mwh"]
    rows["tracked"] = rows["tracked"] == "yes"
    rows["fit"] = rows["kind"] == "fit_certificate"
    names = {
        "instrument": "instrument_id", "kind": "instrument_type", "site": "site_id",
        "claimed_mwh": "retired_mwh", "source": "source_ref",
    }  # fmt: skip
    return rows.rename(columns=names)


def _contracts(books: CarbonBooks) -> pd.DataFrame:
    """Return what contracts in MW gave and what of it was claimed, by instrument, site and fiscal year."""
    offers = books.inputs["ppa_offers"].rename(columns={"fiscal_year": "start_year"})
    signed = books.tables["ppas"].merge(offers, on=["instrument", "start_year"])
    years = pd.DataFrame({"fiscal_year": books.years})
    rows = signed[signed["contracted_mw"] > 0].merge(years, how="cross")
    last = rows["start_year"] + rows["term_years"] - 1
    rows = rows[(rows["fiscal_year"] >= rows["start_year"]) & (rows["fiscal_year"] <= last)]
    rows["acquired_mwh"] = rows["contracted_mw"] * rows["mwh_per_mw_year"]
    rows["cost_jpy"] = rows["acquired_mwh"] * 1000.0 * rows["price_jpy_per_kwh"]
    keys = ["instrument", "site", "fiscal_year"]
    rows = rows.groupby(keys, as_index=False)[["acquired_mwh", "cost_jpy"]].sum()
    claims = claims_of(books)[[*keys, "claimed_mwh"]]
    rows = rows.merge(claims, how="left", on=keys).rename(columns={"claimed_mwh": "retired_mwh"})
    rows["retired_mwh"] = rows["retired_mwh"].fillna(0.0)  # nothing claimed: all of it expires
    columns = ["instrument", "kind", "renewable", "technology", "tracked", "commissioned_on"]
    rows = rows.merge(books.inputs["instruments"][[*columns, "contracted_on", "source"]], on="instrument")
    rows["tracked"], rows["fit"] = rows["tracked"] == "yes", False
    names = {
        "instrument": "instrument_id", "kind": "instrument_type", "site": "site_id", "source": "source_ref",
    }  # fmt: skip
    return rows.rename(columns=names)


def _onsite(books: CarbonBooks) -> pd.DataFrame:
    energy = books.energy
    rows = energy[(energy["ownership"] == "owned") & (energy["onsite_mwh"] > 0)]
    return pd.DataFrame(
        {
            "instrument_id": "onsite:" + rows["site"],
            "instrument_type": "onsite_pv",
            "site_id": rows["site"],
            "fiscal_year": rows["fiscal_year"],
            "technology": "solar",
            "renewable": True,
            "fit": False,
            "tracked": True,
            "commissioned_on": None,
            "contracted_on": None,
            "acquired_mwh": rows["onsite_mwh"],
            "retired_mwh": rows["onsite_mwh"],
            "cost_jpy": 0.0,
            "source_ref": "site_energy",
        }
    )


def renewables_by_type(books: CarbonBooks, ledger: pd.DataFrame) -> pd.DataFrame:
    """Return T11: MWh and premium by type of supply, boundary and fiscal year.

    Columns: boundary (`fleet`, `owned`), fiscal_year, basis, supply_type, renewable, mwh,
    premium_jpy_per_kwh (sum over sum), share_of_facility (of the boundary's facility energy), additional
    (null: the case does not tell), additional_null_reason. `unmatched_grid` completes each boundary and year
    to its facility energy, so that the shares add up to 1.
    """
    energy = books.energy
    rows = ledger.rename(columns={"instrument_type": "supply_type", "retired_mwh": "mwh"})
    rows = rows.groupby(["fiscal_year", "supply_type", "renewable"], as_index=False)[
        ["mwh", "cost_jpy"]
    ].sum()
    rows["premium_jpy_per_kwh"] = rows["cost_jpy"] / (1000.0 * rows["mwh"])
    parts = []
    for boundary, inside in (("fleet", energy), ("owned", energy[energy["ownership"] == "owned"])):
        whole = inside.groupby("fiscal_year")["facility_mwh"].sum()
        matched = rows.groupby("fiscal_year")["mwh"].sum().reindex(whole.index).fillna(0.0)
        rest = pd.DataFrame({"fiscal_year": whole.index, "mwh": (whole - matched).to_numpy()})
        rest = rest.assign(supply_type="unmatched_grid", renewable=False)
        both = pd.concat([rows, rest], ignore_index=True).assign(boundary=boundary)
        both["share_of_facility"] = both["mwh"] / both["fiscal_year"].map(whole)
        parts.append(both)
    table = pd.concat(parts, ignore_index=True)
    table["basis"], table["additional"], table["additional_null_reason"] = "plan", None, "not_told"
    columns = [
        "boundary", "fiscal_year", "basis", "supply_type", "renewable", "mwh", "premium_jpy_per_kwh",
        "share_of_facility", "additional", "additional_null_reason",
    ]  # fmt: skip
    order = ["boundary", "fiscal_year", "supply_type"]
    return table[columns].sort_values(order, kind="stable", ignore_index=True)
