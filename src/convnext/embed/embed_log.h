// Who ran what when: beside the units, and no digest covers it.
#pragma once

#include <string>

#include "convnext/embed/run_embed.h"

namespace convnext {

// How often a process says in its log how far it is, and how long after its last line it counts as running.
inline constexpr int64_t kLogSeconds = 60, kSilentSeconds = 180;

// Appends a line to the log of this process in `output`; whether that worked changes nothing.
class EmbedLog {
 public:
  explicit EmbedLog(const std::string& output);
  void Begin(const Rank& rank) const;
  // Writes every kLogSeconds.
  void Progress(const EmbedProgress& progress);
  void End(const EmbedReport& report) const;

 private:
  std::string path_;  // empty: there can be none
  Stopwatch since_;   // the last line
};

}  // namespace convnext
