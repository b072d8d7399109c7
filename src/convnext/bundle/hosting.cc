#include "convnext/bundle/hosting.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "convnext/bundle/launchers.h"
#include "convnext/bundle/layout.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

constexpr size_t kMaxAttributes = size_t{64} << 10, kMaxLicense = size_t{64} << 10, kMaxLine = 400;
constexpr std::string_view kLfsAttributes = " filter=lfs diff=lfs merge=lfs -text";
constexpr std::string_view kCache = ".cache/huggingface/";

constexpr std::string_view kCacheTag = "Signature: 8a477f597d28d172789f06886806bc55";

// The lines without their ends: LF, or CRLF.
std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

bool IsPlain(std::string_view text) {
  return text.size() <= kMaxLine && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// "*.npy filter=lfs diff=lfs merge=lfs -text". A pattern of git that begins with "!" or a quote is another thing.
bool IsLfsLine(std::string_view line) {
  if (!line.ends_with(kLfsAttributes)) return false;
  const std::string_view pattern = line.substr(0, line.size() - kLfsAttributes.size());
  return !pattern.empty() && pattern.find_first_of(" \t\"!") == std::string_view::npos;
}

bool IsOurs(std::string_view line) {
  const std::string text = GitAttributes();
  const auto ours = LinesOf(text);
  return std::find(ours.begin(), ours.end(), line) != ours.end();
}

bool IsHostsLine(std::string_view line) {
  return IsPlain(line) && (line.empty() || line.starts_with('#') || IsLfsLine(line));
}

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

bool IsDecimal(std::string_view text) {
  return !text.empty() && text.size() < 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
}

bool IsFlag(std::string_view text) { return text == "0" || text == "1"; }

// A file's digest: of a blob of git (40), or the sha256 of its content.
bool IsDigest(std::string_view text) { return IsHex(text, 40) || IsHex(text, 64); }

// download/PATH.metadata: the commit, the file's digest, the time.
bool IsDownloadMetadata(std::string_view text) {
  const auto lines = LinesOf(text);
  return lines.size() == 3 && IsHex(lines[0], 40) && IsDigest(lines[1]) && IsDecimal(lines[2]);
}

// upload/PATH.metadata: time, size, whether it is ignored, sha256, way, digest there, whether it is there and
// committed.
bool IsUploadMetadata(std::string_view text) {
  const auto lines = LinesOf(text);
  return lines.size() == 8 && IsDecimal(lines[0]) && IsDecimal(lines[1]) && (lines[2].empty() || IsFlag(lines[2])) &&
         (lines[3].empty() || IsHex(lines[3], 64)) &&
         (lines[4].empty() || lines[4] == "regular" || lines[4] == "lfs") && (lines[5].empty() || IsDigest(lines[5])) &&
         IsFlag(lines[6]) && IsFlag(lines[7]);
}

bool IsTreeField(const std::string& name, const nlohmann::ordered_json& value) {
  if (name == "size" || name == "lfs_size") return value.is_number_unsigned();
  const bool is_digest = name == "blob_id" || name == "lfs_sha256" || name == "xet_hash";
  return is_digest && value.is_string() && IsDigest(value.get_ref<const std::string&>());
}

bool IsTreeFile(const nlohmann::ordered_json& file) {
  if (!file.is_object()) return false;
  const auto& fields = file.get_ref<const nlohmann::ordered_json::object_t&>();
  return std::all_of(fields.begin(), fields.end(),
                     [](const auto& field) { return IsTreeField(field.first, field.second); });
}

// trees/COMMIT.json: the names, sizes and digests of a repository's files.
bool IsTree(const std::string& text) {
  const auto json = ParseJson(text);
  if (!json.ok() || !json->is_object() || json->size() != 2) return false;
  const auto version = json->find("format_version"), files = json->find("files");
  return version != json->end() && *version == 1 && files != json->end() && files->is_object() &&
         std::all_of(files->begin(), files->end(), IsTreeFile);
}

// CACHEDIR.TAG: the signature, and comments.
bool IsCacheTag(std::string_view text) {
  const auto lines = LinesOf(text);
  return !lines.empty() && lines[0] == kCacheTag &&
         std::all_of(lines.begin() + 1, lines.end(), [](std::string_view line) { return line.starts_with('#'); });
}

// Whether `name` is that of a file of a bundle with `suffix` behind it.
bool NamesBundleFile(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix) && IsBundlePath(std::string(name.substr(0, name.size() - suffix.size())));
}

// Whether the tool leaves a file of this name in .cache/huggingface.
bool IsCacheName(std::string_view name) {
  if (name == ".gitignore" || name == ".gitignore.lock" || name == "CACHEDIR.TAG") return true;
  constexpr std::string_view kTrees = "trees/", kDownload = "download/", kUpload = "upload/", kTree = ".json";
  if (name.starts_with(kTrees) && name.ends_with(kTree))
    return IsHex(name.substr(kTrees.size(), name.size() - kTrees.size() - kTree.size()), 40);
  for (const std::string_view folder : {kDownload, kUpload}) {
    if (!name.starts_with(folder)) continue;
    const std::string_view file = name.substr(folder.size());
    return NamesBundleFile(file, ".metadata") || NamesBundleFile(file, ".lock");
  }
  return false;
}

std::string_view Trimmed(std::string_view line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(begin, line.find_last_not_of(' ') + 1 - begin);
}

// "Copyright 2023 The authors"
bool IsCopyrightNotice(std::string_view line) {
  constexpr size_t kLongest = 120;
  return line.starts_with("Copyright ") && line.size() <= kLongest && Printable(line, kLongest) == line;
}

// Each of the tool's files has one form.
std::string FindCacheFault(std::string_view name, const std::string& bytes) {
  if (name == ".gitignore") return bytes == "*" || bytes == "*\n" ? "" : "not the one line \"*\"";
  if (name == "CACHEDIR.TAG") return IsCacheTag(bytes) ? "" : "not the tag of a cache";
  if (name.ends_with(".lock")) return bytes.empty() ? "" : "a lock that is not empty";
  if (name.starts_with("trees/")) return IsTree(bytes) ? "" : "not a list of a repository's files";
  if (name.starts_with("upload/")) return IsUploadMetadata(bytes) ? "" : "not what is noted of an upload";
  return IsDownloadMetadata(bytes) ? "" : "not what is noted of a download";
}

}  // namespace

std::string GitAttributesWith(std::string_view found) {
  std::string text = GitAttributes();
  for (const std::string_view line : LinesOf(found)) {
    if (!IsOurs(line) && IsHostsLine(line)) text += std::string(line) + "\n";
  }
  return text;
}

std::optional<std::string> FindForeignAttribute(std::string_view text) {
  if (text.size() > kMaxAttributes) return fmt::format("more than {} bytes", kMaxAttributes);
  for (const std::string_view line : LinesOf(text)) {
    if (!IsOurs(line) && !IsHostsLine(line)) return Printable(line);
  }
  return std::nullopt;
}

bool AllowsLineEndChanges(std::string_view attributes) {
  const auto lines = LinesOf(attributes);
  return std::find(lines.begin(), lines.end(), "* -text") == lines.end();
}

std::optional<std::string> FindForeignTerm(std::string_view text) {
  if (text.size() > kMaxLicense) return fmt::format("more than {} bytes", kMaxLicense);
  const std::string license = LicenseText();
  auto expected = LinesOf(license);
  for (const std::string_view found : LinesOf(text)) {
    const std::string_view line = Trimmed(found);
    const auto is_it = [line](std::string_view term) { return Trimmed(term) == line; };
    if (std::none_of(expected.begin(), expected.end(), is_it) && !IsCopyrightNotice(line)) return Printable(line, 200);
  }
  const bool whole = text.find("END OF TERMS AND CONDITIONS") != std::string_view::npos;
  return whole ? std::nullopt : std::optional<std::string>("it has no end");
}

bool IsHosted(const std::string& path) {
  for (const char* hosted : PathsOf(FileKind::kHosted)) {
    if (path == hosted) return true;
  }
  return path.starts_with(kCache) && IsCacheName(std::string_view(path).substr(kCache.size()));
}

std::string FindHostedFault(const std::string& path, const std::string& bytes) {
  if (path == kLicensePath) {
    const auto term = FindForeignTerm(bytes);
    return term ? fmt::format("not the Apache License 2.0, which the READMEs name: {}", *term) : "";
  }
  if (path != kGitattributesPath) return FindCacheFault(std::string_view(path).substr(kCache.size()), bytes);
  const auto line = FindForeignAttribute(bytes);
  return line ? fmt::format("neither the program nor a host writes the line \"{}\"", *line) : "";
}

bool IsNewRepository(const Directory& directory) {
  return directory.problems.empty() &&
         std::all_of(directory.files.begin(), directory.files.end(), [](const auto& file) {
           return IsHosted(file.first) && FindHostedFault(file.first, file.second).empty();
         });
}

std::optional<std::string> LfsPointerTarget(std::string_view bytes) {
  constexpr size_t kMaxPointer = 1024;  // git-lfs reads no more
  constexpr std::string_view kVersion = "version https://git-lfs.github.com/spec/v1", kOid = "oid sha256:";
  if (bytes.size() > kMaxPointer || !bytes.starts_with(kVersion)) return std::nullopt;
  for (const std::string_view line : LinesOf(bytes)) {
    if (line.starts_with(kOid) && IsHex(line.substr(kOid.size()), 64)) return std::string(line.substr(kOid.size()));
  }
  return std::nullopt;
}

std::string WithUnixLineEnds(std::string_view bytes) {
  std::string unix_ends;
  unix_ends.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\r' || i + 1 == bytes.size() || bytes[i + 1] != '\n') unix_ends += bytes[i];
  }
  return unix_ends;
}

}  // namespace convnext
