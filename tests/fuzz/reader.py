"""What is fuzzed: a way in, what is known to pass through it, and how that is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.mutators import bytes_mutation

Mutate = Callable[[Random, Sequence[bytes]], bytes]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A way in.

    Attributes
    ----------
    name : str
        What it is called in figures: ``group/what``.
    seeds : callable
        Makes intact inputs in a folder of its own, once for a process.
    read : callable
        ``read(path)`` reads one input: returns, or raises. What it returns is called by its type or its text.
    file : str
        Name of the file that is changed, within the folder that `around` makes.
    mutate : callable
    around : callable, optional
        Writes the other files that are needed beside it into a folder; they stay as they are.
    weight : float
        Share of the inputs of a long run, by what one costs.
    seconds : float
        Processor time that one input may take.
    path_named : bool
        Whether an error must name the file.
    memory : int
        Bytes that one input may take beyond what the process has.
    children : tuple of str
        Programs that it may start.
    """

    name: str
    seeds: Callable[[Path], Sequence[bytes]]
    read: Callable[[Path], object]
    file: str
    mutate: Mutate = bytes_mutation
    around: Callable[[Path], None] | None = None
    weight: float = 1.0
    seconds: float = 10.0
    path_named: bool = True
    memory: int = 700 << 20
    children: tuple[str, ...] = ()

    def input(self, seed: int, index: int, seeds: Sequence[bytes]) -> bytes:
        """Return an input by its number; the first ones are the seeds as they are."""
        if index < len(seeds):
            return seeds[index]
        return self.mutate(Random(f"{seed}/{self.name}/{index}"), seeds)


def by_name(readers: Sequence[Reader]) -> Mapping[str, Reader]:
    """Return readers by their names, each of which there is once."""
    found = {one.name: one for one in readers}
    assert len(found) == len(readers)
    return found
