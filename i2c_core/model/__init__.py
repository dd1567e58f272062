"""The network: an encoder of images and a decoder of programs. `build(config)` makes one at random."""

from i2c_core.model.config import DECODERS, ModelConfig
from i2c_core.model.decoder import Decoder
from i2c_core.model.encoder import Features
from i2c_core.model.network import Model, build
from i2c_core.model.observation import Observation
from i2c_core.model.places import Places, PlaceState, crop

__all__ = [
    "DECODERS",
    "Decoder",
    "Features",
    "Model",
    "ModelConfig",
    "Observation",
    "PlaceState",
    "Places",
    "build",
    "crop",
]
