#!/usr/bin/env python3
"""Packs one wheel of what tools/wheel has built, under the metadata of pyproject.toml.

Into --output goes convnext_cpp-VERSION-TAG.whl: the Python files of python/convnext_cpp, the extension module, the program
(for python -m convnext_cpp), LICENSE and, from --documents, the licences of what is linked in. Runs in the environment `wheel`
of tools/python-packages.
"""
import argparse
import pathlib
import shutil
import tempfile
import tomllib

import pyproject_metadata
from wheel.wheelfile import WheelFile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "convnext_cpp"


def metadata(version):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dynamic = project["project"].pop("dynamic", [])
    if set(dynamic) - {"version"}:
        raise SystemExit(f"pyproject.toml: {dynamic} are dynamic, and only the version is known here")
    project["project"]["version"] = version
    return pyproject_metadata.StandardMetadata.from_pyproject(project, ROOT)


def stage(arguments, directory):
    """The tree of the wheel, but for its RECORD."""
    package = directory / PACKAGE
    shutil.copytree(ROOT / "python" / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(arguments.module, package / arguments.module_name)
    (package / "bin").mkdir(exist_ok=True)
    shutil.copy(arguments.program, package / "bin" / "convnext")
    (package / "bin" / "convnext").chmod(0o755)
    information = directory / f"{PACKAGE}-{arguments.version}.dist-info"
    licenses = information / "licenses"
    licenses.mkdir(parents=True)
    (information / "METADATA").write_bytes(bytes(metadata(arguments.version).as_rfc822()))
    python, abi, platform = arguments.tag.split("-")
    (information / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: convnext.cpp tools/wheel\nRoot-Is-Purelib: false\n"
                                       f"Tag: {python}-{abi}-{platform}\n")
    shutil.copy(ROOT / "LICENSE", licenses)
    documents = pathlib.Path(arguments.documents)
    shutil.copytree(documents / "licenses", licenses / "linked")
    shutil.copy(documents / "LIBRARIES.md", licenses / "linked")
    (information / "sboms").mkdir()
    shutil.copy(documents / "sbom.spdx.json", information / "sboms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag", required=True, help="as cp311-cp311-manylinux_2_28_x86_64")
    for name, text in (("module", "FILE"), ("module_name", "its name in the wheel"), ("program", "FILE"),
                       ("documents", "DIR of tools/portable_sbom.py"), ("version", "of the wheel"), ("output", "DIR")):
        parser.add_argument("--" + name, required=True, help=text)
    arguments = parser.parse_args()
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    wheel = output / f"{PACKAGE}-{arguments.version}-{arguments.tag}.whl"
    with tempfile.TemporaryDirectory(dir=output) as work:
        tree, unfinished = pathlib.Path(work) / "tree", pathlib.Path(work) / wheel.name
        stage(arguments, tree)
        with WheelFile(unfinished, "w") as file:  # the RECORD; the times of SOURCE_DATE_EPOCH
            file.write_files(tree)
        unfinished.replace(wheel)
    print(wheel)


if __name__ == "__main__":
    main()
