"""The Python door: pictures in, candidate programs out, best first.

    from i2c_core import Reader
    best = Reader.load("splits").read("sketch.png")[0]
    print(best.code, best.distance)

Each candidate is drawn again and compared with the input at the *comparison size*: the input's own size for families
that draw at any size (made smaller where its longer side is above 256 pixels), else the family's reference size.

Legend: B pictures of a batch, C channels, H W pixels, n candidates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.answers import Answer, Candidate, Prepared, Source, blame, crops_of, name_of
from i2c_core.calibration import KEY as CALIBRATION
from i2c_core.calibration import WANTED, Calibration, features_of
from i2c_core.checkpoints import (
    LEARNER,
    Checkpoint,
    find_weights,
    find_zoom_weights,
    load_checkpoint,
    load_model,
    require_match,
)
from i2c_core.correction import Corrected, Corrector, confidences
from i2c_core.decoding import AutoregressiveProposer, Proposer, Strategy
from i2c_core.decoding.redraw import Ranked
from i2c_core.decoding.rounds import comparison_size, make_stages, search, weighed
from i2c_core.decoding.strategies import STAGES
from i2c_core.devices import find_device
from i2c_core.errors import CheckpointError, ConfigError, FamilyError, I2cError, ImageError, RenderError, suggest
from i2c_core.families import Family
from i2c_core.files import is_url, locate
from i2c_core.finishing import finish
from i2c_core.images import fit, read_image
from i2c_core.leftovers import ink_of
from i2c_core.memory import Halving
from i2c_core.plugins import families, installed
from i2c_core.programs import Program
from i2c_core.questions import Options, Question
from i2c_core.raster import Renderer
from i2c_core.refining import Refiner
from i2c_core.zooming.tables import require_zooms

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 64  # pictures decoded at once: fills two cores, and a beam of 16 over it stays under 200 MB
SEARCHING = 0.9  # of the time for a picture, half of it for programs if asked for; the rest is for drawing
PIXELS = 1 << 24  # of the pictures that are decoded at once: 64 MB as floats
ZOOM = "zoom"  # the strategy that has weights of its own
NO_MEMORY = ("there is not enough memory to decode it", "make it smaller, or use another --strategy or --device")
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
        self.budget = int(getattr(proposer, "budget", None) or checkpoint.meta["budget"])
        said = checkpoint.meta.get(CALIBRATION)
        self.calibration = None if said is None else Calibration.from_dict(said, checkpoint.name)
        self._renderer = Renderer(family)
        self._device = "auto"
        self._named = False  # whether somebody chose this checkpoint, instead of the family's own
        self._zooming: Reader | None = None
        self._corrector: Corrector | None = None

    @classmethod
    def load(
        cls, source: str | Path, device: str = "auto", family: Family | str | None = None, strategy: str = "auto"
    ) -> Self:
        """A reader by the name of an installed family (with its shipped weights), or of a checkpoint.

        Args:
            source: a family's name, or the path of a checkpoint or of a training run's folder.
            device: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
            family: for a checkpoint, the family that it must fit; None takes the one that it names.
            strategy: what it will be asked for; of a family that ships several weights, those that know it are loaded.

        Raises:
            FamilyError: neither an installed family nor a file.
            CheckpointError: a damaged checkpoint, or one of another family.
        """
        if isinstance(family, str):
            family = families()[family]
        path = _as_path(source)
        if path is None:
            family = families()[str(source)]
            if strategy == ZOOM:
                require_zooms(family)
            zooms = strategy == ZOOM or (family.weights is None and family.zoom_weights is not None)
            return cls.of(load_checkpoint(find_zoom_weights(family) if zooms else find_weights(family)), family, device)
        checkpoint = load_checkpoint(path)
        found = cls.of(checkpoint, _family_of(checkpoint) if family is None else family, device)
        found._named = True
        return found

    @classmethod
    def of(cls, checkpoint: Checkpoint, family: Family, device: str = "auto") -> Self:
        """A reader of a checkpoint that is loaded already."""
        require_match(checkpoint, family)
        found = cls(family, _proposer_of(checkpoint, family, find_device(device)), checkpoint)
        found._device = device
        return found

    def that_knows(self, strategy: str | Strategy) -> Reader:
        """The reader of a strategy: this one, or for `zoom` one with the family's own weights for zooming.

        Raises:
            FamilyError: the family cannot be decoded by zooming, with the reason.
            CheckpointError: it ships no weights for zooming, or this reader's weights were named and are others.
        """
        if strategy != ZOOM or ZOOM in getattr(self.proposer, "strategies", ()):
            return self
        if self._zooming is None:
            require_zooms(self.family)
            train = f"train some: i2c train --family {self.family.name} --learner {ZOOM}"
            if self._named:
                learner = self.checkpoint.meta["learner"]
                fact = f"{self.checkpoint.name} was trained by the learner {learner!r}, the strategy {ZOOM!r} needs"
                raise CheckpointError(f"{fact} weights of the learner {ZOOM!r}", f"leave the weights out, or {train}")
            weights = load_checkpoint(find_zoom_weights(self.family))
            self._zooming = type(self).of(weights, self.family, self._device)
        return self._zooming

    @overload
    def read(self, images: str | Path | bytes | Image, n: int = 5, **options: Unpack[Options]) -> list[Candidate]: ...
    @overload
    def read(
        self, images: list[Any] | tuple[Any, ...] | Iterator[Any], n: int = 5, **options: Unpack[Options]
    ) -> list[list[Candidate]]: ...
    @overload
    def read(self, images: Any, n: int = 5, **options: Unpack[Options]) -> Any: ...
    def read(self, images: Any, n: int = 5, **options: Unpack[Options]) -> Any:
        """Read one picture, or many.

        Args:
            images: a path, bytes, PIL image, array or tensor (of 2 or 3 dimensions), or a list, an array or a tensor
                (of 4 dimensions) of many.
            n: the most candidates of a picture; fewer where fewer were found.
            options: `strategy`, `budget`, `invert`, `seed`, `batch`, `time`, `preprocess`, `size`, `shorten`, `repair`,
                `refine`, `program`: see `i2c_core.questions.Question`.

        Returns:
            The candidates of one picture, best first, or a list of them a picture.

        Raises:
            I2cError: a picture that cannot be read (`read_many` goes on with the others instead).
        """
        many = _is_many(images)
        found = []
        for answer in self.read_many(images if many else [images], n, **options):
            if answer.error is not None:
                raise answer.error
            found.append(answer.candidates)
        return found if many else found[0]

    def read_many(self, images: Iterable[Source], n: int = 5, **options: Unpack[Options]) -> Iterator[Answer]:
        """Read pictures one by one as they come, an answer each, in order; a picture that fails stops no other."""
        question = Question(n=n, **options)
        return self.that_knows(question.strategy).ask(question, images)

    def ask(self, asked: Question, images: Iterable[Source]) -> Iterator[Answer]:
        """As `read_many`, for a question whose strategy this reader knows."""
        n = asked.n
        if asked.program and self._corrector is None:
            self._corrector = Corrector(self.family)
        looked = self._looked(n, asked.program)
        stages = [weighed(s, self.family, self._renderer) for s in make_stages(asked.strategy, looked, self.proposer)]
        limit = self.budget if asked.budget is None else asked.budget
        self.family.vocabulary.require_budget(limit)
        if limit > self.budget and not getattr(self.proposer, "unbounded", False):
            fact = f"a budget of {limit} tokens is above the {self.budget} that the network was trained for"
            raise ConfigError(fact, f"use a budget of at most {self.budget}, or train with a larger one")
        if asked.size is not None and not getattr(self.proposer, "sized", False):
            told = f"a size of {asked.size[0]}x{asked.size[1]} was asked for"
            raise ConfigError(f"{told}, pictures of {self.family.name} show no grid of tiles", "leave the size out")
        if asked.repair and self.family.repair is None:
            raise ConfigError(f"{self.family.name} has no rules by which to repair", "leave the repair out")
        # A generator of torch's on the network's device would make the same seed draw differently there.
        generator = torch.Generator().manual_seed(asked.seed)
        most = int(getattr(self.proposer, "at_once", BATCH)) * STAGES[-1] // max(n, STAGES[-1])
        at_once = max(1, most if asked.batch is None else min(asked.batch, most))  # n beams a picture need memory
        alone = getattr(self.proposer, "whole", None) is not None and not getattr(self.proposer, "together", False)
        batches = Halving(at_once if asked.time is None and not alone else 1)  # a clock, or a size, of its own
        refiner = Refiner.of(self.family, self._renderer) if asked.refine else None
        if refiner is not None and not getattr(self.proposer, "ranks", False):
            stages = list(refiner.stages(asked.strategy, stages))

        def read(chunk: Sequence[Prepared]) -> list[Answer]:
            share = SEARCHING / 2 if asked.program else SEARCHING
            deadline = None if asked.time is None else monotonic() + share * asked.time
            return self._read_chunk(chunk, asked, stages, limit, generator, deadline, refiner)

        source = iter(images)
        while chunk := list(islice(source, batches.size)):
            prepared = [s if isinstance(s, Prepared) else self.prepare(s, asked) for s in chunk]
            for answer in batches.run(prepared, read, _too_much):
                try:
                    answer = self._finished(answer, asked)
                except I2cError as error:  # of the family's own rules or search, about this picture alone
                    answer = replace(answer, candidates=[], error=blame(answer.name, error))
                yield answer

    def prepare(self, source: Source, asked: Question) -> Prepared:
        """A picture made ready: read, framed, and brought to the sizes at which it is seen and compared.

        `read_many` does this itself; whoever reads ahead does it before. What cannot be read becomes an error inside.
        """
        whole: int | None = getattr(self.proposer, "whole", None)
        name = name_of(source)
        try:
            picture = read_image(source, self.family.channels, asked.invert)  # (C, H, W)
            picture = self.family.frame(picture) if asked.preprocess else picture
            seen = fit(picture, self.image_size if whole is None else _within(picture, whole))
            height, width = picture.shape[1:]
            return Prepared(name, seen, fit(picture, comparison_size(self.family, height, width, self.proposer)))
        except I2cError as error:
            return Prepared(name, error=error)
        except MemoryError:
            return Prepared(name, error=blame(name, ImageError(*NO_MEMORY)))

    def _read_chunk(
        self,
        chunk: Sequence[Prepared],
        asked: Question,
        stages: Sequence[Strategy],
        budget: int,
        generator: torch.Generator,
        deadline: float | None,
        refiner: Refiner | None,
    ) -> list[Answer]:
        answers = [Answer(p.name, p.compared, [], p.error) for p in chunk]
        seen = {number: p.seen for number, p in enumerate(chunk) if p.seen is not None}
        compared = {number: p.compared for number, p in enumerate(chunk) if p.compared is not None}
        for group in _of_one_size(seen):
            ranked = search(
                self.family,
                self._renderer,
                self.proposer,
                np.stack([seen[number] for number in group]),
                [compared[number] for number in group],
                stages,
                n=self._looked(asked.n, asked.program),
                budget=budget,
                generator=generator,
                deadline=deadline,
                options={} if asked.size is None else {"size": asked.size},
                refine=refiner,
            )
            for number, result in zip(group, ranked, strict=True):
                until = None if asked.time is None or deadline is None else deadline + SEARCHING / 2 * asked.time
                answers[number] = self._answer(answers[number], result, asked, until)
        return answers

    def _looked(self, n: int, program: bool) -> int:
        """How many candidates are looked at for n: a ranking is trusted by how far the first is above the next."""
        if program and self._corrector is not None and self._corrector.correction is not None:
            return max(n, self._corrector.looked)
        ranks = bool(getattr(self.proposer, "ranks", False))
        return max(n, WANTED) if ranks and self.calibration is not None else n

    def _answer(self, answer: Answer, found: Ranked, asked: Question, deadline: float | None) -> Answer:
        if isinstance(found, I2cError):
            return replace(answer, error=blame(answer.name, found))
        if not found:
            return replace(answer, error=blame(answer.name, RenderError(*UNDEFINED)))
        given = None if self.family.strokes is None else answer.picture
        sure: list[float | None] = [None] * len(found)
        if self.calibration is not None:
            sure = self.calibration.apply(features_of(found, given)).tolist()
            if given is not None and not ink_of(given).any():  # nothing was found: no network is asked about that
                sure = [0.0] * len(found)
        order: Sequence[Corrected | None] = [None] * len(found)
        if asked.program and self._corrector is not None:
            order = self._corrector(found, asked.n, deadline)
            found, sure = [found[c.place] for c in order], confidences(sure, order)
        shown = []
        for c, told, corrected in zip(found[: asked.n], sure, order, strict=False):
            crops = () if answer.picture is None else crops_of(self.family, c.program, answer.picture)
            code = self.family.show(c.program)
            one = Candidate(c.program, code, c.distance, c.logprob, c.size, c.pixels, told, given, crops)
            if corrected is not None:
                one = replace(one, shortest=corrected.shortest, place=corrected.place + 1)
            shown.append(one)
        return replace(answer, candidates=shown)

    def _finished(self, answer: Answer, asked: Question) -> Answer:
        family = self.family
        given = answer.picture
        if given is None or not answer.candidates or (family.lint is None and family.synthesize is None):
            return answer
        costs: Callable[..., Any] | None = getattr(self.proposer, "costs", None) if asked.repair else None
        done = []
        for candidate in answer.candidates:
            told = None if costs is None else costs(candidate.program)
            seconds = asked.shorten / len(answer.candidates)
            sound = finish(family, self._renderer, candidate, given, repaired=asked.repair, costs=told, seconds=seconds)
            done.append(sound)
        return replace(answer, candidates=done)

    def draw(self, program: Program, size: tuple[int, int]) -> Pixels:
        """(C, H, W) what a program draws at a height and width; black where it has no picture."""
        pixels: Pixels = self._renderer.render_programs([program], size).pixels[0]
        return pixels

    @property
    def renders(self) -> int:
        """Programs drawn so far."""
        return self._renderer.drawn

    def close(self) -> None:
        self._renderer.close()
        if self._zooming is not None:
            self._zooming.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _too_much(prepared: Prepared) -> Answer:
    """The answer about a picture for which memory does not suffice."""
    return Answer(prepared.name, prepared.compared, [], blame(prepared.name, ImageError(*NO_MEMORY)))


def _of_one_size(seen: Mapping[int, Pixels]) -> Iterator[list[int]]:
    """The numbers of pictures (C, H, W) in groups of one size, and of not too many pixels together."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, picture in seen.items():
        groups.setdefault(picture.shape, []).append(number)
    for shape, group in groups.items():
        most = max(1, PIXELS // math.prod(shape))
        yield from (group[first : first + most] for first in range(0, len(group), most))


def _within(picture: Pixels, longest: int) -> tuple[int, int]:
    """The height and width of a picture (C, H, W), made smaller where a side is longer."""
    height, width = picture.shape[1:]
    scale = min(1.0, longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _is_many(images: Source | Sequence[Source]) -> bool:
    """Whether there are many: a list, a generator, or an array or tensor of four dimensions."""
    if isinstance(images, str | bytes | Path):
        return False
    if hasattr(images, "ndim"):
        return bool(images.ndim == 4)
    return isinstance(images, Iterable) and not hasattr(images, "tobytes")  # PIL images have it, and may be iterable


def _as_path(source: str | Path) -> Path | None:
    """The path that a source is, or None where it is the name of a family."""
    if not isinstance(source, str) or is_url(source):
        return locate(source)
    if source in families():
        return None
    known = families().names()
    if Path(source).exists() or any(mark in source for mark in ("/", "\\", ".")):
        return Path(source)
    hint = suggest(source, known, f"known families: {', '.join(known) or 'none is installed'}")
    raise FamilyError(f"{source!r} is neither an installed family nor a file", hint)


def _proposer_of(checkpoint: Checkpoint, family: Family, device: torch.device) -> Proposer:
    """The proposer of what a checkpoint's learner trains, the autoregressive one where it has none of its own.

    A checkpoint may come from anywhere: it names a learner, and only an installed plugin says what that is.
    """
    name = str(checkpoint.meta["learner"])
    if name != LEARNER:
        known = installed().learners
        if name not in known:
            fact = f"{checkpoint.name} was trained by the learner {name!r}, which is not installed"
            raise CheckpointError(fact, "install its plugin; i2c plugins lists those that are")
        own: Callable[[Checkpoint, Family, torch.device], Proposer] | None
        own = getattr(known[name].load(), "proposer", None)
        if own is not None:
            found: Proposer = own(checkpoint, family, device)
            return found
    return AutoregressiveProposer.for_family(load_model(checkpoint, device), family)


def _family_of(checkpoint: Checkpoint) -> Family:
    """The installed family that a checkpoint names."""
    name, known = str(checkpoint.meta["family"]), families()
    if name not in known:
        fact = f"{checkpoint.name} reads the family {name!r}, which is not installed"
        raise FamilyError(fact, f"install its plugin, for example: pip install i2c-family-{name}")
    return known[name]
