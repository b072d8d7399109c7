// Any bytes as what `npu-smi info` prints: what is read of it is limited and makes sense.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "convnext/ascend/host/npu_smi.h"
#include "target.h"

namespace {

void RequireNumber(const std::optional<int64_t>& number) { Require(!number || *number >= 0); }

}  // namespace

FUZZ_TARGET(npu_smi) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const convnext::NpuSmiInfo info = convnext::ParseNpuSmi(text);
  Require(info.chips.size() + info.processes.size() <= 2000 && info.version.size() <= 100);
  RequireNumber(info.error);
  for (const convnext::NpuSmiChip& chip : info.chips) {
    Require(chip.npu >= 0 && chip.chip >= 0);
    Require(!chip.name.empty() && chip.name.size() <= 100 && !chip.health.empty() && chip.health.size() <= 100);
    Require(chip.bus_id.size() <= 100 && chip.used_mb.has_value() == chip.total_mb.has_value());
    RequireNumber(chip.physical_id);
    RequireNumber(chip.used_mb);
    Require(!chip.total_mb || *chip.total_mb > 0);
    convnext::IsUnhealthy(chip);
  }
  for (const convnext::NpuSmiProcess& process : info.processes) {
    Require(process.npu >= 0 && process.chip >= 0 && process.pid >= 0 && process.name.size() <= 100);
    RequireNumber(process.memory_mb);
  }
  // A row more, at the end, takes nothing away.
  const convnext::NpuSmiInfo longer = convnext::ParseNpuSmi(std::string(text) + "\n| nothing |\n");
  Require(longer.chips.size() == info.chips.size() && longer.version == info.version);
  return 0;
}
