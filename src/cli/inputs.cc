#include "cli/inputs.h"

#include <algorithm>
#include <filesystem>
#include <istream>

#include "convnext/engine.h"

namespace convnext::cli {
namespace {

Result<std::vector<std::string>> PicturesUnder(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && HasPictureExtension(entry->path().string()))
      found.push_back(entry->path().string());
  }
  if (error) return IoError("{}: cannot read the directory: {}", Printable(directory, 1000), error.message());
  if (found.empty())
    return Invalid("{}: no pictures ({}, by their names) in this directory", Printable(directory, 1000),
                   PictureFormatNames());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> Lines(std::istream& list) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(list, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace

Result<std::vector<std::string>> ExpandImagePaths(const std::vector<std::string>& paths, std::istream& list) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (path == "-") {
      const auto lines = Lines(list);
      if (lines.empty()) return Invalid("--image_path -: no paths on standard input");
      files.insert(files.end(), lines.begin(), lines.end());
    } else if (std::filesystem::is_directory(path, ignored)) {
      CONVNEXT_ASSIGN_OR_RETURN(const auto pictures, PicturesUnder(path));
      files.insert(files.end(), pictures.begin(), pictures.end());
    } else {
      files.push_back(path);
    }
  }
  return files;
}

}  // namespace convnext::cli
