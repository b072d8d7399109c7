#include "convnext/ascend/run/npu_weights.h"

#include <filesystem>

namespace convnext {
namespace {

constexpr size_t kPlaceAlignment = 32;  // of a place's size

}  // namespace

Result<NpuWeights::Place> NpuWeights::PlaceOf(const AclRuntime& runtime, const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (const auto found = entries_.find(name); found != entries_.end())
    return Place{found->second.memory.get(), found->second.bytes};
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  const AclApi& api = runtime.api();
  const size_t bytes = RoundUp(file.bytes().size(), kPlaceAlignment);
  auto memory = MakeHandle(runtime, "aclrtMalloc", api.aclrtFree,
                           [&](void** made) { return api.aclrtMalloc(made, bytes, ACL_MEM_MALLOC_HUGE_FIRST); });
  if (!memory.ok()) return memory.status();
  const aclError code =
      api.aclrtMemcpy(memory->get(), bytes, file.bytes().data(), file.bytes().size(), ACL_MEMCPY_HOST_TO_DEVICE);
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclrtMemcpy", code));
  const Entry& entry = entries_.emplace(name, Entry{*std::move(memory), bytes}).first->second;
  return Place{entry.memory.get(), entry.bytes};
}

}  // namespace convnext
