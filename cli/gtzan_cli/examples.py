"""What the help says of each command in a list, and what its own help ends with: lines to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "features extract": (
        "gtzan features extract ~/music",
        "gtzan features extract ~/music --labels tags",
        "gtzan features extract ~/music --features full --segments 30s",
        "gtzan features extract ~/music --segments 30s --deformed robust",
    ),
    "features spectrograms": (
        "gtzan features spectrograms ~/music --scale mel --segments 3s",
        "gtzan features spectrograms ~/music --bands 40 --strict",
    ),
    "features describe": (
        "gtzan features describe --features full:tonal,rhythm",
        "gtzan features describe --columns",
    ),
    "features import": (
        "gtzan features import features_3_sec.csv features_30_sec.csv",
        "gtzan features import my.csv --rows tracks --segments 30s",
    ),
    "features export": (
        "gtzan features export --segments 3s --out features_3_sec.csv",
        "gtzan features export data/features --segments 30s --out features_30_sec.csv",
    ),
    "features merge": ("gtzan features merge", "gtzan features merge data/features --layout file"),
    "features prune": ("gtzan features prune", "gtzan features prune data/features --json"),
    "fit": (
        "gtzan fit xgboost --segments 3s",
        "gtzan fit lda svm --segments 30s --protocol artist --wide",
    ),
    "tune": (
        "gtzan tune lda --segments 3s --protocol fault-filtered --budget 20",
        "gtzan tune svm --protocol artist --trials 50",
    ),
    "pretrain": (
        "gtzan pretrain gtzan10 ~/kaggle --deformed ~/gtzan",
        "gtzan pretrain gtzan10-full ~/gtzan",
    ),
    "predict": (
        "gtzan predict song.mp3",
        "gtzan predict ~/music --csv > genres.csv",
        "gtzan predict ~/music --out genres.parquet --playlist playlists",
        "gtzan predict ~/music --out genres.csv --write-tags",
    ),
    "serve": ("gtzan serve", "gtzan serve --port 9000 --max-mb 20"),
    "report": ("gtzan report", "gtzan report --html --out reports/four"),
    "compare": (
        "gtzan compare 55857e 4c1d02",
        "gtzan compare runs/FIRST runs/SECOND --aggregation vote",
    ),
    "runs list": ("gtzan runs list --sort accuracy", "gtzan runs list --json"),
    "runs show": ("gtzan runs show 55857e", "gtzan runs show 55857e --json"),
    "runs compare": ("gtzan runs compare 55857e 4c1d02", "gtzan runs compare 55857e 4c1d02 --json"),
    "runs remove": ("gtzan runs remove 55857e", "gtzan runs remove 55857e 4c1d02 --yes"),
    "explain": (
        "gtzan explain song.mp3",
        "gtzan explain song.mp3 other.m4a --out pictures",
        "gtzan explain --model 55857e",
    ),
    "bench accuracy": (
        "gtzan bench accuracy ~/music --minutes 60",
        "gtzan bench accuracy ~/music --models lda,svm --protocols track",
    ),
    "bench robustness": (
        "gtzan bench robustness ~/music --protocol track",
        "gtzan bench robustness ~/music --models lda,svm --deformations mp3-64,noise-20",
    ),
    "data verify": ("gtzan data verify ~/music", "gtzan data verify ~/music --strict --json"),
    "data download": ("gtzan data download mini data/gtzan", "gtzan data download full data/gtzan"),
    "data explore": (
        "gtzan data explore ~/music",
        "gtzan data explore ~/music --genre jazz --out reports/jazz",
    ),
    "data synth": ("gtzan data synth data/mini", "gtzan data synth data/mini --tracks 10 --seed 1"),
    "data augment": (
        "gtzan data augment ~/music data/augmented --augment noise,pitch-shift",
        "gtzan data augment ~/music data/augmented --augment time-stretch --seed 1",
    ),
    "data restore-tags": (
        "gtzan data restore-tags genres.csv.old-tags.jsonl",
        "gtzan data restore-tags genres.csv.old-tags.jsonl --yes",
    ),
    "demo": ("gtzan demo", "gtzan demo --html", "gtzan demo --tracks 10 --out data/demo"),
    "selftest": ("gtzan selftest", "gtzan selftest --json"),
    "warm": ("gtzan warm", "gtzan warm --set kaggle --json"),
}


SHORT = {
    "features extract": "Features of every track, as tables.",
    "features spectrograms": "Spectrograms of every track, for gtzan fit cnn.",
    "features describe": "What the columns of a feature set are.",
    "features import": "A CSV in Kaggle's format as a table.",
    "features export": "A table as a CSV in Kaggle's format.",
    "features merge": "Tables of shards that several processes made.",
    "features prune": "Remove what extraction keeps for the next run.",
    "fit": "Train models, and test them on tracks they never saw.",
    "tune": "Search the settings of a model.",
    "pretrain": "Make gtzan10 again, or gtzan10-full of GTZAN's audio.",
    "predict": "The genre of audio files.",
    "serve": "The genre of a recording, on a web page.",
    "report": "The accuracy of all runs, as tables and pictures.",
    "compare": "Test two runs against each other.",
    "runs": "List, show, compare and remove runs.",
    "runs list": "All runs, with accuracy, time and size.",
    "runs show": "The model card of a run.",
    "runs compare": "The same as gtzan compare.",
    "runs remove": "Remove runs with their models.",
    "explain": "What decides: times and bands, or features.",
    "bench accuracy": "Each model, row length and family of features.",
    "bench robustness": "What is lost when the test audio is deformed.",
    "data verify": "What is missing, damaged, duplicated or unknown.",
    "data download": "Get GTZAN: the public mini set, or all of it.",
    "data explore": "Pictures of a folder of music, on one page.",
    "data synth": "Write a synthetic mini GTZAN.",
    "data augment": "Write augmented copies of every track.",
    "data restore-tags": "Undo gtzan predict --write-tags.",
    "demo": "The whole job on synthetic music. No data needed.",
    "selftest": "Whether this installation works.",
    "warm": "Compile beforehand, for images and clusters.",
    "bench": "Measure accuracy and robustness, unattended.",
    "data": "Get, check, look at and augment music.",
    "features": "Compute features, and move them in and out of CSV.",
}
"""Short enough for a terminal of 80 columns."""


def add_words(group: click.Group, path: str = "") -> None:
    """Give every command in a group its line in lists, and its help the examples that it ends with."""
    for name, command in group.commands.items():
        words = f"{path} {name}".strip()
        command.short_help = SHORT.get(words)
        if words in EXAMPLES:
            command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in EXAMPLES[words])
        subgroup = getattr(command, "commands", None)
        if subgroup:
            add_words(command, words)  # type: ignore[arg-type]  # it has commands
