"""The data dictionary and what is made from it: templates, documents, data package."""

import csv
import json
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.docs import datapackage, inputs_markdown, table_schema
from dcplan.data.load import read_case
from dcplan.data.schema import PROVENANCE, Column, Table
from dcplan.data.shipped import case_folder, case_names
from dcplan.data.tables import CASE_KEYS, SETTINGS, TABLES
from dcplan.data.templates import write_templates
from dcplan.errors import InputError

COLUMNS = [(table, column) for table in TABLES.values() for column in table.all_columns]


@pytest.mark.parametrize("table, column", COLUMNS, ids=[f"{t.name}.{c.name}" for t, c in COLUMNS])
def test_every_column_is_documented_and_refers_to_a_column(table: Table, column: Column) -> None:
    assert column.doc.endswith("."), "a sentence"
    if column.parent is not None:
        name, other = column.parent
        assert other in TABLES[name].column_names
    for suffix, unit in (("_kw", "kW"), ("_mwh", "MWh"), ("_months", "months"), ("_c", "degC")):
        if column.name.endswith(suffix) and not column.name.startswith("slope"):
            assert unit in column.unit


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_is_sound(table: Table) -> None:
    assert table.doc.endswith(".")
    gaps = {"history", "ppa_offers"}  # years that need not follow on one another
    assert table.series == ("fiscal_year" in table.key and table.name not in gaps)
    assert table.provenance == (table.name != "sources")
    assert all(not table.column(name).optional for name in table.key)
    if table.provenance:
        assert table.column_names[-len(PROVENANCE) :] == tuple(column.name for column in PROVENANCE)
    if table.measure:
        assert table.column(table.measure).kind in {"int", "float"}
    with pytest.raises(KeyError):
        table.column("nothing")


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Column("x", "choice"),
        lambda: Column("x", "text", choices=("a",)),
        lambda: Column("x", "int", optional=True),
        lambda: Table("t", ("a",), (Column("b", "text"), Column("a", "text")), ""),
        lambda: Table("t", ("a",), (Column("a", "text"), Column("a", "text")), ""),
        lambda: Table("t", ("a",), (Column("a", "text"),), "", measure="b"),
    ],
)
def test_a_wrong_declaration_is_refused(declare: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        declare()  # type: ignore[operator]


def test_the_shipped_cases_hold_every_setting(iij_case: Case, toy_case: Case) -> None:
    assert set(iij_case.settings) == set(toy_case.settings) == set(SETTINGS)


@pytest.mark.parametrize("name", ["iij", "toy"])
def test_the_shipped_cases_are_found(name: str) -> None:
    assert name in case_names()
    assert (case_folder(name) / "case.toml").is_file()


@pytest.mark.parametrize("name", ["nothing", "../iij", "", "/etc"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="The shipped cases are: iij, toy"):
        case_folder(name)


@pytest.mark.parametrize("name", ["iij", "toy"])
def test_headers_stand_in_the_order_of_the_dictionary(name: str) -> None:
    for table in TABLES.values():
        path = case_folder(name) / table.file
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                header = next(csv.reader(file))
            assert header == [column for column in table.column_names if column in header], path


def test_templates_name_every_column_and_are_refused_until_filled(tmp_path: Path) -> None:
    files = write_templates(tmp_path / "new")
    assert [path.name for path in files] == ["case.toml", *(table.file for table in TABLES.values())]
    case, problems = read_case(tmp_path / "new")
    assert case is None
    messages = [str(problem) for problem in problems]
    assert "halls.csv: has no rows. Fill it: Halls." in messages
    assert not any(
        "missing column" in text or "not a column" in text or "not a key" in text for text in messages
    )
    with pytest.raises(InputError, match="is there already"):
        write_templates(tmp_path / "new")


def test_a_filled_template_is_the_case_again(tmp_path: Path, toy_case: Case) -> None:
    """Copying the rows of a sound case into empty templates gives a sound case."""
    write_templates(tmp_path / "new")
    for name, table in TABLES.items():
        source = toy_case.folder / table.file
        text = source.read_text(encoding="utf-8") if table.file in toy_case.hashes else ""
        rows = list(csv.DictReader(text.splitlines()))
        path = tmp_path / "new" / table.file
        if not rows and name == "carbon_prices":
            path.unlink()
            continue
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, table.column_names, restval="")
            writer.writeheader()
            writer.writerows(rows)
    for name in ("case.toml", "weather/two_temperatures.csv"):
        (tmp_path / "new" / name).write_bytes((toy_case.folder / name).read_bytes())
    case, problems = read_case(tmp_path / "new")
    assert [str(problem) for problem in problems] == []
    assert case is not None
    assert case.info == toy_case.info


def test_the_document_names_everything() -> None:
    text = inputs_markdown()
    for table in TABLES.values():
        assert f"## {table.file}\n" in text
        for column in table.columns:
            assert f"| `{column.name}`" in text
    for name in (*SETTINGS, *CASE_KEYS):
        assert f"`{name}`" in text
    assert text == inputs_markdown()


def test_the_data_package_describes_every_file(iij_case: Case) -> None:
    package = json.loads(json.dumps(datapackage(iij_case)))
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert {r["path"] for r in resources.values()} == {
        name for name in iij_case.hashes if name.endswith(".csv") and "/" not in name
    }
    for name, resource in resources.items():
        schema = resource["schema"]
        fields = {field["name"]: field for field in schema["fields"]}
        assert resource["hash"] == f"sha256:{iij_case.hashes[resource['path']]}"
        assert schema["missingValues"] == ["", "NA"]
        assert set(schema["primaryKey"]) <= set(fields)
        for key in schema.get("foreignKeys", []):
            parent = key["reference"]["resource"] or name
            assert set(key["reference"]["fields"]) <= {
                f["name"] for f in resources[parent]["schema"]["fields"]
            }
        with (iij_case.folder / resource["path"]).open(encoding="utf-8-sig", newline="") as file:
            assert set(next(csv.reader(file))) <= set(fields)


def test_a_table_schema_carries_type_unit_and_bounds() -> None:
    fields = {field["name"]: field for field in table_schema(TABLES["halls"])["fields"]}
    assert fields["pue"]["constraints"] == {"required": True, "minimum": 1, "maximum": 3}
    assert fields["it_kw"] == {
        "name": "it_kw",
        "type": "number",
        "description": "Design IT power.",
        "unit": "kW",
        "constraints": {"required": True, "maximum": 500_000, "exclusiveMinimum": 0},
    }
    assert fields["status"]["constraints"]["enum"] == ["in_service", "candidate"]
    assert fields["rack_places"]["type"] == "integer"
    assert fields["known_on"]["type"] == "date"
    assert "constraints" not in fields["known_on"]
