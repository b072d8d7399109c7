// The whole job as a library call: what happens where the model's file changes while it is measured.
#include "convnext/adapt/adapt.h"

#include <filesystem>
#include <fstream>

#include "test_util.h"

namespace convnext {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class AdaptModel : public testing::Test {
 protected:
  AdaptModel() {
    EXPECT_TRUE(WriteSyntheticModel(GoldenConfig("tiny_patch"), 1, directory_ / "tiny").ok());
    EXPECT_TRUE(WriteSyntheticModel(GoldenConfig("tiny_patch"), 2, directory_ / "other").ok());
    weights_ = directory_ / "tiny/model.safetensors";
    options_.engine.model_path = directory_ / "tiny";
    options_.engine.backend.threads = 1;
    options_.num_images = 1;
    options_.batch_sizes = {1};
    options_.warmup = 1;
    options_.runs = 5;
    options_.output = directory_ / "bundle";
    options_.progress = [this](const std::string& step) {
      steps_.push_back(step);
      if (step == "accuracy" && disturb_) disturb_();
    };
  }

  // Into the file that is there: the program has it open.
  void Overwrite(const std::string& bytes) const {
    std::fstream file(weights_, std::ios::in | std::ios::out | std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::vector<std::string> Events() const {
    const RunLog log = ValueOrThrow(ReadRunLog(options_.output));
    std::vector<std::string> events;
    for (const RunLogEntry& entry : log.entries()) events.push_back(entry.event);
    return events;
  }

  TemporaryDirectory directory_;
  std::string weights_;
  AdaptOptions options_;
  std::function<void()> disturb_;
  std::vector<std::string> steps_;
};

TEST_F(AdaptModel, ChangedInPlaceIsNoticedAndNotRecorded) {
  const std::string original = ReadText(weights_), other = ReadText(directory_ / "other/model.safetensors");
  ASSERT_EQ(original.size(), other.size());
  disturb_ = [&] { Overwrite(other); };
  EXPECT_THAT(Refusal(Adapt(options_)),
              testing::AnyOf(HasSubstr("the weights changed"), HasSubstr("it was written to while it was being read")));
  EXPECT_THAT(Events(), testing::ElementsAre("adapt", "environment", "inference"));
  disturb_ = nullptr;
  EXPECT_THAT(Refusal(Adapt(options_)), HasSubstr("holds another run"));

  Overwrite(original);
  steps_.clear();
  const AdaptOutcome outcome = ValueOrThrow(Adapt(options_));
  EXPECT_TRUE(outcome.check.passed()) << CheckTable(outcome.check);
  EXPECT_THAT(steps_, Contains("inference: done before"));
  EXPECT_THAT(steps_, Not(Contains("accuracy: done before")));
}

TEST_F(AdaptModel, ReplacedIsNoticedAndNotRecorded) {
  disturb_ = [&] { std::filesystem::rename(directory_ / "other/model.safetensors", weights_); };
  EXPECT_THAT(Refusal(Adapt(options_)), HasSubstr("the weights changed"));
  EXPECT_THAT(Events(), testing::ElementsAre("adapt", "environment", "inference"));
}

// Each shard belongs to the weights.
TEST_F(AdaptModel, AChangedShardIsNoticed) {
  const std::string data = std::string(kSourceDirectory) + "/tests/data/checkpoints/";
  const std::string folder = directory_ / "shards", shard = folder + "/model-00003-of-00004.safetensors";
  std::filesystem::copy(data + "shards/plain", folder);
  std::filesystem::copy(data + "config.json", folder + "/config.json");
  options_.engine.model_path = folder;
  std::string bytes = ReadText(shard);
  disturb_ = [&] {
    std::filesystem::remove(shard);
    WriteText(shard, bytes);
  };
  EXPECT_TRUE(Adapt(options_).ok());  // copied: the same bytes
  std::filesystem::remove_all(options_.output);
  bytes.back() ^= 1;
  EXPECT_THAT(Refusal(Adapt(options_)), HasSubstr("the weights changed"));
}

TEST_F(AdaptModel, RemovedIsNoticed) {
  disturb_ = [&] { std::filesystem::remove(weights_); };
  EXPECT_THAT(Refusal(Adapt(options_)), HasSubstr("the weights changed"));
}

TEST_F(AdaptModel, TouchedOrCopiedIsTheSame) {
  disturb_ = [&] {
    std::filesystem::copy_file(weights_, weights_ + ".copy");
    std::filesystem::rename(weights_ + ".copy", weights_);
  };
  const AdaptOutcome outcome = ValueOrThrow(Adapt(options_));
  EXPECT_TRUE(outcome.check.passed()) << CheckTable(outcome.check);
}

// A report is of all that is recorded: a phase that had to be repeated asks for a new one.
TEST_F(AdaptModel, APhaseRepeatedAfterTheReportIsReported) {
  ASSERT_TRUE(Adapt(options_).ok());
  std::filesystem::remove(directory_ / "bundle/raw/performance.npy");
  steps_.clear();
  const AdaptOutcome outcome = ValueOrThrow(Adapt(options_));
  EXPECT_TRUE(outcome.check.passed()) << CheckTable(outcome.check);
  EXPECT_THAT(steps_, Contains("accuracy: done before"));
  EXPECT_THAT(steps_, Not(Contains("report: done before")));
}

// Each precision on each SIMD target that this CPU has: the bundle passes, and so does a rerun on the best target.
class AdaptTargets : public AdaptModel, public testing::WithParamInterface<BackendOptions> {};

std::vector<BackendOptions> CpuBackends() {
  std::vector<BackendOptions> backends;
  for (const Precision dtype : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const std::string& target : SimdTargets(dtype))
      backends.push_back({.device = "cpu", .dtype = dtype, .threads = 1, .simd_target = target});
  }
  return backends;
}

INSTANTIATE_TEST_SUITE_P(Cpu, AdaptTargets, testing::ValuesIn(CpuBackends()), [](const auto& parameter) {
  return parameter.param.simd_target + "_" + Name(parameter.param.dtype);
});

TEST_P(AdaptTargets, PassesAndCanBeRunAgain) {
  options_.engine.backend = GetParam();
  const AdaptOutcome outcome = ValueOrThrow(Adapt(options_));
  EXPECT_TRUE(outcome.check.passed()) << CheckTable(outcome.check);
  EXPECT_TRUE(outcome.accuracy_passed);
  const Directory bundle = ValueOrThrow(ReadDirectory(options_.output));
  const RuleResult rerun = CheckRerun(bundle, options_.engine.model_path, 1);
  EXPECT_EQ(rerun.outcome, RuleOutcome::kPass) << testing::PrintToString(rerun.reasons);
  EXPECT_THAT(bundle.files.at(kEnvironmentJsonPath), HasSubstr("\"" + GetParam().simd_target + "\""));
}

}  // namespace
}  // namespace convnext
