#include "stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "codes.h"
#include "operation.h"

namespace ascend_emulator {
namespace {

bool Overlap(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.data() < b.data() + b.size() && b.data() < a.data() + a.size();
}

bool OverlapsAny(const std::vector<Resolved>& ranges, std::span<const std::byte> bytes) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Resolved& r) { return Overlap(r.bytes, bytes); });
}

bool IsAnyFreed(const std::vector<Resolved>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [](const Resolved& r) { return r.storage && r.storage->freed; });
}

template <class Spans>
Spans Bytes(const std::vector<Resolved>& ranges) {
  Spans spans;
  spans.reserve(ranges.size());
  for (const Resolved& range : ranges) spans.push_back(range.bytes);
  return spans;
}

// Runs or skips the first work of the queue.
void RunFirst(Guard& guard, Stream& stream) {
  Stream::Work& work = *stream.queue.front();
  TaskError error = stream.error;
  if (stream.abandoned) {
    error = {kRuntimeInternal, "EE9999: " + work.name + " was dropped"};
  } else if (error.code == 0 && (IsAnyFreed(work.reads) || IsAnyFreed(work.writes))) {
    error = stream.error = {kCopyFailed, "EE9999: " + work.name + ": its memory was freed before it ran"};
  } else if (error.code == 0) {
    error = stream.error = RunOperation(guard, stream, work);
  }
  if (work.done) work.done(error);
  stream.queue.pop_front();
  ++stream.finished;
  Global().changed.notify_all();
}

void WorkerThread(const std::shared_ptr<Stream>& stream) {
  State& state = Global();
  Guard guard(state.lock);
  while (true) {
    const auto has_work = [&] {
      return stream->finished < std::max(stream->wanted, stream->abandoned ? stream->queued : 0);
    };
    state.changed.wait(guard, [&] { return has_work() || stream->stopping; });
    if (!has_work()) return;
    RunFirst(guard, *stream);
  }
}

}  // namespace

TaskError RunWork(const Stream::Work& work) {
  try {
    return work.run(Bytes<Task::Reads>(work.reads), Bytes<Task::Writes>(work.writes));
  } catch (const std::bad_alloc&) {
    return {kDeviceOutOfMemory, "EL0004: " + work.name + ": no memory left"};
  }
}

std::shared_ptr<Stream> MakeStream(const std::shared_ptr<Context>& context) {
  auto stream = std::make_shared<Stream>();
  stream->context = context;
  stream->device = context->device;
  return stream;
}

std::shared_ptr<Stream> FindStream(aclrtStream handle, bool of_any_context, aclError& error) {
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) {
    error = NoContext();
    return nullptr;
  }
  if (handle == nullptr) {
    if (context->default_stream == nullptr) context->default_stream = MakeStream(context);
    return context->default_stream;
  }
  std::shared_ptr<Stream> stream = Global().streams.Find(handle);
  if (stream == nullptr) {
    error = Misuse(kInvalidHandle, fmt::format("stream {}: {}", handle, ExplainUnknown(handle)));
  } else if (!of_any_context && stream->context.lock() != context) {
    error = Fail(kStreamOfOtherContext, "EE1010: the stream is not in the current context");
    return nullptr;
  }
  return stream;
}

aclError Prepare(const Task& task, Stream::Work& work) {
  const auto resolve = [&](const std::vector<MemoryRange>& ranges, std::vector<Resolved>& resolved) {
    resolved.resize(ranges.size());
    for (size_t i = 0; i < ranges.size(); ++i)
      if (!Global().memory.Resolve(ranges[i].address, ranges[i].size, resolved[i]))
        return Misuse(kRuntimeInvalidParameter, fmt::format("{}: {} bytes from {} are not in live memory", task.name,
                                                            ranges[i].size, ranges[i].address));
    return 0;
  };
  work.name = task.name;
  work.run = task.run;
  const aclError error = resolve(task.reads, work.reads);
  return error != 0 ? error : resolve(task.writes, work.writes);
}

uint64_t Append(Stream& stream, std::unique_ptr<Stream::Work> work) {
  for (const Resolved& range : work->writes)
    if (range.place != Place::kPageable && !OverlapsAny(work->reads, range.bytes) &&
        FindPendingWork(range.bytes, true).empty())
      std::fill(range.bytes.begin(), range.bytes.end(), kUninitialized);
  stream.queue.push_back(std::move(work));
  Global().changed.notify_all();  // a stream may wait for the event that this records
  return ++stream.queued;
}

void RunUpTo(const std::shared_ptr<Stream>& stream, uint64_t number) {
  if (number <= stream->wanted || stream->stopping) return;
  stream->wanted = number;
  if (!stream->worker.joinable()) stream->worker = std::thread(WorkerThread, stream);
  Global().changed.notify_all();
}

aclError Synchronize(Guard& guard, const std::shared_ptr<Stream>& stream, int32_t milliseconds) {
  const uint64_t all = stream->queued;
  RunUpTo(stream, all);
  const auto done = [&] { return stream->finished >= all; };
  if (milliseconds < 0) {
    Global().changed.wait(guard, done);
  } else if (!Global().changed.wait_for(guard, std::chrono::milliseconds(milliseconds), done)) {
    return Fail(kStreamTimeout, fmt::format("EE1004: the stream is not finished after {} ms", milliseconds));
  }
  const TaskError error = std::exchange(stream->error, TaskError());
  return error.code == 0 ? 0 : Fail(error.code, error.text);
}

void DropQueued(Guard& guard, const std::shared_ptr<Stream>& stream) {
  stream->abandoned = true;
  RunUpTo(stream, stream->queued);
  const uint64_t all = stream->queued;
  Global().changed.notify_all();
  Global().changed.wait(guard, [&] { return stream->finished >= all; });
  stream->abandoned = false;
  stream->error = {};
}

void Close(Guard& guard, const std::shared_ptr<Stream>& stream, bool drop) {
  if (drop) DropQueued(guard, stream);
  const uint64_t all = stream->queued;
  RunUpTo(stream, all);
  Global().changed.wait(guard, [&] { return stream->finished >= all; });
  stream->stopping = true;
  Global().changed.notify_all();
  std::thread worker = std::move(stream->worker);
  guard.unlock();
  if (worker.joinable()) worker.join();
  guard.lock();
}

std::string FindPendingWork(std::span<const std::byte> bytes, bool or_reads) {
  State& state = Global();
  const auto in_stream = [&](const Stream& stream) -> std::string {
    for (const auto& work : stream.queue)
      if (OverlapsAny(work->writes, bytes) || (or_reads && OverlapsAny(work->reads, bytes))) return work->name;
    return "";
  };
  for (const auto& [handle, stream] : state.streams.live())
    if (std::string name = in_stream(*stream); !name.empty()) return name;
  for (const auto& [handle, context] : state.contexts.live())
    if (context->default_stream != nullptr)
      if (std::string name = in_stream(*context->default_stream); !name.empty()) return name;
  return "";
}

void CheckPending(const Stream::Work& work) {
  for (const Resolved& read : work.reads)
    if (const std::string name = FindPendingWork(read.bytes, false); !name.empty())
      Misuse(0, work.name + ": reads what an unfinished " + name + " writes");
  for (const Resolved& write : work.writes)
    if (const std::string name = FindPendingWork(write.bytes, true); !name.empty())
      Misuse(0, work.name + ": overwrites what an unfinished " + name + " uses");
}

}  // namespace ascend_emulator
