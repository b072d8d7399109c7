// The numbers that a model can be computed in. One table (precision.cc) has their names on the command line and in
// records, and the devices that know them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

enum class Precision {
  kFloat32,            // float32 throughout; on an NPU with HF32 off
  kBfloat16,           // products of bfloat16 values summed in float32, all else float32
  kFloat32Reduced,     // products of float16 values summed in float32, all else float32
  kFloat16,            // float16 throughout
  kFloat32Unverified,  // float32 was asked for, and nobody could see whether the device keeps it
};

// "float32", as records spell it.
const char* Name(Precision precision);
// The precision of that name. Aliases are none of records, so they are not found.
std::optional<Precision> FindPrecision(std::string_view name);

// Whether a run on such a device may report it. Not all that is reported can be asked for.
bool MayReport(DeviceKind device, Precision precision);

// kInvalid, with the names that such a device takes, where it cannot be asked for `precision`.
Status CheckPrecision(Precision precision, DeviceKind device);
// The precision with the name or alias `text`, checked in this way.
Result<Precision> ParsePrecision(std::string_view text, DeviceKind device);

// The choices with their aliases and meanings for a help text, of one kind of device or of all.
std::string PrecisionChoices(std::optional<DeviceKind> device = std::nullopt);

}  // namespace convnext
