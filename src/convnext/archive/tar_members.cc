// Members of tars, one archive behind the other. What libarchive takes for the end is looked at here: it says the same
// of an end marker, of a file that ends without one, and of a header that describes the next, which is not there.
#include "convnext/archive/archive_kind.h"
#include "convnext/archive/members.h"

namespace convnext {
namespace {

constexpr int64_t kBlock = kTarBlock, kEndMarker = 2 * kBlock;
constexpr int64_t kMostPadding = int64_t{1} << 30;  // zeros behind an archive that are read in search of a next one

class TarMembers : public MemberReader {
 public:
  explicit TarMembers(std::unique_ptr<ByteSource> source) : MemberReader(std::move(source)) {}

 private:
  bool ReadsToTheEnd() const override { return false; }

  std::optional<Member> NextMember() override {
    while (true) {
      if (!reader_) reader_ = std::make_unique<LibarchiveReader>(stream_, LibarchiveReader::Format::kTar);
      const int result = reader_->NextHeader();
      const bool named = result == ARCHIVE_OK || (result == ARCHIVE_WARN && HasName());
      if (named) return MakeMember(reader_->entry());
      if (!GoOnBehind(reader_->header_offset(), result == ARCHIVE_EOF)) return std::nullopt;
      reader_.reset();
    }
  }

  bool HasName() const { return ::archive_entry_pathname(reader_->entry()) != nullptr; }

  // Looks at what lies where there is no header that can be read. True: another archive begins where the stream stands.
  bool GoOnBehind(int64_t offset, bool is_end) {
    const bool cut = stream_.asked_past_end();
    const int64_t end = stream_.position();
    if (!stream_.GoBackTo(offset)) return DamagedHeader(offset, is_end, cut, end);
    const auto zeros = PassZeros();
    if (!zeros) {
      warnings_.push_back(fmt::format("more than {} bytes of zeros follow byte {}: they were not read to their end",
                                      kMostPadding, offset));
    } else if (stream_.asked_past_end()) {
      WarnOfEndMarker(offset, *zeros);
    } else if (*zeros < kBlock) {
      return DamagedHeader(offset, is_end, cut, end);
    } else if (BeginsNext(offset + *zeros / kBlock * kBlock)) {
      return true;
    }
    Finish();
    return false;
  }

  // How many zeros there are; the stream stands behind them. Nothing if there are too many.
  std::optional<int64_t> PassZeros() {
    int64_t zeros = 0;
    while (zeros <= kMostPadding) {
      const auto chunk = stream_.Next();
      size_t count = 0;
      while (count < chunk.size() && chunk[count] == std::byte{0}) ++count;
      zeros += static_cast<int64_t>(count);
      if (chunk.empty()) return zeros;
      if (count == chunk.size()) continue;
      stream_.GoBackTo(stream_.position() - static_cast<int64_t>(chunk.size() - count));
      return zeros;
    }
    return std::nullopt;
  }

  void WarnOfEndMarker(int64_t offset, int64_t zeros) {
    if (stream_.source().damage() || zeros >= kEndMarker) return;
    warnings_.push_back(fmt::format(
        "{} at byte {}, where the file ends: members behind may be missing; expected two blocks of 512 zeros",
        zeros == 0 ? "no end marker" : "half an end marker", offset));
  }

  bool BeginsNext(int64_t offset) {
    if (!stream_.GoBackTo(offset)) return false;
    if (IsTarHeader(stream_.Peek(kTarBlock))) return true;
    warnings_.push_back(fmt::format("what follows the end marker, from byte {}, is no tar: it was not read", offset));
    return false;
  }

  bool DamagedHeader(int64_t offset, bool is_end, bool cut, int64_t end) {
    if (cut) {
      stream_.GoBackTo(end);
      SetDamage("archive.cut", fmt::format("it ends within the header at byte {}, at byte {}", offset, end), end);
    } else {
      SetDamage("archive.damaged",
                fmt::format("no header of a member at byte {}: {}", offset,
                            is_end ? "what describes a member is there, and the member is not" : reader_->error()),
                offset);
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<MemberReader> MakeTarMembers(std::unique_ptr<ByteSource> source) {
  return std::make_unique<TarMembers>(std::move(source));
}

}  // namespace convnext
