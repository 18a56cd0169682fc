"""The words on pictures, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "ja")

WORDS: Mapping[str, tuple[str, str]] = {
    "timeline": ("Phases and lease exits", "フェーズの稼働と賃借拠点の解約"),
    "owned": ("Owned halls", "自社ホール"),
    "leased": ("Leased sites", "賃借拠点"),
    "lease_held": ("leased (paler: fewer racks)", "賃借中(淡色:縮小後)"),
    "building": ("construction", "工事"),
    "in_service": ("in service", "稼働"),
    "as_announced": (", as announced", "、公表どおり"),
    "announced": ("announced date", "公表された稼働日"),
    "earlier": (", {n} mo. early", "、{n}か月前倒し"),
    "later": (", {n} mo. late", "、{n}か月遅れ"),
    "committed": (", committed", "、着手済"),
    "never": ("not built", "建設しない"),
    "left": ("left {month}", "{month}解約"),
    "cut": ("{before:,} to {after:,} racks", "{before:,}→{after:,}ラック"),
    "renewed": ("term ends, renewed", "契約更新"),
    "racks": ("racks", "ラック"),
    "rack_chart": ("Racks over capacity", "ラック数と収容能力"),
    "demand": ("demand, {first:,} to {last:,}", "需要 {first:,}→{last:,}"),
    "capacity": ("capacity, {most:,} at most", "収容能力 最大{most:,}"),
    "leased_in": ("leased, {region}", "賃借({region})"),
    "leased_other": ("leased, other regions", "賃借(その他地域)"),
    "cost": (
        "Cash cost by fiscal year (left: as announced, right: optimised)",
        "年度別支出(左:公表どおり、右:最適化)",
    ),
    "capex": ("CAPEX by fiscal year and project, against budget", "年度別・案件別の設備投資と予算"),
    "budget": ("budget", "予算"),
    "group": ("whole group", "グループ全体"),
    "share_of_group": ("data centers (% of group)", "データセンター(グループ比%)"),
    "partial": ("9 months", "9か月分"),
    "target": ("target", "計画値"),
    "bn": ("bn JPY, nominal", "十億円(名目)"),
    "mn": ("M JPY, nominal", "百万円(名目)"),
    "optimised": ("optimised", "最適化"),
    "total": ("total", "合計"),
    "soft": (
        "SOFT DEMAND: racks may find no place, at a price",
        "需要緩和(SOFT DEMAND):置き場のないラックを価格付きで許容",
    ),
    "frontier": ("Plans that no other plan beats", "他の計画に劣らない計画(フロンティア)"),
    "frontier_cost": ("cost, present value, M JPY", "費用(現在価値、百万円)"),
    "frontier_carbon": (
        "location-based emissions, facility boundary, tCO2e",
        "排出量(ロケーション基準、施設境界)tCO2e",
    ),
    "frontier_carbon_kt": (
        "location-based emissions, facility boundary, kt CO2e",
        "排出量(ロケーション基準、施設境界)千tCO2e",
    ),
    "frontier_market": (
        "market-based emissions, facility boundary, tCO2e",
        "排出量(マーケット基準、施設境界)tCO2e",
    ),
    "frontier_market_kt": (
        "market-based emissions, facility boundary, kt CO2e",
        "排出量(マーケット基準、施設境界)千tCO2e",
    ),
    "frontier_capex": ("CAPEX, cash, M JPY", "設備投資(支出、百万円)"),
    "knee": ("knee", "屈曲点"),
    "proven": ("orange: what is not proven", "橙:証明の幅"),
}

REGIONS = {
    "Hokkaido": "北海道",
    "Tohoku": "東北",
    "Kanto": "関東",
    "Chubu": "中部",
    "Kansai": "関西",
    "Chugoku": "中国",
    "Kyushu": "九州",
}

COST_GROUPS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "capex": ("CAPEX", "設備投資", ("capex", "onsite_capex", "onsite_replacement")),
    "energy": (
        "energy and certificates",
        "電力・証書",
        ("energy_owned", "energy_leased", "demand_charge", "ppa", "instruments"),
    ),
    "rent": ("rent", "賃借料", ("rent", "overlap_rent")),
    "running": (
        "staff and running",
        "人件・運営",
        ("staff", "maintenance", "onsite_maintenance", "operations", "asset_tax"),
    ),
    "leaving": ("moves and exits", "移設・解約", ("moves", "break_fee", "restoration")),
    "tax": ("income tax", "法人税", ("tax_relief", "tax_shield")),
    "other": ("other", "その他", ()),
}
"""Cash terms by the group that a picture shows; a cash term that stands nowhere is in the last group."""


def word(name: str, lang: str, **values: object) -> str:
    """Return a label in a language, with its values filled in."""
    return WORDS[name][LANGUAGES.index(lang)].format(**values)


def region(name: str, lang: str) -> str:
    """Return the name of a region."""
    return REGIONS.get(name, name) if lang == "ja" else name


def fiscal_year(year: int, lang: str, *, short: bool = False) -> str:
    """Return `FY2025` or `2025年度`, short `FY25` or `25年度`."""
    shown = f"{year % 100:02d}" if short else str(year)
    return f"{shown}年度" if lang == "ja" else f"FY{shown}"
