#!/usr/bin/env python3
"""Usage: survive.py CONVNEXT [KILLS [PICTURES]]

Kills convnext embed at random points, fails each of its system calls once, fills its disk and runs two of it at a time; after each
the bytes must be those of a run that nothing disturbed. Prints a line for each part; the exit code is 1 if one failed.
"""
import errno
import io
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
COVERED = ("img_emb", "metadata", "failures", "units", "inputs", "plan.json")


def make_shards(directory, pictures, shards):
    """Tars of PPM pictures of 36x36, each with a .txt; one of 97 is no picture."""
    generator = random.Random(0)
    directory.mkdir()
    for shard in range(shards):
        with tarfile.open(directory / f"{shard:05}.tar", "w") as tar:
            for i in range(shard, pictures, shards):
                picture = b"P6 36 36 255\n" + generator.randbytes(36 * 36 * 3)
                for name, data in ((f"{i:06}.ppm", b"no" if i % 97 == 5 else picture), (f"{i:06}.txt", b"%d" % i)):
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))


def files_of(output):
    found = {}
    for part in COVERED:
        top = output / part
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                found[str(path.relative_to(output))] = path.read_bytes()
    return found


class Survival:
    def __init__(self, program, work, pictures):
        self.program, self.work, self.failed = program, work, 0
        subprocess.run([program, "synth", "--config", HERE.parent / "golden/models/tiny_patch/config.json", "--output", work / "model"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        make_shards(work / "in", pictures, 25)
        make_shards(work / "in-few", 360, 3)
        self.pictures = pictures

    def command(self, output, shards="in", rows=500, flags=()):
        return [self.program, "embed", "--model_path", self.work / "model", "--input", f"{self.work}/{shards}/*.tar", "--carry", "txt",
                "--output", output, "--rows_per_unit", str(rows), *flags]

    def start(self, *arguments, env=None, **keywords):
        return subprocess.Popen(self.command(*arguments, **keywords), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env={**os.environ, **(env or {})})

    def run(self, *arguments, **keywords):
        return self.start(*arguments, **keywords).wait()

    def verify(self, output):
        return subprocess.run([self.program, "embed", "--verify", output], capture_output=True, check=False).returncode

    def expect(self, what, good):
        print(f"{'ok' if good else 'FAILED'}: {what}", flush=True)
        self.failed += not good

    def is_same(self, output, truth):
        return self.verify(output) == 0 and files_of(output) == truth

    def killed(self, kills):
        quiet, output = self.work / "quiet", self.work / "killed"
        began = time.monotonic()
        self.expect(f"a quiet run of {self.pictures} pictures", self.run(quiet) == 0 and self.verify(quiet) == 0)
        seconds = time.monotonic() - began
        truth = files_of(quiet)
        generator, done, broken = random.Random(1), 0, 0
        while done < kills:
            process = self.start(output)
            time.sleep(generator.uniform(0, 2.5 * seconds / kills + 0.1))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                done += 1
            process.wait()
            if not (output / "plan.json").exists() or self.verify(output) not in (0, 5):
                broken += (output / "plan.json").exists()
            if process.returncode == 0:  # all is there: once more from the beginning
                broken += files_of(output) != truth
                shutil.rmtree(output)
        self.expect("the last run ends", self.run(output) == 0)
        self.expect(f"{done} kills: no damage between them, the same bytes at the end", broken == 0 and self.is_same(output, truth))

    def few(self, output, **keywords):
        return self.run(output, shards="in-few", rows=40, **keywords)

    def fail_calls(self):
        library, quiet = self.work / "fail_call.so", self.work / "few"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, HERE / "fail_call.c", "-ldl"], check=True)
        self.few(quiet)
        truth = files_of(quiet)
        for kind, flags, begin, calls in (("a run", [], None, ("write", "fsync", "linkat", "mkdir")),
                                          ("a run with --retry_failed", ["--retry_failed"], quiet, ("unlink", "fsync"))):
            for call, number in self.count_calls(library, flags, begin).items():
                if call in calls:
                    wrong = [i for i in range(1, number + 1) if not self.survives(library, flags, begin, call, i, truth)]
                    self.expect(f"{kind}: each of {number} calls of {call} fails once: the same bytes after a rerun {wrong or ''}",
                                number > 0 and not wrong)
        return truth

    def begin(self, begin):
        """An output directory as `begin`, or none."""
        output = self.work / "failing"
        shutil.rmtree(output, ignore_errors=True)
        if begin:
            shutil.copytree(begin, output)
        return output

    def count_calls(self, library, flags, begin):
        counted = self.work / "counts"
        self.few(self.begin(begin), flags=flags, env={"LD_PRELOAD": str(library), "FAIL_COUNT": str(counted)})
        return {call: int(number) for call, number in map(str.split, counted.read_text().splitlines())}

    def survives(self, library, flags, begin, call, number, truth):
        output = self.begin(begin)
        error = errno.ENOSPC if call == "write" else errno.EIO
        self.few(output, flags=flags, env={"LD_PRELOAD": str(library), "FAIL_CALL": call, "FAIL_NUMBER": str(number), "FAIL_ERROR": str(error)})
        damaged = (output / "plan.json").exists() and self.verify(output) == 1
        return not damaged and self.few(output) == 0 and self.is_same(output, truth)

    def full_disk(self, truth):
        mount = self.work / "small"
        mount.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", mount], capture_output=True, check=False).returncode != 0:
            print("not tried: a full disk (this machine mounts no tmpfs)")
            return
        try:
            code = self.few(mount / "out")
            subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
            self.expect("a full disk: an error, and the same bytes when there is room", code != 0 and self.few(mount / "out") == 0
                        and self.is_same(mount / "out", truth))
        finally:
            subprocess.run(["umount", mount], check=False)

    def two_processes(self, truth):
        output = self.work / "two"
        codes = [process.wait() for process in [self.start(output, shards="in-few", rows=40) for _ in range(2)]]
        self.expect("two processes on the same units", codes == [0, 0] and self.is_same(output, truth))

    def vanished(self):
        pictures, output = self.work / "folder", self.work / "gone"
        pictures.mkdir()
        for i in range(400):
            (pictures / f"{i:04}.ppm").write_bytes(b"P6 36 36 255\n" + random.Random(i).randbytes(36 * 36 * 3))
        command = [self.program, "embed", "--model_path", self.work / "model", "--input", pictures, "--output", output, "--rows_per_file", "100"]
        subprocess.run([*command, "--plan_only"], check=True, stdout=subprocess.DEVNULL)
        pictures.rename(self.work / "away")
        resume = [*command[:4], "--output", output]
        code = subprocess.run(resume, capture_output=True, check=False).returncode
        nothing = not list(output.glob("units/*.json"))
        (self.work / "away").rename(pictures)
        again = subprocess.run(resume, capture_output=True, check=False).returncode
        self.expect("a folder that is gone is no failure of its pictures", code != 0 and nothing and again == 0 and self.verify(output) == 0
                    and not list(output.glob("failures/*")))


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    pictures = int(sys.argv[3]) if len(sys.argv) > 3 else 50000
    with tempfile.TemporaryDirectory() as work:
        survival = Survival(program, pathlib.Path(work), pictures)
        survival.killed(kills)
        truth = survival.fail_calls()
        survival.full_disk(truth)
        survival.two_processes(truth)
        survival.vanished()
    print(f"{survival.failed} failed")
    return survival.failed > 0


if __name__ == "__main__":
    sys.exit(main())
