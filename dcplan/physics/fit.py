r"""What the PUE fit fixes, what it fits, and how far the answer could move.

A published yearly PUE is one number; the curve of a hall has three (a0, a1 and c). The fixed share a0 and the
curve c(T) are inputs, the proportional share a1 is fitted. Every pair with

$$ \frac{a_0}{u} + a_1 = \mathrm{PUE} - 1 - \overline{c} $$

at the reference load u fits equally well, and away from u they differ:

$$ \mathrm{PUE}(v) = \mathrm{PUE} + a_0 \left( \frac{1}{v} - \frac{1}{u} \right) $$

so the PUE at another load v depends on the assumed a0 alone, whatever the curve.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dcplan.data.calendar import HOURS_PER_YEAR
from dcplan.data.case import Case
from dcplan.physics.cooling import CURVE, fit_proportional_share, hall_cooling, overhead
from dcplan.physics.fit_checks import checks
from dcplan.physics.weather import monthly_means, site_temperatures

LOADS = (0.3, 0.6, 0.9)
"""IT load / design IT load at which the implied PUE is shown."""

FIXED_SHARE_RANGE = (0.01, 0.08)
"""Plausible fixed share of an owned hall, kW per design IT kW.

Low end: 40 % of the loss of a UPS of 98 % efficiency (0.008) and lighting (0.002). High end: 40 % of the loss
of a UPS of 92 % (0.035), lighting (0.002) and fans, pumps and controls that stand at minimum speed (0.04).
"""

_UNITS = {
    "fixed_share": "kW per design kW",
    "floor": "kW per kW",
    "t_start_c": "degC",
    "t_full_c": "degC",
    "slope_per_c": "1/degC",
    "pue": "-",
    "reference_load": "-",
    "proportional_share": "kW per kW",
}
_PROVENANCE = ("source", "basis", "low", "high")
_JANUARY, _AUGUST = 0, 7


@dataclass(frozen=True)
class PueFit:
    """The PUE fit of a case, as tidy tables (owned halls, unless said otherwise).

    Attributes:
        parameters: hall, parameter, value, unit, role (fixed | fitted), source, basis, low, high; all halls.
            `low` and `high` are the range of the row's measure (slope_per_c, pue), else empty.
        ranges: hall, published_low, published_pue, published_high, reading (stated | one decimal),
            fixed_share_low, fixed_share, fixed_share_high.
        equally_good: hall, fixed_share, slope_per_c, proportional_share, pue (at the reference load: the same
            in every row of a hall), summer_swing (mean of August less mean of January), feasible (a1 not
            negative).
        implied: hall, published_pue, load, pue_low, pue, pue_high: at the lowest, the assumed and the highest
            a0, in order of PUE.
        sensitivity: hall, published_pue, proportional_share, mwh_per_mw_year (facility energy of 1 MW of IT
            load at the reference load for 8,760 h), change (of that energy, against the case's PUE).
        checks: check, hall, unit, expected_low, expected_high, modelled, agrees, independent, source, note.
    """

    parameters: pd.DataFrame
    ranges: pd.DataFrame
    equally_good: pd.DataFrame
    implied: pd.DataFrame
    sensitivity: pd.DataFrame
    checks: pd.DataFrame


def pue_fit(case: Case) -> PueFit:
    """Fit the PUE curves of a case and report what the published numbers leave open.

    Raises:
        InputError: a fitted share is negative (see `fit_proportional_share`).
    """
    halls = hall_cooling(case).merge(fit_proportional_share(case).drop(columns="fixed_share"), on="hall")
    owned = halls[halls["ownership"] == "owned"].reset_index(drop=True)
    ranges = _ranges(case, owned)
    return PueFit(
        parameters=_parameters(case, halls),
        ranges=ranges,
        equally_good=_equally_good(case, owned, ranges),
        implied=_implied(owned, ranges),
        sensitivity=_sensitivity(owned, ranges),
        checks=checks(case, halls),
    )


def published_range(pue: float, low: float, high: float) -> tuple[float, float, str]:
    """Range of a published PUE: the stated one, else how a number with one decimal reads.

    A source that says "1.2 range" means 1.20 to 1.29.

    Args:
        pue: the value that the case uses.
        low: stated lower end, NaN when none is stated.
        high: stated upper end, NaN when none is stated.

    Returns:
        Lower end, upper end, and the reading: `stated` or `one decimal`.

    >>> published_range(1.245, math.nan, math.nan)
    (1.2, 1.29, 'one decimal')
    """
    if math.isnan(low) or math.isnan(high):
        tenth = math.floor(pue * 10 + 1e-9) / 10
        return tenth, round(tenth + 0.09, 2), "one decimal"
    return low, high, "stated"


def _parameters(case: Case, halls: pd.DataFrame) -> pd.DataFrame:
    """List every number of every hall's curve with its role and provenance."""
    of_curve = case["cooling"].set_index("cooling")[list(_PROVENANCE)]
    of_pue = case["halls"].set_index("hall")[list(_PROVENANCE)]
    rows = halls.melt(
        id_vars=["hall", "cooling"], value_vars=list(_UNITS), var_name="parameter", value_name="value"
    )
    by_curve = of_curve.loc[rows["cooling"]].reset_index(drop=True)
    by_hall = of_pue.loc[rows["hall"]].reset_index(drop=True)
    is_curve = rows["parameter"].isin(["fixed_share", *CURVE])
    fitted = rows["parameter"] == "proportional_share"
    provenance = by_hall.where(~is_curve, by_curve)
    provenance.loc[fitted, ["source", "basis"]] = ["fit", "derived"]
    ranged = rows["parameter"].isin(["slope_per_c", "pue"])
    provenance[["low", "high"]] = provenance[["low", "high"]].where(ranged)
    order = pd.Categorical(rows["hall"], categories=halls["hall"])
    table = rows.assign(
        unit=rows["parameter"].map(_UNITS), role=np.where(fitted, "fitted", "fixed"), order=order
    ).join(provenance)
    columns = ["hall", "parameter", "value", "unit", "role", *_PROVENANCE]
    return table.sort_values("order", kind="stable")[columns].reset_index(drop=True)


def _ranges(case: Case, owned: pd.DataFrame) -> pd.DataFrame:
    """Range of each published PUE, and of the fixed shares that fit it with a1 not negative."""
    stated = case["halls"].set_index("hall").loc[owned["hall"], ["low", "high"]].astype(float)
    read = [
        published_range(pue, low, high)
        for pue, low, high in zip(owned["pue"], stated["low"], stated["high"], strict=True)
    ]
    spare = owned["pue"] - 1.0 - owned["mean_overhead"]
    lowest, highest = FIXED_SHARE_RANGE
    return pd.DataFrame(
        {
            "hall": owned["hall"],
            "published_low": [low for low, _, _ in read],
            "published_pue": owned["pue"],
            "published_high": [high for _, high, _ in read],
            "reading": [reading for _, _, reading in read],
            "fixed_share_low": np.minimum(owned["fixed_share"], lowest),
            "fixed_share": owned["fixed_share"],
            "fixed_share_high": np.maximum(
                owned["fixed_share"], np.minimum(highest, spare * owned["reference_load"])
            ),
        }
    )


def _warm_degrees(case: Case, owned: pd.DataFrame) -> pd.DataFrame:
    """Degrees above t_start, capped at t_full: mean of the year, and August less January, by hall.

    The overhead is floor + slope x degrees, so both moments scale with the slope.
    """
    temperatures = site_temperatures(case)
    degrees = [
        overhead(temperatures[station], 0.0, start, full, 1.0)
        for station, start, full in zip(owned["station"], owned["t_start_c"], owned["t_full_c"], strict=True)
    ]
    months = [monthly_means(hourly) for hourly in degrees]
    return pd.DataFrame(
        {
            "hall": owned["hall"],
            "mean_degrees": [float(hourly.mean()) for hourly in degrees],
            "swing_degrees": [float(month[_AUGUST] - month[_JANUARY]) for month in months],
        }
    )


def _equally_good(case: Case, owned: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """All pairs of (lowest, assumed, highest) fixed share and slope, with the a1 that each needs."""
    slopes = case["cooling"].set_index("cooling")[["low", "slope_per_c", "high"]].astype(float)
    slopes = slopes.apply(lambda column: column.fillna(slopes["slope_per_c"]))
    by_slope = slopes.reset_index().melt("cooling", value_name="slope").drop(columns="variable")
    by_share = ranges[["hall", "fixed_share_low", "fixed_share", "fixed_share_high"]].melt(
        "hall", value_name="share"
    )
    grid = (
        owned.merge(by_share[["hall", "share"]], on="hall")
        .merge(by_slope.drop_duplicates(), on="cooling")
        .merge(_warm_degrees(case, owned), on="hall")
        .drop_duplicates(["hall", "share", "slope"])
    )
    mean = grid["floor"] + grid["slope"] * grid["mean_degrees"]
    proportional = grid["pue"] - 1.0 - grid["share"] / grid["reference_load"] - mean
    return pd.DataFrame(
        {
            "hall": grid["hall"],
            "fixed_share": grid["share"],
            "slope_per_c": grid["slope"],
            "proportional_share": proportional,
            "pue": 1.0 + grid["share"] / grid["reference_load"] + proportional + mean,
            "summer_swing": grid["slope"] * grid["swing_degrees"],
            "feasible": proportional >= -1e-12,
        }
    ).reset_index(drop=True)


def _published(owned: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """One row for each hall and each of the low, used and high readings of its published PUE."""
    readings = ranges.melt(
        ["hall", "fixed_share_low", "fixed_share_high"],
        ["published_low", "published_pue", "published_high"],
        value_name="published",
    ).drop(columns="variable")
    readings = readings.drop_duplicates().sort_values("published", kind="stable")
    return owned.merge(readings, on="hall", how="left")


def _implied(owned: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """PUE at each load, over the range of the fixed share, for each reading of the published PUE.

    For a low reading, a high fixed share can need a negative a1; it is cut to what that reading allows.
    """
    rows = _published(owned, ranges).merge(pd.DataFrame({"load": LOADS}), how="cross")
    spare = (rows["published"] - 1.0 - rows["mean_overhead"]) * rows["reference_load"]
    lever = 1.0 / rows["load"] - 1.0 / rows["reference_load"]
    at_low = rows["published"] + np.minimum(rows["fixed_share_low"], spare) * lever
    at_high = rows["published"] + np.minimum(rows["fixed_share_high"], spare) * lever
    return pd.DataFrame(
        {
            "hall": rows["hall"],
            "published_pue": rows["published"],
            "load": rows["load"],
            "pue_low": np.minimum(at_low, at_high),
            "pue": rows["published"] + np.minimum(rows["fixed_share"], spare) * lever,
            "pue_high": np.maximum(at_low, at_high),
        }
    )


def _sensitivity(owned: pd.DataFrame, ranges: pd.DataFrame) -> pd.DataFrame:
    """Fitted share and yearly energy at the low, used and high readings of the published PUE."""
    rows = _published(owned, ranges)
    return pd.DataFrame(
        {
            "hall": rows["hall"],
            "published_pue": rows["published"],
            "proportional_share": rows["published"]
            - 1.0
            - rows["fixed_share"] / rows["reference_load"]
            - rows["mean_overhead"],
            "mwh_per_mw_year": HOURS_PER_YEAR * rows["published"],
            "change": rows["published"] / rows["pue"] - 1.0,
        }
    )


def markdown(case: Case) -> str:
    """Report of the fit as a Markdown document, generated from the case.

    Raises:
        InputError: a fitted share is negative (see `fit_proportional_share`).
    """
    # Imported here because the text reads the dataclass above.
    from dcplan.physics.fit_text import document

    return document(case, pue_fit(case))
