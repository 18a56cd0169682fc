"""The certificate of a plan folder: what proves its bound, and whatever is tampered with is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.controls import verify
from dcplan.errors import EXIT_AUDIT, EXIT_USAGE
from dcplan.plans.certificate import check_certificate, prove, stated_program
from dcplan.plans.make import solve_case
from tests.shared import recorded

pytestmark = pytest.mark.usefixtures("figures_formed_once", "models_built_once")

SOLVERS = ("highspy", "pulp", "pyomo", "pyscipopt")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial plan by half-years, whose search splits once, with a certificate."""
    folder = tmp_path_factory.mktemp("certified") / "plan"
    solve_case("toy", output=folder, certificate=True, by="half")
    return folder


@pytest.fixture
def copy(certified: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(certified, tmp_path / "plan"))


@pytest.fixture(scope="module")
def refused(certified: Path) -> Callable[[Path], str]:
    """What is said of a certificate that is not good, over the program of the tutorial."""
    matrix = stated_program(certified, manifest_of(certified))

    def said(folder: Path) -> str:
        found = prove(folder, matrix, manifest_of(folder)["bound_mjpy"])
        assert not found.passed
        return "\n".join(found.faults)

    return said


def manifest_of(folder: Path):
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def report(folder: Path):
    return check_certificate(folder, manifest_of(folder))


def nodes(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "certificate" / "nodes.csv", dtype=str, keep_default_na=False)


def rewrite(table: pd.DataFrame, folder: Path, name: str = "nodes") -> None:
    table.to_csv(folder / "certificate" / f"{name}.csv", index=False)


def multipliers(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "certificate" / "multipliers.csv")


def test_the_bound_of_the_tutorial_is_proven(certified: Path, toy_plan_folder: Path):
    """Its plan is optimal at 976.725557 M JPY."""
    found = report(certified)
    assert (found.present, found.faults, found.leaves) == (True, (), 2)
    manifest = manifest_of(certified)
    assert Fraction(manifest["bound_mjpy"]) <= found.bound
    assert float(found.bound) == pytest.approx(manifest["published_cost_mjpy"], abs=1e-6)
    assert manifest["bound_mjpy"] == pytest.approx(976.725557, abs=1e-6)
    assert manifest["certificate"]["leaves"] == 2
    assert manifest_of(toy_plan_folder)["certificate"] is None


def test_the_command_tells_what_is_proven(certified: Path, monkeypatch: pytest.MonkeyPatch):
    """As text and as JSON, of one verification."""
    with recorded(verify, "verify") as verified:
        done = CliRunner().invoke(cli, ["verify", str(certified)])
    monkeypatch.setattr(verify, "verify", {certified: verified[0]}.__getitem__)
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "2 leaves (0 of them without any plan) prove in exact arithmetic" in said
    assert "no plan costs less than 976.725556 M JPY" in said
    told = json.loads(CliRunner().invoke(cli, ["verify", str(certified), "--json"]).output)["certificate"]
    assert (told["passed"], told["leaves"], told["bound_mjpy"]) == (True, 2, "976.725556")
    assert Fraction(told["bound_exactly"]) >= Fraction(told["stated_mjpy"])


def test_the_command_refuses_what_is_not_proven(copy: Path):
    table = multipliers(copy)
    table.loc[0, "multiple"] += 1
    rewrite(table, copy, "multipliers")
    done = CliRunner().invoke(cli, ["verify", str(copy)])
    assert done.exit_code == EXIT_AUDIT, done.output
    assert "NOT VERIFIED" in done.output
    assert "certificate: REFUSED: leaf 1: its multipliers prove" in done.output
    assert max(len(line) for line in done.output.splitlines()) <= 80


def test_a_plan_without_one_says_whose_word_its_bound_is(toy_plan_folder: Path):
    done = CliRunner().invoke(cli, ["verify", str(toy_plan_folder)])
    assert done.exit_code == 0, done.output
    assert "certificate: none. The bound 965.4" in done.output
    assert "is the word of highs, with no proof" in " ".join(done.output.split())


@pytest.mark.parametrize(
    "options, who", [(["--solver", "pulp:HiGHS"], "pulp:HiGHS"), (["--plain"], "HiGHS's own search")]
)
def test_other_searches_have_no_leaves_to_certify(options: list[str], who: str):
    done = CliRunner().invoke(cli, ["solve", "toy", "--certificate", *options])
    assert done.exit_code == EXIT_USAGE
    assert f"{who} hands out no leaves to prove; leave {options[0]} out" in " ".join(done.output.split())


def test_a_tampered_dual_is_refused(copy: Path, refused):
    """One unit of 2^-44 off: what the leaf proves is another number."""
    table = multipliers(copy)
    table.loc[0, "multiple"] += 1
    rewrite(table, copy, "multipliers")
    assert "leaf 1: its multipliers prove 976.725556585, not 976.725556585 as stated" in refused(copy)
    table.loc[0, "multiple"] *= 1000
    rewrite(table, copy, "multipliers")
    assert "leaf 1: its multipliers prove" in refused(copy)


def test_a_missing_leaf_is_refused(copy: Path, refused):
    whole = nodes(copy)
    rewrite(whole.iloc[:2], copy)
    rewrite(multipliers(copy).query("leaf == 1"), copy, "multipliers")
    assert "node 0: its part in_service[B,FY2024H2] >= 1 is missing" in refused(copy)
    whole.loc[2, ["proof", "proves_exactly", "proves_mjpy"]] = ""
    rewrite(whole, copy)
    assert "node 2: neither split nor proven" in refused(copy)


def test_a_wrong_claim_is_refused_wherever_it_stands(copy: Path, refused):
    """In the manifest; in the certificate; in a leaf."""
    path, manifest = copy / "manifest.json", manifest_of(copy)
    path.write_text(json.dumps({**manifest, "bound_mjpy": 976.7255565852914}), "utf-8")
    assert "the manifest states a bound of 976.7255565852914 M JPY, the certificate" in refused(copy)
    path.write_text(json.dumps(manifest), "utf-8")
    head = json.loads((copy / "certificate" / "certificate.json").read_text("utf-8"))
    more = str(Fraction(head["bound_exactly"]) + Fraction(1, 2**60))
    (copy / "certificate" / "certificate.json").write_text(json.dumps({**head, "bound_exactly": more}))
    assert "the leaves prove 976.725556585, the certificate states" in refused(copy)
    (copy / "certificate" / "certificate.json").write_text(json.dumps(head))
    table = nodes(copy)
    table.loc[2, "proves_exactly"] = "966"
    rewrite(table, copy)
    assert "leaf 2: its multipliers prove 984.815280372, not 966 as stated" in refused(copy)


def test_other_inputs_are_another_program(copy: Path):
    path = copy / "inputs" / "demand.csv"
    table = pd.read_csv(path)
    column = next(name for name in table.columns if name.endswith("racks"))
    table.loc[len(table) - 1, column] -= 1
    table.to_csv(path, index=False)
    assert "is of another program than the inputs of this plan make" in report(copy).faults[0]


def test_a_certificate_that_is_gone_or_not_told_of_is_refused(copy: Path):
    manifest = manifest_of(copy)
    told = check_certificate(copy, {**manifest, "certificate": None}).faults
    assert told == ("the manifest does not tell of this certificate",)
    shutil.rmtree(copy / "certificate")
    told = check_certificate(copy, manifest).faults
    assert told == ("the manifest tells of a certificate, and there is none",)


@pytest.mark.parametrize(
    "name, old, new, expected",
    [
        ("nodes.csv", "in_service[B,FY2024H2]", "in_service[B,FY1999H2]", "nodes.csv row 3 cannot be read"),
        ("nodes.csv", ">=", "=>", "nodes.csv row 4 cannot be read"),
        ("nodes.csv", "bound,", "believed,", "a proof of an unknown kind"),
        ("nodes.csv", "/", "/0/", "nodes.csv row 3 cannot be read"),
        ("nodes.csv", "node,parent", "node,from", "its columns are not"),
        ("multipliers.csv", "multiple\n", "multiple\n1,3,1\n1,3,1\n", "two multipliers of one row"),
        ("multipliers.csv", "multiple\n", "multiple\n1,99999,1\n", "names a row or a leaf that there is not"),
        ("multipliers.csv", "multiple\n", "multiple\n9,0,1\n", "names a row or a leaf that there is not"),
        ("multipliers.csv", "multiple\n", "multiple\n1,3,1e9\n", "multipliers.csv cannot be read"),
        ("certificate.json", '"schema_version": 1', '"schema_version": 2', "certificate.json cannot be read"),
        ("certificate.json", '"power": -44', '"power": -44444', "certificate.json cannot be read"),
        ("certificate.json", '"program_sha256"', '"program"', "certificate.json cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(
    copy: Path, refused, name: str, old: str, new: str, expected: str
):
    path = copy / "certificate" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert expected in refused(copy)


def test_a_missing_file_is_refused(copy: Path, refused):
    for name in ("multipliers.csv", "nodes.csv", "certificate.json"):
        (copy / "certificate" / name).unlink()
        assert f"{name} cannot be read" in refused(copy)


def test_the_check_loads_no_solver(certified: Path):
    """Whoever verifies needs none of them: not one is imported on the way to the verdict."""
    code = (
        "import sys\nfrom dcplan.controls.verify import verify\n"
        f"found = verify({str(certified)!r})\n"
        f"print(found.passed, found.certificate.leaves, [n for n in {SOLVERS!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "True 2 []"
