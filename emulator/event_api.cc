#include <algorithm>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "event.h"

namespace ascend_emulator {

std::shared_ptr<Event> FindEvent(aclrtEvent handle) {
  std::shared_ptr<Event> event = Global().events.Find(handle);
  if (event == nullptr) Misuse(kInvalidHandle, fmt::format("event {}: {}", handle, ExplainUnknown(handle)));
  return event;
}

namespace {

aclError Create(aclrtEvent* handle, uint32_t flags, bool has_time) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the event is a null pointer");
  if (flags == 0) return Fail(kRuntimeInvalidParameter, "EE1001: the event has no flag");
  State& state = Global();
  const Guard guard(state.lock);
  if (CurrentContext() == nullptr) return NoContext();
  auto event = std::make_shared<Event>();
  event->has_time = has_time;
  *handle = state.events.Add(std::move(event));
  return 0;
}

aclError Destroy(aclrtEvent handle) {
  State& state = Global();
  const Guard guard(state.lock);
  if (FindEvent(handle) == nullptr) return kInvalidHandle;
  state.events.Remove(handle);
  return 0;
}

// The work in a stream that is this event's number `recording`.
std::unique_ptr<Stream::Work> MakeRecordWork(const std::shared_ptr<Event>& event, uint64_t recording) {
  auto work = std::make_unique<Stream::Work>();
  work->name = "aclrtRecordEvent";
  work->run = [event](const Task::Reads&, const Task::Writes&) {
    const Guard guard(Global().lock);
    event->time = std::chrono::steady_clock::now();
    return TaskError();
  };
  work->done = [event, recording](const TaskError& error) {
    event->reached = std::max(event->reached, recording);
    event->error = error;
  };
  return work;
}

aclError Record(aclrtEvent event_handle, aclrtStream stream_handle) {
  const Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(stream_handle, false, error);
  if (stream == nullptr) return error;
  const std::shared_ptr<Event> event = FindEvent(event_handle);
  if (event == nullptr) return kInvalidHandle;
  event->work = Append(*stream, MakeRecordWork(event, ++event->recorded));
  event->stream = stream;
  return 0;
}

bool IsReached(const Event& event) { return event.recorded != 0 && event.reached == event.recorded; }

// Lets the event's stream run up to it.
void RunUpToEvent(const Event& event) {
  if (const std::shared_ptr<Stream> stream = event.stream.lock(); stream != nullptr) RunUpTo(stream, event.work);
}

aclError NotRecorded() { return Fail(kRuntimeInternal, "EE9999: the event has not been recorded"); }

aclError SynchronizeEvent(aclrtEvent handle) {
  Guard guard(Global().lock);
  if (CurrentContext() == nullptr) return NoContext();
  const std::shared_ptr<Event> event = FindEvent(handle);
  if (event == nullptr) return kInvalidHandle;
  if (event->recorded == 0) return NotRecorded();
  const uint64_t recording = event->recorded;
  RunUpToEvent(*event);
  Global().changed.wait(guard, [&] { return event->reached >= recording; });
  return event->error.code == 0 ? 0 : Fail(event->error.code, event->error.text);
}

// Whether the event has been reached; the asking makes its stream run.
template <class Status>
aclError Query(aclrtEvent handle, Status* status, Status complete, Status not_ready) {
  if (status == nullptr) return Fail(kInvalidParameter, "EH0001: the status is a null pointer");
  const Guard guard(Global().lock);
  if (CurrentContext() == nullptr) return NoContext();
  const std::shared_ptr<Event> event = FindEvent(handle);
  if (event == nullptr) return kInvalidHandle;
  RunUpToEvent(*event);
  *status = IsReached(*event) ? complete : not_ready;
  return 0;
}

aclError ElapsedTime(float* milliseconds, aclrtEvent start_handle, aclrtEvent end_handle) {
  if (milliseconds == nullptr) return Fail(kInvalidParameter, "EH0001: the time is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Event> start = FindEvent(start_handle), end = FindEvent(end_handle);
  if (start == nullptr || end == nullptr) return kInvalidHandle;
  if (!start->has_time || !end->has_time)
    return Fail(kRuntimeInvalidParameter, "EE1001: the event was made without ACL_EVENT_TIME_LINE");
  if (start->recorded == 0 || end->recorded == 0) return NotRecorded();
  if (!IsReached(*start) || !IsReached(*end)) return Fail(kEventNotComplete, "EE9999: the event is not complete");
  if (start->error.code != 0 || end->error.code != 0) return NotRecorded();
  if (end->time < start->time) return Fail(kReversedTimes, "EE1001: the start event is later than the end event");
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return 0;
}

// A stream's work that ends when the event's recording is reached. One that nobody has asked for yet is waited for.
aclError StreamWait(aclrtStream stream_handle, aclrtEvent event_handle) {
  const Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(stream_handle, false, error);
  if (stream == nullptr) return error;
  const std::shared_ptr<Event> event = FindEvent(event_handle);
  if (event == nullptr) return kInvalidHandle;
  auto work = std::make_unique<Stream::Work>();
  work->name = "aclrtStreamWaitEvent";
  const uint64_t recording = std::max<uint64_t>(event->recorded, 1);
  work->run = [event, recording, waiting = stream.get()](const Task::Reads&, const Task::Writes&) {
    Guard inner(Global().lock);
    Global().changed.wait(inner, [&] {
      RunUpToEvent(*event);
      return event->reached >= recording || waiting->abandoned;
    });
    return TaskError();
  };
  Append(*stream, std::move(work));
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtCreateEvent(aclrtEvent* event) {
  return Call(
      "aclrtCreateEvent", [&] { return Create(event, ACL_EVENT_TIME_LINE, true); }, event);
}

aclError aclrtCreateEventWithFlag(aclrtEvent* event, uint32_t flag) {
  const bool has_time = (flag & ACL_EVENT_TIME_LINE) != 0;
  return Call(
      "aclrtCreateEventWithFlag", [&] { return Create(event, flag, has_time); }, event, flag);
}

aclError aclrtDestroyEvent(aclrtEvent event) {
  return Release(
      "aclrtDestroyEvent", [&] { return Destroy(event); }, event);
}

aclError aclrtRecordEvent(aclrtEvent event, aclrtStream stream) {
  return Call(
      "aclrtRecordEvent", [&] { return Record(event, stream); }, event, stream);
}

aclError aclrtStreamWaitEvent(aclrtStream stream, aclrtEvent event) {
  return Call(
      "aclrtStreamWaitEvent", [&] { return StreamWait(stream, event); }, stream, event);
}

aclError aclrtSynchronizeEvent(aclrtEvent event) {
  return Call(
      "aclrtSynchronizeEvent", [&] { return SynchronizeEvent(event); }, event);
}

aclError aclrtQueryEvent(aclrtEvent event, aclrtEventStatus* status) {
  return Call(
      "aclrtQueryEvent", [&] { return Query(event, status, ACL_EVENT_STATUS_COMPLETE, ACL_EVENT_STATUS_NOT_READY); },
      event, status);
}

aclError aclrtQueryEventStatus(aclrtEvent event, aclrtEventRecordedStatus* status) {
  return Call(
      "aclrtQueryEventStatus",
      [&] { return Query(event, status, ACL_EVENT_RECORDED_STATUS_COMPLETE, ACL_EVENT_RECORDED_STATUS_NOT_READY); },
      event, status);
}

aclError aclrtEventElapsedTime(float* milliseconds, aclrtEvent start, aclrtEvent end) {
  return Call(
      "aclrtEventElapsedTime", [&] { return ElapsedTime(milliseconds, start, end); }, milliseconds, start, end);
}

}  // extern "C"
