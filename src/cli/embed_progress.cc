#include "cli/embed_progress.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/cli.h"

namespace convnext::cli {
namespace {

constexpr double kTerminalSeconds = 0.2, kPipeSeconds = 30, kJsonSeconds = 1;

double RateOf(const EmbedProgress& progress) {
  return progress.seconds > 0 ? static_cast<double>(progress.inputs_done) / progress.seconds : 0;
}

std::string TextOf(const EmbedProgress& progress) {
  const double rate = RateOf(progress);
  const auto left = static_cast<double>(progress.inputs - progress.inputs_done);
  return fmt::format("{}/{} pictures, {}/{} units, {:.1f} pictures/s, {} failed{}", progress.inputs_done,
                     progress.inputs, progress.units_done, progress.units, rate, TotalOf(progress.failures),
                     rate > 0 ? ", " + TimeText(left / rate) + " left" : "");
}

std::string JsonOf(const EmbedProgress& progress) {
  const nlohmann::ordered_json json = {{"pictures_done", progress.inputs_done},
                                       {"pictures", progress.inputs},
                                       {"units_done", progress.units_done},
                                       {"units", progress.units},
                                       {"rows", progress.rows},
                                       {"failures", progress.failures},
                                       {"seconds", progress.seconds},
                                       {"pictures_per_second", RateOf(progress)}};
  return json.dump();
}

sigset_t StopSet() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) ::sigaddset(&set, signal);
  return set;
}

}  // namespace

std::string TimeText(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return whole >= 60 ? fmt::format("{} min {:02} s", whole / 60, whole % 60) : fmt::format("{} s", whole);
}

ProgressLine::ProgressLine(bool json) : json_(json), terminal_(::isatty(STDERR_FILENO) != 0) {}

void ProgressLine::Show(const EmbedProgress& progress) {
  {
    const std::lock_guard lock(mutex_);
    last_ = progress;
  }
  const double seconds = json_ ? kJsonSeconds : terminal_ ? kTerminalSeconds : kPipeSeconds;
  if (since_.Seconds() < seconds) return;
  since_ = Stopwatch();
  shown_ = true;
  if (json_) {
    PrintError("{}\n", JsonOf(progress));
  } else {
    PrintError("{}{}{}", terminal_ ? "\r\033[K" : "convnext: ", TextOf(progress), terminal_ ? "" : "\n");
  }
  std::fflush(stderr);
}

void ProgressLine::Finish() {
  if (json_) PrintError("{}\n", JsonOf(last_));
  if (!json_ && terminal_ && shown_) PrintError("\r\033[K");
  std::fflush(stderr);
}

std::string ProgressLine::text() const {
  const std::lock_guard lock(mutex_);
  return json_ ? JsonOf(last_) : TextOf(last_);
}

StopSignals::StopSignals(const ProgressLine& progress) : progress_(progress) {
  const sigset_t set = StopSet();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);  // threads that follow inherit it
  thread_ = std::jthread([this](const std::stop_token& end) { Wait(end); });
}

void StopSignals::Wait(const std::stop_token& end) {
  const sigset_t set = StopSet();
  constexpr timespec kPause{0, 100'000'000};
  while (!end.stop_requested()) {
    const int signal = ::sigtimedwait(&set, nullptr, &kPause);
    if (signal == SIGUSR1) PrintError("convnext: {}\n", progress_.text());
    if (signal <= 0 || signal == SIGUSR1) continue;
    if (stop_.stop_requested()) ::_exit(128 + signal);
    PrintError("convnext: asked to stop; finishing the batches that were begun\n");
    stop_.request_stop();
  }
}

}  // namespace convnext::cli
