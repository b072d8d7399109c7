// The members of an archive, one after the other, whatever holds them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/archive/chunk_stream.h"
#include "convnext/archive/libarchive_reader.h"

namespace convnext {

struct Member {
  enum class Kind { kFile, kDirectory, kSparse, kEncrypted, kOther };  // kOther: links, devices, pipes
  std::string name;                                                    // bytes, as they are in the archive
  Kind kind = Kind::kOther;
  int64_t offset = 0;           // of its first header, in the uncompressed archive
  std::optional<int64_t> size;  // where the header says it
};

enum class ReadOutcome {
  kWhole,
  kTooLarge,        // there are more bytes than were asked for; the rest is skipped
  kMemberDamaged,   // this member alone; why: MemberReader::member_error
  kArchiveDamaged,  // its end is not there; Next gives nothing more
};

class MemberReader {
 public:
  virtual ~MemberReader() = default;
  std::optional<Member> Next();
  // The contents of the member that Next gave last, once.
  ReadOutcome Read(int64_t max_bytes, std::vector<std::byte>& bytes);
  // Passes over them. False where they are not all there.
  bool Skip();
  const std::string& member_error() const { return member_error_; }

  // Once Next gave nothing.
  const std::optional<Status>& damage() const { return damage_; }
  int64_t damage_offset() const { return damage_offset_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 protected:
  explicit MemberReader(std::unique_ptr<ByteSource> source) : stream_(std::move(source)) {}

  // Finds the next header, or calls Finish or SetDamage and gives nothing.
  virtual std::optional<Member> NextMember() = 0;
  // Whether reading goes on to the end that the format itself marks, where it checks sums.
  virtual bool ReadsToTheEnd() const = 0;

  Member MakeMember(::archive_entry* entry) const;
  // At most one is kept. What the source says comes before what follows from it.
  void SetDamage(const char* kind, std::string_view what, int64_t offset);
  void Finish();

  ChunkStream stream_;
  std::unique_ptr<LibarchiveReader> reader_;
  std::vector<std::string> warnings_;

 private:
  ReadOutcome ReadAll(int64_t max_bytes, std::vector<std::byte>& bytes);
  ReadOutcome Failed(int64_t error);
  bool SkipRest();
  // The data could not be read or passed over to their end.
  void SetDataDamage();

  Member member_;
  bool within_ = false;  // the data of member_, which are neither read nor skipped
  bool ended_ = false;
  int64_t data_offset_ = 0;
  std::string member_error_;
  std::optional<Status> damage_;
  int64_t damage_offset_ = 0;
};

std::unique_ptr<MemberReader> MakeTarMembers(std::unique_ptr<ByteSource> source);
std::unique_ptr<MemberReader> MakeZipMembers(std::unique_ptr<FileSource> file);

// By what the file is, not by its name. Errors: SampleReader::Open says them.
Result<std::unique_ptr<MemberReader>> OpenMembers(const std::string& path);

}  // namespace convnext
