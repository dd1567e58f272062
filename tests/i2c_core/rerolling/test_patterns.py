"""Patterns in sets: which rounds of loops draw something, where such a pattern lies, and what mirrors make of it."""

from __future__ import annotations

from itertools import combinations, product
from random import Random

import pytest
from loops_of_tests import drawings

from i2c_core.loops import Command, Linear
from i2c_core.rerolling.contexts import profiles
from i2c_core.rerolling.lattice import Lattice, OutOfTime
from i2c_core.rerolling.patterns import Patterns
from i2c_core.rerolling.points import Points


def circles(*places: tuple[int, int]) -> Points:
    return Points([Command("circle", place) for place in sorted(places)], drawings("circle", 6, 6))


def rounds(loops: tuple[tuple[Linear, bool], ...]) -> set[tuple[int, ...]]:
    """All values of the variables, one by one."""
    found: list[tuple[int, ...]] = [()]
    for count, within in loops:
        found = [(*values, v) for values in found for v in range(int(within), count.at(values))]
    return set(found)


def test_profiles_of_a_triangle() -> None:
    triangle = ((Linear(3), False), (Linear(1, 1, 0), False))
    assert set(profiles(triangle)) == {
        ((), 0, ()),
        ((0,), 3, (0,)),
        ((1,), 3, (0,)),
        ((0, 1), (1, 2, 3), (0, 0)),
    }
    strict = ((Linear(3), False), (Linear(1, 1, 0), True))  # in the condition that the second variable is not 0
    assert set(profiles(strict)) == {((), 0, ()), ((0,), 2, (1,)), ((1,), 2, (1,)), ((0, 1), (1, 2), (1, 1))}


def test_profiles_are_the_rounds_that_there_are() -> None:
    random = Random(0)
    for _ in range(300):
        loops = [(Linear(random.randint(2, 4)), random.random() < 0.5)]
        for depth in range(1, random.randint(1, 3)):
            stair = Linear(random.randint(-3, 5), random.choice((-2, -1, 1, 2)), random.randrange(depth))
            loops.append((random.choice((stair, Linear(random.randint(2, 4)))), random.random() < 0.5))
        drawn, found = rounds(tuple(loops)), {used: (p, least) for used, p, least in profiles(tuple(loops))}
        assert bool(found) == bool(drawn)
        for many in range(len(loops) + 1) if drawn else ():
            for used in combinations(range(len(loops)), many):
                seen = {tuple(values[k] for k in used) for values in drawn}
                if any(len({values[k] for values in seen}) == 1 for k in range(many)):
                    assert used not in found
                    continue
                profile, least = found[used]
                assert {tuple(v - w for v, w in zip(values, least, strict=True)) for values in seen} == inside(profile)


def inside(profile: object) -> set[tuple[int, ...]]:
    if isinstance(profile, int):
        return {(n,) for n in range(profile)} or {()}
    assert isinstance(profile, tuple)
    return {(n, *rest) for n, inner in enumerate(profile) for rest in (inside(inner) if inner else ())}


@pytest.mark.parametrize(
    ("profile", "count"), [((2, 2), 4), ((1, 2), 16), ((3, 3), 4), ((3, 3, 3), 1), ((3, 2, 1), 4), ((1, 4), 0)]
)
def test_places_of_patterns_in_a_square(profile: tuple[int, ...], count: int) -> None:
    patterns = Patterns(Lattice(circles(*product((1, 2, 3), (1, 2, 3))), None))
    assert patterns.longest == 3
    near = [p for p in patterns.table(2, profile).placed if all(abs(n) < 2 for step in p.steps for n in step)]
    assert len({p.covers for p in near}) == count


def test_a_row_may_be_walked_in_both_directions() -> None:
    patterns = Patterns(Lattice(circles((1, 1), (2, 3), (3, 5)), None))
    (placed,) = (patterns.table(1, 3).placed,)
    assert {tuple(p.steps[0]) for p in placed} == {(1, 2), (-1, -2)}
    assert len({p.features for p in placed}) == 2


def test_mirrors_are_those_of_the_layout() -> None:
    layout = drawings("circle line box", 4, 4)
    everything = [Command("circle", a) for a in product(range(1, 5), repeat=2)]
    everything += [Command("line", (*a, "arrow")) for a in product(range(1, 4), repeat=4) if a[:2] != a[2:]]
    everything += [Command("box", a) for a in product(range(1, 4), repeat=4)]
    some = sorted(Random(0).sample(everything, 60))
    points = Points(some, layout)
    found = {(m.axis, m.at): m for m in points.mirrors()}
    for axis, at in product("xy", range(-4, 12)):
        images = [layout.mirrored(command, axis, at) for command in some]
        changes = any(image in some and image != command for image, command in zip(images, some, strict=True))
        assert ((axis, at) in found) == changes
        if changes:
            rows = tuple(some.index(image) if image in some else -1 for image in images)
            assert found[axis, at].images == rows


def test_a_pattern_is_there_only_with_its_mirror_images() -> None:
    points = circles((1, 1), (2, 1), (5, 1), (6, 1), (1, 2), (2, 2))
    patterns = Patterns(Lattice(points, None))
    (mirror,) = [m for m in points.mirrors() if (m.axis, m.at) == ("x", 7)]
    rows = {p.covers for p in patterns.table(1, 2, (mirror,)).placed}
    assert 0b110011 not in {p.covers for p in patterns.table(1, 2).placed}
    below = sum(1 << n for n, command in enumerate(points.commands) if command.args[1] == 1)
    assert {c for c in rows if c.bit_count() == 4} == {below}


def test_the_clock_is_looked_at() -> None:
    with pytest.raises(OutOfTime):
        Lattice(circles(*product(range(1, 7), repeat=2)), deadline=0.0)
