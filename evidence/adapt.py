#!/usr/bin/env python3
"""Measures everything and makes a bundle of evidence: starts `convnext adapt`, which does the work; --help is its own.

    python adapt.py --model_path MODEL --device npu --output run/bundle    (npu is also the default)
"""
import os
import platform
import shutil
import signal
import sys

COMMAND = ["adapt"]
ROOT = os.path.dirname(os.path.realpath(__file__))


def give_up(message):
    sys.stderr.write("{}: error: {}\n".format(os.path.basename(__file__), message))
    sys.exit(4)


def is_program(path):
    return os.path.isfile(path) and os.access(path, os.X_OK)


def find_program():
    named = os.environ.get("CONVNEXT")
    if named:
        return named if is_program(named) else give_up("CONVNEXT={}: no program there; mend or unset it".format(named))
    bundled = os.path.join(ROOT, "bin", "linux-" + platform.machine(), "convnext")
    if os.path.isfile(bundled) and not is_program(bundled):  # some downloads lose what says that it can be run
        os.chmod(bundled, 0o755)
    places = [bundled, os.path.join(ROOT, "build", "convnext"), os.path.join(ROOT, "build", "release", "convnext")]
    found = next(filter(is_program, places), None) or shutil.which("convnext")
    return found or give_up(
        "the program convnext was not found: CONVNEXT is not set, and it is neither {} nor {} nor {} nor on PATH. Build "
        "it with ./quickstart of convnext.cpp and set CONVNEXT to its build/convnext".format(*places))


def note_python():
    os.environ["CONVNEXT_LAUNCHER_PYTHON"] = platform.python_version()
    try:
        from importlib.metadata import version
        os.environ["CONVNEXT_LAUNCHER_PIP"] = version("pip")
    except Exception:  # no pip, or a Python older than 3.8
        os.environ.pop("CONVNEXT_LAUNCHER_PIP", None)


def main():
    try:
        program, arguments = find_program(), sys.argv[1:]
        if not any(argument.split("=")[0] == "--device" for argument in arguments):
            arguments = ["--device", "npu"] + arguments
        note_python()
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and so they would be by the program
            signal.signal(ignored, signal.SIG_DFL)
        os.execv(program, [program] + COMMAND + arguments)
    except OSError as error:
        give_up("cannot run {}: {}. Where it is a Git LFS pointer: git lfs pull. Else build it on this machine with "
                "./quickstart of convnext.cpp".format(error.filename or program, error.strerror))


if __name__ == "__main__":
    main()
