#include "fault_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace ascend_emulator {
namespace {

struct Row {
  aclError code;
  std::string_view text;
};

constexpr auto kTexts = std::to_array<Row>({
    {100000, "EH0001: a parameter is invalid"},
    {100003, "EH0003: the file is invalid"},
    {107000, "EE1001: an argument is invalid"},
    {107001, "EE1001: the device id is invalid; the driver may not be loaded"},
    {107002, "EE1002: there is no current context"},
    {107003, "EE1010: the stream is not in the current context"},
    {145000, "E13025: the size or number of inputs or outputs is invalid"},
    {145002, "E10001: the model file cannot be read"},
    {145006, "E10001: do not get the complete model"},
    {200000, "EH0010: the host has no memory left"},
    {207001, "EL0004: failed to allocate memory"},
    {207004, "EL0005: no device is available"},
    {207005, "EL0005: resources of the device are used up"},
    {207006, "EL0003: permission denied"},
    {207007, "EE1023: events are used up"},
    {207008, "EE1023: streams are used up"},
    {207018, "EL0004: the device has no memory left"},
    {245000, "E13027: failed to allocate memory for the model"},
    {500002, "E10001: Value [Ascend310P3] for parameter [soc_version] is invalid. Reason: it is not this device's"},
    {507008, "EE8888: cannot get the soc version"},
    {507010, "EE8888: the device's heartbeat is lost"},
    {507011, "EE8888: the model's execution failed"},
    {507014, "EZ9999: the AI core timed out"},
    {507015, "EZ9999: an exception of the AI core"},
    {507018, "EZ9999: an exception of the AI CPU"},
    {507033, "EE1015: the device cannot be set up; the driver may be too old"},
    {507046, "EE1004: waiting for the stream timed out"},
    {507053, "EZ9999: a memory error of the device"},
    {507054, "EZ9999: multi-bit ECC errors of the device's memory"},
    {507899, "EL9999: the driver failed; the device may be occupied (drvRetCode=87)"},
});

}  // namespace

std::string FaultText(aclError code, const std::string& function) {
  const auto row = std::find_if(kTexts.begin(), kTexts.end(), [code](const Row& r) { return r.code == code; });
  const std::string_view text = row != kTexts.end() ? row->text : "E19999: inner error";
  return fmt::format("{} ({}, {})\n        TraceBack (most recent call last): injected by the emulator", text, function,
                     code);
}

}  // namespace ascend_emulator
