#pragma once

#include <functional>
#include <string>

#include "convnext/base/base.h"
#include "convnext/tensor/storage.h"

namespace convnext {

// NumPy's .npy files, format 1.0 to 3.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// Little-endian float16, float32 and float64 in C order are read; everything else is refused by name.
struct NpyArray {
  std::string dtype;  // "float16", "float32" or "float64"
  Tensor<double> tensor;
};
Result<NpyArray> ReadNpy(const std::string& path);
Result<NpyArray> ParseNpy(std::span<const std::byte> file);

// What a file says of itself, which its length agrees with.
struct NpyHeader {
  std::string dtype;
  Shape shape;
  std::span<const std::byte> data = {};  // of the file that it was read from
};
Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> file);

// The bytes in front of the data of an array, a multiple of 64.
std::string NpyHeaderText(std::string_view dtype, std::span<const int64_t> shape);

// Reads an array that must be float32.
Result<Tensor<float>> ReadNpyFloat32(const std::string& path);

// Writes `data` as float32 or float64 with the given shape (kInternal if their sizes disagree), whole or not at all.
Status WriteNpy(const std::string& path, std::span<const int64_t> shape, std::span<const float> data);
Status WriteNpy(const std::string& path, std::span<const int64_t> shape, std::span<const double> data);

// The bytes that WriteNpy writes. The sizes of `shape` and `data` agree.
std::string NpyBytes(std::span<const int64_t> shape, std::span<const float> data);
std::string NpyBytes(std::span<const int64_t> shape, std::span<const double> data);

}  // namespace convnext
