// The one table of the formats that DecodeImage reads.
#pragma once

#include <span>
#include <string_view>

#include "convnext/image/decoders.h"

namespace convnext {

struct PictureFormat {
  std::string_view name;
  std::string_view extensions;  // ".jpg .jpeg", in lower case; a directory is searched for these
  bool (*recognises)(std::string_view file);
  Result<DecodedImage> (*decode)(std::span<const std::byte> file, int64_t max_pixels);
};

// In the order in which a file is tried.
std::span<const PictureFormat> PictureFormats();

// What is wrong with a file that is in none of them: a format that people hand over by mistake is named.
Status UnknownFormat(std::string_view file);

bool MatchesAt(std::string_view file, size_t offset, std::string_view bytes);

}  // namespace convnext
