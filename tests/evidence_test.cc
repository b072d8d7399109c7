// The bundle that the repository ships: it passes its own check, and docs/evidence.md shows its numbers in both
// languages.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "convnext/check/check.h"
#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

Directory ShippedBundle() { return ValueOrThrow(ReadDirectory(std::string(kSourceDirectory) + "/evidence")); }

TEST(ShippedEvidence, PassesItsCheck) {
  const CheckReport report = CheckBundle(ShippedBundle());
  EXPECT_TRUE(report.passed()) << CheckTable(report);
}

TEST(ShippedEvidence, SaysThatItIsSyntheticAndBlocked) {
  const Files files = ShippedBundle().files;
  const Json environment = Json::parse(files.at("results/env_info.json"));
  EXPECT_EQ(environment["synthetic"], true);
  EXPECT_EQ(environment["npu_available"], false);
  ASSERT_EQ(environment["blocking_reasons"].size(), 2U);
  EXPECT_EQ(environment["blocking_reasons"][0]["code"], "npu.driver.missing");
  EXPECT_EQ(environment["blocking_reasons"][1]["code"], "npu.cann.missing");
  EXPECT_EQ(Json::parse(files.at("results/accuracy_eval.json"))["test_device"], "cpu");
  EXPECT_THAT(files.at("README.en.md"), HasSubstr("SYNTHETIC WEIGHTS"));
}

class EvidenceDocument : public testing::TestWithParam<const char*> {
 protected:
  std::string Document() const { return ReadText(kSourceDirectory + std::string(GetParam())); }
};

TEST_P(EvidenceDocument, ShowsTheNumbersOfTheBundle) {
  const Files files = ShippedBundle().files;
  const Json accuracy = Json::parse(files.at("results/accuracy_eval.json"));
  for (const Json& image : accuracy["per_image_results"]) {
    EXPECT_THAT(Document(),
                HasSubstr(fmt::format("| {} | {:.2e} | {:.2e} | {:.2f} |", image["image_idx"].get<int>() + 1,
                                      image["max_rel_error_pct"].get<double>(),
                                      image["mean_rel_error_pct"].get<double>(), image["snr_db"].get<double>())));
  }
  const Json performance = Json::parse(files.at("results/performance_eval.json"));
  for (const auto& [name, batch] : performance["per_batch_results"].items()) {
    EXPECT_THAT(Document(),
                HasSubstr(fmt::format("| {} | {:.4f} | {:.4f} | {:.4f} | {:.2f} |", name.substr(2),
                                      batch["avg_time_sec"].get<double>(), batch["p50_sec"].get<double>(),
                                      batch["p90_sec"].get<double>(), batch["throughput_img_per_sec"].get<double>())));
  }
  const Json environment = Json::parse(files.at("results/env_info.json"));
  EXPECT_THAT(Document(), HasSubstr(environment["cpu_model"].get<std::string>()));
}

INSTANTIATE_TEST_SUITE_P(Languages, EvidenceDocument, testing::Values("/docs/evidence.md", "/docs/zh/evidence.md"));

}  // namespace
}  // namespace convnext
