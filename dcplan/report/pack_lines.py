"""The first sheet of a pack: what the plan is, its boundary and method, and whether it ties out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dcplan.report.pack_labels import METHOD, words
from dcplan.report.workbook import Book, Line

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.report.dictionary import Sheet
    from dcplan.report.source import Inputs, PlanTables

    Pages = Sequence[tuple[Sheet, pd.DataFrame]]


def read_me(
    plan: PlanTables,
    case: Inputs,
    pages: Pages,
    lang: str,
    pictures: Sequence[bytes] = (),
    controls: pd.DataFrame | None = None,
) -> Book:
    """Return the workbook of a pack: its first sheet from the manifest, inputs and controls, then its tables.

    Args:
        plan: the plan.
        case: its inputs.
        pages: every table with its dictionary.
        lang: language of the labels.
        pictures: PNG images of the second sheet.
        controls: the tie-outs (T41), where the pack has them.
    """
    manifest = plan.manifest
    lines = [
        *plan_lines(manifest, lang),
        *([] if controls is None else control_lines(controls, lang, _tied)),
        *_boundary_lines(case, lang),
        *_method_lines(manifest, case, lang),
        *_convention_lines(manifest, lang),
        *sheet_lines(pages, lang),
        *provenance_lines(manifest, lang),
    ]
    return book_of(manifest, "capex_title", lines, pages, lang, pictures)


def book_of(
    manifest: Mapping[str, Any],
    title: str,
    lines: Sequence[Line],
    pages: Pages,
    lang: str,
    pictures: Sequence[bytes] = (),
    clauses: bool = False,
    colours: Mapping[str, str] | None = None,
) -> Book:
    """Return the workbook of a pack; `title` is the word that its title stands under."""
    return Book(
        title=words(title, lang, title=title_of(manifest, lang)),
        lines=lines,
        sheets=pages,
        lang=lang,
        created=created_at(manifest),
        read_me=words("read_me", lang),
        footer=footer_of(manifest, lang),
        pictures=pictures,
        picture_sheet=words("charts", lang),
        clauses=clauses,
        colours=colours or {},
    )


def title_of(manifest: Mapping[str, Any], lang: str) -> str:
    """Return the title of the case in a language; without one, the other's, then the name of the case."""
    japanese = manifest.get("title_ja") if lang == "ja" else ""
    return str(japanese or manifest.get("title") or manifest["case"])


def footer_of(manifest: Mapping[str, Any], lang: str) -> str:
    """Return the footer of every sheet: the case, the day of the plan and the hash of its inputs."""
    return f"{title_of(manifest, lang)}, {manifest['created'][:10]}, {inputs_digest(manifest)[:12]}"


def inputs_digest(manifest: Mapping[str, Any]) -> str:
    """Return one SHA-256 over the names and hashes of a plan's input files."""
    lines = "".join(f"{name} {value}\n" for name, value in sorted(manifest["inputs"].items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def created_at(manifest: Mapping[str, Any]) -> datetime:
    """Return when the plan was made [UTC], as an Excel file notes it."""
    return datetime.fromisoformat(manifest["created"]).astimezone(UTC).replace(tzinfo=None)


def plan_lines(manifest: Mapping[str, Any], lang: str) -> list[Line]:
    """Return what the plan is: case, span, gap, audit and notice."""
    audit = manifest["audit"]
    checks = audit["checks"]
    count = sum(checks.values()) if isinstance(checks, Mapping) else checks
    bound, gap = manifest.get("bound_mjpy"), manifest.get("gap")
    proof = {"status": words(manifest["status"], lang), "cost": manifest["published_cost_mjpy"]}
    proof |= {"bound": bound, "gap": gap, "asked": manifest["requested_gap"]}
    gap_text = "gap_text" if bound is not None and gap is not None else "no_gap_text"
    span = {
        "as_of": manifest["as_of"],
        "horizon_end": manifest["horizon_end"],
        "tail": manifest["tail_years"],
    }
    return [
        Line(words("plan", lang)),
        Line(
            words("case", lang),
            words(
                "case_text",
                lang,
                title=title_of(manifest, lang),
                case=manifest["case"],
                scenario=manifest.get("scenario") or "base",
            ),
        ),
        Line(words("span", lang), words("span_text", lang, **span)),
        Line(
            words("gap", lang),
            words(gap_text, lang, **proof),
            "good" if manifest["status"] == "optimal" else "bad",
        ),
        Line(words("audit", lang), words("audit_text", lang, checks=count, rules=audit["rules"]), "good"),
        Line(words("notice", lang), str(manifest["note"])),
    ]


def control_lines(controls: pd.DataFrame, lang: str, said: Callable[[Any, str, str], str]) -> list[Line]:
    """Return a line a control; `said` puts a row and its verdict into words of a language."""
    shown = "tie_out_ja" if lang == "ja" else "tie_out"
    rows = [
        Line(
            row[shown],
            said(row, words("control_pass" if row["passed"] else "control_fail", lang), lang),
            "good" if row["passed"] else "bad",
        )
        for row in controls.to_dict("records")
    ]
    return [Line(words("controls", lang)), *rows]


def _tied(row: Any, verdict: str, lang: str) -> str:
    """Return the figures of a tie-out to one yen, and whether they are the same."""
    figures = {"left": row["left_mjpy"], "right": row["right_mjpy"], "ties": row["ties"]}
    largest = abs(round(row["largest_jpy"]))
    return words("control_text", lang, verdict=verdict, largest=largest, **figures)


def _boundary_lines(case: Inputs, lang: str) -> list[Line]:
    owned = int((case["sites"]["ownership"] == "owned").sum())
    sites = len(case["sites"])
    count = {"sites": sites, "owned": owned, "leased": sites - owned, "projects": len(case["projects"])}
    return [
        Line(words("boundary", lang)),
        Line(words("boundary_sites", lang), words("boundary_sites_text", lang, **count)),
        Line(words("boundary_in", lang), words("boundary_in_text", lang)),
        Line(words("boundary_out", lang), words("boundary_out_text", lang)),
    ]


def _method_lines(manifest: Mapping[str, Any], case: Inputs, lang: str) -> list[Line]:
    settings = case["settings"].set_index("setting")["value"]
    values = {
        "discount": float(settings["discount_rate"]),
        "tax": float(settings["tax_rate"]),
        "borrowing": float(settings["borrowing_rate"]),
        "objective": words(str(manifest["objective"]), lang),
        "terminal": words(f"terminal_{manifest['terminal_value']}", lang),
    }
    named = [Line(words(name, lang), words(f"{name}_text", lang, **values)) for name in METHOD]
    return [Line(words("method", lang)), *named]


def _convention_lines(manifest: Mapping[str, Any], lang: str) -> list[Line]:
    assumed = manifest["assumptions"]
    plan = words("basis_plan_text", lang, share=assumed["share_of_rows"], rows=assumed["rows"])
    return [
        Line(words("conventions", lang)),
        Line(words("basis_money", lang), words("basis_money_text", lang)),
        Line(words("basis_plan", lang), plan),
        Line(words("basis_missing", lang), words("basis_missing_text", lang)),
        Line(words("basis_rows", lang), words("basis_rows_text", lang)),
    ]


def sheet_lines(pages: Pages, lang: str) -> list[Line]:
    """Return a line a sheet: its title, rows and what it holds."""
    listed = [
        Line(
            sheet.title,
            words("rows", lang, label=sheet.label(lang), count=len(table), doc=sheet.doc(lang)),
        )
        for sheet, table in pages
    ]
    return [Line(words("sheets", lang)), *listed]


def provenance_lines(manifest: Mapping[str, Any], lang: str) -> list[Line]:
    """Return when and with what the plan was made."""
    made = ", ".join(f"{name} {value}" for name, value in manifest["versions"].items())
    return [
        Line(words("provenance", lang)),
        Line(words("created", lang), str(manifest["created"])),
        Line(words("made_with", lang), f"dcplan {manifest['dcplan_version']}, {made}"),
        Line(words("digest", lang), inputs_digest(manifest)),
    ]
