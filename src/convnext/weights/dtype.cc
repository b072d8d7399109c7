#include "convnext/weights/dtype.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "convnext/tensor/tensor.h"

namespace convnext {
namespace {

// The file's bytes are copied into floats as they are.
static_assert(std::endian::native == std::endian::little);

struct Dtype {
  std::string_view name;
  size_t size;  // bytes
};

// safetensors/src/tensor.rs, enum Dtype, without the types of less than a byte (F4, F6_*).
constexpr Dtype kDtypes[] = {
    {"BOOL", 1},        {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1}, {"F8_E4M3FNUZ", 1},
    {"F8_E5M2FNUZ", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},     {"BF16", 2},    {"U32", 4},     {"I32", 4},
    {"F32", 4},         {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8},
};

// bfloat16 is the upper half of a float32.
float FromBfloat(uint16_t value) { return std::bit_cast<float>(uint32_t{value} << 16); }

template <float (*kConvert)(uint16_t)>
void Convert16(std::span<const std::byte> bytes, std::span<float> output) {
  for (size_t i = 0; i < output.size(); ++i) {
    uint16_t stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    output[i] = kConvert(stored);
  }
}

double Double(std::span<const std::byte> bytes, size_t i) {
  double stored;
  std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
  return stored;
}

// What float32 cannot hold becomes infinite, which is found as such.
void Convert64(std::span<const std::byte> bytes, std::span<float> output) {
  for (size_t i = 0; i < output.size(); ++i) output[i] = static_cast<float>(Double(bytes, i));
}

void Copy32(std::span<const std::byte> bytes, std::span<float> output) {
  if (!output.empty()) std::memcpy(output.data(), bytes.data(), output.size_bytes());
}

uint16_t ToBfloat(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

double Widen(float value) { return value; }
float Keep(float value) { return value; }

template <class Stored, Stored (*kConvert)(float)>
void Store(std::span<const float> values, std::vector<std::byte>& bytes) {
  for (size_t i = 0; i < values.size(); ++i) {
    const Stored stored = kConvert(values[i]);
    std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
  }
}

using Convert = void (*)(std::span<const std::byte>, std::span<float>);

Convert FindConversion(std::string_view dtype) {
  if (dtype == "F32") return Copy32;
  if (dtype == "F64") return Convert64;
  if (dtype == "F16") return Convert16<FromHalf>;
  if (dtype == "BF16") return Convert16<FromBfloat>;
  return nullptr;
}

// Without a branch inside the loop, so that the compiler makes vector code of it.
bool AllFinite(std::span<const float> values) {
  uint32_t special = 0;
  for (const float value : values) special |= (std::bit_cast<uint32_t>(value) & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  return special == 0;
}

Status NotFinite(const StoredTensor& tensor, size_t index, float value) {
  const std::string name = Printable(tensor.name);
  if (const double stored = tensor.dtype == "F64" ? Double(tensor.bytes, index) : value; std::isfinite(stored)) {
    return Invalid(
        "tensor \"{}\" holds {} at index {}, more than float32 can hold ({:.3g}): weights are used in float32", name,
        stored, index, std::numeric_limits<float>::max());
  }
  return Invalid(
      "tensor \"{}\" holds {} at index {}; weights must be finite: the file is damaged or the training failed", name,
      value, index);
}

}  // namespace

std::optional<size_t> DtypeSize(std::string_view dtype) {
  for (const Dtype& known : kDtypes) {
    if (known.name == dtype) return known.size;
  }
  return std::nullopt;
}

void FromFloat32(std::span<const float> values, std::string_view dtype, std::vector<std::byte>& bytes) {
  bytes.resize(values.size() * DtypeSize(dtype).value_or(0));
  if (dtype == "F64") Store<double, Widen>(values, bytes);
  if (dtype == "F32") Store<float, Keep>(values, bytes);
  if (dtype == "F16") Store<uint16_t, ToHalf>(values, bytes);
  if (dtype == "BF16") Store<uint16_t, ToBfloat>(values, bytes);
}

bool IsFloatDtype(std::string_view dtype) { return FindConversion(dtype) != nullptr; }

Status ToFloat32(const StoredTensor& tensor, std::span<float> output) {
  const Convert convert = FindConversion(tensor.dtype);
  if (convert == nullptr) {
    return Invalid("tensor \"{}\" has dtype {}; expected F64, F32, F16 or BF16: save the weights as one of them",
                   Printable(tensor.name), Printable(tensor.dtype));
  }
  if (ElementCount(tensor.shape) != output.size()) {
    return Internal("tensor \"{}\" of shape {} read into {} floats", Printable(tensor.name), ShapeText(tensor.shape),
                    output.size());
  }
  // A block at a time: converted and, while it is in the cache, checked.
  constexpr size_t kBlock = 4096;
  const size_t size = *DtypeSize(tensor.dtype);
  for (size_t start = 0; start < output.size(); start += kBlock) {
    const std::span<float> block = output.subspan(start, std::min(kBlock, output.size() - start));
    convert(tensor.bytes.subspan(start * size, block.size() * size), block);
    if (AllFinite(block)) continue;
    const auto bad = std::find_if(block.begin(), block.end(), [](float x) { return !std::isfinite(x); });
    return NotFinite(tensor, start + static_cast<size_t>(bad - block.begin()), *bad);
  }
  return {};
}

}  // namespace convnext
