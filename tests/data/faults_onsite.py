"""Damaged options of batteries and panels, by the rule that finds them."""

PANELS = (
    "site,from_date,max_kw,cost_jpy_per_kw,price_date,escalation,maintenance_share,asset_class,fade_per_year,"
    "source,basis,low,high,reason\n{},2022-04-01,10,1,2022-04-01,0,0.02,plant,0.005,tutorial,derived,,,\n"
)

ONSITE = {
    "owned_battery_options": [
        (
            lambda f: f.create(
                "battery_options",
                "site,from_date,max_kw,max_kwh,power_jpy_per_kw,energy_jpy_per_kwh,price_date,escalation,"
                "maintenance_share,asset_class,round_trip,fade_per_year,source,basis,low,high,reason\n"
                "City,2022-04-01,10,40,1,1,2022-04-01,0,0.02,plant,0.9,0.02,tutorial,derived,,,\n",
            ),
            "battery_options.csv row 2, site = City: must be an owned site",
        )
    ],
    "sunny_options": [
        (
            lambda f: f.create("pv_options", PANELS.format("City")),
            "pv_options.csv row 2, site = City: must be an owned site",
        ),
        (
            lambda f: f.create("pv_options", PANELS.format("Campus")),
            "pv_options.csv row 2, site = Campus: has no irradiance in the weather file of its station",
        ),
    ],
}
