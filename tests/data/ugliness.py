"""Ways to write a table that a planner's tools really produce, all legal: the case stays the same."""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from dcplan.data.schema import Column, Table

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}


@dataclass
class Ugly:
    """The cells of one file and how they will be written."""

    table: Table
    header: list[str]
    rows: list[list[str]]
    encoding: str = "utf-8"
    mark: bytes = b""
    ends: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    last_end: bool = True
    before: str = ""
    after: str = ""
    between: str = ""
    trailing: int = 0
    done: set[str] = field(default_factory=set)

    def change(self, kinds: set[str], rewrite: Callable[[str], str]) -> None:
        """Rewrite the filled cells of columns of these kinds."""
        for at, name in enumerate(self.header):
            if self.column(name).kind in kinds:
                for row in self.rows:
                    core = row[at].strip()
                    if core and core != "NA":
                        row[at] = row[at].replace(core, rewrite(core))

    def column(self, name: str) -> Column:
        return self.table.column(name.strip())

    def content(self) -> bytes:
        blank = [""] * self.trailing
        lines = []
        for row in [self.header, *self.rows]:
            out = io.StringIO()
            csv.writer(out, quoting=self.quoting, lineterminator="\r\n").writerow([*row, *blank])
            lines.append(out.getvalue().removesuffix("\r\n"))
        if self.between:
            lines.insert(random.Random(len(lines)).randrange(1, len(lines) + 1), self.between)
        text = self.before + self.ends.join(lines) + (self.ends if self.last_end else "") + self.after
        return self.mark + text.encode(self.encoding)


Deed = Callable[[Ugly, random.Random], None]
KINDS: dict[str, Deed] = {}


def kind(deed: Deed) -> Deed:
    KINDS[deed.__name__.replace("_", " ")] = deed
    return deed


@kind
def byte_order_mark(ugly: Ugly, dice: random.Random) -> None:
    ugly.encoding, ugly.mark = "utf-8", b"\xef\xbb\xbf"


@kind
def utf_16(ugly: Ugly, dice: random.Random) -> None:
    little = dice.random() < 0.5
    ugly.encoding, ugly.mark = ("utf-16-le", b"\xff\xfe") if little else ("utf-16-be", b"\xfe\xff")


@kind
def cp932(ugly: Ugly, dice: random.Random) -> None:
    try:
        ugly.content().decode(ugly.encoding).encode("cp932")
    except UnicodeEncodeError:
        return
    ugly.encoding, ugly.mark = "cp932", b""


@kind
def windows_line_ends(ugly: Ugly, dice: random.Random) -> None:
    ugly.ends = "\r\n"


@kind
def old_mac_line_ends(ugly: Ugly, dice: random.Random) -> None:
    ugly.ends = "\r"


@kind
def no_last_line_end(ugly: Ugly, dice: random.Random) -> None:
    ugly.last_end, ugly.after = False, ""


@kind
def quoted_cells(ugly: Ugly, dice: random.Random) -> None:
    ugly.quoting = csv.QUOTE_ALL


@kind
def blank_rows_before(ugly: Ugly, dice: random.Random) -> None:
    ugly.before = "\n" * dice.randint(1, 3)


@kind
def blank_rows_between(ugly: Ugly, dice: random.Random) -> None:
    ugly.between = "," * dice.randint(0, 3)


@kind
def blank_rows_after(ugly: Ugly, dice: random.Random) -> None:
    ugly.last_end, ugly.after = True, "\n,,,\n   ,\n" * dice.randint(1, 9)


@kind
def trailing_commas(ugly: Ugly, dice: random.Random) -> None:
    ugly.trailing = dice.randint(1, 4)


@kind
def columns_in_another_order(ugly: Ugly, dice: random.Random) -> None:
    order = dice.sample(range(len(ugly.header)), len(ugly.header))
    ugly.header = [ugly.header[at] for at in order]
    ugly.rows = [[row[at] for at in order] for row in ugly.rows]


@kind
def rows_in_another_order(ugly: Ugly, dice: random.Random) -> None:
    dice.shuffle(ugly.rows)


@kind
def empty_columns_left_out(ugly: Ugly, dice: random.Random) -> None:
    kept = [
        at
        for at, name in enumerate(ugly.header)
        if not ugly.column(name).optional or any(row[at] for row in ugly.rows)
    ]
    ugly.header = [ugly.header[at] for at in kept]
    ugly.rows = [[row[at] for at in kept] for row in ugly.rows]


@kind
def padded_cells(ugly: Ugly, dice: random.Random) -> None:
    for row in ugly.rows:
        for at, cell in enumerate(row):
            row[at] = dice.choice([cell, f" {cell} ", f"\u3000{cell}", f"{cell}\u3000 "])


@kind
def padded_header(ugly: Ugly, dice: random.Random) -> None:
    ugly.header = [f" {name} " for name in ugly.header]


@kind
def full_width_numbers(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"int", "float"}, lambda cell: cell.translate(WIDE))


@kind
def full_width_dates(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"date"}, lambda cell: cell.translate(WIDE))


@kind
def full_width_flags(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"bool"}, lambda cell: cell.translate(WIDE))


@kind
def thousands_separators(ugly: Ugly, dice: random.Random) -> None:
    def grouped(cell: str) -> str:
        whole, point, rest = cell.partition(".")
        return f"{int(whole):,}{point}{rest}" if whole.isascii() and whole.isdigit() else cell

    ugly.change({"int", "float"}, grouped)


@kind
def idle_decimals(ugly: Ugly, dice: random.Random) -> None:
    ends = [".0", ".", ".000"]
    ugly.change({"int", "float"}, lambda c: c + dice.choice(ends) if c.isascii() and c.isdigit() else c)


@kind
def plus_signs(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"int", "float"}, lambda cell: f"+{cell}" if cell[:1].isdigit() else cell)


@kind
def exponents(ugly: Ugly, dice: random.Random) -> None:
    def scientific(cell: str) -> str:
        return f"{cell}e0" if cell.isascii() and cell.replace(".", "", 1).isdigit() else cell

    ugly.change({"float"}, scientific)


@kind
def minus_sign(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"int", "float"}, lambda cell: cell.replace("-", "\u2212") if cell[:1] == "-" else cell)


@kind
def dates_with_slashes(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"date"}, lambda cell: cell.replace("-", "/"))


@kind
def dates_without_zeros(ugly: Ugly, dice: random.Random) -> None:
    def short(cell: str) -> str:
        try:
            day = date.fromisoformat(cell)
        except ValueError:
            return cell
        mark = dice.choice("-/")
        return f"{day.year}{mark}{day.month}{mark}{day.day}"

    ugly.change({"date"}, short)


@kind
def dates_at_midnight(ugly: Ugly, dice: random.Random) -> None:
    ends = [" 0:00", " 00:00", " 00:00:00"]
    ugly.change({"date"}, lambda cell: cell if ":" in cell else cell + dice.choice(ends))


@kind
def capital_flags(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"bool"}, lambda cell: dice.choice([cell.upper(), cell.capitalize()]))


@kind
def words_for_nothing(ugly: Ugly, dice: random.Random) -> None:
    for row in ugly.rows:
        for at, cell in enumerate(row):
            if not cell and dice.random() < 0.5:
                row[at] = dice.choice(["NA", " ", "\u3000"])


@kind
def apostrophes_before_formulas(ugly: Ugly, dice: random.Random) -> None:
    ugly.change({"text"}, lambda cell: f"'{cell}" if cell[:1] in "=+-@" else cell)
