// Reasons in both languages: the compiler's check of the two texts, AscendCL's errors, and that no source goes around
// it.
#include <filesystem>
#include <regex>

#include "both_languages.h"
#include "convnext/ascend/acl/acl_error.h"
#include "convnext/ascend/run/run.h"
#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

TEST(Bilingual, ArgumentsOfAFormat) {
  using bilingual::ArgumentsOf;
  EXPECT_EQ(ArgumentsOf("no arguments"), 0U);
  EXPECT_EQ(ArgumentsOf("{} and {}"), 3U);
  EXPECT_EQ(ArgumentsOf("{1} 和 {0}，{1}"), 3U);
  EXPECT_EQ(ArgumentsOf("mode {:o}, {}"), 3U);
  EXPECT_EQ(ArgumentsOf("{2}"), 4U);
  for (const char* wrong : {"{", "{} {", "{:x}", "{name}", "{{}}", "{} {} {} {} {} {} {} {} {} {} {}"})
    EXPECT_EQ(ArgumentsOf(wrong), ~0U) << wrong;
}

TEST(Bilingual, ChineseAndWords) {
  using bilingual::HasChinese, bilingual::HasWords;
  EXPECT_TRUE(HasChinese("没有 {}"));
  EXPECT_FALSE(HasChinese("{}；“{}”"));
  EXPECT_FALSE(HasChinese("caf\u00e9"));
  EXPECT_TRUE(HasWords("no {}"));
  EXPECT_FALSE(HasWords("{}; {} ({:o})"));
}

TEST(Bilingual, EachTextHasItsOwnArguments) {
  const Bilingual inner = Say({"none of {}", "{} 中没有"}, 3);
  const Bilingual text = Say({"{0}, then {1}", "先 {1}，后 {0}"}, inner, "x");
  EXPECT_EQ(text.english, "none of 3, then x");
  EXPECT_EQ(text.chinese, "先 x，后 3 中没有");
}

TEST(Bilingual, EveryErrorOfAscendClIsExplainedInBothLanguages) {
  std::set<std::string> codes;
  for (const AclErrorName& error : AclErrorNames()) {
    for (const char* message : {"", "EE1001: the soc version is wrong\nE19999"}) {
      const BlockingReason reason = ExplainAclError("aclrtX", error.code, message);
      ExpectBothLanguages(reason);
      EXPECT_NE(reason.chinese->symptom.find(error.name), std::string::npos);
      codes.insert(reason.code);
    }
  }
  ExpectBothLanguages(ExplainAclError("aclrtX", 42, ""));
  ExpectBothLanguages(ExplainNoHandle("aclmdlCreateDesc", "why"));
  EXPECT_GT(codes.size(), 15U);
}

// MakeReason alone makes reasons, from texts that were held against each other.
TEST(Bilingual, NoSourceMakesAReasonInOneLanguage) {
  const std::regex around("BlockingReason *\\{|(return|push_back\\(|Status\\(\\{) *\\{+ *\"npu\\.|Bilingual *\\{ *\"");
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(std::string(kSourceDirectory) + "/src")) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    ++files;
    const std::string text = ReadText(entry.path());
    std::smatch match;
    const bool declares = entry.path().filename() == "status.h";
    EXPECT_TRUE(declares || !std::regex_search(text, match, around)) << entry.path() << ": " << match.str();
  }
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace convnext
