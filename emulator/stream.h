// Streams: queues whose work starts when somebody synchronises, each with its own thread. So a client that reads a
// result too early never finds it. With State::lock held unless said otherwise.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime.h"
#include "state.h"

namespace ascend_emulator {

struct Stream {
  std::weak_ptr<Context> context;
  int32_t device = 0;
  void* handle = nullptr;  // none of a default stream
  std::thread worker;      // started with the first work

  struct Work;
  std::deque<std::unique_ptr<Work>> queue;        // the first one may be running
  uint64_t queued = 0, wanted = 0, finished = 0;  // how many of all its works: the thread runs up to `wanted`
  uint64_t copies = 0;                            // that it has ended
  bool stopping = false;                          // no more work will come
  bool abandoned = false;                         // what is queued is dropped
  TaskError error;                                // of the work that failed; what follows is skipped until it is told
};

struct Stream::Work {
  std::string name;
  bool is_copy = false;
  uint32_t model = 0;  // that it executes, 0 for none
  std::vector<Resolved> reads, writes;
  // Without the lock.
  std::function<TaskError(const Task::Reads&, const Task::Writes&)> run;
  // Afterwards, also when the work is dropped or skipped; with the lock.
  std::function<void(const TaskError&)> done = {};
};

std::shared_ptr<Stream> MakeStream(const std::shared_ptr<Context>& context);

// The stream of a handle, the current context's default stream for nullptr; otherwise nullptr and `error` (107002,
// 107017, and 107003 unless any context's will do).
std::shared_ptr<Stream> FindStream(aclrtStream handle, bool of_any_context, aclError& error);

// Resolves the ranges of a task; a misuse and 107000 if that is impossible.
aclError Prepare(const Task& task, Stream::Work& work);

// Without the lock.
TaskError RunWork(const Stream::Work& work);

// Appends work and fills with kUninitialized what it will write; returns its number.
uint64_t Append(Stream& stream, std::unique_ptr<Stream::Work> work);

// Makes the stream run up to its work of this number.
void RunUpTo(const std::shared_ptr<Stream>& stream, uint64_t number);

// Wants everything and waits. Returns the code of what failed, which is then forgotten. milliseconds -1: for ever.
aclError Synchronize(Guard& guard, const std::shared_ptr<Stream>& stream, int32_t milliseconds);

// Ends the thread; what is queued is first run or, with `drop`, dropped.
void Close(Guard& guard, const std::shared_ptr<Stream>& stream, bool drop);
void DropQueued(Guard& guard, const std::shared_ptr<Stream>& stream);

// The name of queued work of any stream that writes to (or with `or_reads` also reads) these bytes; "" if there is
// none.
std::string FindPendingWork(std::span<const std::byte> bytes, bool or_reads);

// A misuse for work that is about to run at once and meets unfinished work of a stream: the client has not waited, and
// gets what is there, not what will be.
void CheckPending(const Stream::Work& work);

}  // namespace ascend_emulator
