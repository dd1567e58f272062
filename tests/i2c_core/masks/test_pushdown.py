"""The pushdown mask opens exactly what the oracle opens, and whatever it lets through is a whole program."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from i2c_core.automata import compile_vocabulary
from i2c_core.errors import BudgetError, ProgramError, SignatureError
from i2c_core.masks import Oracle, PushdownMask, State, Tables, plans
from i2c_core.plugins import families
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SPLITS = "h, v : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"
LANGUAGES = {
    "splits": ("Image", SPLITS),
    "splits-rgb": ("Image", SPLITS + "\nG, r, g, b : Image"),
    "numbers": ("Line", "line : (Coord, Coord, Bool) -> Line\nCoord = -2..9\nBool = no | yes"),
    "lists": ("Figure", "draw : (List[Stroke, 1..3]) -> Figure\nstroke : (Coord, List[Coord]) -> Stroke\nCoord = 1..3"),
    "long-list": ("List[Mark, 4..]", "dot, dash : Mark\npair : (Mark, Mark) -> Mark"),
    "bins": ("Turn", "turn : (Angle, Turn) -> Turn\nstop : Turn\nAngle = 0.0..360.0 in 6 bins"),
    "generics": (
        "Expr",
        "if : (Bool, t, t) -> t\neq : (t, t) -> Bool for t in Coord, Expr\nnot : (Bool) -> Bool\n"
        "at : (Coord) -> Expr\nCoord = 1..3\nBool = no | yes",
    ),
    "includes": (
        "Expr",
        "add : (Expr, Term) -> Expr\nmul : (Term, Factor) -> Term\nx : Factor\nparen : (Expr) -> Factor\n"
        "Digit = 0..2\nExpr > Term\nTerm > Factor, Digit",
    ),
    "endless-branch": ("A", "a : A\nb : (A, Never) -> A\nc : (A, A) -> A\nnever : (Never) -> Never"),
    "costly": ("A", "a : A\nb : (A, Deep) -> A\nd0 : (D1, D1) -> Deep\nd1 : (D2, D2, D2) -> D1\nd2 : (A) -> D2"),
    "one-program": ("A", "a : A"),
    "dependent": (
        "Shape",
        "rectangle : (x1: Coord, y1: Coord, x2: Coord > x1, y2: Coord >= y1 + 2 <= y1 + 4) -> Shape\nCoord = 1..6\n"
        "pair : (Shape, Shape) -> Shape",
    ),
    "ordered": (
        "Figure",
        "cons : (first: Command, rest: Figure) -> Figure order first < rest.first\nnil : Figure\n"
        "circle : (x: Coord, y: Coord) -> Command key x, y\n"
        "rectangle : (x1: Coord, x2: Coord > x1) -> Command\nCoord = 1..3",
    ),
    "ordered-list": (
        "Picture",
        "draw : (all: List[Coord, 1..3, <], more: List[Coord, 0..2, <=]) -> Picture\nCoord = 1..4",
    ),
    "scopes": (
        "Stmt[0]",
        "for : (body: Stmt[s+1], rest: Stmt[s+1]) -> Stmt[s]\nuse : (k: Index[0..s-1]) -> Stmt[s]\n"
        "skip : Stmt[s]\ns = 0..3",
    ),
    "text": ("Word", "word : (Name, Name) -> Word\nName = /[ab][ab0]*/ over [ab0] except ab | b"),
}


def vocabulary_of(language: str) -> Vocabulary:
    root, text = LANGUAGES[language]
    return Vocabulary(Signature.parse(text), parse_type(root))


@pytest.fixture(params=["bits-rows", "arrays-rows", "bits-costs", "arrays-costs"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Each form of stack with each form of mask; gives the bound of rows made ahead."""
    if request.param.startswith("arrays"):
        monkeypatch.setattr(plans, "WORD", 0)
    return 0 if request.param.endswith("costs") else 1 << 26


def walk(mask: PushdownMask, budgets: Tensor, seed: int) -> Iterator[tuple[State, Tensor, list[list[int]]]]:
    """States, masks and prefixes of random programs, up to the step where all have ended."""
    generator = torch.Generator().manual_seed(seed)
    state = mask.start(len(budgets), budgets)
    prefixes: list[list[int]] = [[] for _ in budgets]
    for _ in range(int(budgets.max()) + 1):
        legal = mask.legal(state)  # (B, V)
        yield state, legal, prefixes
        noise = torch.rand(legal.shape, generator=generator).masked_fill(~legal, -1)
        token = torch.where(mask.done(state), mask.tables.pad, noise.argmax(1))  # (B,)
        for prefix, chosen in zip(prefixes, token.tolist(), strict=True):
            if chosen < mask.tables.pad:
                prefix.append(chosen)
        state = mask.advance(state, token)


def compare(vocabulary: Vocabulary, mask: PushdownMask, budgets: Tensor, seed: int) -> None:
    """Walk at random: the mask is the oracle's at every step, and every program ends within its budget."""
    oracle = Oracle(vocabulary.signature, vocabulary.root)
    for state, legal, prefixes in walk(mask, budgets, seed):
        for row, prefix in enumerate(prefixes):
            wanted = oracle.legal_tokens([vocabulary.tokens[t] for t in prefix], int(budgets[row]))
            assert {vocabulary.tokens[v] for v in legal[row].nonzero().flatten().tolist()} == wanted
            assert bool(mask.done(state)[row]) == (not wanted)
    assert bool(mask.done(state).all())
    assert not mask.refused(state).any()
    for prefix, budget in zip(prefixes, budgets.tolist(), strict=True):
        assert len(prefix) <= budget
        assert vocabulary.decode(prefix).size == len(prefix)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mask_is_the_oracles(language: str, form: int) -> None:
    vocabulary = vocabulary_of(language)
    mask = PushdownMask(Tables.from_vocabulary(vocabulary, rows_bound=form))
    budgets = vocabulary.shortest + torch.arange(24) % 15
    compare(vocabulary, mask, budgets, seed=len(language))


@pytest.mark.parametrize("language", ["dependent", "ordered", "ordered-list"])
def test_masks_with_registers_are_the_oracles(language: str, form: int) -> None:
    vocabulary = vocabulary_of(language)
    automaton = compile_vocabulary(vocabulary, fold=0)
    assert automaton.registers is not None
    mask = PushdownMask(Tables.from_automaton(automaton, rows_bound=form))
    compare(vocabulary, mask, vocabulary.shortest + torch.arange(24) % 15, seed=7)


SORTS = ("S", "T", "U")
PARTS = (*SORTS, "C", "E", "A", "List[S]", "List[T, 1..2]", "List[C, 2..]", "List[E, 0..1]", "List[List[U], 1..]")
GENERICS = (
    "if : (E, t, t) -> t",
    "eq : (t, t) -> S for t in C, T",
    "pick : (t, List[t, 0..2]) -> t for t in S, T",
    "map : (a, b) -> U for a in S, C for b in E, T",
    "wrap : (t) -> Box[t]\nopen : (Box[t]) -> t for t in T, U",
)


@st.composite
def random_signatures(draw: st.DrawFn) -> Vocabulary:
    """Random symbols over three sorts, with ranges, enumerations, bins, lists, generics and inclusions."""
    lines = ["C = -1..1", "E = no | yes", "A = -1.0..1.0 in 3 bins"]
    for sort in SORTS:
        for number in range(draw(st.integers(1, 3))):
            parts = draw(st.lists(st.sampled_from(PARTS), max_size=3))
            arguments = f"({', '.join(parts)}) -> " if parts else ""
            lines.append(f"{sort.lower()}{number} : {arguments}{sort}")
    lines += draw(st.lists(st.sampled_from(GENERICS), unique=True, max_size=3))
    lines += draw(st.lists(st.sampled_from(("S > T", "T > U", "U > C", "S > C, E")), unique=True, max_size=2))
    root = draw(st.sampled_from((*SORTS, "List[S]", "List[T, 1..2]")))
    try:
        return Vocabulary(Signature.parse("\n".join(lines)), parse_type(root))
    except SignatureError:
        assume(False)
        raise


@settings(max_examples=40, deadline=None)
@given(random_signatures(), st.integers(0, 12), st.booleans(), st.booleans(), st.integers(0, 1 << 30))
def test_the_mask_is_the_oracles_for_any_signature(
    vocabulary: Vocabulary, more: int, bits: bool, rows: bool, seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not bits:
            patch.setattr(plans, "WORD", 0)
        mask = PushdownMask(Tables.from_vocabulary(vocabulary, rows_bound=(1 << 26) * rows))
        budgets = vocabulary.shortest + torch.arange(6) % (more + 1)
        compare(vocabulary, mask, budgets, seed)


def test_random_programs_of_every_family_decode() -> None:
    for family in families():
        vocabulary = family.vocabulary
        budgets = torch.randint(vocabulary.shortest, vocabulary.shortest + 40, (64,))
        *_, (_, _, prefixes) = walk(PushdownMask(Tables.from_vocabulary(vocabulary)), budgets, seed=1)
        for prefix, budget in zip(prefixes, budgets.tolist(), strict=True):
            assert family.from_tokens(prefix).size <= budget


def test_fork_picks_rows(form: int) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("splits"), rows_bound=form))
    state = mask.advance(mask.start(3, torch.tensor([3, 7, 1])), torch.tensor([0, 2, 3]))
    forked = mask.fork(state, torch.tensor([1, 1, 0, 2, 1]))
    assert mask.done(forked).tolist() == [False, False, False, True, False]
    assert torch.equal(mask.legal(forked), mask.legal(state)[[1, 1, 0, 2, 1]])
    after = mask.advance(forked, torch.tensor([0, 3, 4, 5, 4]))  # rows of one origin go their own ways
    assert after.slack.tolist() == [0, 2, 0, 0, 2]
    assert not mask.refused(after).any()


def test_a_batch_of_none(form: int) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("splits"), rows_bound=form))
    state = mask.advance(mask.start(0, 5), torch.empty(0, dtype=torch.int64))
    assert mask.legal(state).shape == (0, 5)
    assert mask.done(mask.fork(state, torch.empty(0, dtype=torch.int64))).shape == (0,)
    assert mask.replay(torch.empty(0, 4, dtype=torch.int64), 5).shape == (0, 4, 5)


def test_what_is_closed_stays_closed(form: int) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("splits"), rows_bound=form))
    wrong = {"too long": [2, 2, 2], "after the end": [3, 3, 5], "padding before the end": [0, 5, 5]}
    ids = torch.tensor([*wrong.values(), [0, 3, 4]])
    state = mask.start(4, 5)
    for token in ids.unbind(1):
        state = mask.advance(state, token)
    assert mask.refused(state).tolist() == [True, True, True, False]
    assert bool(mask.done(state).all())
    assert not mask.legal(state).any()


def test_a_batch_masks_as_its_members_do_alone(form: int) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("includes"), rows_bound=form))
    budgets = torch.arange(1, 20)
    *_, (_, _, prefixes) = walk(mask, budgets, seed=5)
    ids = torch.tensor([[*p, *[mask.tables.pad] * (20 - len(p))] for p in prefixes])
    together = mask.replay(ids, budgets)
    for row in range(len(ids)):
        assert torch.equal(mask.replay(ids[row : row + 1], int(budgets[row]))[0], together[row])


def test_replay_gives_the_masks_of_stepping(form: int) -> None:
    vocabulary = vocabulary_of("lists")
    mask = PushdownMask(Tables.from_vocabulary(vocabulary, rows_bound=form))
    budgets = torch.full((32,), 15)
    steps = [legal for _, legal, _ in walk(mask, budgets, seed=2)]
    *_, (_, _, prefixes) = walk(mask, budgets, seed=2)
    ids, _ = vocabulary.pack([vocabulary.encode(vocabulary.decode(p)) for p in prefixes])
    replayed = mask.replay(torch.from_numpy(ids), budgets)
    assert torch.equal(replayed, torch.stack(steps[: ids.shape[1]], 1))


@pytest.mark.parametrize(
    ("ids", "budget", "text"),
    [
        (
            [[3, 5, 5], [0, 2, 3]],
            5,
            "token 2 of program 2, 'q', is closed: the budget is 5, the shortest program that begins so has 7 tokens\n"
            "  -> raise the budget to 7 or more, or use shorter programs",
        ),
        (
            [[3, 4, 5]],
            5,
            "token 2 of program 1, 'W', is closed: the program is complete after 1 tokens\n"
            "  -> pad behind the end with 5",
        ),
        ([[0, 3, 5]], 5, "program 1 ends after 2 tokens, still open: Image\n  -> Image begins with h, v, q, B, W"),
        ([[0, 3]], 5, "program 1 ends after 2 tokens, still open: Image\n  -> Image begins with h, v, q, B, W"),
        ([[0, 9, 3]], 5, "token 2 of program 1 is 9, the vocabulary has 5\n  -> use 0 to 4, and 5 behind the end"),
    ],
)
def test_replay_names_what_is_closed(ids: list[list[int]], budget: int, text: str) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("splits")))
    with pytest.raises(ProgramError) as caught:
        mask.replay(torch.tensor(ids), budget)
    assert str(caught.value) == text


def test_replay_names_a_token_of_another_type() -> None:
    vocabulary = vocabulary_of("numbers")
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    with pytest.raises(ProgramError) as caught:
        mask.replay(torch.tensor([vocabulary.names_to_ids(["line", "1", "no", "no"])]), 9)
    text = "token 3 of program 1, 'no', is closed: expected Coord\n  -> Coord begins with -2, -1, 0, 1, 2, 3, 4, 5, ..."
    assert str(caught.value) == text


def test_replay_unchecked_closes_the_rest() -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary_of("splits")))
    legal = mask.replay(torch.tensor([[0, 2, 3]]), 5, check=False)
    assert legal.any(2).tolist() == [[True, True, False]]


@pytest.mark.parametrize("budget", [3, torch.tensor([9, 3])])
def test_a_budget_below_the_shortest_program(budget: int | Tensor) -> None:
    vocabulary = vocabulary_of("long-list")
    with pytest.raises(BudgetError) as caught:
        PushdownMask(Tables.from_vocabulary(vocabulary)).start(2, budget)
    with pytest.raises(BudgetError) as wanted:
        vocabulary.require_budget(3)
    assert str(caught.value) == str(wanted.value)


def test_a_root_of_another_type() -> None:
    vocabulary = vocabulary_of("numbers")
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    root = [str(t) for t in vocabulary.types].index("Bool")
    legal = mask.legal(mask.start(1, 1, root))[0]
    assert [vocabulary.tokens[i] for i in legal.nonzero().flatten().tolist()] == ["no", "yes"]


def test_deep_programs() -> None:
    vocabulary = vocabulary_of("splits")
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    ids = torch.tensor([[0] * 2000 + [3] * 2001, [0, 3] * 2000 + [4]])
    assert mask.replay(ids, 4001).shape == (2, 4001, 5)


def test_plain_arrays_need_no_signature() -> None:
    tables = Tables.from_arrays(
        production=np.array([[0, 1], [2, -1]]),
        prod_cost=np.array([0, 2, 0]),
        prod_args=np.array([[-1, -1], [0, 1], [-1, -1]]),
        least=np.array([1, 1]),
    )
    mask = PushdownMask(tables)
    state = mask.advance(mask.start(2, torch.tensor([3, 2])), torch.tensor([1, 0]))
    assert mask.legal(state).tolist() == [[True, False], [False, False]]
    with pytest.raises(BudgetError, match="below the shortest type 0, which has 1"):
        mask.start(1, 0)
