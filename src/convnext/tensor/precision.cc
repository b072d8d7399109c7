#include "convnext/tensor/precision.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace convnext {
namespace {

enum class Use { kNone, kReported, kOffered };

// A precision, and its use by each kind of device in the order of DeviceKind.
struct Row {
  Precision precision;
  const char* name;
  std::string_view alias;  // empty: none
  Use uses[std::size(kDeviceKinds)];
  std::string_view meaning;
};

constexpr Use kNone = Use::kNone, kReported = Use::kReported, kOffered = Use::kOffered;

// clang-format off
constexpr Row kRows[] = {
    // precision                   name                  alias   cpu       cpu-reference npu
    {Precision::kFloat32,           "float32",            "fp32", {kOffered, kOffered, kOffered}, ""},
    {Precision::kBfloat16,          "bfloat16",           "bf16", {kOffered, kNone,    kNone},
     "products of bfloat16 values, summed in float32; fast with AVX512_BF16"},
    {Precision::kFloat32Reduced,    "float32-reduced",    "",     {kNone,    kNone,    kOffered},
     "products of float16 values, summed in float32; all else float32"},
    {Precision::kFloat16,           "float16",            "fp16", {kNone,    kNone,    kOffered}, ""},
    {Precision::kFloat32Unverified, "float32-unverified", "",     {kNone,    kNone,    kReported}, ""},
};
// clang-format on

Use UseBy(DeviceKind device, const Row& row) { return row.uses[static_cast<size_t>(device)]; }

const Row& RowOf(Precision precision) {
  return *std::find_if(std::begin(kRows), std::end(kRows),
                       [precision](const Row& row) { return row.precision == precision; });
}

// "float32, float32-reduced or float16".
std::string OfferedNames(DeviceKind device) {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) {
    if (UseBy(device, row) == kOffered) names.push_back(row.name);
  }
  const std::string_view last = names.back();
  names.pop_back();
  return names.empty() ? std::string(last) : fmt::format("{} or {}", fmt::join(names, ", "), last);
}

// The devices that offer a precision; none where all do.
std::vector<std::string_view> DevicesOf(const Row& row) {
  std::vector<std::string_view> devices;
  for (const DeviceKind device : kDeviceKinds) {
    if (UseBy(device, row) == kOffered) devices.push_back(Name(device));
  }
  if (devices.size() == std::size(kDeviceKinds)) devices.clear();
  return devices;
}

std::string Choice(const Row& row, bool with_devices) {
  std::vector<std::string> details;
  if (!row.alias.empty()) details.push_back(fmt::format("or {}", row.alias));
  const auto devices = with_devices ? DevicesOf(row) : std::vector<std::string_view>();
  if (!devices.empty()) details.push_back(fmt::format("on {}", fmt::join(devices, ", ")));
  if (!row.meaning.empty()) details.emplace_back(row.meaning);
  return details.empty() ? std::string(row.name) : fmt::format("{} ({})", row.name, fmt::join(details, "; "));
}

}  // namespace

const char* Name(Precision precision) { return RowOf(precision).name; }

std::optional<Precision> FindPrecision(std::string_view name) {
  for (const Row& row : kRows) {
    if (name == row.name) return row.precision;
  }
  return std::nullopt;
}

bool MayReport(DeviceKind device, Precision precision) { return UseBy(device, RowOf(precision)) != kNone; }

Status CheckPrecision(Precision precision, DeviceKind device) {
  if (UseBy(device, RowOf(precision)) == kOffered) return {};
  return Invalid("--dtype {} is not supported on {}; expected {}", Name(precision), Name(device), OfferedNames(device));
}

Result<Precision> ParsePrecision(std::string_view text, DeviceKind device) {
  for (const Row& row : kRows) {
    if (text.empty() || (text != row.name && text != row.alias)) continue;
    CONVNEXT_RETURN_IF_ERROR(CheckPrecision(row.precision, device));
    return row.precision;
  }
  return Invalid("unknown dtype \"{}\"; expected {}", Printable(text), OfferedNames(device));
}

std::string PrecisionChoices(std::optional<DeviceKind> device) {
  std::vector<std::string> choices;
  for (const Row& row : kRows) {
    const bool offered = device ? UseBy(*device, row) == kOffered : row.uses[0] == kOffered || !DevicesOf(row).empty();
    if (offered) choices.push_back(Choice(row, !device));
  }
  return fmt::format("{}", fmt::join(choices, ", "));
}

}  // namespace convnext
