import math

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.physics.fit import FIXED_SHARE_RANGE, LOADS, PueFit, markdown, published_range, pue_fit
from dcplan.physics.fit_checks import PEAKS, compressor_saving, fan_share


@pytest.fixture(scope="module")
def fit(iij) -> PueFit:
    return pue_fit(iij)


@pytest.mark.parametrize(
    "pue,low,high,expected",
    [
        (1.245, math.nan, math.nan, (1.2, 1.29, "one decimal")),
        (1.3, math.nan, math.nan, (1.3, 1.39, "one decimal")),
        (1.345, 1.3, 1.39, (1.3, 1.39, "stated")),
    ],
)
def test_how_a_published_pue_reads(pue, low, high, expected):
    assert published_range(pue, low, high) == expected


def test_one_number_of_each_hall_is_fitted(fit, iij):
    roles = fit.parameters.groupby("hall")["role"].value_counts().unstack()
    assert (roles["fitted"] == 1).all()
    assert (roles["fixed"] == 7).all()
    assert set(roles.index) == set(iij["halls"]["hall"])
    fitted = fit.parameters[fit.parameters["role"] == "fitted"]
    assert set(fitted["parameter"]) == {"proportional_share"}
    assert (fit.parameters["source"] != "").all()


def test_equally_good_pairs_give_the_same_yearly_pue(fit, iij):
    published = iij["halls"].set_index("hall")["pue"]
    table = fit.equally_good
    assert table["pue"].to_numpy() == pytest.approx(published.loc[table["hall"]].to_numpy(), abs=1e-12)
    assert table.groupby("hall").size().gt(1).all()
    assert (table["feasible"] == (table["proportional_share"] >= -1e-12)).all()


def test_only_the_fixed_share_moves_the_pue_at_another_load(toy):
    # Hall A: 1.30 at half load; a0 from 0.01 to 0.08 moves it by a0 x (1/0.3 - 1/0.5) at 30 % load.
    implied = pue_fit(toy).implied.set_index(["hall", "published_pue", "load"]).loc[("A", 1.3)]
    lever = 1 / 0.3 - 1 / 0.5
    assert implied.loc[0.3].tolist() == pytest.approx([1.3 + a0 * lever for a0 in (0.01, 0.05, 0.08)])
    lever = 1 / 0.9 - 1 / 0.5
    assert implied.loc[0.9].tolist() == pytest.approx([1.3 + a0 * lever for a0 in (0.08, 0.05, 0.01)])


def test_the_intervals_hold_the_pue_of_the_case(fit):
    table = fit.implied
    assert (table["pue_low"] <= table["pue"] + 1e-12).all()
    assert (table["pue"] <= table["pue_high"] + 1e-12).all()
    assert set(table["load"]) == set(LOADS)
    falls = table.pivot_table(index=["hall", "published_pue"], columns="load", values="pue").to_numpy()
    assert (np.diff(falls, axis=1) < 0).all()


def test_fixed_shares_stay_in_the_plausible_range_and_keep_a1_positive(fit):
    table = fit.ranges.merge(
        fit.parameters.query("parameter == 'reference_load'")[["hall", "value"]], on="hall"
    )
    assert (table["fixed_share_low"] >= FIXED_SHARE_RANGE[0]).all()
    assert (table["fixed_share_high"] <= FIXED_SHARE_RANGE[1]).all()
    assert (table["fixed_share_low"] < table["fixed_share_high"]).all()


def test_readings_at_both_ends_of_the_published_range(fit):
    for hall, low, high in [("Matsue-1", 1.20, 1.29), ("Shiroi-1", 1.30, 1.39)]:
        rows = fit.sensitivity[fit.sensitivity["hall"] == hall]
        assert rows["published_pue"].tolist() == pytest.approx([low, (low + high) / 2, high])
        assert np.diff(rows["proportional_share"]) == pytest.approx([(high - low) / 2] * 2)
        assert rows["mwh_per_mw_year"].iloc[0] == pytest.approx(8760 * low)
        assert rows["change"].iloc[1] == 0.0


def test_the_powerpack_implies_a_young_hall(fit):
    [fact] = PEAKS
    assert fact.peak_kw == pytest.approx(1611.1, abs=0.1)
    check = fit.checks.set_index("check").loc["site peak August 2020"]
    assert check["independent"]
    assert 120 < check["modelled"] < 360
    assert check["agrees"]


def test_checks_of_the_default_case_agree(fit):
    assert fit.checks["agrees"].all()
    swings = fit.checks[fit.checks["check"] == "summer swing"]
    assert swings["hall"].tolist() == ["Shiroi-1", "Matsue-1"]
    assert not swings["independent"].any()


def test_theory_behind_the_checks():
    assert fan_share(1000.0, 1.0, 1000.0 / 1206.0) == pytest.approx(1.0)
    # Ideal work per heat: (40 - 13) / 286.15 against (40 - 7) / 280.15.
    assert compressor_saving(13.0, 7.0, 40.0) == pytest.approx(1 - (27 / 286.15) / (33 / 280.15))


def test_a_tutorial_has_no_published_facts(toy):
    assert pue_fit(toy).checks.empty
    assert "No such fact is known" in markdown(toy)


def test_the_report_is_generated_from_the_case(iij, fit):
    text = markdown(iij)
    assert text == markdown(iij)
    for words in ("1,611 kW", "1.2 range", "a1 (fitted)", "Shiroi-2a, Shiroi-2b", "not independent"):
        assert words in text
    share = fit.parameters.set_index(["hall", "parameter"])["value"]["Matsue-1", "proportional_share"]
    assert f"| {share:.3f} |" in text


def test_a_case_that_cannot_be_fitted_is_refused(toy, edited):
    with pytest.raises(InputError):
        pue_fit(edited(toy, "halls", lambda halls: halls.assign(pue=1.01)))
