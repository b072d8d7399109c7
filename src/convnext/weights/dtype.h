#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "convnext/weights/weights.h"

namespace convnext {

// Bytes of one element of a dtype of the format ("F32", "BF16", ...); nothing for an unknown one.
std::optional<size_t> DtypeSize(std::string_view dtype);

// Makes `bytes` hold `values` as a dtype that IsFloatDtype knows, rounded to nearest with ties to even.
void FromFloat32(std::span<const float> values, std::string_view dtype, std::vector<std::byte>& bytes);

}  // namespace convnext
