#include "convnext/onnx/export.h"

#include <filesystem>
#include <limits>
#include <new>

#include "convnext/onnx/serialize.h"

namespace convnext {
namespace {

constexpr uint64_t kMaxProtoBytes = std::numeric_limits<int32_t>::max();  // what protobuf reads

Status CheckSize(const char* name, std::optional<int64_t> size, const Bounds<int64_t>& bounds) {
  const Status status = size ? CheckBounds(name, *size, bounds) : Status();
  return status.ok() ? status : Invalid("{}, or a dynamic one", status.message());
}

// The last thing before a file gets its name.
Status WriteAndCheck(const ModelFile& model, const FilePlan& plan, const WriteBytes& write) {
  CONVNEXT_RETURN_IF_ERROR(WritePlan(model, plan, write));
  return model.file.CheckUnchanged();
}

// The two files as a pair: all that can fail of the model's file comes before the data gets its name.
Status WritePair(const ModelFile& model, const FilePlan& plan, const FilePlan& data, const std::string& path) {
  return WriteFile(path, [&](const WriteBytes& write) {
    CONVNEXT_RETURN_IF_ERROR(WritePlan(model, plan, write));
    return WriteFile(path + ".data",
                     [&](const WriteBytes& write_data) { return WriteAndCheck(model, data, write_data); });
  });
}

Status Write(const ModelFile& model, const OnnxOptions& options, const std::string& path) {
  const OnnxGraph graph = BuildGraph(model.config, options);
  FilePlan data;
  const std::string data_name = std::filesystem::path(path).filename().string() + ".data";
  const FilePlan plan = PlanModel(graph, options.opset, options.external_data ? &data : nullptr, data_name);
  if (plan.size > kMaxProtoBytes) {
    return Invalid(
        "{}: the model takes {} bytes, and protobuf allows {} in one file; use --external_data, which keeps the "
        "weights "
        "in a file of their own",
        Printable(path, 1000), plan.size, kMaxProtoBytes);
  }
  if (options.external_data) return WritePair(model, plan, data, path);
  return WriteFile(path, [&](const WriteBytes& write) { return WriteAndCheck(model, plan, write); });
}

}  // namespace

Status CheckOnnxOptions(const OnnxOptions& options) {
  if (options.opset != 17 && options.opset != 13) {
    return Invalid("opset {}: expected 17 (with LayerNormalization) or 13 (without)", options.opset);
  }
  CONVNEXT_RETURN_IF_ERROR(CheckSize("batch", options.batch, kBatchSizes));
  CONVNEXT_RETURN_IF_ERROR(CheckSize("height", options.height, kImageSizes));
  return CheckSize("width", options.width, kImageSizes);
}

Status WriteOnnx(const ModelFile& model, const OnnxOptions& options, const std::string& path) {
  CONVNEXT_RETURN_IF_ERROR(CheckOnnxOptions(options));
  try {
    return Write(model, options, path);
  } catch (const std::bad_alloc&) {
    return IoError("{}: out of memory", Printable(path, 1000));
  }
}

}  // namespace convnext
