// The commands of the documents run and print what they show, links lead somewhere, and the Chinese documents have the
// same commands. CONTRIBUTING.md describes the blocks.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <regex>
#include <set>

#include "markdown.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

const std::string kRoot = kSourceDirectory + std::string("/");

std::vector<std::string> MarkdownIn(const std::string& folder) {
  std::vector<std::string> paths;
  if (!fs::exists(kRoot + folder)) return paths;
  for (const auto& entry : fs::directory_iterator(kRoot + folder)) {
    if (entry.path().extension() == ".md") paths.push_back(folder + "/" + entry.path().filename().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// The documents in English whose commands are run.
std::vector<std::string> Documents() {
  std::vector<std::string> documents = MarkdownIn("docs");
  documents.insert(documents.begin(), "README.md");
  return documents;
}

// A Chinese document, if it is there, and the English one that it follows.
struct Translation {
  std::string chinese, english;
};
std::vector<Translation> Translations() {
  std::vector<Translation> translations;
  if (fs::exists(kRoot + "README.zh.md")) translations.push_back({"README.zh.md", "README.md"});
  for (const std::string& path : MarkdownIn("docs/zh"))
    translations.push_back({path, "docs/" + fs::path(path).filename().string()});
  return translations;
}

std::string Text(const std::string& document) { return ReadText(kRoot + document); }
Markdown Parse(const std::string& document) { return ParseMarkdown(Text(document)); }

// The commands of a document that are run.
std::string RunCommands(const std::string& document) {
  std::string commands;
  for (const MarkdownBlock& block : Parse(document).blocks) {
    if (block.language == "sh") commands += WithoutComments(block);
    for (const ConsoleCommand& console : ConsoleCommandsOf(block)) commands += console.command + "\n";
  }
  return commands;
}

// Machines and moments differ in times, speeds, memory, threads and SIMD targets.
std::string MaskMachine(const std::string& text) {
  static const std::regex simd("\\b(AVX3_[A-Z0-9]+|AVX3|AVX2|SSE4|SSSE3|SSE2|NEON[A-Z0-9_]*|SCALAR)\\b"),
      measured("[0-9]+(\\.[0-9]+)? (s|ms|pictures/s|images/s|GFLOP/s|GB/s|MB|GiB)\\b"), threads("[0-9]+ threads?\\b");
  const std::string without_simd = std::regex_replace(text, simd, "SIMD");
  return std::regex_replace(std::regex_replace(without_simd, measured, "N $2"), threads, "N threads");
}

// Equal, or two fractions as near each other as DESIGN.md's bound for float32 lets machines be.
bool IsSameNumber(const std::string& shown, const std::string& found) {
  if (shown == found) return true;
  if (shown.find('.') == std::string::npos || found.find('.') == std::string::npos) return false;
  const double a = std::stod(shown), b = std::stod(found);
  return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(a));
}

// Whether a command printed what a document shows, machine-dependent numbers aside.
bool IsShown(const std::string& shown, const std::string& found) {
  static const std::regex number("-?[0-9]+(\\.[0-9]+)?");
  const std::string a = MaskMachine(shown), b = MaskMachine(found);
  if (std::regex_replace(a, number, "#") != std::regex_replace(b, number, "#")) return false;
  std::sregex_iterator x(a.begin(), a.end(), number), y(b.begin(), b.end(), number);
  for (const std::sregex_iterator end; x != end; ++x, ++y) {
    if (!IsSameNumber(x->str(), y->str())) return false;
  }
  return true;
}

TEST(Documents, ConsoleOutputIsHeldToWhatItSays) {
  const std::string shown = "on cpu (AVX2, 2 threads)\n[0.393146, -1.5]  (640 numbers)\n1 picture in 1.106 s\n";
  EXPECT_TRUE(IsShown(shown, shown));
  EXPECT_TRUE(IsShown(shown, "on cpu (AVX3, 1 thread)\n[0.393147, -1.5]  (640 numbers)\n1 picture in 0.2 s\n"));
  for (const char* other : {"on npu (AVX2, 2 threads)\n[0.393146, -1.5]  (640 numbers)\n1 picture in 1.106 s\n",
                            "on cpu (AVX2, 2 threads)\n[0.393246, -1.5]  (640 numbers)\n1 picture in 1.106 s\n",
                            "on cpu (AVX2, 2 threads)\n[0.393146, 1.5]  (640 numbers)\n1 picture in 1.106 s\n",
                            "on cpu (AVX2, 2 threads)\n[0.393146, -1.5]  (641 numbers)\n1 picture in 1.106 s\n",
                            "on cpu (AVX2, 2 threads)\n[0.393146, -1.5]  (640 numbers)\n2 pictures in 1.106 s\n",
                            "on cpu (AVX2, 2 threads)\n[0.393146, -1.5]  (640 numbers)\n"})
    EXPECT_FALSE(IsShown(shown, other)) << other;
}

// Runs the blocks of one document, in its order, in a copy of what they need.
class DocumentTest : public ShellTest, public testing::WithParamInterface<std::string> {
 protected:
  DocumentTest() {
    fs::create_directory(Path("tests"));
    fs::create_directory_symlink(kRoot + "tests/golden", Path("tests/golden"));
    fs::create_directory_symlink(kRoot + "tests/data", Path("tests/data"));
    for (const char* path : {"evidence", "eval", "inference.py", "requirements.txt"})
      fs::copy(kRoot + path, Path(path), fs::copy_options::recursive);
  }

  void MakeWeights() const {
    const Outcome outcome =
        Shell("convnext synth --architecture convnext_base.clip_laion2b --output weights/synthetic");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  void Run(const std::string& command) const {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.err;
    EXPECT_FALSE(outcome.out.empty()) << command;
  }

  void RunConsole(const ConsoleCommand& console) const {
    const Outcome outcome = Shell("{ " + console.command + "\n} 2>&1");
    EXPECT_EQ(outcome.exit_code, 0) << console.command << "\n" << outcome.out;
    EXPECT_TRUE(IsShown(console.output, outcome.out)) << console.command << "\nshown:\n"
                                                      << console.output << "found:\n"
                                                      << outcome.out;
  }

  // With the first Python that has NumPy: what comes first on the path may not be Debian's. What needs the package
  // convnext_cpp is run where that is installed: tests/python/test_documents.py.
  void RunPython(const MarkdownBlock& block) const {
    std::string program;
    for (const std::string& line : block.lines) program += line + "\n";
    if (program.find("import convnext_cpp") != std::string::npos) return;
    WriteText(Path("block.py"), program);
    for (const char* python : {"python3", "/usr/bin/python3"}) {
      if (Shell(python + std::string(" -c 'import numpy'")).exit_code == 0)
        return Run(python + std::string(" block.py"));
    }
    FAIL() << "no python3 with NumPy; install Debian's python3-numpy";
  }

  void RunBlock(const MarkdownBlock& block) const {
    ASSERT_TRUE(block.closed) << "a block has no end";
    if (block.language == "sh") {
      for (const std::string& command : CommandsOf(block)) Run(command);
    } else if (block.language == "console") {
      ASSERT_THAT(block.lines, Contains(testing::StartsWith("$ ")));
      for (const ConsoleCommand& console : ConsoleCommandsOf(block)) RunConsole(console);
    } else if (block.language == "python") {
      RunPython(block);
    } else {
      EXPECT_THAT((std::vector<std::string>{"", "cmake"}), Contains(block.language)) << "a language of no meaning here";
    }
  }
};

TEST_P(DocumentTest, CommandsWork) {
  if (RunCommands(GetParam()).find("weights/synthetic") != std::string::npos) MakeWeights();
  for (const MarkdownBlock& block : Parse(GetParam()).blocks) RunBlock(block);
}

std::string NameOfDocument(const testing::TestParamInfo<std::string>& document) {
  return std::regex_replace(fs::path(document.param).stem().string(), std::regex("[^A-Za-z0-9]"), "_");
}
INSTANTIATE_TEST_SUITE_P(All, DocumentTest, testing::ValuesIn(Documents()), NameOfDocument);

// The names that the first group of `pattern` finds.
std::set<std::string> FindAll(const std::string& text, const char* pattern) {
  const std::regex expression(pattern, std::regex::multiline);
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match)
    names.insert((*match)[1]);
  return names;
}

TEST(Documents, ReadmeShowsOutputFilesAndPython) {
  std::set<std::string> languages;
  for (const MarkdownBlock& block : Parse("README.md").blocks) languages.insert(block.language);
  EXPECT_THAT(languages, testing::IsSupersetOf({"console", "sh", "python"}));
  for (const char* script : {"./quickstart", "./run-tests"}) {
    EXPECT_THAT(Text("README.md"), HasSubstr(script));
    EXPECT_TRUE(fs::exists(kRoot + script));
  }
}

// `compile` needs CANN's atc; it is shown, and run on the emulator by cli_compile_test.cc.
TEST_F(ShellTest, CliDocumentRunsEveryCommandAndNamesEveryFlag) {
  const std::string document = Text("docs/cli.md"), run = RunCommands("docs/cli.md");
  std::set<std::string> commands = FindAll(Shell("convnext --help").out, "^  ([a-z]+)  +[A-Z]");
  ASSERT_GE(commands.size(), 13U);
  commands.erase("eval");
  commands.insert({"eval accuracy", "eval performance"});
  for (const std::string& command : commands) {
    if (command != "compile") {
      EXPECT_THAT(run, testing::ContainsRegex("convnext " + command + "[ \n]"));
    }
    EXPECT_THAT(document, HasSubstr("\n## " + command + "\n"));
    const std::string help = Shell("convnext " + command + " --help").out;
    for (const std::string& flag : FindAll(help, "^ +(?:-h,)?(--[a-z_]+)"))
      EXPECT_THAT(document + Text("docs/onnx.md"), HasSubstr(flag)) << command;
  }
}

// The file that a link leads to is there, and so is the heading.
void CheckLink(const std::string& document, const std::string& link) {
  if (link.find("://") != std::string::npos) return;
  const size_t hash = std::min(link.find('#'), link.size());
  const std::string path = link.substr(0, hash);
  const fs::path target = path.empty() ? fs::path(document) : fs::path(document).parent_path() / path;
  ASSERT_TRUE(fs::exists(kRoot + target.string())) << document << " links to " << link;
  if (hash == link.size()) return;
  EXPECT_THAT(AnchorsOf(Parse(target.string())), Contains(link.substr(hash + 1))) << document << " links to " << link;
}

TEST(Documents, LinksLeadSomewhere) {
  std::vector<std::string> documents = Documents();
  for (const Translation& translation : Translations()) documents.push_back(translation.chinese);
  documents.insert(documents.end(), {"CONTRIBUTING.md", "DESIGN.md"});
  size_t links = 0;
  for (const std::string& document : documents) {
    for (const std::string& link : LinksOf(Parse(document))) {
      ++links;
      CheckLink(document, link);
    }
  }
  EXPECT_GE(links, 60U);
}

TEST(Documents, AnchorsAreThoseOfTheWeb) {
  EXPECT_EQ(AnchorOf("Precision: what is guaranteed, and how it is known"),
            "precision-what-is-guaranteed-and-how-it-is-known");
  EXPECT_EQ(AnchorOf("The `om_path` flag, [linked](x.md)"), "the-om_path-flag-linked");
  EXPECT_EQ(AnchorOf("精度：保证什么，如何得知（NPU）"), "精度保证什么如何得知npu");
  EXPECT_THAT(AnchorsOf(ParseMarkdown("# A\n```\n# no\n```\n## B\n## B\n")), testing::ElementsAre("a", "b", "b-1"));
}

TEST(Documents, ChineseHasTheSameCommands) {
  for (const auto& [chinese, english] : Translations()) {
    ASSERT_TRUE(fs::exists(kRoot + english)) << chinese << " is a translation of nothing";
    std::vector<std::string> expected, found;
    for (const MarkdownBlock& block : Parse(english).blocks) expected.push_back(WithoutComments(block));
    for (const MarkdownBlock& block : Parse(chinese).blocks) found.push_back(WithoutComments(block));
    EXPECT_EQ(found, expected) << chinese;
  }
}

// The levels of the headings, and the number of the rows of tables below each.
std::vector<std::string> OutlineOf(const std::string& document) {
  std::vector<std::string> outline;
  size_t rows = 0;
  const auto end_section = [&] { outline.push_back(std::to_string(rows) + " rows"); };
  for (const std::string& line : Parse(document).prose) {
    if (line.starts_with('|')) ++rows;
    if (!line.starts_with('#')) continue;
    end_section();
    rows = 0;
    outline.push_back(line.substr(0, line.find(' ')));
  }
  end_section();
  return outline;
}

TEST(Documents, ChineseHasTheSameOutline) {
  EXPECT_GE(OutlineOf("docs/ascend.md").size(), 20U);
  for (const auto& [chinese, english] : Translations()) EXPECT_EQ(OutlineOf(chinese), OutlineOf(english)) << chinese;
}

std::string PathFrom(const std::string& document, const std::string& other) {
  return fs::path(other).lexically_relative(fs::path(document).parent_path());
}

TEST(Documents, LanguagesLeadToEachOther) {
  EXPECT_GE(Translations().size(), 4U);
  for (const auto& [chinese, english] : Translations()) {
    const std::string to_chinese = "\n\nEnglish | [中文](" + PathFrom(english, chinese) + ")\n\n";
    const std::string to_english = "\n\n[English](" + PathFrom(chinese, english) + ") | 中文\n\n";
    EXPECT_EQ(Text(english).find(to_chinese), Text(english).find('\n')) << english;
    EXPECT_EQ(Text(chinese).find(to_english), Text(chinese).find('\n')) << chinese;
  }
}

// The language switch leads to the other language. Other links stay in Chinese where they can.
TEST(Documents, ChineseLeadsToChinese) {
  std::set<std::string> translated;
  for (const Translation& each : Translations()) translated.insert(each.english);
  for (const Translation& each : Translations()) {
    for (const std::string& link : LinksOf(Parse(each.chinese))) {
      const fs::path target = fs::path(each.chinese).parent_path() / link.substr(0, link.find('#'));
      const std::string path = target.lexically_normal();
      EXPECT_TRUE(path == each.english || !translated.contains(path)) << each.chinese << " links to " << link;
    }
  }
}

}  // namespace
}  // namespace convnext
