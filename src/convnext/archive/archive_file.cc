#include "convnext/archive/archive_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include "convnext/base/text.h"

namespace convnext {
namespace {

constexpr size_t kBlock = size_t{256} << 10;
constexpr int64_t kTarBlock = 512;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What a file is that libarchive does not take, where its first bytes tell.
std::string_view KindOf(std::string_view head) {
  if (head.empty()) return "it is empty";
  if (head.starts_with("\xFD"
                       "7zXZ"))
    return "it is compressed by xz";
  if (head.starts_with("BZh")) return "it is compressed by bzip2";
  if (head.starts_with("7z\xBC\xAF")) return "it is a 7z archive";
  if (head.starts_with("Rar!")) return "it is a RAR archive";
  if (head.starts_with("version https://git-lfs")) return "it is a pointer of Git LFS: fetch it with 'git lfs pull'";
  if (head.starts_with("<!") || head.starts_with("<html")) return "it is a page of HTML, as a failed download leaves";
  return "it is none";
}

}  // namespace

// The file. It is read and skipped within its length alone: what is cut off cannot be passed over in silence.
struct ArchiveFile::Source {
  FileDescriptor file;
  int64_t bytes = 0, position = 0;
  int error = 0;  // errno of a read
  std::array<std::byte, kBlock> block;

  static la_ssize_t Read(archive*, void* data, const void** buffer) {
    auto& source = *static_cast<Source*>(data);
    *buffer = source.block.data();
    ssize_t count = 0;
    do count = ::pread(source.file.get(), source.block.data(), kBlock, source.position);
    while (count < 0 && errno == EINTR);
    if (count < 0) source.error = errno;
    if (count > 0) source.position += count;
    return count;
  }
  static la_int64_t Skip(archive*, void* data, la_int64_t count) {
    auto& source = *static_cast<Source*>(data);
    const int64_t skipped = std::clamp<int64_t>(count, 0, source.bytes - source.position);
    source.position += skipped;
    return skipped;
  }
  static la_int64_t Seek(archive*, void* data, la_int64_t offset, int whence) {
    auto& source = *static_cast<Source*>(data);
    const int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source.position : source.bytes;
    if (offset < -from || offset > source.bytes - from) return ARCHIVE_FATAL;
    return source.position = from + offset;
  }
};

// libarchive turns names of pax headers, which are UTF-8, to the locale of the thread. Where that is "C" they would
// lose their characters.
struct ArchiveFile::Locale {
  locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  Locale() {
    if (utf8 == nullptr) utf8 = ::newlocale(LC_CTYPE_MASK, "en_US.UTF-8", nullptr);
  }
  Locale(const Locale&) = delete;
  Locale& operator=(const Locale&) = delete;
  ~Locale() {
    if (utf8 != nullptr) ::freelocale(utf8);
  }

  // For as long as it lives, in this thread.
  class Use {
   public:
    explicit Use(const Locale& locale) : before_(locale.utf8 == nullptr ? nullptr : ::uselocale(locale.utf8)) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (before_ != nullptr) ::uselocale(before_);
    }

   private:
    locale_t before_;
  };
};

ArchiveFile::ArchiveFile(const std::string& path) : path_(path), locale_(std::make_unique<Locale>()) {}

ArchiveFile::~ArchiveFile() {
  if (reader_ != nullptr) ::archive_read_free(reader_);
}

Result<std::unique_ptr<ArchiveFile>> ArchiveFile::Open(const std::string& path) {
  std::unique_ptr<ArchiveFile> file(new ArchiveFile(path));
  file->source_ = std::make_unique<Source>();
  Source& source = *file->source_;
  source.file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (source.file.get() < 0) return SystemError("open it", path, errno);
  struct stat info {};
  if (::fstat(source.file.get(), &info) != 0) return SystemError("read it", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return Invalid("{}: not a regular file; expected an archive", Printable(path, 1000)).WithKind("archive.unreadable");
  }
  source.bytes = info.st_size;
  CONVNEXT_RETURN_IF_ERROR(file->OpenReader());
  return file;
}

Status ArchiveFile::OpenReader() {
  const Locale::Use locale(*locale_);
  reader_ = ::archive_read_new();
  if (reader_ == nullptr) return IoError("{}: not enough memory", Printable(path_, 1000));
  ::archive_read_support_format_tar(reader_);
  ::archive_read_support_format_zip(reader_);
  ::archive_read_support_filter_gzip(reader_);
  ::archive_read_support_filter_zstd(reader_);
  ::archive_read_set_format_option(reader_, "tar", "read_concatenated_archives", "1");
  ::archive_read_set_read_callback(reader_, Source::Read);
  ::archive_read_set_skip_callback(reader_, Source::Skip);
  ::archive_read_set_seek_callback(reader_, Source::Seek);
  ::archive_read_set_callback_data(reader_, source_.get());
  if (::archive_read_open1(reader_) == ARCHIVE_OK) return {};
  std::array<std::byte, 64> head{};
  const ssize_t count = ::pread(source_->file.get(), head.data(), head.size(), 0);
  if (count < 0) return SystemError("read it", path_, errno);
  return Invalid("{}: not an archive that is read: {}; expected tar (plain, .gz or .zst) or zip",
                 Printable(path_, 1000), KindOf(TextOf(head).substr(0, static_cast<size_t>(count))))
      .WithKind("archive.unreadable");
}

int64_t ArchiveFile::Position() const { return ::archive_filter_bytes(reader_, 0); }

std::string ArchiveFile::OffsetText(int64_t offset) const {
  const bool compressed = ::archive_filter_count(reader_) > 1;
  return fmt::format("byte {}{}", offset, compressed ? " of what it unpacks to" : "");
}

// Whether the block there is of zeros, as the two are that end a tar. What is compressed cannot be looked at again.
bool ArchiveFile::IsEndMarker(int64_t offset) const {
  const bool tar = (::archive_format(reader_) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  if (!tar || ::archive_filter_count(reader_) > 1) return false;
  std::array<std::byte, kTarBlock> block{};
  const ssize_t count = ::pread(source_->file.get(), block.data(), block.size(), offset);
  return count == kTarBlock && std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{}; });
}

// The end that the archive's last header or the file's length makes.
void ArchiveFile::End() {
  ended_ = true;
  const bool tar = (::archive_format(reader_) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  if (tar && Position() - member_end_ < kTarBlock)
    warnings_.push_back(fmt::format("{}: it ends without an end marker at {}; it may have been cut",
                                    Printable(path_, 1000), OffsetText(member_end_)));
}

void ArchiveFile::Damaged() {
  if (ended_) return;
  ended_ = true;
  const char* text = ::archive_error_string(reader_);
  const std::string cause = Printable(text == nullptr ? "no cause is known" : text, 200);
  damage_offset_ = member_end_;
  if (source_->error != 0) {
    damage_ = SystemError("read it", path_, source_->error).WithKind("archive.system");
  } else if (IsEndMarker(member_end_)) {
    warnings_.push_back(fmt::format("{}: behind its end marker, at {}, lies what is no archive; it is not read",
                                    Printable(path_, 1000), OffsetText(Position())));
  } else {
    const bool cut = source_->position >= source_->bytes && (cause.find("runcated") != std::string::npos);
    damage_ = Invalid("{}: {} at {} ({}); all samples before it are whole. Fetch or write the archive again",
                      Printable(path_, 1000), cut ? "cut off" : "damaged", OffsetText(member_end_), cause)
                  .WithKind(cut ? "archive.cut" : "archive.damaged");
  }
}

std::optional<ArchiveMember> ArchiveFile::Next() {
  if (ended_) return std::nullopt;
  const Locale::Use locale(*locale_);
  archive_entry* entry = nullptr;
  member_end_ = Position();
  const int outcome = ::archive_read_next_header(reader_, &entry);
  if (outcome == ARCHIVE_EOF) return End(), std::nullopt;
  if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN) return Damaged(), std::nullopt;
  const char* name = ::archive_entry_pathname(entry);
  return ArchiveMember{
      .name = name == nullptr ? "" : name,
      .offset = ::archive_read_header_position(reader_),
      .bytes = ::archive_entry_size_is_set(entry) != 0 ? ::archive_entry_size(entry) : -1,
      .is_file = ::archive_entry_filetype(entry) == AE_IFREG && ::archive_entry_hardlink(entry) == nullptr,
      .is_directory = ::archive_entry_filetype(entry) == AE_IFDIR,
      .is_encrypted = ::archive_entry_is_encrypted(entry) != 0};
}

std::optional<std::vector<std::byte>> ArchiveFile::Read(int64_t most) {
  try {
    return ReadKnown(most);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

// The length in a header is not believed before the bytes are there.
std::optional<std::vector<std::byte>> ArchiveFile::ReadKnown(int64_t most) {
  const Locale::Use locale(*locale_);
  std::vector<std::byte> bytes;
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int outcome = ::archive_read_data_block(reader_, &block, &size, &offset);
    if (outcome == ARCHIVE_EOF) return bytes;
    if (outcome != ARCHIVE_OK) return Damaged(), std::nullopt;
    if (offset < 0 || offset > most || static_cast<int64_t>(size) > most - offset) return std::nullopt;
    bytes.resize(static_cast<size_t>(offset));  // a hole of a sparse file is zeros
    const auto* first = static_cast<const std::byte*>(block);
    bytes.insert(bytes.end(), first, first + size);
  }
}

bool ArchiveFile::Skip() {
  const Locale::Use locale(*locale_);
  const int outcome = ::archive_read_data_skip(reader_);
  if (outcome == ARCHIVE_OK || outcome == ARCHIVE_EOF) return true;
  Damaged();
  return false;
}

}  // namespace convnext
