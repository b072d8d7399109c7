// The meaning of atc's error codes, and the advice for each: docs/ascend-facts.md, "Compiling: error codes".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// The reason code for "this CANN does not know an operator at this opset": the one failure that another export of the
// model can mend.
inline constexpr const char* kUnknownOperator = "npu.atc.operator";

// Error codes (E16002, EZ9999; not the warnings W11001) in the order in which they stand in `text`, each once.
std::vector<std::string> AtcErrorCodes(std::string_view text);

// Why a run of atc that did not end with code 0 failed. The symptom has the first lines of atc's own text about it.
BlockingReason ExplainAtcFailure(const Machine& machine, const ProcessResult& run, double timeout_seconds);

// atc could not be started.
BlockingReason ExplainAtcStart(const Machine& machine, const Status& status);

// atc said that it succeeded, but there is no usable .om; `problem` says what there is.
BlockingReason ExplainNoOutput(const Machine& machine, const ProcessResult& run, const std::string& problem);

}  // namespace convnext
