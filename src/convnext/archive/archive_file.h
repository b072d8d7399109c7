// The members of an archive by libarchive, over our own source of bytes, which counts them. Internal to archive/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/base/file_parts.h"

struct archive;
struct archive_entry;

namespace convnext {

struct ArchiveMember {
  std::string name;    // bytes as in the archive
  int64_t offset = 0;  // of its first header: in a compressed tar, of the tar that unpacks
  int64_t bytes = 0;   // what the archive says that it has
  bool is_file = false, is_directory = false, is_encrypted = false;
};

// Not thread-safe.
class ArchiveFile {
 public:
  static Result<std::unique_ptr<ArchiveFile>> Open(const std::string& path);
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;
  ~ArchiveFile();

  // The next member; nothing at the end, which may be one by damage.
  std::optional<ArchiveMember> Next();
  // The contents of the member that Next gave, at most `most` bytes; nothing where there are more, or by damage.
  std::optional<std::vector<std::byte>> Read(int64_t most);
  // Passes over the contents, and finds out whether they are whole.
  bool Skip();

  const std::optional<Status>& damage() const { return damage_; }
  int64_t damage_offset() const { return damage_offset_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Source;
  struct Locale;
  explicit ArchiveFile(const std::string& path);
  Status OpenReader();
  int64_t Position() const;
  std::string OffsetText(int64_t offset) const;
  bool IsEndMarker(int64_t offset) const;
  void End();
  void Damaged();
  std::optional<std::vector<std::byte>> ReadKnown(int64_t most);

  const std::string path_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Locale> locale_;
  archive* reader_ = nullptr;
  int64_t member_end_ = 0;  // bytes of the archive up to the end of the last member
  bool ended_ = false;
  std::optional<Status> damage_;
  int64_t damage_offset_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace convnext
