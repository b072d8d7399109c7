#include "convnext/ascend/host/reason_codes.h"

#include <algorithm>
#include <iterator>

namespace convnext {
namespace {

// In the order of the alphabet. tests/ascend_docs_test.cc holds the sources to it.
constexpr std::string_view kReasonCodes[] = {
    "npu.atc.missing",
    "npu.atc.operator",
    "npu.atc.python",
    "npu.call.failed",
    "npu.call.invalid",
    "npu.cann.driver_mismatch",
    "npu.cann.hal_missing",
    "npu.cann.library",
    "npu.cann.missing",
    "npu.cann.not_sourced",
    "npu.cann.opp_damaged",
    "npu.cann.opp_missing",
    "npu.cann.runtime_only",
    "npu.cann.stub_library",
    "npu.cann.symbols",
    "npu.container.devices",
    "npu.copy",
    "npu.device.index",
    "npu.device.lost",
    "npu.device.memory",
    "npu.device.none",
    "npu.device.occupied",
    "npu.device.permission",
    "npu.device.setup",
    "npu.device.unhealthy",
    "npu.device.wedged",
    "npu.driver.missing",
    "npu.driver.modules",
    "npu.driver.refused",
    "npu.execute",
    "npu.host.memory",
    "npu.internal",
    "npu.model.file",
    "npu.model.input",
    "npu.model.load",
    "npu.model.soc",
    "npu.precision.float32",
    "npu.resources",
    "npu.soc.unknown",
    "npu.soc.unsupported",
    "npu.task.unsupported",
    "npu.timeout",
    "npu.visible_devices",
};

}  // namespace

bool IsReasonCode(std::string_view code) {
  return std::binary_search(std::begin(kReasonCodes), std::end(kReasonCodes), code);
}

}  // namespace convnext
