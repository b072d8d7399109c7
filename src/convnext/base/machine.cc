#include "convnext/base/machine.h"

#include <unistd.h>

#include <algorithm>

#include "convnext/base/file.h"
#include "convnext/base/redact.h"
#include "convnext/base/text.h"

namespace convnext {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 20;  // /proc/cpuinfo has some 1.5 KB for each core
constexpr size_t kMaxLineBytes = 2000;             // LD_LIBRARY_PATH of CANN is the longest
constexpr size_t kMaxLines = 500;                  // npu-smi has some 7 for each chip

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\"'";
  const size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kAround) - begin + 1);
}

}  // namespace

Machine ThisMachine() {
  Machine machine;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t mark = std::min(text.find('='), text.size());
    machine.variables[std::string(text.substr(0, mark))] = text.substr(std::min(mark + 1, text.size()));
  }
  return machine;
}

std::optional<std::string> Variable(const Machine& machine, const std::string& name) {
  const auto found = machine.variables.find(name);
  if (found == machine.variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::string MachineFile(const Machine& machine, const std::string& path) {
  const auto bytes = ReadFile(machine.root + path, kMaxFileBytes);
  if (!bytes.ok()) return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::optional<std::string> FieldOf(std::string_view text, std::string_view name, char mark) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t at = line.find(mark);
    if (at == std::string_view::npos || Trimmed(line.substr(0, at)) != name) continue;
    return std::string(Trimmed(line.substr(at + 1)));
  }
  return std::nullopt;
}

std::string SafeLine(const Machine& machine, std::string_view text) {
  return Printable(Redact(text, Variable(machine, "HOME").value_or("")), kMaxLineBytes);
}

std::string SafeLines(const Machine& machine, std::string_view text) {
  std::string safe;
  for (size_t lines = 0; !text.empty() && lines < kMaxLines; ++lines) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (lines > 0) safe += '\n';
    safe += SafeLine(machine, line);
  }
  return text.empty() ? safe : safe + "\n...";
}

}  // namespace convnext
