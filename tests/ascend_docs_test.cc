// docs/ascend.md tells a user what each reason code means: all of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

TEST(AscendDocs, ExplainEveryReasonCode) {
  const std::string source = kSourceDirectory, docs = ReadText(source + "/docs/ascend.md");
  const std::regex code("\"(npu(?:\\.[a-z0-9_]+)+)\"");
  std::set<std::string> codes;
  for (const auto& entry : std::filesystem::directory_iterator(source + "/src/ascend")) {
    const std::string text = ReadText(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), code), end; match != end; ++match)
      codes.insert((*match)[1]);
  }
  EXPECT_GT(codes.size(), 35U);
  for (const std::string& each : codes) EXPECT_NE(docs.find("`" + each + "`"), std::string::npos) << each;
}

}  // namespace
}  // namespace convnext
