"""``gtzan warm``: compile what features are computed with, for images and clusters."""

from __future__ import annotations

import click

from gtzan_cli.options import json_option
from gtzan_cli.progress import notice, print_json, show
from gtzan_features.presets import NEWEST, PRESETS


@click.command()
@click.option(
    "--set",
    "name",
    type=click.Choice([*NEWEST, *PRESETS, "all"]),
    default="all",
    show_default=True,
    help="Feature sets whose kernels are compiled.",
)
@json_option
def warm(name: str, as_json: bool) -> None:
    """Compile the kernels of feature sets, so that no first command waits for it.

    They go into NUMBA_CACHE_DIR where that is set, else beside the package, else into the user's cache.
    """
    from gtzan_features.extraction.warm import warm

    done = warm(tuple(NEWEST) if name == "all" else (name,), notice)
    if as_json:
        print_json(done)
        return
    what = (
        f"{done.compiled} kernels were compiled in {done.seconds:.1f} s"
        if done.compiled
        else "All are compiled"
    )
    show(f"{what}: {done.folder or 'kept nowhere, as no folder can be written to'}")
