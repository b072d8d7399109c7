#include <zlib.h>

#include "convnext/archive/packed_source.h"

namespace convnext {
namespace {

// Members of gzip. zlib checks the CRC and the length of each.
class GzipSource : public PackedSource {
 public:
  explicit GzipSource(std::unique_ptr<FileSource> file) : PackedSource(std::move(file), "gzip") {
    ready_ = ::inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
    if (!ready_) SetNoMemory();
  }
  ~GzipSource() override {
    if (ready_) ::inflateEnd(&stream_);
  }

 private:
  // Zeros behind a member are padding, as for gzip itself.
  bool BeginStream() override {
    while (!first_ && input().BeginsWith(std::string_view("\0", 1))) input().Consume(1);
    if (!input().BeginsWith("\x1f\x8b") || ::inflateReset(&stream_) != Z_OK) return false;
    first_ = false;
    return true;
  }

  Step Unpack(std::span<std::byte> buffer) override {
    const auto bytes = input().bytes();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    input().Consume(bytes.size() - stream_.avail_in);
    Step step{.count = buffer.size() - stream_.avail_out, .ended = result == Z_STREAM_END, .error = {}};
    if (!step.ended && result != Z_OK && result != Z_BUF_ERROR)
      step.error = stream_.msg != nullptr ? stream_.msg : "zlib says no more";
    return step;
  }

  z_stream stream_{};
  bool ready_ = false;
  bool first_ = true;  // no member has begun
};

}  // namespace

std::unique_ptr<ByteSource> MakeGzipSource(std::unique_ptr<FileSource> file) {
  return std::make_unique<GzipSource>(std::move(file));
}

}  // namespace convnext
