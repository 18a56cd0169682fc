"""The words of an exported pack in English and Japanese: units and the first sheet."""

from __future__ import annotations

from collections.abc import Mapping

from dcplan.report.dictionary import LANGUAGES
from dcplan.report.pack_tcfd_words import WORDS as TCFD_WORDS

UNITS_JA: Mapping[str, str] = {
    "M JPY": "百万円",
    "months": "か月",
    "years": "年",
    "racks": "ラック",
    "JPY": "円",
    "days": "日",
    "h": "時間",
    "by row": "行による",
    "pairs": "件",
    "FY": "年度",
    "per year": "年率",
    "% per year": "%/年",
    "JPY/rack-month": "円/ラック・月",
    "JPY/kW-month": "円/kW・月",
    "JPY/kW": "円/kW",
    "JPY/rack": "円/ラック",
    "JPY/kWh": "円/kWh",
    "percent": "パーセント",
}

WORDS: Mapping[str, tuple[str, str]] = {
    "read_me": ("Read me", "はじめに"),
    "capex_title": ("CAPEX review pack: {title}", "設備投資レビュー資料:{title}"),
    "charts": ("Charts", "図"),
    "plan": ("The plan", "計画"),
    "case": ("Case", "ケース"),
    "case_text": ("{title} ({case}, scenario {scenario})", "{title}({case}、シナリオ {scenario})"),
    "span": ("Span", "期間"),
    "span_text": (
        "Opens on {as_of}; the last day of the plan is the one before {horizon_end}. {tail} later years are "
        "optimised with it and never reported.",
        "期首 {as_of}、終了 {horizon_end} の前日まで。その後の{tail}年も合わせて最適化し、報告には含めない。",
    ),
    "gap": ("Gap", "最適性ギャップ"),
    "gap_text": (
        "{status}: {cost:,.1f} M JPY (present value); no plan of this case costs less than {bound:,.1f} M "
        "JPY. "
        "Gap {gap:.3%}, {asked:.3%} asked.",
        "{status}:費用の現在価値 {cost:,.1f} 百万円。下界 {bound:,.1f} 百万円。"
        "ギャップ {gap:.3%}(要求 {asked:.3%})。",
    ),
    "no_gap_text": (
        "{status}: {cost:,.1f} M JPY (present value); no bound was proven.",
        "{status}:費用の現在価値 {cost:,.1f} 百万円。下界は得られていない。",
    ),
    "optimal": ("Optimal within the gap asked", "要求ギャップ内で最適"),
    "feasible": ("NOT PROVEN within the gap asked", "要求ギャップ内の最適性は未証明"),
    "interrupted": ("INTERRUPTED, NOT PROVEN", "途中で中断(最適性は未証明)"),
    "audit": ("Audit", "監査"),
    "audit_text": (
        "Passed: {checks:,} checks of {rules} rules on the optimised plan and its reference plans, "
        "recomputed "
        "from the saved inputs and decisions without the model.",
        "合格:最適化計画と参照計画について、保存された入力と決定からモデルを使わずに再計算し、"
        "{rules}規則・{checks:,}件を照合。",
    ),
    "notice": ("Notice", "注意"),
    "controls": ("Controls", "照合"),
    "control_pass": ("pass", "合格"),
    "control_fail": ("FAIL", "不合格"),
    "control_text": (
        "{verdict}: {left:,.6f} = {right:,.6f} M JPY; {ties:,} pairs, largest difference {largest:,} JPY.",
        "{verdict}:{left:,.6f} = {right:,.6f} 百万円。{ties:,}件、最大差 {largest:,} 円。",
    ),
    "boundary": ("Boundary", "範囲"),
    "boundary_sites": ("Sites", "拠点"),
    "boundary_sites_text": (
        "{sites} sites, {owned} of them owned and {leased} leased; {projects} projects.",
        "{sites}拠点(自社{owned}、賃借{leased})、投資案件{projects}件。",
    ),
    "boundary_in": ("In", "含むもの"),
    "boundary_in_text": (
        "Halls and connection upgrades, their running cost and power, leases of halls, moves and "
        "restoration. "
        "What was paid before the opening day is sunk: shown where a table says so, in no budget and no "
        "case.",
        "ホールと受電増強の投資、その運営費と電力、ホールの賃借、移設と原状回復。"
        "期首前の支払いは埋没費用とし、明記した表にのみ示す。予算や投資採算には含めない。",
    ),
    "boundary_out": ("Out", "含まないもの"),
    "boundary_out_text": (
        "Customers' equipment, network, head office, and investment of the group outside data centers, "
        "except "
        "for the group's past CAPEX that the data centers' is compared with.",
        "顧客の機器、ネットワーク、本社、データセンター以外のグループ投資。"
        "ただし過去のグループ設備投資は比較のために示す。",
    ),
    "method": ("Method", "方法"),
    "method_capex": ("CAPEX", "設備投資"),
    "method_capex_text": (
        "Cost of a project in nominal yen at its service date, paid by its milestones. Construction in "
        "progress "
        "carries what is paid until service and is never depreciated.",
        "案件の費用は稼働日の名目価格とし、支払節目に従って支払う。稼働までの支払いは建設仮勘定とし、"
        "償却しない。",
    ),
    "method_depreciation": ("Depreciation", "減価償却"),
    "method_depreciation_text": (
        "Straight line by asset class from the month of service, at the Japanese rate (1 / life, rounded "
        "up to "
        "three decimals), down to a memo value of 1 yen.",
        "資産区分別の定額法。稼働月から月割りで、償却率は1/耐用年数(小数第4位を切り上げ)、備忘価額1円まで。",
    ),
    "method_leases": ("Leases", "リース"),
    "method_leases_text": (
        "IFRS 16 is the primary view: liability at the borrowing rate of {borrowing:.2%}, right-of-use "
        "assets "
        "straight line. The Japanese standard before FY2027 is an entity view, reconciled to it.",
        "主たる表示はIFRS第16号:追加借入利子率{borrowing:.2%}の負債と定額償却の使用権資産。"
        "2027年度より前の日本基準は単体表示とし、調整表を付す。",
    ),
    "method_objective": ("Objective", "目的関数"),
    "method_objective_text": (
        "Present value at {discount:.2%} of the whole span, {objective} (tax rate {tax:.2%}); sunk "
        "payments left "
        "out. What assets are worth at its end: {terminal}.",
        "全期間の費用の現在価値(割引率{discount:.2%}、{objective}、税率{tax:.2%})。埋没費用は除く。"
        "期末の資産価値は{terminal}。",
    ),
    "method_bridge": ("Budget bridge", "予算差異分析"),
    "method_bridge_text": (
        "Read against the plan as announced. Price: the announced work at this plan's cost; volume: more "
        "or less "
        "of that work within the years; scope: projects in one of the two plans only; timing: moved between "
        "years, 0 in sum; unallocated: the announced plan less the budget. The residual is 0.",
        "公表計画を基準とする。価格:公表計画の工事を本計画の単価で評価した差。数量:期間内に支払う工事量の差。"
        "範囲:片方の計画にのみある案件。時期:年度間の移動(合計0)。未配分:公表計画と予算の差。残差は0。",
    ),
    "pre_tax": ("before tax", "税引前"),
    "after_tax": ("after tax", "税引後"),
    "terminal_annuity": ("annuity-equivalent", "年金換算"),
    "terminal_book": ("straight-line book value", "定額簿価"),
    "terminal_none": ("none", "なし"),
    "conventions": ("Conventions", "表記"),
    "basis_money": ("Money", "金額"),
    "basis_money_text": (
        "Nominal million yen (M JPY), full precision below the shown digits; totals are sums of unrounded "
        "amounts, so a shown total may differ by one unit from the sum of shown parts. Fiscal year n runs "
        "from "
        "1 April n to 31 March n+1.",
        "名目の百万円。表示桁より下も全精度で保持し、合計は丸め前の値の和であるため、"
        "表示値の和と1単位ずれることがある。n年度はn年4月1日からn+1年3月31日まで。",
    ),
    "basis_plan": ("Plan, not actuals", "計画値"),
    "basis_plan_text": (
        "Every figure of a plan year is a plan figure; {share:.0%} of the input rows ({rows}) are "
        "assumptions, "
        "each with a range and a reason. Past years say what they are: actual, target, or nine months.",
        "計画年度の数値はすべて計画値。入力の{share:.0%}({rows}行)は仮定で、それぞれ範囲と理由を持つ。"
        "過去年度は実績・計画値・9か月分の別を示す。",
    ),
    "basis_missing": ("Empty cells", "空欄"),
    "basis_missing_text": (
        "A figure that cannot be formed is empty, with its reason beside it; never a zero.",
        "算出できない値は空欄とし、理由を添える。ゼロとはしない。",
    ),
    "basis_rows": ("Rows 1 to 3", "1〜3行目"),
    "basis_rows_text": (
        "Labels, units and machine names; row 3 is the header of the table. The same tables are in data/ "
        "as CSV "
        "under the machine names; sheet T42 explains every column.",
        "ラベル、単位、項目名。3行目が表の見出し。同じ表をdata/にCSVで置く。各項目の定義はT42を参照。",
    ),
    "sheets": ("Sheets", "シート"),
    "rows": ("{label}: {count:,} rows. {doc}", "{label}({count:,}行)。{doc}"),
    "provenance": ("Provenance", "作成情報"),
    "made_with": ("Made with", "作成環境"),
    "digest": ("SHA-256 of the inputs", "入力のSHA-256"),
    "created": ("Plan made", "計画作成"),
}


METHOD = ("method_capex", "method_depreciation", "method_leases", "method_objective", "method_bridge")
"""The methods of the CAPEX pack in the order of the first sheet; each has its text under `<name>_text`."""


def words(name: str, lang: str, **values: object) -> str:
    """Return a text of the first sheet in a language, with its values filled in."""
    known = WORDS if name in WORDS else TCFD_WORDS
    return known[name][LANGUAGES.index(lang)].format(**values)


def unit_label(unit: str, lang: str) -> str:
    """Return a unit as its row shows it; one without a translation stays as it is."""
    return UNITS_JA.get(unit, unit) if lang == "ja" else unit
