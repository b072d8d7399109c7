#include <zstd.h>

#include "convnext/archive/packed_source.h"

namespace convnext {
namespace {

// Frames of zstd. Those that need a window of more than 128 MiB (zstd --long=28 and above) are refused by the library,
// which bounds the memory.
class ZstdSource : public PackedSource {
 public:
  explicit ZstdSource(std::unique_ptr<FileSource> file)
      : PackedSource(std::move(file), "zstd"), context_(::ZSTD_createDCtx(), &::ZSTD_freeDCtx) {
    if (!context_) SetNoMemory();
  }

 private:
  // A frame of data, or one that is to be skipped: 0x184D2A50 to 0x184D2A5F.
  bool BeginStream() override {
    if (input().BeginsWith("\x28\xb5\x2f\xfd")) return true;
    if (!input().Ensure(4)) return false;
    const auto bytes = input().bytes();
    return (bytes[0] & std::byte{0xf0}) == std::byte{0x50} && bytes[1] == std::byte{0x2a} &&
           bytes[2] == std::byte{0x4d} && bytes[3] == std::byte{0x18};
  }

  Step Unpack(std::span<std::byte> buffer) override {
    ZSTD_inBuffer in{input().bytes().data(), input().bytes().size(), 0};
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    const size_t result = ::ZSTD_decompressStream(context_.get(), &out, &in);
    input().Consume(in.pos);
    Step step{.count = out.pos, .ended = result == 0, .error = {}};
    if (::ZSTD_isError(result)) step.error = ::ZSTD_getErrorName(result);
    return step;
  }

  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
};

}  // namespace

std::unique_ptr<ByteSource> MakeZstdSource(std::unique_ptr<FileSource> file) {
  return std::make_unique<ZstdSource>(std::move(file));
}

}  // namespace convnext
