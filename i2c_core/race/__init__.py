"""The race: searchers and trained networks on the same images, with the same renderer and the same clock."""

from i2c_core.race.meter import Meter, Over
from i2c_core.race.pictures import held_out_goals, read_goals
from i2c_core.race.racers import Field, Racer, field_of
from i2c_core.race.racing import Goal, Limits, Point, Run, race, warm_up
from i2c_core.race.reporting import race_chart, write_race
from i2c_core.race.results import Curve, Standing, curves, standings

__all__ = [
    "Curve",
    "Field",
    "Goal",
    "Limits",
    "Meter",
    "Over",
    "Point",
    "Racer",
    "Run",
    "Standing",
    "curves",
    "field_of",
    "held_out_goals",
    "race",
    "race_chart",
    "read_goals",
    "standings",
    "warm_up",
    "write_race",
]
