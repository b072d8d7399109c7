// DESIGN.md's picture of the folders, held against the sources: who includes whom, and only the folder's own header.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "paths.h"

namespace {

namespace fs = std::filesystem;

// The lines "folder -> folder, folder" of DESIGN.md.
std::map<std::string, std::set<std::string>> Picture() {
  std::ifstream file(std::string(convnext::kSourceDirectory) + "/DESIGN.md");
  std::map<std::string, std::set<std::string>> graph;
  const std::regex arrow("^([a-z]+) ->([a-z, ]*)$"), word("[a-z]+");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, match, arrow)) continue;
    const std::string targets = match[2];
    auto& set = graph[match[1]];
    for (std::sregex_iterator it(targets.begin(), targets.end(), word), end; it != end; ++it) set.insert(it->str());
  }
  return graph;
}

TEST(IncludeGraph, SourcesKeepToTheDesign) {
  const auto picture = Picture();
  ASSERT_GE(picture.size(), 10U);
  const fs::path root = fs::path(convnext::kSourceDirectory) / "src";
  const std::regex include("^#include \"([a-z_]+)/([a-z0-9_./-]+)\"");
  int includes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const std::string folder = fs::relative(entry.path(), root).begin()->string();
    ASSERT_TRUE(picture.count(folder)) << folder << " is not in DESIGN.md";
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (!std::regex_search(line, match, include) || match[1] == folder || match[1] == "hwy") continue;
      ++includes;
      EXPECT_TRUE(picture.at(folder).count(match[1])) << entry.path() << ": " << line << " goes against DESIGN.md";
      EXPECT_EQ(match[2], match[1].str() + ".h") << entry.path() << ": " << line << " is not the folder's own header";
    }
  }
  EXPECT_GT(includes, 25);
}

// The library prints nothing, and the program only through cli/print.h, which cannot throw.
TEST(IncludeGraph, OnlyOnePlacePrints) {
  const fs::path root = fs::path(convnext::kSourceDirectory) / "src";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().stem() == "print") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const char* name : {"fmt::print(", "fmt::vprint(", "std::cout", "std::cerr", "std::clog", "std::puts(",
                             "std::printf(", "std::fprintf(", "fputs("})
      EXPECT_EQ(text.find(name), std::string::npos) << entry.path() << ": " << name;
  }
}

}  // namespace
