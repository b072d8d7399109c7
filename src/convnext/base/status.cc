#include "convnext/base/status.h"

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

BlockingReason MakeReason(std::string code, Bilingual symptom, Bilingual cause, Bilingual advice) {
  return {std::move(code), std::move(symptom.english), std::move(cause.english), std::move(advice.english),
          ReasonTexts{std::move(symptom.chinese), std::move(cause.chinese), std::move(advice.chinese)}};
}

void AddToSymptom(BlockingReason& reason, const Bilingual& text) {
  reason.symptom += text.english;
  if (reason.chinese) reason.chinese->symptom += text.chinese;
}

void AddToAdvice(BlockingReason& reason, const Bilingual& text) {
  reason.advice += text.english;
  if (reason.chinese) reason.chinese->advice += text.chinese;
}

Status::Status(std::vector<BlockingReason> reasons)
    : code_(Code::kUnavailable),
      message_(Describe(reasons)),
      reasons_(std::make_shared<const std::vector<BlockingReason>>(std::move(reasons))) {}

const std::vector<BlockingReason>& Status::reasons() const {
  static const std::vector<BlockingReason> none;
  return reasons_ ? *reasons_ : none;
}

}  // namespace convnext
