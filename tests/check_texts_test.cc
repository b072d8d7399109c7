// Bundles that this program did not make. The published adaptation's, rebuilt from the figures in its README,
// contradicts itself in ways that `convnext check` must name.
#include "bundle_fixture.h"
#include "paths.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Directory ReferenceBundle() {
  return ValueOrThrow(ReadDirectory(std::string(kSourceDirectory) + "/tests/data/reference_bundle"));
}

std::string ReasonsOf(const CheckReport& report, const std::string& id) {
  std::string reasons;
  for (const RuleResult& rule : report.rules) {
    if (rule.id != id || rule.outcome != RuleOutcome::kFail) continue;
    for (const std::string& reason : rule.reasons) reasons += reason + "\n";
  }
  return reasons;
}

TEST(CheckTexts, NamesEveryContradictionOfTheReference) {
  const CheckReport report = CheckBundle(ReferenceBundle());
  EXPECT_FALSE(report.passed());
  // Throughput is 1 / mean time from batch 4 on.
  EXPECT_THAT(ReasonsOf(report, "R2"), AllOf(HasSubstr("bs4: throughput 54.14 img/s"), HasSubstr("216.55"),
                                             HasSubstr("bs8"), HasSubstr("bs16"), Not(HasSubstr("bs1:"))));
  // 133 images per second in one file, 67.6 in another.
  EXPECT_THAT(ReasonsOf(report, "S7"), AllOf(HasSubstr("133.22 img/s"), HasSubstr("67.58 img/s")));
  // Two commits.
  EXPECT_THAT(ReasonsOf(report, "P1"), AllOf(HasSubstr("765e2c4"), HasSubstr("68620ff4")));
  // Logs a day apart.
  EXPECT_THAT(ReasonsOf(report, "E3"), AllOf(HasSubstr("2026-05-15 01:13:20"), HasSubstr("2026-05-16 07:03:22")));
  // A mean error given as the error.
  EXPECT_THAT(ReasonsOf(report, "S7"), AllOf(HasSubstr("0.005440866095204101"), HasSubstr("0.02471")));
  // Nothing vouches for these.
  EXPECT_THAT(ReasonsOf(report, "I1"), HasSubstr("manifest.json is missing"));
  EXPECT_THAT(FailedRules(report), AllOf(Contains("R0"), Contains("R5"), Contains("S8"), Contains("I6")));
}

TEST(CheckTexts, WhatTheReferenceHasRightIsNotHeldAgainstIt) {
  const CheckReport report = CheckBundle(ReferenceBundle());
  for (const char* rule : {"F1", "F2", "R3", "R4", "R5", "S8", "E2", "S6", "E5"})
    EXPECT_EQ(ReasonsOf(report, rule), "") << rule;
}

TEST(CheckTexts, HostileDocumentsDoNotCrash) {
  for (const char* document :
       {"[]", "{}", "null", "3", "{\"per_batch_results\":3}", "{\"per_batch_results\":{\"bs1\":null,\"bsx\":[]}}",
        "{\"per_batch_results\":{\"bs0\":{\"avg_time_sec\":0,\"throughput_img_per_sec\":1e308}}}",
        "{\"per_image_results\":[1]}", "{\"per_image_results\":[]}", "{\"model\":[[[]]]}", "[[[[[[[[[[[[[[[[[[[[",
        ""}) {
    Directory bundle = ReferenceBundle();
    for (auto& [path, text] : bundle.files) {
      if (path.ends_with(".json")) text = document;
    }
    EXPECT_FALSE(CheckBundle(bundle).passed()) << document;
  }
  EXPECT_FALSE(CheckBundle({}).passed());
}

}  // namespace
}  // namespace convnext
