"""Predictions, whoever made them, judged as a network's answers are: the same parser, renderer and metrics.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from i2c_core.answers import Answer, Candidate
from i2c_core.decoding.rank import distances
from i2c_core.decoding.rounds import comparison_size
from i2c_core.errors import DataError, I2cError, suggest
from i2c_core.evaluation import Evaluation, Reading, prepare, rank_of, tally
from i2c_core.examples import Example
from i2c_core.families import Family
from i2c_core.images import fit
from i2c_core.plugins import Registered
from i2c_core.predictions.files import Prediction
from i2c_core.programs import Program
from i2c_core.progress import Progress
from i2c_core.raster import Renderer

Pixels = NDArray[np.uint8]


def score(
    family: Family,
    examples: Sequence[Example],
    predictions: Mapping[str, Sequence[Prediction]],
    metrics: Mapping[str, Registered],
    progress: Progress,
    data: str = "",
) -> Evaluation:
    """Measure predictions as `i2c_core.evaluation.evaluate` measures strategies, under the names they are given by.

    A program is brought into canonical form, drawn at the size at which programs are compared with the image, and
    measured. What does not parse, is not well typed, has no picture or is missing counts as failed. The mean of what
    predictions say of their seconds is told where all say it.

    Args:
        family: of the codes.
        examples: images and their programs.
        predictions: by name, one an image; their `file` is the name of an example.

    Raises:
        DataError: a prediction of an image that is not among the examples, or examples of one name.
    """
    by_name = {example.name: example for example in examples}
    if len(by_name) < len(examples):
        twice = next(e.name for n, e in enumerate(examples) if e.name in {x.name for x in examples[:n]})
        raise DataError(f"two images are named {twice}, so that no prediction says which it is for", "rename one")
    for source, answers in predictions.items():
        for prediction in answers:
            if prediction.file not in by_name:
                hint = suggest(prediction.file, by_name, f"its images are {', '.join([*by_name][:4])}, ...")
                raise DataError(f"{source} predicts {prediction.file!r}, which is no image of the data", hint)
    found, truths = prepare(family, list(predictions), examples, data)
    with Renderer(family) as renderer:

        def draw(program: Program, size: tuple[int, int]) -> Pixels:
            pixels: Pixels = renderer.render_programs([program], size).pixels[0]
            return pixels

        for name, answers in predictions.items():
            known = {prediction.file: prediction for prediction in answers}
            readings: list[Reading] = []
            with progress.task(f"scoring ({name})", len(examples)) as task:
                for example, truth in zip(examples, truths, strict=True):
                    given = known.get(example.name)
                    answer = _answer(family, renderer, example, given)
                    rank = rank_of(family, draw, answer, truth)
                    told = (None, None) if given is None else (given.seconds, given.renders)
                    readings.append(Reading(example, answer, rank == 1, rank, None, *told))
                    task.advance()
            tally(found, name, family, readings, truths, metrics)
            seconds = [reading.seconds for reading in readings if reading.seconds is not None]
            if len(seconds) == len(readings):
                found.seconds[name] = math.fsum(seconds) / len(seconds)
    return found


def predictions_of(evaluation: Evaluation, strategy: str, seed: int) -> list[Prediction]:
    """What a strategy answered, as predictions: the best code of each image, or none."""
    found = []
    for reading in evaluation.readings[strategy]:
        best = reading.best
        more = {"strategy": strategy} if best is None else {"strategy": strategy, "distance": best.distance}
        code = None if best is None else best.code
        found.append(Prediction(reading.example.name, code, seed, reading.seconds, reading.renders, more))
    return found


def _answer(family: Family, renderer: Renderer, example: Example, prediction: Prediction | None) -> Answer:
    """A prediction as an answer; without candidates where it failed, with the reason."""
    size = comparison_size(family, int(example.picture.shape[1]), int(example.picture.shape[2]))
    picture = fit(example.picture, size)
    nothing = Answer(example.name, picture, [])
    if prediction is None:
        return Answer(example.name, picture, [], DataError("there is no prediction", "write one"))
    if prediction.code is None:
        return nothing
    try:
        program = family.canonical(family.check(family.parse(prediction.code)))
        drawn = renderer.render_programs([program], size)
    except I2cError as error:
        return Answer(example.name, picture, [], error)
    if not drawn.defined[0]:
        return nothing
    zero = np.zeros(1, np.int64)
    distance = float(distances(family, drawn.pixels, picture[None], zero, zero)[0])
    given = None if family.strokes is None else picture
    code, pixels = family.show(program), drawn.pixels[0]
    return Answer(
        example.name, picture, [Candidate(program, code, distance, math.nan, program.size, pixels, given=given)]
    )
