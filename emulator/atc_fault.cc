#include "atc_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ascend_emulator {
namespace {

struct Words {
  std::string_view code, words;
};

// As in docs/ascend-facts.md, "Compiling: error codes"; other codes get words that say nothing.
constexpr Words kWords[] = {
    {"E10001", "Value for parameter --emulated is invalid. Reason: injected"},
    {"E13010", "No operator plugin is registered for Op: stem.1, optype: ai.onnx::17::LayerNormalization"},
    {"E16002", "No ONNX parser is registered for optype ai.onnx::17::LayerNormalization"},
    {"E19010", "No parser is registered for Op [stem.1, optype LayerNormalization]"},
    {"E19999", "Inner Error!"},
    {"E20001", "Operator compile failed: stem.0, optype: Conv2D"},
    {"E40020", "Failed to import Python module [decorator]: No module named 'decorator'"},
    {"E40021", "Failed to compile Op [stem.0]"},
    {"EZ9999", "Inner Error!"},
};

bool IsCode(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 6 && text[0] == 'E' && std::all_of(text.begin() + 2, text.end(), digit);
}

bool AddCode(std::string_view item, AtcFaults& faults) {
  const size_t mark = item.find('@');
  const std::string_view code = item.substr(0, mark);
  if (!IsCode(code)) return false;
  std::optional<int64_t>& opset = faults.codes[std::string(code)];
  if (mark == std::string_view::npos) return true;
  const std::string_view number = item.substr(mark + 1);
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (number.empty() || number.size() > 3 || !digits) return false;
  opset = std::stoll(std::string(number));
  return true;
}

bool AddItem(std::string_view item, AtcFaults& faults) {
  if (item == "hang") return faults.hang = true;
  if (item == "crash") return faults.crash = true;
  if (item == "no_output") return faults.no_output = true;
  if (item == "cast") return faults.cast = true;
  if (item == "arch_suffix") return faults.arch_suffix = true;
  return AddCode(item == "python" ? "E40020" : item, faults);
}

}  // namespace

std::optional<AtcFaults> ParseFaults(const std::string& text) {
  AtcFaults faults;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view item = rest.substr(0, rest.find(';'));
    if (!item.empty() && !AddItem(item, faults)) return std::nullopt;
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  }
  return faults;
}

std::string FaultError(const AtcFaults& faults, int64_t opset) {
  for (const auto& [code, only] : faults.codes) {
    if (only && *only != opset) continue;
    std::string_view words = "injected";
    for (const Words& row : kWords) {
      if (row.code == code) words = row.words;
    }
    return fmt::format("{}: {}", code, words);
  }
  return "";
}

}  // namespace ascend_emulator
