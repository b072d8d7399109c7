// The NPU backend in this process, on the emulator (emulator): what it computes, on several devices, in
// the precisions it offers. The emulator's numbers are no device's.
#include <gmock/gmock.h>

#include "convnext/ascend/run/npu_model.h"
#include "convnext/ascend/run/run.h"
#include "convnext/cpu/convnext.h"
#include "emulated_npu.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(NpuShares, KeepOrderAndDifferByOne) {
  EXPECT_THAT(Shares(5, 2), ElementsAre(3, 2));
  EXPECT_THAT(Shares(16, 4), ElementsAre(4, 4, 4, 4));
  EXPECT_THAT(Shares(1, 4), ElementsAre(1, 0, 0, 0));
}

TEST(NpuShares, BatchSizesToCompile) {
  EXPECT_THAT(SharedBatchSizes({1, 4, 8, 16}, 1), ElementsAre(1, 4, 8, 16));
  EXPECT_THAT(SharedBatchSizes({1, 4, 8, 16}, 2), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(SharedBatchSizes({5}, 4), ElementsAre(1, 2));
}

TEST(NpuShares, NextBatchIsTheLargestThatIsFull) {
  EXPECT_EQ(NextBatchSize({1, 4, 8}, 7), 4);
  EXPECT_EQ(NextBatchSize({1, 4, 8}, 8), 8);
  EXPECT_EQ(NextBatchSize({1, 4, 8}, 100), 8);
  EXPECT_EQ(NextBatchSize({4, 8}, 3), 4);  // filled up
}

TEST(NpuDevices, Names) {
  for (const char* name : {"npu", "npu:0", "npu:63", "npu:all", "npu:0,npu:1", "npu:3,npu:1"})
    EXPECT_TRUE(IsNpu(name)) << name;
  for (const char* name :
       {"npu:", "npu:64", "npu:-1", "npu:1,", "npu:1,2", "npu:1,npu:1", "npu:all,npu:0", "npu0", "cpu"})
    EXPECT_FALSE(IsNpu(name)) << name;
  EXPECT_TRUE(IsSameDevice("npu", "npu:0"));
  EXPECT_TRUE(IsSameDevice("npu:all", "npu:0,npu:1"));
  EXPECT_TRUE(IsSameDevice("npu:1", "npu:1"));
  EXPECT_FALSE(IsSameDevice("npu", "npu:1"));
  EXPECT_FALSE(IsSameDevice("npu:0,npu:1", "npu:0"));
  EXPECT_FALSE(IsSameDevice("npu:all", "cpu"));
}

NpuTensor Images(std::vector<int64_t> dims, size_t bytes) { return {"images", std::move(dims), ACL_FLOAT, bytes}; }

TEST(NpuModelDescription, IsChecked) {
  const NpuModelShape shape{32, 64, 10};
  constexpr size_t kImage = 3UL * 32 * 64 * 4;
  const NpuTensor out{"embeddings", {2, 10}, ACL_FLOAT, 80};
  EXPECT_TRUE(CheckModelDescription({{Images({2, 3, 32, 64}, 2 * kImage)}, {out}, {}}, shape).ok());
  const NpuTensor gears{ACL_DYNAMIC_TENSOR_NAME, {2}, ACL_INT32, 8};
  EXPECT_TRUE(CheckModelDescription({{Images({-1, 3, 32, 64}, 2 * kImage), gears}, {out}, {1, 2}}, shape).ok());
  const std::vector<NpuModelDescription> wrong = {
      {{}, {out}, {}},
      {{Images({2, 3, 32, 64}, 2 * kImage)}, {}, {}},
      {{Images({2, 3, 32, 64}, 2 * kImage), Images({2, 3, 32, 64}, 2 * kImage)}, {out}, {}},
      {{Images({2, 3, 64, 32}, 2 * kImage)}, {out}, {}},
      {{Images({2, 3, 32, 64}, 2 * kImage - 1)}, {out}, {}},
      {{Images({2, 3, 32, 64}, size_t{1} << 40)}, {out}, {}},
      {{Images({}, 2 * kImage)}, {out}, {}},
      {{Images({-1, 3, 32, 64}, 2 * kImage)}, {out}, {}},
      {{Images({1 << 30, 3, 32, 64}, 2 * kImage)}, {out}, {}},
      {{Images({-1, 3, 32, 64}, 2 * kImage)}, {out}, {1, 2}},
      {{Images({2, 3, 32, 64}, 2 * kImage)}, {{"embeddings", {2, 11}, ACL_FLOAT, 88}}, {}},
      {{Images({2, 3, 32, 64}, 2 * kImage)}, {{"embeddings", {2, 10}, ACL_FLOAT16, 80}}, {}},
  };
  for (size_t i = 0; i < wrong.size(); ++i) {
    const Status status = CheckModelDescription(wrong[i], shape);
    EXPECT_EQ(status.code(), Code::kInvalid) << i;
    EXPECT_THAT(status.message(), HasSubstr("expected")) << i;
  }
}

// In a session of its own.
Result<DeviceTimes> RunAlone(const NpuProgram& program, const Batch& input, std::span<float> embeddings) {
  const auto times = ValueOrThrow(program.NewSession())->Run({input.data, input.N, input.H, input.W}, embeddings);
  if (!times.ok()) return times.status();
  return times->value();
}

class EmulatorTest : public EmulatedNpuTest {
 protected:
  // The largest error in percent of `name` in one batch on `options`.
  static double ErrorPct(const std::string& name, NpuOptions options, NpuFacts& facts) {
    const SyntheticModel model = MakeModel(GoldenConfig(name), name == "tiny_patch" ? 1 : 2);
    const Batch input = GoldenInput(name);
    const auto program = ValueOrThrow(NpuProgram::Open(model.file, options));
    facts = program->facts();
    const Tensor<double> truth = GoldenTensor(name, "embedding_f64.npy");
    std::vector<float> embeddings(truth.data.size());
    const auto times = RunAlone(*program, input, embeddings);
    EXPECT_TRUE(times.ok()) << times.status().message();
    EXPECT_GT(times->copy_in_seconds, 0);
    EXPECT_GT(times->execute_seconds, 0);
    EXPECT_GT(times->copy_out_seconds, 0);
    EXPECT_GT(ValueOrThrow(program->Memory()).free_bytes, 0);
    return LargestErrorPct<float>(truth, embeddings);
  }
};

constexpr const char* kSmallModels[] = {"tiny_patch", "odd_channels"};
constexpr double kFloat32Pct = 0.001;

TEST_F(EmulatorTest, Float32OnOneTwoAndFourDevices) {
  SetVariable("ASCEND_EMULATOR_DEVICES", "4");
  for (const char* name : kSmallModels) {
    for (const std::vector<int>& devices : std::vector<std::vector<int>>{{0}, {3, 1}, {}}) {
      NpuOptions options = OptionsFor(GoldenInput(name));
      options.devices = devices;
      NpuFacts facts;
      EXPECT_LT(ErrorPct(name, options, facts), kFloat32Pct) << name;
      EXPECT_EQ(facts.devices.size(), devices.empty() ? 4U : devices.size());
      EXPECT_EQ(facts.device_count, 4);
      EXPECT_EQ(facts.dtype, Precision::kFloat32);
      EXPECT_EQ(facts.soc_name, "Ascend910B4-emulator");
    }
  }
}

// The embedding of one picture of noise, by the scalar float64 kernels.
std::vector<double> ReferenceOf(const ModelFile& file, const std::vector<float>& picture, int64_t H, int64_t W) {
  const auto model = ValueOrThrow(LoadConvNeXt<double>(file, ReferenceProducts()));
  std::vector<double> embedding(static_cast<size_t>(file.config.embedding_dim()));
  ThreadPool pool(1);
  Workspace<double> workspace;
  Forward<double>(model, pool, workspace, {picture, 1, H, W}, embedding, {});
  return embedding;
}

// Through ONNX, the compiler and the runtime, at a size that is not square.
TEST_F(EmulatorTest, ActivationsAndPoolings) {
  constexpr int64_t kHeight = 40, kWidth = 67;
  std::vector<float> picture(3 * kHeight * kWidth);
  FillSynthetic("picture.weight", {kHeight, 3 * kWidth}, 1, picture);
  for (float& value : picture) value *= 10;
  for (int kind = 0; kind < static_cast<int>(Activation::kIdentity) + 3; ++kind) {
    ModelConfig config = GoldenConfig("tiny_patch");
    config.activation = static_cast<Activation>(std::min(kind, static_cast<int>(Activation::kIdentity)));
    config.pooling = static_cast<Pooling>(std::max(kind - static_cast<int>(Activation::kIdentity), 0));
    SCOPED_TRACE(std::string(Name(config.activation)) + " " + std::string(Name(config.pooling)));
    const SyntheticModel model = MakeModel(config, 1);
    NpuOptions options;
    options.height = kHeight;
    options.width = kWidth;
    options.batch_sizes = {1};
    const auto program = ValueOrThrow(NpuProgram::Open(model.file, options));
    const auto truth = ReferenceOf(model.file, picture, kHeight, kWidth);
    std::vector<float> embedding(truth.size());
    ASSERT_TRUE(ValueOrThrow(program->NewSession())->Run({picture, 1, kHeight, kWidth}, embedding).ok());
    const double largest = std::abs(
        *std::max_element(truth.begin(), truth.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
    for (size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(embedding[i], truth[i], 1e-5 * largest);
  }
}

// Larger than float32's by what eleven bits of a product lose, and so told apart.
TEST_F(EmulatorTest, Float16AndReduced) {
  for (const char* name : kSmallModels) {
    NpuOptions options = OptionsFor(GoldenInput(name));
    NpuFacts facts;
    options.precision = Precision::kFloat16;
    const double float16 = ErrorPct(name, options, facts);
    EXPECT_EQ(facts.dtype, Precision::kFloat16);
    options.precision = Precision::kFloat32Reduced;
    const double reduced = ErrorPct(name, options, facts);
    EXPECT_EQ(facts.dtype, Precision::kFloat32Reduced);
    RecordProperty(std::string(name) + "_float16_pct", std::to_string(float16));
    RecordProperty(std::string(name) + "_reduced_pct", std::to_string(reduced));
    EXPECT_GT(reduced, 10 * kFloat32Pct) << name;
    EXPECT_GT(float16, reduced) << name;
    EXPECT_LT(float16, 5) << name;
  }
}

// Outliers: the trained model of tests/golden, and weights of the rule "heavy", in each precision.
TEST_F(EmulatorTest, WeightsAsTrainingLeavesThem) {
  SyntheticOptions heavy(3);
  heavy.rule = SyntheticRule::kHeavy;
  const SyntheticModel made = ValueOrThrow(MakeSyntheticModel(GoldenConfig("tiny_patch"), heavy));
  const ModelFile trained = ValueOrThrow(OpenModel(GoldenPath("trained")));
  const std::string heavy_truth = std::string(kSourceDirectory) + "/tests/data/checkpoints/heavy.npy";
  for (const bool is_trained : {false, true}) {
    const Batch input = is_trained ? ReadBatch(GoldenPath("trained/input.npy")) : GoldenInput("tiny_patch");
    const Tensor<double> truth =
        ValueOrThrow(ReadNpy(is_trained ? GoldenPath("trained/logits_f64.npy") : heavy_truth)).tensor;
    for (const Precision precision : {Precision::kFloat32, Precision::kFloat32Reduced, Precision::kFloat16}) {
      NpuOptions options = OptionsFor(input);
      options.precision = precision;
      const auto program = ValueOrThrow(NpuProgram::Open(is_trained ? trained : made.file, options));
      std::vector<float> embeddings(truth.data.size());
      const auto times = RunAlone(*program, input, embeddings);
      ASSERT_TRUE(times.ok()) << times.status().message();
      const double error = LargestErrorPct<float>(truth, embeddings);
      std::printf("%s %s: %.2e %%\n", is_trained ? "trained" : "heavy", Name(precision), error);
      EXPECT_LT(error, precision == Precision::kFloat32 ? kFloat32Pct : 5);
    }
  }
}

// A chip without float32 products says so, and computes in the mode that it has.
TEST_F(EmulatorTest, ChipWithoutFloat32Products) {
  SetVariable("ASCEND_EMULATOR_SOC", "Ascend310P3-emulator");
  const SyntheticModel model = MakeModel(GoldenConfig("tiny_patch"), 1);
  NpuOptions options = OptionsFor(GoldenInput("tiny_patch"));
  const auto refused = NpuProgram::Open(model.file, options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kUnavailable);
  EXPECT_EQ(refused.status().reasons().at(0).code, "npu.precision.float32");
  EXPECT_THAT(refused.status().message(), HasSubstr("--dtype float32-reduced"));
  options.precision = Precision::kFloat32Reduced;
  NpuFacts facts;
  EXPECT_LT(ErrorPct("tiny_patch", options, facts), 5);
  EXPECT_EQ(facts.dtype, Precision::kFloat32Reduced);
}

// A compiler that casts to float16 although it was told not to is found out.
TEST_F(EmulatorTest, CastsAreFoundByTheAudit) {
  SetVariable("ASCEND_EMULATOR_ATC_FAULT", "cast");
  NpuFacts facts;
  EXPECT_GT(ErrorPct("tiny_patch", OptionsFor(GoldenInput("tiny_patch")), facts), 10 * kFloat32Pct);
  EXPECT_EQ(facts.dtype, Precision::kFloat32Reduced);
  EXPECT_THAT(facts.precision.english, HasSubstr("float16"));
}

TEST_F(EmulatorTest, DecomposedNormWhereTheParserLacksTheOperator) {
  for (const char* fault : {"E16002@17", "E19010@17", "E13010@17"}) {
    SetVariable("ASCEND_EMULATOR_ATC_FAULT", fault);
    TemporaryDirectory cache;
    NpuOptions options = OptionsFor(GoldenInput("tiny_patch"));
    options.cache = cache.path();
    NpuFacts facts;
    EXPECT_LT(ErrorPct("tiny_patch", options, facts), kFloat32Pct) << fault;
    EXPECT_THAT(facts.precision.english, HasSubstr("opset 13")) << fault;
  }
}

TEST_F(EmulatorTest, RestOfABatchIsFilledUp) {
  const SyntheticModel model = MakeModel(GoldenConfig("tiny_patch"), 1);
  const Batch input = GoldenInput("tiny_patch");
  NpuOptions options = OptionsFor(input);
  options.batch_sizes = {4};
  const auto program = ValueOrThrow(NpuProgram::Open(model.file, options));
  const Tensor<double> truth = GoldenTensor("tiny_patch", "embedding_f64.npy");
  std::vector<float> embeddings(truth.data.size());
  const auto times = RunAlone(*program, input, embeddings);
  ASSERT_TRUE(times.ok()) << times.status().message();
  EXPECT_LT(LargestErrorPct<float>(truth, embeddings), kFloat32Pct);
  const auto turned = ValueOrThrow(program->NewSession())->Run({input.data, input.N, input.W + 1, input.H}, embeddings);
  EXPECT_EQ(turned.status().code(), Code::kInvalid);
}

}  // namespace
}  // namespace convnext
