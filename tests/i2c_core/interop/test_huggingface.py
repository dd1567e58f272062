"""Whatever `generate` does with a model, what it returns is whole programs within the budget, rightly scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from i2c_core.errors import BudgetError, ConfigError
from i2c_core.interop.huggingface import MaskProcessor
from i2c_core.masks import PushdownMask, Tables
from i2c_core.symbols import Signature
from i2c_core.types import parse_type
from i2c_core.vocabulary import Vocabulary

SPLITS = "h, v : (Image, Image) -> Image\nq : (Image, Image, Image, Image) -> Image\nB, W : Image"
LISTS = "draw : (all: List[Mark, 1..3]) -> Picture\ndot : (x: Cell, y: Cell) -> Mark\nrow : (Cell) -> Mark\nCell = 0..3"
LANGUAGES = {"splits": (SPLITS, "Image", 12), "lists": (LISTS, "Picture", 14)}
WIDTH, BOS, EOS, PAD = 40, 0, 2, 1


@pytest.fixture(params=LANGUAGES)
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    text, root, _ = LANGUAGES[request.param]
    return Vocabulary(Signature.parse(text), parse_type(root))


def _processor(vocabulary: Vocabulary, budget: int = 12, **more: Any) -> MaskProcessor:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary))
    ids = {name: 38 - 2 * i for i, name in enumerate(vocabulary.tokens)}
    return MaskProcessor(mask, ids, budget, **{"eos": EOS, "pad": PAD, **more})


@pytest.fixture(scope="module", params=["GPT2", "Llama"])
def model(request: pytest.FixtureRequest) -> Any:
    transformers = pytest.importorskip("transformers", reason="needs the extra hf: pip install images-to-code[hf]")
    torch.manual_seed(0)
    if request.param == "GPT2":
        config = transformers.GPT2Config(vocab_size=WIDTH, n_positions=64, n_embd=16, n_layer=1, n_head=2)
        made = transformers.GPT2LMHeadModel(config)
    else:
        config = transformers.LlamaConfig(
            vocab_size=WIDTH,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=64,
        )
        made = transformers.LlamaForCausalLM(config)
    for parameter in made.parameters():
        parameter.data.mul_(8)  # peaked scores, unlike those of a fresh network
    made.generation_config.bos_token_id = BOS
    made.generation_config.eos_token_id = made.generation_config.pad_token_id = None
    return made.eval()


PROMPTS = {"input_ids": torch.tensor([[PAD, PAD, BOS], [BOS, 38, 5], [PAD, BOS, 5], [PAD, PAD, BOS]])}
PROMPTS["attention_mask"] = (PROMPTS["input_ids"] != PAD).long()  # left padding; prompts that hold the language's ids
WAYS: dict[str, dict[str, Any]] = {
    "greedy": {},
    "sampling": {"do_sample": True, "num_return_sequences": 8},
    "hot": {"do_sample": True, "temperature": 3.0, "top_p": 0.9, "num_return_sequences": 8},
    "beams": {"num_beams": 4, "num_return_sequences": 2},
    "long beams": {"num_beams": 5, "length_penalty": -2.0, "early_stopping": True},
    "sampled beams": {"num_beams": 3, "do_sample": True},
}


def _whole(processor: MaskProcessor, vocabulary: Vocabulary, sequences: Tensor) -> list[tuple[int, ...]]:
    """The programs of each sequence, after checking that they are whole and that EOS and PAD stand behind them."""
    found = []
    for row, sequence in zip(processor.programs(sequences).tolist(), sequences[:, 3:].tolist(), strict=True):
        size = row.index(vocabulary.pad) if vocabulary.pad in row else len(row)
        assert set(row[size:]) <= {vocabulary.pad}
        assert size <= processor.budget
        vocabulary.decode(row[:size])
        assert sequence[size:] == [EOS, *[PAD] * (len(row) - size - 1)][: len(row) - size]
        found.append(tuple(row[:size]))
    return found


@pytest.mark.parametrize("way", WAYS)
def test_every_sequence_is_a_whole_program(model: Any, vocabulary: Vocabulary, way: str) -> None:
    torch.manual_seed(1)
    processor = _processor(vocabulary)
    programs = []
    for _ in range(2):
        sequences = model.generate(**PROMPTS, **processor.arguments(**WAYS[way]))
        programs += _whole(processor, vocabulary, sequences)
    assert len(set(programs)) > (2 if way in ("sampling", "hot") else 0)


def test_without_room_for_eos_programs_are_whole(model: Any, vocabulary: Vocabulary) -> None:
    torch.manual_seed(2)
    for more in ({"do_sample": True, "num_return_sequences": 16}, {"num_beams": 4, "num_return_sequences": 4}):
        processor = _processor(vocabulary)
        sequences = model.generate(**PROMPTS, **processor.arguments(**more, max_new_tokens=12))
        _whole(processor, vocabulary, sequences)


def test_without_eos_padding_follows(model: Any, vocabulary: Vocabulary) -> None:
    processor = _processor(vocabulary, eos=None)
    sequences = model.generate(**PROMPTS, **processor.arguments(do_sample=True))
    assert sequences.shape[1] == 3 + 12
    for row in processor.programs(sequences).tolist():
        vocabulary.decode(row)


def _logprob(processor: MaskProcessor, model: Any, sequence: Tensor, mask: Tensor) -> float:
    """The log-probability of one sequence, from the model's scores and the slow way of masking them."""
    places = (mask.cumsum(0) - 1).clamp(min=0)
    out = model(input_ids=sequence[None], attention_mask=mask[None], position_ids=places[None])
    logits = out.logits[0, 2:-1]  # before each token
    tables = processor.mask
    state, total = tables.start(1, processor.budget), 0.0
    for scores, token in zip(logits, processor.programs(sequence[None])[0], strict=False):
        legal = tables.legal(state)[0]
        if not legal.any():
            break
        known = scores[processor._columns[: tables.pad]].masked_fill(~legal, float("-inf")).log_softmax(0)
        total += float(known[token])
        state = tables.advance(state, token[None])
    return total


@pytest.mark.parametrize("way", ["sampling", "beams"])
@pytest.mark.parametrize("renormalize", [True, False])
def test_scores_add_up_to_the_logarithm_of_the_probability(
    model: Any, vocabulary: Vocabulary, way: str, renormalize: bool
) -> None:
    torch.manual_seed(3)
    processor, copies = _processor(vocabulary), WAYS[way]["num_return_sequences"]
    asked = processor.arguments(**{"length_penalty": 0.0, **WAYS[way]} if way == "beams" else WAYS[way])
    asked["renormalize_logits"] = renormalize
    out = model.generate(**PROMPTS, **asked, output_scores=True, output_logits=True, return_dict_in_generate=True)
    beams = getattr(out, "beam_indices", None)
    steps = model.compute_transition_scores(out.sequences, out.scores, beams, normalize_logits=False)
    real = out.sequences[:, 3:] != PAD
    found = steps.masked_fill(~real[:, : steps.shape[1]], 0.0).sum(1)
    if way == "beams":
        torch.testing.assert_close(found, out.sequences_scores)
    for i, sequence in enumerate(out.sequences):
        prompt = PROMPTS["attention_mask"][i // copies]
        mask = torch.cat([prompt, torch.ones(len(sequence) - 3, dtype=torch.int64)])
        with torch.no_grad():
            wanted = _logprob(processor, model, sequence, mask)
        assert float(found[i]) == pytest.approx(wanted, abs=1e-4)


def _walks(processor: MaskProcessor, choose: Callable[[Tensor], Tensor], rows: int) -> Iterator[Tensor]:
    """The sequences after each step of a decode that shuffles its rows; `choose` takes scores to tokens."""
    ids = torch.full((rows, 1), BOS)
    for _ in range(processor.budget + 2):
        scores = processor(ids, torch.randn(len(ids), WIDTH))
        ids = torch.cat([ids, choose(scores)[:, None]], 1)
        ids = ids[torch.randint(len(ids), (rows,))]  # parents are lost, kept twice, moved
        yield ids


def _draw(scores: Tensor) -> Tensor:
    return scores.exp().multinomial(1)[:, 0]


def test_rows_may_move_between_calls(vocabulary: Vocabulary) -> None:
    torch.manual_seed(4)
    processor = _processor(vocabulary)
    *_, ids = _walks(processor, _draw, 64)
    for row in processor.programs(ids).tolist():
        vocabulary.decode(row)


def test_groups_of_beams_call_one_after_the_other(vocabulary: Vocabulary) -> None:
    torch.manual_seed(5)
    processor = _processor(vocabulary)
    groups = [torch.full((5, 2), BOS), torch.full((5, 2), BOS), torch.full((3, 2), BOS)]
    for _ in range(processor.budget + 1):
        for g, ids in enumerate(groups):
            token = _draw(processor(ids, torch.randn(len(ids), WIDTH)))
            groups[g] = torch.cat([ids, token[:, None]], 1)[torch.randint(len(ids), (len(ids),))]
    for ids in groups:
        for row in processor.programs(ids).tolist():
            vocabulary.decode(row)


def test_tokens_may_be_taken_back(vocabulary: Vocabulary) -> None:
    torch.manual_seed(6)
    fresh, processor = _processor(vocabulary), _processor(vocabulary)
    *_, ids = _walks(fresh, _draw, 1)
    for columns in (1, 2, 3, 4, 2, 3, 4, 5, 6, 4, 5, 6, 7):
        scores = torch.randn(1, WIDTH)
        fresh.reset()
        for before in range(1, columns):
            fresh(ids[:, :before], scores)
        torch.testing.assert_close(processor(ids[:, :columns], scores), fresh(ids[:, :columns], scores))


def test_a_shorter_call_begins_anew(vocabulary: Vocabulary) -> None:
    torch.manual_seed(7)
    processor, scores = _processor(vocabulary), torch.zeros(3, WIDTH)
    first = processor(torch.full((3, 4), BOS), scores)
    list(_walks(processor, _draw, 8))
    assert torch.equal(processor(torch.full((3, 2), BOS), scores), first)
    assert torch.equal(processor(torch.full((3, 2), BOS), scores), first)
    assert torch.equal(processor(torch.full((3, 9), BOS), scores), first)


def test_wider_scores_are_closed_everywhere_else(vocabulary: Vocabulary) -> None:
    processor = _processor(vocabulary)
    found = processor(torch.tensor([[BOS]]), torch.full((1, 1000), 50.0))
    columns = processor._columns[: vocabulary.pad][processor.mask.legal(processor.mask.start(1, 12))[0]]
    assert sorted((found[0] > -torch.inf).nonzero()[:, 0].tolist()) == sorted(columns.tolist())
    assert float(found.exp().sum()) == pytest.approx(1)


def test_scores_that_are_no_numbers_open_nothing(vocabulary: Vocabulary) -> None:
    torch.manual_seed(8)
    processor = _processor(vocabulary)

    def choose(scores: Tensor) -> Tensor:
        assert not scores.isnan().any()
        return _draw(scores)

    ids = torch.full((32, 1), BOS)
    for _ in range(processor.budget + 1):
        noise = torch.randn(32, WIDTH)
        noise[torch.rand(32, WIDTH) < 0.5] = float("nan")
        noise[torch.rand(32, WIDTH) < 0.5] = float("inf")
        ids = torch.cat([ids, choose(processor(ids, noise))[:, None]], 1)
    for row in processor.programs(ids).tolist():
        vocabulary.decode(row)


def test_half_precision_stays_half(vocabulary: Vocabulary) -> None:
    found = _processor(vocabulary)(torch.tensor([[BOS]]), torch.zeros(1, WIDTH, dtype=torch.bfloat16))
    assert found.dtype == torch.bfloat16


class Waits(TorchDispatchMode):
    """Collects what would wait for a GPU: numbers read on the host, shapes that depend on values, copies."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name()
        if name in ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal"):
            self.found.append(name)
        return func(*args, **(kwargs or {}))


def test_nothing_is_read_on_the_host(vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary), backend="torch")
    processor = MaskProcessor(mask, range(5, 5 + vocabulary.size), 12, eos=EOS, pad=PAD)
    ids = torch.full((4, 1), BOS)
    calls = []
    for _ in range(6):
        calls.append(ids)
        ids = torch.cat([ids, _draw(processor(ids, torch.zeros(4, WIDTH)))[:, None]], 1)
    processor.reset()
    with Waits() as waits:
        for ids in calls[:3]:
            processor(ids, torch.zeros(4, WIDTH))
    assert waits.found == ["aten::_local_scalar_dense"]  # on the CPU, where it costs nothing, rows are asked after
    monkeypatch.setattr("i2c_core.interop.huggingface._require_found", lambda found: None)
    with Waits() as waits:
        for ids in calls[3:]:
            processor(ids, torch.zeros(4, WIDTH))
    assert waits.found == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_nothing_waits_for_the_gpu(vocabulary: Vocabulary) -> None:
    mask = PushdownMask(Tables.from_vocabulary(vocabulary).to("cuda"))
    processor = MaskProcessor(mask, range(5, 5 + vocabulary.size), 12, eos=EOS, pad=PAD)
    ids = torch.full((4, 1), BOS, device="cuda")
    processor(ids, torch.zeros(4, WIDTH, device="cuda"))  # what is made on first use is made
    processor.reset()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(6):
            scores = processor(ids, torch.zeros(4, WIDTH, device="cuda"))
            ids = torch.cat([ids, scores.argmax(1)[:, None]], 1)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def _splits() -> Vocabulary:
    return Vocabulary(Signature.parse(SPLITS), parse_type("Image"))


def test_a_row_that_comes_from_nowhere_is_told() -> None:
    processor, scores = _processor(_splits()), torch.zeros(1, WIDTH)
    for ids in ([BOS], [BOS, 38]):
        processor(torch.tensor([ids]), scores)
    with pytest.raises(ConfigError) as e:
        processor(torch.tensor([[5, 38, 38]]), scores)
    assert str(e.value) == (
        "row 1 of this call goes on from no row of the call before\n"
        "  -> begin each generate with processor.arguments(), or call processor.reset()"
    )


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "ends": (
        {"eos": None, "pad": None},
        "neither eos nor pad is given\n  -> name the model's id behind a program: eos=2",
    ),
    "missing": (
        {"ids": {"h": 3, "v": 4, "q": 5, "B": 6}},
        "token 'W' has no id\n  -> give every token of the language an id of the model",
    ),
    "unknown": (
        {"ids": {"h": 3, "v": 4, "q": 5, "B": 6, "w": 7}},
        "'w' is no token of the language\n  -> did you mean 'W'?",
    ),
    "few": ({"ids": [3, 4]}, "2 ids for 5 tokens\n  -> give one id a token, in the mask's order"),
    "twice": (
        {"ids": torch.tensor([3, 4, 5, 6, 6])},
        "id 6 is given twice\n  -> give tokens, eos and pad ids of their own",
    ),
    "eos": ({"ids": [3, 4, 5, 6, EOS]}, "id 2 is given twice\n  -> give tokens, eos and pad ids of their own"),
    "below": ({"ids": [3, 4, 5, 6, -1]}, "id -1 is below 0\n  -> use ids of the model's vocabulary"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake: str) -> None:
    given, said = MISTAKES[mistake]
    mask = PushdownMask(Tables.from_vocabulary(_splits()))
    with pytest.raises(ConfigError) as e:
        MaskProcessor(mask, **{"ids": range(5, 10), "budget": 5, "eos": EOS, "pad": PAD, **given})
    assert str(e.value) == said


def test_a_budget_below_every_program_is_told() -> None:
    with pytest.raises(BudgetError):
        _processor(_splits(), budget=0)


def test_scores_that_are_too_narrow_are_told() -> None:
    with pytest.raises(ConfigError) as e:
        _processor(_splits())(torch.tensor([[BOS]]), torch.zeros(1, 38))
    assert str(e.value) == (
        "the scores have 38 columns, the language's ids reach 38\n"
        "  -> use ids of this model, or make its vocabulary larger: resize_token_embeddings"
    )


def test_another_device_is_told() -> None:
    with pytest.raises(ConfigError) as e:
        _processor(_splits())(torch.tensor([[BOS]]), torch.zeros(1, WIDTH, device="meta"))
    assert str(e.value) == "scores are on meta, the mask is on cpu\n  -> make the mask of tables.to('meta')"
