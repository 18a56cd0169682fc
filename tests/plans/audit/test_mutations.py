"""Seeded falsifications of single cells of a plan that passes: the audit must find every one.

A mutation changes one number by a seeded share or step, or swaps one label for another label of its column,
in a decision, energy or cost table. What is not generated, because no audit could or should find it:

- a number changed by less than 1e-4 of its size or of 1 rack, kW, MWh or M JPY: near the promised tolerance
  of 1e-6 of a row's largest term, where a sum of a hundred terms may hide it;
- the label of a cost of less than 1e-4 M JPY, for the same reason: what it stands for is then below the
  tolerance of a term of 100 M JPY;
- a label replaced by itself, as the file is then unchanged.
"""

from __future__ import annotations

import csv
import random
import shutil
from pathlib import Path

import pytest

from dcplan.plans.audit import audit

COUNT = 200
TABLES = (
    "racks",
    "halls",
    "sites",
    "leases",
    "contract",
    "claims",
    "unserved",
    "misses",
    "energy",
    "site_energy",
    "emissions",
    "costs",
)
SMALLEST = 1e-4
FACTORS = (-0.5, -0.01, -0.001, 0.001, 0.01, 0.5)
STEPS = (-1.0, 1.0, 0.5)


def mutate(rows, random_):
    """Change one cell of a table in place; return (row, column, before, after)."""
    header, body = rows[0], rows[1:]
    while True:
        row = random_.randrange(len(body))
        column = random_.randrange(len(header))
        before = body[row][column]
        after = falsified(header, body, row, column, random_)
        if after is not None and after != before:
            body[row][column] = after
            return row + 2, header[column], before, after


def falsified(header, body, row, column, random_):
    """Return another text for a cell, or None where this draw gives none."""
    before = body[row][column]
    number = as_number(before)
    if number is None or header[column] == "fiscal_year":
        if "mjpy" in header and abs(float(body[row][header.index("mjpy")])) < SMALLEST:
            return None
        return random_.choice([other[column] for other in body])
    if random_.random() < 0.5 and number:
        changed = number * (1 + random_.choice(FACTORS))
    else:
        changed = number + random_.choice(STEPS)
    return repr(changed) if abs(changed - number) >= SMALLEST * max(1.0, abs(number)) else None


def as_number(text):
    try:
        return float(text)
    except ValueError:
        return None


def drawn(folder, seed):
    """Yield COUNT mutated versions of the plan, one after another, each with what was changed."""
    random_ = random.Random(seed)
    paths = [folder / "tables" / f"{name}.csv" for name in TABLES]
    paths = [path for path in paths if path.exists() and len(path.read_text(encoding="utf-8").split()) > 1]
    for _ in range(COUNT):
        path = random_.choice(paths)
        honest = path.read_bytes()
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        what = mutate(rows, random_)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        yield f"{path.name} row {what[0]}, {what[1]}: {what[2]} -> {what[3]}"
        path.write_bytes(honest)


def missed(folder, seed):
    return [what for what in drawn(folder, seed) if audit(folder).passed]


def copied(source, tmp_path):
    return Path(shutil.copytree(source, tmp_path / "copy"))


def test_every_mutation_of_the_plan_made_by_hand_is_found(hand):
    folder = hand.write()
    assert audit(folder).passed
    assert missed(folder, 1) == []
    assert audit(folder).passed


def test_decisions_alone_give_a_mutation_away(hand):
    folder = hand.only_decisions().write()
    assert missed(folder, 4) == []


def test_every_mutation_of_the_tutorial_plan_is_found(toy_plan_folder, tmp_path):
    folder = copied(toy_plan_folder, tmp_path)
    assert audit(folder).passed, str(audit(folder))
    assert missed(folder, 2) == []


@pytest.mark.default_case
def test_every_mutation_of_the_default_plan_is_found(iij_plan_folder, tmp_path):
    folder = copied(iij_plan_folder, tmp_path)
    assert audit(folder).passed, str(audit(folder))
    assert missed(folder, 3) == []
