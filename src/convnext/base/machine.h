// The machine as a program sees it: files and variables that tell what it is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace convnext {

// Tests put one together in a directory.
struct Machine {
  std::string root;                              // put in front of /dev, /etc, /proc, /sys and /usr
  std::map<std::string, std::string> variables;  // of the environment; PATH finds programs
};
Machine ThisMachine();

// The value of a variable; nullopt if it is not set or empty.
std::optional<std::string> Variable(const Machine& machine, const std::string& name);

// The text of a file below machine.root, empty if it cannot be read.
std::string MachineFile(const Machine& machine, const std::string& path);

// The value in the first line "name MARK value" of `text`, without spaces and quotation marks around it.
std::optional<std::string> FieldOf(std::string_view text, std::string_view name, char mark);

// A text of the machine as a record may hold it, one line or several: redacted, printable, cut to a length.
std::string SafeLine(const Machine& machine, std::string_view text);
std::string SafeLines(const Machine& machine, std::string_view text);

}  // namespace convnext
