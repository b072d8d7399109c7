// Weights as training leaves them, where a few channels tower over the rest: a small trained model
// (tests/golden/trained), and those of `convnext synth --rule heavy`, against timm in float64, on every SIMD target of
// this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "test_util.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::string HeavyPath(const std::string& name) {
  return std::string(kSourceDirectory) + "/tests/data/checkpoints/" + name;
}

SyntheticOptions HeavyOptions(const std::string& dtype = "F32") {
  SyntheticOptions options(3);
  options.rule = SyntheticRule::kHeavy;
  options.dtype = dtype;
  return options;
}

SyntheticModel HeavyModel(const std::string& dtype = "F32") {
  return ValueOrThrow(MakeSyntheticModel(GoldenConfig("tiny_patch"), HeavyOptions(dtype)));
}

Engine Load(const ModelFile& model, const BackendOptions& backend) {
  EngineOptions options;
  options.backend = backend;
  return ValueOrThrow(LoadEngine(model, options));
}

// The embeddings [N, D] of a batch.
Tensor<double> Embed(const ModelFile& model, const BackendOptions& backend, const Batch& input) {
  Engine engine = Load(model, backend);
  std::vector<float> embeddings(static_cast<size_t>(input.N * engine.embedding_dim()));
  const Status status = engine.Embed({input.data, input.N, input.H, input.W}, embeddings).status();
  EXPECT_TRUE(status.ok()) << status.message();
  return {{input.N, engine.embedding_dim()}, AlignedVector<double>(embeddings.begin(), embeddings.end())};
}

double ErrorPct(const Tensor<double>& truth, const Tensor<double>& values) {
  return LargestErrorPct<double>(truth, values.data);
}

double BoundPct(const BackendOptions& backend) {
  if (backend.dtype == Precision::kBfloat16) return 1;
  return backend.device == "cpu" ? 2e-4 : 1.2e-5;
}

class OutliersTest : public testing::TestWithParam<BackendOptions> {};
INSTANTIATE_TEST_SUITE_P(Backends, OutliersTest, testing::ValuesIn(AllCpuBackends()), BackendName);

// The first `count` rows of a matrix.
Tensor<double> FirstRows(const std::string& path, int64_t count) {
  const Tensor<double> all = ValueOrThrow(ReadNpy(path)).tensor;
  const int64_t columns = all.shape[1];
  return {{count, columns}, AlignedVector<double>(all.data.begin(), all.data.begin() + count * columns)};
}

TEST_P(OutliersTest, TrainedModelEqualsTimm) {
  const ModelFile model = ValueOrThrow(OpenModel(GoldenPath("trained")));
  const Batch input = ReadBatch(GoldenPath("trained/input.npy"));
  const bool slow = GetParam().device != "cpu" || GetParam().simd_target == "SCALAR";
  const int64_t count = slow ? 1 : input.N;
  const std::span images = std::span(input.data).first(static_cast<size_t>(count * input.H * input.W * 3));
  Engine engine = Load(model, GetParam());
  std::vector<float> logits(static_cast<size_t>(count * engine.embedding_dim())), features;
  const auto report =
      engine.Embed({images, count, input.H, input.W}, logits, [&](std::string_view name, const Activations<float>& x) {
        if (name != "head_norm") return;
        for (int64_t n = 0; n < x.N; ++n)
          features.insert(features.end(), x.data + n * x.stride, x.data + n * x.stride + x.C);
      });
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_LE(LargestErrorPct<float>(FirstRows(GoldenPath("trained/logits_f64.npy"), count), logits),
            BoundPct(GetParam()));
  EXPECT_LE(LargestErrorPct<float>(FirstRows(GoldenPath("trained/features_f64.npy"), count), features),
            BoundPct(GetParam()));
}

TEST_P(OutliersTest, HeavyWeightsEqualTimm) {
  const Tensor<double> truth = ValueOrThrow(ReadNpy(HeavyPath("heavy.npy"))).tensor;
  const Batch input = GoldenInput("tiny_patch");
  for (const char* dtype : {"F32", "F64"}) {
    const SyntheticModel model = HeavyModel(dtype);
    EXPECT_LE(ErrorPct(truth, Embed(model.file, GetParam(), input)), BoundPct(GetParam())) << dtype;
  }
}

// Rounded when they were stored: the reference has the same.
TEST_P(OutliersTest, HeavyWeightsOfHalfTheBits) {
  const Batch input = GoldenInput("tiny_patch");
  for (const char* dtype : {"F16", "BF16"}) {
    const SyntheticModel model = HeavyModel(dtype);
    const Tensor<double> reference = Embed(model.file, {.device = "cpu-reference"}, input);
    EXPECT_LE(ErrorPct(reference, Embed(model.file, GetParam(), input)), BoundPct(GetParam())) << dtype;
    const Tensor<double> truth = ValueOrThrow(ReadNpy(HeavyPath("heavy.npy"))).tensor;
    EXPECT_GT(ErrorPct(truth, reference), 0.001) << dtype;
  }
}

TEST(HeavyWeights, AreThoseOfTheGenerator) {
  const Json golden = Json::parse(ReadText(HeavyPath("heavy.json")));
  for (const NamedShape& tensor : ExpectedTensors(GoldenConfig("tiny_patch"))) {
    std::vector<float> values(*ElementCount(tensor.shape));
    FillSynthetic(tensor.name, tensor.shape, HeavyOptions(), values);
    EXPECT_EQ(Sha256(std::as_bytes(std::span(values))), golden["tensor_sha256"].at(tensor.name)) << tensor.name;
  }
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// The largest mean |activation| of a channel over the median one's, of each stage: NCHW.
double LargestOverMedian(const Tensor<float>& tap) {
  const auto channels = static_cast<size_t>(tap.shape[1]), pixels = static_cast<size_t>(tap.shape[2] * tap.shape[3]);
  std::vector<double> means(channels);
  for (size_t i = 0; i < tap.data.size(); ++i) means[i / pixels % channels] += std::abs(tap.data[i]);
  return *std::max_element(means.begin(), means.end()) / Median(means);
}

// That the weights are heavy where the uniform ones are not.
TEST(HeavyWeights, MakeChannelsThatTower) {
  for (const bool heavy : {false, true}) {
    const SyntheticModel model = heavy ? HeavyModel() : MakeModel(GoldenConfig("tiny_patch"), 3);
    Engine engine = Load(model.file, {.device = "cpu"});
    InferenceOptions options;
    options.images = {GoldenPath("models/tiny_patch/input.npy")};
    options.taps = true;
    double largest = 0;
    for (const auto& [name, tensor] : ValueOrThrow(RunInference(engine, options)).taps) {
      if (name.starts_with("stage")) largest = std::max(largest, LargestOverMedian(tensor));
    }
    EXPECT_EQ(largest > 20, heavy) << largest;
  }
}

}  // namespace
}  // namespace convnext
