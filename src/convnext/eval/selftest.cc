#include "convnext/eval/selftest.h"

#include "convnext/engine.h"
#include "convnext/facts/facts.h"
#include "selftest_data.inc"

namespace convnext {
namespace {

constexpr uint64_t kSeed = 1;  // of tests/golden/models/tiny_patch
// SHA-256 of the 256x256 RGB pixels that timm's transform gives for the photograph (tests/golden/preprocess).
constexpr std::string_view kPixelsSha256 = "d03a8e42c4c4a61473253ae750e9e74270416bea249ca8793463f16a27721277";

struct GoldenModel {
  SyntheticModel model;
  AlignedVector<float> input;  // [N, 64, 64, 3]
  ImageBatch batch;
  Tensor<double> embeddings;
};

template <size_t N>
std::span<const std::byte> Bytes(const unsigned char (&data)[N]) {
  return std::as_bytes(std::span(data));
}

Status LoadGolden(GoldenModel& golden) {
  const auto config =
      ParseConfig({reinterpret_cast<const char*>(k_config_json), sizeof k_config_json}, "embedded config");
  if (!config.ok()) return config.status();
  CONVNEXT_ASSIGN_OR_RETURN(auto model, MakeSyntheticModel(*config, kSeed));
  golden.model = std::move(model);
  const auto input = ParseNpy(Bytes(k_input_npy)), embeddings = ParseNpy(Bytes(k_embedding_f64_npy));
  if (!input.ok()) return input.status();
  if (!embeddings.ok()) return embeddings.status();
  golden.embeddings = embeddings->tensor;

  const Shape& shape = input->tensor.shape;  // [N, 3, H, W]
  golden.input.resize(input->tensor.data.size());
  NchwToNhwc({.N = shape[0], .pixels = shape[2] * shape[3]}, input->tensor.data.data(), golden.input.data());
  golden.batch = {golden.input, shape[0], shape[2], shape[3]};
  return {};
}

// The largest relative error of the embeddings, in percent.
Result<double> LargestError(const GoldenModel& golden, const BackendOptions& backend) {
  EngineOptions options;
  options.backend = backend;
  CONVNEXT_ASSIGN_OR_RETURN(auto engine, LoadEngine(golden.model.file, options));
  std::vector<float> embeddings(golden.embeddings.data.size());
  CONVNEXT_RETURN_IF_ERROR(engine.Embed(golden.batch, embeddings).status());
  const std::vector<double> values(embeddings.begin(), embeddings.end());
  const size_t dim = values.size() / static_cast<size_t>(golden.batch.N);
  double largest = 0;
  for (size_t i = 0; i < values.size(); i += dim) {
    const double error = Compare({golden.embeddings.data.data() + i, dim}, {values.data() + i, dim}).max_rel_error_pct;
    largest = LargerOrNan(largest, error);
  }
  return largest;
}

std::string NameOf(const BackendOptions& backend) {
  std::string name = backend.device;
  if (!backend.simd_target.empty()) name += " " + backend.simd_target;
  if (backend.dtype != Precision::kFloat32) name += fmt::format(" {}", Name(backend.dtype));
  return name;
}

SelftestCheck CheckDevice(const GoldenModel& golden, const BackendOptions& backend, double bound_pct) {
  SelftestCheck check{NameOf(backend), "", false};
  const auto error = LargestError(golden, backend);
  check.passed = error.ok() && *error <= bound_pct;
  check.outcome = error.ok() ? fmt::format("error {:.2e} %, at most {:.1e} % allowed", *error, bound_pct)
                             : error.status().message();
  return check;
}

SelftestCheck CheckPicture() {
  SelftestCheck check{"JPEG to pixels", "", false};
  const auto decoded = DecodeImage(Bytes(k_coffee_301x200_progressive_jpg));
  const auto pixels = decoded.ok() ? ResizeAndCrop(decoded->pixels, {}) : Result<Pixels>(decoded.status());
  check.passed = pixels.ok() && Sha256(std::as_bytes(std::span(pixels->data))) == kPixelsSha256;
  check.outcome = !pixels.ok()   ? pixels.status().message()
                  : check.passed ? "every pixel equal"
                                 : "pixels differ from Pillow's";
  return check;
}

}  // namespace

Result<std::vector<SelftestCheck>> RunSelftest() {
  GoldenModel golden;
  CONVNEXT_RETURN_IF_ERROR(LoadGolden(golden));
  std::vector<SelftestCheck> checks;
  for (const std::string& target : SimdTargets(Precision::kFloat32)) {
    checks.push_back(CheckDevice(golden, {.device = "cpu", .simd_target = target}, kCpuBoundPct));
  }
  for (const std::string& target : SimdTargets(Precision::kBfloat16)) {
    const BackendOptions backend = {.device = "cpu", .dtype = Precision::kBfloat16, .simd_target = target};
    checks.push_back(CheckDevice(golden, backend, kBfloat16BoundPct));
  }
  checks.push_back(CheckDevice(golden, {.device = "cpu-reference"}, kReferenceBoundPct));
  checks.push_back(CheckPicture());
  return checks;
}

}  // namespace convnext
