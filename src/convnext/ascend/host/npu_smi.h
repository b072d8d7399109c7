// The output of `npu-smi info`: two rows for each chip, then the processes. Its layout differs between chips and
// versions, and what ran under that name may have been anything: whatever does not fit is passed over.
// See docs/ascend-facts.md, "Host: npu-smi".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

struct NpuSmiChip {
  int64_t npu = 0, chip = 0;                 // chip: of those on one card
  std::optional<int64_t> physical_id;        // where the table has a column for it: the N of /dev/davinciN
  std::string name;                          // "910B4", "310P3"; of 910_93: "Ascend910"
  std::string health;                        // "OK", "Warning", "Alarm", "Critical", "UNKNOWN"
  std::string bus_id;                        // "0000:C1:00.0"; empty where it is not told
  std::optional<int64_t> used_mb, total_mb;  // of HBM; of the chip's DDR where it has no HBM
};

struct NpuSmiProcess {
  int64_t npu = 0, chip = 0, pid = 0;
  std::string name;
  std::optional<int64_t> memory_mb;
};

struct NpuSmiInfo {
  std::string version;  // of the driver: "24.1.rc2"; empty where it is not told
  std::vector<NpuSmiChip> chips;
  std::vector<NpuSmiProcess> processes;
  std::optional<int64_t> error;  // N of "ret is -N": 8005, 8020
};

NpuSmiInfo ParseNpuSmi(std::string_view text);

// Whether a chip is too ill to work: "Warning" is not.
bool IsUnhealthy(const NpuSmiChip& chip);

}  // namespace convnext
