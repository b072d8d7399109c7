// The program as its users meet it: a shell in an empty directory, with `convnext` on the path.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "paths.h"

namespace convnext {

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// An empty directory that goes away with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(testing::TempDir() + "convnext-test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // The names of what lies in it, in order.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

struct Outcome {
  int exit_code = -1;  // 128 + N for signal N, as the shell says
  std::string out, err;
};

// A golden photograph, for ShellTest::Shell.
inline constexpr const char* kPhoto = "$GOLDEN/images/coffee_301x200_progressive.jpg";

class ShellTest : public testing::Test {
 protected:
  // Runs `command` with sh; $GOLDEN is tests/golden.
  Outcome Shell(const std::string& command) const {
    const std::string program = std::filesystem::path(kProgram).parent_path();
    WriteText(Path(".command"), command);
    const std::string line = "cd '" + directory_.path() + "' && PATH='" + program + "':\"$PATH\" GOLDEN='" +
                             kSourceDirectory + "/tests/golden' sh .command >.out 2>.err </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadText(Path(".out")),
            ReadText(Path(".err"))};
  }

  bool Exists(const std::string& path) const { return std::filesystem::exists(Path(path)); }
  std::string Path(const std::string& path) const { return directory_ / path; }

 private:
  TemporaryDirectory directory_;
};

}  // namespace convnext
