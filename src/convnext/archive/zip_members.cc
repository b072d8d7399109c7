// Members of a zip, in the order of their bytes in the file, which is that of its index unless somebody edited it.
#include <algorithm>
#include <cstring>

#include "convnext/archive/members.h"

namespace convnext {
namespace {

constexpr size_t kLocalHeader = 30;   // bytes before its name
constexpr size_t kMostField = 65535;  // bytes of a name, and of what is extra
constexpr size_t kEndRecord = 22;     // of the record that ends the index, at least

size_t Number16(std::span<const std::byte> bytes, size_t at) {
  return std::to_integer<size_t>(bytes[at]) | std::to_integer<size_t>(bytes[at + 1]) << 8;
}

class ZipMembers : public MemberReader {
 public:
  // `file` is what `source` holds.
  ZipMembers(FileSource& file, std::unique_ptr<ByteSource> source) : MemberReader(std::move(source)), file_(file) {
    has_index_ = HasIndex();
    reader_ = std::make_unique<LibarchiveReader>(
        stream_, has_index_ ? LibarchiveReader::Format::kZip : LibarchiveReader::Format::kZipWithoutIndex);
  }

 private:
  bool ReadsToTheEnd() const override { return true; }

  std::optional<Member> NextMember() override {
    if (IsEmpty()) {  // libarchive takes it for no archive
      Finish();
      return std::nullopt;
    }
    const int result = reader_->NextHeader();
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return WithLocalHeader(MakeMember(reader_->entry()));
    if (!has_index_) {
      const int64_t end = file_.size();
      SetDamage("archive.cut", fmt::format("it ends at byte {} without the index of a zip", end), end);
    } else if (result != ARCHIVE_EOF) {
      SetDamage("archive.damaged",
                fmt::format("no member can be read at byte {}: {}", reader_->header_offset(), reader_->error()),
                reader_->header_offset());
    }
    Finish();
    return std::nullopt;
  }

  // Whether the record that ends the index is there: in the last 16 KiB, as libarchive looks for it.
  bool HasIndex() {
    constexpr int64_t kTail = 16 * 1024;
    std::vector<std::byte> tail(static_cast<size_t>(std::min(kTail, file_.size())));
    tail.resize(file_.ReadAt(file_.size() - static_cast<int64_t>(tail.size()), tail));
    const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
    const size_t at = text.rfind("PK\x05\x06");
    return at != std::string_view::npos && at + kEndRecord <= text.size();
  }

  // Whether the file begins with the whole record that ends the index.
  bool IsEmpty() {
    std::vector<std::byte> bytes(kEndRecord);
    return file_.ReadAt(0, bytes) == bytes.size() && std::memcmp(bytes.data(), "PK\x05\x06", 4) == 0;
  }

  // The name and the place of the header that ends where the data begin: libarchive gives no name that it cannot
  // convert to the locale, and not the place.
  Member WithLocalHeader(Member member) {
    for (const size_t bytes : {size_t{512}, kLocalHeader + 2 * kMostField}) {
      if (FindLocalHeader(std::min<int64_t>(reader_->data_offset(), static_cast<int64_t>(bytes)), member)) break;
    }
    return member;
  }

  bool FindLocalHeader(int64_t window, Member& member) {
    const int64_t begin = reader_->data_offset() - window;
    std::vector<std::byte> bytes(static_cast<size_t>(window));
    if (file_.ReadAt(begin, bytes) != bytes.size() || bytes.size() < kLocalHeader) return false;
    for (size_t at = bytes.size() - kLocalHeader + 1; at-- > 0;) {
      if (std::memcmp(bytes.data() + at, "PK\x03\x04", 4) != 0) continue;
      const size_t name = Number16(bytes, at + 26), extra = Number16(bytes, at + 28);
      if (at + kLocalHeader + name + extra != bytes.size()) continue;
      member.offset = begin + static_cast<int64_t>(at);
      member.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + kLocalHeader, name);
      return true;
    }
    return false;
  }

  FileSource& file_;
  bool has_index_ = false;
};

}  // namespace

std::unique_ptr<MemberReader> MakeZipMembers(std::unique_ptr<FileSource> file) {
  FileSource& held = *file;
  return std::make_unique<ZipMembers>(held, std::move(file));
}

}  // namespace convnext
