"""Power purchase agreements of a saved plan: offers, what contracts give, what they cost, their promise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcplan.plans.audit.inputs import Case, yearly
from dcplan.plans.audit.reading import Floats, UnreadableError, read_optional, read_sheet
from dcplan.plans.audit.report import Ledger, largest

if TYPE_CHECKING:
    from dcplan.plans.audit.world import World

PPA = "physical_ppa"


@dataclass(frozen=True)
class Offers:
    """Contracts on offer by instrument and first year (I, Y): MW, MWh per MW and year, JPY/kWh, years."""

    most_mw: Floats
    signed_mw: Floats
    mwh_per_mw: Floats
    price_jpy_per_kwh: Floats
    term_years: Floats


def read_offers(folder: Path, instruments: dict[str, int], case: Case) -> Offers:
    """Return the offers of a saved case; a year without an offer has none."""
    years = {str(year): i for i, year in enumerate(case.clock.years)}
    shape = (len(instruments), len(years))
    columns = ("most_mw", "mwh_per_mw_year", "price_jpy_per_kwh", "term_years")
    tables = {name: np.zeros(shape) for name in columns}
    signed = np.zeros(shape)
    sheet = read_optional(folder / "ppa_offers.csv")
    if sheet is None:
        return _offers(tables, signed)
    starts = [str(year) for year in sheet.whole("fiscal_year").tolist()]
    for row, (name, start) in enumerate(zip(sheet.text("instrument"), starts, strict=True)):
        if name not in instruments:
            raise UnreadableError("ppa_offers.csv", f"the instrument {name!r} is unknown", instrument=name)
        if start not in years:
            continue
        place = instruments[name], years[start]
        for column, table in tables.items():
            table[place] = sheet.numbers(column)[row]
        if "signed_mw" in sheet.columns:
            signed[place] = np.nan_to_num(sheet.numbers("signed_mw", optional=True)[row])
    return _offers(tables, signed)


def _offers(tables: dict[str, Floats], signed: Floats) -> Offers:
    return Offers(
        signed_mw=signed,
        most_mw=tables["most_mw"],
        mwh_per_mw=tables["mwh_per_mw_year"],
        price_jpy_per_kwh=tables["price_jpy_per_kwh"],
        term_years=tables["term_years"],
    )


def running_years(world: World) -> Floats:
    """Return which fiscal years a contract runs in: (instrument, first year, fiscal year), 1 or 0."""
    years = np.array(world.case.clock.years)
    age = years[None, None, :] - years[None, :, None]
    terms = world.contracts.instruments.offers.term_years[:, :, None]
    return np.asarray((age >= 0) & (age < terms), dtype=np.float64)


def delivered_mwh(world: World) -> Floats:
    """Return what contracts give: (instrument, site, fiscal year) MWh."""
    offers = world.contracts.instruments.offers
    yields = world.decisions.contracted_mw * offers.mwh_per_mw[:, None, :]
    return np.asarray(np.einsum("isa,iay->isy", yields, running_years(world)))


def check_ppas(world: World, ledger: Ledger) -> None:
    """Contracts stay within their offers, and a site claims no more than its contracts give."""
    instruments, contracted = world.contracts.instruments, world.decisions.contracted_mw
    names = ("instrument", list(instruments.rows))
    starts = ("start_year", world.years[1])
    ledger.at_least("ppa_contracts", (names, world.sites, starts), contracted, 0.0, 1.0, "negative contract")
    signed, most = contracted.sum(axis=1), instruments.offers.most_mw
    message = "more is contracted than offered"
    ledger.at_most("ppa_contracts", (names, starts), signed, most, largest(most), message)
    least, message = instruments.offers.signed_mw, "less is contracted than was signed"
    ledger.at_least("ppa_contracts", (names, starts), signed, least, largest(least), message)
    held = instruments.ppa[:, None, None]
    given = np.where(held, delivered_mwh(world), 0.0)
    claimed = np.where(held, world.decisions.claimed_mwh, 0.0)
    message = "more is claimed than the contracts of the site give"
    ledger.at_most(
        "ppa_contracts", (names, world.sites, world.years), claimed, given, largest(given), message
    )


def ppa_cost(world: World) -> Floats:
    """Return what contracts cost beyond the bought power that they replace: (site, fiscal year) M JPY."""
    instruments = world.contracts.instruments
    offers = instruments.offers
    rate = offers.mwh_per_mw * offers.price_jpy_per_kwh / 1000
    paid = np.einsum("isa,iay->sy", world.decisions.contracted_mw * rate[:, None, :], running_years(world))
    used = world.decisions.claimed_mwh[instruments.ppa].sum(axis=0)
    return np.asarray(paid - used * replaced_jpy_per_kwh(world.case) / 1000)


def replaced_jpy_per_kwh(case: Case) -> Floats:
    """Return energy price and fuel adjustment of every site's tariff: (site, fiscal year)."""
    sites = read_sheet(case.folder / "sites.csv")
    tariffs = read_sheet(case.folder / "tariffs.csv")
    kinds = {name: i for i, name in enumerate(dict.fromkeys(sites.text("tariff")))}
    parts = [
        yearly(tariffs, "tariff", kinds, name, case.clock)
        for name in ("energy_jpy_per_kwh", "fuel_adjustment_jpy_per_kwh")
    ]
    return np.asarray((parts[0] + parts[1])[sites.codes("tariff", kinds)])
