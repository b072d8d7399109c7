#include "convnext/bundle/readme.h"

#include <nlohmann/json.hpp>

#include "convnext/bundle/readme_values.h"
#include "convnext/bundle/template.h"
#include "readme_templates.inc"

namespace convnext {
namespace {

// All wording is in src/convnext/bundle/templates.
std::string_view Template(Language language) {
  if (language == Language::kChinese) return {reinterpret_cast<const char*>(k_README_zh_md), sizeof k_README_zh_md};
  return {reinterpret_cast<const char*>(k_README_en_md), sizeof k_README_en_md};
}

}  // namespace

std::string RenderReadme(const Evidence& evidence, const Files& documents, const std::string& run_digest,
                         Language language) {
  return FillTemplate(Template(language), ReadmeValues(evidence, documents, run_digest, language));
}

}  // namespace convnext
