#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace convnext {

enum class ArchiveKind { kUnknown, kTar, kGzip, kZstd, kZip };

inline constexpr size_t kTarBlock = 512;

// What a file is, by its first bytes: at least kTarBlock of them, or all.
ArchiveKind KindOf(std::span<const std::byte> head);

// Whether these bytes begin with a tar header: its checksum holds, summed with or without signs, as old tars did.
bool IsTarHeader(std::span<const std::byte> bytes);
bool IsZeros(std::span<const std::byte> bytes);

// "an xz stream; unpack it first" and the like: what a file is that is no archive of these kinds.
std::string DescribeOtherFile(std::span<const std::byte> head);

}  // namespace convnext
