// Any bytes as a TGA, which has no signature.
#include "convnext/image/tga.h"
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(tga) {
  if (!convnext::LooksLikeTga(std::as_bytes(std::span(data, size)))) return 0;
  CheckDecoding({data, size});
  return 0;
}
