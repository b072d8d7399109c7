// Exported models through what others wrote: onnx.checker and its shape inference, and ONNX Runtime, which must give
// timm's float64 embeddings (tools/check_onnx.py).
#include <random>

#include "convnext/cpu/convnext.h"
#include "convnext/onnx/onnx.h"
#include "paths.h"
#include "python_env.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;

class OnnxRuntime : public testing::Test {
 protected:
  void SetUp() override {
    const PythonEnv env = MakePythonEnv("onnx");
    if (env.python.empty()) GTEST_SKIP() << env.missing;
    python_ = env.python;
  }

  // Writes the model and gives the path.
  std::string Export(const ModelFile& model, const OnnxOptions& options) {
    const auto size = [](std::optional<int64_t> value) { return value ? fmt::format("{}", *value) : "any"; };
    const std::string path =
        directory_ / fmt::format("{}_{}_{}x{}{}.onnx", options.opset, size(options.batch), size(options.height),
                                 size(options.width), options.external_data ? "_external" : "");
    const Status status = WriteOnnx(model, options, path);
    EXPECT_TRUE(status.ok()) << status.message();
    return path;
  }

  ProcessResult Check(const std::vector<std::string>& models, const std::string& input, const std::string& reference) {
    std::vector<std::string> command = {python_, std::string(kSourceDirectory) + "/tools/check_onnx.py", "--model"};
    command.insert(command.end(), models.begin(), models.end());
    command.insert(command.end(), {"--input", input, "--reference", reference});
    return ValueOrThrow(RunProcess(command, {.timeout_seconds = 600}));
  }

  void ExpectEqual(const std::vector<std::string>& models, const std::string& input, const std::string& reference) {
    const ProcessResult result = Check(models, input, reference);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    for (const std::string& model : models) EXPECT_THAT(result.output, HasSubstr(model + ", as written, batch "));
  }

  TemporaryDirectory directory_;

 private:
  std::string python_;
};

// Both opsets, fixed and open batches and sizes, the weights inside and outside: all combinations.
std::vector<OnnxOptions> AllOptions(int64_t side) {
  std::vector<OnnxOptions> all;
  for (const int opset : {17, 13}) {
    for (const std::optional<int64_t> batch : {std::optional<int64_t>(1), std::optional<int64_t>(4), {}}) {
      for (const std::optional<int64_t> size : {std::optional<int64_t>(side), {}}) {
        for (const bool external : {false, true}) all.push_back({opset, batch, size, size, external});
      }
    }
  }
  return all;
}

TEST_F(OnnxRuntime, GoldenModelsEqualTimm) {
  for (const std::string name : {"tiny_patch", "odd_channels"}) {
    const SyntheticModel model = MakeModel(GoldenConfig(name), name == "tiny_patch" ? 1 : 2);
    const std::string golden = GoldenPath("models/" + name + "/");
    const int64_t side = ValueOrThrow(ReadNpyFloat32(golden + "input.npy")).shape[3];
    std::vector<std::string> models;
    for (const OnnxOptions& options : AllOptions(side)) models.push_back(Export(model.file, options));
    ExpectEqual(models, golden + "input.npy", golden + "embedding_f64.npy");
  }
}

// Random pictures and what the reference makes of them, as files: input.npy and reference.npy.
void WriteReference(const ModelFile& file, int64_t N, int64_t H, int64_t W, const std::string& directory) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  const auto size = static_cast<size_t>(N * 3 * H * W);
  std::vector<float> nchw(size), nhwc(size);
  for (float& value : nchw) value = normal(random);
  NchwToNhwc({.N = N, .pixels = H * W}, nchw.data(), nhwc.data());
  const auto model = ValueOrThrow(LoadConvNeXt<double>(file, ReferenceProducts()));
  std::vector<double> embeddings(static_cast<size_t>(N * file.config.embedding_dim()));
  ThreadPool pool(2);
  Workspace<double> workspace;
  Forward<double>(model, pool, workspace, {nhwc, N, H, W}, embeddings, {});
  ASSERT_TRUE(WriteNpy(directory + "/input.npy", Shape{N, 3, H, W}, nchw).ok());
  ASSERT_TRUE(WriteNpy(directory + "/reference.npy", Shape{N, file.config.embedding_dim()}, embeddings).ok());
}

// Heads that the golden models do not have, at a size that neither the stem nor the stages divide.
TEST_F(OnnxRuntime, OtherHeadsAndSizesEqualTheReference) {
  struct Head {
    int64_t num_classes, hidden;
  };
  for (const Head head : {Head{0, 0}, Head{0, 9}, Head{5, 9}, Head{5, 0}}) {
    ModelConfig config = GoldenConfig("odd_channels");
    config.num_classes = head.num_classes;
    config.head_hidden_size = head.hidden;
    config.layer_norm_eps = 1e-3;  // large enough to be missed
    const SyntheticModel model = MakeModel(config, 3);
    WriteReference(model.file, 4, 50, 71, directory_.path());
    std::vector<std::string> models;
    for (const int opset : {17, 13}) models.push_back(Export(model.file, {opset, {}, {}, {}, false}));
    models.push_back(Export(model.file, {17, 2, 50, 71, true}));
    ExpectEqual(models, directory_ / "input.npy", directory_ / "reference.npy");
  }
}

TEST_F(OnnxRuntime, TheCheckFailsOnOtherEmbeddings) {
  const SyntheticModel model = MakeModel(GoldenConfig("tiny_patch"), 1);
  Tensor<double> truth = GoldenTensor("tiny_patch", "embedding_f64.npy");
  for (double& value : truth.data) value *= 1 + 1e-5;
  ASSERT_TRUE(WriteNpy(directory_ / "other.npy", truth.shape, truth.data).ok());
  const ProcessResult result = Check({Export(model.file, {.height = 64, .width = 64})},
                                     GoldenPath("models/tiny_patch/input.npy"), directory_ / "other.npy");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("%, allowed 0.0002 %"));
}

// convnext_base.clip_laion2b itself, on one photograph.
TEST_F(OnnxRuntime, BaseModelEqualsTimm) {
  const std::string name = "convnext_base.clip_laion2b";
  const SyntheticModel model = MakeModel(GoldenConfig(name), 0);
  const LoadedPixels loaded =
      ValueOrThrow(Preprocessor(Preprocessing{}).Load(GoldenPath("images/astronaut_512x512_q92.jpg")));
  AlignedVector<float> nhwc(loaded.pixels.data.size()), nchw(nhwc.size());
  Normalize(loaded.pixels, {}, nhwc);
  NhwcToNchw({.pixels = int64_t{256} * 256}, nhwc.data(), nchw.data());
  ASSERT_TRUE(WriteNpy(directory_ / "input.npy", Shape{1, 3, 256, 256}, nchw).ok());
  const Tensor<double> truth = GoldenTensor(name, "embedding_f64.npy");
  ASSERT_TRUE(WriteNpy(directory_ / "reference.npy", Shape{1, 640}, std::span(truth.data).first(640)).ok());
  ExpectEqual({Export(model.file, {.batch = {}}), Export(model.file, {.opset = 13, .external_data = true})},
              directory_ / "input.npy", directory_ / "reference.npy");
}

// Where the index cannot be reached tests are skipped, so that must be told from every other failure.
TEST(PythonEnvTool, AnUnreachableIndexIsExitFour) {
  const TemporaryDirectory directory;
  const std::string tool = std::string(kSourceDirectory) + "/tools/python-env";
  const std::map<std::string, std::string> no_index = {{"PIP_INDEX_URL", "http://127.0.0.1:9/simple"},
                                                       {"PIP_EXTRA_INDEX_URL", ""},
                                                       {"PIP_FIND_LINKS", ""},
                                                       {"PIP_CONFIG_FILE", "/dev/null"},
                                                       {"PIP_RETRIES", "0"},
                                                       {"no_proxy", "127.0.0.1"},
                                                       {"PIP_NO_CACHE_DIR", "1"}};
  const auto result = ValueOrThrow(
      RunProcess({tool, directory / "env", "onnx==1.23.2"}, {.timeout_seconds = 120, .variables = no_index}));
  EXPECT_EQ(result.exit_code, 4) << result.output;
  EXPECT_THAT(result.output, HasSubstr("python-env: the package index cannot be reached"));
  EXPECT_THAT(directory.Names(), testing::ElementsAre("env.lock"));
}

TEST(PythonEnvTool, WrongUseIsExitTwo) {
  const std::string tool = std::string(kSourceDirectory) + "/tools/python-env";
  const auto result = ValueOrThrow(RunProcess({tool, "only-a-directory"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("Usage: tools/python-env DIR PACKAGE..."));
}

}  // namespace
}  // namespace convnext
