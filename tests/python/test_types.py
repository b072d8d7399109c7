"""What type checkers see of the package."""
import ast
import subprocess
import sys

import pytest

from conftest import ROOT

PROGRAM = """
import numpy as np
import convnext_cpp

with convnext_cpp.load("model", threads=2, weights_cache=True) as model:
    failures: list[convnext_cpp.PictureError] = []
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = model.embed(["a.jpg", b"bytes"], on_error="nan", failures=failures)
    kinds: list[str] = [failure.kind for failure in failures]
    for index, row in model.embed_iter(iter(["a.jpg"]), on_error="skip"):
        if isinstance(row, convnext_cpp.PictureError):
            print(index, row.code)
    print(model.info["device"], model.embedding_dim, rows.shape, kinds)
"""


def mypy(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True)


def test_a_program_is_well_typed(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    done = mypy("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "program.py"))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("wrong", ["convnext_cpp.load(3)", "convnext_cpp.load('m', threads='2')", "convnext_cpp.load('m').embed()"])
def test_wrong_calls_are_found(tmp_path, wrong):
    (tmp_path / "program.py").write_text(f"import convnext_cpp\n{wrong}\n")
    assert mypy("mypy", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "program.py")).returncode == 1


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_the_stub_has_the_modules_names():  # mypy.stubtest takes nanobind's functions for variables
    from convnext_cpp import _convnext
    stub = ast.parse((ROOT / "python/convnext_cpp/_convnext.pyi").read_text()).body
    classes = {node.name: {part.name for part in node.body} for node in stub if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in stub if isinstance(node, ast.FunctionDef)}
    variables = {node.target.id for node in stub if isinstance(node, ast.AnnAssign)}
    assert public(dir(_convnext)) == set(classes) | functions | variables
    for name, parts in classes.items():
        assert public(dir(getattr(_convnext, name))) == parts


def test_the_package_has_the_marker():
    assert (ROOT / "python/convnext_cpp/py.typed").exists()
