#!/usr/bin/env bash
# Guess:    libarchive gives the name of a member as the archive has it, byte for byte; tarfile does.
# Happens:  The name in a pax header, which is UTF-8, comes with its characters composed (NFC) where the locale is UTF-8: two
#           members whose names differ have one name. In the C locale they come as they are. The same bytes in a ustar
#           header are never changed.
# Versions: Debian 12's libarchive13 3.6.2-1+deb12u*, any rebuild; this system's python3.
# Matters:  macOS writes decomposed names (NFD). A label file that was made with tarfile then has keys that a program over
#           libarchive never sees, depending on the locale that somebody set.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/debian-unpack" "$work" 'libarchive13=3.6.2-1+deb12u*' || exit 4
library=$(echo "$work"/libarchive13/usr/lib/*/libarchive.so.13)
if ! python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$library"; then
  echo "libarchive cannot be loaded, or there is no python3 here" >&2
  exit 4
fi
python3 - "$library" <<'EOF'
import ctypes
import io
import locale
import sys
import tarfile

archive = ctypes.CDLL(sys.argv[1])
archive.archive_read_new.restype = ctypes.c_void_p
archive.archive_entry_pathname.restype = ctypes.c_char_p
archive.archive_version_string.restype = ctypes.c_char_p


def tar_of(names, tar_format):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tar_format) as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return out.getvalue()


def names_in(data):
    reader = ctypes.c_void_p(archive.archive_read_new())
    archive.archive_read_support_format_tar(reader)
    archive.archive_read_open_memory(reader, data, ctypes.c_size_t(len(data)))
    entry, names = ctypes.c_void_p(), []
    while archive.archive_read_next_header(reader, ctypes.byref(entry)) in (0, -20):  # ARCHIVE_OK, ARCHIVE_WARN
        names.append(archive.archive_entry_pathname(entry))
    archive.archive_read_free(reader)
    return names


names = ["e\u0301.jpg", "\u00e9.jpg"]  # decomposed, composed
as_written = [name.encode() for name in names]
pax, ustar = tar_of(names, tarfile.PAX_FORMAT), tar_of(names, tarfile.USTAR_FORMAT)
found = {}
for name in ("C", "C.UTF-8"):
    locale.setlocale(locale.LC_ALL, name)
    found[name] = names_in(pax), names_in(ustar)
print(archive.archive_version_string().decode(), "written:", as_written)
for name, (from_pax, from_ustar) in found.items():
    print(f"locale {name}: pax {from_pax}, ustar {from_ustar}")
if tarfile.open(fileobj=io.BytesIO(pax)).getnames() != names:
    sys.exit("changed: tarfile no longer gives the names as they were written")
if found["C"] != (as_written, as_written) or found["C.UTF-8"] != ([as_written[1]] * 2, as_written):
    sys.exit("changed: expected composed names for pax in C.UTF-8, and no change anywhere else")
EOF
