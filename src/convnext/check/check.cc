#include "convnext/check/check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

RuleResult Apply(const Rule& rule, const Subject& subject) {
  RuleResult result{rule.id, rule.title, RuleOutcome::kPass, {}};
  Findings findings;
  if (subject.evidence) {
    rule.check(subject, findings);
  } else if (rule.check_texts != nullptr) {
    rule.check_texts(subject, findings);
    if (rule.check_texts != rule.check) findings.NotChecked("not recomputed: there is no raw data that can be read");
  } else {
    findings.NotChecked("there is no raw data that can be read");
  }
  findings.Conclude(result);
  return result;
}

constexpr size_t kMostReasons = 20;

bool Fails(RuleOutcome outcome) { return outcome == RuleOutcome::kFail || outcome == RuleOutcome::kNotChecked; }

}  // namespace

bool CheckReport::passed() const {
  return std::none_of(rules.begin(), rules.end(), [](const RuleResult& rule) { return Fails(rule.outcome); });
}

void Findings::Conclude(RuleResult& result) const {
  // Worst first: what fails, then what could not be checked, then warnings.
  for (const RuleOutcome outcome :
       {RuleOutcome::kFail, RuleOutcome::kNotChecked, RuleOutcome::kWarn, RuleOutcome::kNotApplicable}) {
    for (const auto& [kind, reason] : found_) {
      if (kind != outcome) continue;
      if (result.reasons.empty()) result.outcome = outcome;
      if (result.reasons.size() < kMostReasons) result.reasons.push_back(reason);
    }
  }
  if (found_.size() > kMostReasons) result.reasons.push_back(fmt::format("and {} more", found_.size() - kMostReasons));
}

CheckReport CheckBundle(const Directory& bundle) {
  const Subject subject = MakeSubject(bundle);
  CheckReport report;
  for (const auto& rules :
       {IntegrityRules(), StructureRules(), ProvenanceRules(), FormRules(), EnvironmentRules(), SpeedRules(),
        MachineRules(), RecomputationRules(), EmbeddingRules(), SanityRules(), JobRules()}) {
    for (const Rule& rule : rules) report.rules.push_back(Apply(rule, subject));
  }
  return report;
}

std::string OutcomeName(RuleOutcome outcome) {
  switch (outcome) {
    case RuleOutcome::kPass:
      return "pass";
    case RuleOutcome::kWarn:
      return "warn";
    case RuleOutcome::kNotApplicable:
      return "not applicable";
    case RuleOutcome::kFail:
      return "fail";
    case RuleOutcome::kNotChecked:
      return "not checked";
  }
  return "fail";
}

std::string CheckTable(const CheckReport& report) {
  std::string text;
  size_t failed = 0, warned = 0;
  for (const RuleResult& rule : report.rules) {
    failed += Fails(rule.outcome);
    warned += rule.outcome == RuleOutcome::kWarn;
    text += fmt::format("{:<15} {:<4} {}\n", OutcomeName(rule.outcome), rule.id, rule.title);
    for (const std::string& reason : rule.reasons) text += fmt::format("                     - {}\n", reason);
  }
  return text + fmt::format("{}: {} of {} rules failed, {} with warnings\n", failed == 0 ? "PASS" : "FAIL", failed,
                            report.rules.size(), warned);
}

std::string CheckJson(const CheckReport& report) {
  nlohmann::ordered_json json = {{"passed", report.passed()}, {"rules", nlohmann::ordered_json::array()}};
  for (const RuleResult& rule : report.rules) {
    json["rules"].push_back(
        {{"id", rule.id}, {"title", rule.title}, {"outcome", OutcomeName(rule.outcome)}, {"reasons", rule.reasons}});
  }
  return JsonText(json, 2) + "\n";
}

}  // namespace convnext
