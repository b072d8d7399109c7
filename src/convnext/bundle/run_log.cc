#include "convnext/bundle/run_log.h"

#include "convnext/facts/facts.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxLines = 100'000;

const std::string& NoDigest() {
  static const std::string zeros(kSha256Digits, '0');
  return zeros;
}

Result<std::map<std::string, std::string>> ParseOutputs(const Json& json) {
  std::map<std::string, std::string> outputs;
  if (!json.is_object()) return Invalid("\"outputs\" is not an object");
  for (const auto& [path, digest] : json.items()) {
    if (!digest.is_string()) return Invalid("the digest of {} is not a string", Printable(path));
    outputs[path] = digest.get<std::string>();
  }
  return outputs;
}

Result<RunLogEntry> ParseEntry(std::string_view line) {
  CONVNEXT_ASSIGN_OR_RETURN(auto json, ParseJson(line));
  const bool whole = json.is_object() && json.size() == 5 && json.contains("sequence") && json.contains("previous") &&
                     json.contains("event") && json.contains("record") && json.contains("outputs");
  if (!whole || !json["sequence"].is_number_unsigned() || !json["previous"].is_string() || !json["event"].is_string() ||
      !json["record"].is_object()) {
    return Invalid("expected an object of sequence, previous, event, record and outputs");
  }
  CONVNEXT_ASSIGN_OR_RETURN(auto outputs, ParseOutputs(json["outputs"]));
  return RunLogEntry{json["event"].get<std::string>(), std::move(json["record"]),           std::move(outputs),
                     json["sequence"].get<int64_t>(),  json["previous"].get<std::string>(), DigestOf(line)};
}

}  // namespace

Result<RunLog> RunLog::Parse(std::string_view text) {
  RunLog log;
  log.text_ = text;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto entry = ParseEntry(line);
    if (!entry.ok()) return entry.status().Prefixed(fmt::format("{} line {}", kRunLogPath, log.entries_.size() + 1));
    log.entries_.push_back(*std::move(entry));
    if (log.entries_.size() > kMaxLines) return Invalid("{}: more than {} lines", kRunLogPath, kMaxLines);
  }
  return log;
}

void RunLog::Append(const std::string& event, const Json& record, const std::map<std::string, std::string>& outputs) {
  Json line;
  line["sequence"] = entries_.size();
  line["previous"] = digest();
  line["event"] = event;
  line["record"] = record;
  line["outputs"] = outputs;
  const std::string text = JsonText(line);
  entries_.push_back({event, record, outputs, static_cast<int64_t>(entries_.size()), digest(), DigestOf(text)});
  text_ += text + "\n";
}

const RunLogEntry* RunLog::Last(std::string_view event) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->event == event) return &*entry;
  }
  return nullptr;
}

std::string RunLog::digest() const { return entries_.empty() ? NoDigest() : entries_.back().digest; }

std::vector<std::string> RunLog::FindBreaks() const {
  std::vector<std::string> breaks;
  std::string previous = NoDigest();
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].sequence != static_cast<int64_t>(i))
      breaks.push_back(fmt::format("line {}: sequence {}, expected {}", i + 1, entries_[i].sequence, i));
    if (entries_[i].previous != previous)
      breaks.push_back(fmt::format("line {}: its \"previous\" is not the sha256 of the line before", i + 1));
    previous = entries_[i].digest;
  }
  if (!text_.empty() && text_.back() != '\n') breaks.emplace_back("the last line is not ended: the log is cut");
  return breaks;
}

std::map<std::string, std::string> RunLog::Outputs() const {
  std::map<std::string, std::string> outputs;
  for (const RunLogEntry& entry : entries_) {
    for (const auto& [path, digest] : entry.outputs) outputs[path] = digest;
  }
  return outputs;
}

std::map<std::string, std::string> Digests(const Files& files) {
  std::map<std::string, std::string> digests;
  for (const auto& [path, bytes] : files) digests[path] = DigestOf(bytes);
  return digests;
}

std::string DigestOf(std::string_view bytes) { return Sha256(std::as_bytes(std::span(bytes))); }

}  // namespace convnext
