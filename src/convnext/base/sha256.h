#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace convnext {

inline constexpr size_t kSha256Digits = 64;

// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hexadecimal digits; empty if the crypto library fails.
std::string Sha256(std::span<const std::byte> bytes);

// The same, and tells `done` of each piece that will not be read again.
std::string Sha256(std::span<const std::byte> bytes, const std::function<void(std::span<const std::byte>)>& done);

// Whether `text` is a digest as Sha256 writes it.
bool IsSha256Hex(std::string_view text);

}  // namespace convnext
