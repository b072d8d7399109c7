// Pictures out of archives of people's shards: the samples of webdataset in tar and zip files.
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

// What webdataset 1.0.2 makes a sample of: neighbouring members whose names agree up to the first dot of the base name.
struct Sample {
  std::string key;           // directory and base name up to its first dot, as webdataset's __key__
  int64_t index = 0;         // its place in the archive, from 0
  int64_t offset = 0;        // bytes from the beginning of the (uncompressed) archive to its first member's header
  std::string picture_name;  // the member that is the picture; empty: the sample has none
  std::vector<std::byte> picture;   // empty where SampleOptions::contents is false, or there is a problem
  std::vector<SampleFile> carried;  // the members whose extensions SampleOptions::carry names, in the archive's order
  // Why this sample cannot be used. kind(): "sample.no_picture", "sample.duplicate_key" (members of a key lie apart),
  // "sample.duplicate_member", "sample.too_large", "sample.too_many_members", "sample.name_too_long", "sample.sparse",
  // "sample.damaged" (one member of a zip), "sample.marked_bad" (it has a member of webdataset's extension "__bad__").
  std::optional<Status> problem;
  std::vector<std::string> warnings;  // several pictures, of which the first counts
};

struct SampleOptions {
  bool contents = true;                 // false: members are skipped, which seeks over them in an uncompressed file
  std::vector<std::string> carry = {};  // extensions in lower case: "json", "txt", "cls"
  int64_t first = 0;  // samples before this index are counted (keys too), but neither read nor returned
  int64_t max_picture_bytes = int64_t{1} << 30;
  int64_t max_carried_bytes = int64_t{1} << 20;  // of each member that is carried
};

// The samples of one archive, in its order: of a zip that of the members' bytes. Not thread-safe.
//
// Tar (ustar, GNU, pax; plain, in gzip or in zstd) and zip (stored and deflated). Names are bytes: no locale changes
// them. Directories are skipped; so are, with a warning that counts them, links, devices, encrypted members, what macOS
// adds ("._x", "__MACOSX/"), webdataset's own members ("__name__", "__name__/x") and names that give no key, as those
// without a dot. Tars one behind the other are read as one.
class SampleReader {
 public:
  // kind() of an error: "file.missing", "archive.system" (kIo), "archive.unreadable" (no archive of these formats; the
  // message says what was found), "archive.cut" or "archive.damaged" where that is so before the first header.
  static Result<std::unique_ptr<SampleReader>> Open(const std::string& path, const SampleOptions& options);
  ~SampleReader();

  // The next sample; nothing after the last. Before damage the whole samples that precede it come first. The sample
  // that the damage lies behind is among them if nothing of what was asked for can be missing: it has its picture and
  // all that SampleOptions::carry names.
  std::optional<Sample> Next();

  // Known once Next gave nothing. kind(): "archive.damaged", "archive.cut" (it ends within a header or a member),
  // "archive.system" (the system cannot read it: kIo), "archive.too_many_samples".
  const std::optional<Status>& damage() const;
  // Bytes into the archive; of a compressed one, into the uncompressed stream. The message says the place in the file.
  int64_t damage_offset() const;
  // Known then, too: no end marker, bytes behind the end that are no archive, members that were skipped, by count.
  const std::vector<std::string>& warnings() const;

 private:
  class Grouping;
  explicit SampleReader(std::unique_ptr<Grouping> grouping);
  std::unique_ptr<Grouping> grouping_;
};

// The bytes of the file whose name ends with `name` in the archive at `path`, of at most 512 MiB. kInvalid if there is
// none, or if it cannot be read.
Result<std::string> ReadFromArchive(const std::string& path, std::string_view name);

// The libraries that archives are read with, as they are loaded.
LibraryVersions ArchiveLibraryVersions();

}  // namespace convnext
