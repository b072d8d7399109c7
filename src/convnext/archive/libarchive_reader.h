// libarchive's reader over a stream. Its errors are values here, and no locale changes what it gives.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "convnext/archive/chunk_stream.h"

namespace convnext {

class LibarchiveReader {
 public:
  enum class Format { kTar, kZip, kZipWithoutIndex };

  // Reads from where `stream` stands, which must outlive the reader. A zip with its index begins at 0.
  LibarchiveReader(ChunkStream& stream, Format format);

  // ARCHIVE_OK or ARCHIVE_WARN: entry() is the next member. The data of the one before must be read or skipped.
  int NextHeader();
  ::archive_entry* entry() const { return entry_; }
  // As many bytes as there are, up to the size of `buffer`; negative: ARCHIVE_WARN, ARCHIVE_FAILED or ARCHIVE_FATAL.
  int64_t ReadData(std::span<std::byte> buffer);
  int SkipData();

  // Of the first block of the header that was asked for last, and of what is read next, in the stream.
  int64_t header_offset() const { return header_offset_; }
  int64_t data_offset() const { return base_ + ::archive_filter_bytes(archive_.get(), 0); }
  std::string error() const;  // printable

 private:
  int Call(const std::function<int()>& call) const;

  std::unique_ptr<::archive, int (*)(::archive*)> archive_;
  ::archive_entry* entry_ = nullptr;
  int64_t base_, header_offset_;
  int opened_;
};

}  // namespace convnext
