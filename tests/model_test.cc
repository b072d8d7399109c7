// The forward pass against timm's in float64 (tests/golden/models), on every SIMD target of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "convnext/cpu/convnext.h"
#include "golden_model.h"

namespace convnext {
namespace {

constexpr double kCpuBoundPct = 2e-4;
constexpr double kReferenceBoundPct = 1.2e-5;  // the rounding of the result to float32
constexpr double kDoubleBoundPct = 1e-9;       // before that rounding

constexpr double kBfloat16BoundPct = 1;

double BoundPct(const BackendOptions& backend) {
  if (backend.dtype == Precision::kBfloat16) return kBfloat16BoundPct;
  return backend.device == "cpu" ? kCpuBoundPct : kReferenceBoundPct;
}

constexpr const char* kSmallModels[] = {"tiny_patch", "odd_channels"};
constexpr uint64_t Seed(std::string_view name) { return name == "tiny_patch" ? 1 : 2; }

SyntheticModel SmallModel(const std::string& name) { return MakeModel(GoldenConfig(name), Seed(name)); }

// Random pictures, float32 [N, H, W, 3].
AlignedVector<float> RandomImages(int64_t N, int64_t H, int64_t W) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  AlignedVector<float> images(static_cast<size_t>(N * H * W * 3));
  for (float& value : images) value = normal(random);
  return images;
}

std::vector<float> Embed(Engine& engine, std::span<const float> images, int64_t N, int64_t H, int64_t W) {
  std::vector<float> embeddings(static_cast<size_t>(N * engine.embedding_dim()));
  const Status status = engine.Embed({images, N, H, W}, embeddings).status();
  EXPECT_TRUE(status.ok()) << status.message();
  return embeddings;
}

TEST(ReferenceModel, EqualsTimmInDouble) {
  for (const char* name : kSmallModels) {
    const SyntheticModel made = SmallModel(name);
    const auto model = ValueOrThrow(LoadConvNeXt<double>(made.file, ReferenceProducts()));
    const Batch input = GoldenInput(name);
    const Tensor<double> truth = GoldenTensor(name, "embedding_f64.npy");
    std::vector<double> embeddings(truth.data.size());
    ThreadPool pool(2);
    Workspace<double> workspace;
    Forward<double>(model, pool, workspace, {input.data, input.N, input.H, input.W}, embeddings, {});
    EXPECT_LE(LargestErrorPct<double>(truth, embeddings), kDoubleBoundPct) << name;
  }
}

class ModelTest : public testing::TestWithParam<BackendOptions> {};
INSTANTIATE_TEST_SUITE_P(Backends, ModelTest, testing::ValuesIn(AllCpuBackends()), BackendName);

TEST_P(ModelTest, EmbeddingsEqualTimm) {
  for (const char* name : kSmallModels) {
    const SyntheticModel model = SmallModel(name);
    Engine engine = MakeEngine(model, GetParam());
    const Batch input = GoldenInput(name);
    const std::vector<float> embeddings = Embed(engine, input.data, input.N, input.H, input.W);
    EXPECT_LE(LargestErrorPct<float>(GoldenTensor(name, "embedding_f64.npy"), embeddings), BoundPct(GetParam()))
        << name;
  }
}

TEST_P(ModelTest, ActivationsEqualTimm) {
  for (const char* name : kSmallModels) {
    const SyntheticModel model = SmallModel(name);
    Engine engine = MakeEngine(model, GetParam());
    InferenceOptions options;
    options.images = {GoldenPath(std::string("models/") + name + "/input.npy")};
    options.batch_size = 2;
    options.taps = true;
    const InferenceResult result = ValueOrThrow(RunInference(engine, options));
    ASSERT_EQ(result.taps.size(), 6U);
    for (const auto& [tap, tensor] : result.taps) {
      const Tensor<double> truth = GoldenTensor(name, "tap_" + tap + ".npy");
      ASSERT_EQ(tensor.shape, truth.shape) << tap;
      EXPECT_LE(LargestErrorPct<float>(truth, tensor.data), BoundPct(GetParam())) << name << " " << tap;
    }
  }
}

TEST_P(ModelTest, SameBitsAtAnyBatchPositionAndThreadCount) {
  const SyntheticModel model = SmallModel("odd_channels");
  constexpr int64_t kN = 5, kH = 70, kW = 51;
  const AlignedVector<float> images = RandomImages(kN, kH, kW);
  Engine alone = MakeEngine(model, GetParam(), 1);
  std::vector<float> one_by_one;
  for (int64_t n = 0; n < kN; ++n) {
    const auto embedding =
        Embed(alone, std::span(images).subspan(static_cast<size_t>(n * kH * kW * 3), kH * kW * 3), 1, kH, kW);
    one_by_one.insert(one_by_one.end(), embedding.begin(), embedding.end());
  }
  for (const int threads : {1, 2, 3, 8}) {
    Engine engine = MakeEngine(model, GetParam(), threads);
    EXPECT_EQ(Embed(engine, images, kN, kH, kW), one_by_one) << threads << " threads";
  }
}

// Sizes that no stride divides: timm's convolutions drop what is left over.
TEST_P(ModelTest, OddSizesEqualTheReference) {
  const SyntheticModel model = SmallModel("tiny_patch");
  Engine engine = MakeEngine(model, GetParam());
  Engine reference = MakeEngine(model, {.device = "cpu-reference"});
  constexpr std::pair<int64_t, int64_t> kSizes[] = {{32, 32}, {33, 63}, {97, 35}, {45, 130}};
  for (const auto& size : kSizes) {
    const AlignedVector<float> images = RandomImages(2, size.first, size.second);
    const auto expected = Embed(reference, images, 2, size.first, size.second);
    const auto got = Embed(engine, images, 2, size.first, size.second);
    const Tensor<double> truth{{2, engine.embedding_dim()}, AlignedVector<double>(expected.begin(), expected.end())};
    EXPECT_LE(LargestErrorPct<float>(truth, got), std::max(kCpuBoundPct, BoundPct(GetParam())))
        << size.first << "x" << size.second;
  }
}

TEST_P(ModelTest, AnyDepthsDimsAndHeadEqualTheReference) {
  struct Variant {
    std::array<int64_t, 4> depths, dims;
    int64_t num_classes, head_hidden_size;
  };
  constexpr Variant kVariants[] = {
      {{1, 1, 1, 1}, {1, 2, 3, 5}, 1, 0},
      {{1, 2, 1, 1}, {24, 17, 33, 65}, 0, 0},
      {{2, 1, 1, 1}, {8, 16, 32, 130}, 11, 7},
      {{1, 1, 3, 1}, {40, 80, 160, 320}, 0, 9},
  };
  for (const Variant& variant : kVariants) {
    ModelConfig config;
    config.depths = variant.depths;
    config.dims = variant.dims;
    config.num_classes = variant.num_classes;
    config.head_hidden_size = variant.head_hidden_size;
    const SyntheticModel model = MakeModel(config, 3);
    Engine engine = MakeEngine(model, GetParam()), reference = MakeEngine(model, {.device = "cpu-reference"});
    const AlignedVector<float> images = RandomImages(2, 64, 96);
    const auto expected = Embed(reference, images, 2, 64, 96);
    const Tensor<double> truth{{2, engine.embedding_dim()}, AlignedVector<double>(expected.begin(), expected.end())};
    EXPECT_LE(LargestErrorPct<float>(truth, Embed(engine, images, 2, 64, 96)),
              4 * std::max(kCpuBoundPct, BoundPct(GetParam())))
        << variant.dims[3];
  }
}

// Above what float32 would explain: the products really are of bfloat16.
TEST(Bfloat16, IsNotFloat32) {
  const SyntheticModel model = SmallModel("tiny_patch");
  const Batch input = GoldenInput("tiny_patch");
  for (const std::string& target : SimdTargets(Precision::kBfloat16)) {
    Engine engine = MakeEngine(model, {.device = "cpu", .dtype = Precision::kBfloat16, .simd_target = target});
    EXPECT_EQ(engine.device().dtype, "bfloat16");
    const std::vector<float> embeddings = Embed(engine, input.data, input.N, input.H, input.W);
    EXPECT_GT(LargestErrorPct<float>(GoldenTensor("tiny_patch", "embedding_f64.npy"), embeddings), 0.01) << target;
  }
}

TEST(Profile, PartsAddUpToTheWhole) {
  Engine engine = MakeEngine(SmallModel("tiny_patch"), {.device = "cpu"}, 2);
  const Batch input = GoldenInput("tiny_patch");
  std::vector<float> embeddings(static_cast<size_t>(input.N * engine.embedding_dim()));
  const RunReport report = ValueOrThrow(engine.Embed({input.data, input.N, input.H, input.W}, embeddings));
  const ForwardProfile profile = *report.profile;
  EXPECT_EQ(profile.threads, 2);
  LayerCosts sum = {};
  int64_t nanoseconds = 0;
  for (const LayerCosts& stage : profile.stages) nanoseconds += AddTo(sum, stage);
  // Nothing is counted twice; what is missing is between layers. (How little: bench/RESULTS.md; a loaded machine may
  // stop a thread there.)
  EXPECT_LE(nanoseconds, 2 * profile.wall_nanoseconds);
  EXPECT_GT(nanoseconds, profile.wall_nanoseconds / 2);
  // fc1 and fc2 of a block cost the same, in every stage.
  EXPECT_EQ(sum[static_cast<size_t>(LayerKind::kFc1)].operations, sum[static_cast<size_t>(LayerKind::kFc2)].operations);
  EXPECT_GT(sum[static_cast<size_t>(LayerKind::kFc1)].operations, 0);
}

// Of channels that fill the tiles of every SIMD target: the profile counts padding.
TEST(OperationCount, IsWhatThePassCounts) {
  ModelConfig config = GoldenConfig("tiny_patch");
  config.dims = {64, 128, 192, 256};
  config.num_classes = 64;
  const SyntheticModel model = MakeModel(config, 3);
  Engine engine = MakeEngine(model, {.device = "cpu"});
  std::vector<float> embeddings(static_cast<size_t>(2 * engine.embedding_dim()));
  const RunReport report = ValueOrThrow(engine.Embed({RandomImages(2, 64, 96), 2, 64, 96}, embeddings));
  int64_t operations = 0;
  for (const LayerCosts& stage : report.profile->stages) {
    for (const LayerCost& cost : stage) operations += cost.operations;
  }
  EXPECT_EQ(operations, 2 * OperationCount(config, {64, 96}));
}

// In thousand millions; the architecture's paper (arXiv:2201.03545, table 1) counts 15.4e9 multiply-adds at 224x224.
TEST(OperationCount, OfTheBaseModel) {
  const ModelConfig config = ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b"));
  EXPECT_NEAR(static_cast<double>(OperationCount(config, {224, 224})) / 2e9, 15.4, 0.1);
  EXPECT_NEAR(static_cast<double>(OperationCount(config, {256, 256})) / 1e9, 40.2, 0.1);
}

TEST(Selftest, PassesHere) {
  const auto checks = ValueOrThrow(RunSelftest());
  EXPECT_EQ(checks.size(), SimdTargets(Precision::kFloat32).size() + SimdTargets(Precision::kBfloat16).size() + 2);
  for (const SelftestCheck& check : checks) EXPECT_TRUE(check.passed) << check.name << ": " << check.outcome;
}

}  // namespace
}  // namespace convnext
