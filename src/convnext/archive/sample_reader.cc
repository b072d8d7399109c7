#include "convnext/archive/sample_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "convnext/archive/archive_file.h"
#include "convnext/archive/sample_name.h"

namespace convnext {
namespace {

constexpr size_t kLongestName = 4096;
constexpr int64_t kMostFileBytes = int64_t{512} << 20;  // of ReadFromArchive

// The keys of an archive, by the first 64 bits of their digests: of a billion, two meet by chance once in 37 archives.
class SeenKeys {
 public:
  // Whether `key` is new.
  bool Add(std::string_view key) {
    const std::string digest = Sha256(std::as_bytes(std::span(key)));
    uint64_t bits = 0;
    std::from_chars(digest.data(), digest.data() + 16, bits, 16);
    return seen_.insert(bits).second;
  }

 private:
  std::unordered_set<uint64_t> seen_;
};

class ArchiveSamples final : public SampleReader {
 public:
  ArchiveSamples(std::unique_ptr<ArchiveFile> file, const SampleOptions& options)
      : file_(std::move(file)), options_(options) {}

  std::optional<Sample> Next() override {
    while (true) {
      std::optional<Sample> sample = Assemble();
      if (!sample || sample->index >= options_.first) return sample;
    }
  }
  const std::optional<Status>& damage() const override { return file_->damage(); }
  int64_t damage_offset() const override { return file_->damage_offset(); }
  std::vector<std::string> warnings() const override {
    std::vector<std::string> all = file_->warnings();
    if (links_ > 0)
      all.push_back(fmt::format("{} that are links or devices were skipped", Pluralize(links_, "member")));
    if (encrypted_ > 0)
      all.push_back(fmt::format("{} that are encrypted were skipped", Pluralize(encrypted_, "member")));
    if (apple_ > 0) all.push_back(fmt::format("{} of macOS (\"._name\") were skipped", Pluralize(apple_, "member")));
    return all;
  }

 private:
  // A member that was begun: the sample of another key ends where it begins.
  struct Member {
    ArchiveMember file;
    SampleName name;
  };

  // All members of one key.
  std::optional<Sample> Assemble() {
    if (!next_ && !(next_ = NextMember())) return std::nullopt;
    Sample sample;
    sample.key = next_->name.key;
    sample.index = index_;
    sample.offset = next_->file.offset;
    if (next_->file.name.size() > kLongestName) {
      sample.key = Printable(next_->file.name, 255);
      sample.problem = Invalid("a name of {} bytes; expected at most {}", next_->file.name.size(), kLongestName)
                           .WithKind("sample.name");
    }
    const std::string key = next_->name.key;
    std::vector<std::string> extensions;
    while (next_ && next_->name.key == key) {
      const bool whole = Take(*next_, extensions, sample);
      const bool has_picture = !sample.picture_name.empty() && sample.picture_name != next_->file.name;
      next_ = whole ? NextMember() : std::nullopt;
      if (!whole && !has_picture) return std::nullopt;  // the picture does not precede the damage
    }
    ++index_;
    return Finish(std::move(sample));
  }

  Sample Finish(Sample sample) {
    if (!keys_.Add(sample.key) && !sample.problem) {
      sample.problem =
          Invalid("the key \"{}\" stands twice in the archive, and not side by side", Printable(sample.key))
              .WithKind("sample.duplicate_key");
    }
    if (sample.picture_name.empty() && !sample.problem)
      sample.problem = Invalid("no picture among the members of the sample").WithKind("sample.no_picture");
    if (sample.problem) sample.picture.clear();
    return sample;
  }

  // False by damage.
  bool Take(const Member& member, std::vector<std::string>& extensions, Sample& sample) {
    const std::string& extension = member.name.extension;
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) {
      if (!sample.problem)
        sample.problem =
            Invalid("two members of the sample end with .{}", Printable(extension)).WithKind("sample.duplicate_member");
      return file_->Skip();
    }
    extensions.push_back(extension);
    if (IsPictureExtension(extension)) return TakePicture(member, sample);
    if (std::find(options_.carry.begin(), options_.carry.end(), extension) != options_.carry.end())
      return TakeCarried(member, sample);
    return file_->Skip();
  }

  bool TakePicture(const Member& member, Sample& sample) {
    if (!sample.picture_name.empty()) {
      sample.warnings.push_back(fmt::format("it has several pictures: {} counts, {} does not",
                                            Printable(sample.picture_name), Printable(member.file.name)));
      return file_->Skip();
    }
    sample.picture_name = member.file.name;
    return Contents(member, options_.max_picture_bytes, sample, sample.picture);
  }

  bool TakeCarried(const Member& member, Sample& sample) {
    SampleFile carried{member.name.extension, {}};
    const bool whole = Contents(member, options_.max_carried_bytes, sample, carried.bytes);
    if (whole && options_.contents && !sample.problem) sample.carried.push_back(std::move(carried));
    return whole;
  }

  bool Contents(const Member& member, int64_t most, Sample& sample, std::vector<std::byte>& bytes) {
    if (!options_.contents || index_ < options_.first) return file_->Skip();
    auto read = file_->Read(most);
    if (read) return bytes = *std::move(read), true;
    if (file_->damage()) return false;
    sample.problem = Invalid("{} has more than {} bytes, the most that are read", Printable(member.file.name), most)
                         .WithKind("sample.too_large");
    return file_->Skip();
  }

  // The next member that can be part of a sample.
  std::optional<Member> NextMember() {
    while (auto file = file_->Next()) {
      auto name = SplitSampleName(file->name);
      if (file->is_file && !file->is_encrypted && !IsAppleDouble(file->name) && name)
        return Member{*std::move(file), *std::move(name)};
      Count(*file);
      if (!file_->Skip()) break;
    }
    return std::nullopt;
  }

  void Count(const ArchiveMember& file) {
    if (file.is_encrypted) {
      ++encrypted_;
    } else if (!file.is_file && !file.is_directory) {
      ++links_;
    } else if (IsAppleDouble(file.name)) {
      ++apple_;
    }
  }

  const std::unique_ptr<ArchiveFile> file_;
  const SampleOptions options_;
  std::optional<Member> next_;
  int64_t index_ = 0;
  SeenKeys keys_;
  size_t links_ = 0, encrypted_ = 0, apple_ = 0;
};

}  // namespace

bool HasArchiveExtension(std::string_view path) {
  constexpr std::array<std::string_view, 6> kExtensions = {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".zip"};
  const std::string lower = LowerCase(path);
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&](std::string_view e) { return lower.ends_with(e); });
}

Result<std::unique_ptr<SampleReader>> SampleReader::Open(const std::string& path, const SampleOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(auto file, ArchiveFile::Open(path));
  return std::unique_ptr<SampleReader>(new ArchiveSamples(std::move(file), options));
}

Result<std::string> ReadFromArchive(const std::string& path, std::string_view name) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ArchiveFile::Open(path));
  const std::string ending = "/" + std::string(name);
  while (const auto member = file->Next()) {
    if (member->is_file && ("/" + member->name).ends_with(ending)) {
      const auto bytes = file->Read(kMostFileBytes);
      if (bytes) return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      if (!file->damage())
        return Invalid("{}: {} unpacks to more than {} bytes", Printable(path, 1000), name, kMostFileBytes);
      break;
    }
    if (!file->Skip()) break;
  }
  if (file->damage()) return *file->damage();
  return Invalid("{}: no {} in it; expected a package that tools/portable made", Printable(path, 1000), name);
}

}  // namespace convnext
