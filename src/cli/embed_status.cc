#include "cli/embed_status.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/cli.h"
#include "cli/embed_evidence.h"
#include "cli/embed_progress.h"

namespace convnext::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kWarningsShown = 20;

void PrintJson(const Json& json) { PrintOut("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace)); }

Json NumberOrNull(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

int64_t LeftOf(const EmbedStatus& status) { return status.inputs - status.inputs_done; }

EmbedPace PaceNow(const std::string& output) { return ReadPace(output, static_cast<int64_t>(std::time(nullptr))); }

Json StatusJson(const EmbedStatus& status, const EmbedPace& pace) {
  return {{"units", status.units},
          {"units_done", status.units_done},
          {"pictures", status.inputs},
          {"pictures_done", status.inputs_done},
          {"rows", status.rows},
          {"failures", status.failures},
          {"missing_units", status.missing},
          {"warnings", status.warnings},
          {"running", pace.running},
          {"running_just_begun", pace.just_begun},
          {"pictures_per_second", NumberOrNull(pace.rate)},
          {"pictures_per_second_of_one_process", NumberOrNull(pace.process_rate)},
          {"seconds_left", NumberOrNull(pace.SecondsFor(LeftOf(status)))}};
}

void PrintStatus(const EmbedStatus& status) {
  PrintOut("{} of {} units, {} of {} pictures: {} rows, {}\n", status.units_done, status.units, status.inputs_done,
           status.inputs, status.rows, FailureText(status.failures));
  for (const std::string& warning : status.warnings) Warn(warning);
}

// The rate of those that run says when they are done; without one, that of the latest runs how long one would take.
std::string RunningText(const EmbedPace& pace, const std::string& left) {
  std::string text = "running: " + Pluralize(static_cast<size_t>(pace.running), "process");
  if (pace.just_begun > 0) text += fmt::format(" ({} just begun)", pace.just_begun);
  if (!pace.rate) return text + "; the rate is not known yet";
  return text + fmt::format(", {:.1f} pictures/s{}", *pace.rate, left.empty() ? "" : "; about " + left + " left");
}

std::string IdleText(const EmbedPace& pace, const std::string& left) {
  if (!pace.process_rate) return "not running; no run has left a rate in log/, so how long it takes is not known";
  return fmt::format("not running; a process did {:.1f} pictures/s in the latest runs{}", *pace.process_rate,
                     left.empty() ? "" : ", and would need about " + left);
}

void PrintPace(const EmbedStatus& status, const EmbedPace& pace) {
  const int64_t left = LeftOf(status);
  const auto seconds = pace.SecondsFor(left);
  const std::string text = left > 0 && seconds ? TimeText(*seconds) : "";
  if (left == 0 && pace.running == 0 && !pace.process_rate) return;
  PrintOut("{}\n", pace.running > 0 ? RunningText(pace, text) : IdleText(pace, text));
}

double RowBytes(const Plan& plan) {
  const auto identity = Json::parse(plan.identity);
  const double value_bytes = identity.value("store", "") == "float16" ? 2 : 4;
  return static_cast<double>(plan.inputs_count()) * identity.value("embedding_dim", 0) * value_bytes;
}

EmbedStatus NothingDone(const Plan& plan) {
  EmbedStatus status;
  status.units = plan.size();
  status.inputs = plan.inputs_count();
  status.missing.resize(plan.units.size());
  std::iota(status.missing.begin(), status.missing.end(), 0);
  return status;
}

// Of the directory itself, and against the evidence that is named.
Result<VerifyReport> VerifyAll(const std::string& output, const std::string& evidence) {
  CONVNEXT_ASSIGN_OR_RETURN(auto report, VerifyOutput(output));
  if (evidence.empty()) return report;
  CONVNEXT_ASSIGN_OR_RETURN(const auto differences, CompareWithEvidence(output, evidence));
  report.problems.insert(report.problems.end(), differences.begin(), differences.end());
  return report;
}

}  // namespace

void PrintWarnings(const std::vector<std::string>& warnings) {
  for (size_t i = 0; i < std::min(warnings.size(), kWarningsShown); ++i) Warn(warnings[i]);
  if (warnings.size() > kWarningsShown)
    Warn(fmt::format("{} more; convnext embed --status OUT prints all", warnings.size() - kWarningsShown));
}

void PrintPlan(const Plan& plan, const std::string& what) {
  PrintOut("{}: {} in {}, {} of them archives; rows take {:.1f} MB\n", what,
           Pluralize(static_cast<size_t>(plan.inputs_count()), "picture"), Pluralize(plan.units.size(), "unit"),
           plan.archives.size(), RowBytes(plan) * 1e-6);
  for (const PlanArchive& archive : plan.archives) {
    if (!archive.damage.empty())
      Warn(fmt::format("{}: {} after {}", archive.shard, archive.damage,
                       Pluralize(static_cast<size_t>(archive.samples), "sample")));
  }
}

int ShowStatus(const std::string& output, bool json) {
  const auto plan = ReadPlan(output);
  if (!plan.ok()) return Fail(plan.status());
  if (!*plan) return Fail(Invalid("{}: no plan.json; nothing was embedded there", Printable(output, 1000)));
  const auto status = ReadStatus(output, **plan);
  if (!status.ok()) return Fail(status.status());
  const EmbedPace pace = PaceNow(output);
  if (json) {
    PrintJson(StatusJson(*status, pace));
  } else {
    PrintStatus(*status);
    PrintPace(*status, pace);
  }
  return status->missing.empty() ? kDone : kUnitsLeft;
}

int ShowVerdict(const std::string& output, const std::string& evidence, bool json) {
  const auto report = VerifyAll(output, evidence);
  if (!report.ok()) return Fail(report.status());
  const bool complete = report->problems.empty() && report->status.missing.empty();
  if (json) {
    Json verdict = StatusJson(report->status, PaceNow(output));
    verdict["problems"] = report->problems;
    verdict["verdict"] = complete ? "complete" : report->problems.empty() ? "incomplete" : "damaged";
    PrintJson(verdict);
  } else {
    for (const std::string& problem : report->problems) PrintError("convnext: error: {}\n", problem);
    PrintStatus(report->status);
    if (complete)
      PrintOut("verified: every picture is one row or one failure, all digests agree, one model{}\n",
               evidence.empty() ? "" : "; its units are those of the evidence");
  }
  if (!report->problems.empty()) return kVerdictFailed;
  return complete ? kDone : kUnitsLeft;
}

Status ShowDryRun(const std::string& output, const Plan& plan, bool is_new, bool json) {
  auto status = is_new ? NothingDone(plan) : ReadStatus(output, plan);
  if (!status.ok()) return status.status();
  const EmbedPace pace = PaceNow(output);
  if (json) {
    Json counts = StatusJson(*status, pace);
    counts["archives"] = plan.archives.size();
    counts["row_bytes"] = RowBytes(plan);
    PrintJson(counts);
    return {};
  }
  if (is_new) {
    PrintPlan(plan, "would plan");
  } else {
    PrintStatus(*status);
  }
  PrintPace(*status, pace);
  return {};
}

}  // namespace convnext::cli
