// How fast an output grows, as far as its log tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace convnext {

struct EmbedPace {
  int64_t running = 0;              // processes whose log has no end, and a line of the last kSilentSeconds
  int64_t just_begun = 0;           // of these: no rate yet
  std::optional<double> rate = {};  // pictures a second of the others together
  // Pictures a second of one process, over the latest runs; nothing: no log tells of a picture.
  std::optional<double> process_rate = {};

  // Of `inputs` pictures: by all that run; by one process where none does. Nothing: not known.
  std::optional<double> SecondsFor(int64_t inputs) const;
};

// `now`: seconds since 1970. A log that cannot be read does not count.
EmbedPace ReadPace(const std::string& output, int64_t now);

// The last line of a log as numbers. `text` may begin within a line, and end within one.
struct LogTail {
  bool ended = false;
  int64_t unix_time = 0;
  double seconds = 0;
  int64_t inputs = 0;  // 0: it has just begun
};
std::optional<LogTail> ParseLogTail(std::string_view text);

}  // namespace convnext
