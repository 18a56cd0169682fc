"""The command `verify`: recompute a plan or an export, and print every control. It solves nothing."""

from __future__ import annotations

from pathlib import Path

import click

from dcplan.cli.arguments import json_option, print_json
from dcplan.errors import EXIT_AUDIT


@click.command()
@click.argument("folder", metavar="PLAN", type=click.Path(path_type=Path))
@json_option
def verify(folder: Path, as_json: bool) -> None:
    """Recompute PLAN without a solver and print every control of it.

    PLAN is a plan folder, or a folder that `dcplan export` wrote. A plan is audited; its projects,
    construction in progress, fixed assets, leases, profit, cash flow, investment case and budget bridge are
    tied to one another and to the objective, to one yen; its energy balances, KPIs are formed again by the
    audit, emissions are meters times factors and no instrument is claimed beyond what is bought. If it was
    solved with --certificate, its bound is proven again in exact arithmetic over the inputs saved with it. An
    export is compared with the hashes of its files and controlled by what it holds. Exit code 6 when anything
    fails.
    """
    from dcplan.controls.verify import verify as verified
    from dcplan.report.controls_text import verification_document, verification_text

    found = verified(folder)
    if as_json:
        print_json("verify", verification_document(found))
    else:
        click.echo(verification_text(found), nl=False)
    if not found.passed:
        raise click.exceptions.Exit(EXIT_AUDIT)
