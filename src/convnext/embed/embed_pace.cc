#include "convnext/embed/embed_pace.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "convnext/embed/embed_log.h"
#include "convnext/embed/json_count.h"
#include "convnext/embed/layout.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

constexpr size_t kTailBytes = size_t{64} << 10;
constexpr size_t kMostLogs = 10'000;  // the latest
constexpr int kRunsForRate = 16;

// The latest first: their names begin with the time.
std::vector<std::string> FindLogs(const std::string& output) {
  std::vector<std::string> logs;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(output + "/" + kEmbedLogDirectory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".jsonl") logs.push_back(entry->path().string());
  }
  std::sort(logs.begin(), logs.end(), std::greater<>());
  if (logs.size() > kMostLogs) logs.resize(kMostLogs);
  return logs;
}

std::optional<LogTail> ReadTail(const std::string& path) {
  const auto file = MappedFile::Open(path);
  if (!file.ok()) return std::nullopt;
  const auto bytes = file->bytes().last(std::min(file->bytes().size(), kTailBytes));
  return ParseLogTail({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<LogTail> ParseLogLine(std::string_view line) {
  const auto json = ParseJson(line);
  if (!json.ok()) return std::nullopt;
  try {
    LogTail tail{.ended = json->at("event") == "end", .unix_time = ReadCount(json->at("unix_time"))};
    if (json->contains("inputs")) {
      tail.seconds = json->at("seconds");
      tail.inputs = ReadCount(json->at("inputs"));
    }
    if (!(tail.seconds > 0) || tail.inputs <= 0) tail.seconds = 0, tail.inputs = 0;
    return tail;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

bool IsRunning(const LogTail& tail, int64_t now) { return !tail.ended && tail.unix_time >= now - kSilentSeconds; }

}  // namespace

std::optional<LogTail> ParseLogTail(std::string_view text) {
  text = text.substr(0, text.rfind('\n') + 1);  // a line that is being written is none
  if (text.empty()) return std::nullopt;
  text.remove_suffix(1);
  return ParseLogLine(text.substr(text.rfind('\n') + 1));
}

std::optional<double> EmbedPace::SecondsFor(int64_t inputs) const {
  if (inputs == 0) return 0;
  const std::optional<double>& by = running > 0 ? rate : process_rate;
  return by ? std::optional(static_cast<double>(inputs) / *by) : std::nullopt;
}

EmbedPace ReadPace(const std::string& output, int64_t now) {
  EmbedPace pace;
  double seconds = 0, inputs = 0;
  int runs = 0;
  for (const std::string& path : FindLogs(output)) {
    const auto tail = ReadTail(path);
    if (!tail) continue;
    const bool running = IsRunning(*tail, now), told = tail->inputs > 0;
    if (running) ++pace.running;
    if (running && !told) ++pace.just_begun;
    if (running && told) pace.rate = pace.rate.value_or(0) + static_cast<double>(tail->inputs) / tail->seconds;
    if (!told || ++runs > kRunsForRate) continue;
    seconds += tail->seconds;
    inputs += static_cast<double>(tail->inputs);
  }
  if (seconds > 0) pace.process_rate = inputs / seconds;
  return pace;
}

}  // namespace convnext
