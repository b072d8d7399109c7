// Runs every fuzz target over its corpus, where libFuzzer is not: fuzz_corpora DIRECTORY, which holds a folder for
// each.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "target.h"

namespace {

std::vector<FuzzTarget>& Targets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

// Returns the number of inputs.
size_t Replay(const FuzzTarget& target, const std::filesystem::path& corpus) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    target.run(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  std::printf("%s: %zu inputs\n", target.name, count);
  return count;
}

size_t CountFolders(const std::filesystem::path& directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

FuzzTarget::FuzzTarget(const char* name, int (*run)(const uint8_t* data, size_t size)) : name(name), run(run) {
  Targets().push_back(*this);
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: fuzz_corpora DIRECTORY\n"), 2;
  for (const FuzzTarget& target : Targets()) {
    if (Replay(target, std::filesystem::path(argv[1]) / target.name) == 0) return 1;
  }
  const size_t folders = CountFolders(argv[1]);
  std::printf("%zu targets, %zu corpora\n", Targets().size(), folders);
  return Targets().size() == folders ? 0 : 1;
}
