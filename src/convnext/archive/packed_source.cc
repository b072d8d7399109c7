#include "convnext/archive/packed_source.h"

#include <cstring>

namespace convnext {

bool PackedInput::Ensure(size_t count) {
  if (end_ - begin_ >= count) return true;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const size_t more = file_->Read(std::span(buffer_).subspan(end_));
  end_ += more;
  read_ += static_cast<int64_t>(more);
  return end_ >= count;
}

bool PackedInput::BeginsWith(std::string_view magic) {
  return Ensure(magic.size()) && std::memcmp(bytes().data(), magic.data(), magic.size()) == 0;
}

size_t PackedSource::Read(std::span<std::byte> buffer) {
  size_t filled = 0;
  while (filled < buffer.size() && !ended_ && !damage_) {
    if (within_ || Begin()) filled += Advance(buffer.subspan(filled));
  }
  return filled;
}

// False at the end of the file, or of what is of this format in it.
bool PackedSource::Begin() {
  if (BeginStream()) return within_ = true;
  ended_ = true;
  damage_ = input_.file().damage();
  if (!damage_ && input_.Ensure(1)) {
    warnings_.push_back(
        fmt::format("what follows byte {} of the file is no {}: it was not read", input_.offset(), format_));
  }
  return false;
}

size_t PackedSource::Advance(std::span<std::byte> buffer) {
  const bool more = input_.Ensure(1);
  const Step step = Unpack(buffer);
  if (!step.error.empty()) {
    damage_ = Invalid("the {} stream is damaged at byte {} of the file or just before: {}", format_, input_.offset(),
                      step.error)
                  .WithKind("archive.damaged");
  } else if (step.ended) {
    within_ = false;
  } else if (!more && step.count == 0) {
    SetCut();
  }
  return step.count;
}

void PackedSource::SetCut() {
  damage_ = input_.file().damage();
  if (damage_) return;
  damage_ = Invalid("the {} stream is cut: the file ends within it, at byte {}", format_, input_.offset())
                .WithKind("archive.cut");
}

void PackedSource::SetNoMemory() {
  damage_ = Status(Code::kIo, fmt::format("no memory to unpack {}", format_)).WithKind("archive.system");
}

}  // namespace convnext
