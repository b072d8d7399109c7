// Events: moments in a stream, which get their time when the stream reaches them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "stream.h"

namespace ascend_emulator {

struct Event {
  bool has_time = true;  // made for timing
  // Recordings are numbered: asked for, and reached.
  uint64_t recorded = 0, reached = 0;
  std::weak_ptr<Stream> stream;  // of the last recording
  uint64_t work = 0;             // and its number there
  std::chrono::steady_clock::time_point time;
  TaskError error;  // why the last recording was skipped
};

// With State::lock held; nullptr after a misuse.
std::shared_ptr<Event> FindEvent(aclrtEvent handle);

}  // namespace ascend_emulator
