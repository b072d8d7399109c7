#include "bundle/launchers.h"

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
      {".gitignore", Text(k_bundle_gitignore)},
      {"eval/eval_accuracy.py", Text(k_eval_accuracy_py)},
      {"eval/eval_performance.py", Text(k_eval_performance_py)},
      {"inference.py", Text(k_inference_py)},
      {"requirements.txt", Text(k_requirements_txt)},
  };
}

}  // namespace convnext
