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

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace

EmbedLog::EmbedLog(const std::string& output)
    : path_(
          fmt::format("{}/{}/{}-{}-{}.jsonl", output, kEmbedLogDirectory, std::time(nullptr), HostName(), ::getpid())) {
  if (!MakeDirectories(output + "/" + kEmbedLogDirectory).ok()) path_.clear();
}

void EmbedLog::Begin(const Rank& rank) const {
  const nlohmann::ordered_json json = {{"event", "begin"},
                                       {"time", Timestamp()},
                                       {"host", HostName()},
                                       {"process", ::getpid()},
                                       {"rank", rank.rank},
                                       {"ranks", rank.ranks},
                                       {"rank_from", rank.source},
                                       {"version", std::string(Version())},
                                       {"commit", std::string(Commit())}};
  Append(json.dump());
}

void EmbedLog::End(const EmbedReport& report) const {
  nlohmann::ordered_json json = {{"event", "end"},
                                 {"time", Timestamp()},
                                 {"seconds", report.progress.seconds},
                                 {"inputs", report.progress.inputs_done},
                                 {"rows", report.progress.rows},
                                 {"failures", report.progress.failures},
                                 {"units_left", report.units_left}};
  if (!report.stopped.ok()) json["stopped"] = report.stopped.message();
  if (!report.problems.empty()) json["problems"] = report.problems;
  Append(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void EmbedLog::Append(const std::string& line) const {
  if (path_.empty()) return;
  const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const std::string text = line + "\n";
  [[maybe_unused]] const ssize_t written = ::write(file.get(), text.data(), text.size());
}

}  // namespace convnext
