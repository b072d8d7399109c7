"""Prints the folder of AscendCL's official headers, taken out of a torch-npu wheel.

python3 fetch.py VERSION CACHE: downloads the wheel with pip once and keeps only the headers, in CACHE/VERSION. Exit status
77 and a line on standard error if there is none to be had (the index cannot be reached, no pip).
"""

import fcntl
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HEADERS = 'torch_npu/include/third_party/acl/inc'


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(77)


def python_with_pip(folder):
    """This Python, or a virtual environment of it: Debian's has pip only there."""
    if importlib.util.find_spec('pip'):
        return sys.executable
    made = subprocess.run([sys.executable, '-m', 'venv', str(folder)], capture_output=True, stdin=subprocess.DEVNULL)
    if made.returncode != 0:
        skip('neither pip nor python3-venv is installed')
    return str(folder / 'bin' / 'python')


def download(version, folder):
    """The wheel that any machine can read: what is inside for other processors is not looked at."""
    command = [python_with_pip(folder / 'venv'), '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check',
               '--no-deps', '--python-version', '3.11', '--platform', 'manylinux_2_28_x86_64', '--only-binary=:all:',
               '--retries', '1', '--timeout', '20', '--dest', str(folder), f'torch-npu=={version}']
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        skip(f'torch-npu {version} cannot be downloaded: {error}')
    wheels = list(folder.glob('*.whl'))
    if done.returncode != 0 or len(wheels) != 1:
        lines = done.stderr.strip().splitlines() or ['pip says nothing']
        skip(f'torch-npu {version} cannot be downloaded: {lines[-1]}')
    return wheels[0]


def extract(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(HEADERS + '/')]
        if f'{HEADERS}/acl/acl.h' not in names:
            sys.exit(f'{wheel} holds no {HEADERS}/acl/acl.h')
        archive.extractall(folder, names)


def main(version, cache):
    cache = pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / 'lock', 'w') as lock:  # tests run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = cache / version
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                scratch = pathlib.Path(scratch)
                extract(download(version, scratch), scratch / 'headers')
                shutil.move(scratch / 'headers', target)
    print(target / HEADERS)


if __name__ == '__main__':
    main(*sys.argv[1:])
