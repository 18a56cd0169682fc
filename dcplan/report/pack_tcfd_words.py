"""The words of the TCFD pack's first sheet in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping

BOUNDARY = ("tcfd_sites", "tcfd_control", "tcfd_tenant", "tcfd_facility", "tcfd_out")
METHODS = (
    "tcfd_energy",
    "tcfd_gj",
    "tcfd_pue",
    "tcfd_ref",
    "tcfd_cue",
    "tcfd_s1",
    "tcfd_location",
    "tcfd_market",
    "tcfd_shk",
    "tcfd_s3",
    "tcfd_targets",
)
CONVENTIONS = ("tcfd_units", "tcfd_totals", "tcfd_rows", "tcfd_plan", "basis_missing")
"""The lines of each part of the first sheet in order; each has its text under `<name>_text`."""

WORDS: Mapping[str, tuple[str, str]] = {
    "tcfd_title": ("TCFD pack: {title}", "TCFD開示基礎資料:{title}"),
    "quantity_control_text": (
        "{verdict}: {left:,.3f} {relation} {right:,.3f} {unit}; {pairs:,} pairs.",
        "{verdict}:{left:,.3f} {relation} {right:,.3f} {unit}、{pairs:,}件。",
    ),
    "tcfd_sites": ("Sites", "拠点"),
    "tcfd_sites_text": (
        "{sites} sites, {owned} of them owned and {leased} leased, each from the first to the last period in "
        "which it is held.",
        "{sites}拠点(自社{owned}、賃借{leased})。各拠点とも保有する期のみを含む。",
    ),
    "tcfd_control": ("Control", "支配"),
    "tcfd_control_text": (
        "Operational control. Owned sites: all energy in Scope 2. Leased halls that a landlord cools: IT "
        "energy in Scope 2, the landlord's overhead, estimated by the contract PUE, in category 8.",
        "経営支配力基準。自社拠点は全電力をScope 2とする。家主が空調する賃借ホールはIT電力をScope 2、"
        "家主の付帯設備(契約PUEによる推計)をカテゴリ8とする。",
    ),
    "tcfd_tenant": ("Customers' IT", "顧客機器の電力"),
    "tcfd_tenant_text": (
        "View A: in Scope 2. View B: in category 13. Both are given, and a figure of one view is never added "
        "to the other. PUE counts customers' IT energy in either.",
        "表示A:Scope 2に含む。表示B:カテゴリ13とする。両方を示し、混ぜて合計しない。"
        "PUEはいずれの表示でも顧客機器を含む。",
    ),
    "tcfd_facility": ("Fleet and owned", "全社と自社"),
    "tcfd_facility_text": (
        "Decisions see the facility boundary: Scope 1 and location-based emissions of all energy of the "
        "racks, landlord overhead included. Owned and leased sites stand side by side (T09a); what moves "
        "between them is no reduction, so only the fleet is claimable.",
        "意思決定は施設境界(Scope 1と、家主の付帯設備を含む全ラックのロケーション基準排出量)で行う。"
        "自社と賃借を並べて示す(T09a)。両者間の移動は削減ではなく、削減を主張できるのは全社のみ。",
    ),
    "tcfd_out": ("Out", "含まないもの"),
    "tcfd_out_text": (
        "Water, reused heat, servers' own efficiency, offices, network, and Scope 3 but categories 2, 3, 8 "
        "and 13: empty with a reason, never 0.",
        "水、熱の再利用、サーバー単体の効率、オフィス、ネットワーク、カテゴリ2・3・8・13以外のScope 3。"
        "理由を付した空欄とし、ゼロとはしない。",
    ),
    "tcfd_energy": ("Energy", "電力量"),
    "tcfd_energy_text": (
        "Import + on-site self-use + generators = energy of the data center, by site and year. Tests of "
        "generators run into a load bank: their fuel is Scope 1, their output carries no load.",
        "受電+自家消費+発電機=データセンター電力量(拠点・年度別)。発電機試験は負荷装置に対して行い、"
        "燃料はScope 1とし、出力は負荷を担わない。",
    ),
    "tcfd_gj": ("GJ and crude oil", "熱量・原油換算"),
    "tcfd_gj_text": (
        "As delivered at 3.6 GJ/MWh (IFRS S2, SASB);"
        " by the Energy Conservation Act at the table of the year: "
        "purchased electricity 9.76 up to FY2022, 8.64 from FY2023. The series breaks there, so that it is "
        "given restated on the later table, too.",
        "供給端は3.6 GJ/MWh(IFRS S2・SASB)。省エネ法は年度の換算表により、買電は2022年度まで9.76、"
        "2023年度から8.64。系列が途切れるため、新しい換算表による組替値も示す。",
    ),
    "tcfd_pue": ("PUE", "PUE"),
    "tcfd_pue_text": (
        "ISO/IEC 30134-2, category 2 (IT energy at the rack supply),"
        " sum over sum. Every figure of a plan is a "
        "design forecast; interim where a site is held for a part of the year. It falls as a hall fills.",
        "ISO/IEC 30134-2、区分2(ラック給電端)、合計÷合計。計画値はすべて設計・予測値であり、"
        "年度の一部のみ保有する拠点は暫定値。ホールが埋まるほど下がる。",
    ),
    "tcfd_ref": ("REF", "REF"),
    "tcfd_ref_text": (
        "ISO/"
        "IEC 30134-3: on-site self-use and renewable attributes retired for the site in the year, at most "
        "its energy. Nuclear is free of carbon and not renewable. Nothing is banked.",
        "ISO/IEC 30134-3。自家消費と、その拠点・年度のために償却した再エネ属性の合計で、"
        "使用電力量を上限とする。"
        "原子力は再エネに含めない。繰越はしない。",
    ),
    "tcfd_cue": ("CUE", "CUE"),
    "tcfd_cue_text": (
        "ISO/IEC 30134-8, location-based: grid factor of the year, and the site's own fuel and leaks. The "
        "market-based variant is named so and is not the ISO figure.",
        "ISO/IEC 30134-8、ロケーション基準:年度の系統係数と拠点の燃料・漏えい。"
        "マーケット基準は参考値として区別し、ISOの指標ではない。",
    ),
    "tcfd_s1": ("Scope 1", "Scope 1"),
    "tcfd_s1_text": (
        "Fuel of generator tests; refrigerant leaks where inputs tell them. What is not told is named beside "
        "the sum.",
        "発電機試験の燃料と、入力がある場合の冷媒漏えい。不明なものは合計の横に明記する。",
    ),
    "tcfd_location": ("Scope 2, location-based", "Scope 2(ロケーション基準)"),
    "tcfd_location_text": (
        "Metered imports times the grid factor. No certificate,"
        " contract, menu or credit touches it: with the "
        "ledger emptied the figures are the same to the last bit.",
        "受電電力量×系統係数。証書・契約・メニュー・クレジットは一切影響しない(台帳を空にしても完全に一致)。",
    ),
    "tcfd_market": ("Scope 2, market-based", "Scope 2(マーケット基準)"),
    "tcfd_market_text": (
        "Instruments first, then the retailer's residual factor, its standard menu, and last the grid "
        "average: Japan publishes no national residual mix.",
        "証書・契約、小売の残差係数、標準メニュー、系統平均の順。日本には全国残差ミックスの公表値がない。",
    ),
    "tcfd_shk": ("Scope 2, SHK", "Scope 2(SHK)"),
    "tcfd_shk_text": (
        "By the reporting law, basic and adjusted: other rules and other numbers than the two above. From "
        "FY2024 the basic factor has certificates inside; own certificates are deducted at the national "
        "average.",
        "温対法の基礎・調整後。上の二つとは別の規則による別の値。2024年度から基礎係数は証書を反映し、"
        "自社の証書は全国平均係数で控除する。",
    ),
    "tcfd_s3": ("Scope 3", "Scope 3"),
    "tcfd_s3_text": (
        "Category 2 in the year of service (spread over life as a memo), category 3 (upstream, grid losses), "
        "category 8 (landlord overhead), category 13 (customers, in view B only).",
        "カテゴリ2は稼働年度に計上(耐用年数按分は参考)、カテゴリ3(上流・送配電損失)、"
        "カテゴリ8(家主の付帯設備)、カテゴリ13(顧客、表示Bのみ)。",
    ),
    "tcfd_targets": ("Targets", "目標"),
    "tcfd_targets_text": (
        "Gross. The base is the first year of the plan, for a plan has no measured base year.",
        "総量。計画には実測の基準年がないため、計画初年度を基準とする。",
    ),
    "factors": ("Factors", "係数"),
    "factors_used": ("Register", "台帳"),
    "factors_used_text": (
        "{count:,} records (T04), {used:,} of them used: {estimated:,} are estimates and {projected:,} are "
        "projected, for nobody has published them.",
        "{count:,}件(T04)のうち{used:,}件を使用。推計{estimated:,}件、"
        "未公表のため見通しとしたもの{projected:,}件。",
    ),
    "factors_vintage": ("Vintage", "年度"),
    "factors_vintage_text": (
        "Activity of a fiscal year takes the factor of the power supplied in the year before, which is "
        "published during the year. A revision after the report is due restates and is listed, not used.",
        "各年度の活動には前年度供給分の係数(その年度中に公表)を用いる。"
        "報告期限後の改訂は台帳に記載し、使用しない。",
    ),
    "factors_grid": ("Grid", "系統"),
    "factors_grid_text": (
        "The plan was decided with the set {factor_set}; every set is given in T09, and T09b names the sites "
        "for which they disagree.",
        "計画は係数の組「{factor_set}」による。T09にすべての組を示し、"
        "T09bに組によって判断が分かれる拠点を示す。",
    ),
    "tcfd_units": ("Units", "単位"),
    "tcfd_units_text": (
        "MWh, kW, kL, m3, tCO2e;"
        " kg/kWh is t/MWh and m3/MWh is L/kWh. Fiscal year n runs from 1 April n to 31 "
        "March n+1; FY2023 and FY2027 have 8,784 hours.",
        "MWh、kW、kL、m3、tCO2e。kg/kWhはt/MWh、m3/MWhはL/kWhに等しい。n年度はn年4月1日からn+1年3月31日まで。"
        "2023年度と2027年度は8,784時間。",
    ),
    "tcfd_totals": ("Totals", "合計"),
    "tcfd_totals_text": (
        "Full precision below the shown digits; totals are sums of unrounded figures, so a shown total may "
        "differ by one unit from the sum of shown parts. Ratios of boundaries are ratios of sums.",
        "表示桁より下も全精度で保持し、合計は丸め前の値の和であるため、表示値の和と1単位ずれることがある。"
        "境界の比率は合計どうしの比。",
    ),
    "tcfd_plan": ("Plan, not actuals", "計画値"),
    "tcfd_plan_text": (
        "Every figure is a plan figure: nothing in this pack was measured, and nothing is a statement about "
        "past years. {share:.0%} of the input rows ({rows}) are assumptions, each with a range and a reason.",
        "すべて計画値であり、実測値や過去年度の実績を含まない。入力の{share:.0%}({rows}行)は仮定で、"
        "それぞれ範囲と理由を持つ。",
    ),
    "tcfd_rows": ("Rows 1 to 4", "1〜4行目"),
    "tcfd_rows_text": (
        "Labels, units, clauses and machine names; row 4 is the header of the table. The same tables are in "
        "data/ as CSV under the machine names; sheet T42 explains every column. Check a clause in the "
        "licensed text before a filing.",
        "ラベル、単位、根拠条項、項目名。4行目が表の見出し。同じ表をdata/にCSVで置く。"
        "各項目の定義はT42を参照。"
        "提出前に条項を原文で確認すること。",
    ),
}
