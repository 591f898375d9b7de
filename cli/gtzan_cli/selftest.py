"""``gtzan selftest``: whether an installation works."""

from __future__ import annotations

from dataclasses import asdict

import click

from gtzan_cli.options import json_option
from gtzan_cli.progress import notice, print_json, show


@click.command()
@json_option
def selftest(as_json: bool) -> None:
    """Try the installation: synthetic tracks through features, fit and prediction.

    A line for each step; exit code 1 if one fails. Needs neither data nor network, takes seconds once
    kernels are compiled (gtzan warm), and leaves nothing behind but these.
    """
    from gtzan_features.reporting.selftest import selftest

    steps = []
    for step in selftest(notice):
        steps.append(step)
        if not as_json:
            show(f"{step.name:<8}  {step.said} ({step.seconds:.1f} s)")
    if as_json:
        print_json([asdict(step) for step in steps])
        return
    show(f"This gtzan works: {len(steps)} steps in {sum(step.seconds for step in steps):.1f} s.")
