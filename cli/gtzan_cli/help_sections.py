"""The options of commands that have many, in sections by what they are for."""

from __future__ import annotations

import click

_WIDTH = 30
"""The widest column of names; longer names take a line of their own."""

_REST = "Options"
_ALWAYS = ("json", "quiet", "verbose", "log_file", "help")
"""Those that nearly every command has, last."""

SECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "predict": {
        "The model and its answer": ("model", "runs", "aggregation", "no_reject"),
        "What is printed or drawn": ("top", "as_csv", "as_json", "as_json_lines", "timeline"),
        "A library: answers in a file": ("out", "retry_failed", "prune", "overwrite", "playlist"),
        "Genre tags": ("write_tags", "yes", "min_probability", "replace_tags", "tag_backup"),
    },
    "extract": {
        "Genres and artists": ("labels", "columns", "first_label", "artist_from", "as_genres"),
        "Which files": ("genres", "prefer"),
        "Rows and columns": ("segments", "feature_set", "deformed"),
        "Tables": ("out", "name", "overwrite", "recompute", "prune"),
    },
    "fit": {
        "What is learned from": ("tables", "segments", "feature_set", "beside", "scale", "augment"),
        "How it is tested": (
            "protocols",
            "folds",
            "only",
            "holdout",
            "evaluate_on",
            "train_on",
            "min_tracks",
            "seed",
            "allow_leak",
        ),
        "The model": ("list_models", "settings", "final", "runs", "wide"),
    },
}
"""Names of parameters, in the order in which they are shown, by command and heading."""


class SectionedCommand(click.Command):
    """A command whose help has its options under the headings of `SECTIONS`; others come below them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, their names in one column."""
        records = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                records[param.name or ""] = record
        width = min(_WIDTH, max(len(name) for name, _ in records.values()))
        for heading, names in self.headings(records).items():
            with formatter.section(heading):
                rows = [(records[name][0].ljust(width), records[name][1]) for name in names]
                formatter.write_dl(rows, col_max=_WIDTH)

    def headings(self, records: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
        """Return the names of `records` below their headings."""
        chosen = SECTIONS[self.name or ""]
        named = {name for names in chosen.values() for name in names}
        rest = [name for name in records if name not in named]
        ordered = [name for name in rest if name not in _ALWAYS] + [name for name in _ALWAYS if name in rest]
        return {**{heading: list(names) for heading, names in chosen.items()}, _REST: ordered}
