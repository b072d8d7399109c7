#include <archive.h>
#include <zlib.h>
#include <zstd.h>

#include "convnext/archive/archive.h"

namespace convnext {

LibraryVersions ArchiveLibraryVersions() {
  const int archive = ::archive_version_number();
  return {{"libarchive", fmt::format("{}.{}.{}", archive / 1'000'000, archive / 1000 % 1000, archive % 1000)},
          {"zlib", ::zlibVersion()},
          {"zstd", ::ZSTD_versionString()}};
}

}  // namespace convnext
