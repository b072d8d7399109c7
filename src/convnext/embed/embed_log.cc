#include "convnext/embed/embed_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "convnext/base/base.h"
#include "convnext/embed/layout.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

Json Event(const char* name) {
  return {{"event", name}, {"time", Timestamp()}, {"unix_time", static_cast<int64_t>(std::time(nullptr))}};
}

Json ProgressEvent(const char* name, const EmbedProgress& progress) {
  Json json = Event(name);
  json["seconds"] = progress.seconds;
  json["inputs"] = progress.inputs_done;
  json["rows"] = progress.rows;
  json["failures"] = progress.failures;
  return json;
}

void AppendLine(const std::string& path, const Json& json) {
  if (path.empty()) return;
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(file.get(), text.data(), text.size());
}

}  // namespace

EmbedLog::EmbedLog(const std::string& output)
    : path_(
          fmt::format("{}/{}/{}-{}-{}.jsonl", output, kEmbedLogDirectory, std::time(nullptr), HostName(), ::getpid())) {
  if (!MakeDirectories(output + "/" + kEmbedLogDirectory).ok()) path_.clear();
}

void EmbedLog::Begin(const Rank& rank) const {
  Json json = Event("begin");
  json["host"] = HostName();
  json["process"] = ::getpid();
  json["rank"] = rank.rank;
  json["ranks"] = rank.ranks;
  json["rank_from"] = rank.source;
  json["version"] = std::string(Version());
  json["commit"] = std::string(Commit());
  AppendLine(path_, json);
}

void EmbedLog::Progress(const EmbedProgress& progress) {
  if (since_.Seconds() < kLogSeconds) return;
  since_ = Stopwatch();
  AppendLine(path_, ProgressEvent("progress", progress));
}

void EmbedLog::End(const EmbedReport& report) const {
  Json json = ProgressEvent("end", report.progress);
  json["units_left"] = report.units_left;
  if (!report.stopped.ok()) json["stopped"] = report.stopped.message();
  if (!report.problems.empty()) json["problems"] = report.problems;
  AppendLine(path_, json);
}

}  // namespace convnext
