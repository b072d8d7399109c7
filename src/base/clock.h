#pragma once

#include <chrono>
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

// Local wall-clock time, "YYYY-MM-DD HH:MM:SS".
std::string Timestamp();

}  // namespace convnext
