#include "convnext/ascend/run/npu_worker.h"

#include <algorithm>
#include <system_error>

#include "convnext/ascend/run/npu_shares.h"

namespace convnext {

Result<std::unique_ptr<NpuWorker>> NpuWorker::Open(NpuDevice& device) {
  CONVNEXT_RETURN_IF_ERROR(device.failure());
  std::unique_ptr<NpuWorker> worker;
  try {
    worker.reset(new NpuWorker(device));
  } catch (const std::system_error& error) {
    return IoError("a thread for {} cannot be started: {}", device.name(), error.what());
  }
  Status status = worker->thread_.RunAndWait([&worker, &device]() -> Status {
    CONVNEXT_RETURN_IF_ERROR(device.Enter());
    CONVNEXT_ASSIGN_OR_RETURN(auto stream, NpuStream::Open(device.runtime()));
    worker->stream_ = std::move(stream);
    return {};
  });
  if (!status.ok()) return status.Prefixed(device.name());
  return worker;
}

NpuWorker::~NpuWorker() {
  const Status done = thread_.RunAndWait([this]() -> Status {
    Close();
    return {};
  });
}

void NpuWorker::Close() {
  if (device_.IsStuck()) {
    for (auto& entry : buffers_) device_.Abandon(std::move(entry.second));
    device_.Abandon(std::move(stream_));
  }
  buffers_.clear();
  stream_.reset();
}

std::future<Status> NpuWorker::Run(const NpuWork& work, std::optional<DeviceTimes>& times) {
  return thread_.Submit([this, work, &times]() -> Status { return RunAll(work, times); });
}

Status NpuWorker::RunAll(const NpuWork& work, std::optional<DeviceTimes>& times) {
  for (int64_t done = 0; done < work.images.N;) {
    if (work.stop.stop_requested()) return Cancelled("stopped between two batches");
    const int64_t batch_size = NextBatchSize(device_.batch_sizes(), work.images.N - done);
    const int64_t n = std::min(work.images.N - done, batch_size);
    const NpuModel& model = device_.ModelOf(batch_size);
    CONVNEXT_RETURN_IF_ERROR(device_.failure());
    CONVNEXT_ASSIGN_OR_RETURN(NpuBuffers* const buffers, BuffersOf(model));
    buffers->SetInput(PartOf(work.images, done, n), work.table, batch_size);
    CONVNEXT_RETURN_IF_ERROR(RunBatch(*buffers, times));
    const int64_t width = model.shape().embedding_dim;
    buffers->GetOutput(work.embeddings.subspan(static_cast<size_t>(done * width), static_cast<size_t>(n * width)));
    done += n;
  }
  return {};
}

Result<NpuBuffers*> NpuWorker::BuffersOf(const NpuModel& model) {
  std::unique_ptr<NpuBuffers>& buffers = buffers_[&model];
  if (buffers != nullptr) return buffers.get();
  auto made = NpuBuffers::Make(device_.runtime(), model, device_.IsOwnHost());
  if (!made.ok()) return made.status().Prefixed(device_.name());
  buffers = *std::move(made);
  return buffers.get();
}

// Also after a failure: what is enqueued uses the buffers.
Status NpuWorker::Finish(const Status& enqueued) const {
  Status finished = stream_->Synchronize();
  return enqueued.ok() ? finished : enqueued;
}

// A session that is alone enqueues everything at once. Where another one executes, the pictures are copied meanwhile.
Status NpuWorker::RunBatch(NpuBuffers& buffers, std::optional<DeviceTimes>& times) {
  std::unique_lock turn(device_.turn(), std::try_to_lock);
  CONVNEXT_RETURN_IF_ERROR(device_.failure());
  Status status = buffers.EnqueueCopyIn(*stream_);
  if (!turn.owns_lock()) {
    status = Finish(status);
    if (!status.ok()) return device_.Report(status);
    turn.lock();
    CONVNEXT_RETURN_IF_ERROR(device_.failure());
  }
  if (status.ok()) status = buffers.EnqueueExecution(*stream_);
  if (status.ok()) status = buffers.EnqueueCopyOut(*stream_);
  status = Finish(status);
  if (status.ok() && times && !stream_->AddTimes(*times).ok()) times.reset();  // the run was good
  return device_.Report(status);
}

}  // namespace convnext
