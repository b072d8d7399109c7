#include "convnext/base/bilingual.h"

#include <fmt/ranges.h>

namespace convnext {

Bilingual Listed(const std::vector<std::string>& names) {
  return {fmt::format("{}", fmt::join(names, ", ")), fmt::format("{}", fmt::join(names, "、"))};
}

}  // namespace convnext
