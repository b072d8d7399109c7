// Packed weights in a file that processes share: the same bits, written once, and no file used that is not whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "golden_model.h"
#include "shell.h"

namespace convnext {
namespace {

using testing::HasSubstr;

class PackedWeightsTest : public testing::TestWithParam<BackendOptions> {
 protected:
  Result<Engine> Load(const std::string& directory) const {
    BackendOptions options = GetParam();
    options.weights_cache = directory;
    auto backend = MakeBackend(options);
    if (!backend.ok()) return backend.status();
    return Engine::Load(**backend, model_.file, {});
  }

  std::vector<float> Embed(const Engine& engine) const {
    const Batch input = GoldenInput("tiny_patch");
    std::vector<float> rows(static_cast<size_t>(input.N * engine.embedding_dim()));
    const Status status = engine.Embed({input.data, input.N, input.H, input.W}, rows).status();
    EXPECT_TRUE(status.ok()) << status.message();
    return rows;
  }

  std::string Cache() const { return directory_.path() + "/cache"; }

  // The one file there.
  std::string PackedFile() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(Cache())) files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1u);
    return files.empty() ? "" : files.front();
  }

  const SyntheticModel model_ = MakeModel(GoldenConfig("tiny_patch"), 1);
  const TemporaryDirectory directory_;
};
INSTANTIATE_TEST_SUITE_P(Backends, PackedWeightsTest, testing::ValuesIn(AllCpuBackends()), BackendName);

TEST_P(PackedWeightsTest, HaveTheBitsOfOwnOnes) {
  const std::vector<float> own = Embed(ValueOrThrow(Load("")));
  EXPECT_EQ(Embed(ValueOrThrow(Load(Cache()))), own);  // writes the file
  const auto written = std::filesystem::last_write_time(PackedFile());
  EXPECT_EQ(Embed(ValueOrThrow(Load(Cache()))), own);
  EXPECT_EQ(std::filesystem::last_write_time(PackedFile()), written) << "it was written twice";
}

TEST_P(PackedWeightsTest, ThatAreNotWholeAreRefused) {
  ValueOrThrow(Load(Cache()));
  const std::string path = PackedFile();
  const auto bytes = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, bytes - 1);
  EXPECT_THAT(Load(Cache()).status().message(),
              HasSubstr("packed weights that are not whole (remove the file): it ends too early"));
  std::filesystem::resize_file(path, bytes + 64);
  EXPECT_THAT(Load(Cache()).status().message(), HasSubstr("it has 64 bytes too many"));
  EXPECT_EQ(Load(Cache()).status().code(), Code::kInvalid);
}

TEST_P(PackedWeightsTest, ThatAnybodyMayWriteToAreRefused) {
  ValueOrThrow(Load(Cache()));
  ASSERT_EQ(::chmod(PackedFile().c_str(), 0666), 0);
  EXPECT_EQ(Load(Cache()).status().code(), Code::kInvalid);
  EXPECT_THAT(Load(Cache()).status().message(), HasSubstr("anybody may write to are not used"));
}

TEST_P(PackedWeightsTest, HaveAFileForEachModel) {
  ValueOrThrow(Load(Cache()));
  const SyntheticModel other = MakeModel(GoldenConfig("tiny_patch"), 2);
  BackendOptions options = GetParam();
  options.weights_cache = Cache();
  ValueOrThrow(Engine::Load(*ValueOrThrow(MakeBackend(options)), other.file, {}));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(Cache())) ++files;
  EXPECT_EQ(files, 2u);
}

TEST_P(PackedWeightsTest, CannotBeWrittenIntoAFile) {
  std::ofstream(directory_.path() + "/file") << "x";
  EXPECT_EQ(Load(directory_.path() + "/file").status().code(), Code::kIo);
}

TEST(PackedWeights, AreForCpus) {
  EXPECT_THAT(MakeBackend({.device = "npu", .weights_cache = "x"}).status().message(),
              HasSubstr("--weights_cache has processes on a CPU share weights; the device is npu"));
}

}  // namespace
}  // namespace convnext
