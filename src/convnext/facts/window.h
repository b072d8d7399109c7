#pragma once

#include "convnext/facts/records.h"

namespace convnext {

// Measures a run by both clocks, from construction on.
class WindowTimer {
 public:
  WindowTimer();
  Window Finish() const;

 private:
  Window window_;
  Stopwatch stopwatch_;
};

inline double Seconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

}  // namespace convnext
