// Any bytes as an archive: reading it ends, within the limits, and what it says is safe to print.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "convnext/archive/archive.h"
#include "convnext/base/file_parts.h"
#include "target.h"

namespace {

constexpr int64_t kMost = 4096;  // bytes of a member

void CheckSample(const convnext::Sample& sample) {
  Require(static_cast<int64_t>(sample.picture.size()) <= kMost);
  if (sample.problem) RequireGoodMessage(*sample.problem);
  Require(sample.problem || !sample.picture_name.empty());
  for (const convnext::SampleFile& file : sample.carried) Require(static_cast<int64_t>(file.bytes.size()) <= kMost);
}

}  // namespace

FUZZ_TARGET(archive) {
  const convnext::FileDescriptor file(::memfd_create("archive", MFD_CLOEXEC));
  Require(::write(file.get(), data, size) == static_cast<ssize_t>(size));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const auto reader = convnext::SampleReader::Open(
      path, {.contents = true, .carry = {"txt"}, .max_picture_bytes = kMost, .max_carried_bytes = kMost});
  if (!reader.ok()) return RequireGoodMessage(reader.status()), 0;
  while (const auto sample = (*reader)->Next()) CheckSample(*sample);
  if ((*reader)->damage()) RequireGoodMessage(*(*reader)->damage());
  for (const std::string& warning : (*reader)->warnings()) Require(convnext::Printable(warning, 4000) == warning);
  return 0;
}
