"""The PUE fit report as Markdown: lays out the tables of `PueFit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.physics.cooling import CURVE

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.physics.fit import PueFit

_HEAD = """# PUE fit of the case `{name}`

Generated from the case by `dcplan.physics.fit.markdown`; edit the inputs, not this page.

The facility power of a hall is `P = L x (1 + a1 + c(T)) + a0 x D` (L: IT load, D: design IT load, in kW). At
the load share u = L / D its PUE is `1 + a0/u + a1 + c`. A published yearly PUE is one number and cannot fit
three:

- **fixed**: the share a0 and the curve c(T) (floor, start, full, slope), inputs of `cooling.csv`;
- **fixed**: the PUE and the load at which it is taken to hold, inputs of `halls.csv`;
- **fitted**: the proportional share `a1 = PUE - 1 - a0/u - mean c`, with c averaged over the 8,760 hours of
  the typical year, shifted to the monthly normals of the site.
"""

_RANGE = """## What fits equally well

Every pair with the same `a0/u + a1` gives the same yearly PUE, and so does a steeper slope with a smaller a1.
The yearly number cannot tell them apart. A plausible a0 lies between {low:g} and {high:g} kW per design kW:
40 % of the loss of a UPS of 98 to 92 % efficiency, lighting, and up to 0.04 for plant that stands at minimum
speed; it is cut where a1 would become negative. The table goes to the ends of the range of a0 or of the
slope, the other staying as in the case.
"""

_IMPLIED = """At another load v the PUE is `PUE + a0 x (1/v - 1/u)`: it depends on the assumed a0 alone. The
next table gives its interval over the plausible a0, for each reading of the published PUE; in brackets at the
a0 of the case.
"""

_SENSITIVITY = """## If the published number is read differently

A source that says "1.2 range" or "1.3 range" means 1.20 to 1.29 or 1.30 to 1.39. The row without a change is
what the case uses; the others are the ends of the range that its row of `halls.csv` states. The PUE of a hall
that is not yet in service is an expectation, not a measurement.
"""

_CHECKS = """## Checks on facts that the fit does not use

A check that is *not independent* compares with a fact that was in view when an input was chosen: it shows
consistency, it is no evidence.
"""


def document(case: Case, fit: PueFit) -> str:
    """Lay out the report: what is fixed, what fits equally well, other readings, checks."""
    parts = [
        _HEAD.format(name=case.info.name),
        "## Curves (fixed)\n\n" + _curves(case),
        "## Fitted share\n\n" + _fitted(fit),
        _equally_good(fit),
        _SENSITIVITY + "\n" + _sensitivity(fit),
        _CHECKS + "\n" + _checks(fit),
    ]
    return "\n".join(parts)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def _grouped(frame: pd.DataFrame) -> pd.DataFrame:
    """Join the names of halls whose rows read the same."""
    values = [column for column in frame.columns if column != "hall"]
    return frame.groupby(values, sort=False, dropna=False)["hall"].agg(", ".join).reset_index()


def _curves(case: Case) -> str:
    rows = [
        [
            str(row["cooling"]),
            f"{row['fixed_share']:g}",
            *(f"{row[name]:g}" for name in CURVE),
            "-" if pd.isna(row["low"]) else f"{row['low']:g} to {row['high']:g}",
            f"{row['source']} ({row['basis']})",
        ]
        for _, row in case["cooling"].iterrows()
    ]
    header = [
        "cooling type",
        "a0",
        "floor",
        "start degC",
        "full degC",
        "slope per degC",
        "slope range",
        "source",
    ]
    why = "".join(f"- **{row['cooling']}**: {row['reason']}\n" for _, row in case["cooling"].iterrows())
    return _table(header, rows) + "\n" + why


def _fitted(fit: PueFit) -> str:
    wide = fit.parameters.pivot_table(index="hall", columns="parameter", values="value", sort=False)
    source = fit.parameters[fit.parameters["parameter"] == "pue"].set_index("hall")
    shown = pd.DataFrame(
        {
            "hall": wide.index,
            "pue": wide["pue"].map("{:.3f}".format).to_numpy(),
            "load": wide["reference_load"].map("{:.2f}".format).to_numpy(),
            "fixed": (wide["fixed_share"] / wide["reference_load"]).map("{:.3f}".format).to_numpy(),
            "overhead": (
                wide["pue"] - 1.0 - wide["fixed_share"] / wide["reference_load"] - wide["proportional_share"]
            )
            .map("{:.3f}".format)
            .to_numpy(),
            "share": wide["proportional_share"].map("{:.3f}".format).to_numpy(),
            "source": (source["source"] + " (" + source["basis"] + ")").reindex(wide.index).to_numpy(),
        }
    )
    columns = ["hall", "pue", "load", "fixed", "overhead", "share", "source"]
    header = ["halls", "PUE (fixed)", "at load u", "a0/u", "mean c", "a1 (fitted)", "source of the PUE"]
    return _table(header, _grouped(shown)[columns].to_numpy().tolist())


def _equally_good(fit: PueFit) -> str:
    from dcplan.physics.fit import FIXED_SHARE_RANGE

    low, high = FIXED_SHARE_RANGE
    used = fit.parameters.pivot_table(index="hall", columns="parameter", values="value")
    used = used.loc[fit.equally_good["hall"], ["fixed_share", "slope_per_c"]].reset_index(drop=True)
    near = (fit.equally_good[["fixed_share", "slope_per_c"]] == used).any(axis=1)
    pairs = fit.equally_good.assign(
        fixed_share=fit.equally_good["fixed_share"].map("{:.3f}".format),
        slope_per_c=fit.equally_good["slope_per_c"].map("{:.4f}".format),
        proportional_share=fit.equally_good["proportional_share"].map("{:.3f}".format),
        pue=fit.equally_good["pue"].map("{:.3f}".format),
        summer_swing=fit.equally_good["summer_swing"].map("{:.3f}".format),
        feasible=fit.equally_good["feasible"].map({True: "yes", False: "no: a1 < 0"}),
    )
    columns = ["hall", "fixed_share", "slope_per_c", "proportional_share", "pue", "summer_swing", "feasible"]
    header = ["halls", "a0", "slope", "a1", "yearly PUE", "summer swing", "possible"]
    listed = _table(header, _grouped(pairs[near])[columns].to_numpy().tolist())
    return "\n".join([_RANGE.format(low=low, high=high), listed, _IMPLIED, _implied(fit)])


def _implied(fit: PueFit) -> str:
    spans = fit.implied.assign(
        span=[
            f"{low:.3f} to {high:.3f} ({mid:.3f})"
            for low, mid, high in zip(
                fit.implied["pue_low"], fit.implied["pue"], fit.implied["pue_high"], strict=True
            )
        ],
        published_pue=fit.implied["published_pue"].map("{:.3f}".format),
    )
    key = ["hall", "published_pue"]
    by_load = spans.assign(load=[f"at {100 * load:.0f} %" for load in spans["load"]]).set_index(
        [*key, "load"]
    )
    wide = by_load["span"].unstack("load").reindex(pd.MultiIndex.from_frame(spans[key].drop_duplicates()))
    loads = [str(column) for column in wide.columns]
    shown = _grouped(wide.reset_index())[[*key, *loads]]
    return _table(["halls", "published PUE", *loads], shown.to_numpy().tolist())


def _sensitivity(fit: PueFit) -> str:
    rows = fit.sensitivity.assign(
        published_pue=fit.sensitivity["published_pue"].map("{:.3f}".format),
        proportional_share=fit.sensitivity["proportional_share"].map("{:.3f}".format),
        mwh_per_mw_year=fit.sensitivity["mwh_per_mw_year"].map("{:,.0f}".format),
        change=(100 * fit.sensitivity["change"]).map("{:+.1f} %".format),
    )
    columns = ["hall", "published_pue", "proportional_share", "mwh_per_mw_year", "change"]
    header = ["halls", "PUE", "a1", "facility MWh of 1 MW of IT in a year", "against the case"]
    return _table(header, _grouped(rows)[columns].to_numpy().tolist())


def _checks(fit: PueFit) -> str:
    if fit.checks.empty:
        return "No such fact is known for this case.\n"
    rows = []
    for _, check in fit.checks.iterrows():
        digits = ".0f" if check["unit"] == "racks" else ".3f"
        low, high = (format(check[name], digits) for name in ("expected_low", "expected_high"))
        expected = f"at least {low}" if pd.isna(check["expected_high"]) else f"{low} to {high}"
        rows.append(
            [
                check["check"],
                check["hall"],
                f"{expected} {check['unit']}",
                f"{check['modelled']:{digits}} {check['unit']}",
                "yes" if check["agrees"] else "**no**",
                "yes" if check["independent"] else "no",
                f"{check['note']} Source: {check['source']}.",
            ]
        )
    return _table(["check", "hall", "expected", "modelled", "agrees", "independent", "note"], rows)
