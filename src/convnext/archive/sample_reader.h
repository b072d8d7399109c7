#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// Whether the name of a file ends as those of archives do that SampleReader reads: .tar, .tar.gz, .tgz, .tar.zst,
// .tzst, .zip, in any case.
bool HasArchiveExtension(std::string_view path);

struct SampleFile {
  std::string extension;  // what follows the first dot of the base name, in lower case
  std::vector<std::byte> bytes;
};

// Neighbouring members whose names agree up to the first dot of their base names, as webdataset 1.0 groups them.
struct Sample {
  std::string key;                  // directory and base name up to its first dot
  int64_t index = 0;                // its place in the archive
  int64_t offset = 0;               // bytes up to its first member's header, of the archive as it unpacks
  std::string picture_name;         // the member that is the picture; empty: there is none
  std::vector<std::byte> picture;   // empty without SampleOptions::contents
  std::vector<SampleFile> carried;  // the members that SampleOptions::carry names, in the archive's order
  // Why the sample cannot be used: "sample.no_picture", "sample.duplicate_key" (an earlier sample that is no neighbour
  // has its key), "sample.duplicate_member", "sample.too_large", "sample.name".
  std::optional<Status> problem;
  std::vector<std::string> warnings;
};

struct SampleOptions {
  bool contents = true;  // false: members are passed over, by seeking where the archive is not compressed
  std::vector<std::string> carry = {};  // extensions: "json", "txt", "cls"
  int64_t first = 0;                    // samples before this one are counted, and neither read nor given
  int64_t max_picture_bytes = int64_t{1} << 30, max_carried_bytes = int64_t{1} << 20;
};

// The samples of one archive, in its order. Not thread-safe.
class SampleReader {
 public:
  // kInvalid or kIo, with a kind, where the file cannot be opened, or is no archive of these formats.
  static Result<std::unique_ptr<SampleReader>> Open(const std::string& path, const SampleOptions& options);
  virtual ~SampleReader() = default;

  // The next sample; nothing after the last. Of a damaged archive every whole sample that precedes the damage comes.
  virtual std::optional<Sample> Next() = 0;

  // Known once Next has given nothing. Kinds: "archive.cut", "archive.damaged", "archive.system" (it cannot be read).
  virtual const std::optional<Status>& damage() const = 0;
  virtual int64_t damage_offset() const = 0;  // bytes of the archive as it unpacks up to the member that is not whole
  // No end marker, bytes behind it, members that were skipped.
  virtual std::vector<std::string> warnings() const = 0;
};

// The bytes of the first file whose path ends with `name` in the archive at `path`, at most 512 MiB.
Result<std::string> ReadFromArchive(const std::string& path, std::string_view name);

}  // namespace convnext
