#include "engine/version.h"

#include "kernels/kernels.h"
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

std::vector<std::string> SimdTargets() {
  std::vector<std::string> names;
  for (const Kernels<float>* table : AllKernels()) names.emplace_back(table->name);
  return names;
}

}  // namespace convnext
