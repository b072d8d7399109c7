"""The Python blocks of the documents run (tests/readme_test.cc runs all other blocks)."""
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import ROOT, program

DOCUMENTS = ["README.md", "docs/python.md"]


def blocks():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        for match in re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            if "convnext_cpp" in match[1]:
                line = text[:match.start()].count("\n") + 2
                yield pytest.param(match[1], id=f"{pathlib.Path(document).name}:{line}")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """What the documents expect in the working directory."""
    directory = tmp_path_factory.mktemp("tree")
    for name in ("tests", "evidence"):
        (directory / name).symlink_to(ROOT / name)
    program("synth", "--architecture", "convnext_base.clip_laion2b", "--output", directory / "weights/synthetic")
    return directory


@pytest.mark.parametrize("code", list(blocks()))
def test_the_block_runs(tree, code):
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout
