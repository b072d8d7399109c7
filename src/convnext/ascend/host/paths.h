// Paths of a machine, which may be one that tests put together in a directory: Machine::root goes in front.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

bool PathExists(const Machine& machine, const std::string& path);
bool IsDirectory(const Machine& machine, const std::string& path);
bool IsProgram(const Machine& machine, const std::string& path);  // a file that may be run

// The names in a directory, sorted; empty if it cannot be read.
std::vector<std::string> NamesIn(const Machine& machine, const std::string& directory);

// The parts of `text` between `mark`s, without spaces around them; empty parts are left out.
std::vector<std::string> Parts(std::string_view text, char mark);

// The directories in a variable like PATH.
std::vector<std::string> DirectoriesOf(const Machine& machine, const std::string& variable);

// Whether a path leads to CANN's stand-ins for linking without a driver: they load, and then nothing works.
// See docs/ascend-facts.md, "AscendCL: library".
bool IsStub(const std::string& path);

// `text` read as a number that is not negative; nullopt for anything else and for numbers of more than 15 digits.
std::optional<int64_t> ParseNumber(std::string_view text);

}  // namespace convnext
