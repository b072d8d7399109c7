#include "convnext/ascend/host/chips.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace convnext {
namespace {

constexpr size_t kMostNames = 6;

// Insertions, deletions and replacements from `a` to `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// The names most like `name`, best first.
std::vector<std::string> Closest(const std::string& name, std::vector<std::string> known) {
  std::stable_sort(known.begin(), known.end(), [&name](const std::string& a, const std::string& b) {
    return EditDistance(name, a) < EditDistance(name, b);
  });
  known.resize(std::min(known.size(), kMostNames));
  return known;
}

}  // namespace

std::optional<BlockingReason> UnknownChip(const Machine& machine, const CannInstallation& cann,
                                          const std::string& soc_version) {
  const auto known = KnownSocVersions(machine, cann);
  // A runtime-only installation may know none; then atc, if there is one, decides.
  if (known.empty() || FindPlatformConfig(machine, cann, soc_version)) return std::nullopt;
  Bilingual like = Listed(Closest(soc_version, known));
  for (std::string* text : {&like.english, &like.chinese}) *text = SafeLine(machine, *text);
  return MakeReason(
      "npu.soc.unknown",
      Say({"CANN {} has no platform_config for \"{}\"", "CANN {} 没有 \"{}\" 的 platform_config"},
          SafeLine(machine, cann.version.value_or("(unknown)")), Printable(soc_version)),
      Say({"the name is another one (like it: {}), or this CANN is too old for the chip",
           "型号名称不对（相近的有：{}），或该 CANN 早于该芯片"},
          like),
      Say({"give the name that aclrtGetSocName() has (npu-smi info: \"910B4\" is Ascend910B4), or install a CANN for "
           "the "
           "chip",
           "使用 aclrtGetSocName() 返回的名称（npu-smi info 中的 910B4 即 Ascend910B4），或安装支持该芯片的 CANN"}));
}

}  // namespace convnext
