// docs/ascend.md tells a user what each reason code means: all of them, in both languages. docs/ascend-facts.md has
// every heading that a comment cites.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "convnext/ascend/host/reason_codes.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

std::set<std::string> HeadingsOf(const std::string& document) {
  std::set<std::string> headings;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) headings.insert(line.substr(3));
  }
  return headings;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The texts of src/ and tests/ that name Ascend, with their paths; without this file and the golden data.
std::vector<std::pair<std::string, std::string>> SourceTexts() {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const char* folder : {"/src", "/tests"}) {
    for (fs::recursive_directory_iterator entry(kSourceDirectory + std::string(folder)), end; entry != end; ++entry) {
      if (entry->path().filename() == "golden") entry.disable_recursion_pending();
      if (!entry->is_regular_file() || entry->path().filename() == "ascend_docs_test.cc") continue;
      std::string text = ReadText(entry->path());
      if (CountOf(text, "ascend") > 0) texts.emplace_back(entry->path(), std::move(text));
    }
  }
  return texts;
}

// The headings that a text cites as `docs/ascend-facts.md, "A" and "B"`. Each mention of the file has to be of this
// form, on one line.
std::vector<std::string> CitedHeadings(const std::string& path, const std::string& text) {
  static const std::regex citation(R"re(docs/ascend-facts\.md, "([^"\n]+)"(?: and "([^"\n]+)")?)re");
  std::vector<std::string> cited;
  size_t count = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), citation), end; match != end; ++match, ++count) {
    cited.push_back((*match)[1]);
    if ((*match)[2].matched) cited.push_back((*match)[2]);
  }
  EXPECT_EQ(count, CountOf(text, "ascend-facts")) << path << " mentions the file, but not as file, \"Heading\"";
  return cited;
}

TEST(AscendDocs, ExplainEveryReasonCode) {
  const std::string source = kSourceDirectory;
  const std::regex code("\"(npu(?:\\.[a-z0-9_]+)+)\"");
  std::set<std::string> codes;
  for (const auto& entry : fs::recursive_directory_iterator(source + "/src/convnext/ascend")) {
    if (!entry.is_regular_file()) continue;
    const std::string text = ReadText(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), code), end; match != end; ++match)
      codes.insert((*match)[1]);
  }
  EXPECT_GT(codes.size(), 35U);
  for (const std::string& each : codes) EXPECT_TRUE(IsReasonCode(each)) << each;
  for (const char* document : {"/docs/ascend.md", "/docs/zh/ascend.md"}) {
    const std::string text = ReadText(source + document);
    for (const std::string& each : codes)
      EXPECT_NE(text.find("`" + each + "`"), std::string::npos) << document << " " << each;
  }
}

TEST(AscendDocs, HaveEveryHeadingThatCommentsCite) {
  const auto headings = HeadingsOf(ReadText(kSourceDirectory + std::string("/docs/ascend-facts.md")));
  const std::regex number("ascend\\.md (section )?[0-9]");
  size_t citations = 0;
  for (const auto& [path, text] : SourceTexts()) {
    for (const std::string& heading : CitedHeadings(path, text)) {
      EXPECT_TRUE(headings.contains(heading)) << path << " cites \"" << heading << '"';
      ++citations;
    }
    EXPECT_FALSE(std::regex_search(text, number)) << path << " cites a number";
  }
  EXPECT_GE(citations, 20U);
}

}  // namespace
}  // namespace convnext
