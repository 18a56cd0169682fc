"""Checks of the PUE curves against public facts that the fit does not use.

A fact that names a hall is checked only in a case that has this hall.
"""

from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months, fiscal_year, typical_hours, years_between
from dcplan.data.case import Case
from dcplan.physics.cooling import overhead
from dcplan.physics.weather import monthly_means, site_temperatures

SWING: Final = (0.17, 0.19)
"""August less January PUE in the published simulation of an economizer hall at full load in Tokyo: the good
and the middle parameter set (Lei and Masanet 2020)."""

SWING_TOLERANCE: Final = 0.035
"""What climate alone moves the simulated PUE between the warmest and the coldest region."""


Hall = dict[Hashable, Any]
Halls = dict[str, Hall]


@dataclass(frozen=True)
class PublishedPeak:
    """A whole-site peak that follows from a published peak cut: cut [kW] / share of the peak [-].

    `rating` says where the kW of the cut come from.
    """

    hall: str
    opened: date
    month: date
    cut_kw: float
    share: float
    rating: str
    source: str

    @property
    def peak_kw(self) -> float:
        """The site's peak before the cut [kW]."""
        return self.cut_kw / self.share


@dataclass(frozen=True)
class PublishedMeasures:
    """Measures that a site is published to have taken, and the saving that theory gives them.

    `saving` is the range of the PUE advantage in August over a hall without them [-].
    """

    hall: str
    saving: tuple[float, float]
    source: str


PEAKS: Final = (
    PublishedPeak(
        hall="Shiroi-1",
        opened=date(2019, 5, 1),
        month=date(2020, 8, 1),
        cut_kw=174.0,
        share=0.108,
        rating="derived (696 kWh over up to four hours)",
        source="TECH+, 17 December 2020",
    ),
)


def fan_share(pressure_pa: float, efficiency: float, delta_t_c: float) -> float:
    r"""Fan power of an air-cooled hall per kW of heat.

    $$ f = \frac{\Delta p}{\eta\,\rho\,c_p\,\Delta T} \qquad [\mathrm{kW/kW}] $$

    with air of 1.2 kg/m3 and 1,005 J/(kg K).

    Args:
        pressure_pa: pressure rise of the fans [Pa].
        efficiency: fan, motor and drive efficiency [-].
        delta_t_c: temperature rise of the air in the racks [degC].

    >>> round(fan_share(750.0, 0.775, 16.7), 3)
    0.048
    """
    return pressure_pa / (efficiency * 1.2 * 1005.0 * delta_t_c)


def compressor_saving(supply_c: float, conventional_c: float, condensing_c: float) -> float:
    """Share of the ideal (Carnot) compressor work that a warmer chilled water saves [-].

    >>> round(compressor_saving(13.0, 7.0, 40.0), 2)
    0.2
    """

    def work(water_c: float) -> float:
        return (condensing_c - water_c) / (water_c + 273.15)

    return 1.0 - work(supply_c) / work(conventional_c)


def _wall_supply_saving() -> tuple[float, float]:
    """Fans at a third of underfloor power, and 13 degC instead of 7 degC water on chillers of COP 6 to 3."""
    fans = fan_share(500.0, 0.90, 19.4), fan_share(1000.0, 0.65, 13.9)
    water = compressor_saving(13.0, 7.0, 40.0)
    return 2 / 3 * fans[0] + water / 6.0, 2 / 3 * fans[1] + water / 3.0


MEASURES: Final = (PublishedMeasures("Shiroi-1", _wall_supply_saving(), "mynavi, 12 April 2019"),)


@dataclass(frozen=True)
class Check:
    """One fact beside what the model says. `expected_high` is NaN for a one-sided check."""

    check: str
    hall: str
    unit: str
    expected_low: float
    expected_high: float
    modelled: float
    agrees: bool
    independent: bool
    source: str
    note: str


def checks(case: Case, halls: pd.DataFrame) -> pd.DataFrame:
    """Every check that applies to the case, one a row.

    Args:
        case: the case.
        halls: `hall_cooling` with proportional_share (a1) and mean_overhead.

    Returns:
        check, hall, unit, expected_low, expected_high, modelled, agrees, independent, source, note. A check
        is not independent when the compared fact was in view as an input was chosen.
    """
    status = case["halls"][["hall", "status"]]
    records = halls.merge(status, on="hall", validate="1:1").to_dict("records")
    known: Halls = {str(record["hall"]): record for record in records}
    found = [*_swings(case, known), *_peaks(case, known), *_measures(case, known)]
    return pd.DataFrame([asdict(check) for check in found], columns=list(Check.__dataclass_fields__))


def _august(case: Case, hall: Hall) -> tuple[float, float]:
    """Mean overhead of January and of August at a hall."""
    temperature = site_temperatures(case)[str(hall["station"])]
    curve = overhead(temperature, hall["floor"], hall["t_start_c"], hall["t_full_c"], hall["slope_per_c"])
    months = monthly_means(curve)
    return float(months[0]), float(months[7])


def _swings(case: Case, halls: Halls) -> Iterator[Check]:
    """Summer swing of every distinct curve of the owned halls in service.

    The weather of a tutorial case is made up, so it is left out.
    """
    if case.info.edition == "tutorial":
        return
    owned = {
        (hall["station"], hall["cooling"]): hall
        for hall in reversed(halls.values())
        if hall["ownership"] == "owned" and hall["status"] == "in_service"
    }
    for hall in reversed(owned.values()):
        january, august = _august(case, hall)
        swing = august - january
        low, high = SWING[0] - SWING_TOLERANCE, SWING[1] + SWING_TOLERANCE
        yield Check(
            check="summer swing",
            hall=str(hall["hall"]),
            unit="PUE",
            expected_low=low,
            expected_high=high,
            modelled=swing,
            agrees=low <= swing <= high,
            independent=False,
            source="Lei and Masanet 2020, run for Tokyo",
            note=(
                f"Simulated {SWING[0]:.2f} to {SWING[1]:.2f}, {SWING_TOLERANCE:g} either way for climate. "
                "The yearly PUE says nothing about it, but a slope is usually chosen with it in view (see "
                f"the reason of {hall['cooling']} in cooling.csv)."
            ),
        )


def _peaks(case: Case, halls: Halls) -> Iterator[Check]:
    """IT load that a published site peak implies, against a straight ramp to the opening racks."""
    for fact in PEAKS:
        if fact.hall not in halls or case.info.as_of <= fact.month:
            continue
        hall = halls[fact.hall]
        it_peak_kw, racks, opening = _implied_load(case, hall, fact)
        age = years_between(fact.opened, fact.month) / years_between(fact.opened, case.info.as_of)
        ramp = age * opening
        low, high = 0.5 * ramp, 1.5 * ramp
        yield Check(
            check=f"site peak {fact.month:%B %Y}",
            hall=fact.hall,
            unit="racks",
            expected_low=low,
            expected_high=high,
            modelled=racks,
            agrees=low <= racks <= high,
            independent=True,
            source=fact.source,
            note=(
                f"{fact.cut_kw:.0f} kW at {100 * fact.share:.1f} % is a site peak of {fact.peak_kw:,.0f} kW. "
                f"The curve then implies an IT peak of {it_peak_kw:,.0f} kW, "
                f"{100 * it_peak_kw / hall['it_kw']:.0f} % of the design load: {racks:.0f} racks of the "
                f"opening mix. A straight ramp from {fact.opened:%B %Y} to the {opening:.0f} racks at "
                f"{case.info.as_of} passes {ramp:.0f}; half to one and a half times that is accepted. "
                f"The opening racks are an input, and the kW of the cut are {fact.rating}."
            ),
        )


def _implied_load(case: Case, hall: Hall, fact: PublishedPeak) -> tuple[float, float, float]:
    """IT peak [kW] and racks of the opening mix that a site peak implies, and the hall's opening racks."""
    hours = typical_hours(fact.month, add_months(fact.month, 1))
    hottest = np.max(site_temperatures(case)[str(hall["station"])][hours])
    c = float(overhead(hottest, hall["floor"], hall["t_start_c"], hall["t_full_c"], hall["slope_per_c"]))
    fixed_kw = hall["fixed_share"] * hall["it_kw"]
    it_peak_kw = (fact.peak_kw - fixed_kw) / (1.0 + hall["proportional_share"] + c)
    years = case["class_years"]
    first = years[years["fiscal_year"] == fiscal_year(case.info.as_of)][["class", "peak_kw"]]
    held = case["occupancy"][case["occupancy"]["hall"] == fact.hall].merge(first, on="class", validate="m:1")
    opening = float(held["racks"].sum())
    opening_peak_kw = case.settings["peak_diversity"] * float((held["racks"] * held["peak_kw"]).sum())
    racks = it_peak_kw / opening_peak_kw * opening if opening_peak_kw else 0.0
    return float(it_peak_kw), float(racks), opening


def _measures(case: Case, halls: Halls) -> Iterator[Check]:
    """Advantage in August of a hall with published measures over the leased halls of its region."""
    region = case["sites"].set_index("site")["region"]
    for fact in MEASURES:
        if fact.hall not in halls:
            continue
        hall = halls[fact.hall]
        theirs = [
            _august_pue(case, peer)
            for peer in halls.values()
            if peer["ownership"] == "leased" and region[peer["site"]] == region[hall["site"]]
        ]
        if not theirs:
            continue
        advantage = float(np.median(theirs)) - _august_pue(case, hall)
        low, high = fact.saving
        yield Check(
            check="wall supply and 13 degC water",
            hall=fact.hall,
            unit="PUE",
            expected_low=low,
            expected_high=float("nan"),
            modelled=advantage,
            agrees=advantage >= low,
            independent=True,
            source=fact.source,
            note=(
                "Fans at a third of underfloor power and chilled water at 13 instead of 7 degC save "
                f"{low:.2f} to {high:.2f} of PUE in August by theory. The median leased hall of the region "
                f"lies {advantage:.2f} higher; the rest is age, outside air and redundancy. A weak check, "
                "against the low end only: it could show no more than a curve that is too bad."
            ),
        )


def _august_pue(case: Case, hall: Hall) -> float:
    """Mean PUE of August at the reference load."""
    return float(
        1.0
        + hall["fixed_share"] / hall["reference_load"]
        + hall["proportional_share"]
        + _august(case, hall)[1]
    )
