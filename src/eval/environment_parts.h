// The parts of CollectEnvironment, and how they read a machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/environment.h"

namespace convnext {

// The value of a variable; nullopt if it is not set or empty.
std::optional<std::string> Variable(const Machine& machine, const std::string& name);

// The text of a file below machine.root, empty if it cannot be read.
std::string MachineFile(const Machine& machine, const std::string& path);

// The value in the first line "name MARK value" of `text`, without spaces and quotation marks around it.
std::optional<std::string> FieldOf(std::string_view text, std::string_view name, char mark);

// A text of the machine as a record may hold it: one line, or several.
std::string SafeLine(const Machine& machine, std::string_view text);
std::string SafeLines(const Machine& machine, std::string_view text);

// What Python's platform.platform() makes of uname's fields and the C library's name and version.
std::string PlatformText(const std::string& system, const std::string& release, const std::string& architecture,
                         const std::string& libc);

void CollectSystem(const Machine& machine, EnvironmentRecord& record);
void CollectProcessor(const Machine& machine, EnvironmentRecord& record);
void CollectNpu(const Machine& machine, EnvironmentRecord& record);

}  // namespace convnext
