#include "convnext/archive/sample_name.h"

#include "convnext/image/image.h"

namespace convnext {
namespace {

// re.match("__[^/]*__($|/)", name)
bool IsMeta(std::string_view name) {
  const std::string_view first = name.substr(0, name.find('/'));
  return first.size() >= 4 && first.starts_with("__") && first.ends_with("__");
}

// The dot that ends the key: re.match("^((?:.*/|)[^.]+)[.]([^/]*)$", name). A base name that begins with a dot leaves
// its directory as the key, if that has no dot.
size_t FindKeyEnd(std::string_view name) {
  const size_t slash = name.rfind('/'), base = slash == std::string_view::npos ? 0 : slash + 1;
  const size_t dot = name.find('.', base);
  if (dot == std::string_view::npos || dot > base) return dot;
  if (base == 0) return std::string_view::npos;
  const size_t before = base >= 2 ? name.rfind('/', base - 2) : std::string_view::npos;
  const std::string_view directory = name.substr(before == std::string_view::npos ? 0 : before + 1);
  return directory.find('.') + (name.size() - directory.size()) == dot ? dot : std::string_view::npos;
}

}  // namespace

std::optional<SampleName> SplitSampleName(std::string_view name) {
  if (IsMeta(name)) return std::nullopt;
  const size_t dot = FindKeyEnd(name);
  if (dot == std::string_view::npos) return std::nullopt;
  return SampleName{std::string(name.substr(0, dot)), LowerCase(name.substr(dot + 1))};
}

bool IsPictureExtension(std::string_view extension) {
  return extension.find('.') == std::string_view::npos && HasPictureExtension("x." + std::string(extension));
}

bool IsAppleDouble(std::string_view name) {
  const size_t slash = name.rfind('/');
  return name.starts_with("__MACOSX/") ||
         name.substr(slash == std::string_view::npos ? 0 : slash + 1).starts_with("._");
}

}  // namespace convnext
