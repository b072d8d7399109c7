// Nothing unknown: a forger's or a user's additions, however small, are named.
#include <algorithm>
#include <map>

#include "convnext/check/rules.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

// The strings in a record that hold more than one line, by their place. Only npu-smi and configs may.
void FindLines(const nlohmann::ordered_json& json, const std::string& place, Findings& findings) {
  if (json.is_structured()) {
    for (const auto& [name, element] : json.items()) FindLines(element, fmt::format("{}/{}", place, name), findings);
  } else if (json.is_string() && !place.ends_with("/npu_smi") && !place.ends_with("/config")) {
    const auto& text = json.get_ref<const std::string&>();
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      findings.Fail("{} {} holds control characters", kRunLogPath, place);
  }
}

bool IsInput(const Evidence& e, const std::string& path) {
  for (const auto* inputs : {&e.inference.inputs, &e.accuracy.inputs, &e.performance.inputs}) {
    for (const InputFacts& input : *inputs) {
      if (input.path == path) return true;
    }
  }
  return false;
}

// The header of an .npy file has room for what nobody reads: it must be the one that this program writes.
void CheckArrayHeader(const char* path, const std::string& bytes, Findings& findings) {
  const auto array = ParseNpy(std::as_bytes(std::span(bytes)));
  if (!array.ok()) return;  // rule R0 says so
  const size_t count = array->tensor.data.size();
  const std::string ours = array->dtype == "float32" ? NpyBytes(array->tensor.shape, std::vector<float>(count))
                                                     : NpyBytes(array->tensor.shape, std::vector<double>(count));
  const size_t header = ours.size() - count * (array->dtype == "float32" ? sizeof(float) : sizeof(double));
  if (bytes.size() != ours.size() || bytes.substr(0, header) != ours.substr(0, header))
    findings.Fail("{}: its header is not the one that this program writes", path);
}

// Each line of the run log must be spelled as this program spells it: no blanks or digits that say nothing.
void CheckSpelling(std::string_view log, Findings& findings) {
  for (size_t number = 1; !log.empty(); ++number) {
    const std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(log.size(), line.size() + 1));
    const auto json = ParseJson(line);
    if (json.ok() && JsonText(*json) != line)
      findings.Fail("{} line {} is not spelled as it was written", kRunLogPath, number);
  }
}

}  // namespace

// P5
void NothingUnknown(const Subject& subject, Findings& findings) {
  for (const std::string& field : subject.unknown_fields)
    findings.Fail("{} holds a field that is not known: {}", kRunLogPath, field);
  std::map<std::string, int> events;
  for (const RunLogEntry& entry : subject.log->entries()) {
    if (!IsEvent(entry.event)) findings.Fail("{} holds an event that is not known: {}", kRunLogPath, entry.event);
    FindLines(entry.record, entry.event, findings);
    if (++events[entry.event] == 2) findings.Warn("{} was run more than once; the last run counts", entry.event);
  }
  if (subject.log->entries().back().event != kReportEvent) findings.Fail("{} goes on after the report", kRunLogPath);
  for (const auto& [path, bytes] : subject.files) {
    if (!IsBundlePath(path)) findings.Fail("{} is no file of a bundle", path);
    if (IsPicturePath(path) && !IsInput(*subject.evidence, path)) findings.Fail("{} was given to no evaluation", path);
  }
  for (const char* path : PathsOf(FileKind::kVectors)) CheckArrayHeader(path, *subject.Text(path), findings);
  CheckSpelling(*subject.Text(kRunLogPath), findings);
}

}  // namespace convnext
