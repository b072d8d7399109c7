#include <zstd.h>

#include "convnext/archive/byte_source.h"

namespace convnext {
namespace {

// Frames of zstd, one behind the other. Those that need a window of more than 128 MiB (zstd --long=28 and above) are
// refused by the library, which bounds the memory.
class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<FileSource> file)
      : input_(std::move(file)), context_(::ZSTD_createDCtx(), &::ZSTD_freeDCtx) {
    if (!context_) damage_ = Status(Code::kIo, "no memory to unpack zstd").WithKind("archive.system");
  }

  size_t Read(std::span<std::byte> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size() && !ended_ && !damage_) {
      if (within_ || BeginFrame()) filled += Decompress(buffer.subspan(filled));
    }
    return filled;
  }

 private:
  // A frame of data, or one that is to be skipped: 0x184D2A50 to 0x184D2A5F.
  bool IsFrame() {
    if (input_.BeginsWith("\x28\xb5\x2f\xfd")) return true;
    if (!input_.Ensure(4)) return false;
    const auto bytes = input_.bytes();
    return (bytes[0] & std::byte{0xf0}) == std::byte{0x50} && bytes[1] == std::byte{0x2a} &&
           bytes[2] == std::byte{0x4d} && bytes[3] == std::byte{0x18};
  }

  // False at the end of the file, or of what is zstd in it.
  bool BeginFrame() {
    if (IsFrame()) return within_ = true;
    ended_ = true;
    damage_ = input_.file().damage();
    if (!damage_ && input_.Ensure(1))
      warnings_.push_back(fmt::format("what follows byte {} of the file is no zstd: it was not read", input_.offset()));
    return false;
  }

  size_t Decompress(std::span<std::byte> buffer) {
    const bool more = input_.Ensure(1);
    ZSTD_inBuffer in{input_.bytes().data(), input_.bytes().size(), 0};
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    const size_t result = ::ZSTD_decompressStream(context_.get(), &out, &in);
    input_.Consume(in.pos);
    if (::ZSTD_isError(result)) {
      damage_ = Invalid("the zstd stream is damaged at byte {} of the file or just before: {}", input_.offset(),
                        ::ZSTD_getErrorName(result))
                    .WithKind("archive.damaged");
    } else if (result == 0) {
      within_ = false;
    } else if (!more && out.pos == 0) {
      SetCut();
    }
    return out.pos;
  }

  void SetCut() {
    damage_ = input_.file().damage();
    if (damage_) return;
    damage_ =
        Invalid("the zstd stream is cut: the file ends within it, at byte {}", input_.offset()).WithKind("archive.cut");
  }

  PackedInput input_;
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  bool within_ = false;  // a frame
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> MakeZstdSource(std::unique_ptr<FileSource> file) {
  return std::make_unique<ZstdSource>(std::move(file));
}

}  // namespace convnext
