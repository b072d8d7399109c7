#include "convnext/ascend/run/npu_session.h"

#include <algorithm>

#include "convnext/ascend/run/npu_shares.h"
#include "convnext/ascend/run/npu_worker.h"

namespace convnext {

namespace {

// Nothing where one of the devices has no times.
std::optional<DeviceTimes> Slowest(const std::vector<std::optional<DeviceTimes>>& times) {
  if (!std::all_of(times.begin(), times.end(), [](const auto& one) { return one.has_value(); })) return std::nullopt;
  return *std::max_element(times.begin(), times.end(),
                           [](const auto& a, const auto& b) { return a->TotalSeconds() < b->TotalSeconds(); });
}

}  // namespace

NpuSession::NpuSession(std::shared_ptr<const NpuProgram> program, NpuWorkers workers)
    : program_(std::move(program)), workers_(std::move(workers)) {}

NpuSession::~NpuSession() { program_->TakeBack(std::move(workers_)); }

Result<std::optional<DeviceTimes>> NpuSession::Run(const ImageBatch& images, std::span<float> embeddings,
                                                   const std::stop_token& stop) {
  CONVNEXT_RETURN_IF_ERROR(program_->CheckInput(images));
  const auto width = static_cast<size_t>(program_->embedding_dim());
  const std::vector<int64_t> shares = Shares(images.N, workers_.size());
  std::vector<std::optional<DeviceTimes>> times(workers_.size(), DeviceTimes());
  std::vector<std::future<Status>> running;
  running.reserve(workers_.size());
  int64_t begin = 0;
  for (size_t i = 0; i < workers_.size(); begin += shares[i++]) {
    const auto part = embeddings.subspan(static_cast<size_t>(begin) * width, static_cast<size_t>(shares[i]) * width);
    running.push_back(workers_[i]->Run({PartOf(images, begin, shares[i]), part, program_->table(), stop}, times[i]));
  }
  Status result;
  for (std::future<Status>& run : running) {
    Status status = run.get();  // of all, before any memory goes
    if (result.ok()) result = status;
  }
  CONVNEXT_RETURN_IF_ERROR(result);
  return Slowest(times);
}

}  // namespace convnext
