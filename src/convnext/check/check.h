// The verifier of evidence bundles: rules with ids, each of which says why it fails. It trusts nothing in the bundle
// but the raw vectors and times, computes everything else from them, and has its thresholds from nowhere else than
// facts/thresholds.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "convnext/bundle/bundle.h"
#include "convnext/picture/picture.h"

namespace convnext {

enum class RuleOutcome {
  kPass,
  kWarn,           // worth knowing; does not fail the bundle
  kNotApplicable,  // the rule is about something that this bundle does not and need not have
  kFail,
  kNotChecked,  // what the rule needs is not there: fails the bundle as well
};

struct RuleResult {
  std::string id;     // "R2"
  std::string title;  // what the rule demands, in one line
  RuleOutcome outcome = RuleOutcome::kPass;
  std::vector<std::string> reasons;  // one line each
};

struct CheckReport {
  std::vector<RuleResult> rules;
  bool passed() const;
};

// Applies every rule to a bundle, ours or one of the reference's layout without raw data.
CheckReport CheckBundle(const Directory& bundle);

// Repeats the CPU part here, with the model at `model_path`, and compares: rule X1.
RuleResult CheckRerun(const Directory& bundle, const std::string& model_path, int threads);

std::string OutcomeName(RuleOutcome outcome);  // "pass", "warn", "fail", "not applicable", "not checked"
std::string CheckTable(const CheckReport& report);
std::string CheckJson(const CheckReport& report);

}  // namespace convnext
