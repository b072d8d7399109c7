#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace convnext {

// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hexadecimal digits; empty if the crypto library fails.
std::string Sha256(std::span<const std::byte> bytes);

}  // namespace convnext
