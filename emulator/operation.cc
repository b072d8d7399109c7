#include "operation.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace ascend_emulator {
namespace {

constexpr std::chrono::minutes kHoldLimit{1};

void LogOperation(const char* moment, const Stream& stream, const Stream::Work& work) {
  if (!Logging()) return;
  const std::string name = work.is_copy ? "copy" : fmt::format("execution of model {}", work.model);
  Log(fmt::format("device: {} {} in {}", moment, name, stream.handle));
}

// Copies that other streams have ended.
uint64_t CopiesBeside(const Stream& stream) {
  uint64_t copies = 0;
  for (const auto& [handle, other] : Global().streams.live())
    if (other.get() != &stream) copies += other->copies;
  return copies;
}

void HoldExecution(Guard& guard, const Stream& stream, uint64_t copies_before) {
  State& state = Global();
  if (state.config.held_executions == 0) return;
  --state.config.held_executions;
  state.changed.wait_for(guard, kHoldLimit, [&] { return stream.abandoned || CopiesBeside(stream) > copies_before; });
}

}  // namespace

TaskError RunOperation(Guard& guard, Stream& stream, const Stream::Work& work) {
  const bool is_logged = work.is_copy || work.model != 0;
  const Config& config = Global().config;
  const std::chrono::microseconds least(!is_logged ? 0 : work.is_copy ? config.copy_us : config.execute_us);
  const auto end = std::chrono::steady_clock::now() + least;
  const uint64_t copies = CopiesBeside(stream);
  if (is_logged) LogOperation("begin", stream, work);
  guard.unlock();
  const TaskError error = RunWork(work);
  if (least.count() > 0) std::this_thread::sleep_until(end);
  guard.lock();
  if (work.model != 0) HoldExecution(guard, stream, copies);
  if (work.is_copy) ++stream.copies;
  if (is_logged) LogOperation("end", stream, work);
  return error;
}

}  // namespace ascend_emulator
