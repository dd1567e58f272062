"""The numbers that define a network: what a checkpoint carries so that it can be built again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from i2c_core.errors import ConfigError, suggest

DecoderName = Literal["transformer", "recurrent"]
DECODERS: tuple[DecoderName, ...] = ("transformer", "recurrent")
ValuesName = Literal["none", "shared", "own"]
VALUES: tuple[ValuesName, ...] = ("none", "shared", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The size and shape of an encoder and a decoder.

    Args:
        vocabulary: V, the number of tokens; index V is the embedding of "no token yet" and of padding.
        max_tokens: T, the longest program in tokens.
        image: (C, H, W) of the observed images.
        decoder: "transformer" or "recurrent".
        width: D, features per grid cell and per token.
        layers: blocks of the decoder.
        heads: attention heads; divides `width`.
        channels: channels of the encoder's first stage; later stages have twice as many.
        blocks: residual blocks at the encoder's coarsest stage.
        where: whether the decoder is told the rectangle of the node that the next token will be.
        crop: P, side in cells of the picture of that rectangle shown to the decoder; 0 shows none.
        dropout: probability with which features are dropped while training.
        values: who says the exact numbers behind tokens that stand for bins: "none" (the middle of a bin), "shared"
            (one small network) or "own" (one for each type of numbers).
        numbers: of each type of numbers, its first token and how many it has.

    Raises:
        ConfigError: a number is outside its range, or two numbers contradict each other.
    """

    vocabulary: int
    max_tokens: int
    image: tuple[int, int, int] = (1, 32, 32)
    decoder: DecoderName = "transformer"
    width: int = 128
    layers: int = 2
    heads: int = 4
    channels: int = 32
    blocks: int = 1
    where: bool = False
    crop: int = 0
    dropout: float = 0.0
    values: ValuesName = "none"
    numbers: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.decoder not in DECODERS:
            hint = suggest(self.decoder, DECODERS, f"choose one of {', '.join(DECODERS)}")
            raise ConfigError(f"there is no decoder {self.decoder!r}", hint)
        for name in ("vocabulary", "max_tokens", "width", "layers", "heads", "channels"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}", f"set {name} to 1 or more")
        for name in ("blocks", "crop"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}", f"set {name} to 0 or more")
        if self.width % self.heads:
            raise ConfigError(
                f"width {self.width} is no multiple of the {self.heads} heads",
                f"set width to a multiple of {self.heads}, or change heads",
            )
        if len(self.image) != 3 or self.image[0] < 1 or min(self.image[1:]) < 8:
            raise ConfigError(
                f"image is {tuple(self.image)}",
                "give (C, H, W) with 1 or more channels and sides of 8 or more",
            )
        if self.crop and not self.where:
            raise ConfigError(f"crop is {self.crop}, but where is off", "turn where on, or set crop to 0")
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigError(f"dropout is {self.dropout}", "set dropout to 0 or more, and below 1")
        if self.values not in VALUES:
            hint = suggest(self.values, VALUES, f"choose one of {', '.join(VALUES)}")
            raise ConfigError(f"there is no way {self.values!r} to say exact numbers", hint)
        if (self.values != "none") != bool(self.numbers):
            fact = f"values is {self.values!r}, and there are {len(self.numbers)} types of numbers"
            raise ConfigError(fact, "give numbers for shared and own only, and none otherwise")
        if any(first < 0 or count < 1 or first + count > self.vocabulary for first, count in self.numbers):
            fact = f"numbers {self.numbers} are beyond the {self.vocabulary} tokens"
            raise ConfigError(fact, "give the first token of each type and how many it has")

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values that JSON can hold; `from_dict` reads them back.

        A network that says no exact numbers is written as it was before there were any.
        """
        plain = asdict(self) | {"image": list(self.image), "numbers": [list(span) for span in self.numbers]}
        if self.values == "none":
            del plain["values"], plain["numbers"]
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelConfig:
        """The inverse of `to_dict`.

        >>> config = ModelConfig(vocabulary=5, max_tokens=15)
        >>> ModelConfig.from_dict(config.to_dict()) == config
        True

        Raises:
            ConfigError: a name is unknown, one without a default is missing, or a value is out of range.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise ConfigError(f"a network has no setting {name!r}", suggest(name, known, "remove it"))
        for name in ("vocabulary", "max_tokens"):
            if name not in values:
                raise ConfigError(f"the setting {name!r} is missing", f"add {name!r} to the settings")
        values = dict(values)
        if "image" in values:
            values["image"] = tuple(values["image"])
        if "numbers" in values:
            values["numbers"] = tuple((int(first), int(count)) for first, count in values["numbers"])
        return cls(**values)
