"""What benchmarks say of the machine, and how they start a side of a comparison."""
import os
import platform
import subprocess
import sys
import tempfile


def call(command, cores):
    """Standard output of `command`, run on `cores`, and its peak resident memory in bytes."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors,
                                   preexec_fn=lambda: os.sched_setaffinity(0, cores))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}\nfailed with exit code {process.returncode}:\n{errors.read()[-2000:]}")
        return output.read(), usage.ru_maxrss * 1024


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def flags_of_interest():
    flags = next((line.split() for line in open("/proc/cpuinfo") if line.startswith("flags")), [])
    return [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
