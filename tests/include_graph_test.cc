// DESIGN.md's picture of the folders, held against the sources: who includes whom, and only the folder's own header.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "paths.h"

namespace {

namespace fs = std::filesystem;

// The lines "folder -> folder, folder" of DESIGN.md. src/CMakeLists.txt makes its targets of the same.
std::map<std::string, std::set<std::string>> Picture() {
  std::ifstream file(std::string(convnext::kSourceDirectory) + "/DESIGN.md");
  std::map<std::string, std::set<std::string>> graph;
  const std::regex arrow("^([a-z/]+) ->([a-z/, ]*)$"), word("[a-z/]+");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, match, arrow)) continue;
    const std::string targets = match[2];
    auto& set = graph[match[1]];
    for (std::sregex_iterator it(targets.begin(), targets.end(), word), end; it != end; ++it) set.insert(it->str());
  }
  return graph;
}

fs::path Sources() { return fs::path(convnext::kSourceDirectory) / "src"; }

std::vector<fs::path> AllSources() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(Sources())) {
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cc") paths.push_back(entry.path());
  }
  return paths;
}

// "ascend/host" of src/convnext/ascend/host/cann.h, "cli" of src/cli/main.cc, "convnext" of src/convnext/engine.h.
std::string FolderOf(const fs::path& source) {
  const std::string folder = fs::relative(source, Sources()).parent_path().string();
  constexpr std::string_view kLibrary = "convnext/";
  return folder.starts_with(kLibrary) ? folder.substr(kLibrary.size()) : folder;
}

// The lines of a source that begin with #include and match `what`.
std::vector<std::smatch> Includes(const fs::path& source, const std::regex& what, std::deque<std::string>& lines) {
  std::vector<std::smatch> matches;
  std::ifstream file(source);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    std::smatch match;
    if (std::regex_search(lines.back(), match, what)) matches.push_back(match);
  }
  return matches;
}

TEST(IncludeGraph, SourcesKeepToTheDesign) {
  const auto picture = Picture();
  ASSERT_GE(picture.size(), 20U);
  const std::regex include("^#include \"convnext/(?:([a-z/]+)/)?([a-z0-9_-]+)[.]h\"");
  int includes = 0;
  for (const fs::path& source : AllSources()) {
    const std::string folder = FolderOf(source);
    ASSERT_TRUE(picture.count(folder)) << folder << " is not in DESIGN.md";
    std::deque<std::string> lines;
    for (const std::smatch& match : Includes(source, include, lines)) {
      const std::string to = match[1].matched ? match[1].str() : "convnext";
      if (to == folder) continue;
      ++includes;
      EXPECT_TRUE(picture.at(folder).count(to)) << source << ": " << match[0] << " goes against DESIGN.md";
      const std::string own = to == "convnext" ? "engine" : to.substr(to.rfind('/') + 1);
      EXPECT_EQ(match[2], own) << source << ": " << match[0] << " is not the folder's own header";
    }
  }
  EXPECT_GT(includes, 100);
}

TEST(IncludeGraph, HasNoArrowThatNoIncludeNeedsAndNoCycle) {
  const auto picture = Picture();
  std::map<std::string, std::set<std::string>> used;
  const std::regex include("^#include \"convnext/(?:([a-z/]+)/)?[a-z0-9_-]+[.]h\"");
  for (const fs::path& source : AllSources()) {
    std::deque<std::string> lines;
    for (const std::smatch& match : Includes(source, include, lines))
      used[FolderOf(source)].insert(match[1].matched ? match[1].str() : "convnext");
  }
  std::set<std::string> below;  // arrows lead down the list of DESIGN.md, so that there is no way back
  std::ifstream design(std::string(convnext::kSourceDirectory) + "/DESIGN.md");
  const std::regex arrow("^([a-z/]+) ->([a-z/, ]*)$");
  std::smatch match;
  for (std::string line; std::getline(design, line);) {
    if (!std::regex_match(line, match, arrow)) continue;
    for (const std::string& to : picture.at(match[1])) {
      EXPECT_TRUE(used[match[1]].count(to)) << match[1] << " -> " << to << ": nothing includes it";
      EXPECT_FALSE(below.count(to)) << match[1] << " -> " << to << ": stands below its target";
    }
    below.insert(match[1]);
  }
}

// What the evidence is checked with needs nothing that measures, but for measuring again.
TEST(IncludeGraph, OnlyARerunMeasures) {
  const std::regex include("^#include \"convnext/(eval|devices)/");
  for (const fs::path& source : AllSources()) {
    std::deque<std::string> lines;
    const bool may = FolderOf(source) != "check" || source.filename() == "rerun.cc";
    EXPECT_TRUE(may || Includes(source, include, lines).empty()) << source;
  }
}

// A program that includes convnext/engine.h needs no header of what the library is built with but fmt's.
TEST(IncludeGraph, PublicHeadersKeepLibrariesToThemselves) {
  const std::regex own("^#include \"(convnext/[a-z0-9_/-]+[.]h)\""),
      foreign("^#include <([a-z0-9_]+/[^>]*|[a-z0-9_]+[.]h)>");
  std::vector<std::string> headers = {"convnext/engine.h"};
  std::set<std::string> seen(headers.begin(), headers.end()), libraries;
  while (!headers.empty()) {
    const fs::path header = Sources() / headers.back();
    headers.pop_back();
    std::deque<std::string> lines;
    for (const std::smatch& match : Includes(header, own, lines))
      if (seen.insert(match[1]).second) headers.push_back(match[1]);
    for (const std::smatch& match : Includes(header, foreign, lines)) {
      if (match[1] != "unistd.h" && match[1] != "sys/types.h") libraries.insert(match[1]);  // the system's
    }
  }
  EXPECT_GT(seen.size(), 20U);
  EXPECT_EQ(libraries, std::set<std::string>({"fmt/format.h"}));
}

// The library prints nothing, and the program only through cli/print.h, which cannot throw.
TEST(IncludeGraph, OnlyOnePlacePrints) {
  for (const fs::path& source : AllSources()) {
    if (source.stem() == "print") continue;
    std::ifstream file(source);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const char* name : {"fmt::print(", "fmt::vprint(", "std::cout", "std::cerr", "std::clog", "std::puts(",
                             "std::printf(", "std::fprintf(", "fputs("})
      EXPECT_EQ(text.find(name), std::string::npos) << source << ": " << name;
  }
}

}  // namespace
