"""python -m convnext_cpp ...: the program `convnext`, in place of this process."""
import os
import pathlib
import sys


def main():
    program = pathlib.Path(__file__).parent / "bin" / "convnext"
    if not os.access(program, os.X_OK):
        sys.exit(f"convnext_cpp: the program {program} is not there or cannot be executed; install the package again")
    os.execv(program, [str(program), *sys.argv[1:]])


if __name__ == "__main__":
    main()
