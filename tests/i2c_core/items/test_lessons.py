"""Lessons: a function of seed and step; what they say of images and canvases is so."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from items_of_tests import SIZE, make_family, marks_catalogue

from i2c_core.datasets.batches import Batch
from i2c_core.datasets.pseudo import PseudoPairs
from i2c_core.errors import FamilyError
from i2c_core.items.catalogue import Catalogue
from i2c_core.items.lessons import NEGATIVES, Lesson, Lessons, _some, states
from i2c_core.items.screening import Screened
from i2c_core.strokes import draw


def lessons(seed: int = 0, batch: int = 12) -> Lessons:
    return Lessons(marks_catalogue(), SIZE, batch, (4, 30), seed)


def tensors(lesson: Lesson) -> list[torch.Tensor]:
    values = [getattr(lesson, f.name) for f in fields(lesson) if f.name != "asked"]
    return [*values, lesson.asked.image, lesson.asked.placement]


def equal(one: Lesson, other: Lesson) -> bool:
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))


def test_a_lesson_is_a_function_of_seed_and_step() -> None:
    first = lessons().lesson(3)
    assert equal(first, lessons().lesson(3))
    assert not equal(first, lessons().lesson(4))
    assert not equal(first, lessons(seed=1).lesson(3))


def test_states_say_what_each_set_has_in_each_placement() -> None:
    catalogue = marks_catalogue()
    asked = Screened(torch.tensor([0, 0, 1, 1]), torch.from_numpy(catalogue.placement[[30, 400, 30, 401]]))
    dashed = int(catalogue.item_of[-1, 1])
    asked.placement[1] = int(catalogue.placement[dashed])
    found = states(catalogue, asked, [[30, dashed], []])
    assert found.tolist() == [1, 2, 0, 0]


def test_canvases_are_clean_drawings_of_legal_items_and_states_are_theirs() -> None:
    catalogue, teacher = marks_catalogue(), lessons(batch=24)
    rng = np.random.default_rng((0, 7))
    truth, ink = teacher.sheets(rng, 24)
    asked = teacher._screen(ink)
    canvases = teacher._canvases(rng, truth, asked)
    assert any(not c for c in canvases)
    assert any(set(c) == set(t) and c for c, t in zip(canvases, truth, strict=True))
    assert any(set(c) - set(t) for c, t in zip(canvases, truth, strict=True))
    for items in canvases:
        assert all(0 <= i < len(catalogue) for i in items)
        assert len({int(catalogue.placement[i]) for i in items}) == len(items)
    lesson = lessons(batch=24).lesson(7)
    torch.testing.assert_close(lesson.canvas, draw(catalogue.strokes(canvases), SIZE))
    torch.testing.assert_close(lesson.ink, ink)
    assert torch.equal(lesson.state, states(catalogue, lesson.asked, canvases))
    assert torch.equal(lesson.target, states(catalogue, lesson.asked, truth))


def test_all_that_matters_is_learned_from_and_the_rest_stands_for_itself() -> None:
    lesson = lessons(batch=24).lesson(0)
    assert (lesson.weight[(lesson.target > 0) | (lesson.state > 0)] == 1).all()
    assert (lesson.weight >= 1).all()
    others = 1000
    target = torch.zeros(others, dtype=torch.int64)
    asked = Screened(target.clone(), torch.arange(others))
    keep, weight = _some(target, target, asked, 1, torch.Generator().manual_seed(0))
    assert len(keep) == pytest.approx(NEGATIVES, rel=0.3)
    assert float(weight.sum()) == pytest.approx(others, rel=0.3)


def test_an_examination_asks_for_everything_on_empty_canvases() -> None:
    lesson, truth = lessons(batch=6).examination()
    assert len(truth) == len(lesson.ink) == 6
    assert float(lesson.canvas.abs().max()) == 0
    assert (lesson.state == 0).all()
    assert torch.equal(lesson.target, states(marks_catalogue(), lesson.asked, truth))
    again, same = lessons(batch=6).examination()
    assert same == truth
    assert equal(lesson, again)


def test_blank_sheets_are_lessons_too() -> None:
    catalogue = marks_catalogue()
    teacher = Lessons(catalogue, SIZE, 3, (1, 1), 0)  # one token: the empty program
    lesson = teacher.lesson(0)
    assert lesson.ink.shape == (3, *SIZE)
    assert not (lesson.target > 0).any()


def test_a_family_without_scenes_of_its_own_is_refused() -> None:
    catalogue = Catalogue(make_family("silent", sample=None))
    with pytest.raises(FamilyError, match="silent says nothing about which of its drawings are likely"):
        Lessons(catalogue, SIZE, 2, (4, 9), 0)


def test_pictures_that_were_read_stand_in_their_places_with_what_was_read() -> None:
    catalogue, (height, width) = marks_catalogue(), SIZE
    read = [[30], [400, 30]]
    pixels = np.stack([np.full((1, height, width), 255 - 51 * (n + 1), np.uint8) for n in range(2)])
    pseudo = PseudoPairs(Batch(catalogue.to_ids(read), None, pixels), catalogue.pad, 0.5, 0)
    mixing = Lessons(catalogue, SIZE, 12, (4, 30), 0, pseudo=pseudo)
    plain, mixed = lessons().lesson(3), mixing.lesson(3)
    taken, which = pseudo.places(3, 12)
    assert 0 < len(taken) < 12
    for place, row in zip(taken.tolist(), which.tolist(), strict=True):
        assert torch.allclose(mixed.ink[place], torch.tensor(0.2 * (row + 1)))
        there = mixed.asked.image == place
        said = {(int(p), int(t)) for p, t in zip(mixed.asked.placement[there], mixed.target[there], strict=True) if t}
        true = {(int(catalogue.placement[i]), 1 + int(catalogue.variant[i])) for i in read[row]}
        assert said <= true
    left = np.setdiff1d(np.arange(12), taken)
    assert torch.equal(mixed.ink[left], plain.ink[left])
    assert torch.equal(lessons().lesson(3).ink, plain.ink)
