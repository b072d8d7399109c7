#pragma once

#include <optional>
#include <string_view>

#include "weights/weights.h"

namespace convnext {

// Bytes of one element of a dtype of the format ("F32", "BF16", ...); nothing for an unknown one.
std::optional<size_t> DtypeSize(std::string_view dtype);

}  // namespace convnext
