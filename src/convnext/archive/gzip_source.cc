#include <zlib.h>

#include "convnext/archive/byte_source.h"

namespace convnext {
namespace {

// Members of gzip, one behind the other. zlib checks the CRC and the length of each.
class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<FileSource> file) : input_(std::move(file)) {
    ready_ = ::inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
    if (!ready_) damage_ = Status(Code::kIo, "no memory to unpack gzip").WithKind("archive.system");
  }
  ~GzipSource() override {
    if (ready_) ::inflateEnd(&stream_);
  }

  size_t Read(std::span<std::byte> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size() && !ended_ && !damage_) {
      if (within_ || BeginMember()) filled += Inflate(buffer.subspan(filled));
    }
    return filled;
  }

 private:
  // False at the end of the file, or of what is gzip in it. Zeros behind a member are padding, as for gzip itself.
  bool BeginMember() {
    while (!first_ && input_.BeginsWith(std::string_view("\0", 1))) input_.Consume(1);
    if (input_.BeginsWith("\x1f\x8b") && ::inflateReset(&stream_) == Z_OK) {
      first_ = false;
      return within_ = true;
    }
    ended_ = true;
    damage_ = input_.file().damage();
    if (!damage_ && input_.Ensure(1))
      warnings_.push_back(fmt::format("what follows byte {} of the file is no gzip: it was not read", input_.offset()));
    return false;
  }

  size_t Inflate(std::span<std::byte> buffer) {
    const bool more = input_.Ensure(1);
    const auto bytes = input_.bytes();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    input_.Consume(bytes.size() - stream_.avail_in);
    const size_t count = buffer.size() - stream_.avail_out;
    if (result == Z_STREAM_END)
      within_ = false;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      SetDamaged();
    else if (!more && count == 0)
      SetCut();
    return count;
  }

  void SetDamaged() {
    damage_ = Invalid("the gzip stream is damaged at byte {} of the file or just before: {}", input_.offset(),
                      stream_.msg != nullptr ? stream_.msg : "zlib says no more")
                  .WithKind("archive.damaged");
  }
  void SetCut() {
    damage_ = input_.file().damage();
    if (damage_) return;
    damage_ =
        Invalid("the gzip stream is cut: the file ends within it, at byte {}", input_.offset()).WithKind("archive.cut");
  }

  PackedInput input_;
  z_stream stream_{};
  bool ready_ = false;
  bool first_ = true;    // no member has begun
  bool within_ = false;  // a member
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> MakeGzipSource(std::unique_ptr<FileSource> file) {
  return std::make_unique<GzipSource>(std::move(file));
}

}  // namespace convnext
