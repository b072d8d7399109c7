// How a run of convnext embed is shown, and how it is stopped.
#pragma once

#include <stop_token>
#include <thread>

#include "convnext/embed/embed.h"

namespace convnext::cli {

std::string TimeText(double seconds);  // "3 min 20 s"

// A line that overwrites itself on a terminal; a line every 30 s elsewhere; as JSON, a line a second.
class ProgressLine {
 public:
  explicit ProgressLine(bool json);
  void Show(const EmbedProgress& progress);
  void Finish();
  // The last that was shown, as SIGUSR1 asks for.
  std::string text() const;

 private:
  const bool json_, terminal_;
  Stopwatch since_;
  bool shown_ = false;
  mutable std::mutex mutex_;
  EmbedProgress last_;
};

// SIGTERM, SIGINT and SIGUSR2 ask to stop: the batches that were begun are finished. A second one ends the process at
// once, which loses the unit that was begun and nothing else. SIGUSR1 prints where it stands. To be made before other
// threads.
class StopSignals {
 public:
  explicit StopSignals(const ProgressLine& progress);
  std::stop_token token() const { return stop_.get_token(); }

 private:
  void Wait(const std::stop_token& end);
  const ProgressLine& progress_;
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace convnext::cli
