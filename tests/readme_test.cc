// The commands of README.md's sh block, run in a copy of what they need.
#include <sstream>

#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

std::string ShellBlock() {
  const std::string readme = ReadText(std::string(kSourceDirectory) + "/README.md");
  const size_t begin = readme.find("```sh\n");
  const size_t end = readme.find("\n```\n", begin);
  EXPECT_LT(end, readme.size());
  return readme.substr(begin + 6, end - begin - 6);
}

TEST_F(ShellTest, ReadmeCommandsWork) {
  ASSERT_EQ(Shell("mkdir tests && ln -s \"$GOLDEN\" tests/golden").exit_code, 0);
  std::istringstream lines(ShellBlock());
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    ++commands;
    const Outcome outcome = Shell(line);
    EXPECT_EQ(outcome.exit_code, 0) << line << "\n" << outcome.err;
    EXPECT_FALSE(outcome.out.empty()) << line;
  }
  EXPECT_GE(commands, 8);
  for (const char* file : {"logs/inference.json", "logs/inference.log", "embeddings.npy", "unit.npy", "seen.png"}) {
    EXPECT_TRUE(Exists(file)) << file;
  }
}

TEST(Readme, NamesWhatIsThere) {
  const std::string readme = ReadText(std::string(kSourceDirectory) + "/README.md");
  for (const char* script : {"./quickstart", "./run-tests"}) {
    EXPECT_NE(readme.find(script), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(std::string(kSourceDirectory) + "/" + script));
  }
}

}  // namespace
}  // namespace convnext
