#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

namespace convnext {

// Seconds since construction, from the steady clock.
class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// The nearest whole number of nanoseconds. For 20 days that is what the clock counted before it became seconds in a
// double; cut off instead of rounded, some counts would be less by one.
inline int64_t Nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

// Local wall-clock time, "YYYY-MM-DD HH:MM:SS".
std::string Timestamp();

}  // namespace convnext
