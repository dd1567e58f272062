"""The Python door: pictures in, candidate programs out, best first.

    from i2c_core import Reader
    best = Reader.load("splits").read("sketch.png")[0]
    print(best.code, best.distance)

Each candidate is drawn again and compared with the input at the *comparison size*: the input's own size for families
that draw at any size (made smaller where its longer side is above 256 pixels), else the family's reference size.

Legend: B pictures of a batch, C channels, H W pixels, n candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.answers import Answer, Candidate, Source, name_of
from i2c_core.checkpoints import Checkpoint, find_weights, load_checkpoint, load_model, require_match
from i2c_core.decoding import AutoregressiveProposer, Beam, Greedy, Proposals, Proposer, Sample, Strategy, rank
from i2c_core.decoding import Candidate as Ranked
from i2c_core.devices import find_device
from i2c_core.errors import ConfigError, FamilyError, I2cError, RenderError, suggest
from i2c_core.families import Family
from i2c_core.images import fit, read_image
from i2c_core.plugins import families
from i2c_core.raster import Renderer

BATCH = 64  # pictures decoded at once: fills two cores, and a beam of 16 over it stays under 200 MB
LARGEST = 256  # pixels; above, drawing again costs more than reading did and no answer changes
WIDTH = 16  # beams or samples a picture
STRATEGIES = ("beam", "greedy", "sample")
UNDEFINED = ("none of the programs found for it has a picture", "try --strategy sample, or another --budget")

Pixels = NDArray[np.uint8]


class Reader:
    """A family with a trained network; reads pictures into programs. A context manager; `close` ends its workers."""

    def __init__(self, family: Family, proposer: Proposer, checkpoint: Checkpoint) -> None:
        self.family = family
        self.proposer = proposer
        self.checkpoint = checkpoint
        height, width = checkpoint.meta["image"]["size"]
        self.image_size: tuple[int, int] = (height, width)  # in pixels, what the network sees
        self.budget = int(checkpoint.meta["budget"])
        self._renderer = Renderer(family)

    @classmethod
    def load(cls, source: str | Path, device: str = "auto", family: Family | str | None = None) -> Self:
        """A reader by the name of an installed family (with its shipped weights), or of a checkpoint.

        Args:
            source: a family's name, or the path of a checkpoint or of a training run's folder.
            device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
            family: for a checkpoint, the family that it must fit; None takes the one that it names.

        Raises:
            FamilyError: neither an installed family nor a file.
            CheckpointError: a damaged checkpoint, or one of another family.
        """
        if isinstance(family, str):
            family = families()[family]
        path = _as_path(source)
        if path is None:
            family = families()[str(source)]
        elif family is None:
            checkpoint = load_checkpoint(path)
            return cls.of(checkpoint, _family_of(checkpoint), device)
        return cls.of(load_checkpoint(find_weights(family, path)), family, device)

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: str = "auto") -> Self:
        """A reader of a checkpoint that is loaded already."""
        require_match(checkpoint, family)
        model = load_model(checkpoint, find_device(device))
        return cls(family, AutoregressiveProposer.for_family(model, family), checkpoint)

    def read(
        self,
        images: Source | Sequence[Source],
        n: int = 5,
        *,
        strategy: str | Strategy = "beam",
        budget: int | None = None,
        invert: bool | None = None,
        seed: int = 0,
    ) -> list[Candidate] | list[list[Candidate]]:
        """Read one picture, or many.

        Args:
            images: a path, bytes, PIL image, array or tensor (of 2 or 3 dimensions), or a list, an array or a tensor
                (of 4 dimensions) of many.
            n: the most candidates of a picture; fewer where fewer were found.
            strategy: "beam", "greedy" (one candidate) or "sample", or one of `i2c_core.decoding` with its numbers.
            budget: the most tokens of a program; the checkpoint's own where None.
            invert: whether dark and light are exchanged; see `i2c_core.images.read_image`.
            seed: of sampling.

        Returns:
            The candidates of one picture, best first, or a list of them a picture.

        Raises:
            I2cError: a picture that cannot be read (`read_many` goes on with the others instead).
        """
        many = _is_many(images)
        found = []
        for answer in self.read_many(
            images if many else [images], n, strategy=strategy, budget=budget, invert=invert, seed=seed
        ):
            if answer.error is not None:
                raise answer.error
            found.append(answer.candidates)
        return found if many else found[0]

    def read_many(
        self,
        images: Iterable[Source],
        n: int = 5,
        *,
        strategy: str | Strategy = "beam",
        budget: int | None = None,
        invert: bool | None = None,
        seed: int = 0,
        batch: int = BATCH,
    ) -> Iterator[Answer]:
        """Read pictures one by one as they come, an answer each, in order; a picture that fails stops no other."""
        chosen = make_strategy(strategy, n)
        limit = self.budget if budget is None else budget
        self.family.vocabulary.require_budget(limit)
        if limit > self.budget:
            fact = f"a budget of {limit} tokens is above the {self.budget} that the network was trained for"
            raise ConfigError(fact, f"use a budget of at most {self.budget}, or train with a larger one")
        if n < 1:
            raise ConfigError(f"{n} candidates were asked for", "ask for 1 or more")
        # A generator of torch's on the network's device would make the same seed draw differently there.
        generator = torch.Generator().manual_seed(seed)
        source = iter(images)
        while chunk := list(islice(source, batch)):
            yield from self._read_chunk(chunk, n, chosen, limit, invert, generator)

    def _read_chunk(
        self,
        chunk: list[Source],
        n: int,
        strategy: Strategy,
        budget: int,
        invert: bool | None,
        generator: torch.Generator,
    ) -> list[Answer]:
        answers: list[Answer] = []
        seen: list[Pixels] = []  # what the network sees of those that could be read
        for source in chunk:
            name = name_of(source)
            try:
                picture = read_image(source, self.family.channels, invert)  # (C, H, W)
                compared = fit(picture, comparison_size(self.family, *picture.shape[1:]))
                seen.append(fit(picture, self.image_size))
                answers.append(Answer(name, compared, []))
            except I2cError as error:
                answers.append(Answer(name, None, [], error))
        if not seen:
            return answers
        inputs = torch.from_numpy(np.stack(seen)).float() / 255.0  # (B, C, H, W)
        proposals = self.proposer.propose(
            inputs, n=max(n, WIDTH), strategy=strategy, budget=budget, generator=generator
        )
        self._answer(answers, proposals, n)
        return answers

    def _answer(self, answers: list[Answer], proposals: Proposals, n: int) -> None:
        """Draw the proposals again and rank them; what is compared at one size is drawn together."""
        readable = [i for i, answer in enumerate(answers) if answer.picture is not None]
        by_size: dict[tuple[int, ...], list[int]] = {}
        for row, i in enumerate(readable):
            picture = answers[i].picture
            assert picture is not None
            by_size.setdefault(picture.shape, []).append(row)
        for rows in by_size.values():
            for some in self._ranked(rows, readable, answers, proposals):
                for row, found in some.items():
                    i = readable[row]
                    if isinstance(found, I2cError):
                        answers[i] = replace(answers[i], error=found)
                    elif not found:
                        answers[i] = replace(answers[i], error=RenderError(*UNDEFINED))
                    else:
                        answers[i] = replace(answers[i], candidates=[self._candidate(c) for c in found[:n]])

    def _ranked(
        self, rows: list[int], readable: list[int], answers: list[Answer], proposals: Proposals
    ) -> Iterator[dict[int, list[Ranked] | I2cError]]:
        """What each row's proposals are ranked as; where a renderer fails, only the rows that it fails on are lost."""
        inputs = [answers[readable[row]].picture for row in rows]
        pictures = np.stack([p for p in inputs if p is not None])  # (B, C, H, W)
        try:
            yield dict(zip(rows, rank(self.family, self._renderer, take(proposals, rows), pictures), strict=True))
        except I2cError as error:
            if len(rows) == 1:
                yield {rows[0]: error}
                return
            for row in rows:
                yield from self._ranked([row], readable, answers, proposals)

    def _candidate(self, found: Ranked) -> Candidate:
        code = self.family.show(found.program)
        return Candidate(found.program, code, found.distance, found.logprob, found.size, found.pixels)

    def close(self) -> None:
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def comparison_size(family: Family, height: int, width: int) -> tuple[int, int]:
    """The height and width in pixels at which an input of this size is compared with what programs draw."""
    if not family.any_size:
        return family.size
    scale = min(1.0, LARGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def make_strategy(strategy: str | Strategy, n: int = 1) -> Strategy:
    """A strategy by name, wide enough for n candidates."""
    if not isinstance(strategy, str):
        return strategy
    if strategy not in STRATEGIES:
        hint = suggest(strategy, STRATEGIES, f"use one of {', '.join(STRATEGIES)}")
        raise ConfigError(f"there is no strategy {strategy!r}", hint)
    return Beam(max(WIDTH, n)) if strategy == "beam" else Greedy() if strategy == "greedy" else Sample()


def take(proposals: Proposals, rows: list[int]) -> Proposals:
    """The proposals of some of the images."""
    values = None if proposals.values is None else proposals.values[rows]
    return Proposals(
        proposals.ids[rows], proposals.logprob[rows], proposals.logq[rows], values, proposals.undefined[rows]
    )


def _is_many(images: Source | Sequence[Source]) -> bool:
    """Whether there are many: a list, a generator, or an array or tensor of four dimensions."""
    if isinstance(images, str | bytes | Path):
        return False
    if hasattr(images, "ndim"):
        return bool(images.ndim == 4)
    return isinstance(images, Iterable) and not hasattr(images, "tobytes")  # PIL images have it, and may be iterable


def _as_path(source: str | Path) -> Path | None:
    """The path that a source is, or None where it is the name of a family."""
    if isinstance(source, Path):
        return source
    known = families().names()
    if source in known:
        return None
    if Path(source).exists() or any(mark in source for mark in ("/", "\\", ".")):
        return Path(source)
    hint = suggest(source, known, f"known families: {', '.join(known) or 'none is installed'}")
    raise FamilyError(f"{source!r} is neither an installed family nor a file", hint)


def _family_of(checkpoint: Checkpoint) -> Family:
    """The installed family that a checkpoint names."""
    name, known = str(checkpoint.meta["family"]), families()
    if name not in known.names():
        fact = f"{checkpoint.name} reads the family {name!r}, which is not installed"
        raise FamilyError(fact, f"install its plugin, for example: pip install i2c-family-{name}")
    return known[name]
