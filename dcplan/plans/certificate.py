"""The certificate of a plan's bound: written beside the plan, and proven again from its inputs alone.

A plan folder that holds one has `certificate/`:

- `certificate.json`: the program by its hash, the bound proven as a fraction and rounded down, the blocks of
  rows by the position of their first;
- `nodes.csv`: a row a node of the tree: its parent, the cut that makes it (column, side, value), and at a
  leaf the kind of its proof and what that proves, as a fraction and rounded down;
- `multipliers.csv`: the multipliers of each leaf as whole multiples of 2 ** power, by position of the row;
  rows that are not listed have 0.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dcplan.lp.certificate import BOUND, NONE, Certificate, Leaf, Node, check
from dcplan.lp.exact import rounded_down
from dcplan.model import build
from dcplan.plans.plan import write_json
from dcplan.plans.request import Request

if TYPE_CHECKING:
    from dcplan.lp.matrix import Matrix

FOLDER = "certificate"
SCHEMA = 1
AT_MOST, AT_LEAST = "<=", ">="
NODE_COLUMNS = ("node", "parent", "column", "side", "value", "proof", "proves_exactly", "proves_mjpy")


class UnreadableCertificateError(Exception):
    """A file of a certificate cannot be read as what it should be."""


class Proof(NamedTuple):
    """A certificate and the program that it is of."""

    certificate: Certificate
    matrix: Matrix


@dataclass(frozen=True)
class CertificateReport:
    """What the certificate of a plan proves.

    Attributes:
        present: whether the plan has one.
        nodes: nodes of its tree.
        leaves: leaves whose proof was recomputed.
        empty: those among them that hold no schedule.
        bound: the bound that it proves, M JPY, exactly; None if it proves none.
        stated_mjpy: the bound that the manifest states.
        seconds: wall time of the check, the model included.
        faults: what is wrong, one a line.
        solver: the solver whose word a bound without a certificate is.
    """

    present: bool
    nodes: int = 0
    leaves: int = 0
    empty: int = 0
    bound: Fraction | None = None
    stated_mjpy: float | None = None
    seconds: float = 0.0
    faults: tuple[str, ...] = ()
    solver: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong: the stated bound is proven, or nothing was to prove."""
        return not self.faults


def certificate_entry(certificate: Certificate) -> dict[str, Any]:
    """Return what the manifest of a plan says of its certificate."""
    bound = certificate.bound
    return {
        "nodes": len(certificate.nodes),
        "leaves": len(certificate.leaves),
        "bound_mjpy": None if bound is None else rounded_down(bound),
    }


def write_certificate(proof: Proof, folder: Path) -> None:
    """Write a certificate into a plan folder."""
    certificate, matrix = proof
    place = folder / FOLDER
    place.mkdir()
    bound = certificate.bound
    rows = {block.name: block.start for block in matrix.blocks.rows.values() if len(block)}
    head = {
        "schema_version": SCHEMA,
        "program_sha256": certificate.program,
        "power": certificate.power,
        "bound_exactly": None if bound is None else str(bound),
        **certificate_entry(certificate),
        "first_row": rows,
    }
    write_json(head, place / "certificate.json")
    proofs = {leaf.node: leaf for leaf in certificate.leaves}
    lines = [_line(number, node, proofs.get(number), matrix) for number, node in enumerate(certificate.nodes)]
    _write(pd.DataFrame(lines, columns=list(NODE_COLUMNS)), place / "nodes.csv")
    held = [np.flatnonzero(leaf.multipliers != 0) for leaf in certificate.leaves]
    pairs = list(zip(certificate.leaves, held, strict=True))
    table = {
        "leaf": np.repeat([leaf.node for leaf in certificate.leaves], [rows.size for rows in held]),
        "row": np.concatenate(held),
        "multiple": np.concatenate([leaf.multipliers[rows] for leaf, rows in pairs]),
    }
    _write(pd.DataFrame(table), place / "multipliers.csv")


def read_certificate(folder: Path, matrix: Matrix) -> Certificate:
    """Read the certificate of a plan folder; what it states is not checked.

    Raises:
        UnreadableCertificateError: a file is missing, or holds what cannot be one.
    """
    place = folder / FOLDER
    try:
        head = json.loads((place / "certificate.json").read_text("utf-8"))
        if head["schema_version"] != SCHEMA:
            raise ValueError(f"schema_version {head['schema_version']}, not {SCHEMA}")
        stated = head["bound_exactly"]
        bound = None if stated is None else Fraction(stated)
        power, program = int(head["power"]), str(head["program_sha256"])
        if not -1000 <= power <= 0:
            raise ValueError(f"power {power}")
    except (OSError, ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        raise UnreadableCertificateError(f"certificate.json cannot be read ({_said(error)})") from None
    nodes, proofs = _read_nodes(place / "nodes.csv", matrix)
    multipliers = _read_multipliers(place / "multipliers.csv", matrix.rows, set(proofs))
    leaves = [Leaf(node, kind, proves, multipliers[node]) for node, (kind, proves) in proofs.items()]
    return Certificate(program, power, nodes, leaves, bound)


def check_certificate(folder: Path, manifest: Mapping[str, Any]) -> CertificateReport:
    """Prove the bound of a saved plan from its inputs and its certificate, in exact arithmetic.

    The program is made again from the inputs of the plan folder by the model; nothing is solved.

    Raises:
        InputError: the inputs are refused.
    """
    began = time.perf_counter()
    told, bound = manifest.get("certificate"), manifest.get("bound_mjpy")
    stated = float(bound) if isinstance(bound, int | float) else None
    solver = str(manifest.get("solver", "the solver"))
    faults: tuple[str, ...] = ()
    if not (folder / FOLDER).is_dir():
        if told:
            faults = ("the manifest tells of a certificate, and there is none",)
        return CertificateReport(bool(told), stated_mjpy=stated, faults=faults, solver=solver)
    report = prove(folder, stated_program(folder, manifest), stated)
    faults = report.faults if told else (*report.faults, "the manifest does not tell of this certificate")
    return replace(report, faults=faults, solver=solver, seconds=time.perf_counter() - began)


def prove(folder: Path, matrix: Matrix, stated_mjpy: float | None) -> CertificateReport:
    """Prove a stated bound of a program with the certificate of a plan folder."""
    report = CertificateReport(True, stated_mjpy=stated_mjpy)
    try:
        certificate = read_certificate(folder, matrix)
    except UnreadableCertificateError as error:
        return replace(report, faults=(str(error),))
    found = check(matrix, certificate)
    faults = found.faults
    if not faults and (stated_mjpy is None or found.bound is None or Fraction(stated_mjpy) > found.bound):
        proven = "nothing" if found.bound is None else f"{rounded_down(found.bound)!r}"
        faults = (f"the manifest states a bound of {stated_mjpy!r} M JPY, the certificate proves {proven}",)
    return replace(
        report,
        nodes=len(certificate.nodes),
        leaves=found.leaves,
        empty=found.empty,
        bound=found.bound,
        faults=faults,
    )


def stated_program(folder: Path, manifest: Mapping[str, Any]) -> Matrix:
    """Return the program that the model states of the inputs saved with a plan.

    Raises:
        InputError: the inputs are refused.
    """
    request = Request(
        str(folder / "inputs"),
        by=str(manifest["granularity"]),
        tail_years=int(manifest["tail_years"]),
        terminal_value=str(manifest["terminal_value"]),
    )
    return build(*request.open()).program.matrix()


def _line(number: int, node: Node, leaf: Leaf | None, matrix: Matrix) -> tuple[Any, ...]:
    """Return the row of a node."""
    if number == 0:
        cut: tuple[Any, ...] = ("", "", "", "")
    else:
        side = AT_MOST if node.at_most else AT_LEAST
        cut = (node.parent, matrix.col_name(node.column), side, node.value)
    if leaf is None:
        return (number, *cut, "", "", "")
    proves = rounded_down(leaf.proves) if leaf.kind == BOUND else ""
    return (number, *cut, leaf.kind, str(leaf.proves), proves)


def _write(table: pd.DataFrame, path: Path) -> None:
    path.write_text(table.to_csv(index=False, lineterminator="\n"), "utf-8")


def _read_nodes(path: Path, matrix: Matrix) -> tuple[list[Node], dict[int, tuple[str, Fraction]]]:
    """Return the tree and the proof of each leaf as it is told: its kind and what it proves."""
    table = _read(path, NODE_COLUMNS)
    names = {
        name: block.start + place
        for block in matrix.blocks.variables.values()
        if matrix.integrality[block.start : block.stop].any()
        for place, name in enumerate(block.names())
    }
    nodes: list[Node] = []
    proofs: dict[int, tuple[str, Fraction]] = {}
    for line, row in enumerate(table.to_dict("records")):
        try:
            if int(row["node"]) != line:
                raise ValueError(f"node {row['node']}")
            if line == 0:
                nodes.append(Node(NONE, NONE, at_most=False, value=0))
            else:
                at_most = {AT_MOST: True, AT_LEAST: False}[row["side"]]
                column, value = names[row["column"]], int(row["value"])
                nodes.append(Node(int(row["parent"]), column, at_most, value))
            if row["proof"]:
                proofs[line] = (row["proof"], Fraction(row["proves_exactly"]))
        except (ValueError, KeyError, ZeroDivisionError) as error:
            raise UnreadableCertificateError(
                f"nodes.csv row {line + 2} cannot be read ({_said(error)})"
            ) from None
    return nodes, proofs


def _read_multipliers(path: Path, rows: int, leaves: set[int]) -> dict[int, Any]:
    """Return (rows) the multipliers of each leaf."""
    table = _read(path, ("leaf", "row", "multiple"))
    try:
        leaf, row = (table[name].astype("int64").to_numpy() for name in ("leaf", "row"))
        multiple = np.array([int(each) for each in table["multiple"]], dtype=object)
    except (ValueError, OverflowError) as error:
        raise UnreadableCertificateError(f"multipliers.csv cannot be read ({_said(error)})") from None
    if ((row < 0) | (row >= rows)).any() or not set(np.unique(leaf).tolist()) <= leaves:
        raise UnreadableCertificateError("multipliers.csv names a row or a leaf that there is not")
    if pd.DataFrame({"leaf": leaf, "row": row}).duplicated().any():
        raise UnreadableCertificateError("multipliers.csv holds two multipliers of one row of a leaf")
    found = {}
    for number in leaves:
        held = leaf == number
        found[number] = np.zeros(rows, dtype=object)
        found[number][row[held]] = multiple[held]
    return found


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UnreadableCertificateError(f"{path.name} cannot be read ({_said(error)})") from None
    if tuple(table.columns) != columns:
        raise UnreadableCertificateError(f"{path.name}: its columns are not {', '.join(columns)}")
    return table


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
