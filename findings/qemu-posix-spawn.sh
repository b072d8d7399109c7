#!/usr/bin/env bash
# Guess:    QEMU's user mode runs a program as the kernel does. posix_spawn() of a program that does not exist returns
#           ENOENT, as glibc does it on Linux.
# Happens:  Under QEMU it succeeds, and the child ends with exit code 127. glibc's child tells its parent of the error through
#           memory that both share (CLONE_VM | CLONE_VFORK); QEMU makes a plain fork of it, where nothing is shared. A pipe,
#           as subprocess uses by default, brings the error.
#           Described at https://github.com/python/cpython/issues/131398
# Versions: Debian 12's qemu-user-static 1:7.2+dfsg-7+deb12u18, any rebuild; this system's python3 runs natively and in it.
# Matters:  Tests of another architecture's build run under QEMU. Those that expect "no such program" fail there, and a parent
#           that goes on before its child has called exec meets races that Linux does not have.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/debian-unpack" "$work" 'qemu-user-static=1:7.2+dfsg-7+deb12u18*' || exit 4
qemu=$work/qemu-user-static/usr/bin/qemu-$(uname -m)-static
if [ ! -x "$qemu" ] || ! python3 -c pass; then
  echo "there is no QEMU for $(uname -m) in the package, or no python3 here" >&2
  exit 4
fi
cat >"$work/spawn.py" <<'EOF'
import os
import subprocess

program = "/nonexistent/program"
try:
    child = os.posix_spawn(program, [program], {})
    print("posix_spawn: started, then exit code", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), end="; ")
except FileNotFoundError:
    print("posix_spawn: no such file", end="; ")
try:
    print("fork, exec and a pipe: exit code", subprocess.call([program]))
except FileNotFoundError:
    print("fork, exec and a pipe: no such file")
EOF
check() {  # name, expected output, command
  local output
  output=$("${@:3}" "$work/spawn.py")
  echo "$1: $output"
  if [ "$output" != "$2" ]; then
    echo "changed: expected $2" >&2
    exit 1
  fi
}
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
pipe="fork, exec and a pipe: no such file"
check Linux "posix_spawn: no such file; $pipe" "$python"
check "$("$qemu" --version | head -n 1)" "posix_spawn: started, then exit code 127; $pipe" "$qemu" "$python"
