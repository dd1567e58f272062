"""What `i2c dataset build` writes is read by the tools that people have: pandas and Hugging Face `datasets`."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image

from i2c_core.datasets.build import BuildConfig, build_dataset
from i2c_core.plugins import get_family
from i2c_core.raster import Renderer

SPLITS = get_family("splits")
ROWS = 2 + 4 + 26  # distinct images through size 5


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dataset")
    build_dataset(SPLITS, out, BuildConfig(max_size=5, shard_size=20))
    return out


def test_pandas_reads_it(built: Path) -> None:
    table = pandas.read_parquet(built / "data")
    assert len(table) == ROWS
    with Renderer(SPLITS) as renderer:
        for row in table.itertuples():
            program = SPLITS.parse(str(row.code))
            picture = np.asarray(Image.open(io.BytesIO(row.image["bytes"])))  # type: ignore[index,call-overload]
            assert (picture == renderer.render_programs([program]).pixels[0, 0]).all()
            assert row.size == program.size
            assert " ".join(row.tokens) == row.code  # type: ignore[arg-type]


def test_hugging_face_datasets_reads_it(built: Path, tmp_path: Path) -> None:
    # In a process of its own: importing it warns about things that are not ours.
    code = (
        "import sys, datasets\n"
        "found = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2], split='train')\n"
        "print(len(found), found[0]['image'].size, found[0]['code'], sorted(found.column_names))\n"
    )
    command = [sys.executable, "-c", code, str(built), str(tmp_path)]
    environment = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{ROWS} (32, 32) B ['code', 'image', 'size', 'tokens']\n"
