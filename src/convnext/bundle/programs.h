// The programs that a bundle carries, so that whoever clones it can run it: bin/linux-ARCHITECTURE/convnext.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "convnext/bundle/evidence.h"

namespace convnext {

// The programs at `paths`, by their places in a bundle: executables, convnext-*-linux-*.tar.gz as tools/portable makes
// them (with bin/convnext inside), or directories that hold these or an executable called convnext. Without paths: the
// program that runs, if it needs nothing but glibc, and this version's packages in dist/ for other architectures.
// kInvalid if there is none, or if two are for one architecture.
Result<Files> GatherPrograms(const std::vector<std::string>& paths);

// What a record holds of the program at this place in a bundle; nothing if the bytes are no program for it.
std::optional<ProgramFacts> DescribeProgram(const std::string& path, const std::string& bytes);

// Of all programs among the files of a bundle.
std::vector<ProgramFacts> DescribePrograms(const Files& files);

// Lets the written programs be run, and removes those in the directory that `bundle` does not have.
Status FinishPrograms(const std::string& directory, const Files& bundle);

}  // namespace convnext
