#!/usr/bin/env python3
"""Lists what the portable program, or a Python module, is made of, from what its linker and compilers really read.

The linker's maps name the archives whose members were linked in, ninja the headers of others that were compiled; the
lists that tools/debian-root left say which Debian packages they are from. Writes into --output:
  sbom.spdx.json   SPDX 2.3
  LIBRARIES.md     the same to be read, with the CVEs that Debian has fixed since its release
  licenses/NAME    the copyright file of each source package
"""
import argparse
import collections
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time

# Licences that let us choose: what is chosen. The rest is in the copyright files.
CHOICES = {
    "cairo": "MPL-1.1",
    "freetype": "FTL",
    "gcc-10": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later, with the exception for what is linked statically",
    "libzstd": "BSD-3-Clause",
    "xz-utils": "public domain",
}


class Root:
    """A Debian that tools/debian-root unpacked."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        self.packages = {}
        for line in (self.path / ".versions").read_text().splitlines():
            name, version, source, source_version = line.split()
            self.packages[name] = (version, source, source_version)
        self.owner = {}
        for line in (self.path / ".files").read_text().splitlines():
            name, file = line.split(" ", 1)
            self.owner[file] = name

    def package_of(self, path):
        inside = os.path.relpath(path, self.path)
        for name in (inside, "usr/" + inside):  # /lib is a link to /usr/lib in some
            if name in self.owner:
                return self.owner[name]
        raise SystemExit(f"{path}: no package in {self.path} has it")

    def document(self, package, name):
        return self.path / "usr/share/doc" / package / name


def linked_archives(map_file):
    """The archives that members were taken from, and the compiler's and glibc's first and last objects."""
    members = collections.Counter()
    text = map_file.read_text(errors="replace")
    begin = text.index("Archive member included")
    for line in text[begin:text.index("Memory Configuration")].splitlines():
        found = re.match(r"(\S+\.a)\(\S+\)", line)
        if found:
            members[found[1]] += 1
    for line in text.splitlines():
        found = re.match(r"LOAD (\S+/S?crt\w+\.o)$", line)
        if found:
            members[found[1]] += 1
    return members


def compiled_headers(build):
    """Every file that an object of the program was compiled from."""
    headers, wanted = set(), False
    for line in subprocess.run(["ninja", "-C", str(build), "-t", "deps"], check=True, capture_output=True, text=True).stdout.splitlines():
        if line.startswith(" "):
            if wanted:
                headers.add((build / line.strip()).resolve())
        else:
            wanted = line.startswith(("src/", "CMakeFiles/portable_", "CMakeFiles/onnx_proto"))
    return headers


class Component:
    def __init__(self, source, version, suite):
        self.source, self.version, self.suite = source, version, suite
        self.binaries, self.archives, self.documents = set(), set(), {}


def components(arguments):
    """Source package to Component; headers count where no archive of theirs does: of libraries that are headers alone."""
    archives, glibc = Root(arguments.archives), Root(arguments.glibc)
    found = {}

    def add(root, package, archive):
        version, source, source_version = root.packages[package]
        suite = "bookworm" if root is archives else "bullseye"
        component = found.setdefault((source, suite), Component(source, source_version, suite))
        component.binaries.add(f"{package} {version}")
        if archive:
            component.archives.add(archive)
        component.documents[package] = root

    build = pathlib.Path(arguments.build).resolve()
    for archive in sorted(set().union(*(linked_archives(build / name) for name in arguments.map))):
        path = (build / archive).resolve()
        if "/unwinder-" in archive:
            add(glibc, "libgcc-10-dev", path.name)
        elif path.is_relative_to(archives.path):
            add(archives, archives.package_of(path), path.name)
        elif path.is_relative_to(glibc.path):
            add(glibc, glibc.package_of(path), path.name)
        elif not path.is_relative_to(build):
            raise SystemExit(f"{path} is linked in, and from no known place")
    compiled = {pathlib.Path(directory).resolve(): package for package, directory in (text.split("=") for text in arguments.sources)}
    for header in compiled_headers(build):
        package = next((package for directory, package in compiled.items() if header.is_relative_to(directory)), None)
        if package:
            add(archives, package, "its sources, compiled")
        elif header.is_relative_to(archives.path):
            package = archives.package_of(header)
            if package not in ("libc6-dev", "linux-libc-dev"):  # declarations of the system
                add(archives, package, None)
    add(archives, "libonnx-dev", "classes made from its onnx.proto")
    return [found[key] for key in sorted(found)]


def security_fixes(component):
    """CVEs that the changelog names since the version that Debian was released with."""
    fixes = []
    if component.source == "glibc":  # only what starts a program is linked in
        return fixes
    for package, root in sorted(component.documents.items()):
        for name in ("changelog.Debian.gz", "changelog.gz"):
            path = root.document(package, name)
            if not path.exists():
                continue
            for entry in re.split(r"^(?=\S+ \(\S+\) )", gzip.open(path, "rt", errors="replace").read(), flags=re.M)[1:]:
                version = re.match(r"\S+ \((\S+)\)", entry)[1]
                if not re.search(r"[+~]deb1[12]u", version):
                    break
                fixes += re.findall(r"CVE-\d{4}-\d{4,}", entry)
            if fixes:
                return sorted(set(fixes), key=lambda cve: [int(part) for part in cve[4:].split("-")])
    return []


def copyright_text(component):
    for package, root in sorted(component.documents.items()):
        path = root.document(package, "copyright")
        if path.exists():
            return path.read_text(errors="replace")
    raise SystemExit(f"{component.source}: no copyright file")


def license_names(text):
    names = dict.fromkeys(re.findall(r"^License: *(\S.*\S)$", text, flags=re.M))
    return ", ".join(names) or "see its copyright file"


def spdx(arguments, parts, program, created):
    documents = f"convnext-{arguments.version}-{pathlib.Path(arguments.build).name}"
    name = f"convnext-{arguments.version}"
    packages = [{
        "SPDXID": "SPDXRef-convnext", "name": "convnext", "versionInfo": arguments.version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": program}],
    }]
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-convnext"}]
    for part in parts:
        identifier = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{part.source}-{part.suite}")
        packages.append({
            "SPDXID": identifier, "name": part.source, "versionInfo": part.version, "supplier": "Organization: Debian",
            "downloadLocation": f"https://snapshot.debian.org/package/{part.source}/{part.version}/",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "licenseComments": f"Debian's copyright file names: {license_names(copyright_text(part))}."
                               + (f" Chosen: {CHOICES[part.source]}." if part.source in CHOICES else ""),
            "copyrightText": copyright_text(part),
            "comment": f"from {', '.join(sorted(part.binaries))}: {', '.join(sorted(part.archives)) or 'headers'}",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{part.source}@{part.version.replace(':', '%3A').replace('+', '%2B')}"
                                    f"?arch=source&distro={part.suite}"}],
        })
        relationships.append({"spdxElementId": "SPDXRef-convnext", "relationshipType": "STATIC_LINK" if part.archives else "CONTAINS",
                              "relatedSpdxElement": identifier})
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{documents}-{program[:32]}",
        "creationInfo": {"created": created, "creators": ["Tool: convnext.cpp tools/portable"]},
        "packages": packages, "relationships": relationships,
    }


def table(arguments, parts):
    lines = [
        f"# What is linked into bin/convnext {arguments.version}", "",
        "Made by tools/portable from the linker's map and the compiler's lists of headers; `sbom.spdx.json` is the same for tools.",
        "`licenses/` has the copyright file of each source package. Versions are Debian's: of Debian 12 with its updates;",
        "the files that start a program and the unwinder are Debian 11's, which goes with its glibc. glibc itself is not in it.", "",
        "| source package | version | from Debian | linked in | licences, as its copyright file names them | chosen |",
        "|---|---|---|---|---|---|",
    ]
    for part in parts:
        lines.append(f"| {part.source} | {part.version} | {'12' if part.suite == 'bookworm' else '11'} | "
                     f"{', '.join(sorted(part.archives)) or 'headers'} | {license_names(copyright_text(part))} | {CHOICES.get(part.source, '')} |")
    lines += ["", "## Fixed in these versions", "",
              "What Debian's changelogs name as fixed between the release of Debian and the version that is linked in:", ""]
    for part in parts:
        fixes = security_fixes(part)
        if fixes:
            lines.append(f"- {part.source} {part.version}: {', '.join(fixes)}")
    lines += ["", "## Left out", "",
              "- AVIF pictures: libavif and dav1d have no static archive in Debian. They are refused by name.",
              "- TIFF pictures compressed by JBIG: JBIG-KIT is under the GPL. They are refused by name.",
              "- Encrypted members of zips, which are skipped: nettle, which would decrypt them, is under the LGPL.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("build", "archives", "glibc", "version", "program", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--map", nargs="+", default=["convnext.map"], help="the linker's, in --build")
    parser.add_argument("--sources", nargs="+", metavar="PACKAGE=DIR", required=True, help="what is compiled from its source package")
    arguments = parser.parse_args()
    parts = components(arguments)
    output = pathlib.Path(arguments.output)
    licenses = output / "licenses"
    licenses.mkdir(parents=True, exist_ok=True)
    for part in parts:
        (licenses / part.source).write_text(copyright_text(part))
    program = hashlib.sha256(pathlib.Path(arguments.program).read_bytes()).hexdigest()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    (output / "sbom.spdx.json").write_text(json.dumps(spdx(arguments, parts, program, created), indent=1) + "\n")
    (output / "LIBRARIES.md").write_text(table(arguments, parts))


if __name__ == "__main__":
    main()
