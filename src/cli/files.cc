#include "cli/files.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace convnext::cli {
namespace {

namespace fs = std::filesystem;

bool IsModelFile(const std::string& name) {
  return name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") || name == "config.json" ||
         name == "open_clip_config.json";
}

// Devices and pipes have the names that the system gave them.
bool NeedsEnding(const std::string& path) {
  std::error_code ignored;
  const fs::file_type type = fs::status(path, ignored).type();
  return type == fs::file_type::regular || type == fs::file_type::directory || type == fs::file_type::not_found;
}

// Now, whatever was there before.
bool AreOneFile(const std::string& a, const std::string& b) {
  const auto first = IdentifyFile(a), second = IdentifyFile(b);
  return first && first == second;
}

std::string FileText(const std::vector<std::string>& endings) {
  std::vector<std::string> names;
  names.reserve(endings.size());
  for (const std::string& ending : endings) names.push_back("FILE" + ending);
  return fmt::format("{}", fmt::join(names, " or "));
}

}  // namespace

void CommandFiles::Reads(std::string_view name, const std::string& path) {
  if (!path.empty()) inputs_.push_back({std::string(name), path});
}

void CommandFiles::ReadsPictures(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) Reads("a picture that is read", path);
}

void CommandFiles::ReadsModel(const std::string& path) {
  std::error_code error;
  const fs::path model(path), directory = fs::is_directory(model, error) ? model : model.parent_path();
  Reads("the model", path);
  for (fs::directory_iterator entry(directory.empty() ? "." : directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (IsModelFile(entry->path().filename().string())) Reads("a file of the model", entry->path().string());
  }
}

void CommandFiles::ReadsDevice(const BackendOptions& backend) { Reads("the compiled model", backend.om_path); }

void CommandFiles::Writes(std::string_view flag, const std::string& path, std::vector<std::string> endings) {
  if (!path.empty()) outputs_.push_back({std::string(flag), path, std::move(endings)});
}

void CommandFiles::WritesEvent(std::string_view flag, const std::string& directory, std::string_view event,
                               const std::vector<SourcePicture>& pictures) {
  records_.push_back(directory);
  Writes(flag, directory + "/" + kRunLogPath);
  for (const BundleFile& file : BundleFiles()) {
    if (file.event == event) Writes(flag, directory + "/" + file.path);
  }
  for (const SourcePicture& picture : pictures) Writes(flag, directory + "/" + picture.path);
}

void CommandFiles::WritesBundle(std::string_view flag, const std::string& directory) {
  for (const BundleFile& file : BundleFiles()) Writes(flag, directory + "/" + file.path);
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().lexically_relative(directory).generic_string();
    if (entry.depth() == 0 && path == ".git") entry.disable_recursion_pending();
    if (IsPicturePath(path)) Writes(flag, entry->path().string());
  }
}

Status CommandFiles::CheckEndings() const {
  for (const File& file : outputs_) {
    const auto fits = [&file](const std::string& ending) { return file.path.ends_with(ending); };
    if (file.endings.empty() || !NeedsEnding(file.path)) continue;
    if (std::none_of(file.endings.begin(), file.endings.end(), fits))
      return Invalid("{} {}: expected {}", file.name, Printable(file.path, 1000), FileText(file.endings));
  }
  return {};
}

Status CommandFiles::CheckIdentities() const {
  std::map<FileIdentity, const File*> taken;
  const std::vector<File> streams = {
      {"the file of standard input", ""}, {"the file of standard output", ""}, {"the file of standard error", ""}};
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (const auto identity = IdentifyDescriptor(fd)) taken.emplace(*identity, &streams[static_cast<size_t>(fd)]);
  }
  for (const File& file : inputs_) {
    if (const auto identity = IdentifyFile(file.path)) taken.insert_or_assign(*identity, &file);
  }
  for (const File& file : outputs_) {
    const auto identity = IdentifyFile(file.path);
    if (!identity) continue;
    const auto [place, added] = taken.emplace(*identity, &file);
    if (added) continue;
    const File& other = *place->second;
    // Other processes may write there meanwhile: a file that was replaced leaves its number to the next one.
    if (!other.path.empty() && !AreOneFile(other.path, file.path)) continue;
    const std::string other_path = other.path.empty() ? "" : " (" + Printable(other.path, 1000) + ")";
    return Invalid("{}: {} would write over {}{}; nothing is written. Choose another path", Printable(file.path, 1000),
                   file.name, other.name, other_path);
  }
  return {};
}

// An adapt that works there would not let go for long.
Status CommandFiles::CheckRecords() const {
  constexpr double kBusySeconds = 5;
  for (const std::string& directory : records_) {
    CONVNEXT_RETURN_IF_ERROR(CheckRecordable(directory));
    CONVNEXT_RETURN_IF_ERROR(LockRecords(directory, kBusySeconds).status());
  }
  return {};
}

Status CommandFiles::Check() const {
  CONVNEXT_RETURN_IF_ERROR(CheckEndings());
  CONVNEXT_RETURN_IF_ERROR(CheckIdentities());
  for (const File& file : outputs_) {
    CONVNEXT_RETURN_IF_ERROR(CheckWritable(file.path));
  }
  return CheckRecords();
}

std::string OutputOutsideBundle(const std::string& usual) {
  std::error_code ignored;
  const bool in_bundle = fs::exists(kManifestPath, ignored) && fs::exists(kRunLogPath, ignored);
  if (!in_bundle) return usual;
  return usual == "." ? kOwnRunFolder : fmt::format("{}/{}", kOwnRunFolder, usual);
}

}  // namespace convnext::cli
