// A bundle under the Hugging Face hub's own library: its cards, and what a download leaves. Nothing asks the network:
// the hub is a server on this machine (hub.py). Skipped with a message where the index of packages cannot be reached.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "paths.h"
#include "python_env.h"
#include "shell.h"

namespace convnext {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

class HuggingFaceTest : public ShellTest {
 protected:
  void SetUp() override {
    const PythonEnv env = MakePythonEnv("huggingface");
    if (env.python.empty()) GTEST_SKIP() << env.missing;
    python_ = env.python;
    Shell("cp -r '" + bundle_ + "' bundle");
  }
  Outcome Hub(const std::string& arguments) const {
    return Shell("'" + python_ + "' '" + kSourceDirectory + "/tests/hub.py' " + arguments);
  }

  std::string python_, bundle_ = std::string(kSourceDirectory) + "/evidence";
};

TEST_F(HuggingFaceTest, CardsAreRead) {
  const Outcome outcome = Hub("cards bundle");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json cards = Json::parse(outcome.out);
  ASSERT_EQ(cards.size(), 2U);  // README.md, README.en.md
  const Json accuracy = Json::parse(ReadText(bundle_ + "/results/accuracy_eval.json"));
  const Json performance = Json::parse(ReadText(bundle_ + "/results/performance_eval.json"));
  for (const auto& [name, card] : cards.items()) {
    const Json& data = card["data"];
    EXPECT_EQ(data["hardware"], "NPU") << name;
    EXPECT_EQ(data["library_name"], "timm");
    EXPECT_EQ(data["license"], "apache-2.0");
    EXPECT_EQ(data["base_model"], "timm/convnext_base.clip_laion2b");
    EXPECT_EQ(data["model-index"][0]["name"], "convnext_base.clip_laion2b");
    for (const char* tag : {"NPU", "Ascend", "ascend-npu"}) EXPECT_THAT(data["tags"].dump(), HasSubstr(tag));
    ASSERT_EQ(card["results"].size(), 3U + performance["per_batch_results"].size());
    EXPECT_EQ(card["results"][0], Json({"image-feature-extraction", "input-set", "max_rel_error_pct",
                                        accuracy["overall_max_rel_error_pct"]}));
    EXPECT_GT(card["text"].get<int>(), 10'000);
  }
}

TEST_F(HuggingFaceTest, ADownloadPassesTheCheck) {
  const Outcome download = Hub("download bundle downloaded");
  ASSERT_EQ(download.exit_code, 0) << download.err;
  EXPECT_TRUE(Exists("downloaded/.cache/huggingface/download/raw/inference.npy.metadata"));
  EXPECT_EQ(Shell("diff -r bundle downloaded").out, "Only in downloaded: .cache\n");
  const Outcome check = Shell("convnext check downloaded");
  EXPECT_EQ(check.exit_code, 0) << check.out;
}

}  // namespace
}  // namespace convnext
