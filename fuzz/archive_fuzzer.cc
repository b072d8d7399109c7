// Any bytes as an archive: read or refused, with and without contents; nothing above the limits comes out.
#include <sys/mman.h>
#include <unistd.h>

#include <set>

#include "convnext/archive/archive.h"
#include "target.h"

namespace {

constexpr int64_t kMostBytes = 4096;

void CheckSample(const convnext::Sample& sample, int64_t index) {
  Require(sample.index == index && sample.offset >= 0 && !sample.key.empty());
  Require(sample.picture.size() <= kMostBytes && sample.key.size() <= 4096);
  for (const auto& file : sample.carried) Require(file.bytes.size() <= kMostBytes && file.extension == "json");
  if (sample.problem) RequireGoodMessage(*sample.problem);
  Require(sample.problem || !sample.picture_name.empty());
}

void ReadAll(const std::string& path, bool contents) {
  const auto reader = convnext::SampleReader::Open(
      path,
      {.contents = contents, .carry = {"json"}, .max_picture_bytes = kMostBytes, .max_carried_bytes = kMostBytes});
  if (!reader.ok()) return RequireGoodMessage(reader.status());
  std::set<std::string> keys;
  int64_t index = 0;
  while (const auto sample = (*reader)->Next()) {
    CheckSample(*sample, index++);
    const bool again = !keys.insert(sample->key).second;
    Require(!again || sample->problem);
  }
  if (!(*reader)->damage()) return;
  RequireGoodMessage(*(*reader)->damage());
  Require((*reader)->damage_offset() >= 0);
}

}  // namespace

FUZZ_TARGET(archive) {
  const int file = ::memfd_create("archive", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  for (const bool contents : {true, false}) ReadAll(path, contents);
  static_cast<void>(convnext::ReadFromArchive(path, "x"));
  ::close(file);
  return 0;
}
