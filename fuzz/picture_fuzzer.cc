// Any bytes as the PNG of a picture.
#include "convnext/picture/picture.h"
#include "mend_png.h"
#include "target.h"

namespace {

void ReadAndCheck(const std::vector<uint8_t>& bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto facts = convnext::ReadPicture(file);
  if (!facts.ok()) return Require(facts.status().code() == convnext::Code::kInvalid);
  Require(facts->width > 0 && facts->height > 0 && facts->text.size() <= size_t{4} << 20);
  const auto same = convnext::SamePixels(file, file);
  Require(same.ok() && *same);
}

}  // namespace

FUZZ_TARGET(picture) {
  std::vector<uint8_t> bytes(data, data + size);
  ReadAndCheck(bytes);
  FixChecksums(bytes);
  ReadAndCheck(bytes);
  return 0;
}
