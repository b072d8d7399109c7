#include "convnext/base/version.h"

#include "build_flags.inc"
#include "version.inc"

namespace convnext {

std::string_view Version() { return CONVNEXT_VERSION; }
std::string_view Commit() { return CONVNEXT_COMMIT; }

std::string Compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string BuildFlags() { return CONVNEXT_BUILD_FLAGS; }

}  // namespace convnext
