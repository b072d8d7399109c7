// Runs every fuzz target over its corpus, where libFuzzer is not: fuzz_corpora DIRECTORY, which holds a folder for
// each.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "target.h"

namespace {

std::map<std::string, FuzzFunction>& Targets() {
  static std::map<std::string, FuzzFunction> targets;
  return targets;
}

// Returns the number of inputs.
size_t Replay(FuzzFunction function, const std::filesystem::path& corpus) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    function(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  return count;
}

size_t CountFolders(const std::filesystem::path& directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

bool RegisterFuzzTarget(const char* name, FuzzFunction function) { return Targets().emplace(name, function).second; }

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: fuzz_corpora DIRECTORY\n"), 2;
  for (const auto& [name, function] : Targets()) {
    const size_t count = Replay(function, std::filesystem::path(argv[1]) / name);
    std::printf("%s: %zu inputs\n", name.c_str(), count);
    if (count == 0) return 1;
  }
  const size_t folders = CountFolders(argv[1]);
  std::printf("%zu targets, %zu corpora\n", Targets().size(), folders);
  return Targets().size() == folders ? 0 : 1;
}
