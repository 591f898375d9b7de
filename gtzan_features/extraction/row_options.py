"""What an extraction takes beside the recipe, and what is known of it before the first file is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from gtzan_features import plugins
from gtzan_features.config import feature_set_parts
from gtzan_features.datasets.catalogue import read_catalogue
from gtzan_features.datasets.remarks import catalogue_text, remarks
from gtzan_features.datasets.tracks import Catalogue
from gtzan_features.environment import library_versions
from gtzan_features.progress import Notice, Progress, mute, silent
from gtzan_features.tables.schema import TableMeta

if TYPE_CHECKING:
    from pathlib import Path

    from gtzan_features.config import Selection
    from gtzan_features.extraction.changed_rows import Change
    from gtzan_features.extraction.row_kinds import Recipe
    from gtzan_features.extraction.shards import Slice


class RowOptions(TypedDict, total=False):
    """What `extraction.extract.extract` and `extraction.spectrograms.spectrograms` take beside the recipe.

    Attributes
    ----------
    n_jobs : int
        Worker processes, one task per file; -1, the default, is one per processor. Results do not depend
        on it.
    executor : object
        Where the work is done, if not in processes of this machine; see `parallel.engines.engine`.
    selection : Selection
        Which genre folders, and which of several files of a track; see `read_catalogue`.
    overwrite : bool
        Replace tables that were made with another configuration or from other tracks.
    recompute : bool
        Compute every file again, whatever earlier runs left.
    prune : bool
        Remove the parts when the tables are written; another run into the folder computes every file again.
    name : str
        What the data set is called; empty for the folder's name.
    only : frozenset of str
        Identifiers of tracks; others are passed over.
    change : callable
        Makes other samples of those that were read; every change needs a folder of tables of its own.
    deformation : dict
        What the tables say of the change; see `schema.TableMeta`.
    layout : {"auto", "file", "shards"}
        Whether a table is one file or a folder of shards; ``auto`` is one file for up to `shards.ONE_FILE`
        files of music.
    shard_files : int
        Files of music of a shard at most; 0 for the usual number, and then fewer where there are few files.
    part : Slice
        Compute the shards of this slice of the files alone, beside other processes that compute the others;
        `merge.merge` makes tables of them.
    progress : callable
        Called after each file.
    notice : callable
        Told how the folder was read, before anything is computed, and when kernels must be compiled first.
    """

    n_jobs: int
    executor: Any
    selection: Selection | None
    overwrite: bool
    recompute: bool
    prune: bool
    name: str
    only: frozenset[str] | None
    change: Change | None
    deformation: dict[str, Any]
    layout: str
    shard_files: int
    part: Slice | None
    progress: Progress
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """`RowOptions` with their defaults."""

    n_jobs: int = -1
    executor: Any = None
    selection: Selection | None = None
    overwrite: bool = False
    recompute: bool = False
    prune: bool = False
    name: str = ""
    only: frozenset[str] | None = None
    change: Change | None = None
    deformation: dict[str, Any] = field(default_factory=dict)
    layout: str = "auto"
    shard_files: int = 0
    part: Slice | None = None
    progress: Progress = silent
    notice: Notice = mute


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What is extracted, and where to.

    Attributes
    ----------
    recipe : Recipe
        What a row holds.
    catalogue : Catalogue
        The tracks.
    out : Path
        Folder of the tables.
    settings : RowSettings
    """

    recipe: Recipe
    catalogue: Catalogue
    out: Path
    settings: RowSettings

    def meta(self, segment: str) -> TableMeta:
        """Return what the table with rows of `segment` says of itself."""
        return TableMeta(
            feature_set=self.recipe.name,
            feature_fingerprint=self.recipe.values_fingerprint(),
            segment=segment,
            dataset=self.catalogue.dataset,
            synthetic=self.catalogue.synthetic,
            several_labels=self.catalogue.several_labels,
            config=self.recipe.settings,
            versions=library_versions() | plugins.described(feature_set_parts(self.recipe.name)),
            deformation=self.settings.deformation,
        )


def announced_catalogue(audio_dir: Path, **options: Unpack[RowOptions]) -> Catalogue:
    """Read a folder of music as an extraction with these options does, and say how it was read."""
    catalogue = read_catalogue(audio_dir, options.get("selection"), options.get("progress", silent))
    for line in (f"{catalogue_text(catalogue)}.", *remarks(catalogue)):
        options.get("notice", mute)(line)
    return catalogue


def chosen_catalogue(audio_dir: Path | Catalogue, settings: RowSettings) -> Catalogue:
    """Return the tracks to extract: those of a folder, or of what was read of one, that were asked for."""
    if isinstance(audio_dir, Catalogue):
        catalogue = audio_dir
    elif settings.only is None:
        catalogue = announced_catalogue(
            audio_dir, selection=settings.selection, progress=settings.progress, notice=settings.notice
        )
    else:
        catalogue = read_catalogue(audio_dir, settings.selection, settings.progress)
    if settings.name:
        catalogue = replace(catalogue, dataset=settings.name)
    if settings.only is not None:
        kept = tuple(track for track in catalogue.tracks if track.track_id in settings.only)
        catalogue = replace(catalogue, tracks=kept)
    return catalogue
