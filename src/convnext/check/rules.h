#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/check/check.h"
#include "convnext/image/image.h"

namespace convnext {

// The sha256 of each file by its name, as the subject of a manifest lists them.
struct ListedFiles {
  std::map<std::string, std::string> digests;
  std::vector<std::string> twice;
};

// A bundle as the rules see it: what lies there, and what follows from its raw data.
struct Subject {
  Files files;   // with the line ends that the manifest knows, where git changed them
  Files hosted;  // what hosts of repositories add: no evidence
  std::vector<std::string> problems;

  std::vector<std::string> changed_line_ends;  // the files whose line ends git changed
  std::vector<std::string> pointers;           // the files in whose place Git LFS pointers lie

  std::optional<nlohmann::ordered_json> manifest;
  std::optional<ListedFiles> listed;  // if the manifest is an in-toto Statement of the kind that is expected
  std::optional<RunLog> log;
  std::optional<Evidence> evidence;
  std::string no_evidence;  // why there is none
  std::vector<std::string> unknown_fields;

  Files expected;                                           // results/*.json and logs/*.log as the evidence gives them
  std::map<std::string, nlohmann::ordered_json> documents;  // results/*.json and logs/inference.json that can be read

  const std::string* Text(const std::string& path) const;                 // nullptr if there is no such file
  const nlohmann::ordered_json* Document(const std::string& path) const;  // nullptr if there is none that can be read
};
Subject MakeSubject(const Directory& bundle);

// The findings of one rule.
class Findings {
 public:
  template <class... Args>
  void Fail(fmt::format_string<Args...> text, Args&&... args) {
    Add(RuleOutcome::kFail, fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  void Warn(fmt::format_string<Args...> text, Args&&... args) {
    Add(RuleOutcome::kWarn, fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  void NotApplicable(fmt::format_string<Args...> text, Args&&... args) {
    Add(RuleOutcome::kNotApplicable, fmt::format(text, std::forward<Args>(args)...));
  }
  // For a rule that lacks what it needs.
  template <class... Args>
  void NotChecked(fmt::format_string<Args...> text, Args&&... args) {
    Add(RuleOutcome::kNotChecked, fmt::format(text, std::forward<Args>(args)...));
  }
  // The worst of what was found, with its reasons first.
  void Conclude(RuleResult& result) const;

 private:
  void Add(RuleOutcome outcome, const std::string& reason) { found_.emplace_back(outcome, Printable(reason, 500)); }
  std::vector<std::pair<RuleOutcome, std::string>> found_;
};

using Check = void (*)(const Subject&, Findings&);
struct Rule {
  const char* id;
  const char* title;
  // With raw data. Rules about raw data can assume that it is there.
  Check check;
  // Without: what the texts themselves say. nullptr: the rule cannot be checked then.
  Check check_texts;
};

// The rules, a table for each part; CheckBundle applies them in this order.
std::vector<Rule> IntegrityRules();
std::vector<Rule> StructureRules();
std::vector<Rule> ProvenanceRules();
std::vector<Rule> FormRules();
std::vector<Rule> EnvironmentRules();
std::vector<Rule> SpeedRules();
std::vector<Rule> MachineRules();
std::vector<Rule> RecomputationRules();
std::vector<Rule> EmbeddingRules();
std::vector<Rule> SanityRules();
std::vector<Rule> JobRules();

// Rule P5 (unknown.cc).
void NothingUnknown(const Subject& subject, Findings& findings);

// The rules for texts without raw data (texts.cc).
void ThroughputOfTexts(const Subject& subject, Findings& findings);
void StatisticsOfTexts(const Subject& subject, Findings& findings);
void RunsOfTexts(const Subject& subject, Findings& findings);
void AccuracyOfTexts(const Subject& subject, Findings& findings);
void VerdictOfTexts(const Subject& subject, Findings& findings);
void RepeatedQuantitiesOfTexts(const Subject& subject, Findings& findings);
void CommitsOfTexts(const Subject& subject, Findings& findings);
void TimestampsOfTexts(const Subject& subject, Findings& findings);
void DevicesOfTexts(const Subject& subject, Findings& findings);

// How the pictures were decoded: one run ignores the orientation of every picture, or turns every one that asks for it.
DecodeOptions DecodingOf(const Evidence& e);

// The devices in "npu:0,npu:1", or the one.
int64_t DeviceCount(const DeviceFacts& device);

// At least so many bytes are the weights: two for a parameter.
int64_t LeastWeightBytes(const Evidence& e);

// The front matter of a README (between the two lines "---", without them) and what follows it.
struct ReadmeParts {
  std::string front_matter, body;
};
std::optional<ReadmeParts> SplitReadme(const std::string& readme);

// The texts of a bundle: everything but pictures, raw data and programs.
bool IsText(const std::string& path);

// "2026-05-15 01:14:52" in seconds since 1970, as if it were UTC; nothing if it is not just that.
std::optional<double> ParseTimestamp(const std::string& text);

// The first line in which two texts differ, in words.
std::string FirstDifference(const std::string& found, const std::string& expected);

}  // namespace convnext
