#!/usr/bin/env bash
# Guess:    --help lists the options that an option excludes in the order in which the program names them, as it lists all else.
# Happens:  CLI11 keeps them (and those that an option needs) in a std::set of pointers, and --help goes through that set:
#           the order is that of the addresses. The allocator decides what is printed, so that the same source gives other
#           texts with another allocator, and may from run to run.
#           Reported and mended in later versions, which sort by name: https://github.com/CLIUtils/CLI11/issues/1307
# Versions: Debian 12's libcli11-dev 2.1.2+ds-1; any g++.
# Matters:  Documents made of --help change by themselves, and a test that compares two runs fails now and then.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v g++ >/dev/null || { echo "g++ is not here" >&2; exit 4; }
"$(dirname "$0")/debian-unpack" "$work" libcli11-dev=2.1.2+ds-1 || exit 4
# The program gives memory out upwards or downwards, as allocators may, so that both orders can be had at will.
cat >"$work/help.cc" <<'EOF'
#include <CLI/CLI.hpp>
#include <cstddef>
#include <iostream>
#include <new>
#include <string>

alignas(64) static char memory[1 << 24];
static std::size_t used = 0;
static bool downwards = false;

void* operator new(std::size_t size) {
  size = (size + 63) / 64 * 64;
  if (size > sizeof(memory) - used) throw std::bad_alloc();
  used += size;
  return downwards ? memory + sizeof(memory) - used : memory + used - size;
}
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}

int main(int argc, char**) {
  downwards = argc > 1;
  CLI::App app("example");
  CLI::Option* json = app.add_flag("--json");
  for (const char* name : {"--alpha", "--beta", "--gamma"}) json->excludes(app.add_flag(name));
  std::cout << app.help();
}
EOF
g++ -std=c++17 -I "$work/libcli11-dev/usr/include" "$work/help.cc" -o "$work/help"
upwards=$("$work/help" | sed -n 's/^ *--json *//p')
downwards=$("$work/help" downwards | sed -n 's/^ *--json *//p')
echo "options at rising addresses:  --json $upwards"
echo "options at falling addresses: --json $downwards"
if [ "$upwards" != "Excludes: --alpha --beta --gamma" ] || [ "$downwards" != "Excludes: --gamma --beta --alpha" ]; then
  echo "changed: the order is not that of the addresses" >&2
  exit 1
fi
