#include "convnext/ascend/run/npu_buffers.h"

#include <algorithm>

namespace convnext {
namespace {

constexpr size_t kBufferSlack = 64;  // AscendCL aligns what it reads and writes

}  // namespace

NpuBuffers::NpuBuffers(const AclRuntime& runtime, const NpuModel& model, bool copies_wait)
    : runtime_(runtime),
      model_(model),
      copies_wait_(copies_wait),
      input_set_(runtime.api().aclmdlCreateDataset(), runtime.api().aclmdlDestroyDataset),
      output_set_(nullptr, runtime.api().aclmdlDestroyDataset) {}

Result<std::unique_ptr<NpuBuffers>> NpuBuffers::Make(const AclRuntime& runtime, const NpuModel& model,
                                                     bool copies_wait) {
  std::unique_ptr<NpuBuffers> buffers(new NpuBuffers(runtime, model, copies_wait));
  CONVNEXT_RETURN_IF_ERROR(buffers->AddInputs());
  CONVNEXT_RETURN_IF_ERROR(buffers->AddOutputs());
  return buffers;
}

Result<NpuBuffers::Buffer> NpuBuffers::MakeBuffer(size_t bytes, bool on_host) const {
  const AclApi& api = runtime_.api();
  auto device = MakeHandle(runtime_, "aclrtMalloc", api.aclrtFree, [&](void** memory) {
    return api.aclrtMalloc(memory, bytes + kBufferSlack, ACL_MEM_MALLOC_HUGE_FIRST);
  });
  if (!device.ok()) return device.status();
  Buffer buffer{*std::move(device), AclHandle(nullptr, api.aclrtFreeHost),
                AclDataBuffer(nullptr, api.aclDestroyDataBuffer), bytes};
  if (on_host) {
    auto host = MakeHandle(runtime_, "aclrtMallocHost", api.aclrtFreeHost,
                           [&](void** memory) { return api.aclrtMallocHost(memory, bytes); });
    if (!host.ok()) return host.status();
    buffer.host = *std::move(host);
  }
  buffer.data.reset(api.aclCreateDataBuffer(buffer.device.get(), bytes + kBufferSlack));
  CONVNEXT_RETURN_IF_ERROR(runtime_.CheckHandle("aclCreateDataBuffer", buffer.data.get()));
  return buffer;
}

Status NpuBuffers::Add(Buffer buffer, const AclDataset& dataset, std::vector<Buffer>& buffers) const {
  buffers.push_back(std::move(buffer));
  const aclError code = runtime_.api().aclmdlAddDatasetBuffer(dataset.get(), buffers.back().data.get());
  return runtime_.Check("aclmdlAddDatasetBuffer", code);
}

Status NpuBuffers::AddInputs() {
  CONVNEXT_RETURN_IF_ERROR(runtime_.CheckHandle("aclmdlCreateDataset", input_set_.get()));
  const std::vector<NpuTensor>& tensors = model_.description().inputs;
  for (size_t i = 0; i < tensors.size(); ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(auto buffer, MakeBuffer(tensors[i].bytes, i != model_.gear_input()));
    CONVNEXT_RETURN_IF_ERROR(Add(std::move(buffer), input_set_, inputs_));
  }
  return {};
}

Status NpuBuffers::AddOutputs() {
  output_set_.reset(runtime_.api().aclmdlCreateDataset());
  CONVNEXT_RETURN_IF_ERROR(runtime_.CheckHandle("aclmdlCreateDataset", output_set_.get()));
  CONVNEXT_ASSIGN_OR_RETURN(auto buffer, MakeBuffer(model_.description().outputs[0].bytes, true));
  return Add(std::move(buffer), output_set_, outputs_);
}

// [n, H, W, 3] to [batch_size, 3, H, W], or to itself where the model normalises 8-bit pictures.
void NpuBuffers::SetInput(const ImageBatch& images, const NormalizationTable& table, int64_t batch_size) {
  batch_size_ = batch_size;
  auto* const begin = static_cast<std::byte*>(inputs_[model_.image_input()].host.get());
  const size_t picture = model_.shape().picture_bytes();
  const auto given = static_cast<size_t>(images.N) * picture;
  std::fill_n(begin + given, static_cast<size_t>(batch_size) * picture - given, std::byte(0));
  if (model_.shape().uint8_input) {
    std::copy_n(std::as_bytes(images.pixels).data(), given, begin);
    return;
  }
  auto* to = reinterpret_cast<float*>(begin);
  const PictureLayout layout{.N = images.N, .pixels = images.H * images.W};
  if (images.pixels.empty()) {
    NhwcToNchw(layout, images.data.data(), to);
  } else {
    NormalizeToNchw(images.pixels, layout.pixels, table, to);
  }
}

Status NpuBuffers::Copy(void* to, size_t size, const void* from, size_t count, aclrtMemcpyKind kind,
                        const NpuStream& stream) const {
  const AclApi& api = runtime_.api();
  if (copies_wait_) return runtime_.Check("aclrtMemcpy", api.aclrtMemcpy(to, size, from, count, kind));
  return runtime_.Check("aclrtMemcpyAsync", api.aclrtMemcpyAsync(to, size, from, count, kind, stream.get()));
}

Status NpuBuffers::EnqueueCopyIn(const NpuStream& stream) const {
  const Buffer& input = inputs_[model_.image_input()];
  const size_t bytes = static_cast<size_t>(batch_size_) * model_.shape().picture_bytes();
  CONVNEXT_RETURN_IF_ERROR(stream.Record(NpuMoment::kStarted));
  CONVNEXT_RETURN_IF_ERROR(
      Copy(input.device.get(), input.bytes, input.host.get(), bytes, ACL_MEMCPY_HOST_TO_DEVICE, stream));
  return stream.Record(NpuMoment::kCopiedIn);
}

Status NpuBuffers::EnqueueExecution(const NpuStream& stream) const {
  const AclApi& api = runtime_.api();
  if (const auto gear_input = model_.gear_input()) {
    const aclError code =
        api.aclmdlSetDynamicBatchSize(model_.id(), input_set_.get(), *gear_input, static_cast<uint64_t>(batch_size_));
    CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclmdlSetDynamicBatchSize", code));
  }
  CONVNEXT_RETURN_IF_ERROR(stream.Record(NpuMoment::kExecuting));
  const aclError code = api.aclmdlExecuteAsync(model_.id(), input_set_.get(), output_set_.get(), stream.get());
  CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclmdlExecuteAsync", code));
  return stream.Record(NpuMoment::kExecuted);
}

Status NpuBuffers::EnqueueCopyOut(const NpuStream& stream) const {
  const Buffer& output = outputs_[0];
  const auto bytes = static_cast<size_t>(batch_size_ * model_.shape().embedding_dim) * sizeof(float);
  if (copies_wait_) CONVNEXT_RETURN_IF_ERROR(stream.Synchronize());  // the model's run
  CONVNEXT_RETURN_IF_ERROR(
      Copy(output.host.get(), output.bytes, output.device.get(), bytes, ACL_MEMCPY_DEVICE_TO_HOST, stream));
  return stream.Record(NpuMoment::kCopiedOut);
}

void NpuBuffers::GetOutput(std::span<float> embeddings) const {
  std::copy_n(static_cast<const float*>(outputs_[0].host.get()), embeddings.size(), embeddings.begin());
}

}  // namespace convnext
