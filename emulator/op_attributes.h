// The attributes of a single operator.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "op_types.h"

using aclopAttrValue = std::variant<bool, int64_t, float, std::string, std::vector<int64_t>>;

struct aclopAttr {
  std::map<std::string, aclopAttrValue> values;
};
