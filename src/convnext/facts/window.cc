#include "convnext/facts/window.h"

#include <chrono>

namespace convnext {
namespace {

int64_t SystemClockNanoseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

WindowTimer::WindowTimer() {
  window_.timestamp = Timestamp();
  window_.started_ns = SystemClockNanoseconds();
}

Window WindowTimer::Finish() const {
  Window window = window_;
  window.steady_ns = Nanoseconds(stopwatch_.Seconds());
  window.finished_ns = SystemClockNanoseconds();
  return window;
}

}  // namespace convnext
