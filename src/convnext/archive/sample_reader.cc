#include <algorithm>
#include <map>
#include <utility>

#include "convnext/archive/archive.h"
#include "convnext/archive/key_set.h"
#include "convnext/archive/members.h"
#include "convnext/archive/names.h"
#include "convnext/image/image.h"

namespace convnext {
namespace {

constexpr size_t kMostMembers = 1000;               // of a sample; their extensions are held in memory
constexpr int64_t kMostSamples = int64_t{1} << 26;  // of an archive; their keys are held in memory

bool Contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsPicture(const std::string& extension) {
  return extension.find('.') == std::string::npos && HasPictureExtension("." + extension);
}

}  // namespace

// Makes samples of members, with one sample under way.
class SampleReader::Grouping {
 public:
  Grouping(std::unique_ptr<MemberReader> members, const SampleOptions& options)
      : members_(std::move(members)), options_(options) {}

  std::optional<Sample> Next() {
    while (!finished_) {
      auto member = members_->Next();
      auto done = member ? Take(*member) : End();
      if (done && done->index >= options_.first) return done;
    }
    return std::nullopt;
  }

  const std::optional<Status>& damage() const { return damage_; }
  int64_t damage_offset() const { return damage_offset_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  // Gives the sample before, if `member` is not of it.
  std::optional<Sample> Take(const Member& member) {
    const auto name = NameOf(member);
    if (!name) return std::nullopt;
    std::optional<Sample> done;
    if (!sample_ || sample_->key != name->key) {
      done = Finished();
      if (!Begin(name->key, member)) return done;
    }
    Add(name->extension, member);
    return done;
  }

  // Nothing for members that are of no sample; they are counted.
  std::optional<KeyAndExtension> NameOf(const Member& member) {
    if (member.kind == Member::Kind::kDirectory) return std::nullopt;
    auto name = SplitName(member.name);
    const char* skipped = nullptr;
    if (member.kind == Member::Kind::kOther)
      skipped = "links, devices or pipes";
    else if (member.kind == Member::Kind::kEncrypted)
      skipped = "encrypted";
    else if (IsMacMember(member.name))
      skipped = "what macOS adds (\"._x\", \"__MACOSX/\")";
    else if (IsWebdatasetMeta(member.name))
      skipped = "webdataset's own (\"__x__\")";
    else if (!name)
      skipped = "of names without a key and an extension";
    if (skipped == nullptr) return name;
    ++skipped_[skipped];
    return std::nullopt;
  }

  bool Begin(const std::string& key, const Member& member) {
    if (next_index_ == kMostSamples) {
      finished_ = true;
      SetDamage(Invalid("more than {} samples, the most of an archive; split it", kMostSamples)
                    .WithKind("archive.too_many_samples"),
                member.offset);
      return false;
    }
    sample_.emplace();
    sample_->key = key;
    sample_->index = next_index_++;
    sample_->offset = member.offset;
    extensions_.clear();
    member_is_missing_ = false;
    if (!keys_.Insert(key))
      SetProblem("sample.duplicate_key", "members of this key lie in the archive before, apart from these");
    return true;
  }

  void Add(const std::string& extension, const Member& member) {
    if (member.name.size() > kMostNameBytes) {
      SetProblem("sample.name_too_long",
                 fmt::format("a name of {} bytes; expected at most {}", member.name.size(), kMostNameBytes));
    }
    if (extensions_.size() == kMostMembers) {
      SetProblem("sample.too_many_members", fmt::format("more than {} members", kMostMembers));
    } else if (Contains(extensions_, extension)) {
      SetProblem("sample.duplicate_member", fmt::format("two members of the extension {}", Printable(extension)));
    } else {
      extensions_.push_back(extension);
      if (extension == "__bad__" && member.size.value_or(0) > 0)
        SetProblem("sample.marked_bad", "a member __bad__, for which webdataset drops the sample");
      AddContents(extension, member);
    }
  }

  void AddContents(const std::string& extension, const Member& member) {
    const bool picture = IsPicture(extension);
    if (picture && sample_->picture_name.empty()) {
      sample_->picture_name = member.name;
      ReadContents(member, options_.max_picture_bytes, sample_->picture);
    } else if (picture) {
      sample_->warnings.push_back(fmt::format("several pictures: {} counts, {} does not",
                                              Printable(sample_->picture_name), Printable(member.name)));
    }
    if (!Contains(options_.carry, extension)) return;
    auto& file = sample_->carried.emplace_back(SampleFile{extension, {}});
    if (picture && sample_->picture_name == member.name)
      file.bytes = sample_->picture;
    else
      ReadContents(member, options_.max_carried_bytes, file.bytes);
  }

  void ReadContents(const Member& member, int64_t max_bytes, std::vector<std::byte>& bytes) {
    if (member.kind == Member::Kind::kSparse)
      return SetProblem("sample.sparse", fmt::format("{} is a sparse file, which is not read", Printable(member.name)));
    if (!options_.contents || sample_->index < options_.first || sample_->problem) {
      member_is_missing_ = !members_->Skip();
      return;
    }
    const ReadOutcome outcome = members_->Read(max_bytes, bytes);
    member_is_missing_ = outcome == ReadOutcome::kArchiveDamaged;
    if (outcome == ReadOutcome::kTooLarge) {
      SetProblem("sample.too_large",
                 fmt::format("{} has more than {} bytes, the most that is read", Printable(member.name), max_bytes));
    } else if (outcome == ReadOutcome::kMemberDamaged) {
      SetProblem("sample.damaged", fmt::format("{}: {}", Printable(member.name), members_->member_error()));
    }
  }

  void SetProblem(const char* kind, const std::string& text) {
    if (!sample_->problem) sample_->problem = Invalid("{}: {}", Printable(sample_->key), text).WithKind(kind);
  }

  // Ends the sample under way.
  std::optional<Sample> Finished() {
    if (sample_ && sample_->picture_name.empty()) {
      std::string found;
      for (const auto& extension : extensions_) {
        if (found.size() < 200) found += (found.empty() ? "" : ", ") + Printable(extension, 50);
      }
      SetProblem("sample.no_picture", fmt::format("no picture among its members ({})", found));
    }
    if (sample_ && sample_->problem) sample_->picture.clear(), sample_->carried.clear();
    if (sample_ && sample_->key.size() > kMostNameBytes) sample_->key.resize(kMostNameBytes);
    if (sample_ && sample_->picture_name.size() > kMostNameBytes) sample_->picture_name.resize(kMostNameBytes);
    return std::exchange(sample_, std::nullopt);
  }

  // Whether nothing of the sample under way that was asked for can lie in what is damaged.
  bool IsWhole() const {
    if (!sample_ || member_is_missing_ || sample_->picture_name.empty()) return false;
    return std::all_of(options_.carry.begin(), options_.carry.end(),
                       [this](const std::string& extension) { return Contains(extensions_, extension); });
  }

  // Behind the last member.
  std::optional<Sample> End() {
    finished_ = true;
    if (members_->damage()) SetDamage(*members_->damage(), members_->damage_offset());
    warnings_ = members_->warnings();
    for (const auto& [what, count] : skipped_)
      warnings_.push_back(fmt::format("{} skipped: {}", Pluralize(static_cast<size_t>(count), "member"), what));
    if (damage_ && !IsWhole()) sample_.reset();
    return Finished();
  }

  void SetDamage(const Status& status, int64_t offset) {
    damage_ = status;
    damage_offset_ = offset;
  }

  std::unique_ptr<MemberReader> members_;
  SampleOptions options_;
  std::optional<Sample> sample_;         // under way
  std::vector<std::string> extensions_;  // of its members
  bool member_is_missing_ = false;       // one that was asked for, or its end
  KeySet keys_;
  int64_t next_index_ = 0;
  std::map<std::string, int64_t> skipped_;  // members, by why
  bool finished_ = false;
  std::optional<Status> damage_;
  int64_t damage_offset_ = 0;
  std::vector<std::string> warnings_;
};

SampleReader::SampleReader(std::unique_ptr<Grouping> grouping) : grouping_(std::move(grouping)) {}
SampleReader::~SampleReader() = default;

Result<std::unique_ptr<SampleReader>> SampleReader::Open(const std::string& path, const SampleOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(auto members, OpenMembers(path));
  return std::unique_ptr<SampleReader>(new SampleReader(std::make_unique<Grouping>(std::move(members), options)));
}

std::optional<Sample> SampleReader::Next() { return grouping_->Next(); }
const std::optional<Status>& SampleReader::damage() const { return grouping_->damage(); }
int64_t SampleReader::damage_offset() const { return grouping_->damage_offset(); }
const std::vector<std::string>& SampleReader::warnings() const { return grouping_->warnings(); }

}  // namespace convnext
