#include "convnext/archive/members.h"

#include <algorithm>
#include <utility>

#include "convnext/archive/archive_kind.h"

namespace convnext {
namespace {

constexpr size_t kReadBytes = size_t{1} << 18;  // at a time; memory grows with what is there, not with what is claimed

Member::Kind KindOfEntry(::archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr)
    return Member::Kind::kOther;
  if (::archive_entry_filetype(entry) == AE_IFDIR) return Member::Kind::kDirectory;
  if (::archive_entry_filetype(entry) != AE_IFREG) return Member::Kind::kOther;
  if (::archive_entry_is_encrypted(entry) != 0) return Member::Kind::kEncrypted;
  return ::archive_entry_sparse_count(entry) > 0 ? Member::Kind::kSparse : Member::Kind::kFile;
}

}  // namespace

Member MemberReader::MakeMember(::archive_entry* entry) const {
  const char* const name = ::archive_entry_pathname(entry);
  Member member{name != nullptr ? name : "", KindOfEntry(entry), reader_->header_offset(), std::nullopt};
  if (::archive_entry_size_is_set(entry)) member.size = ::archive_entry_size(entry);
  return member;
}

std::optional<Member> MemberReader::Next() {
  if (within_) Skip();
  if (ended_) return std::nullopt;
  auto next = NextMember();
  if (!next) {
    ended_ = true;
    return next;
  }
  member_ = *next;
  data_offset_ = reader_->data_offset();
  within_ = true;
  return next;
}

ReadOutcome MemberReader::Read(int64_t max_bytes, std::vector<std::byte>& bytes) {
  bytes.clear();
  if (!within_) return ReadOutcome::kArchiveDamaged;
  const ReadOutcome outcome = member_.size.value_or(0) > max_bytes ? ReadOutcome::kTooLarge : ReadAll(max_bytes, bytes);
  if (outcome != ReadOutcome::kWhole) bytes.clear();
  if (outcome == ReadOutcome::kArchiveDamaged) return outcome;
  SkipRest();
  return outcome;
}

ReadOutcome MemberReader::ReadAll(int64_t max_bytes, std::vector<std::byte>& bytes) {
  while (ReadsToTheEnd() || static_cast<int64_t>(bytes.size()) < member_.size.value_or(0)) {
    const size_t before = bytes.size();
    if (static_cast<int64_t>(before) > max_bytes) return ReadOutcome::kTooLarge;
    const int64_t wanted = ReadsToTheEnd() ? max_bytes + 1 : member_.size.value_or(0);
    bytes.resize(before + std::min(kReadBytes, static_cast<size_t>(wanted) - before));
    const int64_t count = reader_->ReadData(std::span(bytes).subspan(before));
    bytes.resize(before + static_cast<size_t>(std::max<int64_t>(count, 0)));
    if (count < 0) return Failed(count);
    if (count == 0) break;
  }
  if (static_cast<int64_t>(bytes.size()) > max_bytes) return ReadOutcome::kTooLarge;
  if (!member_.size || static_cast<int64_t>(bytes.size()) == *member_.size) return ReadOutcome::kWhole;
  member_error_ = fmt::format("it has {} bytes, and its header says {}", bytes.size(), *member_.size);
  return ReadOutcome::kMemberDamaged;
}

ReadOutcome MemberReader::Failed(int64_t error) {
  member_error_ = reader_->error();
  if (error != ARCHIVE_FATAL) return ReadOutcome::kMemberDamaged;
  SetDataDamage();
  return ReadOutcome::kArchiveDamaged;
}

bool MemberReader::SkipRest() {
  within_ = false;
  const int skipped = reader_->SkipData();
  if (skipped == ARCHIVE_OK || skipped == ARCHIVE_EOF || skipped == ARCHIVE_WARN) return true;
  SetDataDamage();
  return false;
}

bool MemberReader::Skip() {
  if (!within_) return !ended_;
  if (SkipRest()) return true;
  // A tar may be cut behind the data, in what pads them to whole blocks.
  return member_.size && !ReadsToTheEnd() && *member_.size <= stream_.position() - data_offset_;
}

void MemberReader::SetDataDamage() {
  within_ = false;
  ended_ = true;
  const std::string name = Printable(member_.name);
  if (stream_.asked_past_end()) {
    const int64_t end = stream_.position();
    SetDamage("archive.cut", fmt::format("it ends within {}, at byte {}", name, end), end);
  } else {
    SetDamage("archive.damaged", fmt::format("{} cannot be read: {}", name, reader_->error()), member_.offset);
  }
}

void MemberReader::SetDamage(const char* kind, std::string_view what, int64_t offset) {
  if (damage_) return;
  damage_offset_ = offset;
  damage_ = stream_.source().damage();
  if (damage_) {
    damage_offset_ = stream_.position();
    damage_ = damage_->Prefixed(fmt::format("after byte {} of the archive", damage_offset_));
  } else {
    damage_ = Invalid("the archive is {}: {}", kind == std::string_view("archive.cut") ? "cut" : "damaged", what)
                  .WithKind(kind);
  }
}

void MemberReader::Finish() {
  const auto& source_warnings = stream_.source().warnings();
  warnings_.insert(warnings_.end(), source_warnings.begin(), source_warnings.end());
  if (stream_.source().damage()) SetDamage("archive.damaged", "", stream_.position());
}

}  // namespace convnext
