// convnext_base.clip_laion2b itself, with synthetic weights, on five photographs, against timm's float64.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "convnext/cpu/convnext.h"
#include "golden_model.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

constexpr const char* kName = "convnext_base.clip_laion2b";
constexpr const char* kPhotographs[] = {"astronaut_512x512_q92.jpg", "chelsea_451x300_444.jpg",
                                        "coffee_301x200_progressive.jpg", "rocket_640x427_q75.jpg",
                                        "hubble_677x327.webp"};

const SyntheticModel& BaseModel() {
  static const SyntheticModel model = MakeModel(GoldenConfig(kName), 0);
  return model;
}

class BaseModelTest : public testing::TestWithParam<BackendOptions> {};
INSTANTIATE_TEST_SUITE_P(BestTarget, BaseModelTest, testing::Values(AllCpuBackends().front()), BackendName);
INSTANTIATE_TEST_SUITE_P(EveryTarget, BaseModelTest, testing::ValuesIn(AllCpuBackends()), BackendName);

TEST_P(BaseModelTest, PhotographsEqualTimm) {
  Engine engine = MakeEngine(BaseModel(), GetParam());
  const Tensor<double> truth = GoldenTensor(kName, "embedding_f64.npy");
  const bool reference = GetParam().device == "cpu-reference";
  // The reference takes some ten seconds a picture and core.
  const size_t count = reference ? 1 : std::size(kPhotographs);
  std::vector<float> embeddings(count * 640);
  for (size_t i = 0; i < count; ++i) {
    const PreparedImage image = ValueOrThrow(engine.Prepare(GoldenPath(std::string("images/") + kPhotographs[i])));
    const Status status = engine.Embed({image.data, 1, 256, 256}, std::span(embeddings).subspan(i * 640, 640)).status();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  const Tensor<double> rows{
      {static_cast<int64_t>(count), 640},
      AlignedVector<double>(truth.data.begin(), truth.data.begin() + static_cast<ptrdiff_t>(count) * 640)};
  const double bound = reference ? 1.2e-5 : GetParam().dtype == Precision::kBfloat16 ? 1 : 2e-4;
  const double error = LargestErrorPct<float>(rows, embeddings);
  std::printf("largest error: %.2e %%\n", error);
  EXPECT_LE(error, bound);
}

TEST(BaseModel, ReferenceEqualsTimmInDouble) {
  const auto model = ValueOrThrow(LoadConvNeXt<double>(BaseModel().file, ReferenceProducts()));
  const LoadedPixels loaded =
      ValueOrThrow(Preprocessor(Preprocessing{}).Load(GoldenPath(std::string("images/") + kPhotographs[0])));
  AlignedVector<float> image(loaded.pixels.data.size());
  Normalize(loaded.pixels, {}, image);
  const Tensor<double> truth = GoldenTensor(kName, "embedding_f64.npy");
  const Tensor<double> first{{1, 640}, AlignedVector<double>(truth.data.begin(), truth.data.begin() + 640)};
  std::vector<double> embedding(640);
  ThreadPool pool(2);
  Workspace<double> workspace;
  Forward<double>(model, pool, workspace, {image, 1, 256, 256}, embedding, {});
  EXPECT_LE(LargestErrorPct<double>(first, embedding), 1e-9);
}

// Through ONNX, atc and AscendCL, all emulated (emulator).
TEST(BaseModel, EqualsTimmOnTheNpuEmulator) {
  const TemporaryDirectory cache;
  ::setenv("ASCEND_HOME_PATH", kEmulatorCann, 1);
  ::setenv("XDG_CACHE_HOME", cache.path().c_str(), 1);
  Engine engine = MakeEngine(BaseModel(), {.device = "npu"});
  EXPECT_EQ(engine.device().dtype, "float32");
  const PreparedImage image = ValueOrThrow(engine.Prepare(GoldenPath(std::string("images/") + kPhotographs[0])));
  std::vector<float> embedding(640);
  const Status status = engine.Embed({image.data, 1, 256, 256}, embedding).status();
  ASSERT_TRUE(status.ok()) << status.message();
  const Tensor<double> truth = GoldenTensor(kName, "embedding_f64.npy");
  const Tensor<double> first{{1, 640}, AlignedVector<double>(truth.data.begin(), truth.data.begin() + 640)};
  EXPECT_LT(LargestErrorPct<float>(first, embedding), 0.001);
}

TEST(BaseModel, HasTimmsParameterCount) { EXPECT_EQ(ParameterCount(BaseModel().file.config), 88'222'464); }

}  // namespace
}  // namespace convnext
