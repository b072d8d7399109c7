#pragma once

#include <cstddef>
#include <span>

namespace convnext {

// A TGA has no signature: whether the file begins with the header of one that DecodeTga can read.
bool LooksLikeTga(std::span<const std::byte> file);

}  // namespace convnext
