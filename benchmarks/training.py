"""`i2c train --family splits` with defaults, from nothing, on CPU; then the figures of `reading.py` for its weights.

    python benchmarks/training.py [--out RUN]

Two threads are used, whatever the machine has, so that the minutes mean two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import Benchmark

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", help="folder of the run [default: a temporary one]")
    options = parser.parse_args()
    out = options.out or tempfile.mkdtemp()
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    bench = Benchmark("training", "i2c train --family splits with defaults, from nothing, two CPU threads")
    start = time.perf_counter()
    command = [sys.executable, "-m", "i2c_cli", "train", "--family", "splits", "--device", "cpu", "--out", out]
    subprocess.run(command, check=True, env=environment)
    minutes = (time.perf_counter() - start) / 60
    bench.row("minutes, process start to end", minutes, "at most 20", minutes <= 20)
    lines = [json.loads(line) for line in (Path(out) / "metrics.jsonl").read_text().splitlines()]
    waiting = [line["waiting"] for line in lines if "waiting" in line]
    share = 100 * sum(waiting) / max(1, len(waiting))
    bench.row("share of a step spent waiting for data, %", share, "under 10", share < 10)
    subprocess.run([sys.executable, str(HERE / "reading.py"), "--weights", out], check=True, env=environment)
    trained = json.loads((HERE / "results" / "reading-trained.json").read_text())
    for row in trained["rows"]:
        if row["met"] is not None:
            bench.row(row["figure"], row["value"], row["target"], row["met"])
    bench.finish()


if __name__ == "__main__":
    main()
