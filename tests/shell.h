// The program as its users meet it: a shell in an empty directory, with `convnext` on the path.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace convnext {

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

struct Outcome {
  int exit_code = -1;  // 128 + N for signal N, as the shell says
  std::string out, err;
};

class ShellTest : public testing::Test {
 protected:
  ShellTest() {
    std::string name = testing::TempDir() + "convnext-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory = name;
  }
  ~ShellTest() override { std::filesystem::remove_all(directory); }

  // Runs `command` with sh; $GOLDEN is tests/golden.
  Outcome Shell(const std::string& command) const {
    const std::string program = std::filesystem::path(CONVNEXT_PROGRAM).parent_path();
    WriteText(directory + "/.command", command);
    const std::string line = "cd '" + directory + "' && PATH='" + program + "':\"$PATH\" GOLDEN='" +
                             CONVNEXT_SOURCE_DIR + "/tests/golden' sh .command >.out 2>.err </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadText(directory + "/.out"),
            ReadText(directory + "/.err")};
  }

  bool Exists(const std::string& path) const { return std::filesystem::exists(directory + "/" + path); }
  std::string Path(const std::string& path) const { return directory + "/" + path; }

  std::string directory;
};

}  // namespace convnext
