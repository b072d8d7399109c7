#include "convnext/ascend/compile/compile_models.h"

#include "convnext/ascend/compile/compile_job.h"
#include "convnext/onnx/onnx.h"

namespace convnext {
namespace {

// Protobuf reads less than 2 GiB; larger models keep their weights in a file of their own.
constexpr int64_t kMostParametersInOneFile = 500'000'000;

// A changed program may export differently.
std::string ProgramDigest() {
  const auto program = MappedFile::Open("/proc/self/exe");
  return program.ok() ? Sha256(program->bytes()) : "";
}

OnnxOptions ExportOptions(const ModelFile& model, const CompileOptions& options, int opset) {
  OnnxOptions onnx;
  onnx.opset = opset;
  onnx.batch = std::nullopt;
  onnx.height = options.height;
  onnx.width = options.width;
  onnx.uint8_input = options.uint8_input;
  onnx.external_data = ParameterCount(model.config) > kMostParametersInOneFile;
  return onnx;
}

OnnxSource SourceOf(const ModelFile& model, const CompileOptions& options) {
  return {fmt::format("program {}\nweights {}\nnaming {}\nsize {}x{}{}\n{}", ProgramDigest(), model.file.Sha256(),
                      static_cast<int>(model.naming), options.height, options.width,
                      options.uint8_input ? ", uint8" : "", ConfigJson(model.config)),
          [&model, &options](int opset, const std::string& path) {
            return WriteOnnx(model, ExportOptions(model, options, opset), path);
          }};
}

Status CheckBatches(const std::vector<int64_t>& batches) {
  for (const int64_t batch : batches) {
    CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch", batch, kBatchSizes));
  }
  return {};
}

}  // namespace

Precision ComputedPrecision(Precision precision, const CompiledModel& compiled) {
  if (precision != Precision::kFloat32) return precision;
  if (!compiled.audited) return Precision::kFloat32Unverified;
  return compiled.float16_count > 0 ? Precision::kFloat32Reduced : Precision::kFloat32;
}

// The specification of the variable says: a relative path counts as none.
std::string DefaultCache(const Machine& machine) {
  const auto cache = Variable(machine, "XDG_CACHE_HOME");
  if (cache && cache->starts_with('/')) return *cache + "/convnext/ascend";
  const auto home = Variable(machine, "HOME");
  return home ? *home + "/.cache/convnext/ascend" : "";
}

std::vector<Result<CompiledModel>> CompileModels(const ModelFile& model, const CompileOptions& options,
                                                 const std::vector<int64_t>& batches) {
  Status status = CheckBounds("seconds for a compilation", options.timeout_seconds, kCompileSeconds);
  if (status.ok()) status = CheckPrecision(options.precision, DeviceKind::kNpu);
  if (status.ok()) status = CheckBatches(batches);
  if (status.ok()) status = CheckOnnxOptions(ExportOptions(model, options, 17));
  if (!status.ok()) return std::vector<Result<CompiledModel>>(batches.size(), Result<CompiledModel>(status));
  return CompileSource(SourceOf(model, options), options, batches);
}

}  // namespace convnext
