#include "base/status.h"

namespace convnext {
namespace {

std::string Describe(const std::vector<BlockingReason>& reasons) {
  std::string text;
  for (const BlockingReason& reason : reasons) {
    fmt::format_to(std::back_inserter(text), "{}[{}] {}\n  cause: {}\n  do: {}", text.empty() ? "" : "\n", reason.code,
                   reason.symptom, reason.cause, reason.advice);
  }
  return text;
}

}  // namespace

Status::Status(std::vector<BlockingReason> reasons)
    : code_(Code::kUnavailable),
      message_(Describe(reasons)),
      reasons_(std::make_shared<const std::vector<BlockingReason>>(std::move(reasons))) {}

const std::vector<BlockingReason>& Status::reasons() const {
  static const std::vector<BlockingReason> none;
  return reasons_ ? *reasons_ : none;
}

}  // namespace convnext
