// The command line of atc: which flags there are and which values they take.
// See docs/ascend-facts.md, "Compiling: command line" and "Compiling: error codes".
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ascend_emulator {

using Flags = std::map<std::string, std::string>;  // without the leading "--"

// "--name=value" and "--name value". Returns an error as atc prints it, empty if ok.
std::string ParseFlags(const std::vector<std::string>& arguments, Flags& flags);

// The value of a flag, `otherwise` if it is not given.
std::string Value(const Flags& flags, const std::string& name, const std::string& otherwise = "");

// "E10001: Value ... for parameter ... is invalid. Reason: ..."
std::string InvalidValue(const std::string& name, const std::string& value, const std::string& reason);

std::string Usage();

}  // namespace ascend_emulator
