#include "convnext/ascend/host/npu_smi.h"

#include <algorithm>

#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

constexpr size_t kMaxRows = 2000;  // 64 chips with all their processes have fewer
constexpr size_t kMaxRow = 500;    // bytes; the widest table has some 120
constexpr size_t kMaxText = 100;   // of a name

using Cells = std::vector<std::string>;

// "| 0  910B4 | OK |" to "0  910B4", "OK"; no cells for lines that are no rows. A cell may be empty.
Cells SplitRow(std::string_view line) {
  Cells cells;
  if (!line.starts_with('|')) return cells;
  line.remove_prefix(1);
  while (line.find('|') != std::string_view::npos && cells.size() < 10) {
    const auto words = Parts(line.substr(0, line.find('|')), '\n');
    cells.push_back(words.empty() ? "" : words.front());
    line.remove_prefix(line.find('|') + 1);
  }
  return cells;
}

std::optional<int64_t> NumberAt(const std::vector<std::string>& words, size_t index) {
  return index < words.size() ? ParseNumber(words[index]) : std::nullopt;
}

// "0   / 15  3418/ 65536" to {0, 15}, {3418, 65536}.
std::vector<std::pair<int64_t, int64_t>> UsedOfTotal(const std::string& cell) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (size_t slash = cell.find('/'); slash != std::string::npos; slash = cell.find('/', slash + 1)) {
    const auto before = Parts(std::string_view(cell).substr(0, slash), ' ');
    const auto after = Parts(std::string_view(cell).substr(slash + 1), ' ');
    if (before.empty() || after.empty()) continue;
    const auto used = ParseNumber(before.back()), total = ParseNumber(after.front());
    if (used && total) pairs.emplace_back(*used, *total);
  }
  return pairs;
}

// HBM is the last column; a chip without it has zeros there, or no such column.
void ReadMemory(const std::string& cell, NpuSmiChip& chip) {
  for (const auto& [used, total] : UsedOfTotal(cell)) {
    if (total == 0) continue;
    chip.used_mb = used;
    chip.total_mb = total;
  }
}

// "0  910B4 | OK | ...", or with cells of their own: "0 | Ascend950PR | OK | ...".
std::optional<NpuSmiChip> ReadFirstRow(const Cells& cells) {
  if (cells.size() < 3) return std::nullopt;
  const auto words = Parts(cells[0], ' ');
  const auto number = NumberAt(words, 0);
  const bool apart = words.size() == 1;
  if (!number || words.size() > 2 || (apart && cells.size() < 4)) return std::nullopt;
  NpuSmiChip chip;
  chip.npu = *number;
  chip.name = (apart ? cells[1] : words[1]).substr(0, kMaxText);
  chip.health = cells[apart ? 2 : 1].substr(0, kMaxText);
  if (chip.name.empty() || chip.health.empty() || ParseNumber(chip.name)) return std::nullopt;
  return chip;
}

// "0 | 0000:C1:00.0 | ...", "0  3 | ..." with the physical id, or "  |   | 0000:71:00.0 | ...".
bool ReadSecondRow(const Cells& cells, bool has_physical_id, NpuSmiChip& chip) {
  if (cells.size() < 3) return false;
  const auto words = Parts(cells[0], ' ');
  if (words.size() > 2 || !std::all_of(words.begin(), words.end(), [](const auto& w) { return ParseNumber(w); }))
    return false;
  chip.chip = NumberAt(words, 0).value_or(0);
  if (has_physical_id) chip.physical_id = NumberAt(words, 1);
  const std::string& bus = cells[cells.size() - 2];
  if (bus.find(':') != std::string::npos) chip.bus_id = bus.substr(0, kMaxText);
  ReadMemory(cells.back(), chip);
  return true;
}

// "0  0 | 12345 | python3 | 3042"; newer tables name the NPU alone.
std::optional<NpuSmiProcess> ReadProcess(const Cells& cells) {
  if (cells.size() < 4) return std::nullopt;
  const auto words = Parts(cells[0], ' ');
  const auto npu = NumberAt(words, 0), pid = ParseNumber(cells[1]);
  if (!npu || !pid || words.size() > 2) return std::nullopt;
  return NpuSmiProcess{*npu, NumberAt(words, 1).value_or(0), *pid, cells[2].substr(0, kMaxText), ParseNumber(cells[3])};
}

// "| npu-smi 24.1.rc2   Version: 24.1.rc2 |"
std::string HeaderVersion(std::string_view line) {
  constexpr std::string_view kMark = "Version:";
  const size_t mark = line.find(kMark);
  if (mark == std::string_view::npos || line.find("npu-smi") == std::string_view::npos) return {};
  const auto words = Parts(line.substr(mark + kMark.size()), ' ');
  const bool version = !words.empty() && words[0][0] >= '0' && words[0][0] <= '9';
  return version ? words[0].substr(0, kMaxText) : "";
}

// The N of "ret is -N".
std::optional<int64_t> ErrorCode(std::string_view line) {
  constexpr std::string_view kMark = "ret is -";
  const size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(mark + kMark.size());
  return ParseNumber(rest.substr(0, rest.find_first_not_of("0123456789")));
}

// The state of the parser: what the rows so far say about the next one.
struct ParserState {
  NpuSmiInfo info;
  std::optional<NpuSmiChip> half;  // a chip whose first row was read
  bool has_physical_id = false, in_processes = false;
};

void ReadChip(const Cells& cells, ParserState& reading) {
  if (reading.half && ReadSecondRow(cells, reading.has_physical_id, *reading.half)) {
    reading.info.chips.push_back(*reading.half);
    reading.half.reset();
    return;
  }
  reading.half = ReadFirstRow(cells);
}

void ReadLine(std::string_view line, ParserState& reading) {
  if (const auto error = ErrorCode(line); error && !reading.info.error) reading.info.error = error;
  if (reading.info.version.empty()) reading.info.version = HeaderVersion(line);
  if (line.find("Process id") != std::string_view::npos) reading.in_processes = true;
  if (line.find("Phy-ID") != std::string_view::npos) reading.has_physical_id = true;
  const Cells cells = SplitRow(line);
  if (cells.empty()) return;
  if (!reading.in_processes) return ReadChip(cells, reading);
  if (const auto process = ReadProcess(cells)) reading.info.processes.push_back(*process);
}

}  // namespace

NpuSmiInfo ParseNpuSmi(std::string_view text) {
  ParserState reading;
  for (size_t rows = 0; !text.empty() && rows < kMaxRows; ++rows) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() <= kMaxRow) ReadLine(line, reading);
  }
  return reading.info;
}

bool IsUnhealthy(const NpuSmiChip& chip) {
  std::string health = chip.health;
  std::transform(health.begin(), health.end(), health.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return health == "ALARM" || health == "CRITICAL" || health == "UNKNOWN";
}

}  // namespace convnext
