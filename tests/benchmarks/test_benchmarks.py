"""Every benchmark runs at a tiny size and ends with one line of JSON; what it measures is not judged here."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = {
    "excel": ["--rows", "30"],
    "matching": ["--rows", "20", "--records", "200"],
    "statistics": ["--records", "500"],
    "documents": ["--rows", "50"],
    "web": ["--rows", "16"],
    "admin": ["--records", "1500"],
}


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
@pytest.mark.parametrize("name", TINY)
def test_benchmark_ends_with_its_goals_as_json(name, tmp_path):
    command = [sys.executable, "-m", f"benchmarks.{name}", "--rounds", "1", *TINY[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=550, check=False)

    assert done.returncode == 0, done.stderr
    goals = import_module(f"benchmarks.{name}").GOALS
    ratios = json.loads(done.stdout.splitlines()[-1])
    assert list(ratios) == [goal.id for goal in goals]
    assert all(value is None or value >= 0 for value in ratios.values())
    assert any(value is not None for value in ratios.values())
