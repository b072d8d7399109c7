#include "convnext/bundle/launchers.h"

#include "convnext/bundle/layout.h"
#include "launchers.inc"

namespace convnext {
namespace {

template <size_t N>
std::string Text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

Files LauncherFiles() {
  return {
      {kGitignorePath, GitIgnore()},
      {kAccuracyLauncherPath, Text(k_eval_accuracy_py)},
      {kPerformanceLauncherPath, Text(k_eval_performance_py)},
      {kAdaptLauncherPath, Text(k_adapt_py)},
      {kInferenceLauncherPath, Text(k_inference_py)},
      {kRequirementsPath, Text(k_requirements_txt)},
  };
}

std::string GitIgnore() { return Text(k_bundle_gitignore); }

std::string LicenseText() { return Text(k_LICENSE); }

std::string GitAttributes() { return Text(k_bundle_gitattributes); }

}  // namespace convnext
