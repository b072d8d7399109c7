// How webdataset 1.0.2 (tariterators.py) makes keys of the names of members. Internal to archive/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace convnext {

struct SampleName {
  std::string key;        // directory and base name up to its first dot
  std::string extension;  // what follows that dot, in lower case: "jpg", "seg.png"
};

// nullopt: no part of a sample, as it has no dot or is meta data ("__name__", "__name__/...").
std::optional<SampleName> SplitSampleName(std::string_view name);

// Whether `extension` is a picture format's: "seg.png" is not.
bool IsPictureExtension(std::string_view extension);

// What macOS adds to archives for itself: "__MACOSX/...", "._photo.jpg".
bool IsAppleDouble(std::string_view name);

}  // namespace convnext
