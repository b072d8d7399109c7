#include "convnext/archive/libarchive_reader.h"

#include <locale.h>

#include <functional>

namespace convnext {
namespace {

// libarchive converts names that an archive says are UTF-8 to the thread's locale, and composes their characters. In
// the C locale it cannot, and leaves those of tar as they are; ZipMembers reads names itself.
class InCLocale {
 public:
  InCLocale() : before_(::uselocale(Locale())) {}
  ~InCLocale() { ::uselocale(before_); }
  InCLocale(const InCLocale&) = delete;
  InCLocale& operator=(const InCLocale&) = delete;

 private:
  static locale_t Locale() {
    static const locale_t locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return locale;
  }
  locale_t before_;
};

la_ssize_t ReadCallback(::archive*, void* data, const void** buffer) {
  const auto bytes = static_cast<ChunkStream*>(data)->Next();
  *buffer = bytes.data();
  return static_cast<la_ssize_t>(bytes.size());
}

la_int64_t SkipCallback(::archive*, void* data, la_int64_t count) {
  return static_cast<ChunkStream*>(data)->Skip(count);
}

// Of a zip, which is a plain file.
la_int64_t SeekCallback(::archive*, void* data, la_int64_t offset, int whence) {
  auto* const stream = static_cast<ChunkStream*>(data);
  const auto* const file = dynamic_cast<const FileSource*>(&stream->source());
  if (file == nullptr) return ARCHIVE_FATAL;
  if (whence == SEEK_CUR) offset += stream->position();
  if (whence == SEEK_END) offset += file->size();
  return stream->Seek(offset) ? offset : la_int64_t{ARCHIVE_FATAL};
}

}  // namespace

LibarchiveReader::LibarchiveReader(ChunkStream& stream, Format format)
    : archive_(::archive_read_new(), &::archive_read_free),
      base_(stream.position()),
      header_offset_(base_),
      opened_(ARCHIVE_FATAL) {
  ::archive* const archive = archive_.get();
  if (archive == nullptr) return;
  opened_ = Call([archive, format] {
    if (format == Format::kTar) return ::archive_read_support_format_tar(archive);
    return format == Format::kZip ? ::archive_read_support_format_zip_seekable(archive)
                                  : ::archive_read_support_format_zip_streamable(archive);
  });
  ::archive_read_set_callback_data(archive, &stream);
  ::archive_read_set_read_callback(archive, &ReadCallback);
  ::archive_read_set_skip_callback(archive, &SkipCallback);
  if (format == Format::kZip) ::archive_read_set_seek_callback(archive, &SeekCallback);
  if (opened_ == ARCHIVE_OK) opened_ = Call([archive] { return ::archive_read_open1(archive); });
}

int LibarchiveReader::Call(const std::function<int()>& call) const {
  const InCLocale in_c_locale;
  return call();
}

int LibarchiveReader::NextHeader() {
  if (opened_ != ARCHIVE_OK) return ARCHIVE_FATAL;
  header_offset_ = data_offset();  // archive_read_header_position gives no place after a fatal error
  return Call([this] { return ::archive_read_next_header(archive_.get(), &entry_); });
}

int64_t LibarchiveReader::ReadData(std::span<std::byte> buffer) {
  const InCLocale in_c_locale;
  return ::archive_read_data(archive_.get(), buffer.data(), buffer.size());
}

int LibarchiveReader::SkipData() {
  return Call([this] { return ::archive_read_data_skip(archive_.get()); });
}

std::string LibarchiveReader::error() const {
  const char* const text = archive_ ? ::archive_error_string(archive_.get()) : "no memory";
  return Printable(text != nullptr ? text : "libarchive says no more", 300);
}

}  // namespace convnext
