#include "convnext/embed/inputs.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "convnext/archive/archive.h"
#include "convnext/image/image.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxListBytes = size_t{1} << 32;

std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

// A directory and all below it, by links as well; one that is among those above it is not entered again.
class Walk {
 public:
  Walk(std::string top, FoundInputs& found) : top_(std::move(top)), found_(found) {}

  Status Into(const std::string& relative) {
    const std::string directory = relative.empty() ? top_ : top_ + "/" + relative;
    struct stat info {};
    if (::stat(directory.c_str(), &info) != 0 || !above_.insert({info.st_dev, info.st_ino}).second) return {};
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
      names.push_back(entry->path().filename().string());
    if (error)
      return IoError("{}: cannot read the directory: {}", Printable(directory, 1000), error.message())
          .WithKind("file.system");
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      CONVNEXT_RETURN_IF_ERROR(Take(relative.empty() ? name : relative + "/" + name));
    }
    above_.erase({info.st_dev, info.st_ino});
    return {};
  }

 private:
  Status Take(const std::string& relative) {
    const std::string path = top_ + "/" + relative;
    std::error_code ignored;
    const auto type = fs::status(path, ignored).type();
    if (type == fs::file_type::directory) return Into(relative);
    if (type != fs::file_type::regular) return {};
    if (HasArchiveExtension(relative)) {
      found_.archives.push_back({relative, path});
    } else if (HasPictureExtension(relative)) {
      found_.files.push_back(top_ == found_.root ? relative : path);
    }
    return {};
  }

  const std::string top_;
  FoundInputs& found_;
  std::set<std::pair<dev_t, ino_t>> above_;
};

// A path that a list or the command line names.
Status AddPath(const std::string& path, FoundInputs& found) {
  if (HasArchiveExtension(path)) {
    std::error_code ignored;
    if (!fs::exists(path, ignored))
      return Invalid("{}: no such archive", Printable(path, 1000)).WithKind("file.missing");
    found.archives.push_back({path, Absolute(path)});
  } else {
    found.files.push_back(path);
  }
  return {};
}

Status AddAll(const std::vector<std::string>& paths, const std::string& source, FoundInputs& found) {
  if (paths.empty()) return Invalid("{}: it names no pictures", Printable(source, 1000));
  for (const std::string& path : paths) {
    CONVNEXT_RETURN_IF_ERROR(AddPath(path, found));
  }
  return {};
}

Status AddTable(std::string_view text, const std::string& path, const EmbedInputOptions& options, FoundInputs& found) {
  const auto column = TableColumn(text, LowerCase(path).ends_with(".tsv") ? '\t' : ',', options.column);
  if (!column.ok()) return column.status().Prefixed(Printable(path, 1000));
  return AddAll(*column, path, found);
}

Status AddList(const std::string& path, const EmbedInputOptions& options, FoundInputs& found) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxListBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string lower = LowerCase(path);
  if (lower.ends_with(".csv") || lower.ends_with(".tsv")) return AddTable(text, path, options, found);
  return AddAll(ListEntries(text), path, found);
}

Status AddInput(const std::string& input, const EmbedInputOptions& options, FoundInputs& found) {
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) return Walk(Absolute(input), found).Into("");
  if (HasArchiveExtension(input) || HasPictureExtension(input)) {
    if (!fs::exists(input, ignored))
      return Invalid("{}: no such file", Printable(input, 1000)).WithKind("file.missing");
    return AddPath(input, found);
  }
  return AddList(input, options, found);
}

Status CheckShards(const FoundInputs& found) {
  std::set<std::string> shards;
  for (const FoundArchive& archive : found.archives) {
    if (!shards.insert(archive.shard).second)
      return Invalid("{}: two archives have this name; the keys of their pictures would collide",
                     Printable(archive.shard, 1000));
  }
  return {};
}

}  // namespace

// One directory alone is the root of its keys; otherwise files are named as from the working directory.
Result<FoundInputs> FindInputs(const EmbedInputOptions& options, std::string_view standard_input) {
  FoundInputs found;
  std::error_code ignored;
  const bool one = options.inputs.size() == 1 && fs::is_directory(options.inputs[0], ignored);
  found.root = Absolute(one ? options.inputs[0] : ".");
  for (const std::string& input : options.inputs) {
    if (input == "-") {
      CONVNEXT_RETURN_IF_ERROR(AddAll(ListEntries(standard_input), "standard input", found));
      continue;
    }
    std::vector<std::string> names = {input};
    if (!fs::exists(input, ignored)) {
      CONVNEXT_ASSIGN_OR_RETURN(names, ExpandPattern(input));
    }
    for (const std::string& name : names) {
      CONVNEXT_RETURN_IF_ERROR(AddInput(name, options, found));
    }
  }
  if (found.files.empty() && found.archives.empty())
    return Invalid("no pictures ({}, by their names) and no archives in the input", PictureFormatNames());
  CONVNEXT_RETURN_IF_ERROR(CheckShards(found));
  return found;
}

}  // namespace convnext
