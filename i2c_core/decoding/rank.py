"""Candidates: proposed programs, type-checked anew, rendered again and ordered by their distance to the input.

Legend: B images, K programs an image, T tokens, N distinct programs, M candidates (pairs of image and program),
C channels, H W pixels.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from i2c_core.decoding.proposals import Proposals
from i2c_core.errors import FamilyError, ImageError
from i2c_core.families import Family
from i2c_core.programs import Program
from i2c_core.raster import Pictures
from i2c_core.references import resolve

log = logging.getLogger(__name__)

CHUNK = 1 << 26  # pixels compared at a time: 128 MB of int16


@dataclass(frozen=True, eq=False)
class Candidate:
    """A program for an image, and how well it redraws it.

    Attributes:
        program: canonical.
        distance: from the input to the program's picture; in the family's own unit, by default the mean absolute
            difference of pixels, from 0 (equal) to 1.
        logprob: log p(program | image, root, budget).
        size: the program's number of symbols.
        pixels: (C, H, W) uint8, the program's picture.
        score: of `Proposals.scores`; None where there are none.
        confidence: of `Proposals.confidence`; None where there is none.
    """

    program: Program
    distance: float
    logprob: float
    size: int
    pixels: NDArray[np.uint8]
    score: float | None = None
    confidence: float | None = None


def by_distance(candidate: Candidate) -> tuple[float, ...]:
    """What sorts candidates: the closest first, then the smallest, then the likeliest."""
    return candidate.distance, candidate.size, -candidate.logprob


def by_score(candidate: Candidate) -> tuple[float, ...]:
    """What sorts the candidates of a proposer that `ranks`: the best score first, then as the other one goes on."""
    score = candidate.logprob if candidate.score is None else candidate.score
    return -score, candidate.size, -candidate.logprob


class Renders(Protocol):
    """What `rank` needs of a renderer."""

    def render(
        self, ids: NDArray[np.int64], values: NDArray[np.float64] | None = None, size: tuple[int, int] | None = None
    ) -> Pictures:
        """Pictures of the programs ids (N, T), at a height and width."""


def rank(
    family: Family, renderer: Renders, proposals: Proposals, inputs: NDArray[np.uint8], *, ranks: bool = False
) -> list[list[Candidate]]:
    """The distinct candidates of each image, the closest first, then the smallest, then the likeliest.

    Every program is type-checked by code that the mask does not share, and made canonical; equal programs of an image
    are one, with the largest of their numbers. Programs without a picture are left out. Where the family's texts
    may say other programs, a candidate is what its text says, and left out where the grammar does not read that; a
    warning tells how many there were.

    Args:
        proposals: of B images.
        inputs: (B, C, H, W) uint8, the images at the size to compare at.
        ranks: order by the proposals' scores instead of the distance, the highest first (by the log-probabilities where
            there are no scores).

    Raises:
        ProgramError: a proposed program is not well typed.
        ImageError: there are not as many inputs as images in `proposals`.
    """
    if len(inputs) != len(proposals.ids):
        fact = f"{len(inputs)} inputs for the proposals of {len(proposals.ids)} images"
        raise ImageError(fact, "give one input an image")
    programs, image, program_of, numbers = _distinct(family, proposals)
    if not programs:
        return [[] for _ in range(len(inputs))]
    encoded = [family.to_tokens(p) for p in programs]
    ids, values = family.vocabulary.pack(encoded)  # (N, T)
    given = values if any(e.has_values for e in encoded) else None
    pictures = renderer.render(ids, given, (int(inputs.shape[2]), int(inputs.shape[3])))
    drawn = pictures.defined[program_of]  # (M,)
    image, program_of, numbers = image[drawn], program_of[drawn], numbers[drawn]
    distance = distances(family, pictures.pixels, inputs, program_of, image)  # (M,)
    found: list[list[Candidate]] = [[] for _ in range(len(inputs))]
    for i, n, far, (logprob, score, confidence) in zip(image, program_of, distance, numbers.tolist(), strict=True):
        found[i].append(
            Candidate(
                programs[n],
                float(far),
                logprob,
                programs[n].size,
                pictures.pixels[n],
                None if proposals.scores is None else score,
                None if proposals.confidence is None else confidence,
            )
        )
    return [sorted(candidates, key=by_score if ranks else by_distance) for candidates in found]


def distances(
    family: Family,
    pictures: NDArray[np.uint8],
    inputs: NDArray[np.uint8],
    picture: NDArray[np.int64],
    image: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(M,) the distance from pictures[picture[m]] to inputs[image[m]], both of (C, H, W) uint8 pixels.

    By the family's own function, or the mean absolute difference of pixels, from 0 to 1.
    """
    if family.distance is not None:
        return _own_distances(family, pictures, inputs, picture, image)
    found = np.empty(len(picture))
    step = max(1, CHUNK // max(1, int(np.prod(inputs.shape[1:]))))
    for start in range(0, len(picture), step):
        part = slice(start, start + step)
        a = pictures[picture[part]].astype(np.int16).reshape(len(picture[part]), -1)  # (M, C * H * W)
        b = inputs[image[part]].reshape(len(a), -1)
        found[part] = np.abs(a - b).mean(1) / 255
    return found


def _own_distances(
    family: Family,
    pictures: NDArray[np.uint8],
    inputs: NDArray[np.uint8],
    picture: NDArray[np.int64],
    image: NDArray[np.int64],
) -> NDArray[np.float64]:
    assert family.distance is not None
    measure = resolve(family.distance, f"family {family.name}")
    found = np.empty(len(picture))
    for i in np.unique(image):
        rows = image == i  # (M,)
        measured: Any = np.asarray(measure(pictures[picture[rows]], inputs[i]))
        if measured.shape != (int(rows.sum()),):
            fact = f"distance of {family.name} returned shape {measured.shape}, expected ({int(rows.sum())},)"
            raise FamilyError(fact, "return one number a picture")
        found[rows] = measured
    return found


def _distinct(
    family: Family, proposals: Proposals
) -> tuple[list[Program], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The N distinct canonical programs, and of each of M candidates the image, the program and its numbers (M, 3):
    the log-probability, the score and the confidence, the last two 0 where there are none.
    """
    ids = proposals.ids.cpu().numpy()  # (B, K, T)
    values = None if proposals.values is None else proposals.values.cpu().numpy()
    nothing = torch.zeros_like(proposals.logprob)
    columns = (proposals.logprob, proposals.scores, proposals.confidence)
    given = torch.stack([nothing if c is None else c.to(nothing) for c in columns], -1).cpu().numpy()  # (B, K, 3)
    read: dict[tuple[bytes, bytes], int | None] = {}
    numbers: dict[Program, int] = {}
    other = unread = 0
    best: dict[tuple[int, int], NDArray[np.float64]] = {}
    for b, k in np.argwhere(ids[:, :, 0] != family.vocabulary.size):  # what begins with padding is no program
        own: NDArray[np.float64] | None = None if values is None else values[b, k]
        key = (ids[b, k].tobytes(), b"" if own is None else own.tobytes())
        if key not in read:
            written = family.from_tokens(ids[b, k].tolist(), None if own is None else own.tolist())
            program = family.settle(written)
            other += program is not None and not family.is_exact and program != family.canonical(written)
            unread += program is None
            read[key] = None if program is None else numbers.setdefault(program, len(numbers))
        number = read[key]
        if number is None:
            continue
        pair = (int(b), number)
        best[pair] = np.maximum(best[pair], given[b, k]) if pair in best else given[b, k]
    if other or unread:
        fact = "%d of %d programs of %s were written in a text that says another one, which was taken; %d in none"
        log.warning(fact, other, len(read), family.name, unread)
    pairs = np.array(list(best), np.int64).reshape(-1, 2)  # (M, 2)
    return list(numbers), pairs[:, 0], pairs[:, 1], np.array(list(best.values()), np.float64).reshape(-1, 3)
