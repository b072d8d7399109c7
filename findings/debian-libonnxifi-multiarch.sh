#!/usr/bin/env bash
# Guess:    A Debian package with "Multi-Arch: same" can be installed for two architectures beside each other: that is what the
#           field promises.
# Happens:  libonnxifi has the field, and a library at /usr/lib/libonnxifi.so, outside the architecture's folder, with other
#           bytes for each architecture. dpkg refuses to unpack the second one.
# Versions: Debian 12's libonnxifi 1.12.0-2+b4, amd64 and arm64.
# Matters:  libonnx-dev depends on it. Debian's way to cross-compile, libraries of both architectures in one system, is closed
#           to whoever uses ONNX's classes; a folder with the other architecture's Debian works.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/debian-unpack" "$work" libonnxifi:amd64=1.12.0-2+b4 libonnxifi:arm64=1.12.0-2+b4 || exit 4
library=usr/lib/libonnxifi.so
for package in libonnxifi:amd64 libonnxifi:arm64; do
  field=$(grep '^Multi-Arch:' "$work/$package/DEBIAN/control" || echo "no Multi-Arch")
  if [ "$field" != "Multi-Arch: same" ] || [ ! -f "$work/$package/$library" ]; then
    echo "changed: $package has $field, or no /$library" >&2
    exit 1
  fi
  echo "$package: $field, /$library of $(stat -c %s "$work/$package/$library") bytes"
done
if cmp -s "$work/libonnxifi:amd64/$library" "$work/libonnxifi:arm64/$library"; then
  echo "changed: both architectures have the same /$library" >&2
  exit 1
fi
echo "the two files differ"

# An empty system in a folder, which knows both architectures. Dependencies are not looked at: only the file is the question.
root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
touch "$root/var/lib/dpkg/status"
dpkg=(env LC_ALL=C dpkg "--root=$root" --force-not-root --force-bad-path --force-script-chrootless)
[ "$(id -u)" = 0 ] || dpkg=(unshare --map-root-user "${dpkg[@]}")
"${dpkg[@]}" --add-architecture amd64
"${dpkg[@]}" --add-architecture arm64
unpack() { "${dpkg[@]}" --force-depends --unpack "$1" 2>&1; }
if ! output=$(unpack "$work/libonnxifi:amd64.deb"); then
  echo "dpkg cannot unpack a package into a folder here: $output" >&2
  exit 4
fi
if output=$(unpack "$work/libonnxifi:arm64.deb"); then
  echo "changed: dpkg unpacks both" >&2
  exit 1
fi
echo "dpkg: $(grep -o 'trying to overwrite.*' <<<"$output")"
if ! grep -q "trying to overwrite shared '/$library'" <<<"$output"; then
  echo "changed: dpkg has another reason: $output" >&2
  exit 1
fi
