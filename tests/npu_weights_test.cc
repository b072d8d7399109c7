// Weights in files of their own, which models of several batch sizes share on a device (CANN 8.5 and later), on the
// emulator, which counts the memory of its devices.
#include <gmock/gmock.h>

#include "convnext/ascend/compile/compile.h"
#include "emulated_npu.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int64_t kSide = 32;

class NpuWeightsTest : public EmulatedNpuTest {
 protected:
  NpuWeightsTest() { UseCann("-8.5"); }
  ~NpuWeightsTest() override { StopAcl(); }

  static void UseCann(const std::string& version) {
    SetVariable("ASCEND_HOME_PATH", std::string(kEmulatorCann) + version);
  }

  // 4 million parameters: more than all else that a loaded model takes.
  static SyntheticModel MakeLargeModel() {
    ModelConfig config = GoldenConfig("tiny_patch");
    config.depths = {1, 1, 1, 1};
    config.dims = {64, 128, 256, 512};
    return MakeModel(config, 1);
  }

  NpuOptions Options(std::vector<int64_t> batch_sizes) const {
    NpuOptions options;
    options.batch_sizes = std::move(batch_sizes);
    options.height = options.width = kSide;
    options.cache = directory() + "/cache";
    return options;
  }

  static std::vector<float> Embed(const NpuProgram& program, int64_t N) {
    std::vector<float> data(static_cast<size_t>(N * kSide * kSide * 3));
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(Splitmix64(i) >> 40) * 0x1p-24F;
    std::vector<float> embeddings(static_cast<size_t>(N * program.embedding_dim()));
    const auto times = ValueOrThrow(program.NewSession())->Run({data, N, kSide, kSide}, embeddings);
    EXPECT_TRUE(times.ok()) << times.status().message();
    return embeddings;
  }

  // What the models take.
  static int64_t MemoryOf(const NpuProgram& program) {
    return program.facts().memory_before.free_bytes - ValueOrThrow(program.Memory()).free_bytes;
  }

  std::string CacheFile(const std::string& name) const { return directory() + "/cache/" + name; }
};

// Beside the weights a model has work memory, which the emulator makes up: the same with and without sharing.
TEST_F(NpuWeightsTest, FourBatchSizesHaveOneCopy) {
  const SyntheticModel model = MakeLargeModel();
  const auto weights = static_cast<double>(4 * ParameterCount(model.file.config));
  std::vector<float> embeddings[2];
  double memory[2] = {};
  for (const size_t shared : {0U, 1U}) {
    UseCann(shared == 1 ? "-8.5" : "");
    const auto program = ValueOrThrow(NpuProgram::Open(model.file, Options({1, 4, 8, 16})));
    memory[shared] = static_cast<double>(MemoryOf(*program));
    embeddings[shared] = Embed(*program, 4);
  }
  // The emulator's products are OpenBLAS's, whose last bits depend on where a matrix lies.
  EXPECT_THAT(embeddings[0], testing::Pointwise(testing::FloatNear(1e-4F), embeddings[1]));
  EXPECT_GT(memory[0], 4 * weights);
  const double work = memory[0] - 4 * weights;
  EXPECT_LT(memory[1] - work, 1.15 * weights) << "of " << weights << " bytes of weights";
  EXPECT_GT(memory[1], weights);
  RecordProperty("shared_to_one_copy", std::to_string((memory[1] - work) / weights));
}

TEST_F(NpuWeightsTest, AreUploadedOnceAndFreed) {
  SetVariable("ASCEND_EMULATOR_LOG", directory() + "/calls");
  const SyntheticModel model = MakeLargeModel();
  {
    const auto program = ValueOrThrow(NpuProgram::Open(model.file, Options({1, 2})));
    const std::vector<float> first = Embed(*program, 1);
    EXPECT_EQ(first.size(), static_cast<size_t>(program->embedding_dim()));
  }
  StopAcl();
  const std::string log = ReadText(directory() + "/calls");
  EXPECT_THAT(log, testing::Not(HasSubstr("EMULATOR:")));  // neither leaks nor misuse
  const size_t files = WeightFilesOf(CacheFile("any.om")).size();
  EXPECT_GT(files, 20U);
  size_t copies = 0;
  for (size_t at = log.find("aclrtMemcpy("); at != std::string::npos; at = log.find("aclrtMemcpy(", at + 1)) ++copies;
  EXPECT_EQ(copies, files);
}

// A damaged file of weights is found, and made again.
TEST_F(NpuWeightsTest, InTheCacheAreHeldToTheirDigests) {
  const SyntheticModel model = MakeLargeModel();
  const std::vector<float> embeddings = Embed(*ValueOrThrow(NpuProgram::Open(model.file, Options({1}))), 1);
  const std::string path = WeightPath(CacheFile("any.om"), WeightFilesOf(CacheFile("any.om")).at(0));
  const std::string bytes = ReadText(path);
  std::string damaged = bytes;
  damaged[0] = static_cast<char>(damaged[0] ^ 1);
  WriteText(path, damaged);
  NpuOptions options = Options({1});
  std::vector<std::string> steps;
  options.progress = [&steps](const std::string& step) { steps.push_back(step); };
  EXPECT_EQ(Embed(*ValueOrThrow(NpuProgram::Open(model.file, options)), 1), embeddings);
  EXPECT_THAT(steps, testing::Contains(HasSubstr("the digest of its weights weight_")));
  EXPECT_EQ(ReadText(path), bytes);
  // Another batch size finds them there.
  EXPECT_THAT(Embed(*ValueOrThrow(NpuProgram::Open(model.file, Options({2}))), 1),
              testing::Pointwise(testing::FloatNear(1e-4F), embeddings));
}

// A file from elsewhere with its weights beside it; without them it is refused.
TEST_F(NpuWeightsTest, LieBesideAFileFromElsewhere) {
  const SyntheticModel model = MakeLargeModel();
  const std::vector<float> embeddings = Embed(*ValueOrThrow(NpuProgram::Open(model.file, Options({1}))), 1);
  std::string om;
  for (const auto& entry : std::filesystem::directory_iterator(CacheFile("")))
    if (entry.path().extension() == ".om") om = entry.path();
  NpuOptions options = Options({1});
  options.om_path = directory() + "/model.om";
  std::filesystem::copy_file(om, options.om_path);
  const auto without = NpuProgram::Open(model.file, options);
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.status().reasons().at(0).code, "npu.model.file");
  std::filesystem::copy(CacheFile("weight"), directory() + "/weight");
  EXPECT_EQ(Embed(*ValueOrThrow(NpuProgram::Open(model.file, options)), 1), embeddings);
}

TEST_F(NpuWeightsTest, FromCann85On) {
  for (const char* version : {"8.5.0", "8.5.RC1", "8.10.RC1", "9.0.0"})
    EXPECT_TRUE(HasSharedWeights(version)) << version;
  for (const char* version : {"8.1.RC1", "8.3.RC2", "7.0.0", "8", "", "unknown"})
    EXPECT_FALSE(HasSharedWeights(version)) << version;
  EXPECT_FALSE(HasSharedWeights(std::nullopt));
  AtcRequest request;
  request.external_weights = true;
  EXPECT_THAT(AtcFlags(request, {}), testing::Contains("--external_weight=1"));
  request.external_weights = false;
  EXPECT_THAT(AtcFlags(request, {}), testing::Not(testing::Contains(StartsWith("--external_weight"))));
  EXPECT_THAT(WeightFilesOf("/nowhere/model.om"), IsEmpty());
  EXPECT_FALSE(IsWeightFile("weight_../x"));
}

}  // namespace
}  // namespace convnext
