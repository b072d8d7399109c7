// Huawei Ascend NPUs. This version cannot run on them yet: it says so, and what it finds of a driver and of CANN.
#include <cstdlib>
#include <filesystem>

#include "backend/backend.h"

namespace convnext {
namespace {

class NpuBackend : public Backend {
 public:
  explicit NpuBackend(int index) : index_(index) {}

  DeviceDescription Describe() const override { return {fmt::format("npu:{}", index_), "", 0, 0, std::nullopt}; }

  Result<std::unique_ptr<Session>> Load(const ModelFile&) const override {
    std::error_code ignored;
    const std::string node = fmt::format("/dev/davinci{}", index_);
    const bool driver = std::filesystem::exists(node, ignored);
    const bool cann = std::getenv("ASCEND_TOOLKIT_HOME") != nullptr || std::getenv("ASCEND_HOME_PATH") != nullptr;
    return Unavailable(
        "device npu:{} cannot be used: this version of convnext has no Ascend backend yet ({} {}; "
        "CANN environment {}). Use --device cpu",
        index_, node, driver ? "exists" : "does not exist: no Ascend driver is loaded", cann ? "is set" : "is not set");
  }

 private:
  int index_;
};

}  // namespace

std::unique_ptr<Backend> MakeNpuBackend(int index) { return std::make_unique<NpuBackend>(index); }

}  // namespace convnext
